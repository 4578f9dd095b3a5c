/**
 * One direction of a simulated connection: bytes take time, come in order, and are lost together when it breaks.
 */
import { GossipError } from '../errors.js'
import type { Abort, Source, SourceCallback } from '../pull.js'
import type { VirtualClock } from './clock.js'

/** What bytes meet on their way. */
export type Road = {
  /** How long a chunk is under way; drawn for each, and never overtaken. */
  latencyMs: () => number
  /** How fast they leave. */
  bytesPerMs: number
  /** Bytes on their way or unread at the other end, beyond which the sender is not asked for more. */
  windowBytes: number
}

type End = Exclude<Abort, null | false>

export class Pipe {
  /** Bytes that came through. */
  bytes = 0
  /** Chunks that came through: frames, as our codec gives them. */
  chunks = 0
  /** Nothing comes through, though nobody is told. */
  silent = false
  private open = true
  private asking = false
  private readonly flight: Uint8Array[] = []
  private readonly unread: Uint8Array[] = []
  private held: Uint8Array[] = []
  private heldEnd: End | null = null
  private underWay = 0
  private freeAt = 0
  private lastAt = 0
  private ended: End | null = null
  private reading: SourceCallback<Uint8Array> | null = null

  constructor(
    private readonly clock: VirtualClock,
    private readonly road: Road,
    private readonly from: Source<Uint8Array>,
    /** Told each chunk that comes out. */
    private readonly onChunk: (chunk: Uint8Array) => void
  ) {}

  /** What the receiver reads. */
  readonly source: Source<Uint8Array> = (abort, cb) => {
    if (abort) {
      this.end(abort)
      if (this.open) this.abort(abort)
      this.break(false)
      this.unread.length = 0
      return cb(abort)
    }
    if (this.reading !== null) return cb(new GossipError('ERR_BUSY', 'a second read came while one was open; the first goes on.'))
    this.reading = cb
    this.give()
    this.ask()
  }

  /** Breaks: what is under way is lost, but for half a chunk if `partial`. Nobody is told by that. */
  break(partial: boolean): void {
    if (!this.open) return
    const torn = this.flight[0]
    if (partial && torn !== undefined && !this.silent) this.unread.push(torn.subarray(0, torn.length >> 1))
    this.open = false
    this.flight.length = 0
    this.held = []
  }

  /** Tells the receiver that no more will come, once it has read what did. */
  end(reason: End): void {
    this.ended ??= reason
    this.give()
  }

  /** Tells the sender that no more will be asked for. */
  abort(reason: End): void {
    this.from(reason, () => {})
  }

  /** What was held back while nothing came through comes now, as over a network that was away for a while. */
  speak(): void {
    this.silent = false
    for (const chunk of this.held.splice(0)) this.arrive(chunk)
    if (this.heldEnd !== null) this.end(this.heldEnd)
  }

  /** Bytes on their way or unread. */
  get load(): number {
    return this.underWay
  }

  private ask(): void {
    if (this.asking || !this.open || this.underWay >= this.road.windowBytes) return
    this.asking = true
    this.from(null, (end, chunk) => {
      this.asking = false
      if (!this.open) return
      if (end) return this.finish(end)
      this.send(chunk as Uint8Array)
      this.ask()
    })
  }

  private send(chunk: Uint8Array): void {
    const { clock, road } = this
    this.underWay += chunk.length
    this.flight.push(chunk)
    this.freeAt = Math.max(this.freeAt, clock.now()) + chunk.length / road.bytesPerMs
    this.lastAt = Math.max(this.lastAt, this.freeAt + road.latencyMs())
    clock.after(this.lastAt - clock.now(), () => this.land())
  }

  /** The next of those under way is there: whose timer it was does not matter, since two of one moment may be rounded apart. */
  private land(): void {
    const chunk = this.flight.shift()
    if (!this.open || chunk === undefined) return
    if (this.silent) this.held.push(chunk)
    else this.arrive(chunk)
  }

  /** The sender's end comes through behind all that it sent. */
  private finish(reason: End): void {
    const at = Math.max(this.lastAt, this.clock.now())
    this.clock.after(at - this.clock.now(), () => {
      while (this.flight.length > 0) this.land()
      this.open = false
      if (this.silent) this.heldEnd = reason
      else this.end(reason)
    })
  }

  private arrive(chunk: Uint8Array): void {
    this.bytes += chunk.length
    this.chunks += 1
    this.onChunk(chunk)
    this.unread.push(chunk)
    this.give()
  }

  private give(): void {
    const cb = this.reading
    if (cb === null) return
    const chunk = this.unread.shift()
    if (chunk === undefined && this.ended === null) return
    this.reading = null
    if (chunk === undefined) return cb(this.ended)
    this.underWay -= chunk.length
    cb(null, chunk)
    this.ask()
  }
}
