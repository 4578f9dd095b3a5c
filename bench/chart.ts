/**
 * Outcomes as an SVG picture: for each row that has them, bars of ours and its rivals; without scripts or fonts of its own.
 */
import { median, type Figure, type Outcome } from './figures.js'
import { shown } from './table.js'

type About = { node: string; cpu: string; cpus: number; quick: boolean; runs: number }

const width = 860
const left = 250
const bar = 16
const gap = 6

export function chartOf(outcomes: readonly Outcome[], about: About): string {
  const parts: string[] = []
  let y = 30
  for (const { title, figures } of outcomes) {
    const drawn = figures.filter(({ subject }) => !subject.includes(': '))
    if (drawn.length < 2) continue
    parts.push(text(12, y, title, 'title'))
    y += 14
    const max = Math.max(...drawn.map(({ runs }) => Math.max(...runs)))
    for (const figure of [...drawn].sort((a, b) => median(b.runs) - median(a.runs))) {
      parts.push(barOf(figure, y, max))
      y += bar + gap
    }
    y += 26
  }
  const where = `Node ${about.node}, ${about.cpus} × ${about.cpu.trim()}; ${about.quick ? 'a quick run, ' : ''}medians of ${about.runs}, whiskers: least and most`
  parts.push(text(12, y, where, 'small'))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 16}" viewBox="0 0 ${width} ${y + 16}" role="img" ` +
    `aria-label="pull-gossip beside its rivals">\n<style>${style}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`
}

const style = 'text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.small{font-size:11px;fill:#666}.end{text-anchor:end}'

function barOf({ subject, unit, runs }: Figure, y: number, max: number): string {
  const scale = (value: number): number => Math.round(((width - left - 150) * value) / max)
  const ours = subject.startsWith('ours') || subject.startsWith('hot')
  const [low, high, middle] = [left + scale(Math.min(...runs)), left + scale(Math.max(...runs)), y + bar / 2]
  return [
    text(left - 8, y + 12, subject, 'end'),
    `<rect x="${left}" y="${y}" width="${scale(median(runs))}" height="${bar}" fill="${ours ? '#c2410c' : '#94a3b8'}"/>`,
    `<path d="M${low} ${middle}H${high}M${low} ${middle - 4}v8M${high} ${middle - 4}v8" stroke="#222" fill="none"/>`,
    text(high + 8, y + 12, `${shown(median(runs))} ${unit}`, '')
  ].join('')
}

function text(x: number, y: number, words: string, kind: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<text x="${x}" y="${y}"${kind === '' ? '' : ` class="${kind}"`}>${safe}</text>`
}
