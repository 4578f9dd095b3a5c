/**
 * A simulated host: the real gossip, in one life after another, with counters, registers and sets, and a clock of its own.
 */
import { Gossip } from '../../lib/gossip/gossip.js'
import type { Observer } from '../../lib/gossip/observer.js'
import { CounterKind } from '../../lib/kinds/counter.js'
import type { Kind } from '../../lib/kinds/kind.js'
import { integer } from '../../lib/kinds/numbers.js'
import { RegisterKind, Written } from '../../lib/kinds/register.js'
import { addedOf, clearPart, partOf, SetKind } from '../../lib/kinds/set.js'
import { limits, withLimits } from '../../lib/limits.js'
import type { Limits } from '../../lib/limits.js'
import type { Change } from '../../lib/log/change.js'
import type { Expire } from '../../lib/log/expire.js'
import type { Name } from '../../lib/log/name.js'
import { StampClock } from '../../lib/log/stamp.js'
import type { VirtualClock } from '../../lib/sim/clock.js'

export const counter = new CounterKind(integer)

const silence: Observer = {
  change: () => {}, expire: () => {}, connect: () => {}, sync: () => {}, disconnect: () => {}, refused: () => {}, impostor: () => {},
  acknowledge: () => {}, differ: () => {}, review: () => {},
  fault: (error) => { throw error }
}

/** One cell, as hosts are compared: who, which place, which seq, what. */
export type Cell = { author: string; kind: string; name: string; part: string; seq: number; body: string }

export class Host {
  gossip: Gossip
  set: SetKind
  register: RegisterKind
  /** Whether it is still part of the network. */
  alive = true
  /** By how much its clock is ahead. */
  aheadMs = 0
  /** What each of its lives wrote on counters, by name. */
  readonly written = new Map<string, Map<string, number>>()
  /** Errors with which sessions ended. */
  readonly errors: string[] = []
  /** Cells of lost lives that somebody had acknowledged: author, name, seq, and who held them. */
  readonly lives: string[] = []
  /** Adds that this host, in any of its lives, removed, as `author seq`. */
  readonly removed = new Set<string>()
  /** Those that its present life removed: nothing of that is lost. */
  readonly removedNow = new Set<string>()
  /** Adds of its present life that it did not remove itself, by name and part. */
  readonly added = new Map<string, { name: string; element: string; seq: number }>()
  private sweepAt = Infinity

  constructor(
    readonly name: string,
    private readonly clock: VirtualClock,
    private readonly limits: Partial<Limits>,
    /** Whether it compares what it holds with its peers. */
    private readonly audit = true
  ) {
    const { gossip, set, register } = this.begin()
    this.gossip = gossip
    this.set = set
    this.register = register
  }

  get id(): string {
    return this.gossip.own.id
  }

  /** The time by its own clock. */
  get now(): number {
    return this.clock.now() + this.aheadMs
  }

  /** Starts anew, without memory. */
  restart(): void {
    this.added.clear()
    this.removedNow.clear()
    Object.assign(this, this.begin())
  }

  increment(name: string, by: number, expire: Expire = null): void {
    const { gossip } = this
    const mine = this.find('counter', name)?.find(gossip.own, '')
    const plus = (mine === undefined ? 0 : counter.plusOf(mine.body)) + by
    if (!this.put(counter, name, '', expire, counter.keep(plus, 0))) return
    const written = this.written.get(this.id) as Map<string, number>
    written.set(name, plus)
  }

  assign(name: string, value: number): void {
    const { gossip, register } = this
    this.put(register, name, '', null, new Written(register.issue(this.find('register', name), gossip.own, this.now), String(value)))
  }

  add(name: string, element: string): void {
    const { gossip, set } = this
    const mine = this.find('set', name)?.find(gossip.own, partOf(element))
    const seq = gossip.nextSeq
    if (this.put(set, name, partOf(element), null, set.add(mine?.body, seq))) this.added.set(`${name} ${element}`, { name, element, seq })
  }

  delete(text: string, element: string): void {
    const { gossip, set } = this
    const name = this.find('set', text)
    if (name === undefined || !set.has(name, element)) return
    const mine = name.find(gossip.own, partOf(element))
    const body = set.remove(mine?.body, set.standing(name, partOf(element)), this.id)
    const removed: Change[] = []
    name.eachAt(partOf(element), (change) => removed.push({ ...change }))
    if (!this.put(set, text, partOf(element), name.term?.expire ?? null, body)) return
    for (const change of removed) this.remove(change)
  }

  clear(text: string): void {
    const { gossip, set } = this
    const name = this.find('set', text)
    if (name === undefined) return
    const body = set.clear(name, (author) => gossip.log.author(author)?.held.have ?? 0)
    const removed: Change[] = []
    name.each((change) => removed.push({ ...change }))
    if (!this.put(set, text, clearPart, name.term?.expire ?? null, body)) return
    for (const change of removed) this.remove(change)
  }

  /** Writes, if there is room for it. */
  private put(kind: Kind, text: string, part: string, expire: Expire, body: unknown): boolean {
    const { gossip } = this
    const mine = this.find(kind.kind, text)?.find(gossip.own, part)
    if (gossip.room.passed(kind, gossip.own, text, part, body, mine) !== null) return false
    gossip.write(kind, text, part, expire, body)
    return true
  }

  private remove({ author, name, part, body }: Change): void {
    if (addedOf(body) === 0) return
    this.removed.add(`${author.id} ${addedOf(body)}`)
    this.removedNow.add(`${author.id} ${addedOf(body)}`)
    if (author === this.gossip.own) this.added.delete(`${name.text} ${part.slice(1)}`)
  }

  /** The elements of a set, sorted. */
  elements(text: string): string[] {
    const name = this.find('set', text)
    const all = new Set<string>()
    name?.each(({ part }) => all.add(part.slice(1)))
    return name === undefined ? [] : [...all].filter((element) => this.set.has(name, element)).sort()
  }

  /** Room for any number of cells and bytes again: what was refused is asked for. */
  makeRoom(): void {
    const { cellsMax, bytesMax, authorBytesMax } = limits
    Object.assign(this.gossip.limits, { cellsMax, bytesMax, authorBytesMax })
    this.gossip.retry()
  }

  find(kind: string, name: string): Name | undefined {
    return this.gossip.log.find(kind, name)
  }

  /** All cells, by author, kind, name and part. */
  cells(): Map<string, Cell> {
    const cells = new Map<string, Cell>()
    for (const change of this.gossip.log.cells()) cells.set(keyOf(change), this.cellOf(change))
    return cells
  }

  private cellOf(change: Change): Cell {
    const { author, name, part, seq, body } = change
    const given = JSON.stringify(this.gossip.kind(name.kind).give(body, part))
    return { author: author.id, kind: name.kind, name: name.text, part, seq, body: given }
  }

  private observer(): Observer {
    return { ...silence, disconnect: (_, error) => { if (error !== null) this.errors.push(error.message) } }
  }

  private begin(): { gossip: Gossip; set: SetKind; register: RegisterKind } {
    const life = `l${this.lives.length}`
    this.lives.push(life)
    this.sweepAt = Infinity
    const { clock } = this
    const bounds = withLimits(this.limits)
    const set = new SetKind(bounds)
    const register = new RegisterKind(new StampClock(bounds), bounds)
    const gossip = new Gossip({
      host: this.name, life, net: null, limits: bounds, kinds: [counter, register, set], observer: this.observer(), clock: () => this.now,
      hashKey: [0, 0], soon: (wake) => clock.soon(wake), audit: this.audit
    })
    gossip.expiry.onSooner = () => this.arm(gossip)
    this.written.set(gossip.own.id, new Map())
    return { gossip, set, register }
  }

  private arm(gossip: Gossip): void {
    const at = Math.max(gossip.expiry.nextAt - this.aheadMs, this.clock.now() + 1)
    if (at === Infinity || (this.sweepAt <= at && this.sweepAt > this.clock.now())) return
    this.sweepAt = at
    this.clock.after(at - this.clock.now(), () => {
      if (this.gossip !== gossip) return
      gossip.expiry.sweep()
      if (this.sweepAt === at) this.sweepAt = Infinity
      this.arm(gossip)
    })
  }
}

/** The place of a change. */
export function keyOf({ author, name, part }: Change): string {
  return `${author.id} ${name.kind} ${name.text} ${part}`
}
