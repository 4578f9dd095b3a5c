/**
 * The digests that two hosts have in common, as one; and which parts of them stand still.
 */
import { marksKept } from '../log/digest.js'
import type { Change } from '../log/change.js'
import type { Digest, Whole } from '../log/digest.js'
import { numberIn } from '../log/digits.js'
import type { Sum } from '../log/lanes.js'
import type { Log } from '../log/log.js'
import type { Term } from '../log/name.js'
import type { Told } from './standing.js'

/** Cells that are counted in one go, and the rest before the next: it is a millisecond or so, and a thirtieth of the time at most, whoever writes meanwhile. */
const countMax = 10_000
const countRestMs = 40

/** After so many rounds it is counted anew what is said in cells: else what changed in memory since then would not be found. */
const recountRounds = 32

/** Keeps digests up with the log, a bounded part of it at a time, and knows when something was touched last, in rounds of a host. */
export class Rounds {
  /** When more may be counted, if not all is. */
  countAt = -Infinity
  private readonly marks: { at: number; mark: number }[] = []
  /** How the log stood when a round began last, and since when it stands so. */
  private rest = { end: 0, drops: 0, at: -Infinity }
  private embodyAt = -Infinity
  private recountAt: number | null = null

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

  /**
   * Counts what is said in cells as well, as long as nothing came or went for a round: where changes flow it would be counted for nothing. Says when
   * there is more to be counted; `Infinity` where all is, or something moves.
   */
  embody(now: number): number {
    if (!this.rests(now)) return Infinity
    if (now < this.embodyAt) return this.embodyAt
    this.recountAt ??= now + recountRounds * this.limits.pingMs
    if (now >= this.recountAt) {
      this.recountAt = null
      this.log.recount()
    }
    if (this.log.embodiesAll || this.log.embody(countMax)) return Infinity
    this.embodyAt = now + countRestMs
    return this.embodyAt
  }

  /** Whether nothing came or went since a round ago. */
  private rests(now: number): boolean {
    const { rest: { end, drops, at }, log, limits } = this
    return end === log.end && drops === log.drops && now >= at + limits.pingMs
  }

  /** The same, and time went on: what is not counted yet bears the next mark, as if it were touched only then. */
  note(now: number): boolean {
    const { end, drops } = this.log
    if (end !== this.rest.end || drops !== this.rest.drops) this.rest = { end, drops, at: now }
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

/** Each byte in hexadecimal digits. */
const bytes = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'))

export class Tally {
  constructor(
    readonly digests: readonly Digest[],
    /** Whether sums are of what is said in cells, too: then that is added to the upper lane. */
    private readonly embodied = false
  ) {}

  /** The same, with or without what is said in cells. */
  of({ bodies }: { bodies: boolean }): Tally {
    return bodies === this.embodied ? this : new Tally(this.digests, bodies)
  }

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

  /** The sum of all that never ends, or not before `from`; of what is said there as well if that is all counted. */
  sumFrom(from: number, embodied: boolean): Told {
    const sum = nothing()
    for (const digest of this.digests) addWhole(sum, digest.sumFrom(this.indexOf(from)))
    return { from, text: hex(sum.low) + hex(sum.high), bodies: embodied ? hex(sum.bodies) : null }
  }

  /** What never ends, at an address of one or two digits. */
  lasting(address: string): Tallied {
    const index = numberIn(address, 0, address.length)
    const sum = nothing()
    for (const digest of this.digests) add(sum, address.length === 1 ? digest.part(index) : digest.bucket(index))
    return this.folded(sum)
  }

  /** What ends in one span. */
  span(index: number): Tallied {
    const sum = nothing()
    for (const { spans } of this.digests) {
      const span = spans.get(index)
      if (span !== undefined) add(sum, span)
    }
    return this.folded(sum)
  }

  /** What one cell counts. */
  cell(digest: Digest, change: Change): Sum {
    const sum = digest.cell(change)
    if (this.embodied) sum.high = (sum.high + digest.body(change)) | 0
    return sum
  }

  /** What a name that ends counts. */
  term(digest: Digest, term: Term): Sum {
    return this.folded(digest.term(term))
  }

  /** The indexes of the spans from one index on, rising. */
  spansFrom(from: number): number[] {
    const indexes = new Set<number>()
    for (const { spans } of this.digests) for (const index of spans.keys()) if (index >= from) indexes.add(index)
    return [...indexes].sort((a, b) => a - b)
  }

  private folded<Part extends Whole>(part: Part): Part {
    if (this.embodied) part.high = (part.high + part.bodies) | 0
    return part
  }
}

function nothing(): Whole & { cells: number; touched: number } {
  return { low: 0, high: 0, bodies: 0, cells: 0, touched: 0 }
}

function addWhole(sum: Whole, { low, high, bodies }: Whole): void {
  sum.low = (sum.low + low) | 0
  sum.high = (sum.high + high) | 0
  sum.bodies = (sum.bodies + bodies) | 0
}

function add(sum: Whole & { cells: number; touched: number }, part: Whole & { cells: number; touched: number }): void {
  addWhole(sum, part)
  sum.cells += part.cells
  sum.touched = Math.max(sum.touched, part.touched)
}

/** Sums are written with every ping: a number's own way to hexadecimal digits takes eight times as long. */
function hex(lane: number): string {
  return (bytes[lane >>> 24] as string) + (bytes[(lane >>> 16) & 255] as string) + (bytes[(lane >>> 8) & 255] as string) + (bytes[lane & 255] as string)
}
