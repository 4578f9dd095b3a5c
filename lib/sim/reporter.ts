/**
 * Who looks at a network and reports what happened.
 *
 * A reporter only looks, when a change is kept or bytes come out of a link: a network that is watched runs as it would otherwise.
 */
import { isGossipError } from '../errors.js'
import type { Store } from '../store/store.js'
import { add, totals } from '../core/view.js'
import { gossipOf } from './checks/check.js'
import { differ, differencesOf, inWords } from './difference.js'
import { Spreads } from './drawing.js'
import type { SimHost } from './host.js'
import type { Network } from './network.js'
import type { Figures, Report } from './report.js'
import type { Work } from './work.js'

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
    const { log, sessions } = gossipOf(host.store)
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
    const { log, digest } = gossipOf(first.store)
    const differs = (host: SimHost): boolean => {
      const other = gossipOf(host.store)
      return (other.log.size !== log.size || other.digest !== digest) && differ(first, host, network)
    }
    if (suspect?.running === true && differs(suspect)) return false
    this.suspect = others.find(differs) ?? null
    return this.suspect === null
  }
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
