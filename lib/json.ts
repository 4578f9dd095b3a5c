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
  if (typeof value !== 'object' || depth === 0 || !isPlain(value)) return false
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function' || Object.getOwnPropertySymbols(value).length > 0) return false
  for (const item of Object.values(value)) if (!isJson(item, depth - 1, budget)) return false
  return true
}

/** No class, and an array without holes and anything beside. Objects of another realm have prototypes of their own. */
function isPlain(value: object): boolean {
  const above = Object.getPrototypeOf(value) as object | null
  const top = above === null ? null : (Object.getPrototypeOf(above) as object | null)
  if (!Array.isArray(value)) return top === null
  return top !== null && Object.getPrototypeOf(top) === null && Object.keys(value).length === value.length
}
