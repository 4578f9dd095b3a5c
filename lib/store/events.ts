/**
 * What a store tells its listeners, and with what.
 */
import type { PeerEvents } from '../core/events.js'
import type { ChangeView } from './reader.js'

/** What a store tells. `this` is the store in every listener. */
export type StoreEvents = PeerEvents & {
  /** A change was kept: written here (null), or learnt from that host. */
  change: [change: ChangeView, from: string | null]
  /** A name came to its end: it reads as absent from now on, until a later `expire` revives it. */
  expire: [name: { kind: string; name: string }]
}
