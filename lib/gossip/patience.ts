/**
 * When the next audit may begin: at once, unless the last ones began with the same two sums and so mended nothing, whatever they found.
 */
import type { Limits } from '../limits.js'

/** After so many audits of the same two sums the next one waits two rounds, then twice as long each time, up to so many doublings. */
const patience = 2
const doublingsMax = 4

export class Patience {
  nextStartAt = -Infinity
  private fruitless = 0
  /** Both sums at the start of the last audit. */
  private pair = ''

  constructor(private readonly limits: Pick<Limits, 'pingMs'>) {}

  begin(pair: string): void {
    this.fruitless = pair === this.pair ? this.fruitless + 1 : 0
    this.pair = pair
  }

  end(now: number): void {
    const doublings = Math.min(this.fruitless - patience, doublingsMax)
    this.nextStartAt = doublings > 0 ? now + this.limits.pingMs * 2 ** doublings : -Infinity
  }

  /** The sums are the same. */
  agree(): void {
    this.fruitless = 0
    this.nextStartAt = -Infinity
    this.pair = ''
  }
}
