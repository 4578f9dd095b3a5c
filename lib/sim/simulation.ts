/**
 * A whole run: a network of some shape whose hosts write at random while links and hosts fail, then all is healed, and it is seen
 * whether everybody holds the same.
 *
 * Faults come in spells, after each of which all is healed and nobody writes until all hold the same: what is promised of names that end
 * is promised to those who are not cut off for as long as the grace, be it by a slow link.
 */
import { GossipError, shown } from '../errors.js'
import { limits as usual, withLimits } from '../limits.js'
import type { Limits } from '../limits.js'
import { checkKeys } from '../core/options.js'
import type { SimHost } from './host.js'
import type { LinkOptions, Notice, SimLink } from './link.js'
import { Network } from './network.js'
import type { Report } from './report.js'
import { Reporter } from './reporter.js'
import { pairsOf, topologyOf } from './topology.js'
import type { Topology } from './topology.js'
import { checkNumber, Work } from './work.js'
import type { WorkOptions } from './work.js'

/** How often what fails, a virtual minute in the whole network; true is 20, false none. */
export type Faults = {
  /** A link is cut, often amid a frame; both ends learn of it, or one, or none. */
  cuts: number | boolean
  /** Hosts fall into two parts: their links are cut, or nothing comes through in one direction or in both. */
  parts: number | boolean
  /** A link breaks again and again. */
  flaps: number | boolean
  /** Nothing comes through a link in one direction, or in both, and nobody is told. */
  silences: number | boolean
  /** A host is gone with all that it knew, and starts again a while later. */
  crashes: number | boolean
  /** A host starts again without memory, at once. */
  restarts: number | boolean
  /** A host does nothing for minutes, or until the spell ends. */
  pauses: number | boolean
  /** Clocks differ from the beginning, and one jumps. All of them stay within `skewMsMax` of each other. */
  clocks: number | boolean
}

export type SimulationOptions = {
  hosts: number
  /** Default `random:8`. */
  topology?: Topology | undefined
  /** Default 1. */
  seed?: number | undefined
  /** How long hosts write, in virtual time, spells between which they rest taken together. Default 10. */
  seconds?: number | undefined
  /** How many hosts write. Default: ten, or all. */
  writers?: number | undefined
  /** Writes a second, by all together. Default 20; where there are more than 250 hosts, so many that 5,000 hosts a second hear of one. */
  rate?: number | undefined
  /** What they write. */
  work?: Omit<WorkOptions, 'writers' | 'rate' | 'graceMs'> | undefined
  links?: LinkOptions | undefined
  /** True is all kinds. Default: none. */
  faults?: boolean | Partial<Faults> | undefined
  limits?: Partial<Limits> | undefined
  /** How long to wait at the end until all hold the same. Default 120,000. */
  settleMs?: number | undefined
}

const keys = ['hosts', 'topology', 'seed', 'seconds', 'writers', 'rate', 'work', 'links', 'faults', 'limits', 'settleMs']
const kinds: readonly (keyof Faults)[] = ['cuts', 'parts', 'flaps', 'silences', 'crashes', 'restarts', 'pauses', 'clocks']
const aMinute = 20

/** How long a fault lasts, on an average. */
const faultMs = 2_000
const pauseMs = [60_000, 180_000] as const

/** A spell of faults lasts so much of the grace at most: what was said before it still has time to go round. */
const spellShare = 0.6

/** How long all is well between two spells, at most: until all hosts hold the same. */
const calmMs = 30_000

/** Runs a whole simulation. */
export function simulate(options: SimulationOptions): Report {
  return new Simulation(options).run()
}

/** A simulation in the making: its network may be watched before it runs. */
export class Simulation {
  readonly network: Network
  readonly reporter: Reporter
  readonly work: Work
  private readonly limits: Limits
  private readonly rates: [keyof Faults, number][]
  private readonly lastsMs: number
  private readonly settleMs: number
  /** Which spell of faults it is, and when it ends; what belongs to an earlier one is over. */
  private spell = 0
  private spellEnd = 0

  /** @throws GossipError `ERR_OPTION` for an option that is none, or not what it must be. */
  constructor(options: SimulationOptions) {
    checkKeys(options, keys, 'simulate')
    const { hosts, topology = 'random:8', seed = 1, seconds = 10, faults = false, settleMs = 120_000 } = options
    const { writers = Math.min(10, hosts), rate = Math.min(20, 5_000 / hosts) } = options
    checkNumber('hosts', hosts, 1, 100_000, true)
    checkNumber('seed', seed, 0, Number.MAX_SAFE_INTEGER, true)
    checkNumber('seconds', seconds, 0, 1e9)
    checkNumber('settleMs', settleMs, 0, 1e9)
    // The middle of a star, and links whose loss nobody was told of, take many streams.
    this.limits = withLimits({ peersMax: Math.max(usual.peersMax, 4 * hosts), ...options.limits })
    this.rates = ratesOf(faults)
    this.lastsMs = seconds * 1_000
    this.settleMs = settleMs
    this.network = new Network({ seed, hosts: { limits: this.limits }, links: checkLinks(options.links ?? {}) })
    this.build(hosts, topologyOf(topology))
    this.work = new Work(this.network, { ...options.work, writers, rate, graceMs: this.limits.graceMs })
    this.reporter = new Reporter(this.network, { seed, topology, work: this.work })
  }

  /** Lets hosts write and everything fail, heals it, waits for agreement, and reports. */
  run(): Report {
    const { work, reporter, lastsMs } = this
    const spellMs = this.rates.length === 0 ? Infinity : spellShare * this.limits.graceMs
    for (let left = lastsMs; left > 0; left -= spellMs) {
      work.start()
      this.fail(Math.min(spellMs, left))
      work.stop()
      this.mend()
      if (left > spellMs && reporter.settle(calmMs)) work.welcome()
    }
    reporter.settle(this.settleMs)
    return reporter.report()
  }

  private build(hosts: number, topology: Topology): void {
    const { network } = this
    const skewed = this.rates.some(([kind]) => kind === 'clocks')
    for (let i = 0; i < hosts; i += 1) network.add(`h${i}`, { aheadMs: skewed ? this.skew() : 0 })
    for (const [a, b] of pairsOf(topology, hosts, network.chance)) network.link(`h${a}`, `h${b}`)
  }

  /** A spell of faults. */
  private fail(ms: number): void {
    const { clock } = this.network
    this.spellEnd = clock.now() + ms
    for (const [kind, rate] of this.rates) this.repeat(this.spell, 60_000 / rate, () => this.strike(kind))
    clock.runUntil(this.spellEnd)
    this.spell += 1
  }

  /** All is made good again. */
  private mend(): void {
    for (const host of this.network.hosts) this.begin(host)
    this.reporter.heal()
  }

  private repeat(spell: number, meanMs: number, run: () => void): void {
    const { clock, chance } = this.network
    clock.after(chance.span(meanMs), () => {
      if (this.spell !== spell) return
      run()
      this.repeat(spell, meanMs, run)
    })
  }

  private strike(kind: keyof Faults): void {
    const { network } = this
    const { chance, running, links } = network
    const link = links.length === 0 ? null : chance.pick(links)
    const host = running.length === 0 ? null : chance.pick(running)
    if (kind === 'cuts' && link !== null) this.sever([link])
    else if (kind === 'silences' && link !== null) this.muffle([link], () => true)
    else if (kind === 'flaps' && link !== null) this.flap(link, chance.whole(2, 8))
    else if (kind === 'parts') this.part()
    else if (kind === 'clocks' && host !== null) host.aheadMs = this.skew()
    else if (kind === 'pauses' && host !== null) this.pause(host)
    else if (running.length < 2 || host === null) return
    else if (kind === 'restarts') network.restart(host.name)
    else if (kind === 'crashes') this.crash(host)
  }

  private sever(links: readonly SimLink[]): void {
    const { chance } = this.network
    for (const link of links) link.cut(this.notice(), chance.odds(0.5))
    this.later(() => links.forEach((link) => link.heal()))
  }

  /** Nothing comes through links in one direction, or in both; `isForward` tells which way each of them is built. */
  private muffle(links: readonly SimLink[], isForward: (link: SimLink) => boolean): void {
    const [there, back] = this.network.chance.pick([[true, false], [false, true], [true, true]] as const)
    for (const link of links) link.silence(isForward(link) ? there : back, isForward(link) ? back : there)
    this.later(() => links.forEach((link) => link.silence(false, false)))
  }

  private flap(link: SimLink, times: number): void {
    const { clock, chance } = this.network
    link.lose(this.notice(), chance.odds(0.5))
    const { spell } = this
    if (times > 1) clock.after(chance.span(150), () => {
      if (this.spell === spell) this.flap(link, times - 1)
    })
  }

  private part(): void {
    const { chance, hosts, links } = this.network
    const left = new Set(hosts.filter(() => chance.odds(0.5)))
    const between = links.filter(({ hosts: [a, b] }) => left.has(a) !== left.has(b))
    if (chance.odds(0.5)) this.sever(between)
    else this.muffle(between, ({ hosts: [first] }) => left.has(first))
  }

  private pause(host: SimHost): void {
    const { clock, chance } = this.network
    host.pause(Math.min(chance.whole(...pauseMs), this.spellEnd - clock.now()))
  }

  private crash(host: SimHost): void {
    this.network.crash(host.name)
    this.later(() => this.begin(host))
  }

  private begin(host: SimHost): void {
    if (host.running) return
    host.start()
    for (const link of this.network.between(host.name)) link.connect()
  }

  /** When a fault is over, unless its spell ends before: then all is mended anyway. */
  private later(run: () => void): void {
    const { clock, chance } = this.network
    const { spell } = this
    clock.after(chance.span(faultMs), () => {
      if (this.spell === spell) run()
    })
  }

  private notice(): Notice {
    return this.network.chance.pick(['both', 'both', 'none', 'first', 'second'])
  }

  /** By how much a clock may be ahead, so that any two are within `skewMsMax`. */
  private skew(): number {
    const most = Math.floor(this.limits.skewMsMax * 0.45)
    return this.network.chance.whole(-most, most)
  }
}

function ratesOf(faults: boolean | Partial<Faults>): [keyof Faults, number][] {
  if (typeof faults === 'boolean') return faults ? kinds.map((kind) => [kind, aMinute]) : []
  checkKeys(faults, kinds, 'faults')
  const rates = kinds.map((kind): [keyof Faults, number] => {
    const rate = faults[kind] ?? false
    if (typeof rate === 'number') checkNumber(kind, rate, 0, 1e6)
    else if (typeof rate !== 'boolean') throw new GossipError('ERR_OPTION', `${kind} must be a boolean, or how many a minute, not ${shown(rate)}.`)
    return [kind, typeof rate === 'number' ? rate : rate ? aMinute : 0]
  })
  return rates.filter(([, rate]) => rate > 0)
}

function checkLinks(links: LinkOptions): LinkOptions {
  checkKeys(links, ['latencyMs', 'bytesPerMs', 'windowBytes', 'redialMs', 'streams'], 'links')
  const { latencyMs = 0, bytesPerMs = 1, windowBytes = 1, redialMs = 0 } = links
  checkNumber('latencyMs', typeof latencyMs === 'number' ? latencyMs : latencyMs.mean, 0, 1e9)
  checkNumber('bytesPerMs', bytesPerMs, 1e-3, 1e12)
  checkNumber('windowBytes', windowBytes, 1, 1e12)
  checkNumber('redialMs', redialMs, 0, 1e9)
  return links
}
