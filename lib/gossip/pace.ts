/**
 * How fast a peer is read: a token bucket over what its frames carry. Nothing is refused for coming fast. Who goes faster than it may is read
 * more slowly, which its own stream then feels; what was superseded meanwhile it need not send.
 */
import type { Limits } from '../limits.js'

export class Pace {
  /** How often a read waited. */
  waits = 0
  private level: number
  private at: number

  constructor(
    private readonly limits: Pick<Limits, 'changesPerSecondMax' | 'changesBurstMax' | 'pingMs'>,
    now: number
  ) {
    this.level = limits.changesBurstMax
    this.at = now
  }

  /** So much came in: a message counts as one, and so does each change. */
  spend(count: number, now: number): void {
    const { changesPerSecondMax, changesBurstMax } = this.limits
    this.level = Math.min(changesBurstMax, this.level + Math.max(0, now - this.at) * changesPerSecondMax / 1_000) - count
    this.at = now
  }

  /** How long the next read waits. No longer than a ping may be late: else who only waits would be taken for dead. */
  get waitMs(): number {
    if (this.level >= 0) return 0
    this.waits += 1
    return Math.min(this.limits.pingMs, Math.ceil(-this.level * 1_000 / this.limits.changesPerSecondMax))
  }
}
