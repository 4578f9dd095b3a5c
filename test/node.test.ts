/**
 * Nodes over real sockets and in memory: links that come, stay, go and come back; packets; bounds; their end.
 */
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as ms } from 'node:timers/promises'
import test, { type Test } from 'tape'
import { createStore, isGossipError } from '../index.js'
import { memory, type GossipNode, type Transport } from '../lib/node/index.js'
import { duplexOf, connect } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'
import { frozen, loopback, memberOf, next, nodeOf, told, until } from './nodes.js'
import { codeOf } from './stores.js'

async function listening(...nodes: GossipNode[]): Promise<void> {
  await Promise.all(nodes.filter((node) => node.info() === null).map((node) => next(node, 'listening')))
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1') === true)

const peer = (node: GossipNode, host: string) => node.peers().find((one) => one.host === host)

test('two nodes, one of which is told the other, are linked, replicate, and are coherent', async (t) => {
  const left = nodeOf(t, 'left', { listen: loopback })
  t.equal(left.info(), null, 'not listening yet')
  const [uri] = await next(left, 'listening')
  t.match(uri, /^tcp:\/\/127\.0\.0\.1:\d+$/)
  t.equal(left.info(), uri)
  const right = nodeOf(t, 'right', { listen: loopback, connect: uri })
  t.notOk(right.store.coherent, 'not before somebody was met')
  t.deepEqual(right.store.doubts().map(({ host, why }) => [host, why]), [[uri, 'disconnected']])
  const [connected] = await Promise.all([next(left, 'connect'), right.ready()])
  t.deepEqual(connected, ['right', right.info()], 'with the address at which the other listens')
  t.ok(right.store.coherent)
  left.store.counter('x').increment(2)
  right.store.counter('x').increment(3)
  await until('both have all', () => left.store.counter('x').value === 5 && right.store.counter('x').value === 5)
  t.deepEqual([peer(right, 'left')?.kept, peer(right, 'left')?.keptThere, peer(left, 'right')?.kept, peer(left, 'right')?.keptThere], [true, false, false, true])
  t.deepEqual([left.peers().length, right.peers().length, left.store.statistics().peers], [1, 1, 1])
})

test('a link stays while either end keeps it, and is closed when neither does', async (t) => {
  const [left, right] = [nodeOf(t, 'left', { listen: loopback }), nodeOf(t, 'right', { listen: loopback })]
  await listening(left, right)
  right.connect(left.info() ?? '')
  await next(left, 'connect')
  left.keep('right')
  right.keep('left', false)
  await until('right has heard that it is kept', () => peer(right, 'left')?.keptThere === true && peer(left, 'right')?.keptThere === false)
  left.store.counter('x').increment()
  await until('the link still carries', () => right.store.counter('x').value === 1)
  t.deepEqual([right.store.doubts(), right.store.coherent], [[], true], 'right expects nobody any more')
  const gone = Promise.all([next(left, 'disconnect'), next(right, 'disconnect')])
  left.keep('right', false)
  t.deepEqual(await gone, [['right', null], ['left', null]])
  await ms(50)
  t.deepEqual([left.peers(), right.peers()], [[], []])
})

test('disconnect stops keeping here; who keeps us dials again, and tells of a reconnect', async (t) => {
  const [left, right] = [nodeOf(t, 'left', { listen: loopback }), nodeOf(t, 'right', { listen: loopback })]
  const lines = told(left, 'connect', 'disconnect', 'reconnect')
  await listening(left, right)
  left.connect(right.info() ?? '')
  right.keep('left')
  await Promise.all([left.ready(), next(right, 'connect')])
  const again = [next(right, 'disconnect'), next(left, 'reconnect'), next(right, 'connect')]
  right.disconnect('left')
  await Promise.all(again)
  t.deepEqual(lines, [`connect right ${right.info()}`, `reconnect right ${right.info()}`])
  t.deepEqual([peer(right, 'left')?.kept, right.store.doubts()], [false, []])
})

test('a store without a node is a peer like others, but takes no packets', async (t) => {
  const node = nodeOf(t, 'node', { listen: loopback })
  await listening(node)
  const store = createStore({ host: 'plain', expect: ['node'] })
  t.teardown(() => store.close())
  const tcp = connect(Number(node.info()?.split(':')[2]), '127.0.0.1')
  const stream = store.createStream()
  stream.sink(doubleline.parse()(tcp.source))
  tcp.sink(doubleline.stringify()(stream.source))
  t.deepEqual(await next(node, 'connect'), ['plain', null])
  store.counter('x').increment()
  await store.settled()
  t.equal(node.store.counter('x').value, 1)
  t.deepEqual([node.send('plain', 1), store.statistics().unknown], [false, 0])
})

test('packets are taken for those who are connected, in order, and as they were when they were sent', async (t) => {
  const network = memory()
  const [a, b, c] = ['a', 'b', 'c'].map((host) => memberOf(t, network, host)) as [GossipNode, GossipNode, GossipNode]
  await listening(a, b, c)
  a.connect('memory://b')
  a.connect('memory://c')
  await a.ready()
  const heard: unknown[] = []
  b.on('message', function (host, packet) { heard.push([this === b, host, packet]) })
  const packet = { n: [1, null, 'é'] }
  t.equal(a.send('b', packet), true)
  packet.n[0] = 2
  t.equal(a.send(['b', 'c', 'nobody', 'a'], 'both'), 2)
  t.deepEqual(await next(c, 'message'), ['a', 'both'])
  await until('both came', () => heard.length === 2)
  t.deepEqual(heard, [[true, 'a', { n: [1, null, 'é'] }], [true, 'a', 'both']])
  t.deepEqual([a.send('nobody', {}), a.send('a', {}), a.send([], {})], [false, false, 0])
  await until('all was confirmed', () => peer(a, 'b')?.packets === 0 && peer(a, 'c')?.packets === 0)
})

test('what is no JSON is no packet', (t) => {
  const node = nodeOf(t, 'a', { limits: { packetBytesMax: 10, depthMax: 2 } })
  for (const packet of [undefined, NaN, 1n, () => {}, [[[1]]], 'x'.repeat(9), new Date(0)]) {
    try {
      node.send('b', packet as never)
      t.fail(String(packet))
    } catch (error) {
      t.equal(codeOf(error), 'ERR_OPTION')
    }
  }
  t.throws(() => node.send(1 as never, 1), /ERR_OPTION/)
  t.end()
})

test('a packet is encoded once, however many hosts it goes to', async (t) => {
  const network = memory()
  const hosts = ['b', 'c', 'd', 'e', 'f']
  const nodes = hosts.map((host) => memberOf(t, network, host))
  const a = memberOf(t, network, 'a')
  await listening(...nodes)
  for (const host of hosts) a.connect(`memory://${host}`)
  await a.ready()
  const real = JSON.stringify
  let times = 0
  JSON.stringify = ((...args: Parameters<typeof real>) => {
    const text = real(...args)
    if (text?.includes('once only') && text.startsWith('{"m"')) times += 1
    return text
  }) as typeof real
  const all = nodes.map((node) => next(node, 'message'))
  t.equal(a.send(hosts, 'once only'), 5)
  await Promise.all(all)
  JSON.stringify = real
  t.equal(times, 1)
})

/** A node that keeps `b`, which is away; three packets may wait for it. */
async function alone(t: Test): Promise<{ network: Transport; a: GossipNode }> {
  const network = memory()
  const [a, b] = [memberOf(t, network, 'a', { limits: { packetsMax: 3 } }), memberOf(t, network, 'b')]
  await listening(a, b)
  a.connect('memory://b')
  await a.ready()
  const away = next(a, 'backoff')
  await b.close()
  await away
  return { network, a }
}

test('packets for a kept host that is away wait up to a bound, and come when it is back', async (t) => {
  const { network, a } = await alone(t)
  t.deepEqual([1, 2, 3, 4].map((n) => a.send('b', n)), [true, true, true, false])
  const second = memberOf(t, network, 'b')
  const heard: unknown[] = []
  second.on('message', (_, packet) => heard.push(packet))
  await until('all came', () => heard.length === 3)
  t.deepEqual(heard, [1, 2, 3])
  await until('and there is room again', () => a.send('b', 4))
})

test('what waits for a host that is given up is told as lost', async (t) => {
  const { a } = await alone(t)
  const lines = told(a, 'lost', 'disconnect')
  a.send('b', { n: 1 })
  a.disconnect('b')
  await until('both were told', () => lines.length === 2)
  t.deepEqual(lines, ['disconnect b null', 'lost b {"n":1} false'])
  t.equal(a.send('b', 2), false)
})

test('what was under way when a link died is told as lost, and not sent again', async (t) => {
  const network = frozen()
  const limits = { timeoutMs: 300, closeMs: 100 }
  const [a, b] = [memberOf(t, network, 'a', { pingMs: 100, limits }), memberOf(t, network, 'b', { pingMs: 100, limits })]
  await listening(a, b)
  a.connect('memory://b')
  await a.ready()
  const lines = told(a, 'lost')
  const heard = told(b, 'message')
  network.freeze()
  const again = next(a, 'reconnect')
  t.equal(a.send('b', 'under way'), true)
  const [whom, { error }] = await next(a, 'backoff')
  t.deepEqual([whom, codeOf(error)], ['b', 'ERR_TIMEOUT'], 'a silent peer is given up')
  await again
  t.equal(a.send('b', 'after'), true, 'and dialled again')
  await until('the next came', () => heard.length > 0)
  await until('the lost was told', () => lines.length > 0)
  t.deepEqual([lines, heard], [['lost b under way true'], ['message a after']])
})

test('packets sent right before the end arrive, and are not told as lost', async (t) => {
  const [a, b] = [nodeOf(t, 'a', { listen: loopback }), nodeOf(t, 'b', { listen: loopback })]
  await listening(a, b)
  a.connect(b.info() ?? '')
  await a.ready()
  const [lines, heard] = [told(a, 'lost'), told(b, 'message')]
  for (let n = 0; n < 500; n += 1) a.send('b', n)
  a.disconnect('b')
  await next(b, 'disconnect')
  t.deepEqual([lines, heard.length], [[], 500])
  a.connect(b.info() ?? '')
  await a.ready()
  for (let n = 0; n < 500; n += 1) a.send('b', n)
  await a.close()
  t.deepEqual([lines, heard.length], [[], 1_000])
})

test('each packet is heard once or told as lost, whenever the link ends and by whom', async (t) => {
  const [a, b] = [nodeOf(t, 'a', { listen: loopback }), nodeOf(t, 'b', { listen: loopback })]
  await listening(a, b)
  const heard = new Map<unknown, number>()
  const lost = new Set<unknown>()
  for (const node of [a, b]) {
    node.on('message', (_, packet) => heard.set(packet, (heard.get(packet) ?? 0) + 1))
    node.on('lost', (_, packet) => lost.add(packet))
  }
  let sent = 0
  const send = (from: GossipNode, to: string, count: number): void => { for (let i = 0; i < count; i += 1) if (from.send(to, sent)) sent += 1 }
  for (let round = 0; round < 60; round += 1) {
    a.connect(b.info() ?? '')
    await until('a link', () => peer(a, 'b')?.connected === true && peer(b, 'a')?.connected === true)
    send(a, 'b', 20)
    send(b, 'a', 20)
    for (let turns = round % 4; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve))
    // By one, by both at once, or by the other first; a is the one that keeps, and would dial again.
    if (round % 3 < 2) a.disconnect('b')
    send(b, 'a', 20)
    if (round % 3 > 0) b.disconnect('a')
    for (const whom of ['b', b.info() ?? '']) a.disconnect(whom)
    await until('no link', () => a.store.statistics().peers + b.store.statistics().peers === 0)
    await until('none is missing', () => Array.from({ length: sent }, (_, n) => n).every((n) => heard.has(n) || lost.has(n)))
  }
  t.ok(sent > 2_000, `${sent} packets`)
  t.equal(Math.max(...heard.values()), 1, 'none was heard twice')
  t.ok(heard.size > sent / 3, `${heard.size} were heard, ${lost.size} told as lost`)
})

test('a half-open link gives way to a new one, without a timeout', async (t) => {
  const network = frozen()
  const probing = { limits: { probeMs: 100, closeMs: 100 } }
  const a = memberOf(t, network, 'a', probing)
  const b = memberOf(t, network, 'b', probing)
  await listening(a, b)
  b.connect('memory://a')
  await b.ready()
  a.store.counter('x').increment()
  const lines = told(a, 'connect', 'disconnect', 'reconnect')
  network.freeze()
  // The dialler starts anew, and the other end has not noticed yet.
  const anew = memberOf(t, network, 'b', { ...probing, listen: [], connect: 'memory://a' })
  await anew.ready()
  await until('the old link is gone', () => a.store.peers().length === 1 && a.store.peers()[0]?.connected === true)
  t.deepEqual(lines, [], 'the host was there all the time')
  await until('and all is replicated', () => anew.store.counter('x').value === 1)
})

test('addresses of a host have their turns; IPv6 is one of them', { skip: hasIPv6 ? false : 'this machine has no IPv6' }, async (t) => {
  const left = nodeOf(t, 'left', { listen: 'tcp://[::1]:0' })
  await listening(left)
  t.match(left.info() ?? '', /^tcp:\/\/\[::1\]:\d+$/)
  const closed = nodeOf(t, 'closed', { listen: loopback })
  await listening(closed)
  const nobody = closed.info() ?? ''
  await closed.close()
  const right = nodeOf(t, 'right', { connect: [[nobody, left.info() ?? '']] })
  const failures = told(right, 'backoff')
  await right.ready()
  t.equal(failures.length, 1)
  t.equal(peer(right, 'left')?.uri, left.info())
})

test('one\'s own address is no peer', async (t) => {
  const node = nodeOf(t, 'a', { listen: loopback })
  await listening(node)
  node.connect(node.info() ?? '')
  t.notOk(node.store.coherent)
  await node.ready()
  t.deepEqual([node.peers(), node.store.doubts()], [[], []])
})

test('another host of our own name is told with every attempt, and never linked', async (t) => {
  const [one, two] = [nodeOf(t, 'a', { listen: loopback }), nodeOf(t, 'a')]
  await listening(one)
  two.connect(one.info() ?? '')
  const [, { error }] = await next(two, 'backoff')
  t.ok(['ERR_SELF', 'ERR_BYE'].includes(codeOf(error)), codeOf(error))
  t.equal(two.peers().length, 0)
})

test('a peer that lies about links, choices and confirmations harms nobody but itself', async (t) => {
  const hub = nodeOf(t, 'hub', { listen: loopback })
  await listening(hub)
  const heard = told(hub, 'message', 'error')
  const liar = net.connect(Number(hub.info()?.split(':')[2]), '127.0.0.1')
  t.teardown(() => liar.destroy())
  liar.on('error', () => {})
  const say = (...frames: unknown[]): void => { liar.write(frames.map((frame) => `${JSON.stringify(frame)}\n\n`).join('')) }
  const most = Number.MAX_SAFE_INTEGER
  say({ v: 1, h: 'a liar', i: '1', x: 'nothing', f: ['node'] }, { l: most, keep: true, uris: ['file:///etc', 'tcp://127.0.0.1:1', 'tcp://'] })
  await next(hub, 'connect')
  say({ l: 0, keep: true }, { l: most, keep: true, uris: ['file:///etc', 'tcp://127.0.0.1:1'] }, { t: [most, most, 0] }, { m: { __proto__: null, constructor: 1 } }, [{ m: 1 }, { m: [] }])
  await until('packets are heard', () => heard.length === 3)
  t.equal(hub.send('a liar', 'x'.repeat(1_000)), true)
  t.deepEqual(peer(hub, 'a liar')?.uri, 'tcp://127.0.0.1:1', 'addresses without a transport are left out')
  const honest = nodeOf(t, 'honest', { connect: hub.info() ?? '' })
  await honest.ready()
  const lost = next(hub, 'disconnect')
  say({ l: 0, uris: 'tcp://x' })
  t.equal(codeOf((await lost)[1]), 'ERR_FRAME')
  t.deepEqual([hub.peers().map(({ host }) => host), honest.store.coherent], [['honest'], true])
})

test('what bounds allow no more is refused, and both ends are told', async (t) => {
  for (const bound of ['inboundMax', 'inboundAddressMax', 'peersMax'] as const) {
    const hub = nodeOf(t, 'hub', { listen: loopback, limits: { [bound]: 1 } })
    await listening(hub)
    const first = nodeOf(t, 'first', { connect: hub.info() ?? '' })
    await first.ready()
    const refused = next(hub, 'refused')
    const second = nodeOf(t, 'second', { connect: hub.info() ?? '' })
    const [, { error }] = await next(second, 'backoff')
    t.deepEqual([await refused, codeOf(error)], [[bound, '127.0.0.1'], 'ERR_BYE'])
    t.match((error as Error).message, /full/)
    await Promise.all([hub, first, second].map((node) => node.close()))
  }
  const hub = nodeOf(t, 'hub', { listen: loopback, limits: { pendingMax: 1 } })
  await listening(hub)
  const silent = net.connect(Number(hub.info()?.split(':')[2]), '127.0.0.1')
  const other = net.connect(Number(hub.info()?.split(':')[2]), '127.0.0.1')
  t.teardown(() => { for (const socket of [silent, other]) socket.destroy() })
  t.deepEqual(await next(hub, 'refused'), ['pendingMax', '127.0.0.1'])
})

test('no more is kept than outboundMax', (t) => {
  const node = nodeOf(t, 'a', { limits: { outboundMax: 1 }, connect: 'tcp://127.0.0.1:1' })
  for (const more of [() => node.connect('tcp://127.0.0.1:2'), () => node.keep('b')]) t.throws(more, /ERR_PEERS/)
  node.connect('tcp://127.0.0.1:1')
  node.disconnect('tcp://127.0.0.1:1')
  node.keep('b')
  t.deepEqual(node.store.doubts().map(({ host }) => host), ['b'])
  t.end()
})

test('what is no option, no address and no host is refused', (t) => {
  const node = nodeOf(t, 'a')
  const wrong: (() => unknown)[] = [
    () => nodeOf(t, 'a', { port: 4_000 } as never), () => nodeOf(t, 'a', { listen: 'udp://x' }), () => nodeOf(t, 'a', { connect: ['tcp://'] }),
    () => nodeOf(t, 'a', { transports: { tcp: {} } as never }), () => nodeOf(t, 'a', { transports: 1 as never }), () => nodeOf(t, ''),
    () => node.connect('localhost:4000'), () => node.connect([]), () => node.connect(4_000 as never), () => node.connect('tcp://x:70000'),
    () => node.connect('tcp://[x]:1'), () => node.keep('a'), () => node.keep('a~b'), () => node.connect('memory://b')
  ]
  for (const call of wrong) t.throws(call, /ERR_OPTION/, String(call))
  t.end()
})

test('who is expected by name stays so, whether it is kept or not', async (t) => {
  const network = memory()
  const [a, b] = [memberOf(t, network, 'a', { expect: ['b'] }), memberOf(t, network, 'b')]
  await listening(a, b)
  a.connect('memory://b')
  await a.ready()
  a.disconnect('b')
  t.deepEqual(a.store.doubts().map(({ host, why }) => [host, why]), [['b', 'disconnected']])
})

test('a dial to nowhere is given up after dialMs, and says so', async (t) => {
  const nowhere = { listen: () => Promise.reject(new Error('no')), connect: (_: string, signal: AbortSignal) => new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  }) }
  const node = nodeOf(t, 'a', { transports: { nowhere }, connect: 'nowhere://x', limits: { dialMs: 50 } })
  const [whom, { error, failures }] = await next(node, 'backoff')
  t.deepEqual([whom, codeOf(error), failures], ['nowhere://x', 'ERR_TIMEOUT', 1])
})

test('where nobody can listen, ready rejects, or the error is told', async (t) => {
  const one = nodeOf(t, 'a', { listen: loopback })
  await listening(one)
  const two = nodeOf(t, 'b', { listen: one.info() ?? '' })
  t.equal(codeOf(await two.ready().catch((error: unknown) => error)), 'ERR_OPTION')
  const three = nodeOf(t, 'c', { listen: one.info() ?? '' })
  const [error] = await next(three, 'error')
  t.equal(codeOf(error), 'ERR_OPTION')
})

test('a listener that throws is told as an error, and harms no link', async (t) => {
  const network = memory()
  const [a, b] = [memberOf(t, network, 'a'), memberOf(t, network, 'b')]
  await listening(a, b)
  a.on('connect', () => { throw new Error('mine') })
  const failed = next(a, 'error')
  a.connect('memory://b')
  t.deepEqual((await failed).map(String), ['Error: mine'])
  await a.ready()
  t.equal(peer(a, 'b')?.connected, true)
})

test('who leaves is expected and dialled no more', async (t) => {
  const [a, b] = [nodeOf(t, 'a', { listen: loopback }), nodeOf(t, 'b', { listen: loopback })]
  await listening(a, b)
  a.connect(b.info() ?? '')
  await a.ready()
  const gone = next(a, 'disconnect')
  await b.close({ leave: true })
  t.deepEqual(await gone, ['b', null])
  t.deepEqual([a.peers(), a.store.coherent], [[], true])
})

test('close is total: later calls do nothing, and all who wait are told', async (t) => {
  const node = nodeOf(t, 'a', { listen: loopback, connect: 'tcp://127.0.0.1:1' })
  const waiting = node.ready().catch(codeOf)
  const called = new Promise<void>((resolve) => void node.close(resolve))
  t.equal(node.close(), node.close({ leave: true }), 'one promise for all calls')
  await called
  t.equal(await waiting, 'ERR_CLOSED')
  t.equal(await node.ready().catch(codeOf), 'ERR_CLOSED')
  t.equal(node.info(), null)
  for (const call of [() => node.connect('tcp://127.0.0.1:1'), () => node.keep('b')]) t.throws(call, /ERR_CLOSED/)
  t.equal(node.send('b', 1), false)
  node.disconnect('b')
})

test('close waits no longer than closeMs for peers that are dead', async (t) => {
  const closeMs = 200
  const node = nodeOf(t, 'a', { listen: loopback, limits: { closeMs } })
  await listening(node)
  const port = Number(node.info()?.split(':')[2])
  const dead = Array.from({ length: 5 }, () => net.connect(port, '127.0.0.1'))
  await until('all are there', () => node.store.statistics().sent >= 5)
  for (const socket of dead) socket.pause()
  let late = false
  const timer = setTimeout(() => { late = true }, 20 * closeMs)
  await node.close()
  clearTimeout(timer)
  t.notOk(late)
  for (const socket of dead) socket.destroy()
})

test('sockets of other kinds carry links as well: a transport is two methods', async (t) => {
  const sockets = {
    listen: async (uri: string, accept: (connection: ReturnType<typeof duplexOf>, from: string | null) => void) => {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => accept(duplexOf(socket), null))
      await new Promise<void>((resolve) => server.listen(uri.slice('unix://'.length), resolve))
      return { uri, close: () => { server.close() } }
    },
    connect: (uri: string) => Promise.resolve(duplexOf(net.connect(uri.slice('unix://'.length))))
  }
  const path = process.platform === 'win32' ? '\\\\.\\pipe\\pull-gossip' : `/tmp/pull-gossip-${process.pid}.sock`
  const a = nodeOf(t, 'a', { transports: { unix: sockets }, listen: `unix://${path}` })
  await listening(a)
  const b = nodeOf(t, 'b', { transports: { unix: sockets }, connect: `unix://${path}` })
  await b.ready()
  t.ok(b.store.coherent)
  try {
    b.connect('quic://x')
    t.fail('there is no such transport')
  } catch (error) {
    t.ok(isGossipError(error))
  }
})
