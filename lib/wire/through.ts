/**
 * The manners of a through, whatever it does with what passes.
 *
 * One question at a time; an abort goes upstream and is answered after the question that it cut short; an error of the step aborts
 * upstream and ends downstream; one end for good. A loop takes the place of recursion, so that upstream may answer at once.
 */
import { GossipError, isGossipError } from '../errors.js'
import type { Abort, Source, SourceCallback } from '../pull.js'

/** What `take` answers when it has nothing: no value that may pass. */
export const none = Symbol('none')

/** What a through does; each method may throw a GossipError, which ends the stream. */
export interface Step<In, Out> {
  /** Takes in what upstream gave. Is called only when `take` had nothing left. */
  put(data: In): void
  /** Gives what is ready. */
  take(): Out | typeof none
  /** Upstream has ended well. What `take` still has is given before the end. */
  close(): void
}

/** The source that a step makes of another. */
export function through<In, Out>(read: Source<In>, step: Step<In, Out>): Source<Out> {
  return new Manners(read, step).source
}

class Manners<In, Out> {
  private asking: SourceCallback<Out> | null = null
  private ended: Abort = null
  private dry: Abort = null

  constructor(private readonly read: Source<In>, private readonly step: Step<In, Out>) {}

  readonly source: Source<Out> = (abort, cb) => {
    if (abort) return this.abort(abort, cb)
    if (this.asking) return cb(new GossipError('ERR_BUSY', 'a codec was asked while its last question was open; that one stands.'))
    if (this.ended) return cb(this.ended)
    this.asking = cb
    this.pump()
  }

  private abort(reason: Abort, cb: SourceCallback<Out>): void {
    const over = this.ended ?? this.dry
    this.ended ??= reason
    const done = () => {
      this.answer(this.ended)
      cb(this.ended)
    }
    if (over) done()
    else this.read(reason, done)
  }

  private pump(): void {
    while (this.asking && this.give());
  }

  /** Answers from what is at hand, or asks upstream; whether there is more to do at once. */
  private give(): boolean {
    let out: Out | typeof none
    try {
      out = this.step.take()
    } catch (error) {
      this.fail(error)
      return false
    }
    if (out === none && !this.dry) return this.pull()
    if (out === none) this.answer(this.dry)
    else this.answer(null, out)
    return false
  }

  private pull(): boolean {
    let answered = false
    let within = true
    this.read(null, (end, data) => {
      if (answered) return
      answered = true
      this.put(end, data)
      if (!within) this.pump()
    })
    within = false
    return answered
  }

  private put(end: Abort, data: In | undefined): void {
    if (this.ended) return this.answer(this.ended)
    if (end) this.dry = end
    try {
      if (!end) this.step.put(data as In)
      else if (end === true) this.step.close()
    } catch (error) {
      this.fail(error)
    }
  }

  private fail(error: unknown): void {
    if (!isGossipError(error)) throw error
    this.ended = error
    // Not waited for: a neighbour that swallows aborts must not hide the error.
    if (!this.dry) this.read(error, () => {})
    this.answer(error)
  }

  private answer(end: Abort, data?: Out): void {
    const cb = this.asking
    this.asking = null
    if (end) this.ended = end
    cb?.(end, data)
  }
}
