/**
 * A client of server.ts: counts a visit, waits until the server has it, and leaves.
 *
 *     node --import tsx example/client.ts [port]     starts the server itself unless told where one listens
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import pull from 'pull-stream'
import { createStore } from '../index.js'
import { connect } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'

const store = createStore({ host: `client ${process.pid}`, expect: ['server'] })
const visits = store.counter('visits')
visits.increment()
console.log('before:', visits.read())

connect(process.argv[2] === undefined ? await startServer() : Number(process.argv[2]), '127.0.0.1', (error, connection) => {
  if (error !== null || connection === undefined) throw error ?? new Error('there is no connection')
  const stream = store.createStream({ host: 'server' })
  pull(connection, doubleline.parse(), stream, doubleline.stringify(), connection)
})

// Coherent: we hold what the server held. Settled: it holds what we wrote.
await new Promise<void>((resolve) => store.once('coherent', () => resolve()))
const hosts = await store.settled({ timeoutMs: 10_000 })
console.log('after:', visits.read(), 'known to', hosts.join())
await store.close()

async function startServer(): Promise<number> {
  const server = fork(new URL(`./server${extname(import.meta.url)}`, import.meta.url))
  const [port] = (await once(server, 'message')) as [number]
  return port
}
