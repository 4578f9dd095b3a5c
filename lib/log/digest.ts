/**
 * A digest of the cells of some kinds: equal at two hosts that hold the same, and told apart where they differ.
 *
 * Every cell counts by who wrote it, under which seq, where. The cells of a name that ends count for the span of time in which it ends, so that
 * what is about to end can be left out; all others for their place, which is one of 4,096 buckets by hash. Sums are of two lanes of 32 bits, so
 * that the order is of no matter, and what is taken out leaves no trace (incremental hashing by addition; Bellare, Micciancio, 1997). In 64 bits
 * this finds every accident. Who sets out to make two sums meet, and is let write many cells, can: it is no signature.
 *
 * One author gives one seq to one change only, so what is said in a cell counts apart, in a third lane, and later: it finds those who give a seq
 * twice, and memory that fails.
 *
 * A write costs next to nothing here: what arrived is counted when a sum is wanted, each cell once, however often it was written to meanwhile
 * (the log says what is counted so far); only what leaves a cell that is counted is taken out at once.
 */
import type { Change } from './change.js'
import { momentOf } from './expire.js'
import type { Expire } from './expire.js'
import { hashFrom, highOf, lowOf, scrambled, seedOf } from './lanes.js'
import type { Sum } from './lanes.js'
import type { Name, Term } from './name.js'

/** What an end counts as, in the place of an author. */
const endLanes = { low: 0x656e6473, high: 0x74696d65 }

/** What of a place's 32 bits finds its bucket. */
export const bucketBits = 12

/** So many marks long it is remembered when something was touched that is no more. */
export const marksKept = 32

/** So many buckets make one part of all. */
const partBuckets = 1 << (bucketBits - 6)

/** Of a bucket, and behind them of the 64 parts: both lanes, when it was touched last, how many cells it has, and the lane of bodies. */
const width = 5
const partsAt = 1 << bucketBits

/** A sum, and a lane of what is said in those cells of which that is counted. */
export type Whole = Sum & { bodies: number }

/** What ends within one span of time. */
export type Span = Whole & { readonly index: number; cells: number; touched: number }

/** One bucket of what never ends, or 64 of them. */
export type Bucket = Whole & { cells: number; touched: number }

export class Digest {
  readonly spans = new Map<number, Span>()
  /** Spans in which nothing ends any more: when they were touched last is remembered for a while. */
  private readonly emptied = new Set<Span>()
  /** Of all spans. */
  private readonly ending = none()
  private buckets: Int32Array | null = null
  /** Of all buckets. */
  private readonly lasting = none()
  /** Of names whose ends moved since they were counted. */
  private moved: Term[] = []
  /** Moves with every mark: what is touched since then bears it. */
  private tick = 1
  /** No span has a lower index. */
  private lowest = Infinity
  /** How often the counting of bodies began: what a name that ends bears of an earlier one is over. */
  private pass = 1
  /** Whose seat was asked for last: cells of one name follow each other. */
  private last: Name | null = null
  private seat = 0

  constructor(
    /** How long a span is. */
    readonly spanMs: number,
    /** A hash of what is said in a cell. */
    private readonly said: (change: Change) => number
  ) {}

  /** The mark of this moment: what is touched from now on is touched at it, or later. */
  mark(): number {
    this.tick += 1
    for (const span of this.emptied) {
      if (span.cells === 0 && span.touched > this.tick - marksKept) continue
      this.emptied.delete(span)
      if (span.cells === 0) this.spans.delete(span.index)
    }
    return this.tick
  }

  /** Where the cells of a part stand: they meet others by chance alone. */
  placeOf(name: Name, part: string): number {
    if (name !== this.last) {
      this.last = name
      this.seat = hashFrom(seedOf(name.kind), name.text)
    }
    return part === '' ? this.seat : hashFrom(this.seat, part)
  }

  /** Counts a cell. */
  put(change: Change): void {
    const { low, high, place } = this.placed(change)
    this.count(change.name, place, low, high, 1)
  }

  /** A cell that is counted is about to be none, or to have another change; and so is what is said in it, if that is `embodied`. */
  take(change: Change, embodied: boolean): void {
    const { name } = change
    const { low, high, place } = this.placed(change)
    if (embodied) this.countBody(name, place, -scrambled(low ^ this.said(change)))
    this.count(name, place, -low, -high, -1)
  }

  /** Counts what is said in a cell that is counted. It is not touched by that. */
  embody(change: Change): void {
    const { low, place } = this.placed(change)
    this.countBody(change.name, place, scrambled(low ^ this.said(change)))
  }

  /** From now on it is counted of no cell what is said there. */
  recount(): void {
    this.pass += 1
    for (const sum of [this.lasting, this.ending, ...this.spans.values()]) sum.bodies = 0
    for (let at = 4; at < (this.buckets?.length ?? 0); at += width) (this.buckets as Int32Array)[at] = 0
  }

  /** A name is about to have no cells. */
  empty(name: Name): void {
    const { term } = name
    if (term === null) return
    this.countEnd(name, term.counted, -1)
    term.counted = null
    term.span = null
  }

  /** The end of a name moved: it is counted later. */
  extend(term: Term): void {
    if (term.moved) return
    term.moved = true
    this.moved.push(term)
  }

  /**
   * Counts ends that moved, and the cells of their names, of which those are counted that arrived by `counted`, and what is said in those by
   * `embodied`; about `max`. Says how many are left of that.
   */
  settle(counted: number, embodied: number, max: number): number {
    let left = max
    for (let term = this.moved.pop(); term !== undefined; term = left > 0 ? this.moved.pop() : undefined) {
      left -= this.settleEnd(term, counted, embodied)
    }
    return left
  }

  /** The index of the span in which a moment lies. */
  indexOf(moment: number): number {
    return Math.floor(moment / this.spanMs)
  }

  /** The sum of what never ends, and of what ends in the span of that index or later. */
  sumFrom(index: number): Whole {
    const sum = this.lastingSum
    const { ending, spans } = this
    if (index - this.lowest > spans.size) {
      for (const span of spans.values()) if (span.index >= index) addAll(sum, span, 1)
      return sum
    }
    addAll(sum, ending, 1)
    while (this.lowest < index && !spans.has(this.lowest)) this.lowest += 1
    for (let i = this.lowest; i < index; i += 1) {
      const span = spans.get(i)
      if (span !== undefined) addAll(sum, span, -1)
    }
    return sum
  }

  /** The sum of what never ends. */
  get lastingSum(): Whole {
    const { low, high, bodies } = this.lasting
    return { low, high, bodies }
  }

  /** One bucket of what never ends. */
  bucket(index: number): Bucket {
    return { low: this.lane(index, 0), high: this.lane(index, 1), touched: this.lane(index, 2), cells: this.lane(index, 3), bodies: this.lane(index, 4) }
  }

  /** One of the 64 parts of what never ends. */
  part(index: number): Bucket {
    return this.bucket(partsAt + index)
  }

  /** What one cell counts. */
  cell(change: Change): Sum {
    const { low, high } = this.placed(change)
    return { low, high }
  }

  /** What is said in it counts that. */
  body(change: Change): number {
    return scrambled(this.placed(change).low ^ this.said(change))
  }

  /** What a name that ends counts, and what is said in those of its cells of which that is counted. */
  term(term: Term): Whole {
    return { low: term.low, high: term.high, bodies: this.bodiesOf(term) }
  }

  /** What the end of a name counts; nothing where none was said. */
  end(name: Name): Sum {
    const expire = name.term?.expire ?? null
    if (expire === null) return { low: 0, high: 0 }
    const seat = this.placeOf(name, '')
    return { low: lowOf(seat, endLanes, expire), high: highOf(seat, endLanes, expire) }
  }

  private placed({ name, part, author, seq }: Change): Sum & { place: number } {
    const place = this.placeOf(name, part)
    return { place, low: lowOf(place, author, seq), high: highOf(place, author, seq) }
  }

  private lane(index: number, lane: 0 | 1 | 2 | 3 | 4): number {
    return this.buckets?.[index * width + lane] ?? 0
  }

  /** Counts something of a name, wherever its name counts. */
  private count({ term }: Name, place: number, low: number, high: number, cells: number): void {
    if (term !== null && term.span !== null) this.countIn(term.span, term, low, high, cells)
    else this.countAt(place, low, high, cells)
  }

  private countEnd(name: Name, expire: Expire, sign: 1 | -1): void {
    if (expire === null) return
    const seat = this.placeOf(name, '')
    this.count(name, seat, sign * lowOf(seat, endLanes, expire), sign * highOf(seat, endLanes, expire), 0)
  }

  private countAt(place: number, low: number, high: number, cells: number): void {
    const buckets = (this.buckets ??= new Int32Array(width * (partsAt + 64)))
    const index = place >>> (32 - bucketBits)
    for (let at = index * width, i = 0; i < 2; at = (partsAt + (index / partBuckets >>> 0)) * width, i += 1) {
      buckets[at] = ((buckets[at] as number) + low) | 0
      buckets[at + 1] = ((buckets[at + 1] as number) + high) | 0
      buckets[at + 2] = this.tick
      buckets[at + 3] = (buckets[at + 3] as number) + cells
    }
    add(this.lasting, low, high)
  }

  private countIn(span: Span, term: Term, low: number, high: number, cells: number): void {
    add(term, low, high)
    add(span, low, high)
    add(this.ending, low, high)
    term.cells += cells
    span.touched = this.tick
    span.cells += cells
    if (span.cells === 0) this.emptied.add(span)
  }

  private countBody({ term }: Name, place: number, lane: number): void {
    if (term !== null && term.span !== null) return this.countBodiesIn(term.span, term, lane)
    const buckets = this.buckets as Int32Array
    const index = place >>> (32 - bucketBits)
    for (let at = index * width + 4, i = 0; i < 2; at = (partsAt + (index / partBuckets >>> 0)) * width + 4, i += 1) {
      buckets[at] = ((buckets[at] as number) + lane) | 0
    }
    addBody(this.lasting, lane)
  }

  private countBodiesIn(span: Span, term: Term, lane: number): void {
    term.bodies = this.bodiesOf(term)
    term.pass = this.pass
    addBody(term, lane)
    addBody(span, lane)
    addBody(this.ending, lane)
  }

  private bodiesOf({ pass, bodies }: Term): number {
    return pass === this.pass ? bodies : 0
  }

  private spanAt(index: number): Span {
    let span = this.spans.get(index)
    if (span === undefined) this.spans.set(index, (span = { index, ...none(), cells: 0, touched: this.tick }))
    this.lowest = Math.min(this.lowest, index)
    return span
  }

  /** The end of a name counts as it is now, and its cells where that is; says how much work it was. */
  private settleEnd(term: Term, counted: number, embodied: number): number {
    const { name, expire } = term
    term.moved = false
    if (name.size === 0) return 1
    this.countEnd(name, term.counted, -1)
    const from = term.span
    const to = isEnding(expire) ? this.spanAt(this.indexOf(expire as number)) : null
    if (from !== to) this.move(name, term, to, counted, embodied)
    term.counted = expire
    this.countEnd(name, expire, 1)
    return from === null && to !== null || to === null ? 1 + name.size : 1
  }

  /** A name ends in another span from now on, or never any more, or at last: each of its cells counts elsewhere. */
  private move(name: Name, term: Term, to: Span | null, counted: number, embodied: number): void {
    if (term.span !== null && to !== null) return this.shift(term, to)
    const cells = [...name.cells()].filter(({ arrival }) => arrival <= counted)
    for (const change of cells) this.take(change, change.arrival <= embodied)
    term.span = to
    for (const change of cells) {
      this.put(change)
      if (change.arrival <= embodied) this.embody(change)
    }
  }

  /** A name ends later, in another span. */
  private shift(term: Term, to: Span): void {
    const from = term.span as Span
    const { low, high, cells } = term
    const bodies = this.bodiesOf(term)
    this.countIn(from, term, -low, -high, -cells)
    this.countBodiesIn(from, term, -bodies)
    term.span = to
    this.countIn(to, term, low, high, cells)
    this.countBodiesIn(to, term, bodies)
  }
}

/** Whether a name of that end ends at all. */
export function isEnding(expire: Expire): boolean {
  return momentOf(expire) !== Infinity
}

function add(sum: Sum, low: number, high: number): void {
  sum.low = (sum.low + low) | 0
  sum.high = (sum.high + high) | 0
}

function addAll(sum: Whole, { low, high, bodies }: Whole, sign: 1 | -1): void {
  add(sum, sign * low, sign * high)
  addBody(sum, sign * bodies)
}

function addBody(sum: Whole, lane: number): void {
  sum.bodies = (sum.bodies + lane) | 0
}

function none(): Whole {
  return { low: 0, high: 0, bodies: 0 }
}
