/**
 * A kind that this host does not know: kept and forwarded as it came, so that an old relay never cuts a newer network in two.
 *
 * Its body is any JSON, bounded in bytes and in depth: what we keep we must be able to write again, and writing recurses. It is kept as
 * text, so that its bound in bytes is one of memory, and nobody holds a part of it.
 */
import { bytesOf } from '../log/text.js'
import type { Json } from '../json.js'
import type { Kind } from './kind.js'

/** Deeper bodies are refused: no known kind goes beyond five, and JSON writers recurse. */
const depthMax = 64

export class UnknownKind implements Kind {
  constructor(
    readonly kind: string,
    private readonly bodyBytesMax: number
  ) {}

  take(body: unknown): unknown {
    if (!isJson(body, depthMax, { left: this.bodyBytesMax })) return undefined
    const text = JSON.stringify(body)
    return bytesOf(text) > this.bodyBytesMax ? undefined : text
  }

  give(kept: unknown): Json {
    return JSON.parse(kept as string) as Json
  }

  bytes(kept: unknown): number {
    return bytesOf(kept as string)
  }
}

/** Whether a value is what JSON can carry and give back, of `left` values at most; a frame need not have come through JSON. */
function isJson(value: unknown, depth: number, budget: { left: number }): boolean {
  budget.left -= 1
  if (budget.left < 0) return false
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth === 0 || !isPlain(value)) return false
  for (const item of Object.values(value)) if (!isJson(item, depth - 1, budget)) return false
  return true
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === null || prototype === Object.prototype
}
