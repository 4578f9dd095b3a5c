/**
 * When hosts that are gone were heard last: of one that was away for long, names may have ended on one side which the other revived.
 */
import { silentPings } from '../limits.js'
import type { Limits } from '../limits.js'

export class Absences {
  /** By our clock; who went last is the last. */
  private readonly heardAt = new Map<string, number>()

  constructor(
    private readonly limits: Pick<Limits, 'graceMs' | 'pingMs' | 'peersMax'>,
    private readonly clock: () => number
  ) {}

  /** A host is gone. The one that went first is forgotten where they are too many. */
  begin(host: string, heardAt: number): void {
    this.heardAt.delete(host)
    this.heardAt.set(host, heardAt)
    if (this.heardAt.size <= this.limits.peersMax) return
    const [first] = this.heardAt.keys()
    this.heardAt.delete(first as string)
  }

  /** Whether a host was away for so long that names may have been dropped on one side which the other revived. */
  wasLong(host: string): boolean {
    const at = this.heardAt.get(host)
    const { graceMs, pingMs } = this.limits
    return at !== undefined && this.clock() - at > Math.max(graceMs / 2, graceMs - silentPings * pingMs)
  }
}
