/**
 * Holds a session's frame back until all that it may tell of is kept in the journal.
 *
 * A frame tells of the log as it stood when it was built. Waiting for that moment to be kept, rather than telling only what is kept by now, lets
 * cells through that are written more often than the disk is.
 */
import type { Frame } from '../wire/message.js'
import type { Gossip } from './gossip.js'

export class Gate {
  private waiting: { frame: Frame; end: number; moves: number } | null = null
  /** Whether a frame has gone through: the first is the hello, and nothing goes before that. */
  passed = false

  constructor(private readonly gossip: Gossip) {}

  /** Whether a frame waits. No other is built then. */
  get closed(): boolean {
    return this.waiting !== null
  }

  /** Whether all that is held is kept: a word that is not held back may tell of it. */
  get clear(): boolean {
    const { recorder, log } = this.gossip
    return recorder === null || recorder.keeps(log)
  }

  /** A frame that was built just now: goes at once, if it may. */
  put(frame: Frame): Frame | null {
    const { end, moves } = this.gossip.log
    this.waiting = { frame, end, moves }
    return this.take()
  }

  /** The frame that waits, if it may go. */
  take(): Frame | null {
    const { waiting, gossip: { recorder } } = this
    // While the journal cannot be written, frames are built of what is kept alone.
    if (waiting === null || (recorder !== null && recorder.failure === null && !recorder.keeps(waiting))) return null
    this.waiting = null
    this.passed = true
    return waiting.frame
  }
}
