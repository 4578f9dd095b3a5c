/**
 * A kind that this host does not know: kept and forwarded as it came, so that an old relay never cuts a newer network in two.
 *
 * Its body is any JSON, bounded in bytes and in depth: what we keep we must be able to write again, and writing recurses. It is kept as
 * text, so that its bound in bytes is one of memory, and nobody holds a part of it.
 */
import { textOf } from '../json.js'
import type { Json } from '../json.js'
import { bytesOf } from '../log/text.js'
import type { Kind } from './kind.js'

export class UnknownKind implements Kind {
  /** We write no such changes. */
  readonly empty = 'null'

  constructor(
    readonly kind: string,
    private readonly limits: { bodyBytesMax: number; depthMax: number }
  ) {}

  take(body: unknown): unknown {
    return textOf(body, this.limits.bodyBytesMax, this.limits.depthMax)
  }

  give(kept: unknown): Json {
    return JSON.parse(kept as string) as Json
  }

  bytes(kept: unknown): number {
    return bytesOf(kept as string)
  }

  weight(kept: unknown): number {
    return 2 * (kept as string).length
  }
}
