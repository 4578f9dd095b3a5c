/**
 * The bus: what one host emits all others hear, once, in order; and what they will not hear they are told of.
 */
import pull from 'pull-stream'
import test from 'tape'
import { createBus, createFlood, createGossip, createStore, link, type Bus, type BusOptions, type Gap, type Json } from '../index.js'
import { eventName } from '../lib/kinds/event.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { Clock } from './clock.js'
import { codeOf, Hand } from './stores.js'

/** A bus on a clock, with all that it heard and missed. */
function busAt(clock: Clock, host: string, options: BusOptions = {}): { bus: Bus; heard: Json[][]; gaps: Gap[]; dropped: Json[][] } {
  const bus = createBus({ host, time: clock, now: clock.date, ...options })
  const heard: Json[][] = []
  const gaps: Gap[] = []
  const dropped: Json[][] = []
  bus.onAny((event, ...args) => heard.push([event, ...args]))
  bus.stream.on('gap', (gap) => gaps.push(gap))
  bus.stream.on('drop', (event) => dropped.push(event))
  return { bus, heard, gaps, dropped }
}

test('what one emits the others hear, once, in order, over any way; the emitter does not hear itself', (t) => {
  const clock = new Clock()
  const [a, b, c] = ['a', 'b', 'c'].map((host) => busAt(clock, host)) as [ReturnType<typeof busAt>, ReturnType<typeof busAt>, ReturnType<typeof busAt>]
  link(a.bus, b.bus)
  link(b.bus, c.bus)
  link(c.bus, a.bus)
  link(a.bus, b.bus)
  for (let i = 0; i < 10; i += 1) a.bus.emit('count', i, { of: [i] })
  clock.run(1_000)
  const all = Array.from({ length: 10 }, (_, i) => ['count', i, { of: [i] }])
  t.deepEqual([a.heard, b.heard, c.heard], [[], all, all])
  c.bus.emit('back')
  clock.run(2_000)
  t.deepEqual([a.heard, b.heard.length, c.heard.length], [[['back']], 11, 10])
  t.end()
})

test('5,000 emitted in one tick come to every connected host, and the emitter is told to wait', async (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a'), busAt(clock, 'b')]
  link(a.bus, b.bus)
  clock.run(100)
  let went = 0
  for (let i = 0; i < 5_000; i += 1) if (a.bus.emit('n', i)) went += 1
  t.equal(went, 999, 'true below bufferMax')
  let drained = false
  void a.bus.drained().then(() => { drained = true })
  clock.run(2_000)
  await Promise.resolve()
  t.ok(drained, 'drained when it was served')
  t.deepEqual([b.heard.length, b.gaps, a.dropped.length], [5_000, [], 0])
  t.ok(b.heard.every(([, n], i) => n === i), 'in order')
  t.ok(a.bus.emit('n', 5_000), 'and emit says true again')
  t.end()
})

test('5,000 emitted during a cut: the newest 1,000 come, the rest is a gap there and dropped here', (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a'), busAt(clock, 'b')]
  const cut = link(a.bus, b.bus)
  a.bus.emit('n', 'before')
  clock.run(1_000)
  cut()
  clock.run(100)
  for (let i = 1; i <= 5_000; i += 1) a.bus.emit('n', i)
  clock.run(1_000)
  link(a.bus, b.bus)
  clock.run(5_000)
  t.deepEqual(b.heard.slice(1).map(([, n]) => n), Array.from({ length: 1_000 }, (_, i) => i + 4_001))
  t.deepEqual(b.gaps.map(({ host, from, to }) => [host, from, to]), [['a', 2, 4_001]])
  t.deepEqual([a.dropped.length, a.dropped[0], a.dropped.at(-1)], [4_000, ['n', 1], ['n', 4_000]])
  t.end()
})

test('what one peer has let go of is asked of the others, and told as a gap only if nobody has it', (t) => {
  const clock = new Clock()
  const [a, b, c] = [busAt(clock, 'a', { bufferMax: 10 }), busAt(clock, 'b'), busAt(clock, 'c')]
  const cut = link(a.bus, c.bus)
  link(a.bus, b.bus)
  clock.run(1_000)
  cut()
  clock.run(100)
  for (let i = 1; i <= 100; i += 1) a.bus.emit('n', i)
  clock.run(1_000)
  t.equal(b.heard.length, 100)
  link(a.bus, c.bus)
  link(b.bus, c.bus)
  clock.run(20_000)
  t.deepEqual([c.heard.length, c.gaps], [100, []], 'b had them')
  t.ok(c.heard.every(([, n], i) => n === i + 1), 'in order')
  t.end()
})

test('a host that comes later hears nothing of what was before, unless it asks for that', (t) => {
  const clock = new Clock()
  const a = busAt(clock, 'a')
  for (let i = 1; i <= 5; i += 1) a.bus.emit('n', i)
  clock.run(1_000)
  const [late, old] = [busAt(clock, 'late'), busAt(clock, 'old', { replay: true })]
  link(a.bus, late.bus)
  link(a.bus, old.bus)
  clock.run(3_000)
  a.bus.emit('n', 6)
  clock.run(3_000)
  t.deepEqual(late.heard, [['n', 6]])
  t.deepEqual(old.heard.map(([, n]) => n), [1, 2, 3, 4, 5, 6])
  t.deepEqual([late.gaps, old.gaps], [[], []])
  t.end()
})

test('what is emitted by one who began after us is heard from its first on', (t) => {
  const clock = new Clock()
  const a = busAt(clock, 'a')
  clock.run(10)
  const b = busAt(clock, 'b')
  b.bus.emit('early')
  clock.run(10)
  link(a.bus, b.bus)
  clock.run(1_000)
  t.deepEqual(a.heard, [['early']])
  t.end()
})

test('names are just names', (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a'), busAt(clock, 'b')]
  const heard: string[] = []
  link(a.bus, b.bus)
  const names = ['error', 'connect', '__proto__', 'constructor', 'end', '', 'toString']
  for (const name of names) b.bus.on(name, () => heard.push(name))
  for (const name of names) a.bus.emit(name, 1)
  clock.run(1_000)
  t.deepEqual(heard, names)
  t.end()
})

test('a listener that throws harms nobody, and is told', (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a'), busAt(clock, 'b')]
  link(a.bus, b.bus)
  const errors: unknown[] = []
  const heard: Json[] = []
  b.bus.stream.on('error', (error) => errors.push(error))
  b.bus.on('n', () => { throw new Error('mine') })
  b.bus.on('n', (n) => heard.push(n))
  b.bus.once('n', (n) => heard.push(['once', n]))
  a.bus.emit('n', 1)
  a.bus.emit('n', 2)
  clock.run(1_000)
  t.deepEqual(heard, [1, ['once', 1], 2])
  t.deepEqual(errors.map((error) => (error as Error).message), ['mine', 'mine'])
  t.end()
})

test('what JSON cannot carry is refused with the path to it, and nothing is emitted', (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a'), busAt(clock, 'b')]
  link(a.bus, b.bus)
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const cases: [unknown[], string][] = [
    [[1, undefined], 'args[1] is undefined'], [[{ a: { 'b c': [1, () => 1] } }], 'args[0].a["b c"][1] is a function'],
    [[NaN], 'args[0] is NaN'], [[1n], 'args[0] is a bigint'], [[new Date(0)], 'args[0] is a Date'], [[[1, new Map()]], 'args[0][1] is a Map'],
    [[Symbol('x')], 'args[0] is a symbol'], [['x'.repeat(16_384)], 'args is over 16384 bytes of JSON'], [[cyclic], 'is nested deeper than']
  ]
  for (const [args, flaw] of cases) {
    let message = ''
    try {
      a.bus.emit('n', ...(args as Json[]))
    } catch (error) {
      message = codeOf(error) === 'ERR_OPTION' ? (error as Error).message : ''
    }
    t.ok(message.includes(flaw), `${flaw}: ${message}`)
  }
  a.bus.emit('n', 'fine')
  clock.run(1_000)
  t.deepEqual(b.heard, [['n', 'fine']])
  t.deepEqual(b.gaps, [])
  t.end()
})

test('an event lives for bufferTimeout: who was away for longer is told of a gap', (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a', { bufferTimeout: 16_000 }), busAt(clock, 'b')]
  const cut = link(a.bus, b.bus)
  clock.run(1_000)
  cut()
  clock.run(100)
  a.bus.emit('old')
  clock.run(18_000)
  a.bus.emit('new')
  link(a.bus, b.bus)
  clock.run(3_000)
  t.deepEqual([b.heard, b.gaps.map(({ from, to }) => [from, to])], [[['new']], [[1, 1]]])
  t.deepEqual(a.dropped, [['old']])
  t.end()
})

test('a flood, a bus and a store of one host share its streams, and do not hear each other', (t) => {
  const clock = new Clock()
  const sides = ['a', 'b'].map((host) => {
    const gossip = createGossip({ host, time: clock, now: clock.date })
    const heard: Json[] = []
    const store = createStore({ gossip })
    const bus = createBus({ gossip })
    bus.onAny((event, ...args) => heard.push(['bus', event, ...args]))
    const flood = createFlood({ gossip, echo: false, onMessage: (message) => heard.push(['flood', message]) })
    const changes: string[] = []
    store.on('change', ({ kind }) => changes.push(kind))
    return { gossip, store, bus, flood, heard, changes }
  })
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]]
  link(a.gossip, b.gossip)
  a.bus.emit('x', 1)
  a.flood.append('y')
  a.store.counter('z').increment()
  a.bus.emit('x', 2)
  clock.run(1_000)
  t.deepEqual(b.heard, [['bus', 'x', 1], ['flood', 'y'], ['bus', 'x', 2]])
  t.deepEqual([b.store.counter('z').value, b.changes, b.store.names()], [1, ['counter'], [{ kind: 'counter', name: 'z' }]], 'a store shows nothing of events')
  t.equal(codeOf(caught(() => createBus({ gossip: a.gossip, channel: 'x' }))), 'ERR_OPTION', 'a channel is what the gossip was told')
  void a.bus.end()
  t.equal(codeOf(caught(() => a.bus.emit('x'))), 'ERR_CLOSED')
  a.flood.append('still')
  clock.run(1_000)
  t.deepEqual(b.heard.at(-1), ['flood', 'still'], 'the others go on')
  t.end()
})

test('a relay that has only a store passes events on, within bounds', (t) => {
  const clock = new Clock()
  const [a, c] = [busAt(clock, 'a'), busAt(clock, 'c')]
  const relay = createStore({ host: 'b', time: clock, now: clock.date, limits: { bufferMax: 50 } })
  link(a.bus, relay)
  link(relay, c.bus)
  clock.run(100)
  for (let i = 0; i < 500; i += 1) {
    a.bus.emit('n', i)
    clock.run(1)
  }
  clock.run(1_000)
  t.deepEqual([c.heard.length, c.gaps, relay.statistics().cells], [500, [], 50])
  t.end()
})

test('the stream of a bus gives what is heard, and emits what it is given', (t) => {
  const clock = new Clock()
  const [a, b] = [busAt(clock, 'a'), busAt(clock, 'b', { bufferMax: 3 })]
  link(a.bus, b.bus)
  pull(pull.values([['x', 1], ['y', 2, { z: null }]]), a.bus.stream)
  const read: unknown[] = []
  const overflow: number[] = []
  b.bus.stream.on('overflow', (count) => overflow.push(count))
  b.bus.stream.source(null, (_, event) => read.push(event))
  clock.run(1_000)
  t.deepEqual(read, [['x', 1]])
  for (let i = 0; i < 5; i += 1) a.bus.emit('n', i)
  clock.run(1_000)
  b.bus.stream.source(null, (_, event) => read.push(event))
  t.deepEqual([read[1], overflow], [['n', 2], [3]], 'who reads slowly loses the oldest, and is told')
  void b.bus.end()
  pull(b.bus.stream, pull.collect((error: unknown, rest: unknown) => {
    t.deepEqual([error, rest], [null, [['n', 3], ['n', 4]]], 'what was heard is read to its end')
    t.end()
  }))
})

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

test('of an author of whom nothing came but what was over a hearing keeps nothing', (t) => {
  const clock = new Clock()
  const gossip = createGossip({ host: 'a', time: clock, now: clock.date })
  const [store, bus] = [createStore({ gossip }), createBus({ gossip })]
  bus.onAny(() => {})
  const foe = new Hand(gossip.createStream()).hello('b').say({ a: {}, u: 0 })
  const until = clock.date() - 1
  const late = (i: number): object => ({ s: [i, `b~${i}`], k: 'event', q: [2], n: [eventName('bus', until)], p: ['2'], e: [until], c: [['work', 1]] })
  for (let i = 1; i <= 100; i += 1) foe.say(late(i))
  const { topics, own } = gossipOf(store)
  const kept = [...topics.hearings].map((hearing) => hearing as unknown as Record<'authors' | 'baseline', Map<unknown, unknown>>)
  t.deepEqual(kept.map(({ authors, baseline }) => [[...authors.keys()], baseline.size]), [[[own], 0]])
  t.equal(store.statistics().recvChanges, 100, 'and all were taken')
  t.end()
})
