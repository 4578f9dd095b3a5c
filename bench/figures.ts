/**
 * What was measured, run by run, and what it comes to: medians, their spread, and ratios of two things of the same run.
 */

/** One thing measured in every run. */
export type Figure = { subject: string; unit: string; runs: number[] }

/** What a row has to come to. */
export type Target = { sense: '>=' | '<='; at: number }

/** One thing by another, run by run; or a plain figure where `to` is empty. */
export type Verdict = { what: string; median: number; low: number; high: number; target: Target | null }

/** All that a row came to. */
export type Outcome = { row: string; title: string; figures: Figure[]; verdicts: Verdict[]; notes: string[] }

export function median(runs: readonly number[]): number {
  const sorted = [...runs].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** The share of runs below which a value lies: of latencies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export function verdict(what: string, runs: readonly number[], target: Target | null = null): Verdict {
  return { what, median: median(runs), low: Math.min(...runs), high: Math.max(...runs), target }
}

/** `one` by `other` in each run, times a factor. */
export function ratio(what: string, one: Figure | undefined, other: Figure | undefined, target: Target | null = null): Verdict[] {
  if (one === undefined || other === undefined) return []
  return [verdict(what, one.runs.map((value, run) => value / (other.runs[run] ?? NaN)), target)]
}

/** Whether the median is what it has to be. */
export function holds({ median: value, target }: Verdict): boolean | null {
  if (target === null) return null
  return target.sense === '>=' ? value >= target.at : value <= target.at
}
