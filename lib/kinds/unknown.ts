/**
 * A kind that this host does not know: kept and forwarded as it came, so that an old relay never cuts a newer network in two.
 *
 * Its body is any JSON, bounded in bytes and in depth: what we keep we must be able to write again, and writing recurses.
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
    if (body === undefined || !isShallow(body, depthMax)) return undefined
    return this.bytes(body) > this.bodyBytesMax ? undefined : body
  }

  give(kept: unknown): Json {
    return kept as Json
  }

  bytes(kept: unknown): number {
    return bytesOf(JSON.stringify(kept))
  }
}

function isShallow(json: unknown, depth: number): boolean {
  if (typeof json !== 'object' || json === null) return true
  if (depth === 0) return false
  for (const value of Object.values(json)) if (!isShallow(value, depth - 1)) return false
  return true
}
