/**
 * However many ranges of an author a host may remember, the newest change of that author which came in is among them: it is what everybody
 * passes on just now, and after a cut it would be sent again, together with all that came in one run with it.
 *
 * Forgetting any range is sound, as it costs no more than what is sent again; forgetting the lowest costs least.
 */
import type { ChangeView } from '../../store/reader.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few, gossipOf } from './check.js'
import type { Check } from './check.js'

/** What came last is remembered to have come. Looks at what happens from now on. */
export function newest(network: Network): Check {
  const faults = new Set<string>()
  const look = (host: SimHost, { author }: ChangeView): void => {
    const { log, trust } = gossipOf(host.store)
    const held = log.author(author)?.held
    // Who found out that it was lied to about an author begins anew with that one.
    if (trust.misled > 0 || held === undefined || held.covers(held.seen)) return
    faults.add(`${host.name} forgot that seq ${held.seen} of ${author} came, the newest of it`)
  }
  network.watch({ change: look })
  return { faults: () => few([...faults]) }
}
