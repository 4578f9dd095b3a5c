/**
 * The digests that two hosts have in common, as one; and which parts of them stand still.
 */
import { marksKept } from '../log/digest.js'
import type { Digest, Sum } from '../log/digest.js'
import { numberIn } from '../log/digits.js'
import type { Log } from '../log/log.js'

/** Cells that are counted in one go, and the rest before the next: a few milliseconds each. */
const countMax = 10_000
const countRestMs = 4

/** Keeps digests up with the log, a bounded part of it at a time, and knows when something was touched last, in rounds of a host. */
export class Rounds {
  /** When more may be counted, if not all is. */
  countAt = -Infinity
  private readonly marks: { at: number; mark: number }[] = []

  constructor(
    private readonly log: Log,
    private readonly digests: readonly Digest[],
    private readonly limits: { pingMs: number }
  ) {}

  /** Counts what arrived; says whether all that did is counted. */
  count(now: number): boolean {
    if (now < this.countAt) return false
    const isAll = this.log.count(countMax)
    this.countAt = isAll ? -Infinity : now + countRestMs
    return isAll
  }

  /** The same, and time went on: what is not counted yet bears the next mark, as if it were touched only then. */
  note(now: number): boolean {
    if (!this.count(now)) return false
    const last = this.marks.at(-1)
    if (last !== undefined && now < last.at + this.limits.pingMs / 8) return true
    let mark = 0
    for (const digest of this.digests) mark = digest.mark()
    this.marks.push({ at: now, mark })
    if (this.marks.length > marksKept) this.marks.shift()
    return true
  }

  /** The last mark: what was touched before it bears a lower one. */
  get mark(): number {
    return this.marks.at(-1)?.mark ?? 0
  }

  /** The mark of two rounds ago: what was touched at it or later does not stand still. Before there were two, nothing does. */
  still(now: number): number {
    let still = 0
    for (const { at, mark } of this.marks) if (at <= now - 2 * this.limits.pingMs) still = mark
    return still
  }
}

/** A sum, and when any part of it was touched last. */
export type Tallied = Sum & { cells: number; touched: number }

export class Tally {
  constructor(readonly digests: readonly Digest[]) {}

  get spanMs(): number {
    return (this.digests[0] as Digest).spanMs
  }

  /** The kinds that are counted. */
  kinds(log: Log): string[] {
    return [...log.everyKind()].filter((kind) => this.digests.includes(log.digestOf(kind) as Digest))
  }

  /** The index of the first span that is compared, where what ends before `from` is not. */
  indexOf(from: number): number {
    return Math.ceil(from / this.spanMs)
  }

  /** All that never ends, or not before `from`, as 16 digits of base 16. */
  sumFrom(from: number): string {
    let [low, high] = [0, 0]
    for (const digest of this.digests) {
      const sum = digest.sumFrom(this.indexOf(from))
      low = (low + sum.low) | 0
      high = (high + sum.high) | 0
    }
    return hex(low) + hex(high)
  }

  /** What never ends, at an address of one or two digits. */
  lasting(address: string): Tallied {
    const index = numberIn(address, 0, address.length)
    const { digests } = this
    const sum = lastingOf(digests[0] as Digest, address.length, index)
    for (let i = 1; i < digests.length; i += 1) add(sum, lastingOf(digests[i] as Digest, address.length, index))
    return sum
  }

  /** What ends in one span. */
  span(index: number): Tallied {
    const sum = nothing()
    for (const { spans } of this.digests) {
      const span = spans.get(index)
      if (span !== undefined) add(sum, span)
    }
    return sum
  }

  /** The indexes of the spans from one index on, rising. */
  spansFrom(from: number): number[] {
    const indexes = new Set<number>()
    for (const { spans } of this.digests) for (const index of spans.keys()) if (index >= from) indexes.add(index)
    return [...indexes].sort((a, b) => a - b)
  }
}

function lastingOf(digest: Digest, depth: number, index: number): Tallied {
  return depth === 1 ? digest.part(index) : digest.bucket(index)
}

function nothing(): Tallied {
  return { low: 0, high: 0, cells: 0, touched: 0 }
}

function add(sum: Tallied, { low, high, cells, touched }: Tallied): void {
  sum.low = (sum.low + low) | 0
  sum.high = (sum.high + high) | 0
  sum.cells += cells
  sum.touched = Math.max(sum.touched, touched)
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0')
}
