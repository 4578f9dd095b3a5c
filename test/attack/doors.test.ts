/**
 * What strangers do to a node over real sockets, before and after they say who they are: none of it keeps honest hosts out, holds memory
 * beyond the bounds, or goes unheard.
 */
import net from 'node:net'
import { once } from 'node:events'
import test, { type Test } from 'tape'
import type { Limits } from '../../index.js'
import type { GossipNode } from '../../lib/node/index.js'
import { loopback, next, nodeOf, told, until } from '../nodes.js'

const hello = (host: string, features = '["node"]'): string => `{"v":1,"h":"${host}","i":"1","x":"none","f":${features}}\n\n`

/** A node that listens, and what it told of those it refused. */
async function fort(t: Test, limits: Partial<Limits> = {}): Promise<{ node: GossipNode; port: number; refused: string[] }> {
  const node = nodeOf(t, 'fort', { listen: loopback, limits })
  node.store.on('error', () => {})
  const refused = told(node, 'refused')
  await node.ready()
  return { node, port: Number(node.info()?.split(':').at(-1)), refused }
}

/** A raw connection; what it is told is kept unless it never reads. */
async function raw(t: Test, port: number, { reads = true, localAddress }: { reads?: boolean; localAddress?: string } = {}): Promise<{ socket: net.Socket; heard: () => string; ended: Promise<unknown> }> {
  const socket = net.connect({ port, host: '127.0.0.1', ...(localAddress === undefined ? {} : { localAddress }) })
  let heard = ''
  socket.on('error', () => {})
  if (reads) socket.setEncoding('utf8').on('data', (text: string) => { heard += text })
  t.teardown(() => socket.destroy())
  const ended = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  return { socket, heard: () => heard, ended }
}

/** That a host that means it gets in, and is heard. */
async function letsIn(t: Test, { node, port }: { node: GossipNode; port: number }, host: string): Promise<void> {
  const guest = nodeOf(t, host, { connect: `tcp://127.0.0.1:${port}`, limits: { backoffMsMin: 20, backoffMsMax: 100 } })
  await guest.ready()
  guest.store.counter(`of ${host}`).increment()
  await guest.store.settled({ peers: 1, timeoutMs: 10_000 })
  t.equal(node.store.counter(`of ${host}`).value, 1, `${host} is let in and heard`)
}

test('a hello that comes a byte at a time is waited for until helloMs, and no longer', async (t) => {
  const { node, port } = await fort(t, { helloMs: 400 })
  const { socket, heard, ended } = await raw(t, port)
  const text = hello('slow')
  const drip = setInterval(() => socket.write(text[socket.bytesWritten] ?? '\n'), 20)
  t.teardown(() => clearInterval(drip))
  await ended
  t.match(heard(), /\{"b":"hello"\}/)
  t.deepEqual(node.peers(), [])
  await letsIn(t, { node, port }, 'honest')
})

test('a frame that never ends is no sign of life: its link is given up after timeoutMs', async (t) => {
  const { port } = await fort(t, { pingMs: 100, timeoutMs: 500 })
  const { socket, heard, ended } = await raw(t, port)
  socket.write(`${hello('slow')}{"a":{},"u":0}\n\n"`)
  const drip = setInterval(() => socket.write('x'), 20)
  t.teardown(() => clearInterval(drip))
  await ended
  t.match(heard(), /\{"b":"timeout"\}/)
})

test('thousands of connections that say nothing leave room for others: they are few at a time, from each address, and soon given up', async (t) => {
  const { node, port, refused } = await fort(t, { helloMs: 500, pendingMax: 40, pendingAddressMax: 20 })
  let open = 0
  const attack = async (): Promise<void> => {
    const { socket, ended } = await raw(t, port, { localAddress: '127.0.0.2' })
    open += 1
    await ended
    open -= 1
    socket.destroy()
  }
  const attacks = Array.from({ length: 20 }, async () => {
    for (let i = 0; i < 100; i += 1) await attack().catch(() => {})
  })
  await until('some are refused', () => refused.length > 100)
  await letsIn(t, { node, port }, 'honest')
  t.ok(refused.every((line) => /^refused (pendingAddressMax|faultsMax) 127\.0\.0\.2$/.test(line)), 'and each that is refused is told of, by the bound and the address')
  t.ok(open <= 20 + 20, `${open} are open`)
  await Promise.all(attacks)
  t.deepEqual(node.peers().map(({ host }) => host), ['honest'])
})

test('who never reads holds no more than what its connection and one frame take, and is parted from', async (t) => {
  const { node, port } = await fort(t, { pingMs: 100, timeoutMs: 1_000, closeMs: 200 })
  for (let i = 0; i < 2_000; i += 1) node.store.register(`name ${i}`).write('x'.repeat(8_000))
  const { socket } = await raw(t, port, { reads: false })
  socket.pause()
  socket.write(`${hello('deaf', '[]')}{"a":{},"u":0}\n\n`)
  const life = setInterval(() => socket.write('{"w":{},"n":[]}\n\n'), 50)
  t.teardown(() => clearInterval(life))
  await until('it is met', () => node.peers().some(({ host, connected }) => host === 'deaf' && connected))
  await letsIn(t, { node, port }, 'honest')
  const sent = node.peers().find(({ host }) => host === 'deaf')?.bytesOut ?? 0
  t.ok(sent < 10_000_000, `${sent} bytes of 16,000,000 went out`)
  clearInterval(life)
  await until('it is given up', () => !node.peers().some(({ host }) => host === 'deaf'))
})

test('links that come and go hundreds of times leave nothing behind, and an honest one stands', async (t) => {
  const { node, port } = await fort(t)
  const honest = nodeOf(t, 'honest', { connect: `tcp://127.0.0.1:${port}` })
  await honest.ready()
  for (let i = 0; i < 300; i += 1) {
    const { socket } = await raw(t, port)
    socket.write(i % 3 === 0 ? '' : i % 3 === 1 ? hello(`guest ${i}`) : `${hello('honest')}{"a":{"x~1":`)
    if (i % 2 === 0) await once(socket, 'readable').catch(() => {})
    socket.destroy()
  }
  await until('they are gone', () => node.store.statistics().peers === 1)
  t.deepEqual(node.peers().map(({ host }) => host), ['honest'])
  honest.store.counter('calls').increment()
  await honest.store.settled({ peers: 1, timeoutMs: 10_000 })
  t.equal(node.store.counter('calls').value, 1)
})

test('who breaks the rules again and again is accepted no more from its address, for a while, while others are', async (t) => {
  const { node, port, refused } = await fort(t, { faultsMax: 5, shunMs: 60_000 })
  const honest = nodeOf(t, 'before', { connect: `tcp://127.0.0.1:${port}` })
  await honest.ready()
  for (let i = 0; i < 20 && refused.length === 0; i += 1) {
    const { socket, ended } = await raw(t, port, { localAddress: '127.0.0.2' })
    socket.write('no frame\n\n')
    await ended
  }
  t.deepEqual(refused, ['refused faultsMax 127.0.0.2'])
  await letsIn(t, { node, port }, 'honest')
  t.equal(honest.store.coherent, true)
})

test('with all places for others taken by strangers, the hosts that a node keeps have theirs', async (t) => {
  const { node, port, refused } = await fort(t, { inboundMax: 10, inboundAddressMax: 10 })
  for (let i = 0; i < 10; i += 1) {
    const { socket } = await raw(t, port)
    socket.write(`${hello(`stranger ${i}`)}{"l":0,"keep":true}\n\n{"a":{},"u":0}\n\n`)
  }
  await until('all places are taken', () => node.peers().length === 10)
  const late = await raw(t, port)
  await late.ended
  t.match(late.heard(), /^\{"b":"full"\}\n\n$/)
  t.match(refused.at(-1) ?? '', /^refused inbound(Address)?Max 127\.0\.0\.1$/)
  const friend = nodeOf(t, 'friend', { listen: loopback })
  await friend.ready()
  const connected = next(node, 'connect')
  node.connect(friend.info() ?? '')
  t.equal((await connected)[0], 'friend')
  friend.store.counter('calls').increment()
  await friend.store.settled({ peers: 1, timeoutMs: 10_000 })
  t.equal(node.store.counter('calls').value, 1)
})

test('a peer with the key that is wrong is pending until it is gone, and shown nothing over a socket either', async (t) => {
  const node = nodeOf(t, 'fort', { listen: loopback, key: 'the key of this network' })
  node.store.on('error', () => {})
  node.store.counter('secret').increment()
  await node.ready()
  const { socket, heard, ended } = await raw(t, Number(node.info()?.split(':').at(-1)))
  socket.write(`{"v":1,"h":"guest","i":"1","x":"none","nonce":"${'0'.repeat(32)}"}\n\n{"proof":["${'0'.repeat(64)}"]}\n\n{"a":{},"u":0}\n\n`)
  await ended
  t.match(heard(), /^\{"v":1[^\n]*\}\n\n(\{"proof":\["[0-9a-f]{64}"\]\}\n\n)?\{"b":"key"\}\n\n$/)
  t.notOk(heard().includes('secret'))
  t.deepEqual(node.peers(), [])
})
