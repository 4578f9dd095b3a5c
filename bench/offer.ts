/**
 * A writer: so many adds, as fast as the system takes them or at a rate, to names of its own.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { nowNs, type System } from './system.js'

export type OfferOptions = {
  count: number
  /** How many names are gone round; as many as adds if left out. */
  names?: number
  /** What the names begin with; they are padded to 16 bytes. */
  prefix?: string
  /** Adds a second; as many as are taken if left out. */
  rate?: number
  /** Adds in one turn, where no rate is given. */
  turn?: number
  /** Names carry the moment at which they were written, in microseconds, for who measures delays. */
  timed?: boolean
  /** Whether the writer does not wait where it is asked to: what a system does then is its own. */
  heedless?: boolean
}

export class Offer {
  constructor(private readonly system: System) {}

  /** Resolves, with the moments of the first and the last add, when the last was taken. */
  async run({ count, names = count, prefix = 'n', rate, turn = 1_000, timed = false, heedless = false }: OfferOptions): Promise<{ from: number; to: number }> {
    const nameOf = timed ? (i: number) => `${prefix}${i}:${Math.round(nowNs() / 1_000)}` : (i: number) => paddedName(prefix, i % names)
    const from = nowNs()
    for (let done = 0; done < count; ) {
      const due = rate === undefined ? done + turn : Math.floor(((nowNs() - from) / 1e9) * rate)
      for (const end = Math.min(count, due); done < end; done += 1) this.system.add(nameOf(done), 1)
      this.system.flush?.()
      await (rate === undefined ? ((heedless ? null : this.system.drained()) ?? setImmediate()) : setTimeout(1))
    }
    return { from, to: nowNs() }
  }
}

export function paddedName(prefix: string, i: number): string {
  return prefix + String(i).padStart(16 - prefix.length, '0')
}
