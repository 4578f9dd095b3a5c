/**
 * A simulated network: real stores, linked by connections that take time and fail, in one thread and without a real timer.
 *
 * The same seed and the same calls give the same history, of which `trace` is a hash. Everything that happens can be watched.
 */
import type { Gap } from '../core/station.js'
import { GossipError, shown } from '../errors.js'
import type { Json } from '../json.js'
import { sha256 } from '../log/sha256.js'
import type { ChangeView } from '../store/reader.js'
import type { Store } from '../store/store.js'
import { Chance } from './chance.js'
import { VirtualClock } from './clock.js'
import { SimHost } from './host.js'
import type { HostOptions } from './host.js'
import { SimLink } from './link.js'
import type { LinkOptions, Notice } from './link.js'

/** Who is told what happens. */
export type Watch = {
  /** A host kept a change: its own if `from` is null. */
  change?(host: SimHost, change: ChangeView, from: string | null): void
  /** A host heard an event. */
  hear?(host: SimHost, event: string, args: readonly Json[]): void
  /** A host was told that it will not hear events of an author. */
  gap?(host: SimHost, gap: Gap): void
  /** Bytes came out of a link at the end of `to`. */
  chunk?(link: SimLink, to: SimHost, bytes: Uint8Array): void
  /** A host began a life. */
  start?(host: SimHost, store: Store): void
  /** A host is gone, with what it held. */
  crash?(host: SimHost): void
}

export type NetworkOptions = {
  seed?: number
  /** Of every host that says nothing else. */
  hosts?: HostOptions
  /** Of every link that says nothing else. */
  links?: LinkOptions
}

const encoder = new TextEncoder()

export class Network {
  readonly clock = new VirtualClock()
  readonly chance: Chance
  readonly hosts: SimHost[] = []
  readonly links: SimLink[] = []
  private readonly byName = new Map<string, SimHost>()
  private readonly watches: Watch[] = []
  private digest = ''
  private noted: string[] = []

  constructor(private readonly options: NetworkOptions = {}) {
    this.chance = new Chance(options.seed ?? 1)
  }

  /** The hosts that run. */
  get running(): SimHost[] {
    return this.hosts.filter((host) => host.running)
  }

  /** Tells what happens from now on, at hosts there are and to come. */
  watch(watch: Watch): this {
    this.watches.push(watch)
    return this
  }

  /** A new host. */
  add(name: string, options: HostOptions = {}): SimHost {
    if (this.byName.has(name)) throw new GossipError('ERR_OPTION', `there is a host ${shown(name)} already.`)
    const host = new SimHost(name, this.hosts.length, this.clock, this.chance, { ...this.options.hosts, ...options })
    this.hosts.push(host)
    this.byName.set(name, host)
    host.onStart = () => this.attend(host)
    this.attend(host)
    return host
  }

  /** The host of that name. */
  host(name: string): SimHost {
    const host = this.byName.get(name)
    if (host === undefined) throw new GossipError('ERR_OPTION', `there is no host ${shown(name)} in this network.`)
    return host
  }

  /** Links two hosts. */
  link(first: string, second: string, options: LinkOptions = {}): SimLink {
    const watch = { chunk: (link: SimLink, to: SimHost, bytes: Uint8Array): void => this.tellChunk(link, to, bytes) }
    const link = new SimLink([this.host(first), this.host(second)], this.clock, this.chance, { ...this.options.links, ...options }, watch)
    this.links.push(link)
    return link
  }

  /** The links between two hosts, or all of one. */
  between(first: string, second?: string): SimLink[] {
    const a = this.host(first)
    return this.links.filter((link) => (second === undefined ? link.hosts.includes(a) : link.joins(a, this.host(second))))
  }

  /** Cuts all links between two groups of hosts. */
  part(left: readonly string[], right: readonly string[], notice: Notice = 'both'): SimLink[] {
    const cut = left.flatMap((a) => right.flatMap((b) => this.between(a, b)))
    for (const link of cut) link.cut(notice)
    return cut
  }

  /** Heals every link. */
  heal(): void {
    for (const link of this.links) link.heal()
  }

  /** A host is gone at once; those linked to it notice sooner or later, or never. */
  crash(name: string): void {
    const host = this.host(name)
    if (!host.running) return
    for (const watch of this.watches) watch.crash?.(host)
    this.note(`crash ${name}`)
    host.crash()
    for (const link of this.between(name)) link.abandon(host)
  }

  /** A host starts again without memory; its links are dialled again. */
  restart(name: string): void {
    this.crash(name)
    this.host(name).start()
    for (const link of this.between(name)) link.connect()
  }

  /** Lets `ms` of virtual time pass. */
  run(ms: number): void {
    this.clock.run(ms)
  }

  /** Lets time pass until something holds, looked at every `stepMs`; says whether it did within `ms`. */
  until(holds: () => boolean, ms: number, stepMs = 10): boolean {
    for (const end = this.clock.now() + ms; this.clock.now() < end; this.clock.run(stepMs)) if (holds()) return true
    return holds()
  }

  /** A hash of all that has happened: the same for the same seed and calls. */
  get trace(): string {
    if (this.noted.length > 0) {
      this.digest = sha256(encoder.encode(this.digest + this.noted.join('\n')))
      this.noted = []
    }
    return this.digest.slice(0, 32)
  }

  private attend(host: SimHost): void {
    const { store, bus } = host
    for (const watch of this.watches) watch.start?.(host, store)
    bus.onAny((event, ...args) => {
      for (const watch of this.watches) watch.hear?.(host, event, args)
    })
    bus.stream.on('gap', (gap) => {
      for (const watch of this.watches) watch.gap?.(host, gap)
    })
    store.on('change', (change, from) => {
      for (const watch of this.watches) watch.change?.(host, change, from)
    })
  }

  private tellChunk(link: SimLink, to: SimHost, bytes: Uint8Array): void {
    this.note(`${this.clock.now()} ${link.hosts[0].place}-${link.hosts[1].place} ${to.place} ${bytes.length}`)
    for (const watch of this.watches) watch.chunk?.(link, to, bytes)
  }

  private note(line: string): void {
    if (this.noted.push(line) >= 4_096) void this.trace
  }
}
