/**
 * A model of journals in virtual time: what they promise, and nothing beyond it.
 *
 * A write takes time. A crash leaves of the one under way any part, in order; so does one that fails, until the next that does not. Of a loss of
 * power only what was synced is sure.
 */
import { GossipError } from '../errors.js'
import type { Done, Durable, Entry, Journal, Source } from '../gossip/journal.js'
import type { Time } from '../stream/time.js'
import type { Chance } from './chance.js'

/** How journals of simulated hosts are. */
export type ShelfOptions = {
  durable?: Durable
  /** How long a write takes, on an average. Default 2 ms. */
  writeMs?: number
  /** How long what the system has may wait for the disk, in batches. Default 100 ms. */
  syncMs?: number
}

/** What a host's journals keep, from one process to the next. */
export class Shelf {
  /** Whether writes fail. */
  full = false
  private kept = new Map<string, string>()
  /** What is on the disk, in batches: the rest is lost with the power. */
  private synced = new Map<string, string>()
  /** What may be there, or not, after a crash. */
  private tail: readonly Entry[] = []
  private clean = false
  private doubt: string | null = 'there was no journal'
  private age = 0

  constructor(
    private readonly chance: Chance,
    private readonly options: ShelfOptions = {}
  ) {}

  /** Opens what is kept, for a process in that time. */
  open(time: Time): Journal {
    const { durable = 'batch', writeMs = 2, syncMs = 100 } = this.options
    const { chance, age, doubt } = this
    const turn: (() => void)[] = []
    let closed = false
    const next = (): void => {
      const run = turn[0]
      if (run !== undefined) time.after(chance.span(writeMs), () => {
        if (this.age !== age) return
        run()
        turn.shift()
        next()
      })
    }
    const later = (run: () => void): void => {
      if (turn.push(run) === 1) next()
    }
    const journal: Journal = {
      durable, doubt, damaged: false, source: null, onFault: null,
      load: (each) => {
        for (const [key, value] of chance.shuffled([...this.kept])) each(key, value)
      },
      write: (entries, done) => {
        later(() => {
          if (closed) return done(new GossipError('ERR_CLOSED', 'the simulated journal is closed; nothing was written.'))
          this.take(entries, done)
          if (durable === 'batch') time.after(syncMs, () => {
            if (this.age === age) this.synced = new Map(this.kept)
          })
        })
        // Of a batch before that failed a part may be there as well; this one begins with all of it.
        this.tail = entries
      },
      rewrite: (done) => later(() => this.renew(journal.source, done)),
      close: (done) => later(() => {
        closed = true
        this.clean = !this.full
        this.synced = new Map(this.kept)
        done(null)
      })
    }
    this.clean = false
    return journal
  }

  /** The process is gone. */
  crash(): void {
    this.age += 1
    // Where there was nothing, nothing was told either.
    if (this.kept.size === 0 && this.tail.length > 0) this.doubt = null
    put(this.kept, this.tail.slice(0, this.chance.whole(0, this.tail.length)))
    this.tail = []
  }

  /** The power is gone. */
  blackout(): void {
    this.crash()
    if (this.options.durable === 'sync' || this.clean) return
    this.kept = new Map(this.synced)
    this.doubt = 'the system went down before the journal was closed'
  }

  /** A copy of what is kept now: a backup. */
  copy(): ReadonlyMap<string, string> {
    return new Map(this.kept)
  }

  /** Keys are lost, and nothing tells: no checksum, no end of a batch. */
  lose(isLost: (key: string) => boolean): void {
    for (const map of [this.kept, this.synced]) for (const key of map.keys()) if (isLost(key)) map.delete(key)
  }

  /** A backup is put back, in the place of what is kept; `known` if its journal is not told from the one that it was. */
  putBack(backup: ReadonlyMap<string, string>, known: boolean): void {
    this.age += 1
    this.kept = new Map(backup)
    this.synced = new Map(backup)
    this.tail = []
    this.doubt = known ? null : 'the journal is a copy, or was put back from one'
  }

  private take(entries: readonly Entry[], done: Done): void {
    if (this.full) return done(new GossipError('ERR_DISK', 'the simulated disk is full; nothing was written.'))
    this.tail = []
    this.doubt = null
    put(this.kept, entries)
    done(null)
  }

  private renew(source: Source | null, done: Done): void {
    if (this.full) return done(new GossipError('ERR_DISK', 'the simulated disk is full; nothing was written.'))
    this.doubt = null
    this.kept = new Map(source?.entries() ?? [])
    this.synced = new Map(this.kept)
    this.tail = []
    done(null)
  }
}

function put(map: Map<string, string>, entries: readonly Entry[]): void {
  for (const [key, value] of entries) if (value === null) map.delete(key)
    else map.set(key, value)
}
