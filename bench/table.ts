/**
 * Outcomes as text, for a terminal.
 */
import { holds, median, type Outcome } from './figures.js'

export function tableOf(outcomes: readonly Outcome[]): string {
  return outcomes.map(rowsOf).join('\n\n')
}

function rowsOf({ row, title, figures, verdicts, notes }: Outcome): string {
  const lines = [`${row}: ${title}`]
  for (const { subject, unit, runs } of figures) {
    const name = subject.includes(': ') ? subject : `${subject}, ${unit}`
    lines.push(`  ${name.padEnd(52)} ${shown(median(runs)).padStart(12)}   ${shown(Math.min(...runs))} … ${shown(Math.max(...runs))}, ${runs.length} runs`)
  }
  for (const one of verdicts) {
    const held = holds(one)
    const must = one.target === null ? '' : `   ${one.target.sense} ${shown(one.target.at)}: ${held === true ? 'yes' : 'NO'}`
    lines.push(`  = ${one.what.padEnd(50)} ${shown(one.median).padStart(12)}   ${shown(one.low)} … ${shown(one.high)}${must}`)
  }
  for (const note of notes) lines.push(`  ! ${note}`)
  return lines.join('\n')
}

export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
