/**
 * A journal in a database of abstract-level: classic-level on Node, browser-level in browsers. What `pull-gossip/level` gives away.
 *
 * The database keeps order, checksums and its own files; what is written in one batch is there as a whole or not at all. Writing all anew goes to
 * keys of another generation, which one last batch makes the one that counts. Whether a database is a copy, or was put back, cannot be known here: only peers
 * tell. Nor is it known whether the system went down, unless its boot id is given: then a stop without close begins a new life in `batch`.
 */
import { checkKeys } from '../core/options.js'
import { GossipError, shown } from '../errors.js'
import type { Done, Durable, Entry, Journal, Source } from '../gossip/journal.js'
import { withLimits } from '../limits.js'
import type { Limits } from '../limits.js'
import { realTime } from '../stream/time.js'
import { doubtAfter, Turns } from './turns.js'

export { journalFaults } from './conformance.js'
export type { JournalSubject } from './conformance.js'
export type { Done, Durable, Entry, Journal, Source } from '../gossip/journal.js'

/** The part of an open abstract-level database, or of a sublevel of one, that a journal needs. */
export type LevelDatabase = {
  open(): Promise<unknown>
  batch(operations: LevelOperation[], options: LevelEncodings & { sync: boolean }): Promise<unknown>
  iterator(options: LevelEncodings & { gte: string; lt: string }): { nextv(size: number): Promise<[string, string][]>; close(): Promise<unknown> }
  clear(options: LevelEncodings & { gte: string; lt: string }): Promise<unknown>
}

export type LevelOperation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string }

export type LevelEncodings = { keyEncoding: 'utf8'; valueEncoding: 'utf8' }

export type LevelOptions = {
  /**
   * When something counts as written: `batch`, the default, once the database has it; `sync` once it is on the disk, as far as the database does
   * what its option `sync` says. classic-level does; browser-level leaves it to the browser.
   */
  durable?: Durable | undefined
  /** What the system calls the time since it was started, such as Linux's /proc/sys/kernel/random/boot_id. Default: not known. */
  boot?: string | undefined
  /** Of these `syncMs`. */
  limits?: Partial<Limits> | undefined
}

/** The format of what is kept. */
const version = 1

const encodings: LevelEncodings = { keyEncoding: 'utf8', valueEncoding: 'utf8' }

/** All our keys begin so; those of a generation go on with its number. */
const headKey = 'journal'
const prefix = 'journal!'

/** Entries that are read, or written anew, in one go. */
const goMax = 1_000

/** Databases that a journal of this process uses. */
const used = new WeakSet<object>()

type Head = { version: number; generation: string; boot: string | null; durable: Durable; clean: boolean }

/**
 * Opens the journal in a database, or in a sublevel, that nothing else writes to. Give it to `createStore({ journal })`, whose `close()` closes the
 * journal; the database stays open, and is the caller's to close after that.
 *
 * One process, and in browsers one page, at a time may use it: classic-level sees to that, browser-level does not; take a Web Lock there.
 *
 * Rejects with `ERR_LOCKED` if a journal in this process uses it, `ERR_JOURNAL` if it is of a newer format or not ours, `ERR_DISK` if it cannot be
 * read, `ERR_OPTION`.
 */
export async function openLevel(db: LevelDatabase, options: LevelOptions = {}): Promise<Journal> {
  checkKeys(options, ['durable', 'boot', 'limits'], 'openLevel')
  const { durable = 'batch', boot = null, limits } = options
  const calls: (keyof LevelDatabase)[] = ['open', 'batch', 'iterator', 'clear']
  if (typeof db !== 'object' || db === null || !calls.every((call) => typeof db[call] === 'function')) {
    throw new GossipError('ERR_OPTION', `a journal is opened in a database of abstract-level 2 or later, not in ${shown(db)}.`)
  }
  if (durable !== 'batch' && durable !== 'sync') throw new GossipError('ERR_OPTION', `durable must be 'batch' or 'sync', not ${shown(durable)}.`)
  const { syncMs } = withLimits(limits)
  if (used.has(db)) throw new GossipError('ERR_LOCKED', 'a journal of this process uses the database; it was left as it is.')
  used.add(db)
  try {
    await db.open()
    const head = readHead((await readAll(db, headKey, prefix))[0]?.[1])
    const entries = head === null ? [] : await readAll(db, `${prefix}${head.generation}!`, `${prefix}${head.generation}"`)
    return new LevelJournal(db, { durable, boot, syncMs }, head, entries)
  } catch (cause) {
    used.delete(db)
    if (cause instanceof GossipError) throw cause
    throw new GossipError('ERR_DISK', `the database cannot be read: ${(cause as Error).message}; nothing was changed.`, { cause })
  }
}

class LevelJournal implements Journal {
  readonly durable: Durable
  readonly doubt: string | null
  readonly damaged = false
  source: Source | null = null
  onFault: ((error: Error) => void) | null = null
  private generation: string
  private started = false
  private readonly turns = new Turns('the database')
  private cancelSync: (() => void) | null = null

  constructor(
    private readonly db: LevelDatabase,
    private readonly options: { durable: Durable; boot: string | null; syncMs: number },
    head: Head | null,
    private entries: [key: string, value: string][]
  ) {
    this.durable = options.durable
    this.doubt = head === null ? 'there was no journal' : doubtAfter(head, head.clean, options.boot)
    this.generation = head?.generation ?? numbered(0)
  }

  load(each: (key: string, value: string | null) => void): void {
    const skip = this.place('').length
    for (const [key, value] of this.entries) each(key.slice(skip), value)
    this.entries = []
  }

  write(entries: readonly Entry[], done: Done): void {
    const operations = entries.map(([key, value]): LevelOperation => {
      return value === null ? { type: 'del', key: this.place(key) } : { type: 'put', key: this.place(key), value }
    })
    this.turns.take(async () => {
      if (operations.length === 0) return
      if (!this.started) operations.push(this.head(false))
      await this.put(operations, this.durable === 'sync')
      this.started = true
      if (this.durable === 'batch') this.syncSoon()
    }, done)
  }

  rewrite(done: Done): void {
    this.turns.take(async () => {
      const [before, next] = [this.generation, numbered(parseInt(this.generation, 36) + 1)]
      // One that was given up may have left something.
      await this.clear(next)
      let operations: LevelOperation[] = []
      for (const [key, value] of this.source?.entries() ?? []) {
        if (operations.push({ type: 'put', key: `${prefix}${next}!${key}`, value }) < goMax) continue
        await this.put(operations, false)
        operations = []
      }
      await this.put([...operations, this.head(false, next)], true)
      this.generation = next
      this.started = true
      await this.clear(before)
    }, done)
  }

  close(done: Done): void {
    if (this.turns.closed) return queueMicrotask(() => done(null))
    this.turns.take(async () => {
      this.turns.closed = true
      this.cancelSync?.()
      used.delete(this.db)
      if (this.started) await this.put([this.head(true)], true)
    }, done)
  }

  /** What is synced later takes with it what was written before. */
  private syncSoon(): void {
    this.cancelSync ??= realTime.after(this.options.syncMs, () => {
      this.cancelSync = null
      if (!this.turns.closed) this.turns.take(() => this.put([this.head(false)], true), (error) => {
        if (error !== null && !this.turns.closed) this.onFault?.(error)
      })
    }, true)
  }

  private async put(operations: LevelOperation[], sync: boolean): Promise<void> {
    await this.db.batch(operations, { ...encodings, sync })
  }

  private async clear(generation: string): Promise<void> {
    await this.db.clear({ ...encodings, gte: `${prefix}${generation}!`, lt: `${prefix}${generation}"` })
  }

  private head(clean: boolean, generation = this.generation): LevelOperation {
    const { boot, durable } = this.options
    return { type: 'put', key: headKey, value: JSON.stringify({ version, generation, boot, durable, clean } satisfies Head) }
  }

  private place(key: string): string {
    return `${prefix}${this.generation}!${key}`
  }
}

/** Generations sort as they follow each other. */
function numbered(generation: number): string {
  return generation.toString(36).padStart(8, '0')
}

async function readAll(db: LevelDatabase, gte: string, lt: string): Promise<[key: string, value: string][]> {
  const iterator = db.iterator({ ...encodings, gte, lt })
  const all: [string, string][] = []
  try {
    for (let some = await iterator.nextv(goMax); some.length > 0; some = await iterator.nextv(goMax)) for (const one of some) all.push(one)
  } finally {
    await iterator.close()
  }
  return all
}

/** @throws GossipError `ERR_JOURNAL` for a newer format, or what is none of ours. */
function readHead(text: string | undefined): Head | null {
  if (text === undefined) return null
  let head: Partial<Head> | null = null
  try {
    head = JSON.parse(text) as Partial<Head> | null
  } catch {
    // Told below.
  }
  if (head?.version === version && typeof head.generation === 'string' && typeof head.clean === 'boolean') return head as Head
  throw new GossipError('ERR_JOURNAL', `the database has a journal of format ${shown(head?.version)}, and this version knows ${version}; it was left as it is. Use the version that wrote it, or a newer one.`)
}
