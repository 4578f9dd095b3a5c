/**
 * What JSON can carry.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const encoder = new TextEncoder()

/** A value as JSON text, or undefined if JSON cannot carry it and give it back, it is nested deeper than `depthMax`, or longer than `bytesMax`. */
export function textOf(value: unknown, bytesMax: number, depthMax: number): string | undefined {
  if (!isJson(value, depthMax, { left: bytesMax })) return undefined
  const text = JSON.stringify(value)
  const fits = text.length * 3 <= bytesMax || encoder.encode(text).length <= bytesMax
  return fits ? text : undefined
}

/** Whether a value is JSON, of `left` values at most: one need not have come through JSON. */
function isJson(value: unknown, depth: number, budget: { left: number }): boolean {
  budget.left -= 1
  if (budget.left < 0) return false
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth === 0 || !isCarried(value)) return false
  for (const item of Object.values(value)) if (!isJson(item, depth - 1, budget)) return false
  return true
}

/** Whether an object or array is written by JSON as what it is, but for what is in it. */
function isCarried(value: object): boolean {
  return isPlain(value) && typeof (value as { toJSON?: unknown }).toJSON !== 'function' && Object.getOwnPropertySymbols(value).length === 0
}

/** No class, and an array without holes and anything beside. Objects of another realm have prototypes of their own. */
function isPlain(value: object): boolean {
  const above = Object.getPrototypeOf(value) as object | null
  const top = above === null ? null : (Object.getPrototypeOf(above) as object | null)
  if (!Array.isArray(value)) return top === null
  return top !== null && Object.getPrototypeOf(top) === null && Object.keys(value).length === value.length
}

/** Whether a value that came through JSON is nested deeper than so many levels of arrays and objects. */
export function isNestedBeyond(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item) => isNestedBeyond(item, levels - 1))
}

/** Where JSON cannot carry a value, and what stands there: `args[1].at is a Date`; null if it can. `name` is what users call the value. */
export function flawIn(value: unknown, name: string, bytesMax: number, depthMax: number): string | null {
  const flaw = flawAt(value, name, depthMax, depthMax)
  if (flaw !== null || textOf(value, bytesMax, depthMax) !== undefined) return flaw
  return `${name} is over ${bytesMax} bytes of JSON`
}

function flawAt(value: unknown, path: string, depth: number, depthMax: number): string | null {
  if (isJson(value, 0, { left: 1 })) return null
  if (typeof value !== 'object' || value === null) return `${path} is ${typeof value === 'number' || value === undefined ? String(value) : `a ${typeof value}`}`
  if (depth === 0) return `${path} is nested deeper than ${depthMax} levels`
  if (!isCarried(value)) return `${path} is ${Array.isArray(value) ? 'an array with holes or more than its elements' : `a ${nameOf(value)}`}`
  for (const [key, item] of Object.entries(value)) {
    const flaw = flawAt(item, Array.isArray(value) ? `${path}[${key}]` : stepTo(path, key), depth - 1, depthMax)
    if (flaw !== null) return flaw
  }
  return null
}

function stepTo(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

function nameOf(value: object): string {
  const made: unknown = (value as { constructor?: unknown }).constructor
  const name = typeof made === 'function' ? made.name : ''
  return name === '' || name === 'Object' ? 'thing that JSON would carry as another' : name
}
