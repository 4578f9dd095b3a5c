/**
 * A store inside a muxrpc of one's own, from CommonJS: one duplex method of the manifest is a link of the store.
 *
 *     node --import tsx example/muxrpc.cjs            serves, and says on which port
 *     node --import tsx example/muxrpc.cjs <port>     is its client: counts, waits until the server has it, and hangs up
 *
 * muxrpc carries objects, so that the store's frames go through it as they are; other methods go on beside them. When a peer hangs up
 * muxrpc says 'unexpected end of parent stream', which to a store is no error: a connection that ended, to be dialled again.
 */
'use strict'

const muxrpc = require('muxrpc')
const net = require('node:net')
const pull = require('pull-stream')
// As installed: require('pull-gossip') and require('pull-gossip/tcp').
const { createStore } = require('../index.ts')
const { duplexOf } = require('../lib/transport/tcp.ts')

const manifest = { whoami: 'async', replicate: 'duplex' }
const port = process.argv[2]
const store = createStore({ host: port === undefined ? 'server' : 'client' })

store.on('disconnect', ({ host }, error) => console.log(`${host} is gone: ${error === null ? 'its connection ended' : error.message}`))
store.on('error', (error) => console.error('error:', error))

/** Speaks muxrpc on a socket; `api` is what the other end may call. */
function speak(socket, api) {
  const rpc = muxrpc(manifest, manifest, api)
  const connection = duplexOf(socket)
  pull(connection, rpc.stream, connection)
  return rpc
}

/** A duplex of muxrpc's, whose peer may hang up. */
function plain({ source, sink }) {
  const ended = (end) => (end instanceof Error && end.message.includes('unexpected end of parent stream') ? true : end)
  return { source: (abort, cb) => source(abort, (end, frame) => cb(ended(end), frame)), sink }
}

/** A link of the store, as the method of an api: what the peer says comes through `plain`. */
function replicate() {
  const { source, sink } = store.createStream()
  return { source, sink: (read) => sink(plain({ source: read }).source) }
}

function serve() {
  const server = net.createServer((socket) => {
    speak(socket, { whoami: (cb) => cb(null, store.host), replicate })
  })
  store.on('disconnect', () => {
    console.log(`calls: ${store.counter('calls').value}`)
    server.close()
  })
  server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`))
}

function call() {
  const socket = net.connect(Number(port), '127.0.0.1')
  const rpc = speak(socket, {})
  const stream = store.createStream()
  pull(stream, plain(rpc.replicate(() => {})), stream)
  rpc.whoami((error, host) => console.log(error ?? `connected to ${host}`))
  for (let i = 0; i < 10; i += 1) store.counter('calls').increment()
  store.settled({ peers: 1 }).then((hosts) => {
    console.log(`confirmed by ${hosts.join()}`)
    socket.destroy()
  })
}

if (port === undefined) serve()
else call()
