/**
 * TCP with a cable that can be cut: what was dialled through it breaks, and no dial comes through until it is healed.
 *
 * The node is told neither: it finds out, backs off, and comes back by itself.
 */
import { tcp, type Connection, type Listener, type Transport } from '../../lib/node/index.js'

export class Cable implements Transport {
  private readonly tcp = tcp()
  private readonly dialled = new Set<Connection>()
  private down = false

  listen(uri: string, accept: (connection: Connection, from: string | null) => void): Promise<Listener> {
    return this.tcp.listen(uri, accept)
  }

  async connect(uri: string, signal: AbortSignal): Promise<Connection> {
    if (this.down) throw new Error('the cable is cut')
    const connection = await this.tcp.connect(uri, signal)
    this.dialled.add(connection)
    return connection
  }

  cut(): void {
    this.down = true
    for (const connection of this.dialled) connection.destroy()
    this.dialled.clear()
  }

  heal(): void {
    this.down = false
  }
}
