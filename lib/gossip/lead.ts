/**
 * When the end that leads begins an audit, and how soon another: ever later while audits of the same sums mend nothing.
 */

/** After so many audits of the same sums the next one waits two rounds, then twice as long each time, up to so many doublings. */
const patience = 2
const doublingsMax = 4

/** What an audit is of: what ends at `from` or later, or never; and whether it is of what is said in cells. */
export type Theme = { from: number; bodies: boolean }

export class Lead {
  /** Until when an audit of ours goes on, if the peer does not answer; null if none does. */
  until: number | null = null
  /** Of what one is to begin. */
  starting: Theme | null = null
  /** How many places the audit that goes on found. */
  found = 0
  private nextAt = -Infinity
  private fruitless = 0
  /** Both sums at the start of the last one. */
  private pair = ''

  constructor(private readonly limits: { pingMs: number; timeoutMs: number }) {}

  mayBegin(now: number): boolean {
    return now >= this.nextAt && (this.until === null || now >= this.until)
  }

  begin(theme: Theme, pair: string, now: number): void {
    this.until = now + this.limits.timeoutMs
    this.starting = theme
    this.found = 0
    // The same as at the start of the last one: that mended nothing, whatever it found.
    this.fruitless = pair === this.pair ? this.fruitless + 1 : 0
    this.pair = pair
  }

  end(now: number): void {
    this.until = null
    const doublings = Math.min(this.fruitless - patience, doublingsMax)
    this.nextAt = doublings > 0 ? now + this.limits.pingMs * 2 ** doublings : -Infinity
  }

  /** Both ends hold the same. */
  rest(): void {
    this.fruitless = 0
    this.nextAt = -Infinity
    this.pair = ''
  }
}
