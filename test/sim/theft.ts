/**
 * One random history with thieves, from a seed: hosts write, links come and go, and now and then somebody forges a change in a host's name,
 * under a seq that this host gave to something else or has not given yet, and claims all up to it.
 *
 * What thieves say may stand, but once they are gone, everybody must hear again of what every host writes; and what hides what was written
 * before is found by audits. Only of its own life nobody takes what it never said.
 */
import { Session } from '../../lib/gossip/session.js'
import { Chance } from '../../lib/sim/chance.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { Host } from './host.js'
import { Link } from './link.js'

/** What a new write takes to reach everybody, and to be claimed. */
const spreadMs = 3_000

/** What audits take, from host to host. */
const mendMs = 8_000

/** Who does not hear of what whom writes, in words; empty if all hear of all. */
export function theftHistory(seed: number): string[] {
  const town = new Town(seed)
  const { chance, clock } = town
  const steps = chance.whole(20, 80)
  for (let i = 0; i < steps; i += 1) {
    town.step()
    clock.run(chance.pick([0, 0, 1, 5, 20, 100, 400]))
  }
  town.healAll()
  clock.run(spreadMs)
  const unheard = [...town.unheard('first'), ...town.unheard('second')]
  clock.run(mendMs)
  return [...unheard, ...town.differences(), ...town.failures()]
}

class Town {
  readonly clock = new VirtualClock()
  readonly chance: Chance
  private readonly hosts: Host[] = []
  private readonly pairs: [Host, Host][] = []
  private links: Link[] = []

  constructor(seed: number) {
    this.chance = new Chance(seed)
    const { chance } = this
    const limits = { pingMs: 400, timeoutMs: 60_000, haveMs: 20, roundMs: 150, askMs: 200, rangesMax: chance.pick([3, 32]), batchBytes: chance.pick([100, 65_536]) }
    const count = chance.whole(2, 6)
    for (let i = 0; i < count; i += 1) {
      this.hosts.push(new Host(`h${i}`, this.clock, limits))
      if (i > 0) this.pairs.push([this.hosts[chance.whole(0, i - 1)] as Host, this.hosts[i] as Host])
    }
    if (count > 2 && chance.odds(0.5)) this.pairs.push([this.hosts[0] as Host, this.hosts[count - 1] as Host])
    this.healAll()
  }

  step(): void {
    const { chance } = this
    const roll = chance.next()
    if (roll < 0.5) chance.pick(this.hosts).increment(`n${chance.whole(0, 4)}`, 1)
    else if (roll < 0.75) this.steal(chance.pick(this.hosts), chance.pick(this.hosts))
    else if (roll < 0.9) chance.pick(this.links).cut([chance.pick([0, 50]), chance.pick([0, 50])])
    else this.healAll()
  }

  healAll(): void {
    this.links = this.links.filter((link) => link.up)
    for (const [left, right] of this.pairs) {
      if (this.links.some((link) => link.joins(left, right))) continue
      this.links.push(new Link(this.clock, left, right, { latencyMs: this.chance.whole(0, 30), bytesPerMs: 1_000 }))
    }
    if (this.links.length === 0) throw new Error('there is no link')
  }

  /** Tells a host of something that another never wrote, and claims that this was all. */
  private steal(victim: Host, host: Host): void {
    const { chance } = this
    const { own } = host.gossip
    const seq = Math.max(1, own.held.have + chance.pick([-2, 0, 1, 1, 2, 7, 1_000, 2 ** 40]))
    const session = new Session(victim.gossip, { id: null, host: null, expected: false, send: true, receive: true, delayMs: 0 }, this.clock.now())
    session.pull(this.clock.now())
    const names = Array.from({ length: chance.pick([1, 1, 40]) }, (_, i) => `junk${i}`)
    const frames = [
      { v: 1, h: 'thief', i: 'x', x: 'none' }, { a: {}, u: 0 },
      ...names.map((name) => ({ s: [1, own.id], k: 'counter', q: [seq], n: [name], c: [[0, 0]] })),
      { a: { [own.id]: seq }, u: names.length, y: chance.pick([true, 'these']) }
    ]
    for (const frame of frames) session.receive(frame, this.clock.now())
    session.end(null)
  }

  /** Every host writes something new: who has not heard of it a while later. */
  unheard(name: string): string[] {
    for (const host of this.hosts) host.increment(name, 1)
    this.clock.run(spreadMs)
    return this.hosts.flatMap((by) => this.hosts.filter((host) => host.cells().get(`${by.id} counter ${name} `)?.body !== '[1,0]')
      .map((host) => `${host.name} has not heard of the ${name} that ${by.name} wrote`))
  }

  /** What two hosts that are linked hold of a third one differently. */
  differences(): string[] {
    return this.pairs.flatMap(([a, b]) => {
      const [here, there] = [a.cells(), b.cells()]
      return [...new Set([...here.keys(), ...there.keys()])].filter((key) => {
        const { author } = (here.get(key) ?? there.get(key)) as { author: string }
        return author !== a.id && author !== b.id && here.get(key)?.seq !== there.get(key)?.seq
      }).map((key) => `${a.name} holds seq ${here.get(key)?.seq} at ${key}, ${b.name} ${there.get(key)?.seq}`)
    })
  }

  failures(): string[] {
    return this.hosts.flatMap(({ name, errors }) => errors.map((error) => `a session of ${name} failed: ${error}`))
  }
}
