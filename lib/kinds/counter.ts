/**
 * Counters: every author counts for itself, up and down; the value is what all of them add up to (a PN-counter, Shapiro et al. 2011).
 *
 * The body is `[plus, minus]`, cumulative for its author. Most counters only ever go up: those are kept, and sent, as the bare number, which takes
 * half as long to write and to read.
 */
import { textOf } from '../json.js'
import type { Json } from '../json.js'
import { hashOfNumber, hashOfPair } from './body.js'
import type { Kind } from './kind.js'
import type { Numbers } from './numbers.js'

/** What one author counted. */
export class Tally<N> {
  constructor(
    readonly plus: N,
    readonly minus: N
  ) {}
}

export class CounterKind<N> implements Kind {
  readonly kind: string
  readonly empty: unknown
  /** Bytes that two other numbers take, however small. */
  private readonly around: number

  constructor(
    readonly numbers: Numbers<N>,
    /** Of the encoded numbers of users; ours are bounded by themselves. */
    private readonly bounds: { bodyBytesMax: number; depthMax: number } | null = null
  ) {
    this.kind = numbers.name === '' ? 'counter' : `counter:${numbers.name}`
    this.empty = numbers.zero
    this.around = typeof numbers.zero === 'number' ? 0 : 48
  }

  take(body: unknown, part: string): unknown {
    if (part !== '') return undefined
    if (!Array.isArray(body)) return this.bounds === null ? this.decode(body) : undefined
    if (body.length !== 2) return undefined
    const plus = this.decode(body[0])
    const minus = this.decode(body[1])
    return plus === undefined || minus === undefined ? undefined : this.keep(plus, minus)
  }

  give(kept: unknown): Json {
    return [this.numbers.encode(this.plusOf(kept)), this.numbers.encode(this.minusOf(kept))]
  }

  /** Numbers of a user's are kept by hosts that do not know them as they come, and shown so: those come as pairs always. */
  pack(kept: unknown): Json {
    return this.bounds !== null || kept instanceof Tally ? this.give(kept) : this.numbers.encode(kept as N)
  }

  /** Of users' numbers only they know. */
  hash(kept: unknown): number | undefined {
    if (this.kind !== 'counter') return undefined
    return hashOfPair(hashOfNumber(this.plusOf(kept) as number), hashOfNumber(this.minusOf(kept) as number))
  }

  bytes(kept: unknown): number {
    return typeof kept === 'number' ? 28 : JSON.stringify(this.give(kept)).length
  }

  /** Two safe integers are counted with their cell, so that counting up and down never takes more. */
  weight(kept: unknown): number {
    return this.around + (kept instanceof Tally ? this.weightOf((kept as Tally<N>).plus) + this.weightOf((kept as Tally<N>).minus) : this.weightOf(kept as N))
  }

  /** The kept form of one author's counts. */
  keep(plus: N, minus: N): unknown {
    return this.numbers.compare(minus, this.numbers.zero) === 0 ? plus : new Tally(plus, minus)
  }

  plusOf(kept: unknown): N {
    return kept instanceof Tally ? (kept as Tally<N>).plus : (kept as N)
  }

  minusOf(kept: unknown): N {
    return kept instanceof Tally ? (kept as Tally<N>).minus : this.numbers.zero
  }

  reissue(kept: unknown, was: unknown): unknown {
    const { numbers } = this
    const [plus, minus] = was === undefined ? [numbers.zero, numbers.zero] : [this.plusOf(was), this.minusOf(was)]
    return this.keep(numbers.subtract(this.plusOf(kept), plus), numbers.subtract(this.minusOf(kept), minus))
  }

  /** What one author's counts come to. */
  differenceOf(kept: unknown): N {
    return kept instanceof Tally ? this.numbers.subtract((kept as Tally<N>).plus, (kept as Tally<N>).minus) : (kept as N)
  }

  sum(differences: readonly N[]): N {
    const { numbers } = this
    return numbers.sum?.(differences) ?? differences.reduce((a, b) => numbers.add(a, b), numbers.zero)
  }

  /** Whether a user may count in `n`, up or down. */
  accepts(n: unknown): n is N {
    const { numbers } = this
    if (numbers.accepts !== undefined) return numbers.accepts(n)
    try {
      const size = numbers.compare(n as N, numbers.zero) < 0 ? numbers.subtract(numbers.zero, n as N) : (n as N)
      const back = this.decode(numbers.encode(size))
      return back !== undefined && typeof back === typeof n && numbers.compare(back, size) === 0
    } catch {
      return false
    }
  }

  /** Whether a sum can be carried, and will be taken by others. */
  fits(n: N): boolean {
    try {
      return this.numbers.fits?.(n) !== false && (this.bounds === null || this.decode(this.numbers.encode(n)) !== undefined)
    } catch {
      return false
    }
  }

  private weightOf(n: N): number {
    if (typeof n === 'number') return 0
    if (typeof n === 'bigint') return BigInt.asUintN(64, n) === n ? 0 : n.toString(16).length >> 1
    return 2 * JSON.stringify(this.numbers.encode(n)).length
  }

  /** What a stranger's number is; what the numbers of a user throw at it says that it is none. */
  private decode(json: unknown): N | undefined {
    const { numbers, bounds } = this
    if (bounds !== null && textOf(json, bounds.bodyBytesMax / 2, bounds.depthMax) === undefined) return undefined
    try {
      const n = numbers.decode(json)
      return n === undefined || !(numbers.compare(n, numbers.zero) >= 0) ? undefined : n
    } catch {
      return undefined
    }
  }
}
