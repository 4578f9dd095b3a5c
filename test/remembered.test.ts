/**
 * Buses and floods with journals: what is heard after a restart, once, and what is kept, numbered and let go of.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { createBus, createFlood, createGossip, createStore, link, type Bus, type BusOptions, type Flood, type FloodOptions, type Gap, type Json } from '../index.js'
import { openJournal } from '../lib/journal/index.js'
import { createBus as createNodeBus } from '../lib/node/index.js'
import { Chance } from '../lib/sim/chance.js'
import { Shelf } from '../lib/sim/journal.js'
import { Clock } from './clock.js'
import { rejected } from './journal/places.js'
import { thrown } from './world.js'

const root = mkdtempSync(join(tmpdir(), 'pull-gossip-remembered-'))
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

type Told = { heard: Json[][]; gaps: [from: number, to: number][] }

/** Starts of a host that crash, on one shelf. */
class Host {
  readonly shelf = new Shelf(new Chance(1), { writeMs: 0.01 })

  constructor(private readonly clock: Clock, readonly name: string) {}

  bus(options: BusOptions = {}): Told & { bus: Bus } {
    this.shelf.crash()
    const bus = createBus({ host: this.name, journal: this.shelf.open(this.clock), time: this.clock, now: this.clock.date, ...options })
    const told: Told = { heard: [], gaps: [] }
    bus.onAny((event, ...args) => told.heard.push([event, ...args]))
    bus.stream.on('gap', ({ from, to }: Gap) => told.gaps.push([from, to]))
    return { ...told, bus }
  }

  flood(options: FloodOptions = {}): { flood: Flood; messages: Json[]; dropped: Json[] } {
    this.shelf.crash()
    const [messages, dropped]: [Json[], Json[]] = [[], []]
    const flood = createFlood({
      host: this.name, journal: this.shelf.open(this.clock), time: this.clock, now: this.clock.date,
      onMessage: (message) => messages.push(message), onDrop: (message) => dropped.push(message), ...options
    })
    return { flood, messages, dropped }
  }
}

test('an emitter that crashes goes on with its numbers, and what it had emitted is heard by who was away', (t) => {
  const clock = new Clock()
  const a = new Host(clock, 'a')
  const b = createBus({ host: 'b', time: clock, now: clock.date })
  const heard: Json[] = []
  b.on('n', (n) => heard.push(n))
  const gaps: Gap[] = []
  b.stream.on('gap', (gap) => gaps.push(gap))
  const first = a.bus()
  const cut = link(first.bus, b)
  clock.run(100)
  first.bus.emit('n', 1)
  clock.run(500)
  cut()
  first.bus.emit('n', 2)
  clock.run(100)
  const second = a.bus()
  second.bus.emit('n', 3)
  clock.run(100)
  const third = a.bus()
  link(third.bus, b)
  third.bus.emit('n', 4)
  clock.run(3_000)
  t.deepEqual([heard, gaps], [[1, 2, 3, 4], []])
  t.end()
})

test('what was heard is not heard again; what came while a host was down is, and what nobody keeps is a gap', (t) => {
  const clock = new Clock()
  const a = createBus({ host: 'a', time: clock, now: clock.date, bufferMax: 3 })
  const b = new Host(clock, 'b')
  const first = b.bus()
  const cut = link(a, first.bus)
  for (const n of [1, 2]) a.emit('n', n)
  clock.run(1_000)
  cut()
  for (const n of [3, 4]) a.emit('n', n)
  clock.run(100)
  const second = b.bus()
  const again = link(a, second.bus)
  clock.run(3_000)
  again()
  for (const n of [5, 6, 7, 8, 9]) a.emit('n', n)
  const third = b.bus()
  link(a, third.bus)
  clock.run(10_000)
  t.deepEqual([first.heard, second.heard, third.heard].map((heard) => heard.map(([, n]) => n)), [[1, 2], [3, 4], [7, 8, 9]])
  t.deepEqual([first.gaps, second.gaps, third.gaps], [[], [], [[5, 6]]])
  t.end()
})

test('a host that was shut down hears once, and a bus on a folder says when it is on the disk', async (t) => {
  const path = join(root, 'bus')
  const a = createBus({ host: 'a' })
  const heard: Json[][] = []
  for (let start = 0; start < 4; start += 1) {
    const bus = start % 2 === 0 ? createBus({ host: 'b', journal: await openJournal(path) }) : createNodeBus({ host: 'b', journal: path })
    bus.onAny((event, ...args) => heard.push([event, ...args]))
    const cut = link(a, bus)
    a.emit('n', start)
    await a.settled()
    bus.emit('mine', start)
    t.deepEqual(await bus.settled({ disk: true }), [])
    cut()
    await bus.end()
  }
  t.deepEqual(heard, [0, 1, 2, 3].map((n) => ['n', n]))
  await a.end()
})

test('while the disk is full nothing is emitted or appended', (t) => {
  const clock = new Clock()
  const host = new Host(clock, 'a')
  const gossip = createGossip({ host: 'a', journal: host.shelf.open(clock), time: clock, now: clock.date, limits: { diskRetryMs: 50 } })
  const [bus, flood, store] = [createBus({ gossip }), createFlood({ gossip }), createStore({ gossip })]
  bus.emit('n')
  clock.run(100)
  host.shelf.full = true
  store.counter('x').increment()
  clock.run(10)
  t.deepEqual([thrown(() => bus.emit('n')), thrown(() => flood.append('m'))], ['ERR_DISK', 'ERR_DISK'])
  host.shelf.full = false
  clock.run(100)
  bus.emit('n')
  flood.append('m')
  clock.run(100)
  const again = host.bus()
  t.equal(again.bus['core'].gossip.topics.recall('bus').number, 2)
  t.end()
})

test('a flood holds what it kept, tells none of it again, knows its ids, and lets go of as many', (t) => {
  const clock = new Clock()
  const host = new Host(clock, 'a')
  const options: FloodOptions = { capacity: 3, id: (message) => JSON.stringify(message) }
  const first = host.flood(options)
  for (const n of [1, 2, 3, 4]) first.flood.append(n)
  clock.run(1_000)
  const second = host.flood(options)
  t.deepEqual([Object.values(second.flood.data), second.messages, second.dropped], [[2, 3, 4], [], []])
  second.flood.append(3)
  second.flood.append(5)
  t.deepEqual([Object.values(second.flood.data), second.messages, second.dropped], [[3, 4, 5], [5], [2]])
  clock.run(1_000)
  const b = createFlood({ host: 'b', replay: true, time: clock, now: clock.date })
  const third = host.flood(options)
  link(third.flood, b)
  clock.run(3_000)
  t.deepEqual(Object.values(b.data), [3, 4, 5])
  t.end()
})

test('events end while a host is down, and what was let go of is not asked for again', (t) => {
  const clock = new Clock()
  const a = createBus({ host: 'a', time: clock, now: clock.date, bufferTimeout: 16_000 })
  const b = new Host(clock, 'b')
  const first = b.bus({ bufferMax: 2, bufferBytesMax: 1_000 })
  const cut = link(a, first.bus)
  for (let n = 1; n <= 9; n += 1) a.emit('n', n, 'x'.repeat(300))
  clock.run(2_000)
  cut()
  clock.run(100)
  const second = b.bus({ bufferMax: 2, bufferBytesMax: 1_000 })
  const before = a['core'].statistics().sentChanges
  link(a, second.bus)
  clock.run(3_000)
  t.deepEqual([first.heard.length, second.heard, second.gaps, a['core'].statistics().sentChanges - before], [9, [], [], 0])
  clock.run(30_000)
  const third = b.bus()
  t.equal(third.bus['core'].statistics().cells, 0)
  t.end()
})

test('an emitter of whose events none is left is known to itself, and heard', (t) => {
  const clock = new Clock()
  const limits = { graceMs: 1_000, skewMsMax: 100 }
  const a = createBus({ host: 'a', time: clock, now: clock.date, bufferMax: 1, bufferTimeout: 1_000, limits })
  for (const n of [1, 2, 3]) a.emit('n', n)
  clock.run(60_000)
  const b = createBus({ host: 'b', time: clock, now: clock.date, limits })
  const heard: Json[] = []
  b.on('n', (n) => heard.push(n))
  link(a, b)
  clock.run(1_000)
  a.emit('n', 4)
  clock.run(1_000)
  t.deepEqual(heard, [4])
  t.end()
})

test('an old journal that was put back: what was emitted since is heard as of a new life, and what was heard here is not heard again', (t) => {
  const clock = new Clock()
  const a = new Host(clock, 'a')
  const b = createBus({ host: 'b', time: clock, now: clock.date })
  const heard: Json[] = []
  const gaps: Gap[] = []
  b.on('n', (n) => heard.push(n))
  b.stream.on('gap', (gap) => gaps.push(gap))
  const first = a.bus()
  const cut = link(first.bus, b)
  first.bus.emit('n', 'one')
  clock.run(500)
  const backup = a.shelf.copy()
  first.bus.emit('n', 'two')
  clock.run(500)
  cut()
  a.shelf.putBack(backup, true)
  const messages: Json[] = []
  const gossip = createGossip({ host: 'a', journal: a.shelf.open(clock), time: clock, now: clock.date })
  const second = createBus({ gossip, echo: true })
  second.on('n', (n) => messages.push(n))
  const flood = createFlood({ gossip })
  second.emit('n', 'three')
  flood.append('kept')
  clock.run(100)
  link(second, b)
  clock.run(5_000)
  second.emit('n', 'four')
  clock.run(3_000)
  t.deepEqual([heard, gaps], [['one', 'two', 'three', 'four'], []])
  t.deepEqual(messages.filter((message) => message !== 'two'), ['three', 'four'], 'here each is heard once')
  t.deepEqual(Object.values(flood.data), ['kept'])
  t.end()
})

test('a journal needs a host', async (t) => {
  const journal = await openJournal(join(root, 'none'))
  t.equal(thrown(() => createBus({ journal })), 'ERR_OPTION')
  t.equal(thrown(() => createFlood({ journal })), 'ERR_OPTION')
  t.equal(thrown(() => createNodeBus({ journal: join(root, 'none') })), 'ERR_OPTION')
  t.equal(await rejected(createBus().settled({ disk: true })), 'ERR_OPTION')
  await new Promise((resolve) => journal.close(resolve))
})
