/**
 * Replicas without sessions, and what they ought to come to.
 *
 * A replica is a real Gossip of all kinds that is handed changes one by one, as facts, in whatever order a test likes. A history is
 * what several of them wrote, each having heard only some of the others; it notes what was meant, and what its author had heard by
 * then. The readings at the end are worked out from that alone: nothing of them looks at the cells.
 */
import { Gossip, type Outcome } from '../lib/gossip/gossip.js'
import type { Observer } from '../lib/gossip/observer.js'
import type { Session } from '../lib/gossip/session.js'
import type { Json } from '../lib/json.js'
import { CounterKind } from '../lib/kinds/counter.js'
import type { Kind } from '../lib/kinds/kind.js'
import { bigint, integer } from '../lib/kinds/numbers.js'
import { RegisterKind, Written } from '../lib/kinds/register.js'
import { clearPart, partOf, SetKind } from '../lib/kinds/set.js'
import { withLimits, type Limits } from '../lib/limits.js'
import type { Change } from '../lib/log/change.js'
import { latest, type Expire } from '../lib/log/expire.js'
import type { Name } from '../lib/log/name.js'
import { StampClock } from '../lib/log/stamp.js'
import { sent } from './sim/sent.js'

/** A change as it travels. */
export type Fact = { author: string; seq: number; kind: string; name: string; part: string; expire: Expire; body: Json }

/** What an author meant by a change. */
export type Meaning =
  | { act: 'count'; n: bigint }
  | { act: 'assign'; value: Json }
  | { act: 'add' | 'delete'; element: string }
  | { act: 'clear' | 'extend' }

/** One change, what was meant by it, and which deeds of the history its author had heard of or done before. */
export type Deed = { fact: Fact; meaning: Meaning; seen: ReadonlySet<number> }

export const kindNames = ['counter', 'counter:bigint', 'register', 'set'] as const
export type KindName = (typeof kindNames)[number]

export const epoch = 1_700_000_000_000

const silence: Observer = {
  change: () => {}, expire: () => {}, connect: () => {}, sync: () => {}, disconnect: () => {}, refused: () => {}, impostor: () => {},
  acknowledge: () => {}, differ: () => {}, review: () => {},
  fault: (error) => { throw error }
}

/** All that learning asks of a session. */
const bringer = { number: 1, audit: { mends: false }, again: () => 'duplicate' } as unknown as Session

/** Those of most replicas, of which there are hundreds of thousands. */
const usual = withLimits()

export class Replica {
  readonly gossip: Gossip
  readonly counter = new CounterKind(integer)
  readonly big = new CounterKind(bigint)
  readonly register: RegisterKind
  readonly set: SetKind
  /** What it wrote itself. */
  readonly facts: Fact[] = []

  constructor(readonly host: string, clock = (): number => epoch, bounds?: Partial<Limits>) {
    const limits = bounds === undefined ? usual : withLimits(bounds)
    this.register = new RegisterKind(new StampClock(limits), limits)
    this.set = new SetKind(limits)
    const observer: Observer = { ...silence, change: (change, from) => { if (from === null) this.facts.push(this.factOf(change)) } }
    this.gossip = new Gossip({
      host, life: '1', net: null, limits, kinds: [this.counter, this.big, this.register, this.set], observer, clock, hashKey: [0, 0], soon: () => {}
    })
  }

  learn({ author, seq, kind, name, part, expire, body }: Fact, known: Expire = null): Outcome {
    const { gossip } = this
    const met = gossip.log.meet(author)
    if (met === null) throw new Error(`${author} is no author`)
    const [own] = sent([body]).frame as [unknown]
    return gossip.learn(met, seq, gossip.kind(kind), name, part, expire, known, own, bringer)
  }

  learnAll(facts: Iterable<Fact>): this {
    for (const fact of facts) this.learn(fact)
    return this
  }

  find(kind: string, name: string): Name | undefined {
    return this.gossip.log.find(kind, name)
  }

  /** Our own cell's body. */
  mine(kind: Kind, name: string, part = ''): unknown {
    return this.find(kind.kind, name)?.find(this.gossip.own, part)?.body
  }

  count<N>(kind: CounterKind<N>, name: string, plus: N, minus: N, expire: Expire = null): void {
    const { numbers } = kind
    const mine = this.mine(kind, name) ?? numbers.zero
    const body = kind.keep(numbers.add(kind.plusOf(mine), plus), numbers.add(kind.minusOf(mine), minus))
    this.gossip.write(kind, name, '', expire, body)
  }

  assign(name: string, value: Json, expire: Expire = null): void {
    const { register, gossip } = this
    const stamp = register.issue(this.find('register', name), gossip.own, gossip.clock())
    gossip.write(register, name, '', expire, new Written(stamp, value === null ? null : JSON.stringify(value)))
  }

  /** Puts an element in. One that we added already is added again, or just said again, with a later end maybe; says which. */
  add(name: string, element: string, anew = true, expire: Expire = null): boolean {
    const { set, gossip } = this
    const part = partOf(element)
    const mine = this.mine(set, name, part)
    const found = this.find('set', name)
    const stands = found !== undefined && set.standing(found, part).some(({ author }) => author === gossip.own)
    gossip.write(set, name, part, expire, stands && !anew ? mine : set.add(mine, gossip.nextSeq))
    return !stands || anew
  }

  /** Takes an element out, if it is in; what empties a set may do so by a clear. Says whether it was in. */
  delete(name: string, element: string, fold = false): boolean {
    const { set, gossip } = this
    const found = this.find('set', name)
    const part = partOf(element)
    if (found === undefined || !set.has(found, element)) return false
    if (fold && this.elements(name).length === 1) return this.clear(name)
    const expire = found.term?.expire ?? null
    gossip.write(set, name, part, expire, set.remove(this.mine(set, name, part), set.standing(found, part), gossip.own.id))
    return true
  }

  /** Takes all out that is held; says whether anything is. */
  clear(name: string): boolean {
    const { set, gossip } = this
    const found = this.find('set', name)
    if (found === undefined || (found.size === 1 && found.find(gossip.own, clearPart) !== undefined)) return false
    gossip.write(set, name, clearPart, found.term?.expire ?? null, set.clear(found, (id) => gossip.log.author(id)?.held.have ?? 0))
    return true
  }

  /** Says a later end of a name, and nothing else. */
  extend(kind: Kind, name: string, expire: Expire): boolean {
    const known = this.find(kind.kind, name)?.term?.expire ?? null
    if (latest(known, expire) === known) return false
    this.gossip.write(kind, name, '', expire, this.mine(kind, name) ?? kind.empty)
    return true
  }

  /** What a name reads as: the value as text, the elements in order. */
  read(kind: KindName, name: string): string {
    const found = this.find(kind, name)
    if (kind === 'set') return this.elements(name).join()
    if (kind === 'register') return this.register.latest(found)?.text ?? 'nothing'
    const bodies = [...(found?.cells() ?? [])].map(({ body }) => body)
    return kind === 'counter'
      ? String(this.counter.sum(bodies.map((body) => this.counter.differenceOf(body))))
      : String(this.big.sum(bodies.map((body) => this.big.differenceOf(body))))
  }

  elements(name: string): string[] {
    const found = this.find('set', name)
    if (found === undefined) return []
    const all = new Set([...found.cells()].filter(({ part }) => part !== clearPart).map(({ part }) => part.slice(1)))
    return [...all].filter((element) => this.set.has(found, element)).sort()
  }

  /** What it holds, cell by cell. */
  live(): Fact[] {
    return [...this.gossip.log.cells()].map((change) => this.factOf(change))
  }

  /** All that can be told apart: every cell, and every name's end. */
  state(): string {
    const names = new Set([...this.gossip.log.cells()].map(({ name }) => name))
    const ends = [...names].map(({ kind, text, term }) => `${kind} ${text} until ${term?.expire ?? 'nobody says'}`)
    return [...this.live().map((fact) => JSON.stringify(fact)), ...ends].sort().join('\n')
  }

  private factOf({ author, seq, name, part, expire, body }: Change): Fact {
    const given = this.gossip.kind(name.kind).give(body, part)
    return { author: author.id, seq, kind: name.kind, name: name.text, part, expire, body: given }
  }
}

/** A history: who wrote what, having heard of what. */
export class History {
  readonly deeds: Deed[] = []
  readonly replicas: readonly Replica[]
  private readonly heard: Set<number>[]

  /** Clocks of several hosts differ by less than stamps may. */
  constructor(hosts: readonly string[], clocks: readonly number[] = []) {
    this.replicas = hosts.map((host, i) => new Replica(host, () => epoch + (clocks[i] ?? 0)))
    this.heard = hosts.map(() => new Set<number>())
  }

  get facts(): Fact[] {
    return this.deeds.map(({ fact }) => fact)
  }

  /** What a host has not heard of yet. */
  news(by: number): number[] {
    return this.deeds.flatMap((_, i) => (this.heardBy(by).has(i) ? [] : [i]))
  }

  /** A host hears of a deed. */
  hear(by: number, deed: number): void {
    this.replicaOf(by).learn(this.deedAt(deed).fact)
    this.heardBy(by).add(deed)
  }

  /** A host does something, and says what it meant by that; says whether it wrote anything. */
  act(by: number, write: (replica: Replica) => Meaning): boolean {
    const replica = this.replicaOf(by)
    const before = replica.facts.length
    const seen = new Set(this.heardBy(by))
    const meaning = write(replica)
    for (const fact of replica.facts.slice(before)) {
      this.heardBy(by).add(this.deeds.length)
      this.deeds.push({ fact, meaning, seen })
    }
    return replica.facts.length > before
  }

  deedAt(i: number): Deed {
    const deed = this.deeds[i]
    if (deed === undefined) throw new Error(`there is no deed ${i}`)
    return deed
  }

  /** The smallest part of the history that holds these deeds, and with each all that its author had heard of. */
  past(deeds: Iterable<number>): Set<number> {
    const past = new Set<number>()
    const add = (i: number): void => {
      if (past.has(i)) return
      past.add(i)
      for (const other of this.deedAt(i).seen) add(other)
    }
    for (const i of deeds) add(i)
    return past
  }

  private replicaOf(by: number): Replica {
    return this.replicas[by] as Replica
  }

  private heardBy(by: number): Set<number> {
    return this.heard[by] as Set<number>
  }
}

/** What a name ought to read as where these deeds, and no others, are known. */
export function reading(history: History, known: Iterable<number>, kind: KindName, name: string): string {
  const deeds = [...known].map((i) => ({ i, ...history.deedAt(i) })).filter(({ fact }) => fact.kind === kind && fact.name === name)
  if (kind === 'register') return latestOf(deeds)
  if (kind === 'set') return elementsOf(history, deeds)
  let sum = 0n
  for (const { meaning } of deeds) if (meaning.act === 'count') sum += meaning.n
  return String(sum)
}

function latestOf(deeds: Deed[]): string {
  let last: { stamp: number; author: string; value: Json } | null = null
  for (const { fact, meaning } of deeds) {
    if (meaning.act !== 'assign') continue
    const [stamp] = fact.body as [number]
    const later = last === null || stamp > last.stamp || (stamp === last.stamp && Buffer.compare(Buffer.from(fact.author), Buffer.from(last.author)) > 0)
    if (later) last = { stamp, author: fact.author, value: meaning.value }
  }
  return last === null || last.value === null ? 'nothing' : JSON.stringify(last.value)
}

/** An add stands unless somebody who had heard of it took its element out, or everything. */
function elementsOf(history: History, deeds: (Deed & { i: number })[]): string {
  const removers = deeds.filter(({ meaning }) => meaning.act === 'delete' || meaning.act === 'clear')
    .map(({ meaning, seen }) => ({ element: meaning.act === 'delete' ? meaning.element : null, seen: withEarlier(history, seen) }))
  const elements = new Set<string>()
  for (const { i, meaning } of deeds) {
    if (meaning.act !== 'add') continue
    const { element } = meaning
    if (!removers.some((by) => (by.element === null || by.element === element) && by.seen.has(i))) elements.add(element)
  }
  return [...elements].sort().join()
}

/** Who heard of a change heard of all that it took the place of. */
function withEarlier(history: History, seen: ReadonlySet<number>): Set<number> {
  const all = new Set(seen)
  for (const i of seen) {
    const { fact } = history.deedAt(i)
    history.deeds.slice(0, i).forEach(({ fact: other }, j) => {
      if (placeOf(other) === placeOf(fact)) all.add(j)
    })
  }
  return all
}

/** The cell of a change. */
export function placeOf({ author, kind, name, part }: Fact): string {
  return JSON.stringify([author, kind, name, part])
}
