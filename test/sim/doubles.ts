/**
 * One random history of doubles, from a seed: two bodies under one seq. Foes give a seq of theirs twice, or say another's change with a body of their
 * own; and memory fails, so that a cell says what nobody ever said. Meanwhile hosts write and rest, links come and go, and hosts are lost.
 *
 * Once all is linked and rests everybody must hold the same, and of authors that live what they wrote. No cell may go back, and where nothing was
 * forged nothing may be found.
 */
import { compared } from '../../lib/kinds/body.js'
import type { Json } from '../../lib/json.js'
import type { Limits } from '../../lib/limits.js'
import type { Change } from '../../lib/log/change.js'
import type { Gossip } from '../../lib/gossip/gossip.js'
import { Session } from '../../lib/gossip/session.js'
import { Chance } from '../../lib/sim/chance.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { Host, keyOf } from './host.js'
import { Link } from './link.js'

const pingMs = 400
const graceMs = 4_000

/** After a write, until it is counted what is said in cells. */
const restMs = 4 * pingMs

/** Until all of that was counted anew, and what differs was found, from host to host. */
const mendMs = 150 * pingMs

/** What is wrong, in words; empty if nothing is. */
export function doubleHistory(seed: number): string[] {
  const town = new Town(seed)
  const { chance, clock } = town
  const steps = chance.whole(20, 80)
  for (let i = 0; i < steps; i += 1) {
    town.step()
    town.look()
    clock.run(chance.pick([0, 0, 1, 5, 20, 100, restMs]))
  }
  town.healAll()
  clock.run(restMs)
  const stale = town.stale()
  for (let i = 0; i < 5; i += 1) {
    clock.run(mendMs / 5)
    town.look()
  }
  return [...stale, ...town.differences(), ...town.miscounts(), ...town.uncounted(), ...town.stale(), ...town.faults]
}

class Town {
  readonly clock = new VirtualClock(1_000_000)
  readonly chance: Chance
  readonly faults: string[] = []
  private readonly hosts: Host[] = []
  private readonly pairs: [Host, Host][] = []
  private links: Link[] = []
  /** Whether nobody forges anything, and memory holds. */
  private readonly peaceful: boolean
  /** Whether memory failed since it was counted anew what is said in cells. */
  private failed = false
  private foes = 0
  /** What each life saw last in its cells; one that is let go of and comes back is another. */
  private readonly seen = new WeakMap<Gossip, Map<Change, Change>>()

  constructor(seed: number) {
    this.chance = new Chance(seed)
    const { chance } = this
    this.peaceful = chance.odds(0.3)
    const limits: Partial<Limits> = {
      pingMs, graceMs, skewMsMax: 400, timeoutMs: 60_000, haveMs: 20, roundMs: 150, askMs: 200, rangesMax: chance.pick([3, 32]), batchBytes: chance.pick([100, 65_536])
    }
    const count = chance.whole(2, 5)
    for (let i = 0; i < count; i += 1) {
      const host = new Host(`h${i}`, this.clock, limits)
      this.hosts.push(host)
      this.attend(host)
      if (i > 0) this.pairs.push([this.hosts[chance.whole(0, i - 1)] as Host, host])
    }
    if (count > 2 && chance.odds(0.5)) this.pairs.push([this.hosts[0] as Host, this.hosts[count - 1] as Host])
    this.healAll()
  }

  step(): void {
    const { chance } = this
    const roll = chance.next()
    if (roll < 0.45) this.write(chance.pick(this.hosts))
    else if (roll < 0.55) chance.pick(this.links).cut([chance.pick([0, 50]), chance.pick([0, 50])])
    else if (roll < 0.65) this.healAll()
    else if (roll < 0.67) this.restart(chance.pick(this.hosts))
    else if (this.peaceful) return
    else if (roll < 0.78) this.equivocate()
    else if (roll < 0.84) this.alter(chance.pick(this.hosts), chance.pick(this.hosts))
    else if (roll < 0.9) this.foresee(chance.pick(this.hosts), chance.pick(this.hosts))
    else this.flip(chance.pick(this.hosts))
  }

  /** Nobody is to be in doubt where nothing was forged. */
  look(): void {
    if (!this.peaceful) return
    for (const { name, gossip } of this.hosts) {
      for (const { audit, name: peer } of gossip.sessions) if (audit.doubt === 'differs') this.faults.push(`${name} thinks that ${peer} holds something else at ${this.clock.now()}`)
    }
  }

  healAll(): void {
    this.links = this.links.filter((link) => link.up)
    for (const [left, right] of this.pairs) {
      if (this.links.some((link) => link.joins(left, right))) continue
      this.links.push(new Link(this.clock, left, right, { latencyMs: this.chance.whole(0, 30), bytesPerMs: 1_000 }))
    }
  }

  private write(host: Host): void {
    const { chance } = this
    const [n, element] = [chance.whole(0, 3), `e${chance.whole(0, 2)}`]
    const ends = [null, 1_500_000, 1_500_000 + 1_000 * chance.whole(1, 9), 2_000_000]
    const act = chance.whole(0, 5)
    if (act < 2) host.increment(`n${n}`, chance.whole(1, 9))
    else if (act === 2) host.increment(`lease${n}`, chance.whole(1, 9), chance.pick(ends))
    else if (act === 3) host.assign(`n${n}`, chance.whole(0, 99))
    else if (act === 4) host.add(`n${n}`, element)
    else host.delete(`n${n}`, element)
  }

  private restart(host: Host): void {
    for (const link of this.links) if (link.up && link.ends.some((end) => end.host === host)) link.cut([0, 0])
    host.restart()
    this.attend(host)
  }

  /** Somebody gives one seq to two changes of one cell, and tells one host of the one and another of the other. */
  private equivocate(): void {
    const { chance } = this
    this.foes += 1
    const [kind, name, part] = chance.pick([['counter', 'n0', ''], ['counter', 'lease1', ''], ['register', 'n1', ''], ['set', 'n2', '=e1']] as const)
    for (const host of chance.shuffled(this.hosts).slice(0, 2)) {
      this.tell(host, `foe${this.foes}~x`, { k: kind, q: [1], n: [name], p: [part], c: [this.other(kind, 1)], ...(chance.odds(0.3) ? { e: [chance.pick([null, 2_000_000])] } : {}) })
    }
  }

  /** Tells a host of something that another holds, but with another body. */
  private alter(victim: Host, holder: Host): void {
    const cells = [...holder.gossip.log.cells()]
    if (cells.length === 0) return
    const { author, seq, name, part, expire } = this.chance.pick(cells)
    this.tell(victim, author.id, { k: name.kind, q: [seq], n: [name.text], p: [part], e: [expire], c: [this.other(name.kind, seq)] })
  }

  /** Tells a host of what another is about to write, but with another body. */
  private foresee(victim: Host, by: Host): void {
    const [n, seq] = [this.chance.whole(0, 3), by.gossip.nextSeq]
    if (victim !== by) this.tell(victim, by.id, { k: 'counter', q: [seq], n: [`n${n}`], c: [this.other('counter', seq)] })
    by.increment(`n${n}`, 1)
  }

  /** Memory fails: a cell says what it did not. Its own cells nobody can know better than their author. */
  private flip({ gossip }: Host): void {
    const cells = [...gossip.log.cells()].filter(({ author }) => author !== gossip.own)
    if (cells.length === 0) return
    const change = this.chance.pick(cells)
    const before = change.body
    change.body = gossip.kind(change.name.kind).take(this.other(change.name.kind, change.seq), change.part)
    // What cells take is counted with each change: it is to be as if this had come.
    gossip.room.enter(gossip.kind(change.name.kind), change, before)
    this.seen.get(gossip)?.set(change, { ...change })
    this.failed = true
  }

  private other(kind: string, seq: number): Json {
    const { chance } = this
    if (kind === 'counter') return [chance.whole(0, 999), chance.pick([0, 0, 5])]
    if (kind === 'register') return [chance.whole(1, 1_000_000), chance.pick(['forged', { by: 'a foe' }, [1, null]])]
    return [chance.pick([0, seq]), chance.pick([{}, { 'h0~l0': 1 }])]
  }

  private tell(host: Host, author: string, message: { q: readonly number[] } & Record<string, unknown>): void {
    const now = this.clock.now()
    const session = new Session(host.gossip, { id: null, host: null, expected: false, send: true, receive: true, delayMs: 0 }, now)
    session.pull(now)
    for (const frame of [{ v: 1, h: 'foe', i: 'x', x: 'none' }, { a: {}, u: 0 }, { s: [1, author], ...message }]) session.receive(frame, now)
    session.end(null)
  }

  /** Sees that no cell of a life of a host goes back. */
  private attend(host: Host): void {
    const { gossip } = host
    const seen = new Map<Change, Change>()
    this.seen.set(gossip, seen)
    const { observer } = gossip as unknown as { observer: { change: (change: Change) => void; differ: (session: Session, count: number) => void } }
    observer.change = (change) => {
      const before = seen.get(change)
      seen.set(change, { ...change })
      if (before === undefined || change.seq > before.seq) return
      const isGreater = change.seq === before.seq && compared(gossip.kind(change.name.kind), change.part, change, before) > 0
      if (!isGreater) this.faults.push(`${host.name} held seq ${before.seq} at ${keyOf(change)}, then seq ${change.seq}`)
    }
    observer.differ = (session, count) => {
      if (this.peaceful) this.faults.push(`${host.name} found that ${session.name} holds something else in ${count} places at ${this.clock.now()}`)
    }
  }

  differences(): string[] {
    const [first, ...others] = this.hosts.map((host) => ({ host, cells: host.cells() })) as [{ host: Host; cells: ReturnType<Host['cells']> }]
    return others.flatMap(({ host, cells }: typeof first) => [...new Set([...first.cells.keys(), ...cells.keys()])].flatMap((key) => {
      const [here, there] = [first.cells.get(key), cells.get(key)].map((cell) => (cell === undefined ? 'nothing' : `${cell.body} of seq ${cell.seq}`))
      return here === there ? [] : [`${first.host.name} holds ${here} at ${key}, ${host.name} ${there}`]
    }))
  }

  /** What the present lives wrote is held in full, everywhere. */
  miscounts(): string[] {
    return this.hosts.flatMap((by) => [...(by.written.get(by.id) ?? [])].flatMap(([name, plus]) => this.hosts.flatMap((host) => {
      const body = host.cells().get(`${by.id} counter ${name} `)?.body
      return body === `[${plus},0]` ? [] : [`${by.name} wrote ${plus} to ${name} and ${host.name} holds ${body}`]
    })))
  }

  /** Who has not counted all that is said in cells. */
  uncounted(): string[] {
    return this.hosts.flatMap(({ name, gossip: { log } }) => (log.embodiesAll ? [] : [`${name} has not counted all that is said in cells`]))
  }

  /** Whose count of that is another than what is said. */
  stale(): string[] {
    const { failed } = this
    this.failed = false
    if (failed) return []
    return this.hosts.flatMap(({ name, gossip: { log, digests } }) => {
      if (!log.embodiesAll) return []
      let sum = 0
      for (const digest of digests.values()) sum = (sum + digest.sumFrom(0).bodies) | 0
      for (const change of log.cells()) sum = (sum - (log.digestOf(change.name.kind)?.body(change) ?? 0)) | 0
      return sum === 0 ? [] : [`${name} counts what is said in cells as something else`]
    })
  }
}
