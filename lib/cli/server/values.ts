/**
 * `/counters/NAME`, `/registers/NAME` and `/sets/NAME`: read by GET, written by POST.
 *
 * Every answer says whether it is coherent, and which hosts are in doubt where it is not.
 */
import type { Json } from '../../json.js'
import { bigint } from '../../kinds/numbers.js'
import type { Doubt } from '../../gossip/coherence.js'
import type { Until } from '../../store/handle.js'
import type { Store } from '../../store/store.js'
import { fields, Refusal, writing, type Answer, type Request, type Route } from './answer.js'

/** What is answered of a name. */
export type Answered<Value> = { name: string; value: Value; coherent: boolean; doubts?: Doubt[] }

/** The routes of a store's values. */
export function valueRoutes(store: Store): Route[] {
  return [
    named('counters', (name, request) => counter(store, name, request)),
    named('registers', (name, request) => register(store, name, request)),
    named('sets', (name, request) => set(store, name, request))
  ]
}

/** A route of one name; a slash in it is encoded, as everywhere in paths. */
function named(kind: string, answer: (name: string, request: Request) => Promise<Answer>): Route {
  return (request) => (request.path.length === 2 && request.path[0] === kind ? answer(request.path[1] as string, request) : null)
}

/** A value with what is to be known about it. */
export function reading<Value>(store: Store, name: string, value: Value): Answered<Value> {
  const { coherent } = store
  return { name, value, coherent, ...(coherent ? {} : { doubts: store.doubts() }) }
}

async function counter(store: Store, name: string, request: Request): Promise<Answer> {
  const numbers = request.query.get('numbers') ?? 'integer'
  if (numbers !== 'integer' && numbers !== 'bigint') throw new Refusal(400, 'numbers are integer or bigint.')
  const big = numbers === 'bigint' ? store.counter(name, bigint) : null
  const small = store.counter(name)
  if (writing(request)) {
    const given = await fields(request, ['increment', 'decrement', 'expire'])
    if (given.has('increment') === given.has('decrement')) throw new Refusal(400, 'say either increment or decrement.')
    const up = given.has('increment')
    const by = given.get(up ? 'increment' : 'decrement')
    const options = ending(given)
    if (big !== null) up ? big.increment(bigOf(by), options) : big.decrement(bigOf(by), options)
    else up ? small.increment(by as number, options) : small.decrement(by as number, options)
  }
  return { json: reading(store, name, big === null ? small.value : String(big.value)) }
}

async function register(store: Store, name: string, request: Request): Promise<Answer> {
  const register = store.register(name)
  if (writing(request)) {
    const given = await fields(request, ['value', 'clear', 'expire'])
    if (given.has('value') === given.has('clear')) throw new Refusal(400, 'say either value or clear.')
    if (given.has('value')) register.write(given.get('value') as Json, ending(given))
    else register.clear(ending(given))
  }
  const { value } = register
  return { json: { ...reading(store, name, value ?? null), written: value !== undefined } }
}

async function set(store: Store, name: string, request: Request): Promise<Answer> {
  const set = store.set(name)
  if (writing(request)) {
    const given = await fields(request, ['add', 'delete', 'clear', 'expire'])
    const options = ending(given)
    let changed = 0
    if (given.get('clear') === true) {
      changed += set.size
      set.clear(options)
    }
    for (const element of listOf(given.get('delete'))) if (set.delete(element, options)) changed += 1
    for (const element of listOf(given.get('add'))) if (set.add(element, options)) changed += 1
    return { json: { ...reading(store, name, set.size), changed } }
  }
  const element = request.query.get('has')
  return { json: element === null ? reading(store, name, set.values()) : reading(store, name, set.has(element)) }
}

/** Until when a write lets its name live: moments are checked by the store. */
function ending(given: ReadonlyMap<string, unknown>): { expire?: Until } {
  const expire = given.get('expire')
  return expire === undefined || expire === null ? {} : { expire: expire as Until }
}

function listOf(given: unknown): string[] {
  if (given === undefined) return []
  if (Array.isArray(given)) return given as string[]
  throw new Refusal(400, 'elements come in an array.')
}

function bigOf(given: unknown): bigint {
  if (typeof given === 'string' && /^-?\d{1,1000}$/.test(given)) return BigInt(given)
  if (Number.isSafeInteger(given)) return BigInt(given as number)
  throw new Refusal(400, 'a number of a bigint counter is a string of digits.')
}
