/**
 * A node:net socket as a duplex pull-stream.
 *
 * Each direction ends by itself: after our end we still read, after theirs we still write. A clean end is told apart from a
 * broken connection (`ERR_RESET`, the reason as `cause`). An abort of the source lets go out what the sink still has; the socket
 * is destroyed as soon as both directions are over, or `closeMs` after both were to end or the source was aborted with an error, so that a
 * peer that never closes or never reads holds nothing here. Memory is bounded by the socket's own high water marks. A connection whose sink is never used ends by `destroy()` only.
 */
import type { Socket } from 'node:net'
import { GossipError } from '../errors.js'
import { limits } from '../limits.js'
import type { Abort, Duplex, Sink, Source, SourceCallback } from '../pull.js'

/** One open connection: bytes both ways, and who is at the other end. */
export interface Connection extends Duplex<Uint8Array, Uint8Array | string> {
  /** The other end's address, once connected. */
  readonly remoteAddress?: string | undefined
  /** The other end's port, once connected. */
  readonly remotePort?: number | undefined
  /** `IPv4` or `IPv6`, once connected. */
  readonly remoteFamily?: string | undefined
  /** The host at the other end, where what lies below has proven it (a certificate, say): a session is with that host or with none. */
  readonly host?: string | undefined
  /** Drops the connection at once, both ways, with what was not yet sent. */
  destroy(error?: Error): void
}

/** Makes a duplex of a socket, which from then on is the duplex's alone. */
export function duplexOf(socket: Socket): Connection {
  let cause: Error | undefined
  let linger: NodeJS.Timeout | undefined
  const done = () => {
    if (reader.over && writer.over) socket.destroy()
    else if (reader.broken || (reader.over && writer.ended)) linger ??= setTimeout(() => socket.destroy(), limits.closeMs)
  }
  const reader = new Reader(socket, done)
  const writer = new Writer(socket, done)
  const connection: Connection = {
    source: reader.source,
    sink: writer.sink,
    destroy: (error) => { socket.destroy(error) }
  }
  // Noted at once, since a closed socket has forgotten them.
  const note = () => {
    const { remoteAddress, remotePort, remoteFamily } = socket
    Object.assign(connection, { remoteAddress, remotePort, remoteFamily })
  }
  if (socket.connecting) socket.once('connect', note)
  else note()
  socket.allowHalfOpen = true
  socket.setNoDelay(true)
  // Stays to the very end: an error after both directions are over is nobody's any more, and must not be uncaught.
  socket.on('error', (error) => { cause ??= error })
  socket.on('close', () => {
    clearTimeout(linger)
    const error = broken(cause)
    reader.end(error)
    writer.stop(error)
  })
  return connection
}

/** The error of a connection that did not end by itself. */
export function broken(cause: unknown): GossipError {
  const why = cause instanceof Error ? cause.message || cause.name : 'it was closed'
  return new GossipError('ERR_RESET', `the connection broke (${why}); what was under way may be lost.`, { cause })
}

/** What comes in: read when asked for, thrown away once aborted. */
class Reader {
  over = false
  /** Whether it was aborted because of an error: what the sink still has is given a while, no more. */
  broken = false
  private ended: Abort = null
  private aborted = false
  private asking: SourceCallback<Uint8Array> | null = null

  constructor(private readonly socket: Socket, private readonly done: () => void) {
    socket.on('readable', this.give)
    socket.on('end', () => this.end(true))
  }

  readonly source: Source<Uint8Array> = (abort, cb) => {
    if (abort) {
      this.aborted = true
      this.broken ||= abort !== true
      this.end(abort)
      this.done()
      return cb(this.ended)
    }
    if (this.asking) return cb(new GossipError('ERR_BUSY', 'a connection was read while its last read was open; that one stands.'))
    this.asking = cb
    this.give()
  }

  end(end: Abort): void {
    if (!this.over) {
      this.over = true
      this.ended = end
      this.done()
    }
    this.give()
  }

  private readonly give = (): void => {
    // A peer that goes on sending to one who left neither stalls nor fills anything.
    if (this.aborted) while (this.socket.read() !== null);
    const cb = this.asking
    if (!cb) return
    // What arrived before a reset is still given.
    const chunk = this.socket.read() as Uint8Array | null
    if (chunk === null && !this.over) return
    this.asking = null
    if (chunk === null) cb(this.ended)
    else cb(null, chunk)
  }
}

/** What goes out: pulled while the socket takes it. */
class Writer {
  /** Whether upstream ended; what it gave may still be on its way. */
  ended = false
  over = false
  private taken = false
  private asked = false
  private pumping = false
  private upstream: Source<Uint8Array | string> | null = null
  private stopped: GossipError | null = null

  constructor(private readonly socket: Socket, private readonly done: () => void) {
    socket.on('connect', this.pump)
    socket.on('drain', this.pump)
    socket.on('finish', () => {
      this.over = true
      this.done()
    })
  }

  readonly sink: Sink<Uint8Array | string> = (read) => {
    const taken = this.taken ? new GossipError('ERR_BUSY', 'a connection was given a second source; the first stands.') : null
    const refused = taken ?? this.stopped
    if (refused) return read(refused, () => {})
    this.taken = true
    this.upstream = read
    this.pump()
  }

  /** The socket is gone. Upstream is told even while it still owes an answer, which may never come. */
  stop(error: GossipError): void {
    const read = this.upstream
    this.upstream = null
    this.over = true
    this.stopped = error
    read?.(error, () => {})
  }

  private readonly pump = (): void => {
    const { socket } = this
    if (this.pumping) return
    this.pumping = true
    // What upstream has at once goes out in one system call.
    socket.cork()
    while (this.upstream && !this.asked && socket.writable && !socket.connecting && !socket.writableNeedDrain) this.pull(this.upstream)
    socket.uncork()
    this.pumping = false
  }

  private pull(read: Source<Uint8Array | string>): void {
    this.asked = true
    let answered = false
    read(null, (end, data) => {
      if (answered) return
      answered = true
      this.asked = false
      if (end) this.upstream = null
      if (this.socket.writable) this.write(end, data)
      if (end) {
        this.ended = true
        this.done()
      }
      this.pump()
    })
  }

  private write(end: Abort, data: Uint8Array | string | undefined): void {
    try {
      if (!end) this.socket.write(data as Uint8Array | string)
      else if (end === true) this.socket.end()
      else this.socket.destroy(end)
    } catch (cause) {
      const error = new GossipError('ERR_OPTION', 'a connection was given what is neither bytes nor text; it was dropped.', { cause })
      this.socket.destroy(error)
    }
  }
}
