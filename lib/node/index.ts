/**
 * The names that pull-gossip/node gives away.
 */
export { createBus } from './bus.js'
export type { BusPeer, NodeBus, NodeBusOptions } from './bus.js'
export { createNode } from './node.js'
export type { GossipNode, NodePeer } from './node.js'
export type { NodeEvents } from './events.js'
export type { NodeOptions } from './options.js'
export { memory } from '../transport/memory.js'
export { tcp } from '../transport/tcp.js'
export type { Lookup } from '../transport/tcp.js'
export type { Connection } from '../transport/socket.js'
export type { Listener, Transport } from '../transport/transport.js'
