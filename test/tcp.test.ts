/**
 * TCP in pull-net's call shapes: listening and dialling, what fails and how it is told, and that nothing keeps the process alive.
 * The published pull-net's faults are pinned, each in a process of its own since it crashes.
 */
import net from 'node:net'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test from 'tape'
import pull from 'pull-stream'
import type { GossipError } from '../lib/errors.js'
import { connect, createServer, type Connection, type Server } from '../lib/transport/tcp.js'
import { ask, codeOf, deferred, freePort, Manual, readAll, soon } from './loopback.js'

const host = '127.0.0.1'
const root = new URL('..', import.meta.url)

/** A server that listens, and its port; closed with the test. */
async function listening(t: test.Test, onStream: (stream: Connection) => void): Promise<{ server: Server; port: number }> {
  const server = createServer(onStream)
  t.teardown(() => { server.close() })
  t.error(await listen(server, 0))
  return { server, port: server.address()?.port ?? 0 }
}

function listen(server: Server, port: number): Promise<GossipError | null> {
  return soon(new Promise((resolve) => { server.listen(port, host, resolve) }))
}

function close(server: Server): Promise<GossipError | null> {
  return soon(new Promise((resolve) => { server.close(resolve) }))
}

function echo(stream: Connection): void {
  pull(stream.source, stream.sink)
}

/** How a program ended, and what it printed as error. */
async function run(args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000 })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  const [code] = await once(child, 'close') as [number | null]
  return { code, stderr }
}

test('what is sent to an echo comes back, then its end', async (t) => {
  const { port } = await listening(t, echo)
  const stream = connect(port, host)
  pull(pull.values(['hello ', 'there']), stream.sink)
  t.deepEqual(await readAll(stream.source), { end: true, bytes: 11, text: 'hello there' })
})

test('reads and writes wait for the connection, and nothing is pulled before', async (t) => {
  const { port } = await listening(t, echo)
  const upstream = new Manual()
  let asked = 0
  const opened = deferred<Connection | undefined>()
  const stream = connect(port, host, (error, stream) => {
    t.error(error)
    opened.resolve(stream)
  })
  stream.sink((abort, cb) => {
    asked += 1
    upstream.source(abort, cb)
  })
  const read = ask(stream.source)
  t.equal(asked, 0)
  t.equal(await soon(opened.promise), stream)
  upstream.open(null, 'x')
  t.equal((await read).text, 'x')
  upstream.open(true)
  t.equal((await ask(stream.source)).end, true)
})

test('a host may be left out on both sides', async (t) => {
  const listened = deferred<GossipError | null>()
  const server = createServer(echo).listen(0, listened.resolve)
  t.teardown(() => { server.close() })
  t.error(await soon(listened.promise))
  const connected = deferred<GossipError | null>()
  const stream = connect(server.address()?.port ?? 0, connected.resolve)
  t.error(await soon(connected.promise))
  pull(pull.empty(), stream.sink)
  t.equal((await ask(stream.source)).end, true)
})

test('each end knows who the other is', async (t) => {
  const accepted = deferred<Connection>()
  const { port } = await listening(t, accepted.resolve)
  const opened = deferred<Connection | undefined>()
  const stream = connect(port, host, (_error, stream) => opened.resolve(stream))
  t.equal(stream.remoteAddress, undefined)
  const other = await soon(accepted.promise)
  await soon(opened.promise)
  t.deepEqual([stream.remoteAddress, stream.remotePort, stream.remoteFamily], [host, port, 'IPv4'])
  t.equal(other.remoteAddress, host)
  t.ok(Number(other.remotePort) > 0)
  stream.destroy()
  t.ok((await ask(other.source)).end)
  other.destroy()
})

test('a dial that is refused is told once, or shows as the end', async (t) => {
  const port = await freePort()
  const errors: (GossipError | null)[] = []
  const told = deferred<void>()
  const stream = connect(port, host, (error) => {
    errors.push(error)
    told.resolve()
  })
  const { end } = await ask(stream.source)
  await soon(told.promise)
  t.deepEqual(errors.map(codeOf), ['ERR_RESET'])
  t.equal((errors[0]?.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  t.equal(((end as Error).cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  t.equal(codeOf((await ask(connect(port, host).source)).end), 'ERR_RESET', 'and without a callback')
})

test('a dial that is given up is told', async (t) => {
  const { port } = await listening(t, echo)
  const told = deferred<GossipError | null>()
  connect(port, host, told.resolve).destroy()
  t.equal(codeOf(await soon(told.promise)), 'ERR_RESET')
})

test('a port that is taken is told to the callback, and the server may listen elsewhere', async (t) => {
  const { port } = await listening(t, echo)
  const server = createServer(echo)
  const error = await listen(server, port)
  t.equal(codeOf(error), 'ERR_OPTION')
  t.equal((error?.cause as NodeJS.ErrnoException).code, 'EADDRINUSE')
  t.equal(server.address(), null)
  t.error(await listen(server, 0))
  t.equal(codeOf(await listen(server, 0)), 'ERR_OPTION', 'but not twice')
  t.ok(server.address())
  t.error(await close(server))
})

test('a server that is closed before it listens does not listen', async (t) => {
  for (const name of [host, 'localhost']) {
    const server = createServer(echo)
    const listened = deferred<GossipError | null>()
    server.listen(0, name, listened.resolve)
    t.error(await close(server))
    t.equal(codeOf(await soon(listened.promise)), 'ERR_CLOSED')
    t.equal(server.address(), null)
    t.error(await listen(server, 0), 'unless it is asked again')
    t.error(await close(server))
  }
})

test('a port that is none is ERR_OPTION', async (t) => {
  t.throws(() => connect(65_536, host), /ERR_OPTION/)
  t.throws(() => createServer(echo).listen(-1), /ERR_OPTION/)
  t.equal(codeOf(await listen(createServer(echo), -1)), 'ERR_OPTION')
})

test('close stops listening, cuts nobody, and says when all are gone', async (t) => {
  const { server, port } = await listening(t, echo)
  const stream = connect(port, host)
  const upstream = new Manual()
  const opened = ask(stream.source)
  await new Promise<void>((resolve) => stream.sink((abort, cb) => { upstream.source(abort, cb); resolve() }))
  upstream.open(null, 'before')
  t.equal((await opened).text, 'before')
  let gone = false
  const closing = close(server).then(() => { gone = true })
  t.equal(server.address(), null)
  t.equal(codeOf((await ask(connect(port, host).source)).end), 'ERR_RESET', 'nobody new')
  upstream.open(null, 'after')
  t.equal((await ask(stream.source)).text, 'after')
  t.notOk(gone)
  upstream.open(true)
  t.equal((await ask(stream.source)).end, true)
  await closing
  t.error(await close(server), 'and to close twice is no error')
})

test('a program that has closed all it opened ends, though its peer never closes', async (t) => {
  const peer = net.createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).resume())
  peer.listen(0, host)
  await once(peer, 'listening')
  const { port } = peer.address() as net.AddressInfo
  const program = `
    import { connect, createServer } from './lib/transport/tcp.ts'
    const server = createServer(() => {}).listen(0, '${host}', () => server.close())
    const stream = connect(${port}, '${host}', () => {
      stream.sink((abort, cb) => cb(true))
      stream.source(true, () => {})
    })
    connect(${await freePort()}, '${host}')`
  t.deepEqual(await run(['--import', 'tsx', '--input-type=module', '-e', program]), { code: 0, stderr: '' })
  peer.close()
})

test('PINNED: pull-net has no main file', async (t) => {
  const { code, stderr } = await run(['-e', "require('pull-net')"])
  t.notEqual(code, 0, 'red the day it is mended')
  t.match(stderr, /MODULE_NOT_FOUND|Cannot find module/)
})

test('PINNED: pull-net/server crashes at the first byte', async (t) => {
  const { code, stderr } = await run(['--no-deprecation', '-e', `
    const net = require('net')
    const server = require('pull-net/server')((stream) => stream.sink(stream.source))
    server.listen(0, '127.0.0.1', () => {})
    net.connect(server.address().port, '127.0.0.1').on('error', () => {}).on('data', () => process.exit(0)).write('x')`])
  t.equal(code, 1, 'red the day it is mended')
  t.match(stderr, /pull-net.handle\.js/)
})
