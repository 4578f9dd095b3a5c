/**
 * What carries the links of a node: a way to listen and to dial, chosen by the scheme of an address.
 *
 * A transport of one's own is an object of these two methods: `createNode({ transports: { quic: mine } })` uses it for `quic://…`.
 */
import type { Connection } from './socket.js'

/** Something that listens. */
export interface Listener {
  /** Where, as others can dial it. */
  readonly uri: string
  /** Listens no more; open connections go on. */
  close(): void
}

export interface Transport {
  /**
   * Listens at an address. `accept` is given each connection, with the address it comes from where that is known: links are bounded by it.
   *
   * Rejects if it cannot be listened there.
   */
  listen(uri: string, accept: (connection: Connection, from: string | null) => void): Promise<Listener>
  /**
   * Dials an address; a name in it is looked up anew each time. Rejects if nobody answers, or when `signal` aborts, and then leaves nothing open.
   */
  connect(uri: string, signal: AbortSignal): Promise<Connection>
  /** Throws a GossipError `ERR_OPTION` for what is no address of this transport. Without this method any is. */
  check?(uri: string): void
  /** An address that the other end of a connection told, as it can be dialled from here. Without this method it is taken as it is. */
  reach?(told: string, connection: Connection): string
}
