/**
 * A random round of a pair of hosts, or three: both dial, several dials at once, links that break on one side, hosts that start anew,
 * keeping and leaving. Then quiet; in the end both ends of every pair must hold the same single link, if anyone keeps it.
 */
import { Chance } from '../../lib/sim/chance.js'
import { VirtualClock } from '../../lib/sim/clock.js'
import { Party, World, type End } from './party.js'

const troubleMs = 20_000
const quietMs = 200_000

/** What a round came to; `wrong` says what should not be. */
export type Outcome = { wrong: string[]; dials: number; events: number }

export function runRound(seed: number): Outcome {
  const chance = new Chance(seed)
  const random = (): number => chance.next()
  const clock = new VirtualClock()
  const world = new World(clock, random, random() < 0.3 ? 2_000 : random() < 0.5 ? 50 : 1)
  const names = ['a', 'b', 'c'].slice(0, random() < 0.8 ? 2 : 3)
  const parties = names.map((name) => new Party(world, name, 'life1', `m:${name}`))
  const lives = new Map(names.map((name) => [name, 1]))
  const kept = new Set<string>()
  const at = (ms: number, run: () => void): void => { clock.after(ms, run) }
  const any = (): number => Math.floor(random() * parties.length)
  const other = (i: number): number => (i + 1 + Math.floor(random() * (parties.length - 1))) % parties.length
  const party = (i: number): Party => parties[i] as Party
  const connect = (i: number, j: number): void => {
    kept.add(`${names[i]} ${names[j]}`)
    party(i).run(() => party(i).dial.connect([`m:${names[j]}`, ...(random() < 0.1 ? [`m:${names[i]}`] : [])], clock.now()))
  }
  const restart = (i: number): void => {
    party(i).crash(random() < 0.5 ? 1 : 60_000)
    const life = (lives.get(names[i] as string) as number) + 1
    lives.set(names[i] as string, life)
    at(random() * 3_000, () => {
      const anew = new Party(world, names[i] as string, `life${life}`, `m:${names[i]}`)
      parties[i] = anew
      for (const pair of [...kept]) {
        const [from, to] = pair.split(' ')
        if (from !== names[i]) continue
        // Kept by name, it would have nowhere to dial.
        anew.run(() => anew.dial.connect([`m:${to}`], clock.now()))
      }
    })
  }
  // Both dial at once, or three at once.
  if (random() < 0.7) at(0, () => { connect(0, 1); connect(1, 0) })
  else at(0, () => { for (let n = 0; n < 3; n += 1) connect(any(), other(0)) })
  for (let n = Math.floor(random() * 8); n > 0; n -= 1) {
    at(random() * random() * troubleMs, () => {
      const i = any()
      const j = other(i)
      if (party(i).gone) return
      const what = random()
      if (what < 0.3) connect(i, j)
      else if (what < 0.4) restart(i)
      else if (what < 0.5) party(i).run(() => party(i).dial.keep(names[j] as string, true, clock.now()))
      else if (what < 0.6) {
        kept.delete(`${names[i]} ${names[j]}`)
        party(i).run(() => party(i).dial.keep(names[j] as string, false, clock.now()))
      } else if (what < 0.7) {
        kept.delete(`${names[i]} ${names[j]}`)
        party(i).run(() => party(i).dial.disconnect(names[j] as string, clock.now()))
      } else {
        const wires = [...world.wires]
        const half = 60_000 * random()
        wires[Math.floor(random() * wires.length)]?.die(random() < 0.5 ? 1 : half, random() < 0.5 ? 1 : half)
      }
    })
  }
  clock.run(troubleMs + quietMs)
  return { wrong: judge(parties), dials: world.dials, events: parties.reduce((sum, { events }) => sum + events.length, 0) }
}

function judge(parties: readonly Party[]): string[] {
  const wrong: string[] = []
  for (const a of parties) {
    for (const b of parties) if (a.host < b.host) wrong.push(...judgePair(a, b))
    for (const [link, end] of a.ends) {
      if (link.met === null) wrong.push(`${a.host} has a link that met nobody`)
      else if (end.peer?.ended === true) wrong.push(`${a.host} has a link whose other end is over`)
    }
    wrong.push(...judgeEvents(a))
  }
  return wrong
}

/** Both hold the same link and no other, if one keeps it; else none. */
function judgePair(a: Party, b: Party): string[] {
  const [left, right] = [endsTo(a, b), endsTo(b, a)]
  const kept = a.dial.addresses(b.host).length > 0 || b.dial.addresses(a.host).length > 0
  const pair = `${a.host}–${b.host}`
  if (!kept) return left.length + right.length === 0 ? [] : [`${pair} is kept by neither, and has ${left.length} and ${right.length} links`]
  if (left.length !== 1 || right.length !== 1) return [`${pair} has ${left.length} and ${right.length} links`]
  if (left[0]?.peer !== right[0]) return [`${pair} is not one link`]
  const chosen = a.dial.link(b.host) === left[0]?.link && b.dial.link(a.host) === right[0]?.link
  return chosen ? [] : [`${pair} did not both choose the link they have`]
}

function endsTo(a: Party, b: Party): End[] {
  return [...a.ends.values()].filter(({ link }) => link?.met?.host === b.host)
}

/** Connects and disconnects take turns, and what is told last is so. */
function judgeEvents(a: Party): string[] {
  const there = new Map<string, boolean>()
  for (const event of a.events) {
    const [what = '', host = ''] = event.split(' ')
    if (what === 'connect' && there.get(host) === true) return [`${a.host} told of two connects in a row`]
    if (what !== 'connect' && what !== 'backoff' && there.get(host) !== true) return [`${a.host} told of a ${what} of who was not there`]
    if (what !== 'backoff') there.set(host, what !== 'disconnect')
  }
  for (const [host, is] of there) if (is !== (a.dial.link(host) !== null)) return [`${a.host} told that ${host} ${is ? 'is' : 'is not'} there`]
  return []
}
