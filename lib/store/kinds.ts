/**
 * The kinds that a store knows, from its start on: bodies are judged by them before any handle is made.
 */
import { GossipError, shown } from '../errors.js'
import { CounterKind } from '../kinds/counter.js'
import type { Kind } from '../kinds/kind.js'
import { bigint, bigintOf, integer } from '../kinds/numbers.js'
import type { Numbers } from '../kinds/numbers.js'
import { RegisterKind } from '../kinds/register.js'
import { SetKind } from '../kinds/set.js'
import type { Limits } from '../limits.js'
import { StampClock } from '../log/stamp.js'

const numbersPattern = /^[a-z0-9][a-z0-9._-]{0,31}$/
const numbersCalls = ['add', 'subtract', 'compare', 'encode', 'decode'] as const

export class Kinds {
  readonly register: RegisterKind
  readonly set: SetKind
  /** By the name of their numbers, with what users call those. */
  private readonly counters = new Map<string, { numbers: Numbers<unknown>; kind: CounterKind<unknown> }>()

  constructor(limits: Limits, numbers: readonly Numbers<unknown>[]) {
    this.register = new RegisterKind(new StampClock(limits), limits)
    this.set = new SetKind(limits)
    const own = [[integer, integer], [bigint, bigintOf(limits.digitsMax)]] as [Numbers<unknown>, Numbers<unknown>][]
    for (const [called, used] of [...own, ...checkNumbers(numbers).map((one) => [one, one] as const)]) {
      this.counters.set(called.name, { numbers: called, kind: new CounterKind(used, limits) })
    }
  }

  get all(): Kind[] {
    return [this.register, this.set, ...[...this.counters.values()].map(({ kind }) => kind)]
  }

  /** @throws GossipError `ERR_OPTION` for numbers that the store was not given. */
  counter<N>(numbers: Numbers<N>): CounterKind<N> {
    const known = this.counters.get(typeof numbers === 'object' && numbers !== null ? numbers.name : '\0')
    if (known !== undefined && known.numbers === numbers) return known.kind as CounterKind<N>
    const names = [...this.counters.keys()].map((name) => name || 'integer').join(', ')
    throw new GossipError('ERR_OPTION', `this store counts in ${names}, not in ${shown(numbers)}; give it numbers of your own by createStore({ numbers }).`)
  }
}

/** Whether what a counter was given are numbers, or anything else that is no object of options. */
export function isNumbers(given: Numbers<unknown> | object): given is Numbers<unknown> {
  return typeof given !== 'object' || given === null || 'zero' in given || 'encode' in given
}

/** Users' own numbers: whole, of different names, and able to carry their own zero. */
function checkNumbers(given: unknown): readonly Numbers<unknown>[] {
  if (!Array.isArray(given)) throw new GossipError('ERR_OPTION', `numbers must be an array, not ${shown(given)}.`)
  const names = new Set([integer.name, bigint.name])
  for (const numbers of given as Partial<Numbers<unknown>>[]) {
    const name: unknown = typeof numbers === 'object' && numbers !== null ? numbers.name : undefined
    if (typeof name !== 'string' || !numbersPattern.test(name)) throw unfit(name, 'need a name of 1–32 of a–z, 0–9, ".", "_" and "-"')
    if (names.has(name)) throw unfit(name, 'were given twice')
    const missing = numbersCalls.find((call) => typeof numbers[call] !== 'function')
    if (missing !== undefined) throw unfit(name, `have no ${missing}`)
    const { zero, compare, encode, decode } = numbers as Numbers<unknown>
    const back = decode(encode(zero))
    if (back === undefined || compare(back, zero) !== 0) throw unfit(name, 'do not get their zero back from encode and decode')
    names.add(name)
  }
  return given as Numbers<unknown>[]
}

function unfit(name: unknown, why: string): GossipError {
  return new GossipError('ERR_OPTION', `the numbers ${shown(name)} ${why}.`)
}
