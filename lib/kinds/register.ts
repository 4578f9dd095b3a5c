/**
 * Registers: of all that was written, the latest holds (a last-writer-wins register, Shapiro et al. 2011), by hybrid logical clocks.
 *
 * The body is `[stamp, value]`, or `[stamp]` where the value was cleared. It is kept as JSON text, so that nobody holds a part of it.
 */
import { textOf } from '../json.js'
import type { Json } from '../json.js'
import type { Author } from '../log/author.js'
import { byBytes, bytesOf } from '../log/text.js'
import type { Change } from '../log/change.js'
import type { Name } from '../log/name.js'
import { stampMax } from '../log/stamp.js'
import type { Stamp, StampClock } from '../log/stamp.js'
import type { Kind } from './kind.js'

/** What one author wrote last. */
export class Written {
  constructor(
    readonly stamp: Stamp,
    /** The value as JSON, null where it was cleared. */
    readonly text: string | null
  ) {}
}

export class RegisterKind implements Kind {
  readonly kind = 'register'
  readonly empty = new Written(0, null)

  constructor(
    readonly stamps: StampClock,
    private readonly limits: { bodyBytesMax: number; depthMax: number }
  ) {}

  take(body: unknown, part: string): unknown {
    if (part !== '' || !Array.isArray(body) || body.length < 1 || body.length > 2) return undefined
    const [stamp, value] = body as unknown[]
    if (!Number.isSafeInteger(stamp) || (stamp as Stamp) < 0) return undefined
    const text = body.length === 1 ? null : this.textOf(value)
    return text === undefined ? undefined : new Written((stamp as Stamp) + 0, text)
  }

  give(kept: unknown): Json {
    const { stamp, text } = kept as Written
    return text === null ? [stamp] : [stamp, JSON.parse(text) as Json]
  }

  bytes(kept: unknown): number {
    const { text } = kept as Written
    return 19 + (text === null ? 0 : bytesOf(text))
  }

  weight(kept: unknown): number {
    return 64 + 2 * ((kept as Written).text?.length ?? 0)
  }

  aheadMs(kept: unknown, now: number): number {
    return this.stamps.aheadMs((kept as Written).stamp, now)
  }

  witness(kept: unknown): void {
    this.stamps.witness((kept as Written).stamp)
  }

  /** A value as it is kept, or undefined if it is no JSON or too large. */
  textOf(value: unknown): string | undefined {
    return textOf(value, this.limits.bodyBytesMax, this.limits.depthMax)
  }

  /** What holds of a name; null if nothing was ever written. */
  latest(name: Name | undefined): Written | null {
    let last: Change | null = null
    name?.each((change) => {
      if (last === null || isLater(change, last)) last = change
    })
    return last === null ? null : ((last as Change).body as Written)
  }

  /** A stamp for the next write of `own` to a name: later than what others wrote; our own takes the place of what we wrote, anyway. */
  issue(name: Name | undefined, own: Author, now: number): Stamp {
    let above = 0
    name?.each(({ author, body }) => {
      if (author !== own) above = Math.max(above, (body as Written).stamp)
    })
    return Math.min(this.stamps.issue(now, above), stampMax)
  }
}

/** By stamp, and where two hosts wrote at one stamp, by author: all hosts must choose alike. */
function isLater(a: Change, b: Change): boolean {
  const [stamp, other] = [(a.body as Written).stamp, (b.body as Written).stamp]
  return stamp === other ? byBytes(a.author.id, b.author.id) > 0 : stamp > other
}
