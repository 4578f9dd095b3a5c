/**
 * A bus as a duplex pull-stream, and what happens between it and its peers as events, under verbose's names.
 *
 * The source gives what is heard from its first read on, `[event, ...args]`; the sink emits such arrays, at the pace at which the bus takes
 * them. Who reads slowly loses the oldest, and is told how many.
 */
import type { Gap } from '../core/station.js'
import { Emitter } from '../emitter.js'
import type { Events } from '../emitter.js'
import { GossipError, shown } from '../errors.js'
import type { Json } from '../json.js'
import type { Abort, Duplex, Source, SourceCallback } from '../pull.js'

/** An event as it is streamed. */
export type Emitted = [event: string, ...args: Json[]]

/** What is told of a bus and its peers. `this` is the stream in every listener. */
export type BusEvents = Events & {
  /** A listener threw, or a stream failed before its peer had said who it is. */
  error: [error: unknown]
  /** A peer said who it is, for the first time since it was last there. */
  connect: [host: string]
  /** A peer said who it is. */
  peerid: [host: string]
  /** A peer is in step: it holds what we held, and we what it did. */
  initialized: [host: string]
  /** What a peer says it has got moved. */
  acknowledge: [host: string]
  /** A peer is gone; with the error unless it was closed or its connection just ended. */
  disconnect: [host: string, error: Error | null]
  /** A peer that was away is back. */
  reconnect: [host: string]
  /** A peer cannot be reached: it is dialled again in `waitMs`. Until it was met, its address stands for it. */
  backoff: [whom: string, wait: { waitMs: number; failures: number; error: Error | null }]
  /** An event was heard, and whose it was, which listeners of the bus are not told. */
  hear: [event: Emitted, host: string]
  /** Events will never be heard here: nobody keeps them any more. */
  gap: [gap: Gap]
  /** An event was let go of that a host which is away, or everybody, has not got. */
  drop: [event: Emitted, host: string]
  /** The source was read too slowly: so many of the oldest were left out. */
  overflow: [count: number]
  /** The bus has ended. */
  end: []
}

/** What a stream needs of its bus. */
type Bus = { emit(args: Emitted): boolean; drained(): Promise<void> }

export class BusStream extends Emitter<BusEvents> implements Duplex<Emitted, unknown> {
  private readonly heard: Emitted[] = []
  private left = 0
  private reading = false
  private waiting: SourceCallback<Emitted> | null = null
  private ended: Abort = null
  private read: Source<unknown> | null = null

  constructor(private readonly bus: Bus, private readonly max: number) {
    super()
  }

  readonly source: Source<Emitted> = (abort, cb) => {
    if (abort) {
      this.endSource(abort)
      return cb(abort)
    }
    if (this.waiting !== null) return cb(new GossipError('ERR_BUSY', 'a second read came while one was open; the first goes on.'))
    this.reading = true
    const next = this.heard.shift()
    if (next !== undefined) this.tellLeft()
    if (next !== undefined) return cb(null, next)
    if (this.ended !== null) return cb(this.ended)
    this.waiting = cb
  }

  readonly sink = (read: Source<unknown>): void => {
    if (this.read !== null) throw new GossipError('ERR_BUSY', 'the sink of a stream takes one source; the first goes on.')
    this.read = read
    if (this.ended === null) this.pump(read)
    else read(this.ended, () => {})
  }

  /** An event was heard. */
  hear(event: Emitted): void {
    const { waiting } = this
    if (!this.reading || this.ended !== null) return
    if (waiting !== null) {
      this.waiting = null
      this.call(() => waiting(null, event))
      return
    }
    this.heard.push(event)
    if (this.heard.length <= this.max) return
    this.heard.shift()
    this.left += 1
  }

  /** The bus tells something. */
  tell<K extends keyof BusEvents>(event: K, ...args: BusEvents[K]): void {
    this.emit(event, ...args)
  }

  /** Whether somebody listens for errors; then it is told. */
  tellError(error: unknown): boolean {
    const heard = this.hears('error')
    if (heard) this.emit('error', error)
    return heard
  }

  /** Runs a listener of the user's. */
  run(listener: () => void): void {
    this.call(listener)
  }

  /** The bus has ended: what was heard can still be read. */
  end(): void {
    if (this.ended !== null) return
    this.ended = true
    const { waiting, read } = this
    this.waiting = null
    waiting?.(true)
    read?.(true, () => {})
    this.emit('end')
  }

  private endSource(reason: Exclude<Abort, null | false>): void {
    this.reading = false
    this.heard.length = 0
    const { waiting } = this
    this.waiting = null
    waiting?.(reason)
  }

  private tellLeft(): void {
    if (this.left === 0) return
    const count = this.left
    this.left = 0
    this.emit('overflow', count)
  }

  /** Emits what a source gives; one that answers at once is read in a loop, not in depth. */
  private pump(read: Source<unknown>): void {
    let looping = false
    let again = true
    const next = (): void => {
      again = true
      if (looping) return
      looping = true
      while (again && this.ended === null) {
        again = false
        read(null, (end, given) => {
          if (!end) this.take(read, given, next)
        })
      }
      looping = false
    }
    next()
  }

  private take(read: Source<unknown>, given: unknown, next: () => void): void {
    try {
      if (!isEmitted(given)) throw new GossipError('ERR_OPTION', `the sink of a bus takes arrays that begin with the name of an event, not ${shown(given)}; nothing was emitted.`)
      if (this.bus.emit(given)) return next()
    } catch (error) {
      read(error as Error, () => {})
      return this.call(() => {
        throw error
      })
    }
    void this.bus.drained().then(next)
  }
}

function isEmitted(given: unknown): given is Emitted {
  return Array.isArray(given) && typeof given[0] === 'string'
}
