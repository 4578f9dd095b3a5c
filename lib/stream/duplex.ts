/**
 * A session as a duplex pull-stream: what it says is pulled, what it hears is read.
 *
 * It survives neighbours that keep the rules badly: when its sink ends its source ends too, a second read while one is open is answered
 * with an error and harms nothing, and a neighbour that answers twice is heard once. A bye is given time to be read; then all is cut.
 */
import { GossipError, isGossipError } from '../errors.js'
import type { Session } from '../gossip/session.js'
import type { Abort, Duplex, Source, SourceCallback } from '../pull.js'
import { sizeOf } from '../wire/codec.js'
import type { Frame } from '../wire/message.js'
import type { Time } from './time.js'

/** The least span of a timer: what is due at once is done at once, the rest may wait for this. */
const spanMsMin = 1

/** What a frame is told to: `<` came in, `>` goes out. */
export type Trace = (way: '<' | '>', frame: unknown) => void

export class SessionStream implements Duplex<Frame, unknown> {
  /** Bytes of the frames that our codec decoded and encoded; 0 through another codec. */
  bytesIn = 0
  private bytesEncoded = 0
  private lastOut: Frame | null = null
  private waiting: SourceCallback<Frame> | null = null
  private ended: Abort = null
  private read: Source<unknown> | null = null
  private readEnded = false
  private timer: { at: number; cancel: () => void } | null = null
  private cutting: (() => void) | null = null
  private woken = false
  private finished = false
  /** Reads on at once, where a read waits. */
  private resume: (() => void) | null = null

  constructor(
    readonly session: Session,
    private readonly time: Time,
    private readonly onDone: () => void,
    /** Told every frame, if anybody wants to know. */
    private readonly trace: Trace | null = null
  ) {
    session.onWake = () => this.wake()
    this.arm()
  }

  get bytesOut(): number {
    return this.bytesEncoded + (this.lastOut === null ? 0 : sizeOf(this.lastOut) ?? 0)
  }

  readonly source: Source<Frame> = (abort, cb) => {
    if (abort) return this.abort(abort, cb)
    if (this.waiting !== null) return cb(new GossipError('ERR_BUSY', 'a second read came while one was open; the first goes on.'))
    this.waiting = cb
    this.serve()
  }

  readonly sink = (read: Source<unknown>): void => {
    if (this.read !== null) throw new GossipError('ERR_BUSY', 'the sink of a stream takes one source; the first goes on.')
    this.read = read
    if (this.ended === null) this.pump(read)
    else this.abortRead()
  }

  /** Ends both ways at once. */
  private cut(): void {
    this.ended ??= true
    this.session.end(null)
    this.abortRead(new GossipError('ERR_TIMEOUT', 'the peer did not take the end of the session in time; the stream was cut.'))
    this.serve()
    this.finish()
  }

  private wake(): void {
    if (this.woken) return
    this.woken = true
    this.time.soon(() => {
      this.woken = false
      this.serve()
      if (this.session.state !== 'open') this.wind()
    })
  }

  /** Answers the open read, if there is something to say. */
  private serve(): void {
    const cb = this.waiting
    // Who was just heard falls silent at another moment than it would have, whether or not it reads.
    if (cb === null) return this.arm()
    const frame = this.ended === null ? this.session.pull(this.time.now()) : 'ended'
    if (frame !== null && frame !== 'ended') this.trace?.('>', frame)
    // What was told to somebody may have made them abort: then the read is answered.
    if (this.waiting !== cb) return
    if (frame === null) return this.arm()
    this.waiting = null
    if (frame === 'ended') {
      this.ended ??= true
      cb(this.ended)
      this.finish()
    } else {
      this.bytesEncoded = this.bytesOut
      this.lastOut = frame
      cb(null, frame)
    }
  }

  private abort(abort: Exclude<Abort, null | false>, cb: SourceCallback<Frame>): void {
    this.ended ??= abort
    this.session.end(abort === true ? null : abort)
    this.abortRead()
    const waiting = this.waiting
    this.waiting = null
    waiting?.(abort)
    cb(abort)
    this.finish()
  }

  /**
   * Reads until the other side ends, or we do; a source that answers at once is read in a loop, not in depth. What still comes when the
   * session is over is thrown away, but not faster than it takes to cut.
   */
  private pump(read: Source<unknown>): void {
    let looping = false
    let again = true
    const next = (): void => {
      if (this.readEnded) return
      again = true
      if (looping) return
      looping = true
      while (again) {
        again = false
        let answered = false
        read(null, (end, frame) => {
          if (answered || this.readEnded) return
          answered = true
          if (end) return this.stop(end)
          this.take(frame)
          this.again(next)
        })
      }
      looping = false
    }
    next()
  }

  /** Reads on: at once, or when the peer may go on. */
  private again(next: () => void): void {
    if (this.session.state !== 'open') return void this.time.after(spanMsMin, next)
    const waitMs = this.session.pace.wait()
    if (waitMs === 0) return next()
    const go = (): void => {
      this.resume = null
      next()
    }
    const cancel = this.time.after(waitMs, go)
    this.resume = () => {
      cancel()
      go()
    }
  }

  private take(frame: unknown): void {
    if (typeof frame === 'object' && frame !== null) this.bytesIn += sizeOf(frame) ?? 0
    this.trace?.('<', frame)
    this.session.receive(frame, this.time.now())
  }

  private stop(end: Exclude<Abort, null | false>): void {
    this.readEnded = true
    // Through a codec of ours a bad frame is an end with its code: the other way may still carry the bye.
    if (isGossipError(end) && (end.code === 'ERR_FRAME' || end.code === 'ERR_SIZE')) this.session.fail(end)
    else this.session.end(end === true ? null : end)
    this.wake()
    this.finish()
  }

  private abortRead(reason: Exclude<Abort, null | false> = true): void {
    if (this.readEnded || this.read === null) return
    this.readEnded = true
    this.read(reason, () => {})
  }

  /** The session is over: its last word is given time, then everything is cut. */
  private wind(): void {
    this.resume?.()
    this.timer?.cancel()
    this.timer = null
    if (this.cutting === null && !this.finished) this.cutting = this.time.after(this.session.gossip.limits.closeMs, () => this.cut())
  }

  private get done(): boolean {
    return this.ended !== null && (this.readEnded || this.read === null)
  }

  private finish(): void {
    if (this.finished || (!this.done && !(this.session.state === 'closed' && this.readEnded))) return
    this.finished = true
    this.resume?.()
    this.cutting?.()
    this.cutting = null
    this.timer?.cancel()
    this.timer = null
    this.onDone()
  }

  private arm(): void {
    const { session, time } = this
    const at = Math.min(session.deadlineAt, this.waiting === null ? Infinity : session.wordAt)
    if (at === Infinity || (this.timer !== null && this.timer.at <= at)) return
    this.timer?.cancel()
    const cancel = time.after(Math.max(spanMsMin, at - time.now()), () => {
      this.timer = null
      session.tick(time.now())
      this.serve()
      this.arm()
    })
    this.timer = { at, cancel }
  }
}
