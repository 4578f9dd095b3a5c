/**
 * The link of a host to its right neighbour: dialled, and dialled again with a growing back-off when it breaks.
 *
 * It can be cut, which destroys the socket and leaves it down until it is healed.
 */
import { type Store } from '../../index.js'
import { connect, type Connection } from '../../lib/transport/tcp.js'
import { doubleline } from '../../lib/wire/codec.js'

const waitMsMin = 50
const waitMsMax = 1_000

/** Joins a connection to a store: bytes, frames, session, and back. */
export function join(connection: Connection, store: Store, onEnd: () => void = () => {}): void {
  const stream = store.createStream({ onEnd })
  stream.sink(doubleline.parse()(connection.source))
  connection.sink(doubleline.stringify()(stream.source))
}

export class Neighbour {
  private port = 0
  private connection: Connection | null = null
  private waitMs = waitMsMin
  private timer: NodeJS.Timeout | undefined
  private down = false

  constructor(private readonly store: Store) {}

  /** Where the neighbour listens from now on. */
  dial(port: number): void {
    this.port = port
    this.waitMs = waitMsMin
    this.begin()
  }

  cut(): void {
    this.leave()
    this.connection?.destroy()
  }

  heal(): void {
    this.down = false
    this.waitMs = waitMsMin
    this.begin()
  }

  /** Dials no more; an open connection goes on. */
  leave(): void {
    this.down = true
    clearTimeout(this.timer)
  }

  private begin(): void {
    clearTimeout(this.timer)
    if (this.down || this.connection !== null) return
    this.connection = connect(this.port, '127.0.0.1', (error, connection) => {
      if (error !== null || connection === undefined) return this.lost()
      this.waitMs = waitMsMin
      join(connection, this.store, () => this.lost())
    })
  }

  private lost(): void {
    this.connection = null
    if (this.down) return
    this.timer = setTimeout(() => this.begin(), this.waitMs)
    this.waitMs = Math.min(2 * this.waitMs, waitMsMax)
  }
}
