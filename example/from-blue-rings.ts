/**
 * Reads the old, writes the new: listens to hosts of a blue-rings network as a subscriber does, and writes what they hold into a store.
 *
 *     node --import tsx example/from-blue-rings.ts tcp://127.0.0.1:4000 tcp://127.0.0.1:4001 --to 127.0.0.1:5000
 *
 *     --to HOST:PORT             a store served by pull-gossip/tcp and the doubleline codec
 *     --host import              the name under which it writes: always the same one, used by nobody else, one run at a time
 *     --seconds 30               how long to listen; less if all old hosts end their connections
 *     --counting integer         or bigint: the Value of the old network, which its packets do not tell
 *     --net NAME                 the new network's name, if it has one
 *
 * Run again it writes what came since, and nothing if nothing did. No old host could be run to test this: formats are from the sources.
 */
import net from 'node:net'
import { parseArgs } from 'node:util'
import pull from 'pull-stream'
import { createStore, type Store } from '../index.js'
import { connect } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'
import { Merged } from './blue-rings/merged.js'
import { Transfer, type Summary } from './blue-rings/transfer.js'
import { Frames, readMessage, type Counting } from './blue-rings/wire.js'

type Address = { host: string; port: number }
type Task = { from: string[]; to: Address; host: string; seconds: number; counting: Counting; network: string | undefined }

/** What was heard of one old host. */
type Heard = { url: string; connected: boolean; packets: number; unread: number; newsAfterMs: number; end: string }

const settledMs = 30_000

try {
  await transfer(taskOf(process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function transfer({ from, to, host, seconds, counting, network }: Task): Promise<void> {
  const merged = new Merged()
  const heard = await Promise.all(from.map((url) => listen(url, seconds, counting, merged)))
  for (const one of heard) console.log(lineOf(one))
  if (!heard.some(({ connected }) => connected)) throw new Error('no old host could be reached; nothing was written')
  const store = createStore({ host, net: network })
  store.on('refused', ({ code, count, by }) => console.error(`${count} changes were refused by ${by}: ${code}`))
  try {
    await join(store, to)
    const summary = new Transfer(store, counting, Date.now()).write(merged)
    await store.settled({ timeoutMs: settledMs })
    tell(summary)
  } finally {
    await store.close({ leave: true })
  }
}

/** Connecting is joining: old hosts send what they hold to whoever listens, at once and again and again. */
function listen(url: string, seconds: number, counting: Counting, merged: Merged): Promise<Heard> {
  const heard: Heard = { url, connected: false, packets: 0, unread: 0, newsAfterMs: 0, end: 'time was up' }
  const frames = new Frames()
  const startedAt = Date.now()
  return new Promise((resolve) => {
    const socket = net.connect(addressOf(url))
    const timer = setTimeout(() => socket.destroy(), seconds * 1_000)
    socket.on('connect', () => { heard.connected = true })
    socket.on('end', () => { heard.end = frames.open ? 'it ended within a message' : 'it ended the connection' })
    socket.on('error', (error) => { heard.end = error.message })
    socket.on('data', (chunk) => {
      try {
        for (const bytes of frames.put(chunk)) take(bytes)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(heard)
    })
    const take = (bytes: Uint8Array): void => {
      const { packets, unread } = readMessage(bytes, counting)
      heard.packets += packets.length
      heard.unread += unread.length
      for (const packet of packets) if (merged.take(packet, Date.now())) heard.newsAfterMs = Date.now() - startedAt
    }
  })
}

/** Resolves once we hold what that store holds, which the difference is taken to. */
function join(store: Store, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    store.once('sync', () => resolve())
    const early = new Error('the store ended the session before we were in step; nothing was written')
    const stream = store.createStream({ expected: true, onEnd: (error) => reject(error ?? early) })
    const connection = connect(port, host)
    pull(connection, doubleline.parse(), stream, doubleline.stringify(), connection)
  })
}

function lineOf({ url, connected, packets, unread, newsAfterMs, end }: Heard): string {
  if (!connected) return `${url}: not reached, ${end}`
  const strange = unread > 0 ? `, ${unread} could not be read` : ''
  return `${url}: ${packets} packets${strange}, the last news after ${(newsAfterMs / 1_000).toFixed(1)} s; ${end}`
}

function tell({ counters, registers, added, removed, extended, same, empty, ended, left, unread, unwritten }: Summary): void {
  console.log(`written: ${counters} counters, ${registers} registers, ${added} elements added, ${removed} removed, ${extended} ends`)
  console.log(`not to be written: ${same} there already, ${empty} never written to, ${ended} ended`)
  const told: [string, string[]][] = [['left as they are', left], ['could not be read', unread], ['could not be written', unwritten]]
  for (const [what, sentences] of told) {
    console.log(`${what}: ${sentences.length}`)
    for (const sentence of sentences) console.log(`  ${sentence}`)
  }
}

function taskOf(args: string[]): Task {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      to: { type: 'string' }, host: { type: 'string', default: 'import' }, seconds: { type: 'string', default: '30' },
      counting: { type: 'string', default: 'integer' }, net: { type: 'string' }
    }
  })
  const { to, host, counting } = values
  const seconds = Number(values.seconds)
  if (positionals.length === 0 || to === undefined) {
    throw new Error('say which old hosts to read, tcp://HOST:PORT, and where to write: --to HOST:PORT')
  }
  if (!(seconds > 0 && seconds <= 86_400)) throw new Error('--seconds must be above 0, and a day at most')
  if (counting !== 'integer' && counting !== 'bigint') throw new Error('--counting must be integer or bigint')
  for (const url of positionals) addressOf(url)
  return { from: positionals, to: addressOf(`tcp://${to}`), host, seconds, counting, network: values.net }
}

/** `tcp://host:port`, and `tcp6://[…]:port` as the last versions wrote it. */
function addressOf(url: string): Address {
  const match = /^tcp6?:\/\/(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})\/?$/.exec(url)
  const [, inBrackets, plain, port] = match ?? []
  const host = inBrackets ?? plain
  if (host === undefined || Number(port) > 65_535) throw new Error(`${url} is no tcp://HOST:PORT`)
  return { host, port: Number(port) }
}
