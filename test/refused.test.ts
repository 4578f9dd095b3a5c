/**
 * What a session refuses, asks for, takes back, and keeps without knowing it.
 */
import test from 'tape'
import { digestOf } from '../lib/gossip/digest.js'
import { hello, made, together, World } from './world.js'

test('what is refused is told to the sender by code, both are in doubt, and claims for its author are not believed', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b', { limits: { nameBytesMax: 4 } })]
  a.add('x')
  a.add('long name')
  a.add('y')
  const link = world.link(a, b)
  world.run(200)
  t.deepEqual([b.refused, a.refused], [[['name', 1, 'us']], [['name', 1, 'peer']]])
  t.deepEqual([b.read('x'), b.read('y'), b.have('a~1')], [1, 1, 1])
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [[3, 3]])
  t.deepEqual([a.doubts(), b.doubts()].map(([doubt]) => doubt?.why), ['refused', 'refused'])
  t.equal(link.right.state, 'open')
  link.cut()
  const again = world.link(a, b)
  world.run(200)
  t.equal(again.changes(a), 1, 'the next session tries it again')
  t.deepEqual(a.doubts().map(({ why }) => why), ['refused'])
  t.end()
})

test('the mark of a refusal goes once a successor of what was refused is held', (t) => {
  const world = new World()
  const b = world.host('b')
  const probe = world.probe(b).say(hello('a'), made([1, 'a~1'], [1, 2], ['x', 'y'], [[-1, 0], [1, 0]]), { a: { 1: 2 }, u: 2, y: true })
  t.deepEqual([b.refused, b.have('a~1')], [[['body', 1, 'us']], 0])
  probe.say(made(1, [3], ['x']), { a: { 1: 3 }, u: 3, y: true })
  t.equal(b.have('a~1'), 3)
  t.notOk(probe.session.refused)
  t.end()
})

test('when there is room again we ask, and what was refused arrives', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b', { limits: { cellsMax: 2 } })]
  for (const name of ['1', '2', '3', '4']) a.add(name)
  const link = world.link(a, b)
  world.run(200)
  t.deepEqual([b.refused, b.gossip.log.size], [[['room', 2, 'us']], 2])
  world.run(20_000)
  t.deepEqual(link.messages(b).filter((message) => 'w' in message), [], 'not before there is room')
  b.gossip.limits.cellsMax = 3
  b.gossip.retry()
  world.run(200)
  t.deepEqual([b.gossip.log.size, b.have('a~1')], [3, 3])
  b.gossip.limits.cellsMax = 4
  b.gossip.retry()
  world.run(200)
  t.equal(b.gossip.log.size, 3, 'questions wait for each other')
  world.run(b.gossip.limits.askMs)
  t.deepEqual([b.gossip.log.size, b.have('a~1'), a.doubts(), b.doubts()], [4, 4, [], []])
  t.end()
})

test('an ask with names is answered with those names whole, whatever the vector says', (t) => {
  const world = new World()
  const { a, b } = together(world)
  for (const name of ['x', 'y', 'z']) a.add(name)
  b.add('y')
  world.run(200)
  const probe = world.probe(a).say(hello('c', digestOf(a.gossip.log)))
  probe.hear()
  probe.say({ w: {}, n: [['counter', 'y'], ['counter', 'nobody'], ['nothing', 'y']] })
  const heard = probe.hear()
  t.deepEqual(heard.flatMap(({ n }) => n ?? []), ['y', 'y'])
  t.deepEqual(heard.at(-1), { a: {}, u: 2, y: true }, 'and a claim follows')
  t.end()
})

test('a change of our own life that we never made is an impostor, and changes nothing', (t) => {
  const world = new World()
  const a = world.host('a')
  a.add('x')
  const probe = world.probe(a).say(hello('b'), made([1, 'a~1'], [7], ['x'], [[900, 0]]))
  t.deepEqual(a.told.filter(({ what }) => what === 'impostor'), [{ what: 'impostor', author: 'a~1', seq: 7 }])
  t.deepEqual([a.read('x'), a.have('a~1'), a.refused, probe.session.state], [1, 1, [['impostor', 1, 'us']], 'open'])
  t.end()
})

test('a change of our own life that we no longer hold is taken back', (t) => {
  const world = new World()
  const a = world.host('a')
  a.gossip.own.held.raise(5)
  world.probe(a).say(hello('b'), made([1, 'a~1'], [4], ['x'], [[3, 0]]))
  t.deepEqual([a.read('x'), a.have('a~1')], [3, 5])
  t.end()
})

test('what an earlier life of ours told others comes back, and new writes add to it', (t) => {
  const world = new World()
  const { a, b, link } = together(world)
  a.add('x', 10)
  world.run(200)
  link.cut()
  const later = world.host('a', { life: '2' })
  later.add('x', 5)
  world.link(later, b)
  world.run(200)
  t.deepEqual([later.read('x'), b.read('x'), later.have('a~1')], [15, 15, 1])
  t.end()
})

test('a kind that is not known is kept and forwarded as it came', (t) => {
  const world = new World()
  const [relay, end] = [world.host('relay'), world.host('end')]
  const body = { deep: [1, { two: null }], text: 'é' }
  world.probe(relay).say(hello('new'), { ...made([1, 'new~1'], [1], ['x'], [body], 'later'), p: ['part'], e: [0] })
  const link = world.link(relay, end)
  world.run(200)
  const [sent] = link.messages(relay).filter(({ k }) => k === 'later')
  t.deepEqual(sent, { s: 2, k: 'later', q: [1], n: ['x'], c: [body], p: ['part'], e: [0] })
  t.deepEqual(end.gossip.log.find('later', 'x')?.size, 1)
  t.end()
})

