/**
 * Stores in virtual time, and a peer played by hand, frame by frame.
 */
import {
  createStore, isGossipError, type Abort, type Duplex, type Frame, type Source, type SourceCallback, type Store, type StoreOptions
} from '../index.js'
import type { Clock } from './clock.js'

/** A store on that clock. */
export function storeAt(clock: Clock, host: string, options: Partial<StoreOptions> = {}): Store {
  return createStore({ host, time: clock, now: clock.date, ...options })
}

/** Several stores on that clock. */
export function storesAt<Hosts extends string[]>(clock: Clock, ...hosts: Hosts): { [I in keyof Hosts]: Store } {
  return hosts.map((host) => storeAt(clock, host)) as { [I in keyof Hosts]: Store }
}

type Stream = Duplex<Frame, unknown>

/** Joins two streams as they are. */
export function join(left: Stream, right: Stream): void {
  left.sink(right.source)
  right.sink(left.source)
}

/** The code of one of our errors, and anything else as text. */
export function codeOf(error: unknown): string {
  return isGossipError(error) ? error.code : String(error)
}

/** A peer played by hand: says what it is told to, and hears everything at once unless `deaf`. */
export class Hand {
  readonly heard: Frame[] = []
  /** How our source ended; null while it goes on. */
  ended: Abort = null
  /** How the stream aborted what we say; null if it did not. */
  aborted: Abort = null
  private readonly toSay: unknown[] = []
  private end: Abort = null
  private asking: SourceCallback<unknown> | null = null

  constructor(stream: Stream, { deaf = false }: { deaf?: boolean } = {}) {
    stream.sink(this.source)
    if (!deaf) this.hear(stream.source)
  }

  /** Says hello as `host`, knowing nothing. */
  hello(host = 'hand', more: object = {}): this {
    return this.say({ v: 1, h: host, i: '1', x: 'nothing', ...more })
  }

  say(frame: unknown): this {
    this.toSay.push(frame)
    this.answer()
    return this
  }

  /** Ends what we say. */
  stop(reason: Exclude<Abort, null | false> = true): this {
    this.end = reason
    this.answer()
    return this
  }

  private readonly source: Source<unknown> = (abort, cb) => {
    if (abort) {
      this.aborted = abort
      const { asking } = this
      this.asking = null
      asking?.(abort)
      return cb(abort)
    }
    this.asking = cb
    this.answer()
  }

  private answer(): void {
    const { asking } = this
    if (asking === null || (this.toSay.length === 0 && this.end === null)) return
    this.asking = null
    if (this.toSay.length > 0) asking(null, this.toSay.shift())
    else asking(this.end)
  }

  private hear(source: Source<Frame>): void {
    source(null, (end, frame) => {
      if (end) {
        this.ended = end
        return
      }
      this.heard.push(frame as Frame)
      this.hear(source)
    })
  }
}
