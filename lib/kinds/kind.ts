/**
 * What gossip asks of a kind: to judge a body, and to carry it.
 *
 * A kind is pure. It turns the body of a change from its form on the wire into the form that is kept, and back; everything else
 * (cells, order, claims) is the same for all kinds.
 */

import type { Json } from '../json.js'
import type { Change } from '../log/change.js'
import { momentOf } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import type { Name } from '../log/name.js'

export interface Kind {
  /** Its name on the wire. */
  readonly kind: string
  /** Whether its changes are let go of before their name ends: that one is not held does not show a vector to be false. */
  readonly fleeting?: boolean
  /** The kept form of a body that counts for nothing: what an author who only extends a name's life puts into its cell. */
  readonly empty: unknown
  /** The kept form of a body from the wire, or undefined if this kind rejects it, or has no such part. */
  take(body: unknown, part: string): unknown
  /** The wire's form of a kept body: the one that is shown, kept in a journal, and compared. */
  give(kept: unknown, part: string): Json
  /** A shorter form of it, in which it is sent, and which `take` knows as well. Without this it is sent as `give` has it. */
  pack?(kept: unknown): Json
  /** The hash of a kept body's form on the wire, where that is known without making it; else undefined. */
  hash?(kept: unknown, part: string): number | undefined
  /** Bytes of JSON that a kept body takes, at most. */
  bytes(kept: unknown): number
  /** Bytes of memory that a kept body takes beside its cell, about; a bare number takes none. */
  weight(kept: unknown): number
  /** How far a body's stamp is ahead of what is taken `now`; 0 if it is not. */
  aheadMs?(kept: unknown, now: number): number
  /** A body was kept, of whomever. */
  witness?(kept: unknown): void
  /** Whether a new cell is one too many for its name. */
  crowds?(name: Name | undefined, part: string, kept: unknown): boolean
  /** Whether a body only takes something away, so that others need not be kept. */
  removes?(kept: unknown): boolean
  /** Authors of whom a body says something: they are not forgotten while it does. */
  mentions?(kept: unknown): Iterable<string>
  /**
   * What a body says beyond `was`, which its cell held before, as the body of another author's change of that `seq`. The author that it was
   * written by had given seqs `upto` there, what was above is taken back. Without this it is the body itself.
   */
  reissue?(kept: unknown, was: unknown, seq: number, before: { author: string; upto: number }): unknown
  /** The changes that need not be kept now that `change` is: others say all that they say. It may itself be one of them. */
  spares?(change: Change): Change[]
}

/** Whether something is without the end that its kind must have. */
export function isEndless(kind: Kind, expire: Expire): boolean {
  return kind.fleeting === true && momentOf(expire) === Infinity
}
