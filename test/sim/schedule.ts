/**
 * One random history of a small network, from a seed: hosts write, links come, linger and go, hosts restart or are lost, some have no
 * room for a while, some streams go one way, some links are slow, and maybe somebody lies.
 *
 * At the end the survivors are joined and given time; then they must agree.
 */
import type { Limits } from '../../lib/limits.js'
import { Chance } from '../../lib/sim/chance.js'
import { verdict } from './check.js'
import type { Verdict } from './check.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { Host, keyOf } from './host.js'
import { lie } from './liar.js'
import { Link } from './link.js'
import type { LinkOptions } from './link.js'

export type ScheduleOptions = {
  /** Ranges of seqs remembered above `have`. */
  rangesMax?: number
  /** Whether somebody lies in `have`. */
  liar?: boolean
  /** Whether hosts write registers and sets too. */
  kinds?: boolean
  /** Whether hosts compare what they hold, and so mend what went wrong. Default true. */
  audit?: boolean
}

/** What a lost life had been acknowledged: these cells must be held, or their successors, while the one who holds them lives. */
export type Promised = { author: string; key: string; seq: number; by: string }

export class World {
  readonly clock = new VirtualClock()
  readonly chance: Chance
  readonly hosts: Host[] = []
  readonly links: Link[] = []
  readonly promised: Promised[] = []
  private readonly names: string[]
  /** Whether hosts write more than their links carry. */
  readonly busy: boolean

  constructor(
    seed: number,
    readonly options: ScheduleOptions
  ) {
    this.chance = new Chance(seed)
    const { chance } = this
    const limits: Partial<Limits> = { rangesMax: options.rangesMax ?? (options.kinds === true ? 64 : 32), haveMs: 20, roundMs: 150, askMs: 200, batchBytes: chance.pick([100, 400, 65_536]) }
    const count = chance.whole(2, 7)
    for (let i = 0; i < count; i += 1) {
      const tight = chance.odds(0.15)
      this.hosts.push(new Host(`h${i}`, this.clock, tight ? { ...limits, ...scarce(i, chance.whole(2, 6)) } : limits, options.audit))
    }
    this.busy = chance.odds(0.2)
    this.names = Array.from({ length: chance.odds(0.2) ? chance.whole(20, 60) : chance.whole(1, 8) }, (_, i) => `n${i}`)
  }

  get living(): Host[] {
    return this.hosts.filter((host) => host.alive)
  }

  /** Links two hosts as the chance of this world has it. */
  join(left: Host, right: Host, plain: boolean): Link {
    const { chance } = this
    const slow = this.busy ? chance.whole(1, 10) / 10 : chance.whole(1, 4)
    const options: LinkOptions = { latencyMs: chance.whole(0, 30), bytesPerMs: chance.odds(this.busy ? 0.7 : 0.25) ? slow : 1_000 }
    if (plain) options.bytesPerMs = 1_000
    else if (chance.odds(0.1)) Object.assign(options, chance.pick([{ left: { send: false } }, { left: { receive: false } }, { right: { delayMs: 40 } }]))
    const link = new Link(this.clock, left, right, options)
    this.links.push(link)
    return link
  }

  step(): void {
    const { chance } = this
    const living = this.living
    const roll = chance.next()
    if (this.options.liar === true && chance.odds(0.1)) lie(chance.pick(living), this.clock.now())
    if (this.busy) for (let i = 0; i < 4; i += 1) chance.pick(living).increment(chance.pick(this.names), 1)
    if (this.options.kinds === true && chance.odds(0.7)) this.writeSome(chance.pick(living))
    if (roll < 0.62) chance.pick(living).increment(chance.pick(this.names), chance.whole(1, 9))
    else if (roll < 0.79) this.joinSome(living)
    else if (roll < 0.91) this.cutSome()
    else if (roll < 0.95) this.restart(chance.pick(living))
    else if (roll < 0.97) this.lose(living)
    else if (roll < 0.985) chance.pick(living).makeRoom()
  }

  /** Few names and elements, so that hosts meet in them. */
  private writeSome(host: Host): void {
    const { chance } = this
    const name = `s${chance.whole(0, 1)}`
    const element = `e${chance.whole(0, 4)}`
    const roll = chance.next()
    if (roll < 0.2) host.assign(name, chance.whole(0, 1_000))
    else if (roll < 0.58) host.add(name, element)
    else if (roll < 0.94) host.delete(name, element)
    else host.clear(name)
  }

  /** A host is gone; what others know of its life is all there will be. */
  restart(host: Host): void {
    this.remember(host)
    for (const link of this.links) if (link.up && link.ends.some((end) => end.host === host)) link.cut(this.noticing(link, host))
    host.restart()
  }

  private lose(living: Host[]): void {
    if (living.length < 3) return
    const host = this.chance.pick(living)
    this.remember(host)
    host.alive = false
    for (const link of this.links) if (link.up && link.ends.some((end) => end.host === host)) link.cut(this.noticing(link, host))
  }

  private joinSome(living: Host[]): void {
    const left = this.chance.pick(living)
    const right = this.chance.pick(living)
    if (left !== right) this.join(left, right, false)
  }

  private cutSome(): void {
    const up = this.links.filter((link) => link.up)
    if (up.length > 0) this.chance.pick(up).cut([this.chance.pick([0, 5, 300, 2_000]), this.chance.pick([0, 5, 300, 2_000])])
  }

  /** The host itself is gone at once; the others notice when they do. */
  private noticing(link: Link, host: Host): [number, number] {
    const late = this.chance.pick([0, 10, 500, 3_000])
    return link.ends[0].host === host ? [0, late] : [late, 0]
  }

  /** Notes which cells of a life that ends now had been acknowledged, and by whom. */
  private remember(host: Host): void {
    const { own, sessions } = host.gossip
    for (const { peer } of sessions) {
      const held = peer?.vector.get(own)
      if (peer == null || held === undefined) continue
      own.series.after(0, (change) => {
        // Of a set others may hold less: what is removed may go.
        if (held.covers(change.seq) && change.name.kind !== 'set') {
          this.promised.push({ author: own.id, key: keyOf(change), seq: change.seq, by: `${peer.host}~${peer.life}` })
        }
        return true
      })
    }
  }
}

/** Room for so many cells, in one way or another. */
function scarce(host: number, cells: number): Partial<Limits> {
  const bytes = cells * 420
  return [{ cellsMax: cells }, { bytesMax: bytes }, { authorBytesMax: bytes >> 1 }][host % 3] as Partial<Limits>
}

/** Runs one history to its end and judges it. */
export function runSchedule(seed: number, options: ScheduleOptions = {}): Verdict {
  const world = new World(seed, options)
  const { clock, chance } = world
  const steps = chance.whole(20, 160)
  for (let i = 0; i < steps; i += 1) {
    world.step()
    clock.run(chance.pick([0, 0, 1, 5, 20, 100, 400]))
  }
  for (const host of world.living) host.makeRoom()
  const { living } = world
  for (let i = 1; i < living.length; i += 1) world.join(living[chance.whole(0, i - 1)] as Host, living[i] as Host, true)
  clock.run(20_000)
  return verdict(seed, world)
}
