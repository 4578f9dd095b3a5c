/**
 * What one peer costs is bounded: ranges for each author, bytes under way, and what a session remembers, which grows with the number of
 * authors and never with that of updates.
 *
 * Looks at every chunk that comes, and at all sessions every so often.
 */
import { Gossip } from '../../gossip/gossip.js'
import { restOf, weightOf } from '../../gossip/load.js'
import type { Session } from '../../gossip/session.js'
import { spareFor } from '../../limits.js'
import { Author } from '../../log/author.js'
import { isChange } from '../../log/change.js'
import { Digest } from '../../log/digest.js'
import type { Held } from '../../log/held.js'
import { Log } from '../../log/log.js'
import { Name } from '../../log/name.js'
import type { SimHost } from '../host.js'
import type { SimLink } from '../link.js'
import type { Network } from '../network.js'
import { few, gossipOf } from './check.js'
import type { Check } from './check.js'

export type Bounds = {
  /** What links were told. */
  windowBytes?: number
  /** How many authors there may be in a session, if others than the hosts' own come in. */
  authorsMax?: number
}

const lookMs = 500

/** Entries of a session without authors, for each author, and for each refusal it remembers. */
const sessionEntriesMax = 200
const authorEntriesMax = 40
const refusalEntriesMax = 2

/** Peers cost no more than is said. Looks at what happens from now on. */
export function bounds(network: Network, { windowBytes = 1 << 18, authorsMax }: Bounds = {}): Check {
  const faults = new Set<string>()
  const weigh = (link: SimLink, to: SimHost): void => {
    const most = 2 * (windowBytes + gossipOf(to.store).limits.frameBytesMax)
    if (link.load > most) faults.add(`more than ${most} bytes were under way between ${link.hosts.map(({ name }) => name).join(' and ')}`)
  }
  const look = (): void => {
    for (const host of network.running) for (const fault of excesses(host, authorsMax)) faults.add(fault)
  }
  const lookAgain = (): void => {
    look()
    network.clock.after(lookMs, lookAgain)
  }
  network.watch({ chunk: weigh })
  network.clock.after(lookMs, lookAgain)
  return {
    faults: () => {
      look()
      return few([...faults])
    }
  }
}

function excesses({ name, store }: SimHost, authorsMax: number | undefined): string[] {
  const gossip = gossipOf(store)
  const { limits, log, sessions } = gossip
  const faults: string[] = []
  const look = (what: string, count: number, max: number): void => {
    if (count > max) faults.push(`${name} holds more than ${max} ${what}`)
  }
  look('cells', log.size, limits.cellsMax + spareFor(limits.cellsMax))
  const { load } = gossip.room
  look('bytes', load.bytes, limits.bytesMax + spareFor(limits.bytesMax))
  for (const author of log.everyAuthor()) look(`bytes of ${author.id}`, author.bytes, limits.authorBytesMax + spareFor(limits.authorBytesMax))
  const { counted, held } = recount(gossip)
  if (counted !== held) faults.push(`${name} counts ${counted} bytes and holds ${held}`)
  look('authors', log.authorsSize, limits.authorsMax)
  const rangesOf = (held: Held): void => look('ranges of an author', held.ranges().length, limits.rangesMax)
  for (const { held } of log.everyAuthor()) rangesOf(held)
  for (const session of sessions) {
    for (const held of session.peer?.vector.values() ?? []) rangesOf(held)
    const most = sessionEntriesMax + authorEntriesMax * (authorsMax ?? log.authorsSize) + refusalEntriesMax * limits.refusalsMax
    look(`entries in a session with ${session.name}`, entriesIn(session), most)
  }
  return faults
}

/** What all is counted as, by what came and went, and by what there is. */
export function recount(gossip: Gossip): { counted: number; held: number } {
  const { log, room: { load } } = gossip
  let held = 0
  for (const change of log.cells()) held += weightOf(gossip.kind(change.name.kind), change)
  for (const kind of log.everyKind()) for (const name of log.names(kind)?.values() ?? []) if (gossip.room.rests(name)) held += restOf(name.text)
  return { counted: load.bytes, held }
}

/** How many entries all maps, sets and arrays of a session have together, but for those that all sessions share. */
export function entriesIn(session: Session): number {
  const seen = new Set<object>([session])
  const see = (part: unknown): void => {
    if (typeof part === 'object' && part !== null && !seen.has(part) && !isShared(part)) seen.add(part)
  }
  let count = 0
  for (const thing of seen) {
    if (thing instanceof Map || thing instanceof Set) {
      count += thing.size
      for (const [key, value] of thing.entries()) {
        see(key)
        see(value)
      }
    } else {
      if (Array.isArray(thing)) count += thing.length
      for (const part of Array.isArray(thing) ? thing : Object.values(thing)) see(part)
    }
  }
  return count
}

function isShared(thing: object): boolean {
  return thing instanceof Gossip || thing instanceof Log || thing instanceof Author || thing instanceof Name || thing instanceof Digest || isChange(thing)
}
