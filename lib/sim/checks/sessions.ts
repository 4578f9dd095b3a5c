/**
 * Between hosts of the network no session ends because of what one of them said, and no store tells an error that is none of ours.
 *
 * That a connection breaks, or is silent for too long, is its road's doing and no fault.
 */
import { isGossipError } from '../../errors.js'
import type { GossipErrorCode } from '../../errors.js'
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few } from './check.js'
import type { Check } from './check.js'

/** What a road does; a peer that could not say its bye in time, or said that it heard nothing, is the road's doing too. */
const ofRoads: readonly GossipErrorCode[] = ['ERR_RESET', 'ERR_CUT', 'ERR_TIMEOUT']
const byeOfRoads = /ended the session: (timeout|hello|reset|cut)\.$/

/** Sessions between hosts end by no error of theirs. Looks at what happens from now on. */
export function sessions(network: Network): Check {
  const faults: string[] = []
  const attend = (host: SimHost, store: Store): void => {
    store.on('disconnect', ({ host: peer, id }, error) => {
      // The label of a link's stream is the host at its other end: whoever else says that name came over another road.
      if (error === null || id !== peer || !network.hosts.some(({ name }) => name === peer) || isOfRoad(error)) return
      faults.push(`at ${Math.round(network.clock.now())} ms a session of ${host.name} with ${peer} ended: ${error.message}`)
    })
  }
  for (const host of network.hosts) attend(host, host.store)
  network.watch({ start: attend })
  return { faults: () => few([...faults, ...network.hosts.flatMap(foreign)]) }
}

function isOfRoad(error: Error): boolean {
  return isGossipError(error) && (ofRoads.includes(error.code) || (error.code === 'ERR_BYE' && byeOfRoads.test(error.message)))
}

function foreign({ name, errors }: SimHost): string[] {
  return errors.filter((error) => !isGossipError(error)).map((error) => `${name} told an error that is none of ours: ${String(error)}`)
}
