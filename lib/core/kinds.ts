/**
 * The kinds that a host knows, from its start on: bodies are judged by them before any handle is made.
 */
import { GossipError, shown } from '../errors.js'
import { textOf } from '../json.js'
import { CounterKind } from '../kinds/counter.js'
import { EventKind } from '../kinds/event.js'
import type { Kind } from '../kinds/kind.js'
import { bigint, bigintOf, integer } from '../kinds/numbers.js'
import type { Numbers } from '../kinds/numbers.js'
import { RegisterKind } from '../kinds/register.js'
import { SetKind } from '../kinds/set.js'
import { limits } from '../limits.js'
import type { Limits } from '../limits.js'
import { StampClock } from '../log/stamp.js'

const numbersPattern = /^[a-z0-9][a-z0-9._-]{0,31}$/
const numbersCalls = ['add', 'subtract', 'compare', 'encode', 'decode'] as const

export class Kinds {
  readonly register: RegisterKind
  readonly set: SetKind
  readonly event: EventKind
  /** By the name of their numbers, with what users call those. */
  private readonly counters = new Map<string, { numbers: Numbers<unknown>; kind: CounterKind<unknown> }>()

  constructor(bounds: Limits, numbers: readonly Numbers<unknown>[]) {
    this.register = new RegisterKind(new StampClock(bounds), bounds)
    this.set = new SetKind(bounds)
    this.event = new EventKind(bounds)
    this.counters.set(integer.name, { numbers: integer, kind: new CounterKind(integer) })
    this.counters.set(bigint.name, { numbers: bigint, kind: new CounterKind(bigintOf(bounds.digitsMax)) })
    for (const one of checkNumbers(numbers)) this.counters.set(one.name, { numbers: one, kind: new CounterKind(one, bounds) })
  }

  get all(): Kind[] {
    return [this.register, this.set, this.event, ...[...this.counters.values()].map(({ kind }) => kind)]
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
    const odd = (['accepts', 'fits', 'sum'] as const).find((call) => numbers[call] !== undefined && typeof numbers[call] !== 'function')
    if (odd !== undefined) throw unfit(name, `have a ${odd} that is no function`)
    if (!returns(numbers as Numbers<unknown>)) throw unfit(name, 'do not get their zero back from encode, JSON and decode')
    names.add(name)
  }
  return given as Numbers<unknown>[]
}

/** Whether zero comes back over a wire. */
function returns({ zero, compare, encode, decode }: Numbers<unknown>): boolean {
  try {
    const text = textOf(encode(zero), limits.bodyBytesMax, limits.depthMax)
    const back = text === undefined ? undefined : decode(JSON.parse(text))
    return back !== undefined && compare(back, zero) === 0
  } catch {
    return false
  }
}

function unfit(name: unknown, why: string): GossipError {
  return new GossipError('ERR_OPTION', `the numbers ${shown(name)} ${why}.`)
}
