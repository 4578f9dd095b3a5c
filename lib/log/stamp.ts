/**
 * A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): stamps near the time of day that never go back behind one
 * that was seen, so that what is written after something was read is stamped after it, whatever the clocks of hosts.
 *
 * A stamp is one safe integer: milliseconds since 1970 times 1,024, and a count within them, which may run over into the next
 * millisecond. It is good until the year 2248.
 */
export type Stamp = number

/** Stamps within a millisecond. */
export const stampsPerMs = 1_024

/** The greatest stamp that is taken. */
export const stampMax: Stamp = Number.MAX_SAFE_INTEGER

export class StampClock {
  private last: Stamp = 0

  constructor(private readonly limits: { readonly skewMsMax: number }) {}

  /** A stamp later than all that were issued or witnessed, and than `above`. */
  issue(now: number, above: Stamp): Stamp {
    // A clock that was set back by more than clocks may differ forgets its lead, or others would refuse all that it stamps.
    if (this.aheadMs(this.last, now) > 0) this.last = 0
    this.last = Math.max(Math.floor(now) * stampsPerMs, this.last + 1, above + 1)
    return this.last
  }

  /** A stamp was taken. */
  witness(stamp: Stamp): void {
    if (stamp > this.last) this.last = stamp
  }

  /** By how many milliseconds a stamp is further ahead of `now` than clocks may differ; 0 if it is not. */
  aheadMs(stamp: Stamp, now: number): number {
    return Math.max(0, Math.ceil(stamp / stampsPerMs - Math.floor(now) - this.limits.skewMsMax))
  }
}
