/**
 * How long to wait before the next dial: exponential, with full jitter.
 *
 * The bound doubles with every failure, and the wait is any time below it, by chance, so that hosts that lost each other at one
 * moment do not come back at one moment (M. Brooker, "Exponential Backoff and Jitter", 2015). A link that was stable begins anew.
 */
import type { Limits } from '../limits.js'

export class Backoff {
  /** Failures since a link was last stable. */
  failures = 0

  constructor(
    private readonly limits: Pick<Limits, 'backoffMsMin' | 'backoffMsMax'>,
    private readonly random: () => number
  ) {}

  /** Notes a failure of one of so many addresses, each of which has its turn before the bound doubles; says how long to wait. */
  next(addresses: number): number {
    const { backoffMsMin, backoffMsMax } = this.limits
    const rounds = Math.floor(this.failures / Math.max(1, addresses))
    this.failures += 1
    return this.random() * Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(rounds, 52))
  }

  reset(): void {
    this.failures = 0
  }
}
