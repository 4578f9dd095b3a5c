/**
 * The numbers that counters count in: safe integers, or integers of any size.
 *
 * They travel as JSON and come from strangers: `decode` accepts only what `encode` could have made of a number that is not negative.
 */
import type { Json } from '../json.js'
import { limits } from '../limits.js'

/** One sort of number, as a counter needs it. Pure functions, alike at every host; users may bring their own (`createStore({ numbers })`). */
export interface Numbers<N> {
  /** Becomes part of the kind, `counter:name`: hosts that count in different numbers count on different counters. */
  readonly name: string
  readonly zero: N
  add(a: N, b: N): N
  subtract(a: N, b: N): N
  /** Below, at or above zero as `a` is less than, equal to or greater than `b`. */
  compare(a: N, b: N): number
  /** A number that is not negative, as JSON. */
  encode(n: N): Json
  /** The number, or undefined if `encode` could not have made that. It comes from strangers. */
  decode(json: unknown): N | undefined
  /** What `increment()` adds; without it a number must be given. */
  readonly one?: N
  /** Whether a value can be counted in: what a user passes to `increment`. Without it: what comes back from `encode` and `decode`. */
  accepts?(n: unknown): n is N
  /** Whether a sum that is not negative can be carried. Without it: what comes back from `encode` and `decode`. */
  fits?(n: N): boolean
  /** The sum of differences. Without it `add` adds them up. */
  sum?(differences: Iterable<N>): N
  /** What to count in, for errors: `Use …`. */
  readonly hint?: string
  /** What a sum would leave, for errors. */
  readonly range?: string
  /** What could be done about it, for errors. */
  readonly remedy?: string
}

/** The numbers of this module say all that there is to say. */
type Whole<N> = Required<Numbers<N>>

/** Whole numbers within ±(2⁵³ − 1), the default. */
export const integer: Whole<number> = {
  name: '',
  zero: 0,
  one: 1,
  hint: 'whole numbers within ±(2^53 - 1)',
  range: 'the safe integers',
  remedy: ' Use store.counter(name, bigint).',
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  compare: (a, b) => a - b,
  accepts: (n): n is number => Number.isSafeInteger(n),
  fits: (n) => Number.isSafeInteger(n),
  encode: (n) => n,
  decode: (json) => (Number.isSafeInteger(json) && (json as number) >= 0 ? (json as number) + 0 : undefined),
  sum: sumSafely
}

/** Integers of any size, as decimal strings on the wire; at most `digitsMax` digits each. */
export function bigintOf(digitsMax: number): Whole<bigint> {
  const pattern = /^(0|[1-9][0-9]*)$/
  return {
    name: 'bigint',
    zero: 0n,
    one: 1n,
    hint: 'bigints, as 1n',
    range: `${digitsMax} digits`,
    remedy: '',
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
    accepts: (n): n is bigint => typeof n === 'bigint',
    fits: (n) => (n < 0n ? -n : n).toString().length <= digitsMax,
    encode: (n) => n.toString(),
    decode: (json) => (typeof json === 'string' && json.length <= digitsMax && pattern.test(json) ? BigInt(json) : undefined),
    sum: (differences) => {
      let sum = 0n
      for (const difference of differences) sum += difference
      return sum
    }
  }
}

/** Integers of any size. */
export const bigint: Whole<bigint> = bigintOf(limits.digitsMax)

/** Adds safe integers exactly: what leaves the safe range is carried in a bigint, and rounded once at the end. */
function sumSafely(differences: Iterable<number>): number {
  let sum = 0
  let carried = 0n
  for (const difference of differences) {
    const next = sum + difference
    if (Number.isSafeInteger(next)) sum = next
    else {
      carried += BigInt(sum)
      sum = difference
    }
  }
  return carried === 0n ? sum : Number(carried + BigInt(sum))
}
