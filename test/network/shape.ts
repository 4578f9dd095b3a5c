/**
 * How the way from a host into the network is spoilt, as `tc netem` has it: frames are late by a varying time, lost, or overtaken.
 */
export type Shape = {
  delayMs?: number
  /** How much earlier or later than that a frame may be. */
  jitterMs?: number
  lossPercent?: number
  /** How many frames are not held for `delayMs`, and so overtake others. */
  reorderPercent?: number
}

/** The same, for `tc qdisc … netem`. */
export function netemOf({ delayMs = 0, jitterMs = 0, lossPercent = 0, reorderPercent = 0 }: Shape): string {
  const parts = [
    delayMs > 0 ? `delay ${delayMs}ms ${jitterMs}ms` : '',
    lossPercent > 0 ? `loss ${lossPercent}%` : '',
    reorderPercent > 0 ? `reorder ${reorderPercent}%` : ''
  ]
  return ['netem', ...parts.filter((part) => part !== '')].join(' ')
}
