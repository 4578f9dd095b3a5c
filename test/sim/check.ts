/**
 * What must hold once the survivors were joined and given time.
 */
import { addedOf, clearPart } from '../../lib/kinds/set.js'
import { recount } from '../../lib/sim/checks/bounds.js'
import type { Cell, Host } from './host.js'
import { Link } from './link.js'
import type { World } from './schedule.js'

export type Verdict = {
  seed: number
  /** What does not hold, in words; empty if all does. */
  faults: string[]
  /** Changes that an idle reconnect of two hosts sent. */
  resent: number
}

/** What each survivor holds, by cell. */
type Cells = ReadonlyMap<Host, ReadonlyMap<string, Cell>>

export function verdict(seed: number, world: World): Verdict {
  const held = new Map(world.living.map((host) => [host, host.cells()]))
  const faults = [...disagreements(held), ...miscounts(held), ...losses(world, held), ...removals(world), ...excessSends(world), ...excesses(world), ...failures(world)]
  return { seed, faults, resent: reconnect(world) }
}

/** Every cell that one survivor holds, all hold, at the same seq; and their sets have the same elements, their registers the same value. */
function disagreements(held: Cells): string[] {
  const [first, ...others] = [...held].map(([host, cells]) => ({ host, cells }))
  if (first === undefined) return []
  const faults: string[] = []
  for (const { host, cells } of others) {
    const keys = new Set([...first.cells.keys(), ...cells.keys()])
    for (const key of keys) {
      const [here, there] = [first.cells.get(key), cells.get(key)]
      if (here?.seq !== there?.seq || here?.body !== there?.body) {
        faults.push(`${first.host.name} and ${host.name} differ in ${key}: ${text(here)} and ${text(there)}`)
      }
    }
    for (const name of first.host.gossip.log.names('register')?.values() ?? []) {
      const [here, there] = [first.host, host].map((one) => one.register.latest(one.find('register', name.text))?.text)
      if (here !== there) faults.push(`${first.host.name} reads ${here} in ${name.text}, ${host.name} ${there}`)
    }
    for (const { text: name } of first.host.gossip.log.names('set')?.values() ?? []) {
      const [here, there] = [first.host, host].map((one) => one.elements(name).join())
      if (here !== there) faults.push(`${first.host.name} has ${here} in ${name}, ${host.name} has ${there}`)
    }
  }
  return faults
}

/** What the present life of every survivor counted is held in full. */
function miscounts(all: Cells): string[] {
  const faults: string[] = []
  for (const [host, cells] of all) {
    for (const [name, plus] of host.written.get(host.id) ?? []) {
      const held = cells.get(`${host.id} counter ${name} `)
      if (held?.body !== `[${plus},0]`) faults.push(`${host.name} wrote ${plus} to ${name} and holds ${text(held)}`)
    }
  }
  return faults
}

/** What a lost life was told that a survivor holds, is held by all. */
function losses({ living, promised }: World, all: Cells): string[] {
  const lives = new Set(living.map(({ id }) => id))
  const faults: string[] = []
  for (const { author, key, seq, by } of promised) {
    if (!lives.has(by)) continue
    for (const [host, cells] of all) {
      const held = cells.get(key)
      if (held === undefined || held.seq < seq) faults.push(`${by} acknowledged seq ${seq} of ${author} at ${key}; ${host.name} holds ${text(held)}`)
    }
  }
  return faults
}

/** Of what the present lives of survivors added, that is in which no remover had seen; and nothing that somebody removed is. */
function removals({ hosts, living }: World): string[] {
  const removed = new Set(hosts.flatMap((host) => [...host.removed]))
  const faults: string[] = []
  for (const { id, added } of living) {
    for (const { name, element, seq } of added.values()) {
      if (removed.has(`${id} ${seq}`)) continue
      for (const host of living) if (!host.elements(name).includes(element)) faults.push(`${id} added ${element} to ${name}, nobody saw and removed it, and ${host.name} lacks it`)
    }
  }
  const gone = new Set(living.flatMap((host) => [...host.removedNow]))
  for (const host of living) {
    for (const name of host.gossip.log.names('set')?.values() ?? []) {
      name.each(({ part }) => {
        if (part === clearPart) return
        for (const { author, body } of host.set.standing(name, part)) {
          if (gone.has(`${author.id} ${addedOf(body)}`)) faults.push(`${author.id} added ${part.slice(1)} to ${name.text}, that was removed, and it is in at ${host.name}`)
        }
      })
    }
  }
  return faults
}

function excessSends({ links, options }: World): string[] {
  if (options.rangesMax !== undefined && options.rangesMax < 32) return []
  const count = links.reduce((sum, link) => sum + link.echoes, 0)
  const needless = links.reduce((sum, link) => sum + link.needless, 0)
  return [
    ...(count === 0 ? [] : [`${count} changes were sent back over the link that brought them`]),
    ...(needless === 0 ? [] : [`${needless} changes were sent to hosts whose hello had said that they hold them`])
  ]
}

/** No session between honest hosts ends because of an error. */
function failures({ hosts }: World): string[] {
  return hosts.flatMap(({ name, errors }) => errors.map((error) => `a session of ${name} failed: ${error}`))
}

/** Ranges stay bounded, what is counted is what is there, and a host never claims of itself more than it wrote. */
function excesses({ living }: World): string[] {
  const faults: string[] = []
  for (const { name, gossip } of living) {
    const { counted, held } = recount(gossip)
    if (counted !== held) faults.push(`${name} counts ${counted} bytes and holds ${held}`)
    for (const { id, held } of gossip.log.everyAuthor()) {
      if (held.ranges().length > gossip.limits.rangesMax) faults.push(`${name} holds ${held.ranges().length} ranges of ${id}`)
    }
  }
  return faults
}

/** Cuts one of the last links and joins its hosts anew: how many changes does that send? */
function reconnect(world: World): number {
  const link = world.links.filter(({ up }) => up).at(-1)
  if (link === undefined) return 0
  const [left, right] = link.ends.map(({ host }) => host) as [Host, Host]
  for (const other of world.links) if (other.up && other.joins(left, right)) other.cut([0, 0])
  world.clock.run(100)
  const again = new Link(world.clock, left, right, { latencyMs: 5, bytesPerMs: 1_000 })
  world.clock.run(2_000)
  return again.ends[0].changesOut + again.ends[1].changesOut
}

function text(cell: Cell | undefined): string {
  return cell === undefined ? 'nothing' : `${cell.body} at seq ${cell.seq}`
}
