/**
 * One host of the ring, a process of its own: counts words into its store, and gossips with its neighbours meanwhile.
 *
 * Beside a counter a word the store holds the set of files still to be counted and that of those counted, a register of the longest word
 * for each host, and one for all hosts of the file that was counted last.
 *
 * Started by child.ts as `host.ts <name> <words a second> <port> <expected host>…`, and told by it what to do (orders.ts).
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Json, type PeerView, type Register } from '../../index.js'
import { createNode } from '../../lib/node/index.js'
import { Cable } from './cable.js'
import { type Order, type Progress, type Report, type Told, type Traffic } from './orders.js'
import { elementOf, type Find, isFind, longer, wordsOf } from './words.js'

const turnMs = 20
const progressMs = 100

const [name = '', pace = '', port = '0', ...expect] = process.argv.slice(2)
const cable = new Cable()
const node = createNode({ host: name, expect, listen: `tcp://127.0.0.1:${port}`, transports: { tcp: cable } })
const { store } = node
const past = new Map<string, Traffic>()
const todo = store.set('todo')
const files = store.set('files')
const last = store.register('last', { check: isString })
const counted = { files: 0, words: 0, done: false }
let pausing = false
let counting: Promise<void> = Promise.resolve()

/** Counts file by file. */
async function count(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) todo.add(elementOf(folder, path))
  for (const path of paths) {
    if (pausing) return
    const file = elementOf(folder, path)
    files.add(file)
    if (await countWords(wordsOf(path), file)) last.write(file)
    else files.delete(file)
    todo.delete(file)
    counted.files += 1
  }
  counted.done = true
  tellProgress()
}

/** Counts word by word, with a turn for the network every few of them. Says whether there was any. */
async function countWords(words: readonly string[], file: string): Promise<boolean> {
  const wordsPerTurn = Math.max(1, Math.round((Number(pace) * turnMs) / 1_000))
  const register = longestOf(name)
  let longest = register.value
  for (const word of words) {
    store.counter(word).increment()
    const found = longer(longest, { word, file })
    if (found !== longest) register.write(found)
    longest = found
    counted.words += 1
    if (counted.words % wordsPerTurn === 0) await wait(turnMs)
  }
  return words.length > 0
}

/** Where a host keeps its longest word: one register for all would hold the latest found, not the longest. */
function longestOf(host: string): Register<Find> {
  return store.register(`longest/${host}`, { check: isFind })
}

function isString(value: Json): value is string {
  return typeof value === 'string'
}

/** From its answer on nothing is written here, and all that was written is safe with a peer. */
async function pause(): Promise<void> {
  pausing = true
  await counting
  tell({ type: 'paused', counted: counted.files, claimedBy: await store.settled({ peers: 1 }) })
}

async function rest(): Promise<void> {
  await store.settled()
  while (!store.coherent || lag() > 0) await wait(turnMs)
  tellProgress()
  tell({ type: 'rested' })
}

function lag(): number {
  return Math.max(0, ...store.peers().map((peer) => peer.lag))
}

function progress(): Progress {
  return { ...counted, lag: lag(), coherent: store.coherent }
}

function report(): Report {
  const counters = store.names().filter(({ kind }) => kind === 'counter')
  const counts = counters.map((one): [string, number] => [one.name, store.counter(one.name).value])
  const longest = [name, ...expect].flatMap((host): [string, Find][] => {
    const find = longestOf(host).value
    return find === undefined ? [] : [[host, find]]
  })
  const links = new Map(past)
  for (const peer of store.peers()) if (peer.connected) links.set(peer.host, add(links.get(peer.host), peer))
  return {
    host: name, coherent: store.coherent, counts, files: files.values(), todo: todo.values(), longest, last: last.value, links: [...links.values()]
  }
}

/** Adds what went over one connection to what went over those before it. */
function add(sum: Traffic | undefined, peer: PeerView): Traffic {
  return {
    peer: peer.host,
    connections: (sum?.connections ?? 0) + 1,
    bytesIn: (sum?.bytesIn ?? 0) + peer.bytesIn,
    bytesOut: (sum?.bytesOut ?? 0) + peer.bytesOut,
    changesIn: (sum?.changesIn ?? 0) + peer.changesIn,
    changesOut: (sum?.changesOut ?? 0) + peer.changesOut,
    duplicates: (sum?.duplicates ?? 0) + peer.duplicates
  }
}

function tell(told: Told): void {
  process.send?.(told)
}

function tellProgress(): void {
  tell({ type: 'progress', progress: progress() })
}

async function close(): Promise<void> {
  clearInterval(ticking)
  await node.close()
  process.off('disconnect', orphaned)
  process.disconnect()
}

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case 'dial': return node.connect(`tcp://127.0.0.1:${order.port}`)
    case 'count': counting = count(order.folder, order.files); return counting
    case 'pause': return pause()
    case 'cut': return cable.cut()
    case 'heal': return cable.heal()
    case 'rest': return rest()
    case 'report': return tell({ type: 'report', report: report() })
    case 'close': return close()
  }
}

/** Without its parent a host has nothing to live for. */
function orphaned(): void {
  process.exit(1)
}

store.on('disconnect', (peer, error) => {
  past.set(peer.host, add(past.get(peer.host), peer))
  tell({ type: 'note', text: `${name} lost ${peer.host} (${error?.message ?? 'its connection ended'})` })
})
store.on('sync', (peer) => tell({ type: 'note', text: `${name} is in step with ${peer.host}` }))
store.on('refused', ({ peer, code, count, by }) => {
  tell({ type: 'note', text: `${count} changes were refused between ${name} and ${peer.host}: ${code}, by ${by}` })
})
process.on('disconnect', orphaned)
// A terminal tells the whole group; the parent ends us.
process.on('SIGINT', () => {})
process.on('message', (order: Order) => void obey(order))
const ticking = setInterval(tellProgress, progressMs)
node.on('listening', (uri) => tell({ type: 'listening', port: Number(uri.split(':')[2]) }))
node.on('error', (error) => { throw error })
