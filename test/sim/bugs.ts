/**
 * Planted bugs: plausible rules that are wrong. Each is laid over the real code for a while, and must be found by the histories.
 *
 * A bug that no history finds means a checker, or a sort of history, that is missing.
 */
import { digestOf } from '../../lib/gossip/digest.js'
import { Expiry } from '../../lib/gossip/expiry.js'
import { Feed } from '../../lib/gossip/feed.js'
import { Gossip } from '../../lib/gossip/gossip.js'
import { Hearing } from '../../lib/gossip/hearing.js'
import { Inbound } from '../../lib/gossip/inbound.js'
import { Load } from '../../lib/gossip/load.js'
import { Outbound } from '../../lib/gossip/outbound.js'
import { Peer } from '../../lib/gossip/peer.js'
import { Pulse } from '../../lib/gossip/pulse.js'
import { Refusals } from '../../lib/gossip/refusals.js'
import { Session } from '../../lib/gossip/session.js'
import { Teller } from '../../lib/gossip/teller.js'
import { Topics } from '../../lib/gossip/topics.js'
import { Trust } from '../../lib/gossip/trust.js'
import { CounterKind } from '../../lib/kinds/counter.js'
import { RegisterKind } from '../../lib/kinds/register.js'
import type { Written } from '../../lib/kinds/register.js'
import { addedOf, clearPart, Removal, SetKind } from '../../lib/kinds/set.js'
import type { Author } from '../../lib/log/author.js'
import type { Change } from '../../lib/log/change.js'
import { momentOf } from '../../lib/log/expire.js'
import { Held } from '../../lib/log/held.js'
import type { Name } from '../../lib/log/name.js'
import { Order } from '../../lib/log/order.js'
import { StampClock } from '../../lib/log/stamp.js'
import { checkedNetwork } from './checked.js'
import { doubleHistory } from './doubles.js'
import { eventfulNetwork } from './eventful.js'
import { mortalHistory } from './mortal.js'
import { runSchedule } from './schedule.js'
import type { ScheduleOptions } from './schedule.js'
import { asksOthers, keptAgain, lateArrival, servesAll, tooFarAhead } from './stories.js'
import { theftHistory } from './theft.js'

/**
 * Names that end; the same without audits, which mend what some bugs break; with cuts that outlast the grace; thieves; two bodies under one seq;
 * networks of stores, and of buses, that are checked while everything fails.
 */
export const histories = {
  mortal: (seed: number): string[] => mortalHistory(seed),
  unaudited: (seed: number): string[] => mortalHistory(seed, { audit: false }),
  cut: (seed: number): string[] => mortalHistory(seed, { cuts: 3.5 }),
  eager: (seed: number): string[] => mortalHistory(seed, { eager: true }),
  theft: theftHistory,
  double: doubleHistory,
  network: (seed: number): string[] => checkedNetwork(seed),
  event: eventfulNetwork
}

export type Bug = {
  name: string
  /** A history that found it last time it was looked for; tried first. */
  seed?: number
  /** A history on purpose that finds it, where random ones meet it too rarely; says whether it was found. */
  story?: () => boolean
  /** The histories in which it shows. */
  options?: ScheduleOptions
  /** The sort of histories in which it shows, if not the plain one. */
  history?: keyof typeof histories
  /** Lays the bug over the code, in the order of `lay`. */
  lay: (over: Lay) => void
}

/** Replaces a method or getter of a prototype; `real` is what was there. */
export type Lay = <This>(prototype: This & object, name: string, make: (real: (...args: never[]) => unknown) => (this: This, ...args: never[]) => unknown) => void

/** Plants a bug; what it gives back removes it. */
export function plant(bug: Bug): () => void {
  const undo: (() => void)[] = []
  bug.lay((prototype, name, make) => {
    const before = Object.getOwnPropertyDescriptor(prototype, name)
    const real = (before?.get ?? before?.value) as ((...args: never[]) => unknown) | undefined
    if (before === undefined || real === undefined) throw new Error(`there is nothing called ${name} to lay a bug over`)
    const bad = make(real)
    Object.defineProperty(prototype, name, before.get === undefined ? { ...before, value: bad } : { ...before, get: bad })
    undo.unshift(() => Object.defineProperty(prototype, name, before))
  })
  return () => undo.forEach((step) => step())
}

/** The seed of a history that finds a bug, or `story`; null if none up to `seedMax` does. `faults` tells what is wrong in a history. */
export function find(bug: Bug, seedMax: number, faults = (seed: number): string[] => faultsAt(seed, bug)): number | 'story' | null {
  const undo = plant(bug)
  try {
    if (bug.story !== undefined) return bug.story() ? 'story' : null
    if (bug.seed !== undefined && fails(bug.seed, faults)) return bug.seed
    for (let seed = 1; seed <= seedMax; seed += 1) if (fails(seed, faults)) return seed
    return null
  } finally {
    undo()
  }
}

/** A history that breaks down fails too; unless it is the bug that does, which was planted in code that is another by now. */
function fails(seed: number, faults: (seed: number) => string[]): boolean {
  try {
    return faults(seed).length > 0
  } catch (error) {
    if (error instanceof TypeError) throw error
    return true
  }
}

/** What is wrong in the history of a seed of that sort in which a bug shows. */
export function faultsAt(seed: number, { history, options }: Pick<Bug, 'history' | 'options'>): string[] {
  return history === undefined ? runSchedule(seed, options).faults : histories[history](seed)
}

/** Private parts that bugs reach into. */
type Parts = {
  outbound: { session: Session; feed: Feed; teller: Teller }
  inbound: { session: Session }
  feed: { log: Gossip['log']; cursor: number; owes: (change: Change) => boolean; catchUp: { lacks: { author: Author; have: number; until: number }[]; at: number; after: number; arrival: number } | null }
  teller: { noted: unknown; ready: unknown; note: () => void }
  order: { blocks: { push: (change: Change, rank: number) => void }[] }
  held: { dots: number[] }
  expiry: { gossip: Gossip; keptMs: number }
}

const sessions = new WeakMap<Gossip, Map<number, Session>>()
const introduced = new WeakSet<Author>()

/** Needs a liar: a claim is believed whatever was seen. */
export const uncapped: Bug = {
  name: 'a claim is not capped by what was seen',
  seed: 5,
  options: { liar: true },
  lay: (over) => over(Inbound.prototype, 'believe', () => function (this: Inbound, author: Author, have: number) {
    const { session } = this as unknown as Parts['inbound']
    if (session.takes && author.held.raise(have)) session.gossip.moved(author)
  })
}

export const bugs: readonly Bug[] = [
  uncapped,
  {
    name: 'have is raised on receipt',
    seed: 19,
    lay: (over) => over(Gossip.prototype, 'note', () => function (this: Gossip, author: Author, seq: number) {
      author.held.seen = Math.max(author.held.seen, seq)
      if (author.held.raise(seq)) this.moved(author)
    })
  },
  {
    name: 'a claim is made in the middle of the catch-up',
    seed: 1,
    lay: (over) => over(Feed.prototype, 'drained', () => function (this: Feed) {
      const { cursor, log } = this as unknown as Parts['feed']
      return cursor === log.end
    })
  },
  {
    name: 'a position is taken for a claim',
    seed: 19,
    lay: (over) => over(Inbound.prototype, 'have', (real) => function (this: Inbound, message: { claim: unknown }, peer: unknown) {
      return real.call(this, { ...message, claim: 'all' } as never, peer as never)
    })
  },
  {
    name: 'digests are compared with the present vector',
    seed: 2,
    lay: (over) => over(Session.prototype, 'compare', (real) => function (this: Session) {
      const { log } = this.gossip
      if (this.outbound.greeting !== null) this.outbound.greeting = { digest: digestOf(log), end: log.end, moves: log.moves }
      return real.call(this)
    })
  },
  {
    name: 'the position is that of the comparison, not of the hello',
    seed: 2,
    lay: (over) => over(Session.prototype, 'compare', (real) => function (this: Session) {
      const { log } = this.gossip
      const { greeting } = this.outbound
      if (greeting !== null) this.outbound.greeting = { ...greeting, end: log.end, moves: log.moves }
      return real.call(this)
    })
  },
  {
    name: 'a session that withholds makes claims',
    seed: 152,
    lay: (over) => {
      over(Outbound.prototype, 'drained', (real) => function (this: Outbound) {
        return (this as unknown as Parts['outbound']).session.options.send ? real.call(this) : true
      })
      over(Session.prototype, 'takes', () => function (this: Session) {
        return this.options.receive
      })
    }
  },
  { name: 'refusals are forgotten', seed: 19, lay: (over) => over(Refusals.prototype, 'marks', () => (() => false)) },
  {
    name: 'the origin of a change is its host, not its session',
    seed: 1,
    lay: (over) => {
      over(Gossip.prototype, 'open', (real) => function (this: Gossip, session: Session) {
        const number = real.call(this, session as never) as number
        const known = sessions.get(this) ?? new Map<number, Session>()
        sessions.set(this, known.set(number, session))
        return number
      })
      over(Outbound.prototype, 'owes', (real) => function (this: Outbound, change: Change) {
        const { session } = this as unknown as Parts['outbound']
        const origin = sessions.get(session.gossip)?.get(change.from)
        if (origin?.peer != null && origin.peer.host === session.peer?.host) return false
        return real.call(this, change as never)
      })
    }
  },
  {
    name: 'a catch-up stops at a change newer than its start',
    story: () => lateArrival() > 0,
    lay: (over) => over(Feed.prototype, 'serveCatchUp', () => function (this: Feed, batch: { full: boolean; add: (change: Change) => void }) {
      const parts = this as unknown as Parts['feed']
      const { catchUp, owes } = parts
      if (catchUp === null) return true
      for (; catchUp.at < catchUp.lacks.length; catchUp.at += 1, catchUp.after = 0) {
        const { author, have, until } = catchUp.lacks[catchUp.at] as { author: Author; have: number; until: number }
        author.series.after(Math.max(catchUp.after, have), (change) => {
          if (batch.full || change.arrival > until) return false
          catchUp.after = change.seq
          if (owes(change)) batch.add(change)
          return true
        })
        if (batch.full) return false
      }
      parts.catchUp = null
      return true
    })
  },
  {
    name: 'changes are forwarded to where they came from',
    seed: 1,
    lay: (over) => over(Outbound.prototype, 'owes', () => (() => true))
  },
  {
    name: 'the index of an author is not sorted',
    seed: 196,
    lay: (over) => over(Order.prototype, 'insert', () => function (this: Order, change: Change, rank: number) {
      (this as unknown as Parts['order']).blocks.at(-1)?.push(change, rank)
    })
  },
  {
    name: 'ranges that are too many are joined to the prefix',
    seed: 439,
    options: { rangesMax: 2, audit: false },
    lay: (over) => over(Held.prototype, 'take', (real) => function (this: Held, from: number, to: number, max: number) {
      const moved = real.call(this, from as never, to as never, Infinity as never)
      const ranges = this.ranges()
      if (ranges.length > max) this.raise((ranges[0] as [number, number])[1])
      return moved
    })
  },
  {
    name: 'ranges that are too many are forgotten from the top',
    seed: 5,
    history: 'network',
    lay: (over) => over(Held.prototype, 'take', (real) => function (this: Held, from: number, to: number, max: number) {
      const moved = real.call(this, from as never, to as never, Infinity as never)
      ;(this as unknown as Parts['held']).dots.splice(2 * max)
      return moved
    })
  },
  {
    name: 'a round claims what is held at its end',
    seed: 154,
    options: { audit: false },
    lay: (over) => over(Teller.prototype, 'endRound', (real) => function (this: Teller) {
      this.note()
      return real.call(this)
    })
  },
  {
    name: 'a round walks only what changed since it began',
    seed: 607,
    options: { audit: false },
    lay: (over) => over(Feed.prototype, 'beginRound', (real) => function (this: Feed) {
      real.call(this)
      const parts = this as unknown as { round: { from: number }; log: Gossip['log'] }
      parts.round.from = parts.log.end
    })
  },
  {
    name: 'what a peer stated of authors unknown until then is forgotten',
    seed: 3,
    lay: (over) => over(Peer.prototype, 'adopt', () => () => undefined)
  },
  {
    name: 'changes of our own earlier lives are refused',
    seed: 1,
    lay: (over) => over(Gossip.prototype, 'learn', (real) => function (this: Gossip, author: Author, ...rest: never[]) {
      return author !== this.own && author.host === this.own.host ? 'impostor' : real.call(this, author as never, ...rest)
    })
  },
  {
    name: 'a shared frame is sent whatever its session lacks or brought',
    seed: 2,
    lay: (over) => over(Outbound.prototype, 'suits', () => (() => true))
  },
  {
    name: 'a name is dropped when its grace is over, though others may still revive it',
    seed: 2,
    history: 'mortal',
    lay: (over) => over(Expiry.prototype, 'keptMs', () => function (this: Expiry) {
      return (this as unknown as Parts['expiry']).gossip.limits.graceMs
    })
  },
  { name: 'a name is dropped when it ends', seed: 1, history: 'mortal', lay: (over) => over(Expiry.prototype, 'keptMs', () => () => 0) },
  {
    name: 'a cell travels without what others said of the end of its name',
    seed: 4,
    history: 'unaudited',
    lay: (over) => over(Gossip.prototype, 'learn', (real) => function (this: Gossip, ...args: never[]) {
      args[6] = null as never
      return real.apply(this, args)
    })
  },
  {
    name: 'a name is made anew as soon as it was dropped here',
    seed: 122,
    history: 'unaudited',
    lay: (over) => over(Expiry.prototype, 'phase', (real) => function (this: Expiry, name: never) {
      const phase = real.call(this, name)
      return phase === 'resting' ? 'new' : phase
    })
  },
  {
    name: 'a name is revived until it is dropped',
    seed: 3,
    history: 'mortal',
    lay: (over) => over(Expiry.prototype, 'phase', (real) => function (this: Expiry, name: never) {
      const phase = real.call(this, name)
      return phase === 'dying' ? 'absent' : phase
    })
  },
  {
    name: 'what is made anew is judged by what rests here',
    seed: 43,
    history: 'unaudited',
    lay: (over) => over(Expiry.prototype, 'isPast', (real) => function (this: Expiry, name: Name | undefined, known: never) {
      return real.call(this, (name === undefined ? name : { size: 1, term: name.term }) as never, known)
    })
  },
  {
    name: 'what a peer states of our own life is believed beyond what we gave',
    seed: 1,
    history: 'theft',
    lay: (over) => over(Peer.prototype, 'state', (real) => function (this: Peer, stated: never) {
      const { own } = (this as unknown as { ours: { own: Author } }).ours
      const { have } = own.held
      own.held.have = Infinity
      try {
        return real.call(this, stated)
      } finally {
        own.held.have = have
      }
    })
  },
  {
    name: 'a vector is kept though a change turned out to be lacking that it said is held',
    seed: 31,
    history: 'theft',
    lay: (over) => over(Trust.prototype, 'withdraw', () => () => undefined)
  },
  {
    name: 'who shows a forged change of ours is taken to hold what we give that seq to',
    seed: 100,
    history: 'theft',
    lay: (over) => over(Inbound.prototype, 'change', (real) => function (this: Inbound, ...args: never[]) {
      const outcome = real.apply(this, args)
      const [, , author, seq] = args as unknown as [unknown, unknown, Author, number]
      if (outcome === 'impostor') (this as unknown as Parts['inbound']).session.peer?.show(author, seq)
      return outcome
    })
  },
  {
    name: 'all cells of an element are dropped once it is out',
    seed: 1,
    options: { kinds: true },
    lay: (over) => over(SetKind.prototype, 'spares', () => function (this: SetKind, { name, part }: Change) {
      return part === clearPart || this.has(name, part.slice(1)) ? [] : [...name.cells()].filter((cell) => cell.part === part)
    })
  },
  {
    name: 'a clear covers the remove of an add that it has not seen',
    seed: 9,
    options: { kinds: true },
    lay: (over) => over(SetKind.prototype, 'spares', (real) => function (this: SetKind, change: Change) {
      const cleared = [...change.name.cells()].some(({ part }) => part === clearPart)
      const removes = [...change.name.cells()].filter(({ part, body }) => cleared && part !== clearPart && body === 0)
      return [...new Set([...(real.call(this, change as never) as Change[]), ...removes])]
    })
  },
  {
    name: 'a clear names only up to where all of an author is held',
    seed: 35,
    options: { kinds: true },
    lay: (over) => over(SetKind.prototype, 'clear', (real) => function (this: SetKind, ...args: never[]) {
      const { removed } = real.apply(this, args) as Removal
      return new Removal(0, removed, new Map())
    })
  },
  {
    name: 'an element that is added again forgets what its author removed',
    seed: 4,
    options: { kinds: true },
    lay: (over) => over(SetKind.prototype, 'add', () => (_: unknown, seq: unknown) => seq)
  },
  {
    name: 'of two registers written at one stamp the one that came first holds',
    seed: 48,
    options: { kinds: true },
    lay: (over) => over(RegisterKind.prototype, 'latest', () => function (this: RegisterKind, name: Name | undefined) {
      let last: Change | null = null
      const stampOf = (change: Change | null): number => (change === null ? -1 : (change.body as Written).stamp)
      const arrived = [...(name?.cells() ?? [])].sort((a, b) => a.arrival - b.arrival)
      for (const change of arrived) if (stampOf(change) > stampOf(last)) last = change
      return (last)?.body ?? null
    })
  },
  {
    name: 'cells end one by one, each when its author said',
    seed: 1,
    history: 'mortal',
    lay: (over) => over(Expiry.prototype, 'sweep', (real) => function (this: Expiry) {
      const { gossip, keptMs } = this as unknown as Parts['expiry']
      for (const change of [...gossip.log.cells()]) if (gossip.clock() >= momentOf(change.expire) + keptMs) gossip.drop(change)
      return real.call(this)
    })
  },
  {
    name: 'a remove is forgotten that comes before the add which it removes',
    seed: 1,
    options: { kinds: true },
    lay: (over) => over(Gossip.prototype, 'learn', (real) => function (this: Gossip, author: Author, seq: number, kind: unknown, text: string, part: string, ...rest: never[]) {
      const body = kind instanceof SetKind && part !== clearPart ? kind.take(rest[2], part) : undefined
      const hasAdd = [...(this.log.find('set', text)?.cells() ?? [])].some((cell) => cell.part === part)
      if (body === undefined || addedOf(body) > 0 || hasAdd) return real.call(this, author as never, seq as never, kind as never, text as never, part as never, ...rest)
      author.held.note(seq, this.limits.rangesMax)
      this.moved(author)
      return 'duplicate'
    })
  },
  {
    name: 'a clear takes what was added by the same time, seen or not',
    seed: 1,
    options: { kinds: true },
    lay: (over) => over(SetKind.prototype, 'clear', (real) => function (this: SetKind, name: Name, have: (author: string) => number) {
      return real.call(this, name as never, ((author: string) => have(author) + 3) as never)
    })
  },
  {
    name: 'a stamp is taken however far it is ahead',
    story: tooFarAhead,
    lay: (over) => over(StampClock.prototype, 'aheadMs', () => () => 0)
  },
  {
    name: 'what went is not given back',
    seed: 1,
    options: { kinds: true },
    lay: (over) => over(Load.prototype, 'add', (real) => function (this: Load, author: Author, bytes: number) {
      return real.call(this, author as never, Math.max(0, bytes) as never)
    })
  },
  {
    name: 'a name that rests costs nothing until it is made anew',
    seed: 2,
    history: 'network',
    lay: (over) => over(Load.prototype, 'rest', () => () => undefined)
  },
  { name: 'silence is never noticed', seed: 2, history: 'network', lay: (over) => over(Pulse.prototype, 'listen', () => () => false) },
  {
    name: 'what is counted down is taken off what was counted up',
    seed: 2,
    history: 'network',
    lay: (over) => over(CounterKind.prototype, 'keep', (real) => function (this: CounterKind<number>, plus: number, minus: number) {
      return real.call(this, Math.max(0, plus - minus) as never, 0 as never)
    })
  },
  {
    name: 'an author is introduced once, not once in each session',
    seed: 2,
    history: 'network',
    lay: (over) => over(Teller.prototype, 'introduce', (real) => function (this: Teller, author: Author) {
      if (introduced.has(author)) return author.number
      introduced.add(author)
      return real.call(this, author as never)
    })
  },
  {
    name: 'ranges are kept however many there are',
    seed: 10,
    history: 'network',
    lay: (over) => over(Held.prototype, 'take', (real) => function (this: Held, from: number, to: number) {
      return real.call(this, from as never, to as never, Infinity as never)
    })
  },
  {
    name: 'a name reads as live until it can be revived no more',
    seed: 1,
    history: 'network',
    lay: (over) => over(Expiry.prototype, 'phase', (real) => function (this: Expiry, name: never) {
      const phase = real.call(this, name)
      return phase === 'absent' ? 'live' : phase
    })
  },
  {
    name: 'an event that is ahead is told at once',
    seed: 6,
    history: 'event',
    lay: (over) => over(Held.prototype, 'holds', () => () => true)
  },
  {
    name: 'events are told as they arrive',
    seed: 1,
    history: 'event',
    lay: (over) => over(Hearing.prototype, 'take', () => function (this: Hearing, event: Change) {
      const { ear } = this as unknown as { ear: { hear: (event: Change) => void } }
      if (event.author !== (this as unknown as { gossip: Gossip }).gossip.own) ear.hear(event)
    })
  },
  {
    name: 'the latest event of an author is let go of in its turn',
    seed: 29,
    history: 'event',
    lay: (over) => over(Topics.prototype, 'pass', () => function (this: Topics, topic: never, event: never) {
      ;(this as unknown as { evict: (topic: never, event: never) => void }).evict(topic, event)
    })
  },
  {
    name: 'the ping behind a question may be an answer itself',
    seed: 61,
    history: 'event',
    lay: (over) => over(Pulse.prototype, 'question', () => function (this: Pulse, now: number) {
      return this.ping(now)
    })
  },
  {
    name: 'the claim of a round answers a question',
    seed: 47,
    history: 'event',
    lay: (over) => over(Teller.prototype, 'claim', (real) => function (this: Teller, moves: never) {
      ;(this as unknown as { claimOwed: boolean }).claimOwed = false
      return real.call(this, moves)
    })
  },
  {
    name: 'how far an author was heard is forgotten with its events',
    seed: 25,
    history: 'event',
    lay: (over) => over(Topics.prototype, 'drop', (real) => function (this: Topics, event: Change) {
      for (const hearing of this.hearings) hearing.forget(event.author)
      return real.call(this, event as never)
    })
  },
  {
    name: 'nobody else is asked for what a peer has let go of',
    story: () => !asksOthers(),
    lay: (over) => over(Hearing.prototype, 'asks', () => () => false)
  },
  {
    name: 'events are let go of before a slow peer was served them',
    story: () => !servesAll(),
    lay: (over) => over(Topics.prototype, 'look', (real) => function (this: Topics) {
      real.call(this)
      ;(this as unknown as { served: number }).served = Infinity
    })
  },
  {
    name: 'what was let go of is taken in again',
    story: () => keptAgain() > 0,
    lay: (over) => over(Topics.prototype, 'isSpent', () => () => false)
  }
]
