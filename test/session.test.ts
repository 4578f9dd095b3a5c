/**
 * What sessions say to each other and believe of each other, as pure machines in virtual time: hello, catch-up, claims, one-way streams.
 *
 * What is refused is in refused.test.ts, who is served what and when in serving.test.ts, bounds and ends in bounds.test.ts.
 */
import test from 'tape'
import { hello, made, nothing, together, World, type Host, type Link } from './world.js'

function claims(link: Link, from: Host): unknown[] {
  return link.messages(from).filter((message) => 'y' in message)
}

test('hello is the first word, and it waits for nobody', (t) => {
  const world = new World()
  const probe = world.probe(world.host('a', { life: 'life', net: 'fleet' }), { send: false, receive: false })
  t.deepEqual(probe.hear(), [{ v: 1, h: 'a', i: 'life', x: nothing, net: 'fleet', f: ['mute', 'deaf'] }])
  t.deepEqual(probe.hear(), [], 'and the only one until the peer says its own')
  t.end()
})

test('when the digests are equal no vector is told, no change is sent, and empty claims go both ways at once', (t) => {
  const world = new World()
  const { a, b, link } = together(world)
  a.add('x')
  b.add('y')
  world.run(200)
  link.cut()
  const again = world.link(a, b)
  world.run(100)
  t.deepEqual(again.messages().slice(2), [{ a: {}, y: true }, { a: {}, y: true }])
  t.ok(again.left.synced && again.right.synced)
  t.ok(JSON.stringify(again.sent).length < 500, 'an idle reconnect is small')
  t.end()
})

test('a catch-up sends what the other lacks and nothing else, whether it lies above its vector or between its ranges', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  for (const name of ['1', '2', '3', '4', '5', '6', '7', '8']) a.add(name)
  const probe = world.probe(b).say(hello('c'), made([1, 'a~1'], [1, 4, 5, 7], ['1', '4', '5', '7']))
  probe.hear()
  const link = world.link(a, b)
  world.run(100)
  t.deepEqual(link.messages(a).flatMap(({ n }) => n ?? []), ['2', '3', '6', '8'])
  t.deepEqual([b.have('a~1'), link.changes(b)], [8, 0])
  t.end()
})

test('a reconnect with nothing changed sends no change; with d changes it sends d', (t) => {
  const world = new World()
  const { a, b, link } = together(world)
  for (let i = 0; i < 50; i += 1) a.add(`${i % 20}`)
  for (let i = 0; i < 30; i += 1) b.add(`${i % 7}`)
  world.run(500)
  link.cut()
  const idle = world.link(a, b)
  world.run(500)
  t.equal(idle.changes(), 0)
  idle.cut()
  for (const name of ['0', '1', '19', '1']) a.add(name)
  b.add('3')
  const busy = world.link(a, b)
  world.run(500)
  t.deepEqual([busy.changes(a), busy.changes(b)], [3, 1], 'of a cell only the newest')
  t.deepEqual([b.read('1'), a.read('3')], [a.read('1'), b.read('3')])
  t.end()
})

test('a claim is made when all is served, and not before', (t) => {
  const world = new World()
  const [a, b] = [world.host('a', { limits: { batchBytes: 100 } }), world.host('b')]
  for (let i = 0; i < 40; i += 1) a.add(`name ${i}`)
  const link = world.link(a, b)
  link.free = false
  const said: unknown[] = []
  for (let i = 0; i < 60; i += 1) {
    link.pass(link.right)
    const frame = link.pass(link.left)
    if (frame === null) break
    if (link.changes(a) < 40 && claims(link, a).length > 0) t.fail('claimed too early')
    said.push(frame)
    world.now += 100
  }
  t.deepEqual(said.at(-1), { a: {}, u: 40, y: true })
  t.equal(claims(link, a).length, 1)
  t.ok(said.length > 10, 'in many frames')
  t.end()
})

test('a claim is believed only as far as we have seen', (t) => {
  const world = new World()
  const b = world.host('b')
  const probe = world.probe(b).say(hello('a'), made([1, 'a~1'], [3, 5], ['x', 'y']), { a: { 1: 99 }, d: { 1: [[200, 300]] }, u: 2 })
  t.equal(b.have('a~1'), 0, 'a position is no claim')
  probe.say({ a: {}, u: 2, y: true })
  t.equal(b.have('a~1'), 5)
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [])
  t.end()
})

test('a claim of `these` is of what it carries and of nothing stated before', (t) => {
  const world = new World()
  const b = world.host('b')
  const probe = world.probe(b).say(hello('a'), made([1, 'a~1'], [3], ['x']), made([2, 'c~1'], [4], ['x']))
  probe.say({ a: { 1: 3, 2: 4 }, u: 2 }, { a: { 2: 4 }, u: 2, y: 'these' })
  t.deepEqual([b.have('a~1'), b.have('c~1')], [0, 4])
  probe.say({ a: {}, u: 2, y: true })
  t.deepEqual([b.have('a~1'), b.have('c~1')], [3, 4])
  t.end()
})

test('a claim carries ranges: what lies between them is not claimed', (t) => {
  const world = new World()
  const b = world.host('b')
  world.probe(b).say(hello('a'), made([1, 'a~1'], [9], ['x']), { a: { 1: 2 }, d: { 1: [[5, 6], [9, 9]] }, u: 1, y: true })
  t.equal(b.have('a~1'), 2)
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [[5, 6], [9, 9]])
  t.end()
})

test('a mute session sends neither changes nor claims, and its peer is in step without them', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  a.add('x')
  b.add('y')
  const link = world.link(a, b, { send: false })
  world.run(200)
  t.deepEqual([link.changes(a), claims(link, a).length, b.read('x')], [0, 0, 0])
  t.deepEqual([link.changes(b), a.read('y'), a.have('b~1')], [1, 1, 1])
  t.ok(link.left.synced && link.right.synced)
  t.ok(link.messages(a).some((message) => 'a' in message && !('y' in message)), 'it says where it is all the same')
  t.end()
})

test('claims of a peer that said it is mute are not believed', (t) => {
  const world = new World()
  const b = world.host('b')
  world.probe(b).say(hello('a', 'x', { f: ['mute'] }), made([1, 'a~1'], [3], ['x']), { a: { 1: 3 }, u: 1, y: true })
  t.equal(b.have('a~1'), 0)
  t.end()
})

test('a deaf session is sent neither changes nor claims, takes none, and is in step without them', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  a.add('x')
  b.add('y')
  const link = world.link(a, b, { receive: false })
  world.run(200)
  t.deepEqual([link.changes(b), claims(link, b).length, a.read('y'), b.read('x')], [0, 0, 0, 1])
  t.ok(link.left.synced && link.right.synced)
  const probe = world.probe(a, { receive: false }).say(hello('c'), made([1, 'c~1'], [1], ['z']), { a: { 1: 1 }, u: 1, y: true })
  t.deepEqual([a.read('z'), a.have('c~1'), probe.session.state], [0, 0, 'open'], 'though a peer that does not care sends some')
  t.end()
})

test('an expire and a part travel with their change', (t) => {
  const world = new World()
  const { a, b } = together(world)
  const mood = a.gossip.kind('mood')
  a.gossip.write(mood, 'x', 'p', 1_800_000_000_000, '3')
  a.gossip.write(mood, 'x', '', null, '4')
  world.run(200)
  const name = b.gossip.log.find('mood', 'x')
  const cells = [...(name?.cells() ?? [])].map(({ part, expire, body }) => [part, expire, body])
  t.deepEqual(cells.sort(), [['', null, '4'], ['p', 1_800_000_000_000, '3']])
  t.equal(name?.term?.expire, 1_800_000_000_000, 'the name ends when the latest of them says')
  t.end()
})
