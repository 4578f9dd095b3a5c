/**
 * What a run came to: who missed what, how far and how often changes went, what links carried, what it cost.
 *
 * Hops and redundancy are those of "Epidemic Broadcast Trees" (Leitão, Pereira, Rodrigues, 2007).
 */

/** Of many figures: their sum, the one in the middle, the greatest. */
export type Figures = { total: number; median: number; greatest: number }

/** How often something happened, by code. */
export type Counts = Record<string, number>

/** What a run came to. No dates, and not how long it took: the same seed gives the same report. */
export type Report = {
  seed: number | null
  topology: string | null
  /** A hash of all that happened. */
  trace: string
  hosts: number
  /** Hosts that run at the end. */
  running: number
  /** Lives that hosts had, the first counted too. */
  lives: number
  links: number
  writers: number
  /** Changes that were made. */
  writes: number
  /** Writes that were refused where they were made. */
  refusedWrites: Counts
  virtualMs: number
  /** Cells that some running host holds, and another lacks or holds older, counted at each that does; but for names at the edges of their lives. */
  missed: number
  /** Counters that do not hold what was counted, at each running host; null if nobody kept count. */
  miscounted: number | null
  /** The first few of what is missed, in words. */
  differences: string[]
  /** Over how many links changes came: the middle of all deliveries, the middle of the last delivery of each change, and the most. */
  hops: { median: number; lastMedian: number; greatest: number }
  /** Changes received by all lives of all hosts, and those of them that were kept. */
  received: number
  kept: number
  /** Changes received for each that was kept, less one: 0 if none came twice. */
  redundancy: number
  /** What came through each link. */
  frames: Figures
  bytes: Figures
  /** From the last heal or restart until all hosts held the same; null if they did not in time, or nobody waited. */
  coherentMs: number | null
  /** The most changes that a peer had not acknowledged. */
  lag: number
  /** The most bytes on their way or unread on a link. */
  load: number
  /** The most cells that a host held. */
  cells: number
  /** The most that a session remembered of its peer: authors, and ranges of changes received out of order. */
  memory: { authors: number; ranges: number }
  /** Errors that ended sessions, errors that stores told, and changes of others that they refused. */
  ends: Counts
  errors: Counts
  refused: Counts
}

/** A report for people; its last line says what was missed. */
export function text(report: Report): string {
  const { hops, frames, bytes, memory } = report
  const of = ({ total, median, greatest }: Figures): string => `${shown(total)} in all; a link ${shown(median)} by median, ${shown(greatest)} at most`
  const rows: [string, string][] = [
    ['network', `${shown(report.hosts)} hosts, ${shown(report.links)} links, ${report.topology ?? 'made by hand'}, seed ${report.seed ?? 'unknown'}`],
    ['running', `${shown(report.running)} hosts, ${shown(report.lives)} lives in all`],
    ['writes', `${shown(report.writes)} by ${shown(report.writers)} writers${codes(report.refusedWrites, '; refused ')}`],
    ['time', `${shown(report.virtualMs)} ms, virtual`],
    ['trace', report.trace],
    ['hops', `${shown(hops.median)} by median; the last ${shown(hops.lastMedian)} by median, ${hops.greatest} at most`],
    ['redundancy', `${report.redundancy.toFixed(3)}: ${shown(report.received)} changes received, ${shown(report.kept)} kept`],
    ['frames', of(frames)],
    ['bytes', of(bytes)],
    ['coherent', report.coherentMs === null ? 'not in time' : `${shown(report.coherentMs)} ms after the last heal or restart`],
    ['at most', `lag ${shown(report.lag)} changes, ${shown(report.load)} bytes on a link, ${shown(report.cells)} cells a host`],
    ['a session', `remembers of its peer ${shown(memory.authors)} authors and ${shown(memory.ranges)} ranges at most`],
    ['ends', codes(report.ends) || 'none by errors'],
    ['errors', codes(report.errors) || 'none'],
    ['refused', codes(report.refused) || 'none'],
    ...report.differences.map((difference): [string, string] => ['differs', difference]),
    ['miscounted', report.miscounted === null ? 'not looked at' : shown(report.miscounted)]
  ]
  return [...rows.map(([name, said]) => `${name.padEnd(12)}${said}`), `missed ${report.missed}`].join('\n')
}

function codes(counts: Counts, before = ''): string {
  const all = Object.entries(counts).map(([code, times]) => `${code} ${times}`).join(', ')
  return all === '' ? '' : before + all
}

function shown(figure: number): string {
  return (Math.round(figure * 10) / 10).toLocaleString('en')
}
