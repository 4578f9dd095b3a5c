/**
 * Networks in one thread, with time, chance and faults of one's own: what `pull-gossip/sim` gives away.
 */
export { Chance } from './chance.js'
export { VirtualClock } from './clock.js'
export type { HostOptions, SimHost } from './host.js'
export type { LinkOptions, LinkWatch, Notice, SimLink } from './link.js'
export { Network } from './network.js'
export type { NetworkOptions, Watch } from './network.js'
export { pairsOf, topologyOf } from './topology.js'
export type { Pair, Topology } from './topology.js'
