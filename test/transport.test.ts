/**
 * Transports: addresses, dials that are given up, names looked up anew, and connections in memory that keep the manners of pull-streams.
 */
import type { LookupAddress } from 'node:dns'
import test from 'tape'
import pull from 'pull-stream'
import { memory, tcp, type Connection, type Lookup } from '../lib/node/index.js'
import type { Abort } from '../lib/pull.js'
import { duplexFaults, type DuplexSubject } from '../lib/sim/index.js'
import { joined } from '../lib/transport/pipe.js'
import { readTcp, writeTcp } from '../lib/transport/uri.js'
import { loopback, next, nodeOf } from './nodes.js'
import { codeOf } from './stores.js'

test('an address of TCP is read and written; without a port it is 4000', (t) => {
  t.deepEqual(readTcp('tcp://10.0.0.7:4001'), { host: '10.0.0.7', port: 4_001 })
  t.deepEqual(readTcp('tcp://10.0.0.7'), { host: '10.0.0.7', port: 4_000 })
  t.deepEqual(readTcp('tcp://a.example/'), { host: 'a.example', port: 4_000 })
  t.deepEqual(readTcp('tcp://[::1]'), { host: '::1', port: 4_000 })
  t.deepEqual(readTcp('tcp://[fe80::1%eth0]:5'), { host: 'fe80::1%eth0', port: 5 })
  for (const uri of ['tcp://10.0.0.7:4000', 'tcp://[::1]:1', 'tcp://a:65535']) {
    const { host, port } = readTcp(uri)
    t.equal(writeTcp(host, port), uri)
  }
  for (const uri of ['tcp://', 'tcp://:1', 'tcp://a:65536', 'tcp://::1', 'tcp://[a]:1', 'tcp://a:1/b', 'http://a', 'a:1', ' tcp://a']) {
    t.throws(() => readTcp(uri), /ERR_OPTION/, uri)
  }
  t.end()
})

test('a host that listens on all its addresses is reached by the one that it came from', (t) => {
  const { reach } = tcp()
  const from = (remoteAddress: string): Connection => ({ source: () => {}, sink: () => {}, destroy: () => {}, remoteAddress })
  t.equal(reach?.('tcp://0.0.0.0:5', from('10.0.0.7')), 'tcp://10.0.0.7:5')
  t.equal(reach?.('tcp://[::]:5', from('fe80::1')), 'tcp://[fe80::1]:5')
  t.equal(reach?.('tcp://a.example:5', from('10.0.0.7')), 'tcp://a.example:5')
  t.throws(() => reach?.('tcp://', from('10.0.0.7')), /ERR_OPTION/)
  t.end()
})

test('a name is looked up anew at every dial', async (t) => {
  const server = nodeOf(t, 'server', { listen: loopback })
  const [uri] = await next(server, 'listening')
  const asked: string[] = []
  const lookup: Lookup = (name, { all }, cb) => {
    asked.push(name)
    // At first the name leads nowhere: nobody listens on that address of the loopback.
    const found: LookupAddress = { address: asked.length < 3 ? '127.0.0.99' : '127.0.0.1', family: 4 }
    if (all === true) cb(null, [found])
    else cb(null, found.address, found.family)
  }
  const client = nodeOf(t, 'client', {
    transports: { tcp: tcp({ lookup }) }, connect: uri.replace('127.0.0.1', 'server.test'), limits: { backoffMsMin: 1 }
  })
  await client.ready()
  t.deepEqual(asked, ['server.test', 'server.test', 'server.test'])
})

test('a dial is given up by its signal, before it begins or while it is under way, and leaves no socket', async (t) => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => /TCP/.test(kind)).length
  const before = sockets()
  const dead = new AbortController()
  dead.abort()
  t.equal(codeOf(await tcp().connect('tcp://127.0.0.1:1', dead.signal).catch((error: unknown) => error)), 'ERR_RESET')
  const live = new AbortController()
  // A name that nobody answers for.
  const dial = tcp({ lookup: () => {} }).connect('tcp://nowhere.test:1', live.signal)
  live.abort(new Error('enough'))
  const error: unknown = await dial.catch((error: unknown) => error)
  t.deepEqual([codeOf(error), String((error as Error).cause)], ['ERR_RESET', 'Error: enough'])
  t.equal(sockets(), before)
})

test('nobody at an address is an error that says why', async (t) => {
  const { signal } = new AbortController()
  const server = nodeOf(t, 'server', { listen: loopback })
  const [uri] = await next(server, 'listening')
  await server.close()
  for (const dial of [() => tcp().connect(uri, signal), () => memory().connect('memory://a', signal)]) {
    t.equal(codeOf(await dial().catch((error: unknown) => error)), 'ERR_RESET')
  }
})

test('in memory an address is listened at once, and is free again when it is closed', async (t) => {
  const network = memory()
  const listener = await network.listen('memory://a', () => {})
  t.equal(listener.uri, 'memory://a')
  t.equal(codeOf(await network.listen('memory://a', () => {}).catch((error: unknown) => error)), 'ERR_OPTION')
  listener.close()
  ;(await network.listen('memory://a', () => {})).close()
})

test('a connection in memory carries bytes both ways, ends each way by itself, and tells why it was destroyed', (t) => {
  const [left, right] = joined()
  const heard: string[] = []
  const ends: Abort[] = []
  const hear = (connection: Connection): void => {
    pull(connection.source, pull.drain((bytes: Uint8Array) => { heard.push(new TextDecoder().decode(bytes)) }, (end) => { ends.push(end) }))
  }
  hear(left)
  pull(pull.values(['a', 'é']), right.sink)
  t.deepEqual([heard, ends], [['a', 'é'], [null]])
  let aborted: Abort = null
  left.sink((abort, cb) => {
    aborted = abort
    if (abort) cb(abort)
  })
  hear(right)
  right.destroy(new Error('enough'))
  t.deepEqual([codeOf(aborted), codeOf(ends[1]), ends.length], ['ERR_RESET', 'ERR_RESET', 2])
  t.equal(codeOf(ends[1]), 'ERR_RESET')
  t.end()
})

test('a second reader or source of a connection in memory is refused, and harms nothing', (t) => {
  const [left, right] = joined()
  const answers: string[] = []
  left.source(null, (end) => answers.push(`first ${codeOf(end)}`))
  left.source(null, (end) => answers.push(`second ${codeOf(end)}`))
  t.deepEqual(answers, ['second ERR_BUSY'])
  right.sink((abort, cb) => { if (abort) cb(abort) })
  right.sink((abort, cb) => {
    answers.push(`third ${codeOf(abort)}`)
    cb(abort)
  })
  t.equal(answers[1], 'third ERR_BUSY')
  left.source(true, (end) => answers.push(`abort ${String(end)}`))
  t.deepEqual(answers.slice(2), ['first true', 'abort true'])
  t.end()
})

test('a connection in memory keeps the rules of pull-streams', async (t) => {
  const bytes = new Uint8Array(1)
  const make = (): DuplexSubject => {
    const [left, right] = joined()
    // The other end says nothing, and takes all that it is told.
    right.sink((abort, cb) => { if (abort) cb(abort) })
    pull(right.source, pull.drain(() => {}, () => {}))
    return { duplex: left, settle: () => new Promise((resolve) => { setImmediate(resolve) }) }
  }
  t.deepEqual(await duplexFaults(make, { halfOpen: true, item: () => bytes, items: 100_000 }), [])
})
