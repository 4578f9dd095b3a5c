/**
 * What a gossip tells of what happens in it.
 */
import type { Change } from '../log/change.js'
import type { Seq } from '../log/held.js'
import type { Name } from '../log/name.js'
import type { Session } from './session.js'

/** Who is told what happens. None of these may throw. */
export interface Observer {
  /** A change was kept: ours, or imported, if `from` is null. */
  change(change: Change, from: Session | null): void
  /** A name came to its end: it reads as absent from now on. */
  expire(name: Name): void
  connect(session: Session): void
  /** First claims have gone both ways. */
  sync(session: Session): void
  disconnect(session: Session, error: Error | null): void
  /** Changes were refused: by us, or by the peer. */
  refused(session: Session, code: string, count: number, by: 'us' | 'peer'): void
  /** An audit found places where a peer holds something else. */
  differ(session: Session, count: number): void
  /** A peer sent a change of our own life that we never made. */
  impostor(session: Session, author: string, seq: Seq): void
  /** What a peer says it holds moved. */
  acknowledge(session: Session): void
  /** Something moved on which coherence depends. */
  review(): void
  /** A mistake of our own: it ended one session, and must not go unheard. */
  fault(error: unknown): void
}
