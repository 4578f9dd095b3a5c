/**
 * A journal in a file: what is written goes to its end; when most of it is superseded, what holds is written to a new file that takes its place.
 *
 * The way of Bitcask (Sheehy, Smith 2010), but that the host's own memory is the index: it tells what holds, a little at a time, while batches
 * go to both files. The new file takes the old one's name only once it is on the disk, whole.
 */
import type { Done, Durable, Entry, Journal, Source } from '../gossip/journal.js'
import type { Limits } from '../limits.js'
import { Appender } from './appender.js'
import type { Disk } from './disk.js'
import { doubtOf, look, version } from './reading.js'
import { Records, tell } from './records.js'
import { Turns } from './turns.js'

const [main, fresh, kept] = ['journal', 'journal.new', 'journal.damaged']

/** So much of what holds is told and written in one go: about a millisecond. */
const chunkBytes = 1 << 16

/** A new file is synced every so often, so that the last sync, for which batches wait, is short. */
const syncBytes = 4 << 20

/** So many bytes of what holds are written for each one that a batch adds meanwhile: else a writer that is faster would never be caught up with. */
const pace = 2

/** By how much the file has grown when it is tried again to write it anew. */
const growth = 1.25

export type FileJournalOptions = {
  durable: Durable
  /** What the system calls the time since it was started; null if it has no name for that. */
  boot: string | null
  limits: Pick<Limits, 'syncMs' | 'journalRatio' | 'journalBytesMin'>
  /** Runs a function after a span; what it gives back prevents that. */
  after: (ms: number, run: () => void, idle?: boolean) => () => void
}

export class FileJournal implements Journal {
  readonly durable: Durable
  readonly doubt: string | null
  readonly damaged: boolean
  source: Source | null = null
  onFault: ((error: Error) => void) | null = null
  /** Bytes of the file that are whole. */
  private bytes: Uint8Array | null
  private file: Appender | null = null
  /** The file that takes the place of `file` when what holds is in it. */
  private next: Appender | null = null
  /** The file that has the name of the new one. */
  private named: Appender | null = null
  /** What is under way to fill `next`. */
  private filling: Promise<void> | null = null
  /** How often the source was asked: batches from before that are in what it tells. */
  private asked = 0
  /** Bytes of what holds that a batch waits for, and who is told when more of them are written. */
  private owed = 0
  private onFilled: (() => void) | null = null
  /** What is to be mended before anything is written: half a record stands at the end, the head is another file's, or the file is not to be trusted. */
  private broken: 'end' | 'head' | 'file' | null = null
  /** Whether the file tells that this process began to write to it. */
  private started = false
  private readonly turns = new Turns('the journal')
  private cancelSync: (() => void) | null = null
  /** Called when nothing of it is used any more. */
  onClose: (() => void) | null = null
  /** Below this size what holds is not written anew: it failed before. */
  private sizeMin = 0

  /** @throws GossipError `ERR_JOURNAL` for a file of a newer format. What the system throws is thrown. */
  constructor(private readonly disk: Disk, private readonly options: FileJournalOptions) {
    this.durable = options.durable
    disk.remove(fresh)
    const bytes = disk.read(main)
    const found = look(bytes ?? new Uint8Array(0))
    this.bytes = found.whole
    this.damaged = found.damaged
    if (bytes === null || found.damaged || found.head === null) {
      this.broken = found.damaged ? 'file' : null
      this.doubt = bytes === null ? 'there was no journal' : 'the journal is damaged'
      return
    }
    this.file = new Appender(disk.open(main, false), found.whole.length)
    this.file.count(found.puts, found.putBytes)
    const moved = found.head.file !== this.file.identity
    this.broken = moved ? 'head' : found.torn ? 'end' : null
    this.doubt = doubtOf(found, moved, options.boot)
  }

  load(each: (key: string, value: string | null) => void): void {
    const bytes = this.bytes ?? new Uint8Array(0)
    this.bytes = null
    tell(bytes, each)
  }

  write(entries: readonly Entry[], done: Done): void {
    const records = new Records()
    for (const [key, value] of entries) records.entry(key, value)
    const { asked } = this
    this.turns.take(async () => {
      if (!await this.mend(records) && records.size > 0) await this.append(records, asked)
    }, done)
  }

  rewrite(done: Done): void {
    this.turns.take(() => this.renew(this.source), done)
  }

  close(done: Done): void {
    if (this.turns.closed) return queueMicrotask(() => done(null))
    this.turns.take(async () => {
      this.turns.closed = true
      this.cancelSync?.()
      this.abandon(this.next)
      await this.filling
      const { file } = this
      try {
        if (file !== null && this.broken === null) await this.end(file)
      } finally {
        file?.close()
        this.onClose?.()
      }
    }, done)
  }

  /** Says whether records were written with that, before what the source tells, which is newer. */
  private async mend(records: Records): Promise<boolean> {
    const { source } = this
    if (this.broken === 'file' || (this.broken === 'head' && source !== null)) {
      await this.renew(source, records)
      return source !== null
    }
    // Where nothing was held, all comes with the batches.
    if (this.file === null) await this.renew(null)
    else if (this.broken !== null) this.file.cut()
    this.broken = null
    return false
  }

  /** Says that this process ends as it should. */
  private async end(file: Appender): Promise<void> {
    if (this.started) await file.append(new Records().add('e', ''))
    await file.sync()
  }

  private async append(records: Records, asked: number): Promise<void> {
    const file = this.file as Appender
    // What was in doubt is so until the first batch, which may begin a new life, is there as a whole.
    if (!this.started) this.start(records)
    const copy = this.next === null || asked < this.asked ? null : records.copy()
    await this.put(file, records)
    this.started = true
    if (this.durable === 'sync') await this.sync(file)
    else this.syncSoon()
    const { next } = this
    if (next !== null && copy !== null) await this.follow(next, copy)
    if (this.source !== null && this.next === null && this.filling === null && file.size > this.sizeMax(this.source, file)) this.compact(this.source)
  }

  /** The file that is to take the place of this one gets the same, and is filled faster than it grows. */
  private async follow(next: Appender, copy: Records): Promise<void> {
    this.owed += pace * copy.size
    await next.append(copy).catch(() => this.abandon(next))
    while (this.filling !== null && this.next === next && this.owed > 0) await new Promise<void>((resolve) => { this.onFilled = resolve })
  }

  private filled(bytes: number): void {
    this.owed = Math.max(0, this.owed - bytes)
    this.onFilled?.()
  }

  private async put(file: Appender, records: Records): Promise<void> {
    try {
      await file.append(records)
    } catch (error) {
      this.broken = 'end'
      throw error
    }
  }

  /** What failed to reach the disk may be gone, and a second try may succeed without it: only a new file is to be trusted. */
  private async sync(file: Appender): Promise<void> {
    try {
      await file.sync()
    } catch (error) {
      this.broken = 'file'
      throw error
    }
  }

  private syncSoon(): void {
    this.cancelSync ??= this.options.after(this.options.limits.syncMs, () => {
      this.cancelSync = null
      this.turns.take(async () => {
        if (this.file !== null && this.broken === null && this.file.unsynced > 0) await this.sync(this.file)
      }, (error) => this.complain(error))
    }, true)
  }

  private sizeMax({ size }: Source, file: Appender): number {
    const { journalRatio, journalBytesMin } = this.options.limits
    return Math.max(journalBytesMin, journalRatio * size * file.entryBytes, this.sizeMin)
  }

  /** Writes what holds to a new file while batches go on. If that fails the old one stays; it is tried again when it has grown. */
  private compact(source: Source): void {
    this.sizeMin = growth * (this.file as Appender).size
    this.owed = 0
    this.filling = this.fillNext(source).then((next) => {
      this.filling = null
      this.onFilled?.()
      if (next !== null) this.turns.take(() => this.replace(next), (error) => this.complain(error))
    })
  }

  /** The new file, with all that holds; null if it was given up. */
  private async fillNext(source: Source): Promise<Appender | null> {
    let next: Appender | null = null
    const wanted = (): boolean => this.next === next && this.named === next && !this.turns.closed
    try {
      next = this.next = await this.begin()
      await this.fill(next, source, wanted)
    } catch {
      this.abandon(next)
      return null
    }
    if (wanted()) return next
    this.abandon(next)
    return null
  }

  private async replace(next: Appender): Promise<void> {
    if (this.next !== next) return
    try {
      await this.adopt(next)
    } catch (error) {
      this.abandon(next)
      if (this.broken !== null) throw error
    }
  }

  private complain(error: Error | null): void {
    if (error !== null && !this.turns.closed) this.onFault?.(error)
  }

  /** Writes what holds to a new file, and lets nothing else be written meanwhile. */
  private async renew(source: Source | null, records = new Records()): Promise<void> {
    if (source === null && this.broken === 'file' && !this.damaged) throw new Error('its file cannot be trusted, and nobody tells what it held')
    this.abandon(this.next)
    const next = await this.begin()
    try {
      if (source !== null) {
        await next.append(records)
        await this.fill(next, source, () => true)
      }
      await this.adopt(next)
    } catch (error) {
      this.abandon(next)
      throw error
    }
  }

  private async fill(file: Appender, source: Source, wanted: () => boolean): Promise<void> {
    let records = new Records()
    this.asked += 1
    for (const [key, value] of source.entries()) {
      records.entry(key, value)
      const { size } = records
      if (size < chunkBytes) continue
      await file.append(records)
      this.filled(size)
      records = new Records()
      if (!wanted()) return
      if (file.unsynced > syncBytes) await file.sync()
    }
    await file.append(records)
    await file.sync()
  }

  private async begin(): Promise<Appender> {
    // One of the same name that was given up may still be written to.
    this.disk.remove(fresh)
    const file = this.named = new Appender(this.disk.open(fresh, true), 0)
    try {
      await file.append(this.start(new Records().add('h', JSON.stringify({ version, file: file.identity }))))
    } catch (error) {
      this.abandon(file)
      throw error
    }
    return file
  }

  private start(records: Records): Records {
    return records.add('s', JSON.stringify({ boot: this.options.boot, durable: this.durable }))
  }

  /** A new file takes the place of the old one. */
  private async adopt(next: Appender): Promise<void> {
    await next.sync()
    if (this.damaged && this.file === null) this.disk.link(main, kept)
    this.disk.rename(fresh, main)
    this.named = null
    this.file?.close()
    this.file = next
    this.next = null
    this.started = true
    this.sizeMin = 0
    this.broken = 'file'
    await this.disk.sync()
    this.broken = null
  }

  private abandon(file: Appender | null): void {
    if (file === null || file === this.file) return
    if (this.next === file) this.next = null
    file.close()
    if (this.named !== file) return
    this.named = null
    try {
      this.disk.remove(fresh)
    } catch {
      // It is taken away before another one is begun.
    }
  }
}
