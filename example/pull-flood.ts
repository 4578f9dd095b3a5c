/**
 * What pull-flood's users wrote, with a store in the place of the flood: node:net, stream-to-pull-stream, pull-json-doubleline.
 *
 *     node --import tsx example/pull-flood.ts
 *
 * The published modules have their faults (see the README): our own TCP and codec are what the other examples use.
 */
import net, { type AddressInfo, type Socket } from 'node:net'
import doubleline from 'pull-json-doubleline'
import pull from 'pull-stream'
import toPull from 'stream-to-pull-stream'
import { createStore, type Store } from '../index.js'

/** Socket, text, frames, store, and all the way back. */
function join(socket: Socket, store: Store): void {
  // It leaves an error that comes late to nobody; an error on the way ends the stream all the same.
  socket.on('error', () => {})
  const connection = toPull.duplex(socket)
  pull(connection, doubleline.parse(), store.createStream(), doubleline.stringify(), connection)
}

const alpha = createStore({ host: 'alpha' })
const beta = createStore({ host: 'beta' })

const server = net.createServer((socket) => join(socket, alpha))
server.listen(0, '127.0.0.1', () => join(net.connect((server.address() as AddressInfo).port, '127.0.0.1'), beta))

alpha.on('change', ({ name }, from) => console.log(`alpha: ${name} is ${alpha.counter(name).value}, by ${from ?? 'alpha'}`))
beta.on('change', ({ name }, from) => console.log(`beta: ${name} is ${beta.counter(name).value}, by ${from ?? 'beta'}`))

alpha.counter('calls').increment(2)
beta.counter('calls').increment(3)
await Promise.all([alpha.settled({ peers: 1, timeoutMs: 10_000 }), beta.settled({ peers: 1, timeoutMs: 10_000 })])
console.log(`both hold ${alpha.counter('calls').value} and ${beta.counter('calls').value}`)

await beta.close()
await alpha.close()
server.close(() => console.log('closed'))
