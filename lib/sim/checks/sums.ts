/**
 * At rest every counter is the sum of the operations that survive: each author's share is one it really had, the last one of whoever
 * still runs, and of whoever crashed no less than what a host that still runs had acknowledged to it.
 *
 * Names of which somebody said an end are left to the check of ends.
 */
import type { Json } from '../../json.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { valueOf } from './agreement.js'
import { cellsOf, few, gossipOf, groupsOf, keyOf, none } from './check.js'
import type { Cell, Check, Place, Sparing } from './check.js'
import type { Ledger } from './ledger.js'

const counters = ['counter', 'counter:bigint']

/** Counters are the sums of what was really counted. */
export function sums(network: Network, ledger: Ledger, spares: Sparing = none): Check {
  const judged = (place: Place): boolean => counters.includes(place.kind) && !ledger.isMortal(place) && !spares(place)
  return {
    faults: () => few(groupsOf(network).flatMap((group) => group.flatMap((host) => [
      ...lacking(host, group, ledger, judged),
      ...invented(host, ledger, judged),
      ...miscounted(host, judged)
    ])))
  }
}

/** Shares that are less than they must be. */
function lacking(host: SimHost, group: readonly SimHost[], ledger: Ledger, judged: (place: Place) => boolean): string[] {
  const cells = cellsOf(host.store)
  const faults: string[] = []
  const look = (place: Place & { part: string }, seq: number, why: string): void => {
    const held = cells.get(keyOf(place))
    if (!judged(place) || (held !== undefined && held.seq >= seq)) return
    faults.push(`${why} of ${place.author} on ${place.name}, and ${host.name} holds ${held === undefined ? 'nothing' : `seq ${held.seq}`}`)
  }
  const authors = new Set(group.map(({ store }) => gossipOf(store).own.id))
  for (const author of authors) for (const entry of ledger.latest(author)) look(entry, entry.seq, `seq ${entry.seq} is the last`)
  for (const { entry, by } of ledger.receipts) if (authors.has(by)) look(entry, entry.seq, `${by} had acknowledged seq ${entry.seq}`)
  return faults
}

/** Shares that their authors never had. */
function invented({ name: host, store }: SimHost, ledger: Ledger, judged: (place: Place) => boolean): string[] {
  const isReal = (cell: Cell): boolean => {
    return ledger.entries(cell).some(({ seq, body }) => seq === cell.seq && JSON.stringify(body) === JSON.stringify(cell.body))
  }
  return [...cellsOf(store).values()].filter((cell) => judged(cell) && !isReal(cell)).map(({ author, name, seq, body }) => {
    return `${host} holds ${JSON.stringify(body)} of seq ${seq} of ${author} on ${name}, which was never written`
  })
}

/** Values that are not the sum of the shares. */
function miscounted({ name: host, store }: SimHost, judged: (place: Place) => boolean): string[] {
  const shares = new Map<string, [plus: Json, minus: Json][]>()
  for (const { kind, name, body } of cellsOf(store).values()) {
    const key = JSON.stringify([kind, name])
    shares.set(key, [...(shares.get(key) ?? []), body as [Json, Json]])
  }
  const faults: string[] = []
  for (const { kind, name } of store.names()) {
    if (!judged({ author: '', kind, name })) continue
    const sum = (shares.get(JSON.stringify([kind, name])) ?? []).reduce((total, [plus, minus]) => total + whole(plus) - whole(minus), 0n)
    const value = String(valueOf(store, kind, name))
    if (value !== String(kind === 'counter' ? Number(sum) : sum)) faults.push(`the shares of ${name} at ${host} come to ${sum}, and it reads ${value}`)
  }
  return faults
}

function whole(share: Json): bigint {
  return BigInt(share as string | number)
}
