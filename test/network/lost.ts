/**
 * A program that lays the network, starts a host in it, tells the processes of all that, and waits to be killed.
 *
 *     node --import tsx test/network/lost.ts <netem|wire|none>
 */
import { once } from 'node:events'
import { Network, type Shaping } from './network.js'
import { type Start } from './orders.js'
import { layout } from './story.js'

const network = await Network.open(layout, process.argv[2] as Shaping)
const start: Start = { host: 'alpha', address: network.addressOf('alpha'), expect: [], dials: [], plan: 0 }
const host = network.start('alpha', 'host', start)
await once(host, 'message')
console.log(`processes: ${[...network.pids(), host.pid].join(' ')}`)
