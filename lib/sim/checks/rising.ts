/**
 * No cell of a life of a store ever goes back: its seq rises, and what an author counted up and what it counted down never shrink.
 *
 * A name that was dropped and made anew is another one, whose counters begin at nothing; or it came back whole, since somebody made it live
 * longer who had been away.
 */
import type { Json } from '../../json.js'
import type { Name } from '../../log/name.js'
import type { ChangeView } from '../../store/reader.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few, gossipOf, keyOf, none } from './check.js'
import type { Check, Sparing } from './check.js'

type Seen = { name: Name | undefined; seq: number; shares: bigint[] }

/** Cells only ever rise. Looks at what happens from now on. */
export function rising(network: Network, spares: Sparing = none): Check {
  const lives = new WeakMap<object, Map<string, Seen>>()
  const faults: string[] = []
  const take = (host: SimHost, change: ChangeView): void => {
    if (spares(change)) return
    const cells = lives.get(host.store) ?? new Map<string, Seen>()
    lives.set(host.store, cells)
    const key = keyOf(change)
    const before = cells.get(key)
    const now = seen(host, change)
    cells.set(key, now)
    if (before === undefined) return
    const again = now.seq === before.seq && now.name !== before.name
    if (now.seq <= before.seq && !again) faults.push(`${host.name} held seq ${before.seq} at ${key}, then seq ${now.seq}`)
    if (now.name !== before.name) return
    if (now.shares.some((share, i) => share < (before.shares[i] as bigint))) faults.push(`${host.name} held ${before.shares.join()} at ${key}, then ${now.shares.join()}`)
  }
  network.watch({ change: take })
  return { faults: () => few(faults) }
}

function seen({ store }: SimHost, { kind, name, seq, body }: ChangeView): Seen {
  const shares = kind === 'counter' || kind === 'counter:bigint' ? (body as Json[]).map((share) => BigInt(share as string | number)) : []
  return { name: gossipOf(store).log.find(kind, name), seq, shares }
}
