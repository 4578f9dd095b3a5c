/**
 * How changes spread through a simulated network, and a picture of one that did.
 *
 * The picture is SVG: hosts on a circle, or where they are many on rings around the writer, links as lines, and a change's way from host
 * to host, coloured by the links that it took or by the time. The same run gives the same picture.
 */
import type { ChangeView } from '../store/reader.js'
import type { Network } from './network.js'
import type { Report } from './report.js'

/** How a change came to a host: over how many links, when, and from the host at which place; its writer has it from itself. */
export type Arrival = { hop: number; atMs: number; via: number }

/** How one change went through the network. */
export class Spread {
  /** By the place of the host. */
  readonly arrivals = new Map<number, Arrival>()
  /** The most links that it took to a host. */
  lastHop = 0

  constructor(readonly change: ChangeView) {}
}

/** Arrivals remembered in all; beyond it the oldest changes are followed no further. */
const arrivalsMax = 1_000_000

/** How changes go through a network. */
export class Spreads {
  /** How many deliveries took so many links, and how many changes so many to the last host. */
  readonly hops: number[] = []
  readonly lastHops: number[] = []
  private readonly all = new Map<string, Spread>()
  private arrivals = 0

  /** A host kept a change that came from the host at `via`, itself if it wrote it. */
  note(place: number, change: ChangeView, via: number, atMs: number): void {
    const key = `${change.author} ${change.seq}`
    if (via === place) this.all.set(key, new Spread(change))
    const spread = this.all.get(key)
    if (spread === undefined) return
    const hop = via === place ? 0 : (spread.arrivals.get(via)?.hop ?? 0) + 1
    spread.arrivals.set(place, { hop, atMs, via })
    if (hop > 0) count(this.hops, hop, 1)
    if (hop > spread.lastHop) {
      if (spread.lastHop > 0) count(this.lastHops, spread.lastHop, -1)
      count(this.lastHops, hop, 1)
      spread.lastHop = hop
    }
    this.arrivals += 1
    if (this.arrivals > arrivalsMax) this.forget()
  }

  /** Of the changes that reached the most hosts, the first; null if none was made. */
  get widest(): Spread | null {
    let widest: Spread | null = null
    for (const spread of this.all.values()) if (widest === null || spread.arrivals.size > widest.arrivals.size) widest = spread
    return widest
  }

  private forget(): void {
    for (const [key, spread] of this.all) {
      this.all.delete(key)
      this.arrivals -= spread.arrivals.size
      if (this.arrivals <= arrivalsMax / 2) return
    }
  }
}

function count(counts: number[], hop: number, more: number): void {
  while (counts.length <= hop) counts.push(0)
  counts[hop] = (counts[hop] as number) + more
}

type Point = readonly [x: number, y: number]

const side = 1_000
const top = 96
const centre: Point = [side / 2, top + side / 2]
const radius = 450

/** More hosts than that stand on rings, without their names. */
const circleMax = 120

/** Links beyond that are not drawn: a page of them says no more. */
const drawnMax = 20_000

/** From near to far, or from soon to late. */
const colours = ['#0b3c8c', '#1769aa', '#1f93b0', '#2fb39a', '#5bc86f', '#a3d04b', '#e3cf3f', '#f2a33a', '#e8663c', '#c22f4b']
const unreached = '#b8b8b8'

/** A picture of the network and, if one is given, of a change's way through it, as SVG. */
export function drawing(network: Network, report: Report, spread: Spread | null, by: 'hop' | 'time' = 'hop'): string {
  const points = pointsOf(network.hosts.length, spread)
  const scale = scaleOf(spread, by)
  const height = top + side
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${height}" width="${side}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(titleOf(report))}</title>`,
    `<rect width="${side}" height="${height}" fill="#ffffff"/>`,
    ...heading(report, spread),
    ...lines(network, points),
    ...ways(spread, points, scale),
    ...dots(network, points, spread, scale),
    ...legend(network, spread, scale),
    '</svg>', ''
  ].join('\n')
}

/** Where hosts stand, by their places: on a circle, or on rings, those further out to which the change came later. */
function pointsOf(count: number, spread: Spread | null): Point[] {
  if (count <= circleMax) return Array.from({ length: count }, (_, i) => polar(radius, i / count))
  const points: Point[] = []
  let inside = 0
  for (const band of bandsOf(count, spread)) {
    const [from, to] = [inside, inside + band.length].map((hosts) => radius * Math.sqrt(hosts / count)) as [number, number]
    const rings = Math.max(1, Math.round((to - from) / (0.96 * radius * Math.sqrt(Math.PI / count))))
    band.forEach((place, i) => {
      points[place] = polar(inside + band.length === 1 ? 0 : from + ((i % rings) + 0.5) * ((to - from) / rings), i / band.length)
    })
    inside += band.length
  }
  return points
}

/** Places by the links that the change took to them, each near the one that it came from; those it did not come to are last. */
function bandsOf(count: number, spread: Spread | null): number[][] {
  const bands: number[][] = []
  const rest: number[] = []
  for (let place = 0; place < count; place += 1) {
    const hop = spread?.arrivals.get(place)?.hop
    if (hop === undefined) rest.push(place)
    else (bands[hop] ??= []).push(place)
  }
  const turns = new Map<number, number>()
  for (const band of bands) {
    const turnOf = (place: number): number => turns.get(spread?.arrivals.get(place)?.via ?? place) ?? 0
    band?.sort((a, b) => turnOf(a) - turnOf(b) || a - b).forEach((place, i) => turns.set(place, i / band.length))
  }
  return [...bands, rest].filter((band) => band !== undefined && band.length > 0)
}

/** A point of a circle, from the top and clockwise. */
function polar(r: number, turn: number): Point {
  const angle = 2 * Math.PI * turn - Math.PI / 2
  return [round(centre[0] + r * Math.cos(angle)), round(centre[1] + r * Math.sin(angle))]
}

/** Arrivals in steps, and how each step is named and coloured. */
type Scale = { of: (arrival: Arrival) => number; steps: { name: string; colour: string }[] }

function scaleOf(spread: Spread | null, by: 'hop' | 'time'): Scale {
  const arrivals = [...(spread?.arrivals.values() ?? [])]
  const from = arrivals[0]?.atMs ?? 0
  const value = ({ hop, atMs }: Arrival): number => (by === 'hop' ? hop : atMs - from)
  const most = arrivals.reduce((greatest, arrival) => Math.max(greatest, value(arrival)), 0)
  const step = by === 'hop' ? Math.ceil((most + 1) / colours.length) : Math.max(1, Math.ceil(most / (colours.length - 1)))
  const last = Math.floor(most / step)
  const steps = Array.from({ length: last + 1 }, (_, i) => {
    const low = i * step
    const high = Math.min(most, low + step - 1)
    const name = by === 'time' ? `from ${low} ms` : high > low ? `hops ${low}–${high}` : `hop ${low}`
    return { name, colour: colours[last === 0 ? 0 : Math.round((i / last) * (colours.length - 1))] as string }
  })
  return { of: (arrival) => Math.floor(value(arrival) / step), steps }
}

function titleOf({ topology, hosts, links, seed }: Report): string {
  return `${topology ?? 'a network'}, ${shown(hosts)} hosts, ${shown(links)} links${seed === null ? '' : `, seed ${seed}`}`
}

function heading(report: Report, spread: Spread | null): string[] {
  const { missed, hops, redundancy, bytes, virtualMs } = report
  const figures = `missed ${shown(missed)}; last hop ${hops.lastMedian} by median, ${hops.greatest} at most; redundancy ${redundancy.toFixed(2)}; ` +
    `${shown(bytes.total)} bytes in ${shown(Math.round(virtualMs))} ms of virtual time`
  const of = spread === null ? 'no change spread' : `the way of change ${spread.change.seq} of ${spread.change.host}, to ${spread.change.kind} "${spread.change.name}"`
  return [label(20, 30, titleOf(report), 20), label(20, 54, figures), label(20, 76, of)]
}

function lines({ links }: Network, points: readonly Point[]): string[] {
  const drawn = links.slice(0, drawnMax)
  const path = drawn.map(({ hosts: [a, b] }) => segment(points, a.place, b.place)).join('')
  const note = drawn.length < links.length ? [label(side - 20, top + side - 20, `${shown(drawn.length)} of ${shown(links.length)} links are drawn`, 13, 'end')] : []
  return [`<path d="${path}" fill="none" stroke="#d9dde3" stroke-width="${drawn.length > 1_000 ? 0.2 : 1}"/>`, ...note]
}

/** The links over which the change came, a path for each colour. */
function ways(spread: Spread | null, points: readonly Point[], { of, steps }: Scale): string[] {
  const paths = steps.map(() => '')
  for (const [place, arrival] of spread?.arrivals ?? []) if (arrival.hop > 0) paths[of(arrival)] += segment(points, arrival.via, place)
  const width = points.length > circleMax ? 0.6 : 2
  return paths.flatMap((path, i) => (path === '' ? [] : [`<path d="${path}" fill="none" stroke="${steps[i]?.colour}" stroke-width="${width}"/>`]))
}

function dots({ hosts }: Network, points: readonly Point[], spread: Spread | null, { of, steps }: Scale): string[] {
  const many = hosts.length > circleMax
  return hosts.flatMap(({ name, place, running }) => {
    const [x, y] = points[place] as Point
    const arrival = spread?.arrivals.get(place)
    const size = (many ? 3 : 7) * (arrival?.hop === 0 ? 1.8 : 1)
    const fill = arrival === undefined ? unreached : steps[of(arrival)]?.colour
    const told = `${name}${arrival === undefined ? '' : `: hop ${arrival.hop} at ${round(arrival.atMs)} ms`}${running ? '' : ', down'}`
    const edge = running ? '' : ' stroke="#000000" stroke-dasharray="2"'
    const dot = `<circle cx="${x}" cy="${y}" r="${round(size)}" fill="${fill}"${edge}><title>${escaped(told)}</title></circle>`
    const aside = x < centre[0] ? -16 : 16
    return many ? [dot] : [dot, label(x + aside, y + 4, name, 11, aside < 0 ? 'end' : 'start')]
  })
}

function legend({ hosts }: Network, spread: Spread | null, { of, steps }: Scale): string[] {
  if (spread === null) return []
  const counts = steps.map(() => 0)
  for (const arrival of spread.arrivals.values()) count(counts, of(arrival), 1)
  const rows = steps.map(({ name, colour }, i) => ({ name: `${name}: ${shown(counts[i] ?? 0)}`, colour }))
  rows.push({ name: `not reached: ${shown(hosts.length - spread.arrivals.size)}`, colour: unreached })
  return rows.flatMap(({ name, colour }, i) => {
    const y = top + side - 20 - 18 * (rows.length - 1 - i)
    return [`<circle cx="26" cy="${y - 4}" r="6" fill="${colour}"/>`, label(38, y, name)]
  })
}

function segment(points: readonly Point[], from: number, to: number): string {
  const [[x, y], [u, v]] = [points[from] as Point, points[to] as Point]
  return `M${x} ${y}L${u} ${v}`
}

function label(x: number, y: number, text: string, size = 13, anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}">${escaped(text)}</text>`
}

function round(x: number): number {
  return Math.round(x * 10) / 10
}

function shown(figure: number): string {
  return figure.toLocaleString('en')
}

const marks: ReadonlyMap<string, string> = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'], ["'", '&#39;']])

/** Text as XML carries it; for characters that it cannot carry there is a mark. */
function escaped(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').replace(/[&<>"']/g, (mark) => marks.get(mark) ?? mark)
}
