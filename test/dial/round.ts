/**
 * A random round of two hosts, or three: both dial, several dials at once, links that break on one side, hosts that start anew,
 * keeping and leaving. Then quiet. Sometimes a spoofer says that it is one of them, in its present life, with later choices and addresses of its own.
 *
 * In the end both ends of every pair must hold the same single link, if anyone keeps it, and no link may have been lost on the way but
 * through what befell it. Of calm rounds and of those in which one end alone learns that its link is gone, more is asked.
 */
import { Chance } from '../../lib/sim/chance.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { limits } from '../../lib/limits.js'
import { Party, Spoofer, World, type End } from './party.js'

const troubleMs = 20_000
const quietMs = 200_000

/** What a round came to; `wrong` says what should not be. */
export type Outcome = { wrong: string[]; dials: number }

class Round {
  private readonly chance: Chance
  private readonly clock = new VirtualClock()
  private readonly world: World
  private readonly names: string[]
  private readonly parties: Party[]
  private readonly lives = new Map<string, number>()
  /** Whom each host was told to connect to, and not to leave since. */
  private readonly kept = new Set<string>()
  private troubles = 0
  private readonly wrong: string[] = []

  constructor(seed: number) {
    this.chance = new Chance(seed)
    this.world = new World(this.clock, () => this.chance.next(), this.chance.pick([1, 50, 1_000]))
    this.names = this.chance.odds(0.8) ? ['a', 'b'] : ['a', 'b', 'c']
    this.parties = this.names.map((name) => new Party(this.world, name, 'life1', `m:${name}`))
  }

  run(): Outcome {
    const { chance, clock } = this
    // Both dial at once, or three do.
    if (chance.odds(0.7)) this.both()
    else for (let n = 0; n < 3; n += 1) this.connect(...this.two())
    const mode = chance.next()
    if (mode > 0.5) for (let n = chance.whole(1, 8); n > 0; n -= 1) clock.after(Math.round(troubleMs * chance.next() * chance.next()), () => this.trouble())
    clock.run(troubleMs)
    if (mode < 0.35) this.spoof()
    if (mode <= 0.5) this.checkCalm()
    if (mode < 0.25) this.halfOpen()
    clock.run(quietMs)
    return { wrong: [...this.wrong, ...this.judge()], dials: this.world.dials }
  }

  /** Somebody comes by the name and life of a host, again and again, and goes saying that it leaves: the link of those two must not notice. */
  private spoof(): void {
    const { clock, world, chance } = this
    const [i, j] = this.two()
    const [victim, host] = [this.party(i), this.names[j] as string]
    if (victim.dial.link(host) === null) return
    const addresses = victim.dial.addresses(host).join()
    const check = (): void => {
      const now = victim.dial.addresses(host).join()
      if (now !== addresses) this.wrong.push(`${victim.host} would dial ${host} at "${now}"`)
    }
    const spoofer = new Spoofer(world, host, this.party(j).life, null)
    spoofer.run(() => spoofer.dial.connect([`m:${victim.host}`], clock.now()))
    clock.run(chance.pick([100, 1_000, 30_000]))
    check()
    if (chance.odds(0.5)) spoofer.leave()
    else spoofer.crash(1)
    clock.run(10 * world.delayMs)
    check()
  }

  private party(i: number): Party {
    return this.parties[i] as Party
  }

  private two(): [number, number] {
    const i = this.chance.whole(0, this.parties.length - 1)
    return [i, (i + this.chance.whole(1, this.parties.length - 1)) % this.parties.length]
  }

  private both(): void {
    this.connect(0, 1)
    this.connect(1, 0)
  }

  private connect(i: number, j: number): void {
    this.kept.add(`${i} ${j}`)
    const uris = [`m:${this.names[j]}`, ...(this.chance.odds(0.1) ? [`m:${this.names[i]}`] : [])]
    this.party(i).run(() => this.party(i).dial.connect(uris, this.clock.now()))
  }

  private restart(i: number): void {
    const host = this.names[i] as string
    const life = (this.lives.get(host) ?? 1) + 1
    this.lives.set(host, life)
    this.party(i).crash(this.chance.odds(0.5) ? 1 : 60_000)
    this.clock.after(this.chance.whole(0, 3_000), () => {
      this.parties[i] = new Party(this.world, host, `life${life}`, `m:${host}`)
      for (const pair of this.kept) if (pair.startsWith(`${i} `)) this.connect(i, Number(pair.slice(2)))
    })
  }

  private trouble(): void {
    const { chance, clock, names, world } = this
    const [i, j] = this.two()
    const party = this.party(i)
    if (party.gone) return
    const host = names[j] as string
    const half = chance.whole(0, 60_000)
    const what = chance.next()
    // Who starts anew or leaves takes all its links along: there may be two for a while.
    this.troubles += what >= 0.3 && what < 0.7 ? 2 : 1
    if (what < 0.3) this.connect(i, j)
    else if (what < 0.4) this.restart(i)
    else if (what < 0.5) party.run(() => party.dial.keep(host, true, clock.now()))
    else if (what < 0.7) {
      this.kept.delete(`${i} ${j}`)
      party.run(() => (what < 0.6 ? party.dial.keep(host, false, clock.now()) : party.dial.disconnect(host, clock.now())))
    } else {
      const wires = [...world.wires]
      if (wires.length > 0) chance.pick(wires).die(chance.odds(0.5) ? 1 : half, chance.odds(0.5) ? 1 : half)
    }
  }

  /** Where nothing befell, nobody lost a link, however many were dialled at once. */
  private checkCalm(): void {
    for (const { host, events } of this.parties) {
      if (events.length !== new Set(events).size || events.some((event) => !event.startsWith('connect'))) this.wrong.push(`${host}, in a calm: ${events.join(', ')}`)
    }
  }

  /** A link dies, and only one end learns of it. The other must believe the newcomer as soon as a probe allows. */
  private halfOpen(): void {
    const { chance, clock, world } = this
    const wire = [...world.wires].find((one) => this.bothDial(one.left.party, one.right.party))
    if (wire === undefined) return
    const [left, right] = [wire.left.party, wire.right.party]
    this.troubles += 1
    if (chance.odds(0.5)) wire.die(1, 60_000)
    else wire.die(60_000, 1)
    clock.run(limits.backoffMsMin + limits.probeMs + 10 * world.delayMs + 100)
    this.wrong.push(...judgePair(left, right).map((what) => `half open: ${what}`).filter((what) => !what.includes('links')))
    if (left.dial.link(right.host) === wire.left.link || right.dial.link(left.host) === wire.right.link) this.wrong.push(`${left.host}–${right.host} still stands on a dead link`)
  }

  private bothDial(a: Party, b: Party): boolean {
    return a.dial.addresses(b.host).length > 0 && b.dial.addresses(a.host).length > 0
  }

  private judge(): string[] {
    const wrong: string[] = []
    for (const a of this.parties) {
      for (const b of this.parties) if (a.host < b.host) wrong.push(...judgePair(a, b))
      for (const [link, end] of a.ends) {
        if (link.met === null) wrong.push(`${a.host} has a link that met nobody`)
        else if (end.peer?.ended === true) wrong.push(`${a.host} has a link whose other end is over`)
      }
      wrong.push(...judgeEvents(a, this.troubles))
    }
    return wrong
  }
}

export function runRound(seed: number): Outcome {
  return new Round(seed).run()
}

/** Both hold the same link and no other, if one keeps it and knows where to dial; else none. */
function judgePair(a: Party, b: Party): string[] {
  const [left, right] = [endsTo(a, b), endsTo(b, a)]
  const kept = a.dial.addresses(b.host).length > 0 || b.dial.addresses(a.host).length > 0
  const pair = `${a.host}–${b.host}`
  if (!kept) return left.length === right.length && left.length <= 1 ? [] : [`${pair} is dialled by neither, and has ${left.length} and ${right.length} links`]
  if (left.length !== 1 || right.length !== 1) return [`${pair} has ${left.length} and ${right.length} links`]
  if (left[0]?.peer !== right[0]) return [`${pair} is not one link`]
  const chosen = a.dial.link(b.host) === left[0]?.link && b.dial.link(a.host) === right[0]?.link
  return chosen ? [] : [`${pair} did not both choose the link they have`]
}

function endsTo(a: Party, b: Party): End[] {
  return [...a.ends.values()].filter(({ link }) => link?.met?.host === b.host)
}

/** Connects and disconnects take turns, what is told last is so, and no more was lost than befell. */
function judgeEvents(a: Party, troubles: number): string[] {
  const there = new Map<string, boolean>()
  const lost = new Map<string, number>()
  for (const event of a.events) {
    const [what = '', host = ''] = event.split(' ')
    if (what === 'backoff') continue
    if ((what === 'connect') === (there.get(host) === true)) return [`${a.host} told of a ${what} of ${host} that could not be: ${a.events.join(', ')}`]
    if (what !== 'connect') lost.set(host, (lost.get(host) ?? 0) + 1)
    there.set(host, what !== 'disconnect')
  }
  for (const [host, is] of there) if (is !== (a.dial.link(host) !== null)) return [`${a.host} told that ${host} ${is ? 'is' : 'is not'} there`]
  for (const [host, count] of lost) if (count > troubles) return [`${a.host} lost ${host} ${count} times, by ${troubles} troubles`]
  return []
}
