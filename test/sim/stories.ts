/**
 * Histories told on purpose, for what random ones meet too rarely.
 */
import { Session } from '../../lib/gossip/session.js'
import type { Json } from '../../lib/json.js'
import type { Author } from '../../lib/log/author.js'
import { Held } from '../../lib/log/held.js'
import { Chance } from '../../lib/sim/chance.js'
import { stamps } from '../../lib/sim/checks.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { story } from '../../lib/sim/story.js'
import { Host } from './host.js'
import { lie } from './liar.js'
import { Link } from './link.js'

const plain = { id: null, host: null, expected: false, send: true, receive: true, delayMs: 0 }
const fast = { latencyMs: 1, bytesPerMs: 10_000 }

/** A cell of an author comes in while later ones of that author are being caught up: how many cells does the peer then lack for ever? */
export function lateArrival(): number {
  const clock = new VirtualClock()
  const middle = new Host('middle', clock, { batchBytes: 200, haveMs: 20 })
  const last = new Host('last', clock, { haveMs: 20 })
  const feeder = new Session(middle.gossip, plain, 0)
  const send = (seqs: number[]): void => {
    const q = seqs.map((seq, i) => seq - (seqs[i - 1] ?? 0))
    feeder.receive({ s: [1, 'author~l0'], k: 'counter', q, n: seqs.map((seq) => `n${seq}`), c: seqs.map(() => [1, 0]) }, clock.now())
  }
  feeder.pull(clock.now())
  feeder.receive({ v: 1, h: 'feeder', i: 'l0', x: 'none' }, clock.now())
  send([...range(2, 20), ...range(31, 40)])
  new Link(clock, middle, last, { latencyMs: 1, bytesPerMs: 10 })
  clock.run(40)
  send([25])
  clock.run(10_000)
  return middle.cells().size - last.cells().size
}

/**
 * A peer brings all of an author, in so many ranges with gaps between and then in one run, and is gone before it claimed anything: how many
 * changes does the next peer send again?
 */
export function cutShort(ranges: number, run: number, rangesMax: number): number {
  const clock = new VirtualClock()
  const [author, reader] = ['author', 'reader'].map((name) => new Host(name, clock, { haveMs: 20, rangesMax })) as [Host, Host]
  // Written twice, so that the first of two seqs is no more.
  for (let i = 0; i < 2 * ranges; i += 1) author.increment(`twice${i >> 1}`, 1)
  for (let i = 0; i < run; i += 1) author.increment(`once${i}`, 1)
  const gone = new Session(reader.gossip, plain, clock.now())
  gone.pull(clock.now())
  gone.receive({ v: 1, h: 'gone', i: 'l0', x: 'none' }, clock.now())
  for (const { name, seq, body } of [...author.cells().values()].sort((a, b) => a.seq - b.seq)) {
    gone.receive({ s: [1, author.id], k: 'counter', q: [seq], n: [name], c: [JSON.parse(body)] }, clock.now())
  }
  gone.end(null)
  const link = new Link(clock, author, reader, fast)
  clock.run(1_000)
  return link.ends[0].changesOut
}

export type Starved = { neverSent: number; claims: number }

/** All cells change all the time, faster than the link carries: which were never sent in 20 s, and what was claimed? */
export function overload(): Starved {
  const clock = new VirtualClock()
  const chance = new Chance(1)
  const left = new Host('left', clock, { batchBytes: 2_000 })
  const right = new Host('right', clock, {})
  const names = Array.from({ length: 1_000 }, (_, i) => `warm${i}`)
  const link = new Link(clock, left, right, { latencyMs: 5, bytesPerMs: 4 })
  let claimed = 0
  let claims = 0
  for (let ms = 0; ms < 20_000; ms += 1) {
    for (let i = 0; i < 4; i += 1) left.increment(chance.pick(names), 1)
    clock.runUntil(ms)
    const have = right.gossip.log.author(left.id)?.held.have ?? 0
    if (have > claimed) claims += 1
    claimed = have
  }
  link.cut([0, 0])
  const held = right.cells()
  return { neverSent: names.filter((name) => !held.has(`${left.id} counter ${name} `)).length, claims }
}

/**
 * A host that holds part of what a lost author wrote is told that it holds all; its vector then asks nobody for the rest, though a neighbour
 * has it. How many cells do the survivors hold differently, with audits or without, half a minute later?
 */
export function overstated(audit: boolean): number {
  const clock = new VirtualClock()
  const [author, whole, part] = ['author', 'whole', 'part'].map((name) => new Host(name, clock, { haveMs: 20 }, audit)) as [Host, Host, Host]
  for (let i = 0; i < 20; i += 1) author.increment(`n${i}`, 1)
  const first = new Link(clock, author, whole, fast)
  clock.run(100)
  first.cut([0, 0])
  const live = new Session(part.gossip, plain, clock.now())
  live.pull(clock.now())
  live.receive({ v: 1, h: 'author', i: 'l0', x: 'none' }, clock.now())
  live.receive({ s: [1, author.id], k: 'counter', q: [20], n: ['n19'], c: [[1, 0]] }, clock.now())
  live.end(null)
  author.alive = false
  lie(part, clock.now())
  new Link(clock, whole, part, fast)
  clock.run(30_000)
  return whole.cells().size - part.cells().size
}

/** Two hosts in step, and one of them loses a cell and does not know it: whether it comes back. */
export function mended(loser: 'left' | 'right'): boolean {
  const clock = new VirtualClock()
  const [left, right] = ['left', 'right'].map((name) => new Host(name, clock, {})) as [Host, Host]
  for (let i = 0; i < 20; i += 1) left.increment(`n${i}`, 1)
  new Link(clock, left, right, fast)
  clock.run(10_000)
  const { log } = (loser === 'left' ? left : right).gossip
  for (const change of [...log.cells()]) if (change.name.text === 'n7') log.drop(change)
  clock.run(30_000)
  return left.cells().size === 20 && right.cells().size === 20
}

/** Another change of the same body is forged under the author and seq of one that a host did not get yet, and its vector says that it holds it: whether it gets it. */
export function hidden(): boolean {
  const clock = new VirtualClock()
  const [author, left, right] = ['author', 'left', 'right'].map((name) => new Host(name, clock, {})) as [Host, Host, Host]
  author.increment('calls', 1)
  const first = new Link(clock, author, left, fast)
  clock.run(100)
  first.cut([0, 0])
  author.alive = false
  const thief = new Session(right.gossip, plain, clock.now())
  thief.pull(clock.now())
  thief.receive({ v: 1, h: 'thief', i: 'x', x: 'none' }, clock.now())
  thief.receive({ s: [1, author.id], k: 'counter', q: [1], n: ['junk'], c: [[1, 0]] }, clock.now())
  thief.receive({ a: { [author.id]: 1 }, u: 1, y: 'these' }, clock.now())
  thief.end(null)
  new Link(clock, left, right, fast)
  clock.run(30_000)
  return right.cells().has(`${author.id} counter calls `) && left.cells().has(`${author.id} counter junk `)
}

/** A peer tells sums of something else: whether it is in doubt. */
export function doubtsLiars(): boolean {
  const { host, link, wait, network } = story({ links: { streams: [{ expected: true }, { expected: true }] } })
  host('α')
  host('β')
  link('α', 'β')
  wait(1_000)
  for (const session of network.host('β').core.gossip.sessions) {
    const real = session.audit.sum.bind(session.audit)
    session.audit.sum = (...args) => {
      const [from] = real(...args) ?? []
      return from === undefined ? undefined : [from, '0123456789abcdef']
    }
  }
  wait(40_000)
  return network.host('α').store.doubts().some(({ host: other, why }) => other === 'β' && why === 'differs')
}

/** Two hosts write all the time over a slow link: whether either doubts the other. */
export function doubtsWriters(): boolean {
  const { host, link, wait, network } = story({ links: { latencyMs: 200, streams: [{ expected: true }, { expected: true }] } })
  let doubted = false
  for (const name of ['α', 'β']) host(name)
  link('α', 'β')
  wait(3_000)
  for (const { store } of network.hosts) store.on('incoherent', () => { doubted = true })
  for (let i = 0; i < 300; i += 1) {
    for (const { store } of network.hosts) store.counter(`calls-${i % 10}`).increment()
    wait(100)
  }
  return doubted
}

/** A name ends, at two hosts whose clocks differ by all that they may, and which ping often: in how many places they find to differ meanwhile. */
export function foundAtEnds(): number {
  const clock = new VirtualClock()
  const limits = { graceMs: 4_000, skewMsMax: 400, pingMs: 50, haveMs: 20 }
  const [left, right] = ['left', 'right'].map((name) => new Host(name, clock, limits)) as [Host, Host]
  right.aheadMs = limits.skewMsMax
  left.increment('lease', 1, clock.now() + 2_000)
  new Link(clock, left, right, fast)
  clock.run(20_000)
  return left.gossip.audits.differences + right.gossip.audits.differences
}

/** A host does not know until when a name lives, though it holds all its cells: whether it is told. */
export function unknownEnd(): boolean {
  const clock = new VirtualClock()
  const [left, right] = ['left', 'right'].map((name) => new Host(name, clock, {})) as [Host, Host]
  left.increment('lease', 1, 0)
  new Link(clock, left, right, fast)
  clock.run(10_000)
  const { log } = right.gossip
  const name = log.find('counter', 'lease')
  if (name?.term == null) return false
  name.term.expire = null
  log.digestOf('counter')?.extend(name.term)
  clock.run(30_000)
  return name.term.expire === 0
}

/**
 * A host that was away for longer than the grace dropped a name of whose end only it knew, a cell of its own among that. When it has asked its neighbour
 * for all that ends, that one learns of a first end, from a peer or by its own write, and too soon to be audited: how many cells the host lacks then.
 */
export function endedApart(writer: 'neighbour' | 'other'): number {
  const clock = new VirtualClock()
  const limits = { graceMs: 4_000, skewMsMax: 400, pingMs: 100, haveMs: 20 }
  const [away, neighbour, other] = ['away', 'neighbour', 'other'].map((name) => new Host(name, clock, limits)) as [Host, Host, Host]
  away.increment('lease', 1)
  // By this one its vector says that it holds the one before.
  away.increment('kept', 1)
  const links = [new Link(clock, away, neighbour, fast), new Link(clock, neighbour, other, fast)]
  clock.run(1_000)
  for (const link of links) link.cut([0, 0])
  away.increment('lease', 1, clock.now() + 10)
  clock.run(10_000)
  const isNeighbour = writer === 'neighbour'
  if (!isNeighbour) other.increment('lease', 1, clock.now() + 1_000)
  new Link(clock, away, neighbour, fast)
  clock.run(30)
  if (isNeighbour) neighbour.increment('lease', 1, clock.now() + 1_000)
  new Link(clock, neighbour, other, fast)
  clock.run(3_000)
  return neighbour.cells().size - away.cells().size
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** A host whose clock is far ahead writes a register: whether another keeps that. */
export function tooFarAhead(): boolean {
  const { network, host, link, write, wait } = story({ hosts: { limits: { skewMsMax: 400 } } })
  const check = stamps(network)
  host('fast', { aheadMs: 10_000, limits: { skewMsMax: 400 } })
  host('slow')
  link('fast', 'slow')
  write('fast', (store) => store.register('motd').write('mine'))
  wait(1_000)
  return check.faults().length > 0
}

/** A peer kept but the latest events, another all of them: whether a host that was away hears all. */
export function asksOthers(): boolean {
  const { host, link, cut, wait, network } = story()
  const heard: Json[] = []
  host('α', { limits: { bufferMax: 10 } })
  host('β')
  host('γ')
  network.host('γ').bus.on('n', (n) => heard.push(n))
  link('α', 'β')
  link('α', 'γ')
  link('β', 'γ', { latencyMs: 500 })
  wait(3_000)
  cut('α', 'γ')
  cut('β', 'γ')
  wait(1_000)
  for (let i = 0; i < 100; i += 1) network.host('α').bus.emit('n', i)
  wait(3_000)
  // γ knows that β is there, but not yet what it holds, when α has served it.
  link('β', 'γ', { latencyMs: 100 })
  wait(150)
  link('α', 'γ')
  wait(20_000)
  return heard.length === 100 && heard.every((n, i) => n === i)
}

/** More is emitted than is kept, over a slow link: whether all of it is heard. */
export function servesAll(): boolean {
  const { host, link, wait, network } = story()
  let heard = 0
  host('α', { limits: { bufferMax: 10, batchBytes: 1_000 } })
  host('β')
  network.host('β').bus.on('n', () => { heard += 1 })
  link('α', 'β', { bytesPerMs: 10 })
  wait(1_000)
  for (let i = 0; i < 200; i += 1) network.host('α').bus.emit('n', i)
  wait(20_000)
  return heard === 200
}

/** How many events a host takes in again that it had let go of, from one that keeps more. */
export function keptAgain(): number {
  const { host, link, cut, wait, network } = story()
  host('α', { limits: { bufferMax: 10 } })
  host('β', { limits: { bufferMax: 1_000 } })
  host('γ')
  link('α', 'β')
  wait(1_000)
  for (let i = 0; i < 100; i += 1) network.host('β').bus.emit('n', i)
  wait(3_000)
  // One of another author, so that nothing is left of the first here but its latest.
  cut('α', 'β')
  link('β', 'γ')
  link('γ', 'α')
  wait(3_000)
  const { log } = network.host('α').core.gossip
  const before = log.end
  for (const session of network.host('γ').core.gossip.sessions) {
    if (session.peer?.host !== 'α') continue
    for (const author of log.everyAuthor()) if (author.host === 'β') session.outbound.feed.ask(network.host('γ').core.gossip.log.author(author.id) as Author, new Held())
    session.wake()
  }
  wait(3_000)
  return log.end - before
}
