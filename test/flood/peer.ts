/**
 * pull-flood's README as a program: its pipeline, word for word, around our flood.
 *
 *     node --import tsx test/flood/peer.ts          a server, which says its port
 *     node --import tsx test/flood/peer.ts PORT     a client of it
 *
 * What comes on its standard input, line by line, is appended.
 */
import net, { type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import PJSON from 'pull-json-doubleline'
import pull from 'pull-stream'
import toPull from 'stream-to-pull-stream'
import { createFlood as Flood } from '../../index.js'

const flood = Flood({
  onMessage: function (msg) {
    console.log('received', msg)
  },
  capacity: 100, //only keep 100 messages in memory
  //too many messages in buffer, dropped this.
  onDrop: function (msg) {
    console.log('dropped:', msg)
  },
  //connected to a peer
  onConnect: function () {
    console.log('connected')
  },
  //disconnected from a peer
  onDisconnect: function () {
    console.log('disconnected')
  }
})

const port = Number(process.argv[2] ?? 0)
const address = '127.0.0.1'
if (port === 0) {
  //accept duplex streams on the server
  const server = net.createServer(function (stream) {
    stream.on('error', () => {})
    const id = stream.remoteAddress + ':' + stream.remotePort //or some other way to set an id
    const remote = toPull.duplex(stream)
    pull(
      remote,
      PJSON.parse(),
      flood.createStream({ id: id }),
      PJSON.stringify(),
      remote
    )
  }).listen(0, address, () => console.log(`port ${(server.address() as AddressInfo).port}`))
} else {
  //create a duplex stream from a client
  const socket = net.connect(port, address)
  socket.on('error', () => {})
  const remote = toPull.duplex(socket)
  const id = address + ':' + port
  pull(
    remote,
    PJSON.parse(),
    flood.createStream({ id: id }),
    PJSON.stringify(),
    remote
  )
}

createInterface({ input: process.stdin }).on('line', (line) => flood.append(line)).on('close', () => process.exit(0))
