/**
 * A socket as a duplex, against raw peers on the loopback: each way it can end, and end half, and break; what a slow peer costs;
 * who is told. Beside it the faults of the published stream-to-pull-stream, pinned so that we learn of it when they are mended.
 */
import net from 'node:net'
import { once } from 'node:events'
import test from 'tape'
import pull from 'pull-stream'
import toPull from 'stream-to-pull-stream'
import checker from 'pull-stream-protocol-checker'
import type { Abort, Source } from '../lib/pull.js'
import { duplexOf } from '../lib/transport/socket.js'
import { ask, closed, codeOf, connected, deferred, freePort, Manual, pair, readAll, soon } from './loopback.js'

test('bytes go both ways, and both ends close', async (t) => {
  const { peer, socket, ours } = await connected(t)
  pull(pull.values<Uint8Array | string>(['to ', Buffer.from('the '), new Uint8Array(0), '', new TextEncoder().encode('peer')]), ours.sink)
  peer.end('from the peer')
  t.deepEqual(await readAll(ours.source), { end: true, bytes: 13, text: 'from the peer' })
  t.equal(Buffer.concat(await soon(peer.toArray()) as Buffer[]).toString(), 'to the peer')
  await closed(socket)
})

test('who is at the other end is known, also after the close', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const port = peer.localPort
  socket.destroy()
  await closed(socket)
  t.deepEqual([ours.remoteAddress, ours.remotePort, ours.remoteFamily], ['127.0.0.1', port, 'IPv4'])
})

test('after their end we still write', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const upstream = new Manual()
  ours.sink(upstream.source)
  peer.end()
  t.equal((await ask(ours.source)).end, true)
  const heard = peer.toArray()
  upstream.open(null, 'still ')
  upstream.open(null, 'here')
  t.notOk(socket.destroyed)
  upstream.open(true)
  t.equal(Buffer.concat(await soon(heard) as Buffer[]).toString(), 'still here')
  await closed(socket)
})

test('after our end we still read', async (t) => {
  const { peer, socket, ours } = await connected(t)
  pull(pull.empty(), ours.sink)
  peer.resume()
  await soon(once(peer, 'end'))
  peer.write('still ')
  t.equal((await ask(ours.source)).text, 'still ')
  peer.end('here')
  t.deepEqual(await readAll(ours.source), { end: true, bytes: 4, text: 'here' })
  await closed(socket)
})

test('a reset is ERR_RESET with its cause, whether a read is open or not, and upstream is aborted with it', async (t) => {
  for (const reading of [true, false]) {
    const { peer, socket, ours } = await connected(t)
    const upstream = new Manual()
    ours.sink(upstream.source)
    const open = reading ? ask(ours.source) : null
    peer.resetAndDestroy()
    await closed(socket)
    const { end } = await (open ?? ask(ours.source))
    t.equal(codeOf(end), 'ERR_RESET')
    t.equal(((end as Error).cause as NodeJS.ErrnoException).code, 'ECONNRESET')
    t.equal(await soon(upstream.aborted.promise), end, 'while upstream owed an answer')
    upstream.open(null, 'late')
    t.equal((await ask(ours.source)).end, end, 'and it stays the end')
  }
})

test('an upstream that has ended is not aborted by a later reset', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const asked: Abort[] = []
  ours.sink((abort, cb) => {
    asked.push(abort)
    cb(true)
  })
  peer.resume()
  await soon(once(peer, 'end'))
  peer.resetAndDestroy()
  await closed(socket)
  t.equal(codeOf((await ask(ours.source)).end), 'ERR_RESET')
  t.deepEqual(asked, [null])
})

test('PINNED: stream-to-pull-stream tells a reset between reads as a clean end', async (t) => {
  const { peer, socket } = await pair(t)
  const theirs = toPull.duplex(socket)
  peer.resetAndDestroy()
  await closed(socket)
  t.equal((await ask(theirs.source)).end, true, 'red the day it is mended')
})

test('what arrived before a reset is given first', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const arrived = soon(once(socket, 'readable'))
  peer.write('bye')
  await arrived
  peer.resetAndDestroy()
  await closed(socket)
  t.deepEqual(await ask(ours.source), { end: null, text: 'bye' })
  t.equal(codeOf((await ask(ours.source)).end), 'ERR_RESET')
})

test('a socket destroyed under us is ERR_RESET, and a later upstream is aborted at once', async (t) => {
  const { socket, ours } = await connected(t)
  const why = new Error('enough')
  ours.destroy(why)
  await closed(socket)
  const { end } = await ask(ours.source)
  t.deepEqual([codeOf(end), (end as Error).cause], ['ERR_RESET', why])
  const upstream = new Manual()
  ours.sink(upstream.source)
  t.equal(await soon(upstream.aborted.promise), end)
})

test('an error from upstream drops the connection', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const why = new Error('broken')
  peer.resume()
  pull(pull.error(why), ours.sink)
  await Promise.all([closed(socket), soon(once(peer, 'end'))])
  t.equal(((await ask(ours.source)).end as Error).cause, why)
})

test('what is neither bytes nor text drops the connection, and upstream is aborted', async (t) => {
  for (const data of [null, undefined, 7, {}] as unknown as string[]) {
    const { socket, ours } = await connected(t)
    const upstream = new Manual()
    ours.sink(upstream.source)
    upstream.open(null, data)
    await closed(socket)
    t.equal(codeOf((await soon(upstream.aborted.promise) as Error).cause), 'ERR_OPTION')
  }
})

test('a peer that does not read stops our pulling, and starts it again when it reads', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const size = 65_536
  const total = 1_000
  let given = 0
  pull(((abort, cb) => (abort || given === total ? cb(abort || true) : cb(null, new Uint8Array(size).fill(++given % 256)))) as Source<Uint8Array>, ours.sink)
  t.ok(socket.writableNeedDrain, 'it waits')
  t.ok(socket.writableLength < 2 * size + socket.writableHighWaterMark, 'and holds no more than what it was given last')
  t.ok(given < total)
  let bytes = 0
  peer.on('data', (data: Buffer) => { bytes += data.length })
  await soon(once(peer, 'end'))
  t.equal(bytes, size * total)
})

test('what we do not read is not taken from a peer without bound', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const flood = Buffer.alloc(64 << 20)
  peer.end(flood)
  await soon(once(socket, 'readable'))
  t.ok(socket.readableLength <= socket.readableHighWaterMark + 65_536)
  let bytes = 0
  for (let read = await new Promise<number>(next); read > 0; read = await new Promise<number>(next)) bytes += read
  t.equal(bytes, flood.length)

  function next(resolve: (bytes: number) => void): void {
    ours.source(null, (_end, data) => resolve(data?.length ?? 0))
  }
})

test('what upstream has at once goes out in one piece', async (t) => {
  const { peer, socket, ours } = await connected(t)
  let writes = 0
  const handle = socket as unknown as { _writev: (...args: unknown[]) => unknown; _write: (...args: unknown[]) => unknown }
  for (const name of ['_write', '_writev'] as const) {
    const method = handle[name]
    handle[name] = function (...args) { writes += 1; return method.apply(this, args) }
  }
  pull(pull.values(Array.from({ length: 100 }, () => 'x')), ours.sink)
  t.equal(Buffer.concat(await soon(peer.toArray()) as Buffer[]).length, 100)
  t.equal(writes, 1)
})

test('an abort while reading answers the read, then the abort, and lets the sink finish', async (t) => {
  for (const reason of [true, new Error('enough')]) {
    const { peer, socket, ours } = await connected(t)
    const upstream = new Manual()
    ours.sink(upstream.source)
    const answers: [string, Abort][] = []
    ours.source(null, (end) => answers.push(['read', end]))
    ours.source(reason, (end) => answers.push(['abort', end]))
    t.deepEqual(answers, [['read', reason], ['abort', reason]])
    const heard = peer.toArray()
    upstream.open(null, 'bye')
    upstream.open(true)
    await closed(socket)
    t.equal(Buffer.concat(await soon(heard) as Buffer[]).toString(), 'bye')
  }
})

test('after an abort, a peer that goes on sending is not stalled, and nothing of it is kept', async (t) => {
  const { peer, socket, ours } = await connected(t)
  ours.sink(new Manual().source)
  peer.write('unread')
  await soon(once(socket, 'readable'))
  ours.source(true, () => {})
  peer.write(Buffer.alloc(32 << 20))
  await soon(once(peer, 'drain'))
  t.notOk(socket.destroyed)
  t.ok(socket.readableLength <= socket.readableHighWaterMark + 65_536)
  t.equal((await ask(ours.source)).end, true)
})

test('once both ways are over, a peer that never closes holds nothing', async (t) => {
  const { socket, ours } = await connected(t)
  pull(pull.values(['bye']), ours.sink)
  await ask(ours.source, true)
  await closed(socket)
  socket.emit('error', new Error('late'))
  t.pass('and a late error is not uncaught')
})

test('once we gave up on it, a peer that never reads holds nothing after closeMs', async (t) => {
  const { peer, socket, ours } = await connected(t)
  peer.pause()
  pull(pull.infinite(() => new Uint8Array(65_536)), ours.sink)
  ours.source(new Error('we have heard enough'), () => {})
  t.notOk(socket.destroyed, 'what is under way is given time')
  await soon(once(socket, 'close'))
  t.ok(socket.destroyed)
})

test('a second read is ERR_BUSY and the first stands; so is a second source', async (t) => {
  const { peer, ours } = await connected(t)
  const first = ask(ours.source)
  t.equal(codeOf((await ask(ours.source)).end), 'ERR_BUSY')
  peer.write('x')
  t.equal((await first).text, 'x')
  const [one, two] = [new Manual(), new Manual()]
  ours.sink(one.source)
  ours.sink(two.source)
  t.equal(codeOf(await soon(two.aborted.promise)), 'ERR_BUSY')
  one.open(null, 'one')
  t.equal(String((await soon(once(peer, 'data')))[0]), 'one')
})

test('a peer that vanishes while we write aborts upstream', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const aborted = deferred<Abort>()
  const chunk = new Uint8Array(65_536)
  ours.sink((abort, cb) => {
    if (abort) aborted.resolve(abort)
    setImmediate(cb, abort, chunk)
  })
  await soon(once(peer, 'readable'))
  peer.destroy()
  t.equal(codeOf(await soon(aborted.promise)), 'ERR_RESET')
  await closed(socket)
})

test('PINNED: stream-to-pull-stream leaves a late error uncaught after a finished sink', async (t) => {
  const { socket } = await pair(t)
  pull(pull.values(['bye']), toPull.sink(socket))
  await soon(once(socket, 'finish'))
  t.equal(socket.listenerCount('error'), 0, 'red the day it is mended')
})

test('what could not be sent at all is told to upstream, which was not even asked', async (t) => {
  const socket = net.connect(await freePort(), '127.0.0.1')
  const upstream = new Manual()
  const asked: boolean[] = []
  duplexOf(socket).sink((abort, cb) => {
    asked.push(!abort)
    upstream.source(abort, cb)
  })
  t.equal(codeOf(await soon(upstream.aborted.promise)), 'ERR_RESET')
  t.deepEqual(asked, [false])
})

test('PINNED: stream-to-pull-stream never says that the last flush failed', async (t) => {
  const socket = net.connect(await freePort(), '127.0.0.1')
  const said: unknown[] = []
  pull(pull.values(['bye']), toPull.sink(socket, (error) => said.push(error)))
  await closed(socket)
  await soon(new Promise(setImmediate))
  t.deepEqual(said, [], 'red the day it is mended')
})

test('both sides keep the protocol of pull-streams', async (t) => {
  const { peer, socket, ours } = await connected(t)
  const [into, out] = [checker(true, true, false), checker(true, true, false)]
  peer.pipe(peer)
  const sent = Array.from({ length: 200 }, (_, i) => `${i} `)
  const all = deferred<string>()
  pull(pull.values<Uint8Array | string>(sent), into, ours.sink)
  pull(ours.source, out, pull.collect((_end, chunks) => all.resolve(Buffer.concat(chunks as Uint8Array[]).toString())))
  t.equal(await soon(all.promise), sent.join(''))
  await closed(socket)
  t.deepEqual([...into.terminate(), ...out.terminate()], [])
})
