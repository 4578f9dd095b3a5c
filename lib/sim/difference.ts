/**
 * In what hosts of a network differ.
 */
import { eventKind } from '../kinds/event.js'
import type { Change } from '../log/change.js'
import { latest, momentOf } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import { gossipOf } from './checks/check.js'
import type { SimHost } from './host.js'
import type { Network } from './network.js'

/** A cell, what it holds where it is newest, and who of the hosts does not hold that. */
export type Difference = { change: Change; at: SimHost; lacking: SimHost[] }

/** In what some hosts differ; that of a name which some may have dropped and others not yet is none. */
export function differencesOf(hosts: readonly SimHost[], network: Network): Difference[] {
  const cells = new Map<string, { change: Change; holders: SimHost[] }>()
  for (const host of hosts) {
    for (const change of gossipOf(host.store).log.cells()) {
      // Events are kept for as long as peers and bounds make it, at each host.
      if (change.name.kind === eventKind) continue
      const key = `${change.author.id} ${change.name.kind.length} ${change.name.text.length} ${change.name.kind}${change.name.text}${change.part}`
      const cell = cells.get(key)
      if (cell === undefined || cell.change.seq < change.seq) cells.set(key, { change, holders: [host] })
      else if (cell.change.seq === change.seq) cell.holders.push(host)
    }
  }
  const differences: Difference[] = []
  for (const { change, holders } of cells.values()) {
    if (holders.length === hosts.length || isAtEdge(change, network)) continue
    const holding = new Set(holders)
    differences.push({ change, at: holders[0] as SimHost, lacking: hosts.filter((host) => !holding.has(host)) })
  }
  return differences
}

/** Whether two hosts differ, as `differencesOf` has it; it is asked often, and looks no further than it must. */
export function differ(one: SimHost, other: SimHost, network: Network): boolean {
  return holdsOtherwise(one, other, network) || holdsOtherwise(other, one, network)
}

/** Whether a host holds something that the other one does not, or holds at another seq. */
function holdsOtherwise(here: SimHost, there: SimHost, network: Network): boolean {
  const { log } = gossipOf(there.store)
  for (const change of gossipOf(here.store).log.cells()) {
    const { author: { id }, name: { kind, text }, part, seq } = change
    if (kind === eventKind) continue
    const author = log.author(id)
    const held = author === undefined ? undefined : log.find(kind, text)?.find(author, part)
    if (held?.seq !== seq && !isAtEdge(change, network)) return true
  }
  return false
}

/** Whether hosts whose clocks differ may have dropped a name, or made it anew, while others have not come so far. */
function isAtEdge({ name: { kind, text } }: Change, { running, clock }: Network): boolean {
  let expire: Expire = null
  for (const host of running) expire = latest(expire, gossipOf(host.store).log.find(kind, text)?.term?.expire ?? null)
  const { graceMs, skewMsMax } = gossipOf((running[0] as SimHost).store).limits
  const past = clock.date() - momentOf(expire) - 2 * graceMs - skewMsMax
  return past >= -skewMsMax && past <= 3 * skewMsMax
}

export function inWords({ change: { author, seq, name, part }, at, lacking }: Difference): string {
  const [first] = lacking as [SimHost]
  const held = gossipOf(first.store).log.author(author.id)
  const older = held === undefined ? undefined : gossipOf(first.store).log.find(name.kind, name.text)?.find(held, part)
  const what = older === undefined ? 'nothing' : `seq ${older.seq}`
  return `${at.name} holds seq ${seq} of ${author.id} in ${name.kind} "${name.text}"${part}, ${first.name} ${what}; ${lacking.length} hosts lack it`
}
