/**
 * Journals in models of disks, for tests: how to open one, write to it, and read what it holds.
 */
import type { Durable, Entry, Journal } from '../../lib/gossip/journal.js'
import { all, close, write } from '../../lib/journal/conformance.js'
import { FileJournal } from '../../lib/journal/file.js'
import { withLimits, type Limits } from '../../lib/limits.js'
import { Chance } from '../../lib/sim/chance.js'
import { FaultyDisk } from '../../lib/sim/disk.js'

export { all, close, write }

export type PlaceOptions = { durable?: Durable; boot?: string | null; limits?: Partial<Limits>; seed?: number }

/** A disk with a journal on it. What is to run after a span runs when `later` is called. */
export class Place {
  readonly disk: FaultyDisk
  boot: string | null
  private due: (() => void)[] = []

  constructor(private readonly options: PlaceOptions = {}) {
    this.disk = new FaultyDisk(new Chance(options.seed ?? 1))
    this.boot = options.boot === undefined ? 'first boot' : options.boot
  }

  open(durable: Durable = this.options.durable ?? 'batch'): FileJournal {
    return new FileJournal(this.disk, {
      durable, boot: this.boot, limits: withLimits(this.options.limits),
      after: (_, run) => {
        this.due.push(run)
        return () => { this.due = this.due.filter((other) => other !== run) }
      }
    })
  }

  later(): void {
    for (const run of this.due.splice(0)) run()
  }

  /** Writes to a new journal, and leaves it as a crash does. */
  async filled(...batches: Entry[][]): Promise<this> {
    const journal = this.open()
    all(journal)
    for (const batch of batches) await write(journal, batch)
    this.disk.crash()
    return this
  }
}

/** What a journal holds after some entries, as an object. */
export function held(journal: Journal): Record<string, string> {
  return Object.fromEntries([...all(journal)].sort())
}

/** The code of the error with which something is rejected; null if it is not. */
export async function rejected(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise
    return null
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error)
  }
}
