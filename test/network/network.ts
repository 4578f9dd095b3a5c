/**
 * Hosts in namespaces of their own, joined by one bridge, with the way from some of them spoilt; and a second bridge for a split: who is
 * moved there keeps its link, its addresses and its connections, and what it sends arrives nowhere.
 *
 * Spoilt is by netem where the kernel has it, else by wire.ts, else not at all.
 */
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Namespaces } from './namespaces.js'
import { netemOf, type Shape } from './shape.js'
import { type WireFigures, type WireStart, type WireTold } from './wire.js'

export type Shaping = 'netem' | 'wire' | 'none'

/** Each host with how its way into the network is. */
export type Layout = ReadonlyMap<string, Shape | null>

const centre = 'centre'
const air = 'air'
// Of VXLAN's own, and addresses that are nobody's (RFC 5737).
const wirePort = 4_789
const wireAddress = '192.0.2.2'
const endsAddress = '192.0.2.1'

/** What the machine lets us have: how frames can be spoilt, or why there cannot be a network at all. */
export async function probe(): Promise<{ shaping: Shaping } | { missing: string }> {
  let namespaces: Namespaces | null = null
  try {
    const opened = namespaces = await Namespaces.open()
    opened.ip(null, `netns add ${centre}`)
    opened.ip(centre, 'link add dev bridge type bridge', 'link add dev one type veth peer name two')
    const has = (what: () => void): boolean => {
      try {
        what()
        return true
      } catch {
        return false
      }
    }
    if (has(() => opened.tc(centre, 'qdisc add dev one root netem delay 1ms'))) return { shaping: 'netem' }
    return { shaping: has(() => opened.ip(centre, `link add dev end type vxlan id 1 dstport ${wirePort}`)) ? 'wire' : 'none' }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  } finally {
    await namespaces?.close()
  }
}

export class Network {
  private readonly hosts: string[]
  private wire: ChildProcess | null = null

  private constructor(
    private readonly namespaces: Namespaces,
    private readonly layout: Layout,
    private readonly shaping: Shaping
  ) {
    this.hosts = [...layout.keys()]
  }

  static async open(layout: Layout, shaping: Shaping): Promise<Network> {
    const network = new Network(await Namespaces.open(), layout, shaping)
    try {
      await network.lay()
    } catch (error) {
      await network.close()
      throw error
    }
    return network
  }

  addressOf(host: string): string {
    return `198.51.100.${this.hosts.indexOf(host) + 1}`
  }

  /** Starts a module as a process at a host. */
  start(host: string, module: string, start: unknown): ChildProcess {
    return this.namespaces.start(host, module, start)
  }

  /** From here on nothing passes between these hosts and the others, and nobody is told. */
  split(...hosts: string[]): void {
    this.namespaces.ip(centre, ...hosts.map((host) => `link set dev ${host} master aside`))
  }

  heal(): void {
    this.namespaces.ip(centre, ...this.hosts.map((host) => `link set dev ${host} master bridge`))
  }

  /** What happened to the frames that were spoilt, if it was us who did it. */
  async figures(): Promise<WireFigures | null> {
    if (this.wire === null) return null
    const told = once(this.wire, 'message')
    this.wire.send('figures')
    const [{ figures }] = await told as [Extract<WireTold, { type: 'figures' }>]
    return figures
  }

  /** The processes that it consists of. */
  pids(): (number | undefined)[] {
    return [this.namespaces.pid, this.wire?.pid]
  }

  async close(): Promise<void> {
    this.wire?.kill('SIGKILL')
    await this.namespaces.close()
  }

  private async lay(): Promise<void> {
    this.namespaces.ip(null, ...[centre, air, ...this.hosts].map((name) => `netns add ${name}`))
    this.namespaces.ip(
      centre, 'link set dev lo up', 'link add dev bridge type bridge', 'link set dev bridge up', 'link add dev aside type bridge',
      'link set dev aside up'
    )
    if (this.shaping === 'wire') await this.startWire()
    for (const [host, shape] of this.layout) this.join(host, shape)
  }

  private async startWire(): Promise<void> {
    const addresses = (own: string): string => `address add ${own}/30 dev air`
    // A frame in a datagram is longer than a frame.
    this.namespaces.ip(centre, 'link add dev air mtu 2000 type veth peer name air mtu 2000 netns air', addresses(endsAddress), 'link set dev air up')
    this.namespaces.ip(air, 'link set dev lo up', addresses(wireAddress), 'link set dev air up')
    const shapes = this.hosts.map((host): [number, Shape] => [this.endOf(host), this.layout.get(host) ?? {}])
    const start: WireStart = { address: wireAddress, port: wirePort, ends: endsAddress, shapes: Object.fromEntries(shapes) }
    this.wire = this.namespaces.start(air, 'wire', start)
    await Promise.race([once(this.wire, 'message'), once(this.wire, 'exit').then(() => { throw new Error('the wire broke.') })])
  }

  /** The number of the end of a host's wire that is at the host; that of the other differs in the last bit. */
  private endOf(host: string): number {
    return 2 * this.hosts.indexOf(host) + 2
  }

  private stationOf(host: string): string {
    return `02:00:00:00:00:0${this.hosts.indexOf(host) + 1}`
  }

  private join(host: string, shape: Shape | null): void {
    if (shape !== null && this.shaping === 'wire') this.layWire(host)
    else this.namespaces.ip(centre, `link add dev ${host} type veth peer name eth0 netns ${host}`)
    this.namespaces.ip(centre, `link set dev ${host} master bridge up`)
    // All know each other's stations beforehand: else one that is cut off would soon be told so, for want of an answer to ARP.
    const others = this.hosts.filter((other) => other !== host)
    this.namespaces.ip(
      host, 'link set dev lo up', `link set dev eth0 address ${this.stationOf(host)} up`, `address add ${this.addressOf(host)}/24 dev eth0`,
      ...others.map((other) => `neighbour add ${this.addressOf(other)} lladdr ${this.stationOf(other)} nud permanent dev eth0`)
    )
    if (shape !== null && this.shaping === 'netem') this.namespaces.tc(host, `qdisc add dev eth0 root ${netemOf(shape)}`)
  }

  /** Both ends speak to the wire, and go on doing so when one is moved to the host. */
  private layWire(host: string): void {
    const end = (name: string, number: number): string[] => [
      `link add dev ${name} type vxlan id ${number} remote ${wireAddress} dstport ${wirePort} nolearning`,
      // Long segments are cut before they go into a datagram, not behind it.
      `link set dev ${name} gso_max_segs 1`
    ]
    const near = `${host}-near`
    this.namespaces.ip(
      centre, ...end(host, this.endOf(host) ^ 1), ...end(near, this.endOf(host)), `link set dev ${near} netns ${host}`
    )
    this.namespaces.ip(host, `link set dev ${near} name eth0`)
  }
}
