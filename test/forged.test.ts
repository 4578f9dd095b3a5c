/**
 * What is forged in somebody's name may stand until the audit, but keeps nothing else of that author's from anybody.
 */
import test from 'tape'
import { theftHistory } from './sim/theft.js'
import { World, hello, made, together } from './world.js'

const from = Number(process.env['SEED'] ?? 1)

test('two changes under one seq of one author are both passed on, in frames of any size', (t) => {
  for (const batchBytes of [1, 150, 65_536]) {
    const world = new World()
    const [relay, end] = [world.host('relay', { limits: { batchBytes } }), world.host('end')]
    world.probe(relay).say(hello('foe'), ...['w', 'x', 'y', 'z'].map((name) => made([1, 'α~1'], [2], [name], [[1, 0]])), made(1, [1, 2], ['v', 'u'], [[1, 0], [1, 0]]))
    world.link(relay, end)
    world.run(1_000)
    t.deepEqual(['u', 'v', 'w', 'x', 'y', 'z'].map((name) => end.read(name)), [1, 1, 1, 1, 1, 1], `batchBytes ${batchBytes}, caught up`)
    for (const name of ['p', 'q']) {
      world.probe(relay).say(hello(name), made([1, 'α~1'], [9], [name], [[1, 0]]))
      world.run(1_000)
    }
    t.deepEqual([end.read('p'), end.read('q'), end.ends], [1, 1, []], 'and live')
  }
  t.end()
})

test('a peer that states more of our life than we gave is served all of it, and acknowledges nothing by that', (t) => {
  const world = new World()
  const a = world.host('a')
  for (const name of ['x', 'y']) a.add(name)
  for (const said of [{ a: { 'a~1': 3 }, u: 0 }, { a: { 'a~1': 1 }, d: { 'a~1': [[7, 7]] as [number, number][] }, u: 0 }]) {
    const probe = world.probe(a).say(hello('b'), said)
    t.deepEqual(probe.hear().flatMap(({ n }) => n ?? []), ['x', 'y'])
    t.equal(probe.session.peer?.covers(a.gossip.own, 1), false)
    probe.say({ a: { 'a~1': 2 }, u: 0 })
    t.equal(probe.session.peer?.covers(a.gossip.own, 2), true, 'unlike what it states rightly')
  }
  t.end()
})

test('a change that was forged under our next seq is not taken for ours by the peer who showed it', (t) => {
  const world = new World()
  const { a, b } = together(world)
  world.probe(b).say(hello('foe'), made([1, 'a~1'], [1], ['junk'], [[5, 0]]))
  world.run(200)
  a.add('x')
  world.run(200)
  t.deepEqual([a.read('junk'), b.read('junk'), b.read('x')], [0, 5, 1])
  t.end()
})

test('under a seq that we gave to something else, nothing comes in the place of what we wrote', (t) => {
  const world = new World()
  const a = world.host('a')
  for (const name of ['x', 'y']) a.add(name)
  world.probe(a).say(hello('foe'), made([1, 'a~1'], [2], ['x'], [[900, 0]]))
  t.deepEqual([a.read('x'), a.refused], [1, [['impostor', 1, 'us']]])
  t.end()
})

test('what is new though it was claimed shows that the claim was false: it is told on, and what is held of its author is found out anew', (t) => {
  const world = new World()
  const [a, b, c] = [world.host('a'), world.host('b'), world.host('c')]
  const probes = [b, c].map((host) => world.probe(host).say(hello('foe'), made([1, 'a~1'], [50], ['junk'], [[0, 0]]), { a: { '1': 50 }, u: 1, y: true }))
  t.deepEqual([b, c].map((host) => host.have('a~1')), [50, 50])
  world.link(b, c)
  world.run(200)
  world.link(a, b)
  a.add('x')
  world.run(200)
  t.deepEqual([b, c].map((host) => [host.read('x'), host.gossip.trust.misled]), [[1, 1], [1, 1]])
  t.deepEqual([b.have('a~1'), b.gossip.log.author('a~1')?.held.seen], [1, 50], 'what a itself claims is believed')
  t.equal(probes.every(({ session }) => session.state === 'open'), true)
  t.end()
})

test('a change that is held, said again with an end long past and one far off, takes the later of them: nothing is dropped at once', (t) => {
  const world = new World()
  const { a, b } = together(world)
  a.add('x')
  world.run(200)
  const far = world.now + 3_600_000
  world.probe(b).say(hello('foe'), { ...made([1, 'a~1'], [1], ['x']), e: [[far, 1]] })
  world.run(200)
  t.deepEqual([a.read('x'), b.read('x'), b.gossip.log.find('counter', 'x')?.term?.expire], [1, 1, far])
  t.end()
})

test('after four hundred random histories with thieves everybody hears again of what every host writes', (t) => {
  t.comment(`seeds ${from} to ${from + 399}`)
  const seeds = Array.from({ length: 400 }, (_, i) => from + i)
  t.deepEqual(seeds.flatMap((seed) => theftHistory(seed).map((fault) => `seed ${seed}: ${fault}`)).slice(0, 10), [])
  t.end()
})
