/**
 * `/batch`: many increments and a position, written together or not at all.
 *
 * A position is a register with what was read of an input. A batch says where it begins; one that was taken already is answered as taken and
 * changes nothing, so that whoever lost the answer may ask again. All is written in one turn of this host.
 */
import type { Json } from '../../json.js'
import type { Store } from '../../store/store.js'
import { batchNamesMax } from '../bounds.js'
import { fields, Refusal, writing, type Request, type Route } from './answer.js'

/** How far an input was read. */
export type Position = { name: string; before: Json; after: Json }

export function batchRoute(store: Store): Route {
  return (request) => (request.path.length === 1 && request.path[0] === 'batch' ? answer(store, request) : null)
}

async function answer(store: Store, request: Request): Promise<{ json: unknown }> {
  if (!writing(request)) throw new Refusal(405, 'a batch is posted.')
  const given = await fields(request, ['counts', 'position'])
  const counts = countsOf(given.get('counts'))
  const position = positionOf(given.get('position'))
  const register = position === null ? null : store.register(position.name)
  if (register !== null && position !== null) {
    const now = register.value ?? null
    if (same(now, position.after)) return { json: { taken: true, coherent: store.coherent } }
    if (!same(now, position.before)) throw new Refusal(409, `the position of "${position.name}" is another: this host began anew, or somebody else reads the same input.`, 'position')
  }
  const undo: (() => void)[] = []
  try {
    for (const [name, by] of counts) {
      store.counter(name).increment(by)
      undo.push(() => void store.counter(name).increment(-by))
    }
    // Last: who gets a part of it only gets counts that are told again, not a position whose counts are missing.
    if (position !== null) register?.write(position.after)
  } catch (error) {
    for (const one of undo) one()
    throw error
  }
  return { json: { taken: true, coherent: store.coherent } }
}

function countsOf(given: unknown): [string, number][] {
  if (!Array.isArray(given) || given.length > batchNamesMax) throw new Refusal(400, `counts are an array of at most ${batchNamesMax} pairs.`)
  return (given as unknown[]).map((pair) => {
    const [name, by] = Array.isArray(pair) ? (pair as unknown[]) : []
    if (typeof name !== 'string' || !Number.isSafeInteger(by)) throw new Refusal(400, 'a count is a pair of a name and a whole number.')
    return [name, by as number]
  })
}

function positionOf(given: unknown): Position | null {
  if (given === undefined || given === null) return null
  const { name, before, after } = given as Partial<Position>
  if (typeof name !== 'string' || before === undefined || after === undefined) throw new Refusal(400, 'a position has name, before and after.')
  return { name, before, after }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
