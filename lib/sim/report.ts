/**
 * What happened in a simulated network: who missed what, how far and how often changes went, what links carried, what it cost.
 *
 * Hops and redundancy are those of "Epidemic Broadcast Trees" (Leitão, Pereira, Rodrigues, 2007). A reporter only looks, when a change is
 * kept or bytes come out of a link: a network that is watched runs as it would otherwise.
 */
import { isGossipError } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import { eventKind } from '../kinds/event.js'
import type { Change } from '../log/change.js'
import { latest, momentOf } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import type { Store } from '../store/store.js'
import { add, totals } from '../core/view.js'
import { Spreads } from './drawing.js'
import type { SimHost } from './host.js'
import type { Network } from './network.js'
import type { Work } from './work.js'

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

export type ReporterOptions = {
  /** Told in the report. */
  seed?: number
  topology?: string
  /** Who writes, and knows what counters must hold. */
  work?: Work
}

/** Between two looks at what a host keeps for its peers. */
const lookMs = 250

/** Differences told in words. */
const wordsMax = 5

export class Reporter {
  /** How changes went through the network. */
  readonly spreads = new Spreads()
  private readonly stores = new Map<SimHost, Store>()
  /** The traffic of stores that are gone. */
  private readonly past = totals()
  private readonly writers = new Set<SimHost>()
  private readonly ends = new Map<string, number>()
  private readonly refused = new Map<string, number>()
  private readonly most = { lag: 0, load: 0, cells: 0, authors: 0, ranges: 0 }
  private readonly lookedAt: number[] = []
  private writes = 0
  private lives = 0
  private healedAt: number | null = null
  private coherentMs: number | null = null
  private suspect: SimHost | null = null

  constructor(
    private readonly network: Network,
    private readonly options: ReporterOptions = {}
  ) {
    for (const host of network.hosts) this.attend(host, host.store)
    network.watch({
      change: (host, change, from) => {
        if (from === null) {
          this.writes += 1
          this.writers.add(host)
        }
        const via = from === null ? host.place : network.host(from).place
        this.spreads.note(host.place, change, via, network.clock.now())
        this.glance(host)
      },
      chunk: (link, to) => {
        this.most.load = Math.max(this.most.load, link.load)
        this.glance(to)
      },
      start: (host, store) => {
        if (this.stores.has(host)) this.healedAt = network.clock.now()
        this.attend(host, store)
      }
    })
  }

  /** Heals every link: how long it takes until all hosts hold the same counts from here. */
  heal(): void {
    this.network.heal()
    this.healedAt = this.network.clock.now()
  }

  /** Lets time pass until all running hosts hold the same, looked at every `stepMs`; says whether they did within `ms`. */
  settle(ms: number, stepMs = 20): boolean {
    const { clock } = this.network
    const from = this.healedAt ?? clock.now()
    const agreed = this.network.until(() => this.agreed(), ms, stepMs)
    this.coherentMs = agreed ? clock.now() - from : null
    return agreed
  }

  /** What there is to say by now. */
  report(): Report {
    const { network, most, spreads, options: { seed = null, topology = null, work } } = this
    const { running, links, hosts } = network
    const traffic = add(totals(), this.past)
    for (const store of this.stores.values()) add(traffic, store.statistics())
    const { recvChanges: received, duplicates, refused } = traffic
    const kept = received - duplicates - refused
    const differences = differencesOf(running, network)
    running.forEach((host) => this.look(host))
    return {
      seed, topology, trace: network.trace, hosts: hosts.length, running: running.length, lives: this.lives, links: links.length,
      writers: work?.writers.length ?? this.writers.size, writes: this.writes, refusedWrites: Object.fromEntries(work?.refused ?? []),
      virtualMs: network.clock.now(), missed: differences.reduce((sum, { lacking }) => sum + lacking.length, 0),
      miscounted: work?.miscounted() ?? null, differences: differences.slice(0, wordsMax).map(inWords),
      hops: { median: middleOf(spreads.hops), lastMedian: middleOf(spreads.lastHops), greatest: Math.max(0, spreads.hops.length - 1) },
      received, kept, redundancy: kept === 0 ? 0 : received / kept - 1,
      frames: figuresOf(links.map(({ frames }) => frames)), bytes: figuresOf(links.map(({ bytes }) => bytes)),
      coherentMs: this.coherentMs, lag: most.lag, load: most.load, cells: most.cells, memory: { authors: most.authors, ranges: most.ranges },
      ends: Object.fromEntries(this.ends), errors: Object.fromEntries(errorsOf(hosts)), refused: Object.fromEntries(this.refused)
    }
  }

  private attend(host: SimHost, store: Store): void {
    const before = this.stores.get(host)
    if (before !== undefined) add(this.past, before.statistics())
    this.stores.set(host, store)
    this.lives += 1
    store.on('disconnect', (_, error) => {
      if (error !== null) count(this.ends, codeOf(error), 1)
    })
    store.on('refused', ({ code, count: more, by }) => {
      if (by === 'us') count(this.refused, code, more)
    })
  }

  /** Looks, but not again and again. */
  private glance(host: SimHost): void {
    const now = this.network.clock.now()
    if (now < (this.lookedAt[host.place] ?? -Infinity) + lookMs) return
    this.lookedAt[host.place] = now
    this.look(host)
  }

  /** Looks at what a host keeps for its peers. */
  private look(host: SimHost): void {
    const { most } = this
    const { log, sessions } = insideOf(host)
    most.cells = Math.max(most.cells, log.size)
    for (const { lag } of host.store.peers()) most.lag = Math.max(most.lag, lag)
    for (const { peer } of sessions) {
      if (peer === null) continue
      let ranges = 0
      for (const held of peer.vector.values()) ranges += held.ranges().length
      most.authors = Math.max(most.authors, peer.vector.size)
      most.ranges = Math.max(most.ranges, ranges)
    }
  }

  /** Whether all running hosts hold the same; the one that did not before is looked at first. */
  private agreed(): boolean {
    const { network, suspect } = this
    const [first, ...others] = network.running
    if (first === undefined) return true
    const { log, digest } = insideOf(first)
    const differs = (host: SimHost): boolean => {
      const other = insideOf(host)
      return (other.log.size !== log.size || other.digest !== digest) && differencesOf([first, host], network).length > 0
    }
    if (suspect?.running === true && differs(suspect)) return false
    this.suspect = others.find(differs) ?? null
    return this.suspect === null
  }
}

/** A store shows nobody its log and its sessions; a simulator may look. */
function insideOf({ store }: SimHost): Gossip {
  return store['gossip']
}

/** A cell, what it holds where it is newest, and who of the hosts does not hold that. */
type Difference = { change: Change; at: SimHost; lacking: SimHost[] }

/** In what some hosts differ; that of a name which some may have dropped and others not yet is none. */
function differencesOf(hosts: readonly SimHost[], network: Network): Difference[] {
  const cells = new Map<string, { change: Change; holders: SimHost[] }>()
  for (const host of hosts) {
    for (const change of insideOf(host).log.cells()) {
      // Events are kept for as long as peers and bounds make it, at each host.
      if (change.name.kind === eventKind) continue
      const key = `${change.author.id} ${change.name.kind.length} ${change.name.text.length} ${change.name.kind}${change.name.text}${change.part}`
      const cell = cells.get(key)
      if (cell === undefined || cell.change.seq < change.seq) cells.set(key, { change, holders: [host] })
      else if (cell.change.seq === change.seq) cell.holders.push(host)
    }
  }
  const differences: Difference[] = []
  for (const { change, holders } of cells.values()) {
    if (holders.length === hosts.length || isAtEdge(change, network)) continue
    const holding = new Set(holders)
    differences.push({ change, at: holders[0] as SimHost, lacking: hosts.filter((host) => !holding.has(host)) })
  }
  return differences
}

/** Whether hosts whose clocks differ may have dropped a name, or made it anew, while others have not come so far. */
function isAtEdge({ name: { kind, text } }: Change, { running, clock }: Network): boolean {
  let expire: Expire = null
  for (const host of running) expire = latest(expire, insideOf(host).log.find(kind, text)?.term?.expire ?? null)
  const { graceMs, skewMsMax } = insideOf(running[0] as SimHost).limits
  const past = clock.date() - momentOf(expire) - 2 * graceMs - skewMsMax
  return past >= -skewMsMax && past <= 3 * skewMsMax
}

function inWords({ change: { author, seq, name, part }, at, lacking }: Difference): string {
  const [first] = lacking as [SimHost]
  const held = insideOf(first).log.author(author.id)
  const older = held === undefined ? undefined : insideOf(first).log.find(name.kind, name.text)?.find(held, part)
  const what = older === undefined ? 'nothing' : `seq ${older.seq}`
  return `${at.name} holds seq ${seq} of ${author.id} in ${name.kind} "${name.text}"${part}, ${first.name} ${what}; ${lacking.length} hosts lack it`
}

function errorsOf(hosts: readonly SimHost[]): Map<string, number> {
  const errors = new Map<string, number>()
  for (const host of hosts) for (const error of host.errors) count(errors, codeOf(error), 1)
  return errors
}

function codeOf(error: unknown): string {
  return isGossipError(error) ? error.code : String(error)
}

function count(counts: Map<string, number>, code: string, more: number): void {
  counts.set(code, (counts.get(code) ?? 0) + more)
}

/** The middle of many whole numbers, of which it is known how many there are of each. */
function middleOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, some) => sum + some, 0)
  const at = (rank: number): number => {
    let i = 0
    for (let left = rank; left >= (counts[i] ?? Infinity); i += 1) left -= counts[i] ?? 0
    return i
  }
  return total === 0 ? 0 : (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2
}

function figuresOf(figures: number[]): Figures {
  const sorted = figures.sort((a, b) => a - b)
  const at = (rank: number): number => sorted[rank] ?? 0
  const last = sorted.length - 1
  return { total: sorted.reduce((sum, one) => sum + one, 0), median: (at(last >> 1) + at((last + 1) >> 1)) / 2, greatest: at(last) }
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
