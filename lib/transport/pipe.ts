/**
 * Two connections in memory, joined: what one is given the other gives, one piece at a time.
 */
import { GossipError } from '../errors.js'
import type { Abort, Sink, Source, SourceCallback } from '../pull.js'
import { broken, type Connection } from './socket.js'

type Bytes = Uint8Array | string

const encoder = new TextEncoder()

/** Makes both ends. */
export function joined(): [Connection, Connection] {
  const [there, back] = [new Way(), new Way()]
  const destroy = (error?: Error): void => {
    for (const way of [there, back]) way.stop(broken(error))
  }
  return [{ source: back.source, sink: there.sink, destroy }, { source: there.source, sink: back.sink, destroy }]
}

/** One direction. */
class Way {
  private upstream: Source<Bytes> | null = null
  private ended: Abort = null
  private asking: SourceCallback<Uint8Array> | null = null

  readonly sink: Sink<Bytes> = (read) => {
    const refused = this.upstream === null ? this.ended : new GossipError('ERR_BUSY', 'a connection was given a second source; the first stands.')
    if (refused) return read(refused, () => {})
    this.upstream = read
    if (this.asking !== null) this.pull(read)
  }

  readonly source: Source<Uint8Array> = (abort, cb) => {
    if (abort) {
      this.stop(abort)
      return cb(abort)
    }
    if (this.ended !== null) return cb(this.ended)
    if (this.asking !== null) return cb(new GossipError('ERR_BUSY', 'a connection was read while its last read was open; that one stands.'))
    this.asking = cb
    if (this.upstream !== null) this.pull(this.upstream)
  }

  stop(reason: Exclude<Abort, null | false>): void {
    if (this.ended !== null) return
    this.ended = reason
    this.upstream?.(reason, () => {})
    this.answer(reason)
  }

  private pull(read: Source<Bytes>): void {
    read(null, (end, data) => {
      if (this.ended !== null) return
      if (end) {
        this.ended = end
        return this.answer(end)
      }
      this.answer(null, typeof data === 'string' ? encoder.encode(data) : data)
    })
  }

  private answer(end: Abort, data?: Uint8Array): void {
    const cb = this.asking
    this.asking = null
    cb?.(end, data)
  }
}
