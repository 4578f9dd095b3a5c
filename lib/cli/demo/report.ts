/**
 * What is printed: lines as things happen, a progress that is rewritten in place on a terminal, and the sums at the end.
 */
import type { Progress, Report, Traffic } from './orders.js'
import { longer, type Find, type Straight } from './words.js'

const topMax = 10
const differencesMax = 10
const wordMax = 40
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
export function linesOf({ host, coherent, counts, files, longest, last, links }: Report): string[] {
  const top = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, topMax)
  const finds = longest.map(([, find]) => find)
  return [
    '',
    `${host}  ${number.format(sumOf(counts))} words, ${number.format(counts.length)} distinct, ${coherent ? 'coherent' : 'NOT coherent'}`,
    `   top: ${top.map(([word, count]) => `${word} ${number.format(count)}`).join(', ')}`,
    `   ${number.format(files.length)} files, the last of them ${last}`,
    ...finds.slice(0, 1).map((first) => `   longest: ${textOf(finds.reduce(longer, first))}`),
    ...links.map(trafficOf)
  ]
}

/** Where what a host holds is not the straight answer: each in a sentence. */
export function differencesOf(report: Report, straight: Straight): string[] {
  return [...miscounts(report, straight), ...mistotalled(report, straight), ...misplaced(report, straight), ...misfound(report, straight)]
}

/** Counters. */
function miscounts({ host, counts }: Report, straight: Straight): string[] {
  const held = new Map(counts)
  const words = new Set([...straight.counts.keys(), ...held.keys()])
  return [...words]
    .filter((word) => held.get(word) !== straight.counts.get(word))
    .map((word) => `${host} counted "${word}" ${held.get(word) ?? 0} times, the straight count says ${straight.counts.get(word) ?? 0}.`)
}

/** The one counter of all words. */
function mistotalled({ host, total }: Report, { counts }: Straight): string[] {
  const sum = sumOf(counts)
  return total === sum ? [] : [`${host} counted ${number.format(total)} words in all, the straight count says ${number.format(sum)}.`]
}

/** Sets. */
function misplaced({ host, files, todo }: Report, straight: Straight): string[] {
  const held = new Set(files)
  return [
    ...[...straight.files].filter((file) => !held.has(file)).map((file) => `${host} lacks "${file}" among the files counted.`),
    ...files.filter((file) => !straight.files.has(file)).map((file) => `${host} has "${file}" among the files counted, and it has no words.`),
    ...todo.map((file) => `${host} holds that "${file}" is still to be counted.`)
  ]
}

/** Registers. */
function misfound({ host, longest, last }: Report, straight: Straight): string[] {
  const held = new Map(longest)
  const finders = [...new Set([...straight.longest.keys(), ...held.keys()])]
  const wrong = finders.filter((finder) => !isSame(held.get(finder), straight.longest.get(finder)))
  const told = (finder: string): string => `${textOf(held.get(finder))} as the longest word of ${finder}, not ${textOf(straight.longest.get(finder))}`
  const isKnown = last === undefined ? straight.files.size === 0 : straight.files.has(last)
  return [
    ...wrong.map((finder) => `${host} holds ${told(finder)}.`),
    ...(isKnown ? [] : [`${host} holds ${last ?? 'nothing'} as the file counted last, which is none of them.`])
  ]
}

/** Whether all is equal, and what is said about it. */
export function verdictOf(reports: readonly Report[], straight: Straight): { equal: boolean; lines: string[] } {
  const differences = reports.flatMap((report) => differencesOf(report, straight))
  const incoherent = reports.filter(({ coherent }) => !coherent).map(({ host }) => `${host} is not coherent.`)
  const lasts = new Set(reports.map(({ last }) => last))
  const unlike = lasts.size > 1 ? [`The hosts hold different files as the one counted last: ${[...lasts].join(', ')}.`] : []
  const faults = [...incoherent, ...unlike, ...differences]
  if (faults.length === 0) {
    const words = `${number.format(sumOf(straight.counts))} words, ${number.format(straight.counts.size)} distinct`
    const more = `the set of ${number.format(straight.files.size)} files and the longest words`
    return { equal: true, lines: ['', `EQUAL: every counter at every host is that of a straight single-process count (${words}), and so are ${more}.`] }
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

function isSame(a: Find | undefined, b: Find | undefined): boolean {
  return a?.word === b?.word && a?.file === b?.file
}

function textOf(find: Find | undefined): string {
  if (find === undefined) return 'nothing'
  return `${find.word.length > wordMax ? `${find.word.slice(0, wordMax)}…` : find.word} (${find.word.length} in ${find.file})`
}

function sumOf(counts: Iterable<readonly [string, number]>): number {
  let sum = 0
  for (const [, count] of counts) sum += count
  return sum
}
