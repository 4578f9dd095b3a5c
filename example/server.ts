/**
 * A store behind a TCP port: every connection becomes a stream of the store, and all clients share its counters.
 *
 *     node --import tsx example/server.ts [port]     a free port unless told
 *     node --import tsx example/client.ts <port>     in another terminal
 *
 * Ends when its last client left, or when none came for ten seconds.
 */
import { createStore } from '../index.js'
import { createServer } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'

const store = createStore({ host: 'server' })
const visits = store.counter('visits')

const server = createServer((connection) => {
  const stream = store.createStream()
  stream.sink(doubleline.parse()(connection.source))
  connection.sink(doubleline.stringify()(stream.source))
})

const idle = setTimeout(finish, 10_000)
store.on('connect', ({ host }) => {
  clearTimeout(idle)
  console.log(`${host} came`)
})
store.on('change', (_, from) => console.log(`${visits.value} visits, says ${from ?? 'this host'}`))
store.on('disconnect', ({ host }) => {
  console.log(`${host} left`)
  if (store.peers().length === 0) finish()
})

visits.increment()
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', (error) => {
  if (error !== null) throw error
  console.log(`listening on port ${server.address()?.port}`)
  // For client.ts, when it started us.
  process.send?.(server.address()?.port)
})

function finish(): void {
  server.close()
  void store.close().then(() => console.log(`closed after ${visits.value} visits`))
}
