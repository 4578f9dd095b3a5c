/**
 * A WebSocket as a duplex pull-stream, for tests: the browser's own, and `ws` in Node, which offers the same interface.
 *
 * A WebSocket has no half close, so both directions end together: with the upstream of the sink, with the peer's close, or a while
 * after the source was aborted. What goes out waits while much is still under way (`bufferedAmount`); what comes in cannot be made
 * to wait, since no browser lets one, and is queued until it is read.
 */
import { GossipError } from '../lib/errors.js'
import { limits } from '../lib/limits.js'
import type { Abort, Duplex, Source, SourceCallback } from '../lib/pull.js'

export type Bytes = Uint8Array | string

/** As much of a WebSocket as is used here. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: Bytes): void
  close(code: number): void
  addEventListener(type: 'open' | 'error', listen: () => void): void
  addEventListener(type: 'message', listen: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listen: (event: { code: number }) => void): void
}

const open = 1
/** Codes of a close: the end was wanted, the page went away, and ours for an end because of an error. */
const wanted = 1000
const away = 1001
const failed = 4000
/** While so much is under way nothing more is pulled; there is no event for less, so it is looked at again after a while. */
const underWayMax = limits.batchBytes
const lookMs = 10

/** Makes a duplex of a WebSocket, which from then on is the duplex's alone. */
export function duplexOf(socket: WebSocketLike): Duplex<Bytes, Bytes> {
  let linger: ReturnType<typeof setTimeout> | undefined
  const writer = new Writer(socket)
  const reader = new Reader((reason) => {
    // What the sink still has to say may be a bye.
    linger ??= setTimeout(() => socket.close(reason === true ? wanted : failed), limits.closeMs)
  })
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => writer.pump())
  socket.addEventListener('message', ({ data }) => reader.put(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)))
  // A close follows every error and says the same; without a listener here `ws` would throw it.
  socket.addEventListener('error', () => {})
  socket.addEventListener('close', ({ code }) => {
    clearTimeout(linger)
    const end = code === wanted || code === away ? true : broken(code)
    reader.end(end)
    writer.stop(end)
  })
  return { source: reader.source, sink: writer.sink }
}

function broken(code: number): GossipError {
  return new GossipError('ERR_RESET', `the WebSocket was closed with code ${code}; what was under way may be lost.`)
}

/** What comes in: queued until it is asked for, thrown away once aborted. */
class Reader {
  private readonly queue: Bytes[] = []
  private ended: Abort = null
  private asking: SourceCallback<Bytes> | null = null

  constructor(private readonly onAbort: (reason: Exclude<Abort, null | false>) => void) {}

  readonly source: Source<Bytes> = (abort, cb) => {
    if (abort) {
      const over = this.ended !== null
      this.queue.length = 0
      this.end(abort)
      cb(abort)
      return over ? undefined : this.onAbort(abort)
    }
    if (this.asking !== null) return cb(new GossipError('ERR_BUSY', 'a WebSocket was read while a read was open; that one stands.'))
    this.asking = cb
    this.give()
  }

  put(data: Bytes): void {
    if (this.ended !== null) return
    this.queue.push(data)
    this.give()
  }

  end(end: Abort): void {
    this.ended ??= end
    this.give()
  }

  private give(): void {
    const cb = this.asking
    const data = this.queue[0]
    if (cb === null || (data === undefined && this.ended === null)) return
    this.asking = null
    this.queue.shift()
    if (data === undefined) cb(this.ended)
    else cb(null, data)
  }
}

/** What goes out: pulled while the socket is open and little is under way. */
class Writer {
  private upstream: Source<Bytes> | null = null
  private taken = false
  private stopped: Abort = null
  private asked = false
  private pumping = false
  private look: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly socket: WebSocketLike) {}

  readonly sink = (read: Source<Bytes>): void => {
    if (this.taken) throw new GossipError('ERR_BUSY', 'a WebSocket was given a second source; the first stands.')
    this.taken = true
    if (this.stopped) return read(this.stopped, () => {})
    this.upstream = read
    this.pump()
  }

  /** The socket is closed: upstream is told even while it still owes an answer. */
  stop(end: Abort): void {
    const read = this.upstream
    clearTimeout(this.look)
    this.stopped = end
    this.upstream = null
    read?.(end, () => {})
  }

  pump(): void {
    if (this.pumping) return
    this.pumping = true
    while (this.upstream !== null && !this.asked && this.socket.readyState === open) {
      if (this.socket.bufferedAmount > underWayMax) {
        this.lookAgain()
        break
      }
      this.pull(this.upstream)
    }
    this.pumping = false
  }

  private lookAgain(): void {
    this.look ??= setTimeout(() => {
      this.look = undefined
      this.pump()
    }, lookMs)
  }

  private pull(read: Source<Bytes>): void {
    this.asked = true
    read(null, (end, data) => {
      this.asked = false
      if (this.upstream === null) return
      if (end) this.upstream = null
      if (end) this.socket.close(end === true ? wanted : failed)
      else this.socket.send(data as Bytes)
      this.pump()
    })
  }
}
