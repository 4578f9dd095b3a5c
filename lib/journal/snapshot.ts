/**
 * What the journal in a folder holds at a moment, to be read: without a lock, and without a change. What a store writes to it is kept nowhere.
 */
import { GossipError } from '../errors.js'
import type { Done, Entry, Journal, Source } from '../gossip/journal.js'
import { Folder } from './folder.js'
import { holderOf, lockedBy } from './lock.js'
import { look } from './reading.js'
import { tell } from './records.js'

export class Snapshot implements Journal {
  readonly durable = 'sync'
  /** A store over it tells nobody anything: whose life it is does not matter. */
  readonly doubt = null
  readonly damaged: boolean
  source: Source | null = null
  onFault: ((error: Error) => void) | null = null
  private readonly whole: Uint8Array

  /** @throws GossipError `ERR_LOCKED` if a living process has it open, `ERR_JOURNAL` if it is of a newer format, `ERR_DISK`. */
  constructor(folder: string) {
    const holder = holderOf(folder)
    if (holder !== null) throw lockedBy(folder, holder)
    try {
      const { whole, damaged } = look(new Folder(folder).read('journal') ?? new Uint8Array(0))
      this.whole = whole
      this.damaged = damaged
    } catch (cause) {
      if (cause instanceof GossipError) throw cause
      throw new GossipError('ERR_DISK', `the journal in ${folder} cannot be read: ${(cause as Error).message}.`, { cause })
    }
  }

  load(each: (key: string, value: string | null) => void): void {
    tell(this.whole, each)
  }

  write(_: readonly Entry[], done: Done): void {
    queueMicrotask(() => done(null))
  }

  rewrite(done: Done): void {
    queueMicrotask(() => done(null))
  }

  close(done: Done): void {
    queueMicrotask(() => done(null))
  }
}
