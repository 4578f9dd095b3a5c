/**
 * Coming from masterless 0.4.1: each example of its README, in its order, and each promise of its own tests, in our form.
 */
import test from 'tape'
import { createNode, type GossipNode } from '../lib/node/index.js'
import { loopback, next, nodeOf, told, until } from './nodes.js'

type Counter = { type: string; total: number }

function isCounter(packet: unknown): packet is Counter {
  return typeof packet === 'object' && packet !== null && 'type' in packet && packet.type === 'counter'
}

async function two(t: test.Test): Promise<[GossipNode, GossipNode]> {
  const nodes = [nodeOf(t, 'e4663c9c3f9a89112afc48389a951e09', { listen: loopback }), nodeOf(t, 'b073a8ee09e1daca57e9d54a5efe5684', { listen: loopback })] as [GossipNode, GossipNode]
  await Promise.all(nodes.map((node) => next(node, 'listening')))
  return nodes
}

test('README, API: two nodes count to a thousand by turns', async (t) => {
  const left = createNode({ host: 'e4663c9c3f9a89112afc48389a951e09', listen: 'tcp://127.0.0.1:0' })
  const right = createNode({ host: 'b073a8ee09e1daca57e9d54a5efe5684', listen: 'tcp://127.0.0.1:0' })
  const lines: string[] = []

  left.on('listening', (info) => {
    right.connect(info)
  })

  right.on('connect', (host) => {
    right.send(host, { type: 'counter', total: 0 })
  })

  left.on('message', onmessage)
  right.on('message', onmessage)

  function onmessage(this: GossipNode, sender: string, packet: unknown): void {
    if (isCounter(packet)) {
      if (packet.total % 100 === 0) lines.push(`counter at ${packet.total}`)
      if (packet.total < 1_000) this.send(sender, { type: 'counter', total: packet.total + 1 })
    } else {
      lines.push(`unknown packet ${JSON.stringify(packet)}`)
    }
  }

  await until('a thousand', () => lines.includes('counter at 1000'))
  t.deepEqual(lines, Array.from({ length: 11 }, (_, i) => `counter at ${i * 100}`))
  await Promise.all([left.close(), right.close()])
})

test('README, Server(id, [options]): with a port, or with one that is free', async (t) => {
  const some = nodeOf(t, '67d2cb3db178bc5ca7d9f7157e3119aa', { listen: loopback })
  await next(some, 'listening')
  const port = Number(some.info()?.split(':')[2])
  await some.close()
  const withPort = nodeOf(t, '81358297b83f2d4d6cfa58ba5aff6180', { listen: `tcp://127.0.0.1:${port}` })
  t.deepEqual(await next(withPort, 'listening'), [`tcp://127.0.0.1:${port}`])
})

test('README, connect(transport): by an address, which keeps the host, and by what info() gives', async (t) => {
  const [left, right] = await two(t)
  left.connect(right.info() ?? '')
  await left.ready()
  t.deepEqual(left.peers().map(({ host, kept }) => [host, kept]), [[right.host, true]])
})

test('README, disconnect(id)', async (t) => {
  const [left, right] = await two(t)
  left.connect(right.info() ?? '')
  await Promise.all([left.ready(), next(right, 'connect')])
  const gone = Promise.all([next(left, 'disconnect'), next(right, 'disconnect')])
  left.disconnect(right.host)
  t.deepEqual(await gone, [[right.host, null], [left.host, null]])
})

test('README, keep(id, [true|false]): dialled again if the connection dies', async (t) => {
  const [left, right] = await two(t)
  right.connect(left.info() ?? '')
  await Promise.all([right.ready(), next(left, 'connect')])
  left.keep(right.host)
  await until('right knows', () => right.peers()[0]?.keptThere === true)
  const again = next(left, 'reconnect')
  right.disconnect(left.host)
  t.deepEqual(await again, [right.host, right.info()], 'at the address that the other told, as left was never given one')
})

test('README, info(): null until it listens', async (t) => {
  const node = nodeOf(t, 'a', { listen: loopback })
  t.equal(node.info(), null)
  const [uri] = await next(node, 'listening')
  t.equal(node.info(), uri)
  t.match(uri, /^tcp:\/\/127\.0\.0\.1:\d+$/)
})

test('README, close([callback])', async (t) => {
  const [left, right] = await two(t)
  left.connect(right.info() ?? '')
  await left.ready()
  await new Promise<void>((resolve) => void left.close(resolve))
  t.deepEqual([left.info(), left.peers()], [null, []])
})

test('README, send(id, packet): to one, to several, and to none', async (t) => {
  const [left, right] = await two(t)
  const server = nodeOf(t, 'server', { connect: [left.info() ?? '', right.info() ?? ''] })
  await server.ready()
  const both = Promise.all([next(left, 'message'), next(right, 'message')])
  t.equal(server.send([left.host, right.host], { some: 'other', random: 'data' }), 2)
  t.deepEqual(await both, [['server', { some: 'other', random: 'data' }], ['server', { some: 'other', random: 'data' }]])
  const one = next(left, 'message')
  t.equal(server.send(left.host, { some: 'data' }), true)
  t.deepEqual(await one, ['server', { some: 'data' }])
  t.equal(server.send('not-a-valid-node', { not: 'sent' }), false)
})

test('README, Connection Deduplication, and "should deduplicate many connections"', async (t) => {
  const [left, right] = await two(t)
  const lines = [told(left, 'connect', 'disconnect', 'reconnect'), told(right, 'connect', 'disconnect', 'reconnect')]
  for (let i = 0; i < 3; i += 1) {
    left.connect(right.info() ?? '')
    right.connect(left.info() ?? '')
  }
  left.keep(right.host)
  right.keep(left.host)
  await Promise.all([left.ready(), right.ready()])
  await until('one link is left', () => [left, right].every((node) => node.store.peers().length === 1 && node.peers()[0]?.connected === true))
  t.deepEqual(lines.map((one) => one.length), [1, 1], 'each was told of one connect, and of nothing else')
  t.deepEqual(left.peers().length, 1)
})

test('README, Limited Reconnection: whoever keeps dials again, and not only once', async (t) => {
  const [left, right] = await two(t)
  right.keep(left.host)
  left.connect(right.info() ?? '')
  await next(left, 'connect')
  for (let i = 0; i < 3; i += 1) {
    const again = next(left, 'reconnect')
    right.disconnect(left.host)
    await again
  }
  t.deepEqual(left.peers().map(({ connected }) => connected), [true])
})

test('its tests, "should support renegotiation": a dial the other way round takes nothing from what is under way', async (t) => {
  const [left, right] = await two(t)
  right.connect(left.info() ?? '')
  right.keep(left.host)
  await next(left, 'connect')
  const heard: number[] = []
  right.on('message', (sender, packet) => right.send(sender, packet))
  left.on('message', (_, packet) => heard.push(packet as number))
  left.connect(right.info() ?? '')
  for (let i = 0; i < 10; i += 1) left.send(right.host, i)
  await until('all came back', () => heard.length === 10)
  t.deepEqual(heard, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('its tests, "should automatically reconnect": who keeps is told of one connect', async (t) => {
  const [left, right] = await two(t)
  const connects = told(right, 'connect')
  right.connect(left.info() ?? '')
  right.keep(left.host)
  let first = true
  left.on('connect', (host) => {
    if (first) left.disconnect(host)
    else left.send(host, { hello: 'world' })
    first = false
  })
  t.deepEqual(await next(right, 'message'), [left.host, { hello: 'world' }])
  t.equal(connects.length, 1)
})
