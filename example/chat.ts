/**
 * A chat between terminals, without a server: whoever is there hears whoever writes, by whichever way.
 *
 *     node --import tsx example/chat.ts NAME            says where it listens
 *     node --import tsx example/chat.ts NAME PORT…      and talks to those that listen there
 *
 * An empty line tells who is there, the end of the input leaves.
 */
import { createInterface } from 'node:readline'
import { createBus } from '../lib/node/index.js'

const [name = 'somebody', ...ports] = process.argv.slice(2)
const bus = createBus<{ say: [name: string, line: string] }>({ channel: 'chat', acknowledgeInterval: 100 })

bus.on('say', (from, line) => console.log(`${from}: ${line}`))
bus.stream.on('initialized', () => console.log('* somebody came'))
bus.stream.on('disconnect', () => console.log('* somebody left'))
bus.stream.on('backoff', (whom, { waitMs }) => console.log(`* nobody at ${whom}, trying again in ${Math.round(waitMs)} ms`))
bus.stream.on('gap', ({ from, to }) => console.log(`* ${to - from + 1} lines were missed`))
bus.stream.on('error', (error) => console.error(String(error)))

bus.listen(0, '127.0.0.1', (uri) => console.log(`* ${name} listens on port ${uri.split(':').at(-1)}`))
for (const port of ports) bus.connect(Number(port), '127.0.0.1')

const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  if (line === '') console.log(`* ${bus.peers().filter(({ connected }) => connected).length} are there`)
  else bus.emit('say', name, line)
})
input.on('close', () => void bus.end({ leave: true }))
