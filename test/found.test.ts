/**
 * What reviews and fuzzing found, each once as it was found.
 */
import net from 'node:net'
import { once } from 'node:events'
import test from 'tape'
import { createStore, isGossipError } from '../index.js'
import type { Abort } from '../index.js'
import { connect, createServer } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'
import { Clock } from './clock.js'
import { storesAt } from './stores.js'
import { Host } from './sim/host.js'
import { Link } from './sim/link.js'
import { World, hello, made } from './world.js'

test('after a stall longer than pingMs pings are as rare as before', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  const link = world.link(a, b)
  world.run(1_000)
  link.free = false
  world.now += 5_000
  link.right.receive(link.left.pull(world.now), world.now)
  const answer = link.right.pull(world.now)
  world.now += 5_000
  link.right.receive(link.left.pull(world.now), world.now)
  link.left.receive(answer, world.now)
  link.free = true
  world.run(100)
  const before = link.sent.length
  world.run(60_000)
  const pings = link.sent.length - before
  t.ok(pings <= 26, `${pings} frames in a minute`)
  t.end()
})

test('what was stated during a round is believed with the claim that comes after it', (t) => {
  for (let stop = 1_200; stop < 6_000; stop += 230) {
    const clock = new Clock()
    const [left, right] = [new Host('left', clock, { batchBytes: 400 }), new Host('right', clock, {})]
    new Link(clock, left, right, { latencyMs: 5, bytesPerMs: 2 })
    for (let ms = 0; ms < stop; ms += 1) {
      for (let i = 0; i < 2; i += 1) left.increment(`n${(2 * ms + i) % 100}`, 1)
      clock.runUntil(ms)
    }
    clock.run(60_000)
    t.equal(right.gossip.log.author(left.id)?.held.have, left.gossip.own.held.have, `stopped at ${stop} ms`)
  }
  t.end()
})

test('a change that is asked for while it is due anyway is sent once', (t) => {
  const world = new World()
  const a = world.host('a')
  for (const ask of [{ w: { 'a~1': 0 } }, { w: {}, n: [['counter', 'x']] }]) {
    const probe = world.probe(a).say(hello('b'), { a: {}, u: 0 })
    probe.hear()
    a.add('x')
    probe.say(ask)
    world.now += 100
    const steps = probe.hear().flatMap((message) => ('q' in message ? (message['q'] as number[]) : []))
    t.ok(steps.length > 0 && steps.every((step) => step >= 1), `steps of seq: ${steps.join(', ')}`)
    probe.session.end(null)
  }
  t.end()
})

test('a listener that cuts the stream while a frame is pulled has the read answered once', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const [left, right] = [a.createStream(), b.createStream()]
  const answers: Abort[][] = []
  a.on('sync', () => { left.source(true, () => {}) })
  b.counter('n').increment()
  left.sink(right.source)
  right.sink((abort, cb) => {
    const answered: Abort[] = []
    answers.push(answered)
    left.source(abort, (end, frame) => {
      answered.push(end)
      cb(end, frame)
    })
  })
  clock.run(5_000)
  t.ok(answers.length > 1)
  t.deepEqual(answers.filter(({ length }) => length !== 1), [])
  t.end()
})

test('a refusal that another session healed is told to be over', (t) => {
  const world = new World()
  const [a, b, c] = [world.host('a'), world.host('b', { limits: { cellsMax: 1 } }), world.host('c')]
  b.add('own')
  a.add('x')
  // Nobody is expected at b, so that nothing else has it look at its refusals.
  const link = world.link(a, b, { expected: true }, { expected: false })
  world.run(1_000)
  t.deepEqual(a.doubts().map(({ why }) => why), ['refused'])
  b.gossip.limits.cellsMax = 100
  world.link(a, c)
  world.run(500)
  world.link(c, b, { expected: false }, { expected: false })
  world.run(5_000)
  t.deepEqual([...link.left.refusedByPeer], [])
  t.deepEqual(a.doubts(), [])
  t.end()
})

test('once there is room, authors beyond refusalsMax are asked for as well', (t) => {
  const world = new World()
  const relay = world.host('relay')
  const full = world.host('full', { limits: { cellsMax: 1, refusalsMax: 1, askMs: 10 } })
  full.add('own')
  for (const name of ['x', 'y']) {
    const writer = world.host(name)
    writer.add(name)
    world.link(relay, writer)
  }
  world.run(500)
  world.link(relay, full)
  world.run(500)
  full.gossip.limits.cellsMax = 100
  full.gossip.retry()
  world.run(5_000)
  t.equal(full.gossip.log.size, 3)
  t.end()
})

test('no hello, however it is made, ends more than its session', (t) => {
  const deep: unknown[] = []
  for (let i = 0, at = deep; i < 100_000; i += 1) at.push((at = []))
  for (const v of [{ toString: 0, valueOf: 0 }, deep, '1', null]) {
    const world = new World()
    const a = world.host('a')
    const probe = world.probe(a)
    probe.session.receive({ ...hello('b'), v }, world.now)
    t.deepEqual(a.ends, ['ERR_VERSION'])
  }
  t.end()
})

test('bodies of unknown kinds are nobody else’s: neither a neighbour nor a reader can change them', (t) => {
  const world = new World()
  const a = world.host('a')
  const body = { deep: [1] }
  const probe = world.probe(a).say(hello('b'), { a: {}, u: 0 })
  probe.session.receive(made([1, 'b~1'], [1], ['x'], [body], 'mood'), world.now)
  body.deep.push(2)
  const change = [...a.gossip.log.cells()][0]
  t.deepEqual(a.gossip.kind('mood').give(change?.body, ''), { deep: [1] })
  t.end()
})

test('a server outlives connections for which there is no stream any more', async (t) => {
  const store = createStore({ host: 'α' })
  await store.close()
  const server = createServer((tcp) => { tcp.sink(doubleline.stringify()(store.createStream().source)) })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = server.address()?.port ?? 0
  for (let i = 0; i < 2; i += 1) {
    const socket = net.connect({ port, host: '127.0.0.1' })
    await once(socket, 'close')
  }
  t.pass('both were dropped')
  await new Promise((resolve) => server.close(resolve))
})

test('a frame over the codec’s bound is answered with a bye before the connection ends', async (t) => {
  const store = createStore({ host: 'α' })
  const server = createServer((tcp) => {
    const stream = store.createStream()
    stream.sink(doubleline.parse({ frameBytesMax: 1_000 })(tcp.source))
    tcp.sink(doubleline.stringify()(stream.source))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const tcp = connect(server.address()?.port ?? 0, '127.0.0.1')
  tcp.sink((abort, cb) => (abort ? cb(abort) : cb(null, 'x'.repeat(2_000))))
  const heard: unknown[] = []
  await new Promise((resolve) => {
    const read = doubleline.parse()(tcp.source)
    const next = (): void => read(null, (end, frame) => {
      if (end) return resolve(end)
      heard.push(frame)
      next()
    })
    next()
  })
  t.deepEqual(heard.at(-1), { b: 'size' })
  tcp.destroy()
  await store.close()
  await new Promise((resolve) => server.close(resolve))
})

test('changes that are not kept make no author known, and their mark outlives that', (t) => {
  const world = new World()
  const a = world.host('a')
  const probe = world.probe(a).say(hello('b'), { a: {}, u: 0 })
  for (let i = 1; i <= 1_000; i += 1) probe.say(made([i, `invented${i}~1`], [1], ['x'], ['no body']))
  t.equal(a.gossip.log.authorsSize, 1, 'our own')
  probe.say(made(5, [3], ['y']), { a: { 5: 3 }, u: 1_001, y: true })
  t.equal(a.read('y'), 1)
  t.equal(a.have('invented5~1'), 0, 'the claim is not believed: seq 1 was refused')
  probe.session.end(null)
  const deaf = world.probe(a, { receive: false }).say(hello('c'), { a: {}, u: 0 }, made([1, 'unheard~1'], [1], ['x']), made(1, [2], ['x']))
  t.deepEqual([deaf.session.state, a.gossip.log.author('unheard~1')], ['open', undefined], 'nor does what we do not listen to')
  t.end()
})

test('an option that is none, or no options at all, is told at the call', async (t) => {
  const store = createStore({ host: 'α' })
  t.throws(() => createStore({ host: 'β', expct: ['γ'] } as never), /ERR_OPTION: createStore has no option "expct"/)
  t.throws(() => createStore(null as never), /ERR_OPTION: createStore takes an object/)
  t.throws(() => store.createStream({ hots: 'β' } as never), /ERR_OPTION: createStream has no option "hots"/)
  t.throws(() => store.createStream(5 as never), /ERR_OPTION/)
  t.throws(() => createStore({ host: 'β', pingMs: 60_000 }), /ERR_OPTION: pingMs 60000 must be below timeoutMs/)
  await store.settled(2 as never).then(() => t.fail('settled'), (error: Error) => t.ok(error.message.startsWith('ERR_OPTION: settled takes')))
})

test('a stream that fails before its peer said who it is, is told as an error where somebody listens', (t) => {
  const clock = new Clock()
  const [a, b] = [createStore({ host: 'α', net: 'one', time: clock }), createStore({ host: 'β', net: 'two', time: clock })]
  const told: unknown[] = []
  a.on('error', (error) => { told.push(isGossipError(error) && error.code) })
  const [left, right] = [a.createStream(), b.createStream()]
  left.sink(right.source)
  right.sink(left.source)
  clock.run(2_000)
  t.deepEqual(told, ['ERR_NET'])
  t.end()
})
