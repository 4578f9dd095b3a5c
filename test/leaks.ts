/**
 * Connects and disconnects, and prints what is left of it as JSON: `node --expose-gc --import tsx test/leaks.ts tcp 10000`.
 *
 * One node stays; hosts come, say hello, send packets, and go: by turns they leave or are left, and dial from one side or both. It ends by
 * itself when nothing keeps the process alive.
 */
import { connect } from 'node:net'
import { setTimeout as ms } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { memory, createNode, type GossipNode } from '../lib/node/index.js'
import { heapAfterGc } from './gc.js'

const [scheme = 'memory', times = '1000'] = process.argv.slice(2)
const network = memory()
const address = (name: string): string => (scheme === 'tcp' ? 'tcp://127.0.0.1:0' : `memory://${name}`)
const make = (host: string): GossipNode => createNode({ host, listen: address(host), transports: { memory: network } })

// Each is a handle from when it is first looked at, whoever does that.
void [process.stdout, process.stderr]

/** What keeps a process alive, by kind; what is read of files, as by the loading of modules, is over by itself. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) if (kind !== 'Immediate' && !kind.endsWith('Req')) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns += 1) {
    if (turns > 200_000) throw new Error('it does not come to rest')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const hub = make('hub')
const guests = Array.from({ length: 25 }, (_, i) => make(`guest ${i}`))
await Promise.all([hub, ...guests].map((node) => node.ready()))
let messages = 0
hub.on('message', () => { messages += 1 })

async function visit(guest: GossipNode, i: number): Promise<void> {
  const { host } = guest
  guest.connect(hub.info() ?? '')
  if (i % 4 === 0) hub.connect(guest.info() ?? '')
  await turnsUntil(() => hub.send(host, i) && guest.send('hub', i))
  if (i % 2 === 0) hub.disconnect(host)
  // A dial of which nobody was met yet is given up by its address.
  for (const whom of ['hub', hub.info() ?? '']) guest.disconnect(whom)
  for (const whom of [host, guest.info() ?? '']) hub.disconnect(whom)
  await turnsUntil(() => guest.store.statistics().peers === 0 && guest.peers().length === 0)
}

async function visits(count: number): Promise<void> {
  await Promise.all(guests.map(async (guest) => {
    for (let i = 0; i < count / guests.length; i += 1) await visit(guest, i)
  }))
  await turnsUntil(() => hub.store.statistics().peers === 0 && hub.peers().length === 0)
}

/** Sockets take a while to be gone. */
async function rested(before: Record<string, number>): Promise<Record<string, number>> {
  for (let left = 200; left > 0 && !isDeepStrictEqual(handles(), before); left -= 1) await ms(25)
  return handles()
}

const before = handles()
await visits(500)
await rested(before)
const heapBefore = heapAfterGc()
await visits(Number(times))
const after = await rested(before)
const grown = heapAfterGc() - heapBefore
if (scheme === 'tcp') {
  // A peer that is dead: it neither says nor reads anything. Its own end keeps nothing alive.
  const dead = connect(Number(hub.info()?.split(':')[2]), '127.0.0.1').pause()
  await new Promise((resolve) => dead.once('connect', resolve))
  dead.unref()
}
await Promise.all([hub, ...guests].map((node) => node.close()))
console.log(JSON.stringify({ grown, before, after, messages }))
