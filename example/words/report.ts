/**
 * What is printed: lines as things happen, a progress that is rewritten in place on a terminal, and the sums at the end.
 */
import { type Progress, type Report, type Traffic } from './orders.js'

const topMax = 10
const differencesMax = 10
const plainMs = 1_000
const eraseLine = '\r\u001b[2K'
const number = new Intl.NumberFormat('en')

/** Where it is printed. */
export class Screen {
  private readonly startedAt = performance.now()
  private progressAt = this.startedAt
  private shown = false

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {}

  /** Something happened. */
  say(text: string): void {
    this.clear()
    this.out.write(`${this.seconds.padStart(5)} s  ${text}\n`)
  }

  /** Lines without the time. */
  print(lines: readonly string[]): void {
    this.clear()
    this.out.write(lines.map((line) => `${line}\n`).join(''))
  }

  /** How far all hosts are: the last line of a terminal, elsewhere a line every second. */
  progress(hosts: readonly { name: string; progress: Progress }[]): void {
    const text = hosts.map(({ name, progress }) => progressOf(name, progress)).join(' | ')
    if (this.out.isTTY) {
      this.out.write(`${eraseLine}${text.slice(0, this.out.columns - 1)}`)
      this.shown = true
    } else if (performance.now() >= this.progressAt + plainMs) {
      this.progressAt = performance.now()
      this.say(text)
    }
  }

  get seconds(): string {
    return ((performance.now() - this.startedAt) / 1_000).toFixed(1)
  }

  private clear(): void {
    if (this.shown) this.out.write(eraseLine)
    this.shown = false
  }
}

/** What one host holds, and what its links carried. */
export function linesOf({ host, coherent, counts, links }: Report): string[] {
  const top = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, topMax)
  return [
    '',
    `${host}  ${number.format(sumOf(counts))} words, ${number.format(counts.length)} distinct, ${coherent ? 'coherent' : 'NOT coherent'}`,
    `   top: ${top.map(([word, count]) => `${word} ${number.format(count)}`).join(', ')}`,
    ...links.map(trafficOf)
  ]
}

/** Where a host's counters are not those of the straight count: each in a sentence. */
export function differencesOf({ host, counts }: Report, straight: ReadonlyMap<string, number>): string[] {
  const held = new Map(counts)
  const words = new Set([...straight.keys(), ...held.keys()])
  return [...words]
    .filter((word) => held.get(word) !== straight.get(word))
    .map((word) => `${host} counted "${word}" ${held.get(word) ?? 0} times, the straight count says ${straight.get(word) ?? 0}.`)
}

/** Whether all is equal, and what is said about it. */
export function verdictOf(reports: readonly Report[], straight: ReadonlyMap<string, number>): { equal: boolean; lines: string[] } {
  const differences = reports.flatMap((report) => differencesOf(report, straight))
  const incoherent = reports.filter(({ coherent }) => !coherent).map(({ host }) => `${host} is not coherent.`)
  const faults = [...incoherent, ...differences]
  if (faults.length === 0) {
    const words = `${number.format(sumOf(straight))} words, ${number.format(straight.size)} distinct`
    return { equal: true, lines: ['', `EQUAL: every counter at every host is that of a straight single-process count (${words}).`] }
  }
  const more = faults.length > differencesMax ? [`… and ${number.format(faults.length - differencesMax)} more.`] : []
  return { equal: false, lines: ['', 'DIFFERENT:', ...faults.slice(0, differencesMax), ...more] }
}

function progressOf(name: string, { words, lag, coherent }: Progress): string {
  return `${name} ${number.format(words)} words, lag ${number.format(lag)}${coherent ? '' : ', incoherent'}`
}

function trafficOf({ peer, connections, bytesIn, bytesOut, changesIn, changesOut, duplicates }: Traffic): string {
  const over = connections === 1 ? 'one connection' : `${connections} connections`
  const inward = `${number.format(bytesIn)} bytes, ${number.format(changesIn)} changes`
  const outward = `${number.format(bytesOut)} bytes, ${number.format(changesOut)} changes`
  return `   link to ${peer}, ${over}: in ${inward}, out ${outward}, ${number.format(duplicates)} duplicates`
}

function sumOf(counts: Iterable<readonly [string, number]>): number {
  let sum = 0
  for (const [, count] of counts) sum += count
  return sum
}
