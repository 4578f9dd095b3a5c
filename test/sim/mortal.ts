/**
 * One random history of names that end, from a seed: hosts whose clocks differ write names, say and extend their ends, and make them
 * anew, around every edge of their life; links are cut, none for as long as the grace; hosts start without memory, and then wait until
 * they are in step before they write.
 *
 * All the while, and at the end, hosts must agree on every name that is not at an edge of its life.
 */
import type { Limits } from '../../lib/limits.js'
import { latest, momentOf } from '../../lib/log/expire.js'
import type { Expire } from '../../lib/log/expire.js'
import { Chance } from '../../lib/sim/chance.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { Host } from './host.js'
import { Link } from './link.js'

export type MortalOptions = {
  /** How long cuts may last, as a share of the grace. */
  cuts?: number
  /** Whether a host that starts without memory writes before it is in step with others. */
  eager?: boolean
  /** Whether hosts compare what they hold. */
  audit?: boolean
}

const graceMs = 4_000
const skewMsMax = 400
/** What a change takes to reach everybody once all links are up. */
const healMs = 1_000

/** What hosts differ in, in words; empty if they agree. */
export function mortalHistory(seed: number, { cuts = 0.7, eager = false, audit = true }: MortalOptions = {}): string[] {
  const world = new Mortals(seed, eager, audit)
  const { chance, clock } = world
  const rounds = chance.whole(4, 12)
  for (let round = 0; round < rounds; round += 1) {
    world.cutSome()
    world.restartSome()
    world.live(chance.whole(0, Math.floor(graceMs * cuts)))
    world.healAll()
    world.live(healMs)
    clock.run(healMs)
    world.welcome()
    const faults = world.differences()
    if (faults.length > 0) return faults
  }
  return world.failures()
}

class Mortals {
  readonly clock = new VirtualClock(1_000_000)
  readonly chance: Chance
  private readonly hosts: Host[] = []
  private links: Link[] = []
  private readonly pairs: [Host, Host][] = []
  private readonly names: string[]
  /** Hosts that started anew and are not in step yet. */
  private readonly fresh = new Set<Host>()

  constructor(
    seed: number,
    private readonly eager: boolean,
    audit: boolean
  ) {
    this.chance = new Chance(seed)
    const { chance } = this
    const limits: Partial<Limits> = {
      graceMs, skewMsMax, pingMs: 100, haveMs: 20, roundMs: 150, askMs: 200, rangesMax: chance.pick([3, 32]), batchBytes: chance.pick([100, 65_536])
    }
    const count = chance.whole(2, 5)
    for (let i = 0; i < count; i += 1) {
      const host = new Host(`h${i}`, this.clock, limits, audit)
      host.aheadMs = chance.whole(0, skewMsMax)
      this.hosts.push(host)
      if (i > 0) this.pairs.push([chance.pick(this.hosts.slice(0, i)), host])
    }
    if (count > 2 && chance.odds(0.5)) this.pairs.push([this.hosts[0] as Host, this.hosts.at(-1) as Host])
    this.names = Array.from({ length: chance.whole(1, 4) }, (_, i) => `n${i}`)
    this.healAll()
  }

  cutSome(): void {
    for (const link of this.links) if (this.chance.odds(0.6)) link.cut([this.chance.pick([0, 50]), this.chance.pick([0, 50])])
  }

  restartSome(): void {
    for (const host of this.hosts) {
      if (!this.chance.odds(0.1)) continue
      for (const link of this.links) if (link.up && link.ends.some((end) => end.host === host)) link.cut([0, 0])
      host.restart()
      this.fresh.add(host)
    }
  }

  /** All links have been up for long enough. */
  welcome(): void {
    this.fresh.clear()
  }

  healAll(): void {
    this.links = this.links.filter((link) => link.up)
    for (const [left, right] of this.pairs) {
      if (this.links.some((link) => link.joins(left, right))) continue
      this.links.push(new Link(this.clock, left, right, { latencyMs: this.chance.whole(0, 20), bytesPerMs: 1_000 }))
    }
  }

  /** Hosts write for so long. */
  live(ms: number): void {
    const until = this.clock.now() + ms
    while (this.clock.now() < until) {
      if (this.chance.odds(0.5)) this.write(this.chance.pick(this.hosts), this.chance.pick(this.names))
      this.clock.runUntil(Math.min(until, this.clock.now() + this.chance.pick([1, 10, 100, 400, 1_500])))
    }
  }

  differences(): string[] {
    const faults: string[] = []
    for (const name of this.names) {
      if (this.isAtEdge(name)) continue
      const views = this.hosts.map((host) => viewOf(host, name))
      const other = views.findIndex((view) => view !== views[0])
      if (other > 0) faults.push(`at ${this.clock.now()} h0 holds ${views[0]} of ${name}, h${other} ${views[other]}`)
    }
    return faults
  }

  failures(): string[] {
    return this.hosts.flatMap(({ name, errors }) => errors.map((error) => `a session of ${name} failed: ${error}`))
  }

  /** As the handles of a store do. */
  private write(host: Host, text: string): void {
    const { chance } = this
    const { expiry } = host.gossip
    const name = host.find('counter', text)
    const phase = expiry.phase(name)
    const ends = momentOf(name?.term?.expire ?? null)
    const near = [ends + chance.pick([-1, 1, 50]), host.now + chance.pick([1, 50, 300, 1_000, graceMs, 2 * graceMs])]
    const said = chance.odds(phase === 'absent' ? 1 : 0.4) ? chance.pick(near) : null
    if (!this.eager && this.fresh.has(host)) return
    if (phase === 'dying' || phase === 'resting') return
    if (said !== null && (said <= host.now || said === Infinity)) return
    host.increment(text, 1, said)
  }

  /** Whether some host may have dropped a name, or be letting others make it anew, while another has not come so far. */
  private isAtEdge(text: string): boolean {
    let expire: Expire = null
    for (const host of this.hosts) expire = latest(expire, host.find('counter', text)?.term?.expire ?? null)
    const past = this.clock.now() + skewMsMax - momentOf(expire) - 2 * graceMs - skewMsMax
    return past >= 0 && past <= 3 * skewMsMax
  }
}

function viewOf(host: Host, text: string): string {
  const name = host.find('counter', text)
  const cells = [...(name?.cells() ?? [])].map(({ author, seq }) => `${author.id}:${seq}`).sort()
  return cells.length === 0 ? 'nothing' : `${cells.join(' ')} until ${name?.term?.expire ?? 'ever'}`
}
