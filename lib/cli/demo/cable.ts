/**
 * TCP with cables that can be cut: what was dialled through one breaks, and no dial comes through until it is healed.
 *
 * The node is told neither: it finds out, backs off, and comes back by itself.
 */
import { tcp } from '../../transport/tcp.js'
import type { Connection } from '../../transport/socket.js'
import type { Listener, Transport } from '../../transport/transport.js'

export class Cables implements Transport {
  private readonly tcp = tcp()
  private readonly dialled = new Map<string, Connection>()
  private readonly down = new Set<string>()

  listen(uri: string, accept: (connection: Connection, from: string | null) => void): Promise<Listener> {
    return this.tcp.listen(uri, accept)
  }

  async connect(uri: string, signal: AbortSignal): Promise<Connection> {
    if (this.down.has(uri)) throw new Error('the cable is cut')
    const connection = await this.tcp.connect(uri, signal)
    // Only the latest can be open: a node keeps one link to each host.
    this.dialled.set(uri, connection)
    return connection
  }

  /** Cuts the cable to an address. */
  cut(uri: string): void {
    this.down.add(uri)
    this.dialled.get(uri)?.destroy()
    this.dialled.delete(uri)
  }

  heal(uri: string): void {
    this.down.delete(uri)
  }
}
