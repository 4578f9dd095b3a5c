/**
 * What a node tells its listeners.
 */
import type { Bound } from '../dial/bounds.js'
import type { Events } from '../emitter.js'
import type { Json } from '../json.js'

/** What a node tells. `this` is the node in every listener. */
export type NodeEvents = Events & {
  /** A listener threw, or an address cannot be listened at. */
  error: [error: unknown]
  /** It listens there. */
  listening: [uri: string]
  /** There is a link to a host that was not connected. With the address that was dialled, or at which the host says it listens. */
  connect: [host: string, uri: string | null]
  /** There is none any more, and it is not kept here. With the error unless it was closed or its connection just ended. */
  disconnect: [host: string, error: Error | null]
  /** A kept host that was away has a link again. */
  reconnect: [host: string, uri: string | null]
  /** A dial failed, or the link to a kept host broke: it is dialled in `waitMs`. Until a host was met, its address stands for it. */
  backoff: [whom: string, wait: { waitMs: number; failures: number; error: Error | null }]
  /** A host sent a packet. */
  message: [host: string, packet: Json]
  /** A packet that `send` took did not arrive; or, if it was `sent`, may not have: the link was gone before the host confirmed it. */
  lost: [host: string, packet: Json, sent: boolean]
  /** Somebody dialled, and was told that a bound allows no more. */
  refused: [bound: Bound | 'peersMax', address: string | null]
}
