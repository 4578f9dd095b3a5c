/**
 * Foes: peers that connect to hosts of a simulated network over links as others do, and then say whatever harms. They have no store, and
 * speak by hand.
 *
 * What is promised of them is little: they may forge values; they can not crash, exhaust or silence anybody. What they did is written
 * down, so that checks can leave out what was forged, and nothing else.
 */
import { GossipError, shown } from '../errors.js'
import { gossipOf } from './checks/check.js'
import type { Sparing } from './checks/check.js'
import { Deeds } from './foes/deeds.js'
import { doubler, forger, impostor, prophet, reaper, tangler } from './foes/forgeries.js'
import { echo, liar, miser, poser, replayer, waverer, withholder } from './foes/lies.js'
import { Line } from './foes/line.js'
import { babbler, flapper, flooder, mangler, staller } from './foes/noise.js'
import { Scene } from './foes/scene.js'
import type { Mischief } from './foes/scene.js'
import type { SimHost } from './host.js'
import type { LinkOptions } from './link.js'
import type { Network } from './network.js'
import type { Road } from './pipe.js'

/** All kinds of foes there are. */
export const foeKinds = {
  liar, miser, waverer, withholder, replayer, echo, poser, forger, doubler, impostor, reaper, prophet, tangler, babbler, mangler, flooder, staller, flapper
} satisfies Record<string, (scene: Scene) => Mischief>

export type FoeKind = keyof typeof foeKinds

export type FoesOptions = Omit<LinkOptions, 'streams'> & {
  /** How often each does something, on an average. Default 100. */
  actMs?: number
  /** To how many hosts each is linked. Default 2. */
  hostsEach?: number
}

export class Foes {
  readonly lines: Line[] = []
  readonly deeds = new Deeds()
  private stopped = false

  constructor(
    private readonly network: Network,
    private readonly options: FoesOptions
  ) {
    network.watch({
      crash: (host) => {
        for (const line of this.lines) if (line.host === host) line.drop(false)
      }
    })
  }

  /** One more foe, linked to some of the hosts there are. */
  add(kind: FoeKind): void {
    if (!Object.hasOwn(foeKinds, kind)) throw new GossipError('ERR_OPTION', `there is no foe ${shown(kind)}; there are ${Object.keys(foeKinds).join(', ')}.`)
    const scene = this.scene(`${kind}-foe`)
    const mischief: Mischief = foeKinds[kind](scene)
    const hosts = this.network.chance.shuffled(this.network.hosts).slice(0, this.options.hostsEach ?? 2)
    for (const host of hosts) this.drive(this.join(host, scene, mischief), mischief)
  }

  /** A foe that says hello to one host, and then what it is told to. */
  hand(host: string): Line {
    return this.join(this.network.host(host), this.scene('hand'), { act: () => {} })
  }

  /** They are gone, all of them, for good. */
  stop(): void {
    this.stopped = true
    for (const line of this.lines) line.stop()
  }

  /**
   * What checks may leave out: authors in whose names something was forged, and names of which a foe said an end or what is in them; and,
   * until the audit, authors who are lost and of whom a foe said what it holds: who believed it asks nobody for the rest.
   */
  readonly spares: Sparing = (place) => this.deeds.taints(place) || (this.deeds.stated.has(place.author) && this.isLost(place.author))

  private isLost(author: string): boolean {
    return !this.network.running.some(({ store }) => gossipOf(store).own.id === author)
  }

  private scene(name: string): Scene {
    return new Scene(name, this.network, this.network.chance, this.deeds)
  }

  private join(host: SimHost, scene: Scene, mischief: Mischief): Line {
    const { clock, chance } = this.network
    const line = new Line(host, scene.name, { clock, chance, road: this.road(), redialMs: this.options.redialMs ?? 200 }, this.deeds, {
      open: (open) => (mischief.open ?? ((other) => scene.hello(other)))(open),
      hear: (from, message) => mischief.hear?.(from, message),
      reads: mischief.reads ?? true
    })
    this.lines.push(line)
    line.connect()
    return line
  }

  private drive(line: Line, mischief: Mischief): void {
    const { clock, chance } = this.network
    clock.after(chance.span(this.options.actMs ?? 100), () => {
      if (this.stopped) return
      if (line.up) mischief.act(line)
      this.drive(line, mischief)
    })
  }

  private road(): Road {
    const { latencyMs = 10, bytesPerMs = 1_000, windowBytes = 1 << 18 } = this.options
    const { chance } = this.network
    return { latencyMs: typeof latencyMs === 'number' ? () => latencyMs : () => chance.span(latencyMs.mean), bytesPerMs, windowBytes }
  }
}

/** Lets foes of these kinds into a network: one of each, or more where a kind is named more than once. */
export function foes(network: Network, kinds: readonly FoeKind[], options: FoesOptions = {}): Foes {
  const all = new Foes(network, options)
  for (const kind of kinds) all.add(kind)
  return all
}
