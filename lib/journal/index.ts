/**
 * Journals on a disk: what `pull-gossip/journal` gives away.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { GossipError, isGossipError, shown } from '../errors.js'
import type { Durable, Journal } from '../gossip/journal.js'
import { withLimits } from '../limits.js'
import type { Limits } from '../limits.js'
import { checkKeys } from '../core/options.js'
import { realTime } from '../stream/time.js'
import { FileJournal } from './file.js'
import { Folder } from './folder.js'
import { Lock } from './lock.js'

export { check } from './check.js'
export type { Checked } from './check.js'
export { journalFaults } from './conformance.js'
export type { JournalSubject } from './conformance.js'
export type { Done, Durable, Entry, Journal, Source } from '../gossip/journal.js'

export type JournalOptions = {
  /**
   * When something counts as written. `sync`: once it is on the disk. `batch`, the default: once the system has it, which outlives the process;
   * on the disk, which outlives a loss of power, within `syncMs`.
   */
  durable?: Durable | undefined
  /** Of these `syncMs`, `journalRatio` and `journalBytesMin`. */
  limits?: Partial<Limits> | undefined
}

/**
 * Opens the journal in a folder, which is made if it is not there. Give it to `createStore({ journal })`, whose `close()` closes it.
 *
 * Rejects with `ERR_LOCKED` if a living process has it open, `ERR_JOURNAL` if it is of a newer format, `ERR_DISK` if the system does not let us,
 * `ERR_OPTION`.
 */
export async function openJournal(folder: string, options: JournalOptions = {}): Promise<Journal> {
  return journalIn(folder, options)
}

/**
 * The same at once.
 *
 * @internal
 */
export function journalIn(folder: string, options: JournalOptions = {}): Journal {
  checkKeys(options, ['durable', 'limits'], 'openJournal')
  const { durable = 'batch', limits } = options
  if (typeof folder !== 'string' || folder === '') throw new GossipError('ERR_OPTION', `a journal is opened in a folder, not in ${shown(folder)}.`)
  if (durable !== 'batch' && durable !== 'sync') throw new GossipError('ERR_OPTION', `durable must be 'batch' or 'sync', not ${shown(durable)}.`)
  const bounds = withLimits(limits)
  try {
    mkdirSync(folder, { recursive: true })
    const lock = Lock.take(folder)
    try {
      const journal = new FileJournal(new Folder(folder), { durable, boot: bootOf(), limits: bounds, after: realTime.after })
      journal.onClose = () => lock.free()
      return journal
    } catch (error) {
      lock.free()
      throw error
    }
  } catch (cause) {
    if (isGossipError(cause)) throw cause
    throw new GossipError('ERR_DISK', `the journal in ${folder} cannot be opened: ${(cause as Error).message}; nothing was changed.`, { cause })
  }
}

/** What Linux calls the time since it was started. */
function bootOf(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}
