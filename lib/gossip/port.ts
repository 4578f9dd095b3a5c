/**
 * What a node says and hears in a session beside the store: packets, and words about the link.
 *
 * A port is asked for a frame in turns with the rest. What it said is confirmed by pings: a session is in order, so whoever echoes a
 * ping has taken all that came before it.
 */
import type { Frame } from '../wire/message.js'
import type { Parsed } from '../wire/parse.js'
import type { Peer } from './peer.js'

export interface Port {
  /** Whether everything said was confirmed, and nothing is left to say: until then a session that closes waits with its bye. */
  readonly idle: boolean
  /** The next frame, if there is one. */
  next(now: number): Frame | null
  /** The peer said who it is. */
  greet(peer: Peer): void
  take(message: Extract<Parsed, { type: 'packet' | 'link' }>): void
  /** A ping went out that carries this time, after all that was said until now. */
  asked(sentAt: number): void
  /** The peer has heard the ping that carried this time. */
  echoed(sentAt: number): void
}
