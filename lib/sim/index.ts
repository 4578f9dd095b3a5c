/**
 * Networks in one thread, with time, chance and faults of one's own: what `pull-gossip/sim` gives away.
 */
export { Chance } from './chance.js'
export { VirtualClock } from './clock.js'
export { drawing } from './drawing.js'
export type { Arrival, Spread, Spreads } from './drawing.js'
export type { HostOptions, SimHost } from './host.js'
export type { LinkOptions, LinkWatch, Notice, SimLink } from './link.js'
export { Network } from './network.js'
export type { NetworkOptions, Watch } from './network.js'
export { Reporter, text } from './report.js'
export type { Counts, Figures, Report, ReporterOptions } from './report.js'
export { simulate, Simulation } from './simulation.js'
export type { Faults, SimulationOptions } from './simulation.js'
export { pairsOf, topologyOf } from './topology.js'
export type { Pair, Topology } from './topology.js'
export { Work } from './work.js'
export type { Weights, WorkOptions } from './work.js'
