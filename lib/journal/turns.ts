/**
 * What journals of all sorts have in common: one thing is done after the other, what fails is an error of ours, and what is known of how the last
 * process ended.
 */
import { GossipError } from '../errors.js'
import type { Done, Durable } from '../gossip/journal.js'

export class Turns {
  closed = false
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    /** What is written to, in words. */
    private readonly what: string
  ) {}

  /** Runs something when all before it is done, unless it is closed by then. */
  take(run: () => Promise<void>, done: Done): void {
    this.last = this.last.then(async () => {
      let failed: Error | null = null
      try {
        if (this.closed) throw new GossipError('ERR_CLOSED', 'the journal is closed; nothing was written.')
        await run()
      } catch (error) {
        failed = this.faultOf(error)
      }
      done(failed)
    })
  }

  private faultOf(cause: unknown): GossipError {
    if (cause instanceof GossipError) return cause
    const why = cause instanceof Error ? cause.message : String(cause)
    return new GossipError('ERR_DISK', `${this.what} could not be written: ${why}; what is held is kept in memory, and it is tried again.`, { cause })
  }
}

/** Why what was told may not be here, where the last process to write wrote so, and this is the system's start now; null if that cannot be. */
export function doubtAfter(last: { boot: string | null; durable: Durable }, isClosed: boolean, boot: string | null): string | null {
  if (isClosed || last.durable === 'sync') return null
  if (boot === null || last.boot === null) return 'the journal was not closed, and it cannot be known whether the system went on'
  return last.boot === boot ? null : 'the system went down before the journal was closed'
}
