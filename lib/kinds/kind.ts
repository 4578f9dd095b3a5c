/**
 * What gossip asks of a kind: to judge a body, and to carry it.
 *
 * A kind is pure. It turns the body of a change from its form on the wire into the form that is kept, and back; everything else
 * (cells, order, claims) is the same for all kinds.
 */

import type { Json } from '../json.js'

export interface Kind {
  /** Its name on the wire. */
  readonly kind: string
  /** The kept form of a body from the wire, or undefined if this kind rejects it. */
  take(body: unknown): unknown
  /** The wire's form of a kept body. */
  give(kept: unknown): Json
  /** Bytes of JSON that a kept body takes, at most. */
  bytes(kept: unknown): number
}
