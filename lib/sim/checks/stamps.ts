/**
 * No host keeps a register that is stamped further ahead of its own clock than clocks may differ: whoever stamped it would hold it for
 * as long, whatever others write.
 */
import { stampsPerMs } from '../../log/stamp.js'
import type { ChangeView } from '../../store/reader.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few, gossipOf, keyOf } from './check.js'
import type { Check } from './check.js'

/** Stamps are near the time of day. Looks at what happens from now on. */
export function stamps(network: Network): Check {
  const faults: string[] = []
  const take = (host: SimHost, change: ChangeView, from: string | null): void => {
    if (change.kind !== 'register' || from === null) return
    const [stamp] = change.body as [number]
    const aheadMs = Math.ceil(stamp / stampsPerMs - Math.floor(host.now)) - gossipOf(host.store).limits.skewMsMax
    if (aheadMs > 0) faults.push(`${host.name} kept what is stamped ${aheadMs} ms too far ahead, at ${keyOf(change)}`)
  }
  network.watch({ change: take })
  return { faults: () => few(faults) }
}
