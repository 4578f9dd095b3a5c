/**
 * Who is let in, and what it may do there.
 */
import type { Gossip } from './gossip.js'
import type { Lock } from './handshake.js'
import type { Peer } from './peer.js'
import type { Permit } from './rights.js'
import type { Session } from './session.js'

export type Door = {
  /** What it is locked with: sessions that begin from now on must show that they know a key. */
  lock: Lock | null
  /** What a peer may do; null is everything. Throws a GossipError for one that may do nothing. */
  authorize(session: Session, peer: Peer): Permit | null
}

/** Everybody is let in and may do everything. */
export const openDoor: Door = { lock: null, authorize: () => null }

/** Asks anew what each peer may do. */
export function reauthorize({ door, sessions }: Gossip): void {
  for (const session of [...sessions]) {
    if (session.peer === null) continue
    try {
      session.allow(door.authorize(session, session.peer))
    } catch (error) {
      session.fail(error as Error)
    }
  }
}
