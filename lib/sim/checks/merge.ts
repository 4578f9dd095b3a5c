/**
 * At rest every host is what a fresh host would be that learnt all changes from all hosts, in whatever order.
 *
 * That hosts agree does not say it: all of them might lack what only one ever had, or hold what only their order of arrival made. Of two bodies under
 * one seq the merge takes that which an audit would.
 */
import type { Session } from '../../gossip/session.js'
import { canonical } from '../../kinds/body.js'
import { createStore } from '../../store/store.js'
import type { Store } from '../../store/store.js'
import { VirtualClock } from '../clock.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { cellsOf, Ends, few, gossipOf, groupsOf, none } from './check.js'
import type { Cell, Check, Sparing } from './check.js'

/** A merge of what all connected hosts hold is what each of them holds. */
export function merge(network: Network, spares: Sparing = none): Check {
  return { faults: () => few(groupsOf(network).flatMap((group) => differences(group, spares))) }
}

function differences(group: readonly SimHost[], spares: Sparing): string[] {
  const ends = new Ends(group)
  const isJudged = (cell: Cell): boolean => !ends.drops(cell) && !spares(cell)
  const logs = group.map(({ store }) => [...cellsOf(store).values()].sort((a, b) => a.seq - b.seq))
  const faults: string[] = []
  for (const order of [logs, logs.map((cells) => [...cells].reverse()).reverse()]) {
    const merged = cellsOf(mergedOf(group, order.flat()))
    for (const { name, store } of group) {
      const held = cellsOf(store)
      for (const [key, cell] of merged) {
        const there = held.get(key)
        if (isJudged(cell) && told(there) !== told(cell)) faults.push(`a merge holds ${told(cell)} at ${key}, ${name} ${told(there)}`)
      }
      for (const [key, cell] of held) {
        if (isJudged(cell) && !merged.has(key)) faults.push(`${name} holds seq ${cell.seq} at ${key}, a merge nothing`)
      }
    }
  }
  return [...new Set(faults)]
}

function told(cell: Cell | undefined): string {
  return cell === undefined ? 'nothing' : `seq ${cell.seq}, ${canonical(cell.body)}`
}

/** A store with a clock as far ahead as any, that took in all these cells. */
function mergedOf(group: readonly SimHost[], cells: readonly Cell[]): Store {
  const now = Math.max(...group.map((host) => host.now))
  const { limits, net } = gossipOf((group[0] as SimHost).store)
  const store = createStore({ host: 'merge', time: new VirtualClock(), now: () => now, random: () => 0.5, limits, net: net ?? undefined })
  store.createStream()
  const gossip = gossipOf(store)
  const from = [...gossip.sessions][0] as Session
  from.audit.mends = true
  for (const { author, seq, kind, name, part, expire, until, body } of cells) {
    const known = gossip.log.meet(author)
    if (known !== null) gossip.learn(known, seq, gossip.kind(kind), name, part, expire, until, body, from)
  }
  return store
}
