/**
 * What a host is remembered in: keys and values that survive the process.
 *
 * A journal knows nothing of changes (the recorder does). It comes in as an object: files on Node, a database of users', a model of a bad disk.
 */

/** When something counts as written: `sync`, once it is on the disk; `batch`, once the system has it, and on the disk soon after. */
export type Durable = 'sync' | 'batch'

/** A key, which holds no newline, and its value; null takes the key away. */
export type Entry = readonly [key: string, value: string | null]

/** All that is to be kept, as it is now: what a journal writes anew when what was superseded has grown too large. */
export interface Source {
  /** About how many entries there are. */
  readonly size: number
  /** They are asked for one by one, while entries are written: what was told by then may be told anew, never be left out. */
  entries(): Iterable<readonly [key: string, value: string]>
}

/** Called once, when something is done or has failed. */
export type Done = (error: Error | null) => void

export interface Journal {
  readonly durable: Durable
  /** Why more may have been told to peers than is kept here, in words; null if that cannot be. It stays so for the next process, unless this one wrote. */
  readonly doubt: string | null
  /** Whether what is kept ends at a damage, so that nothing may be concluded from it but what it says. */
  readonly damaged: boolean
  /** Set by whoever writes. */
  source: Source | null
  /** Told of an error that belongs to no call: what was written may not be on the disk. */
  onFault: ((error: Error) => void) | null
  /** Tells what is kept; of one key a later entry takes the place of an earlier one. Once, before the first write. */
  load(each: (key: string, value: string | null) => void): void
  /**
   * Writes entries, in order, and calls back, later, when they count as written. After a crash a part of them may be kept, but none without
   * those before it.
   *
   * With an error, `ERR_DISK`, none of them counts. The next call tries to mend what is broken; one without entries does nothing else.
   */
  write(entries: readonly Entry[], done: Done): void
  /** Writes what the source tells in the place of all that is kept, in one step: after a crash it is either. Fails with `ERR_DISK`. */
  rewrite(done: Done): void
  /** Puts everything on the disk and lets go of it. Fails with `ERR_DISK`: then the next start takes it for a crash. */
  close(done: Done): void
}
