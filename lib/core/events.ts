/**
 * What a core tells its listeners of peers and of its journal; its readers tell theirs the same.
 */
import type { Events } from '../emitter.js'
import type { Doubt } from '../gossip/coherence.js'
import type { PeerView } from './view.js'

/** What happens between a host and its peers, and to its journal. `this` is who tells it in every listener. */
export type PeerEvents = Events & {
  /** A listener threw, or a stream failed before its peer had said who it is. */
  error: [error: unknown]
  /** A peer said who it is. */
  connect: [peer: PeerView]
  /** A peer that had said hello is gone; with the error unless it was closed or its connection just ended. */
  disconnect: [peer: PeerView, error: Error | null]
  /** First claims have gone both ways: we hold what the peer held, and it what we did. */
  sync: [peer: PeerView]
  /** Every expected host is there and in step. */
  coherent: []
  /** Some expected host is in doubt: see `doubts()`. */
  incoherent: [doubts: Doubt[]]
  /** Changes were refused, by us or by the peer; they are not held where they were refused. */
  refused: [refusal: { peer: PeerView; code: string; count: number; by: 'us' | 'peer' }]
  /** An audit found places where a peer holds something else than we do: they are mended. */
  differs: [difference: { peer: PeerView; count: number }]
  /** The journal cannot be written: what is written here is refused until it can. */
  unwritable: [error: Error]
  /** The journal can be written again. */
  writable: []
  /** A peer knew more of our life than our journal: an old copy of it was put back. A new life has begun, under which what was not told yet is issued again. */
  life: [life: { author: string; before: string }]
  /** A peer sent a change of our own life that we never made: somebody else uses our name. */
  impostor: [claim: { author: string; seq: number; peer: PeerView }]
}
