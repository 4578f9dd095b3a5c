/**
 * A digest of the cells of some kinds: equal at two hosts that hold the same, and told apart where they differ.
 *
 * Every cell counts by who wrote it, under which seq, where; its body does not, since one author gives one seq to one change only. The cells of a
 * name that ends count for the span of time in which it ends, so that what is about to end can be left out; all others for their place, which
 * is one of 4,096 buckets by hash. Sums are of two lanes of 32 bits, so that the order is of no matter, and what is taken out leaves no trace
 * (incremental hashing by addition; Bellare, Micciancio, 1997). In 64 bits this finds every accident. Who sets out to make two sums meet, and is
 * let write many cells, can: it is no signature.
 *
 * A write costs next to nothing here: what arrived is counted when a sum is wanted, each cell once, however often it was written to meanwhile
 * (the log says what is counted so far); only what leaves a cell that is counted is taken out at once.
 */
import type { Change } from './change.js'
import { momentOf } from './expire.js'
import type { Expire } from './expire.js'
import type { Seq } from './held.js'
import type { Name, Term } from './name.js'

/** What places are hashed from. Everybody knows it: digests are compared. */
const placeSeed = 0x70756c6c

/** What an end counts as, in the place of an author. */
const endLanes = { low: 0x656e6473, high: 0x74696d65 }

/** What of a place's 32 bits finds its bucket. */
export const bucketBits = 12

/** So many marks long it is remembered when something was touched that is no more. */
export const marksKept = 32

/** So many buckets make one part of all. */
const partBuckets = 1 << (bucketBits - 6)

/** Of a bucket, and behind them of the 64 parts: both lanes, when it was touched last, and how many cells it has. */
const width = 4
const partsAt = 1 << bucketBits

/** Two lanes of 32 bits. */
export type Sum = { low: number; high: number }

/** What ends within one span of time. */
export type Span = Sum & { readonly index: number; cells: number; touched: number }

/** One bucket of what never ends, or 64 of them. */
export type Bucket = Sum & { cells: number; touched: number }

/** What the names of a kind are hashed from. */
export function seedOf(kind: string): number {
  return hashFrom(placeSeed, kind)
}

/** What an author counts as. */
export function lanesOf(id: string): Sum {
  const low = hashFrom(placeSeed, id)
  return { low, high: hashFrom(~low, id) }
}

/** A fast hash of a text, two of its UTF-16 units at a time. Whoever likes can make many meet: then more is compared, and nothing is missed. */
export function hashFrom(seed: number, text: string): number {
  let hash = seed ^ text.length
  const last = text.length - 1
  for (let i = 0; i < last; i += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  if ((last & 1) === 0) hash = Math.imul(hash ^ text.charCodeAt(last), 0x9e3779b1)
  return scrambled(hash)
}

export class Digest {
  readonly spans = new Map<number, Span>()
  /** Spans in which nothing ends any more: when they were touched last is remembered for a while. */
  private readonly emptied = new Set<Span>()
  /** Of all spans. */
  private readonly ending: Sum = { low: 0, high: 0 }
  private buckets: Int32Array | null = null
  /** Of all buckets. */
  private readonly lasting: Sum = { low: 0, high: 0 }
  /** Of names whose ends moved since they were counted. */
  private moved: Term[] = []
  /** Moves with every mark: what is touched since then bears it. */
  private tick = 1
  /** No span has a lower index. */
  private lowest = Infinity
  /** Whose seat was asked for last: cells of one name follow each other. */
  private last: Name | null = null
  private seat = 0

  /** @param spanMs how long a span is */
  constructor(readonly spanMs: number) {}

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

  /** A cell that is counted is about to be none, or to have another change. */
  take(change: Change): void {
    const { low, high, place } = this.placed(change)
    this.count(change.name, place, -low, -high, -1)
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

  /** Counts ends that moved, and the cells of their names, of which those are counted that arrived by `counted`; about `max`. Says how many are left of that. */
  settle(counted: number, max: number): number {
    let left = max
    for (let term = this.moved.pop(); term !== undefined; term = left > 0 ? this.moved.pop() : undefined) {
      left -= this.settleEnd(term, counted)
    }
    return left
  }

  /** The index of the span in which a moment lies. */
  indexOf(moment: number): number {
    return Math.floor(moment / this.spanMs)
  }

  /** The sum of what never ends, and of what ends in the span of that index or later. */
  sumFrom(index: number): Sum {
    const sum = { ...this.lasting }
    const { ending, spans } = this
    if (index - this.lowest > spans.size) {
      for (const span of spans.values()) if (span.index >= index) add(sum, span.low, span.high)
      return sum
    }
    add(sum, ending.low, ending.high)
    while (this.lowest < index && !spans.has(this.lowest)) this.lowest += 1
    for (let i = this.lowest; i < index; i += 1) {
      const span = spans.get(i)
      if (span !== undefined) add(sum, -span.low, -span.high)
    }
    return sum
  }

  /** The sum of what never ends. */
  get lastingSum(): Sum {
    return { ...this.lasting }
  }

  /** One bucket of what never ends. */
  bucket(index: number): Bucket {
    return { low: this.lane(index, 0), high: this.lane(index, 1), touched: this.lane(index, 2), cells: this.lane(index, 3) }
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

  private lane(index: number, lane: 0 | 1 | 2 | 3): number {
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

  private spanAt(index: number): Span {
    let span = this.spans.get(index)
    if (span === undefined) this.spans.set(index, (span = { index, low: 0, high: 0, cells: 0, touched: this.tick }))
    this.lowest = Math.min(this.lowest, index)
    return span
  }

  /** The end of a name counts as it is now, and its cells where that is; says how much work it was. */
  private settleEnd(term: Term, counted: number): number {
    const { name, expire } = term
    term.moved = false
    if (name.size === 0) return 1
    this.countEnd(name, term.counted, -1)
    const from = term.span
    const to = isEnding(expire) ? this.spanAt(this.indexOf(expire as number)) : null
    if (from !== to) this.move(name, term, to, counted)
    term.counted = expire
    this.countEnd(name, expire, 1)
    return from === null && to !== null || to === null ? 1 + name.size : 1
  }

  /** A name ends in another span from now on, or never any more, or at last: each of its cells counts elsewhere. */
  private move(name: Name, term: Term, to: Span | null, counted: number): void {
    if (term.span !== null && to !== null) return this.shift(term, to)
    const cells = [...name.cells()].filter(({ arrival }) => arrival <= counted)
    for (const change of cells) this.take(change)
    term.span = to
    for (const change of cells) this.put(change)
  }

  /** A name ends later, in another span. */
  private shift(term: Term, to: Span): void {
    const { low, high, cells } = term
    this.countIn(term.span as Span, term, -low, -high, -cells)
    term.span = to
    this.countIn(to, term, low, high, cells)
  }
}

/** A sum in 32 bits; which of 2^64 sums meet in that differs with the salt. */
export function shortened({ low, high }: Sum, salt: number): number {
  return scrambled(scrambled(low ^ salt) + high)
}

/** Whether a name of that end ends at all. */
export function isEnding(expire: Expire): boolean {
  return momentOf(expire) !== Infinity
}

/** The lanes of what an author said at a place: each a hash of its own of all three. */
function lowOf(place: number, { low }: Sum, seq: Seq): number {
  return scrambled(place ^ low ^ Math.imul(seq, 0x9e3779b1) ^ aboveOf(seq))
}

function highOf(place: number, { high }: Sum, seq: Seq): number {
  return scrambled(Math.imul(place, 0x27d4eb2f) + (high ^ Math.imul(seq, 0x165667b1)) + aboveOf(seq))
}

/** Of a seq, what is beyond 32 bits. */
function aboveOf(seq: Seq): number {
  return seq > 0xffffffff ? Math.imul(Math.floor(seq / 0x100000000), 0x85ebca77) : 0
}

function add(sum: Sum, low: number, high: number): void {
  sum.low = (sum.low + low) | 0
  sum.high = (sum.high + high) | 0
}

/** The end of murmur3: each bit in moves half of those out. */
function scrambled(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35)
  return y ^ (y >>> 16)
}
