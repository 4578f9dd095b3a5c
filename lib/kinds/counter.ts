/**
 * Counters: every author counts for itself, up and down; the value is what all of them add up to (a PN-counter, Shapiro et al. 2011).
 *
 * The body is `[plus, minus]`, cumulative for its author. Most counters only ever go up: those are kept as the bare number.
 */
import type { Json } from '../json.js'
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

  constructor(readonly numbers: Numbers<N>) {
    this.kind = numbers.name === '' ? 'counter' : `counter:${numbers.name}`
  }

  take(body: unknown): unknown {
    if (!Array.isArray(body) || body.length !== 2) return undefined
    const plus = this.numbers.decode(body[0])
    const minus = this.numbers.decode(body[1])
    return plus === undefined || minus === undefined ? undefined : this.keep(plus, minus)
  }

  give(kept: unknown): Json {
    return [this.numbers.encode(this.plusOf(kept)), this.numbers.encode(this.minusOf(kept))]
  }

  bytes(kept: unknown): number {
    return typeof kept === 'number' ? 20 : JSON.stringify(this.give(kept)).length
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

  /** What one author's counts come to. */
  differenceOf(kept: unknown): N {
    return kept instanceof Tally ? this.numbers.subtract((kept as Tally<N>).plus, (kept as Tally<N>).minus) : (kept as N)
  }
}
