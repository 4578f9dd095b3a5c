/**
 * A digest of the cells of some kinds: equal at two hosts that hold the same, kept up with every change, and told apart where they differ.
 *
 * Every cell counts by who wrote it, under which seq, where; its body does not, since one author gives one seq to one change only. The cells of a
 * name that ends count for the span of time in which it ends, so that what is about to end can be left out; all others for their place, which
 * is one of 4,096 buckets by hash. Sums are of two lanes of 32 bits, so that the order is of no matter, and what is taken out leaves no trace
 * (incremental hashing by addition; Bellare, Micciancio, 1997). In 64 bits this finds every accident. Who sets out to make two sums meet, and is
 * let write many cells, can: it is no signature.
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

/** Of a bucket: both lanes, when it was touched last, and how many cells it has. */
const width = 4

/** Two lanes of 32 bits. */
export type Sum = { low: number; high: number }

/** What ends within one span of time. */
export type Span = Sum & { readonly index: number; cells: number; touched: number }

/** One bucket of what never ends. */
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

/** Where the cells of a part stand: they meet others by chance alone. */
export function placeOf(name: Name, part: string): number {
  if (part === '') return name.seat
  return hashFrom(name.seat, part)
}

export class Digest {
  readonly spans = new Map<number, Span>()
  /** Spans in which nothing ends any more: when they were touched last is remembered for a while. */
  private readonly emptied = new Set<Span>()
  /** Of all spans. */
  private readonly ending: Sum = { low: 0, high: 0 }
  private buckets: Int32Array | null = null
  /** Of all buckets; null while it is to be added up anew. */
  private lasting: Sum | null = { low: 0, high: 0 }
  /** Moves with every mark: what is touched since then bears it. */
  private tick = 1
  /** No span has a lower index. */
  private lowest = Infinity

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

  /** A cell has this change from now on, and had that of seq `before`; 0 if it is new. */
  put({ name, part, author, seq }: Change, before: Seq): void {
    const place = placeOf(name, part)
    const low = lowOf(place, author, seq)
    const high = highOf(place, author, seq)
    if (before === 0) this.count(name, place, low, high, 1)
    else this.count(name, place, (low - lowOf(place, author, before)) | 0, (high - highOf(place, author, before)) | 0, 0)
  }

  /** A cell is about to be none. */
  drop({ name, part, author, seq }: Change): void {
    const place = placeOf(name, part)
    this.count(name, place, -lowOf(place, author, seq) | 0, -highOf(place, author, seq) | 0, -1)
    if (name.size > 1 || name.term === null) return
    this.countEnd(name, name.term.expire, -1)
    name.term.span = null
  }

  /** The end of a name moved from `before` to what its term says now. */
  extend(name: Name, before: Expire): void {
    const { term } = name
    if (term === null || name.size === 0) return
    this.countEnd(name, before, -1)
    const from = term.span
    const to = isEnding(term.expire) ? this.spanAt(this.indexOf(term.expire as number)) : null
    if (from !== to) {
      if (from === null || to === null) this.move(name, to)
      else this.shift(term, name.size, to)
    }
    this.countEnd(name, term.expire, 1)
  }

  /** The index of the span in which a moment lies. */
  indexOf(moment: number): number {
    return Math.floor(moment / this.spanMs)
  }

  /** The sum of what never ends, and of what ends in the span of that index or later. */
  sumFrom(index: number): Sum {
    const sum = { ...this.lastingSum }
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
    if (this.lasting !== null) return this.lasting
    const sum = { low: 0, high: 0 }
    for (let i = 0; i < 1 << bucketBits; i += 1) add(sum, this.lane(i, 0), this.lane(i, 1))
    this.lasting = sum
    return sum
  }

  /** One bucket of what never ends. */
  bucket(index: number): Bucket {
    return { low: this.lane(index, 0), high: this.lane(index, 1), touched: this.lane(index, 2), cells: this.lane(index, 3) }
  }

  /** What one cell counts. */
  cell({ name, part, author, seq }: Change): Sum {
    const place = placeOf(name, part)
    return { low: lowOf(place, author, seq), high: highOf(place, author, seq) }
  }

  /** What the end of a name counts; nothing where none was said. */
  end({ hash, term }: Name): Sum {
    if (term === null || term.expire === null) return { low: 0, high: 0 }
    return { low: lowOf(hash, endLanes, term.expire), high: highOf(hash, endLanes, term.expire) }
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
    this.count(name, name.seat, sign * lowOf(name.seat, endLanes, expire), sign * highOf(name.seat, endLanes, expire), 0)
  }

  private countAt(place: number, low: number, high: number, cells: number): void {
    this.buckets ??= new Int32Array(width << bucketBits)
    this.lasting = null
    const { buckets } = this
    const at = (place >>> (32 - bucketBits)) * width
    buckets[at] = ((buckets[at] as number) + low) | 0
    buckets[at + 1] = ((buckets[at + 1] as number) + high) | 0
    buckets[at + 2] = this.tick
    buckets[at + 3] = (buckets[at + 3] as number) + cells
  }

  private countIn(span: Span, term: Term, low: number, high: number, cells: number): void {
    add(term, low, high)
    add(span, low, high)
    add(this.ending, low, high)
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

  /** A name ends from now on, or never any more: each of its cells counts elsewhere. */
  private move(name: Name, to: Span | null): void {
    const term = name.term as Term
    for (const { part, author, seq } of name.cells()) {
      const place = placeOf(name, part)
      const low = lowOf(place, author, seq)
      const high = highOf(place, author, seq)
      this.count(name, place, -low, -high, -1)
      if (to === null) this.countAt(place, low, high, 1)
      else this.countIn(to, term, low, high, 1)
    }
    term.span = to
  }

  /** A name ends later, in another span. */
  private shift(term: Term, cells: number, to: Span): void {
    const { low, high } = term
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
