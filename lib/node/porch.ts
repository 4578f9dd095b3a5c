/**
 * Where a node listens.
 */
import type { Connection } from '../transport/socket.js'
import type { Listener } from '../transport/transport.js'
import type { Transports } from './options.js'

export class Porch {
  /** Why it does not listen somewhere, if so. */
  failure: unknown = null
  private readonly listeners: Listener[] = []
  private pending = 0
  private closed = false

  constructor(
    private readonly transports: Transports,
    private readonly accept: (connection: Connection, from: string | null) => void,
    private readonly onOpen: (uri: string) => void,
    private readonly onFailure: (error: unknown) => void
  ) {}

  get uris(): string[] {
    return this.listeners.map(({ uri }) => uri)
  }

  /** Whether some address is not listened at yet. */
  get opening(): boolean {
    return this.pending > 0
  }

  open(uris: readonly string[]): void {
    this.pending += uris.length
    for (const uri of uris) {
      Promise.resolve().then(() => this.transports.of(uri).listen(uri, this.accept)).then((listener) => this.opened(listener), (error: unknown) => this.failed(error))
    }
  }

  close(): void {
    this.closed = true
    for (const listener of this.listeners.splice(0)) listener.close()
  }

  private opened(listener: Listener): void {
    this.pending -= 1
    if (this.closed) return listener.close()
    this.listeners.push(listener)
    this.onOpen(listener.uri)
  }

  private failed(error: unknown): void {
    this.pending -= 1
    if (this.closed) return
    this.failure ??= error
    this.onFailure(error)
  }
}
