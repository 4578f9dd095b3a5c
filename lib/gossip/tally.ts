/**
 * The digests that two hosts have in common, as one; and which parts of them stand still.
 */
import { bucketBits, marksKept } from '../log/digest.js'
import type { Digest, Sum } from '../log/digest.js'
import { numberIn } from '../log/digits.js'
import type { Log } from '../log/log.js'

/** When something was touched last, in rounds of a host. */
export class Rounds {
  private readonly marks: { at: number; mark: number }[] = []

  constructor(
    private readonly digests: readonly Digest[],
    private readonly limits: { pingMs: number }
  ) {}

  /** Time went on. */
  note(now: number): void {
    const last = this.marks.at(-1)
    if (last !== undefined && now < last.at + this.limits.pingMs / 8) return
    let mark = 0
    for (const digest of this.digests) mark = digest.mark()
    this.marks.push({ at: now, mark })
    if (this.marks.length > marksKept) this.marks.shift()
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
    const sum = nothing()
    for (const digest of this.digests) add(sum, digest.sumFrom(this.indexOf(from)))
    return hex(sum.low) + hex(sum.high)
  }

  /** What never ends, at an address of at most two digits. */
  lasting(address: string): Tallied {
    const shift = bucketBits - 6 * address.length
    const first = numberIn(address, 0, address.length) << shift
    const sum = nothing()
    for (let i = first; i < first + (1 << shift); i += 1) for (const digest of this.digests) add(sum, digest.bucket(i))
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

function nothing(): Tallied {
  return { low: 0, high: 0, cells: 0, touched: 0 }
}

function add(sum: Tallied, { low, high, cells = 0, touched = 0 }: Sum & { cells?: number; touched?: number }): void {
  sum.low = (sum.low + low) | 0
  sum.high = (sum.high + high) | 0
  sum.cells += cells
  sum.touched = Math.max(sum.touched, touched)
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0')
}
