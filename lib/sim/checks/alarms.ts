/**
 * No audit finds a difference where nothing went wrong but connections and hosts: what is under way, ends, or was refused, is none. Nor is anybody
 * in doubt because it was not proven to hold the same.
 */
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few } from './check.js'
import type { Check } from './check.js'

/** Hosts that are honest are never found to hold something else. Looks at what happens from now on. */
export function alarms(network: Network): Check {
  const faults: string[] = []
  const attend = (host: SimHost, store: Store): void => {
    store.on('differs', ({ peer, count }) => faults.push(`${host.name} found that ${peer.host} holds something else in ${count} places at ${network.clock.now()}`))
    store.on('incoherent', (doubts) => {
      for (const { host: other, why } of doubts) if (why === 'unproven' || why === 'differs') faults.push(`${host.name} doubts ${other}, which is ${why}, at ${network.clock.now()}`)
    })
  }
  for (const host of network.hosts) attend(host, host.store)
  network.watch({ start: attend })
  return { faults: () => few(faults) }
}
