/**
 * What must hold in a network of stores, whatever happens to it: each check tells in words what does not.
 *
 * Some look at the network as it is at rest, others at all that happens from when they are made: make those before the first write. What
 * a check is told to spare it does not judge.
 */
import { alarms } from './checks/alarms.js'
import { agreement } from './checks/agreement.js'
import { bounds } from './checks/bounds.js'
import type { Bounds } from './checks/bounds.js'
import { none } from './checks/check.js'
import type { Check, Sparing } from './checks/check.js'
import { doubts } from './checks/doubts.js'
import { echoes } from './checks/echoes.js'
import { ends } from './checks/ends.js'
import { events } from './checks/events.js'
import type { EventBounds } from './checks/events.js'
import { kept } from './checks/kept.js'
import { Ledger } from './checks/ledger.js'
import { merge } from './checks/merge.js'
import { newest } from './checks/newest.js'
import { rising } from './checks/rising.js'
import { sessions } from './checks/sessions.js'
import { stamps } from './checks/stamps.js'
import { sums } from './checks/sums.js'
import type { Network } from './network.js'

export { agreement, alarms, bounds, doubts, echoes, ends, events, kept, Ledger, merge, newest, rising, sessions, stamps, sums }
export { groupsOf } from './checks/check.js'
export type { Bounds, Check, Sparing }
export type { Place } from './checks/check.js'

export type ChecksOptions = Bounds & EventBounds & {
  /** What is not judged where cells and values are compared. */
  spares?: Sparing
}

/** Everything that must hold in a network, by what the check is called. Make it before the first host. */
export function checks(network: Network, { spares = none, ...most }: ChecksOptions = {}): Record<string, Check> {
  const ledger = new Ledger(network)
  return {
    agreement: agreement(network, spares), merge: merge(network, spares), sums: sums(network, ledger, spares),
    kept: kept(network, ledger, spares), rising: rising(network, spares), ends: ends(network, spares), echoes: echoes(network, spares),
    bounds: bounds(network, most), sessions: sessions(network), doubts: doubts(network), stamps: stamps(network), newest: newest(network),
    events: events(network, most), alarms: alarms(network)
  }
}

/** All that does not hold, each with the check that found it. */
export function faultsOf(all: Record<string, Check>): string[] {
  return Object.entries(all).flatMap(([name, check]) => check.faults().map((fault) => `${name}: ${fault}`))
}
