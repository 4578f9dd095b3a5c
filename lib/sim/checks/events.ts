/**
 * Every event is heard once, in the order in which its author emitted it, and what is not heard is told as a gap: at each host the numbers
 * heard and those told as gaps follow each other without a hole. At rest they reach to the last that was emitted. Memory stays bounded.
 *
 * Judged are events whose arguments are their author and their number, as `Work` emits them. Looks at what happens from now on.
 */
import type { Bus } from '../../bus/bus.js'
import type { Gap } from '../../core/station.js'
import { startOf } from '../../gossip/age.js'
import type { Json } from '../../json.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few, gossipOf, groupsOf } from './check.js'
import type { Check } from './check.js'

export type EventBounds = {
  /** Whether bounds are so wide that nobody may miss an event. Default false. */
  roomy?: boolean
}

const lookMs = 500

class Hearers {
  readonly faults = new Set<string>()
  /** How far each life of a host heard each author. */
  private readonly heard = new WeakMap<Bus, Map<string, number>>()

  constructor(private readonly roomy: boolean) {}

  hear(host: SimHost, args: readonly Json[]): void {
    const [author, number] = args
    if (typeof author !== 'string' || typeof number !== 'number') return
    this.move(host, author, number, number, 'heard')
  }

  gap(host: SimHost, { author, from, to }: Gap): void {
    if (this.roomy) this.faults.add(`${host.name} was told of a gap from ${from} to ${to} of ${author}, though there is room for all`)
    this.move(host, author, from, to, 'was told of a gap at')
  }

  /** All that those who run emitted was heard, or told as a gap, by all who hear of them. */
  rest(group: readonly SimHost[]): void {
    for (const author of group) {
      const { own } = gossipOf(author.store)
      const last = gossipOf(author.store).topics.open('bus', 1).number
      for (const host of group) {
        const known = this.heardBy(host).get(own.id) ?? (this.isOlder(host, own.id) ? last : 0)
        if (host !== author && known !== last) this.faults.add(`${author.name} emitted ${last} events, and ${host.name} heard up to ${known}`)
      }
    }
  }

  /** What hosts keep of events, when all were served. */
  look(host: SimHost, isAtRest: boolean): void {
    const { topics, limits } = gossipOf(host.store)
    const { counted, max } = topics.open('bus', 1)
    if (isAtRest && counted > max) this.faults.add(`${host.name} keeps ${counted} events, more than ${max}, though all were served`)
    if (topics.bytes > limits.bufferBytesMax) this.faults.add(`${host.name} keeps more than ${limits.bufferBytesMax} bytes of events`)
  }

  private move(host: SimHost, author: string, from: number, to: number, what: string): void {
    const known = this.heardBy(host)
    const before = known.get(author)
    const first = this.isOlder(host, author) ? from : 1
    const due = before === undefined ? first : before + 1
    if (from !== due) this.faults.add(`${host.name} ${what} event ${from} of ${author}, when ${due} was due`)
    known.set(author, Math.max(to, before ?? 0))
  }

  /** Whether an author began before a host did, which then need not hear its first. */
  private isOlder(host: SimHost, author: string): boolean {
    const known = gossipOf(host.store).log.author(author)
    return known === undefined || startOf(known) < startOf(gossipOf(host.store).own)
  }

  private heardBy({ bus }: SimHost): Map<string, number> {
    const known = this.heard.get(bus) ?? new Map<string, number>()
    this.heard.set(bus, known)
    return known
  }
}

/** Events are heard once, in order, and none is missed silently. */
export function events(network: Network, { roomy = false }: EventBounds = {}): Check {
  const hearers = new Hearers(roomy)
  network.watch({ hear: (host, _, args) => hearers.hear(host, args), gap: (host, gap) => hearers.gap(host, gap) })
  const look = (): void => {
    for (const host of network.running) hearers.look(host, false)
    network.clock.after(lookMs, look)
  }
  network.clock.after(lookMs, look)
  return {
    faults: () => {
      for (const group of groupsOf(network)) hearers.rest(group)
      for (const host of network.running) hearers.look(host, true)
      return few([...hearers.faults])
    }
  }
}
