/**
 * verbose's README and its tests of a node, in our form: over TCP, between buses that listen and dial.
 */
import pull from 'pull-stream'
import test, { type Test } from 'tape'
import { createBus, memory, type NodeBus, type NodeBusOptions } from '../lib/node/index.js'

const patienceMs = 10_000

/** Runs a test with buses that are ended behind it. */
function buses(sentence: string, run: (t: Test, make: (options?: NodeBusOptions) => NodeBus) => Promise<void>): void {
  test(sentence, { timeout: patienceMs }, async (t) => {
    const made: NodeBus[] = []
    try {
      await run(t, (options = {}) => {
        const bus = createBus({ channel: 'CHANNEL_1', acknowledgeInterval: 20, ...options })
        made.push(bus)
        return bus
      })
    } finally {
      await Promise.all(made.map((bus) => bus.end()))
    }
  })
}

/** Listens at a free port. */
function listening(bus: NodeBus): Promise<number> {
  return new Promise((resolve) => {
    bus.listen(0, '127.0.0.1', (uri) => resolve(Number(uri.split(':').at(-1))))
  })
}

/** Resolves with the first so many events that a stream gives. */
function first(bus: NodeBus, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    pull(bus.stream, pull.take(count), pull.collect((_: unknown, events: unknown) => resolve(events as unknown[])))
  })
}

function once(bus: NodeBus, event: 'initialized' | 'reconnect' | 'disconnect' | 'backoff'): Promise<unknown> {
  return new Promise((resolve) => bus.stream.once(event, (...[host]: [string, ...unknown[]]) => resolve(host)))
}

buses('what is emitted before the connection is there is heard', async (t, make) => {
  const [s, c] = [make(), make()]
  const port = await listening(s)
  c.connect(port, '127.0.0.1')
  c.emit('event 1', 'a', 'b')
  c.emit('event 2', 'c', 'd')
  t.deepEqual(await first(s, 2), [['event 1', 'a', 'b'], ['event 2', 'c', 'd']])
})

buses('a client hears a server, and has a random UUID as its host', async (t, make) => {
  const [s, c] = [make({ host: 'server' }), make()]
  c.connect(await listening(s), '127.0.0.1')
  await once(c, 'initialized')
  const heard = first(c, 2)
  s.emit('message 2.1')
  s.emit('message 2.2')
  t.deepEqual(await heard, [['message 2.1'], ['message 2.2']])
  t.match(c.host, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.deepEqual(c.peers().map(({ host, connected }) => [host, connected]), [['server', true]])
})

buses('several clients of a server hear each other, and none itself', async (t, make) => {
  const [s, c1, c2] = [make(), make(), make()]
  const port = await listening(s)
  const [own, other]: [unknown[], unknown[]] = [[], []]
  c1.on('abc', () => own.push('abc'))
  c1.on('def', () => other.push('def'))
  c1.connect(port, '127.0.0.1')
  c2.connect(port, '127.0.0.1')
  await Promise.all([once(c1, 'initialized'), once(c2, 'initialized')])
  const heard = first(s, 4)
  c1.emit('abc')
  c2.emit('def')
  c1.emit('ghi')
  c2.emit('jkl')
  t.deepEqual((await heard).map(String).sort(), ['abc', 'def', 'ghi', 'jkl'])
  await c2.settled({ peers: 1 })
  while (other.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.deepEqual([own, other], [[], ['def']])
})

buses('what was missed comes after a reconnect; a peer that was ended is dialled no more', async (t, make) => {
  const [s, c] = [make(), make()]
  const port = await listening(s)
  const peer = c.connect(port, '127.0.0.1')
  await once(c, 'initialized')
  t.equal(peer.host, s.host)
  const gone = once(c, 'disconnect')
  peer.end()
  await gone
  for (const event of ['abc', 'def', 'ghi']) s.emit(event)
  const heard = first(c, 3)
  c.connect(port, '127.0.0.1')
  t.deepEqual(await heard, [['abc'], ['def'], ['ghi']])
})

buses('other channels are refused, plainly', async (t, make) => {
  const [s, c] = [make(), make({ channel: 'CHANNEL_2' })]
  const told = new Promise<unknown>((resolve) => s.stream.on('error', resolve))
  c.connect(await listening(s), '127.0.0.1')
  t.match(String(await told), /ERR_NET: .* belongs to net "CHANNEL_2", we to net "CHANNEL_1"/)
})

buses('nobody at the address: the waits are told, and when somebody comes it is met', async (t, make) => {
  const transport = memory()
  const [s, c] = [make({ transport }), make({ transport, limits: { backoffMsMin: 5 } })]
  c.connect(1234, 'there')
  await once(c, 'backoff')
  const met = once(c, 'initialized')
  s.listen(1234, 'there')
  t.equal(await met, s.host)
})
