/**
 * What reads a log: a store, a flood, a bus. Several may read one.
 */
import type { Session } from '../gossip/session.js'
import type { Change } from '../log/change.js'
import type { Name } from '../log/name.js'
import type { PeerEvents } from './events.js'

/** Who is told what happens at a core. None of these may throw. */
export interface LogReader {
  /** A change was kept: ours if `from` is null. */
  change?(change: Change, from: Session | null): void
  /** A name came to its end. */
  expire?(name: Name): void
  /** Something happened between us and our peers. */
  tell?<K extends keyof PeerEvents>(event: K, ...args: PeerEvents[K]): void
  /** The session of a peer that said hello begins, or is over. */
  meet?(session: Session): void
  part?(session: Session): void
  /** What a peer says it holds moved. */
  acknowledge?(session: Session): void
  /** A user's function threw where no listener of its own is told; says whether somebody heard. */
  complain?(error: unknown): boolean
  /** The core is closed. */
  close?(): void
}
