/**
 * Whoever is expected and was not heard of for 2.3 pings is in doubt, as silent if a session with it is open; whoever was heard of is not
 * thought silent; and at rest, when all that are expected were heard of, a host is coherent.
 *
 * Expected are those of whom a store ever told a doubt: it begins with one for each.
 */
import { silentPings } from '../../limits.js'
import type { Doubt } from '../../gossip/coherence.js'
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { SimLink } from '../link.js'
import type { Network } from '../network.js'
import { few, gossipOf } from './check.js'
import type { Check } from './check.js'
import { isAwake } from './ends.js'

const lookMs = 100

/** What is found out may take so long to be told. */
const slackMs = 5

class Silence {
  readonly faults = new Set<string>()
  private readonly expected = new WeakMap<Store, Set<string>>()
  /** When a host was last heard of at another, by the two, and in which connection of which link. */
  private readonly heard = new Map<string, { at: number; link: SimLink; connection: number }>()

  constructor(private readonly network: Network) {}

  attend(store: Store): void {
    const expected = new Set(store.doubts().map(({ host }) => host))
    this.expected.set(store, expected)
    store.on('incoherent', (doubts) => {
      for (const { host } of doubts) expected.add(host)
    })
  }

  hear(link: SimLink, to: SimHost): void {
    const from = link.hosts[0] === to ? link.hosts[1] : link.hosts[0]
    const { connections: connection } = link
    // A host that is paused hears it when it wakes.
    to.act(() => this.heard.set(`${to.name} ${from.name}`, { at: this.network.clock.now(), link, connection }))
  }

  look(): void {
    for (const host of this.network.running) {
      if (!isAwake(host)) continue
      const doubts = new Map(host.store.doubts().map((doubt) => [doubt.host, doubt]))
      for (const other of this.expected.get(host.store) ?? []) this.judge(host, other, doubts.get(other))
      if (host.store.coherent !== (doubts.size === 0)) this.faults.add(`${host.name} says that it is ${host.store.coherent ? '' : 'in'}coherent, with ${doubts.size} doubts`)
    }
  }

  /** At rest. */
  incoherent(): string[] {
    const silent = (host: SimHost): boolean => [...(this.expected.get(host.store) ?? [])].some((other) => this.quietMs(host, other) > this.patienceMs(host))
    return this.network.running.filter((host) => !silent(host) && !host.store.coherent).map((host) => {
      return `${host.name} hears of all whom it expects, and doubts ${host.store.doubts().map(({ host: other, why }) => `${other} (${why})`).join()}`
    })
  }

  private judge(host: SimHost, other: string, doubt: Doubt | undefined): void {
    const quietMs = this.quietMs(host, other)
    if (doubt === undefined && quietMs > this.patienceMs(host) + slackMs) this.faults.add(`${host.name} has not heard of ${other} for too long, and does not doubt it`)
    if (doubt?.why === 'silent' && this.lasts(host, other) && quietMs < this.patienceMs(host) - slackMs) this.faults.add(`${host.name} thinks ${other} silent, of whom it has just heard`)
    const open = [...gossipOf(host.store).sessions].some(({ peer }) => peer?.host === other)
    if (open && doubt !== undefined && doubt.why !== 'silent' && quietMs > this.patienceMs(host) + slackMs) {
      this.faults.add(`${host.name} has not heard of ${other} for too long, and finds it ${doubt.why} instead of silent`)
    }
  }

  private quietMs(host: SimHost, other: string): number {
    return this.network.clock.now() - (this.heard.get(`${host.name} ${other}`)?.at ?? 0)
  }

  /** Whether the connection in which a host was heard of is still there: older ones of which nobody was told may well be silent. */
  private lasts(host: SimHost, other: string): boolean {
    const heard = this.heard.get(`${host.name} ${other}`)
    return heard?.link.up === true && heard.link.connections === heard.connection
  }

  private patienceMs({ store }: SimHost): number {
    return silentPings * gossipOf(store).limits.pingMs
  }
}

/** Silence is noticed, and nothing else is taken for it. Looks at what happens from now on. */
export function doubts(network: Network): Check {
  const silence = new Silence(network)
  for (const { store } of network.hosts) silence.attend(store)
  network.watch({
    start: (_, store) => silence.attend(store),
    chunk: (link, to) => silence.hear(link, to)
  })
  const look = (): void => {
    silence.look()
    network.clock.after(lookMs, look)
  }
  network.clock.after(lookMs, look)
  return {
    faults: () => {
      silence.look()
      return few([...silence.faults, ...silence.incoherent()])
    }
  }
}
