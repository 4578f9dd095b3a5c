/**
 * Writes what a ring held into a store: the difference to what earlier starts of the same importing host wrote there, and no more.
 *
 * So it may run again while the old hosts still count. What others wrote to the store since is theirs: a register that another host
 * wrote, an element that another host removed, are left as they are. The store must hold what earlier runs wrote: join it to the same
 * fleet first.
 */
import pull from 'pull-stream'
import { bigint, isGossipError, limits, type ChangeView, type Counter, type Json, type Store, type Until } from '../../index.js'
import { sumsOf, type Counts, type Merged, type Named, type Written } from './merged.js'
import type { Counting } from './wire.js'

export type Summary = {
  /** Counters and registers written, elements added and removed, names of which only the end was written. */
  counters: number
  registers: number
  added: number
  removed: number
  extended: number
  /** Names of which all was there already. */
  same: number
  /** Names to which nobody had written anything, or that had ended. */
  empty: number
  ended: number
  /** What was left as it is in the store, what could not be read, and what could not be written: sentences. */
  left: string[]
  unread: string[]
  unwritten: string[]
}

/** What is held of earlier imports, and of others where they wrote too. */
type Earlier = {
  counters: Map<string, { plus: bigint; minus: bigint }>
  /** Registers that another host wrote. */
  registers: Set<string>
  /** By set, with the empty part for a clear: by whom an element was added, and whether another host removed one of ours. */
  elements: Map<string, Map<string, { ours: boolean; others: boolean; gone: boolean }>>
}

/** A handle, as far as ends go. */
type Mortal = { expire: Until | null; extend(at: Until): void }

export class Transfer {
  readonly summary: Summary = {
    counters: 0, registers: 0, added: 0, removed: 0, extended: 0, same: 0, empty: 0, ended: 0, left: [], unread: [], unwritten: []
  }
  private readonly earlier: Earlier

  constructor(private readonly store: Store, private readonly counting: Counting, private readonly now: number) {
    this.earlier = earlierOf(store, counting)
  }

  /** Writes all that is to be written, without waiting for anybody. */
  write(merged: Merged): Summary {
    const { summary } = this
    for (const name of merged.ended) if (!merged.names.has(name)) summary.ended += 1
    for (const named of merged.names.values()) {
      if (named.expire !== null && named.expire <= this.now) summary.ended += 1
      else if (named.unread.length > 0) summary.unread.push(`${JSON.stringify(named.name)} is not written: ${named.unread.join(', ')}`)
      else this.guarded(named)
    }
    return summary
  }

  private guarded(named: Named): void {
    try {
      this.writeName(named)
    } catch (error) {
      if (!isGossipError(error)) throw error
      this.summary.unwritten.push(error.message)
    }
  }

  private writeName(named: Named): void {
    const { name, counter, register, elements } = named
    const until = this.untilOf(named)
    if (counter !== null) this.writeCounter(name, counter, until)
    if (register !== null) this.writeRegister(name, register, until)
    if (elements !== null) this.writeSet(name, elements, until)
    if (counter === null && register === null && elements === null) this.summary.empty += 1
  }

  /** A ring knew no names without an end: what is further ahead than a store says stands for never. */
  private untilOf({ expire }: Named): Until | undefined {
    if (expire === null) return undefined
    return expire > this.now + limits.horizonMs ? 'never' : expire
  }

  private writeCounter(name: string, counts: Counts, until: Until | undefined): void {
    const { plus, minus } = sumsOf(counts)
    const before = this.earlier.counters.get(name) ?? { plus: 0n, minus: 0n }
    if (plus < before.plus || minus < before.minus) {
      const [read, written] = [`+${plus} -${minus}`, `+${before.plus} -${before.minus}`]
      this.summary.left.push(`counter ${JSON.stringify(name)}: ${read} were read and ${written} written before, which stand`)
      return
    }
    const [up, down] = [plus - before.plus, minus - before.minus]
    const options = { expire: until }
    if (this.counting === 'bigint') this.count(this.store.counter(name, bigint, options), up, down, until)
    else this.count(this.store.counter(name, options), Number(up), Number(down), until)
  }

  private count<N extends number | bigint>(counter: Counter<N>, up: N, down: N, until: Until | undefined): void {
    if (up > 0) counter.increment(up)
    if (down > 0) counter.decrement(down)
    if (up > 0 || down > 0) this.summary.counters += 1
    else if (until !== undefined && this.hasEnded(counter.name)) this.extend(counter, until)
    else this.lengthen(counter, until)
  }

  /** One that ended here before the ring gave it a later end. Registers and sets read as absent then, and are written anew. */
  private hasEnded(name: string): boolean {
    const counterKind = counterKindOf(this.counting)
    return this.store.explain(name).some(({ kind, phase, cells }) => kind === counterKind && phase !== 'live' && cells.length > 0)
  }

  /** The latest of the ring, unless another host wrote the register here: a stamp of the ring's is of no clock of ours. */
  private writeRegister(name: string, { value }: Written, until: Until | undefined): void {
    const register = this.store.register(name, { expire: until })
    const held = register.value
    const isSame = value === null ? held === undefined : JSON.stringify(held) === JSON.stringify(value)
    if (this.earlier.registers.has(name)) {
      if (isSame) this.summary.same += 1
      else this.summary.left.push(`register ${JSON.stringify(name)}: another host wrote it`)
      return
    }
    if (isSame) return this.lengthen(register, until)
    if (value === null) register.clear()
    else register.write(value)
    this.summary.registers += 1
  }

  private writeSet(name: string, { added, removed }: NonNullable<Named['elements']>, until: Until | undefined): void {
    const set = this.store.set(name, { expire: until })
    const known = this.earlier.elements.get(name)
    const { summary } = this
    const before = summary.added + summary.removed
    for (const element of added) {
      const at = typeof element === 'string' ? known?.get(`=${element}`) : undefined
      if (typeof element !== 'string') summary.unwritten.push(`set ${JSON.stringify(name)}: ${String(element)} is no string`)
      else if (removed.has(element)) {
        if (at?.ours === true && !at.others && set.delete(element)) summary.removed += 1
      } else if (set.has(element)) continue
      else if (at?.gone === true || known?.get('')?.gone === true) {
        summary.left.push(`set ${JSON.stringify(name)}: another host removed ${JSON.stringify(element)}`)
      } else if (set.add(element)) summary.added += 1
    }
    if (summary.added + summary.removed === before) this.lengthen(set, until)
  }

  /** Nothing but the end may be new. */
  private lengthen(handle: Mortal, until: Until | undefined): void {
    const { expire } = handle
    if (until === undefined || expire === null || expire === 'never' || (until !== 'never' && until <= expire)) this.summary.same += 1
    else this.extend(handle, until)
  }

  private extend(handle: Mortal, until: Until): void {
    handle.extend(until)
    this.summary.extended += 1
  }
}

function earlierOf(store: Store, counting: Counting): Earlier {
  const earlier: Earlier = { counters: new Map(), registers: new Set(), elements: new Map() }
  const counterKind = counterKindOf(counting)
  pull(store.changes(), pull.drain((change) => {
    const isOurs = change.host === store.host
    if (change.kind === counterKind && isOurs) noteCounts(earlier, change)
    if (change.kind === 'register' && !isOurs && stampOf(change.body) > 0) earlier.registers.add(change.name)
    if (change.kind === 'set') noteElement(earlier, change, store.host)
  }))
  return earlier
}

function counterKindOf(counting: Counting): string {
  return counting === 'bigint' ? 'counter:bigint' : 'counter'
}

function noteCounts({ counters }: Earlier, { name, body }: ChangeView): void {
  const [plus, minus] = body as [number | string, number | string]
  const sums = counters.get(name) ?? { plus: 0n, minus: 0n }
  counters.set(name, { plus: sums.plus + BigInt(plus), minus: sums.minus + BigInt(minus) })
}

/** 0 where an end was said and nothing written. */
function stampOf(body: Json): number {
  return (body as [number])[0]
}

function noteElement({ elements }: Earlier, { host, name, part, body }: ChangeView, own: string): void {
  const [added, ...removes] = body as [number, ...Record<string, unknown>[]]
  const parts = elements.get(name) ?? new Map<string, { ours: boolean; others: boolean; gone: boolean }>()
  const at = parts.get(part) ?? { ours: false, others: false, gone: false }
  if (added > 0 && host === own) at.ours = true
  if (added > 0 && host !== own) at.others = true
  if (host !== own && removes.some((upto) => Object.keys(upto).some((author) => author.startsWith(`${own}~`)))) at.gone = true
  elements.set(name, parts.set(part, at))
}
