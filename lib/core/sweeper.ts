/**
 * Sweeps a store's names when they are due, a little at a time. It keeps no process alive.
 */
import type { Expiry } from '../gossip/expiry.js'
import type { Time } from '../stream/time.js'

/** Between two sweeps, so that everybody else gets their turn. */
const restMs = 5

/** A clock may be set while we wait: it is looked at so often. */
const lookMs = 60_000

export class Sweeper {
  private timer: { at: number; cancel: () => void } | null = null
  private stopped = false

  constructor(
    private readonly expiry: Expiry,
    private readonly clock: () => number,
    private readonly time: Time
  ) {
    expiry.onSooner = () => this.arm()
  }

  stop(): void {
    this.stopped = true
    this.timer?.cancel()
    this.timer = null
  }

  private arm(): void {
    const { time, expiry } = this
    const { nextAt } = expiry
    if (this.stopped || nextAt === Infinity) return
    const at = time.now() + Math.min(Math.max(restMs, nextAt - this.clock()), lookMs)
    if (this.timer !== null && this.timer.at <= at) return
    this.timer?.cancel()
    const cancel = time.after(at - time.now(), () => {
      this.timer = null
      expiry.sweep()
      this.arm()
    }, true)
    this.timer = { at, cancel }
  }
}
