/**
 * Connections over the loopback for tests: a raw peer at one end, one of our sockets at the other.
 *
 * Nothing here sleeps: what is waited for is an event, and a deadline ends the wait.
 */
import net from 'node:net'
import { once } from 'node:events'
import type test from 'tape'
import { isGossipError } from '../lib/errors.js'
import type { Abort, Source, SourceCallback } from '../lib/pull.js'
import { duplexOf, type Connection } from '../lib/transport/socket.js'

/** What one read came to. */
export type Read = { end: Abort; text: string }

/** A raw peer and the socket that leads to it. Whatever a test leaves open is dropped at its end. */
export async function pair(t: test.Test): Promise<{ peer: net.Socket; socket: net.Socket }> {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = net.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  const [[socket]] = await Promise.all([once(server, 'connection') as Promise<[net.Socket]>, once(peer, 'connect')])
  server.close()
  peer.on('error', () => {})
  t.teardown(() => { peer.destroy(); socket.destroy() })
  return { peer, socket }
}

/** The same, with the socket as our duplex. */
export async function connected(t: test.Test): Promise<{ peer: net.Socket; socket: net.Socket; ours: Connection }> {
  const both = await pair(t)
  return { ...both, ours: duplexOf(both.socket) }
}

/** A port where nobody listens. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** What a promise comes to, unless it takes too long. */
export function soon<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, resolve } = deferred<Error>()
  const timer = setTimeout(() => resolve(new Error('the deadline passed')), 5_000)
  return Promise.race([promise, late.then((e): never => { throw e })]).finally(() => clearTimeout(timer))
}

/** A promise and what resolves it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  return { promise: new Promise<T>((r) => { resolve = r }), resolve }
}

/** One read, or an abort. */
export function ask(source: Source<Uint8Array>, abort: Abort = null): Promise<Read> {
  return soon(new Promise((resolve) => source(abort, (end, data) => resolve({ end, text: Buffer.from(data ?? []).toString() }))))
}

/** Reads to the end, and says with what. */
export async function readAll(source: Source<Uint8Array>): Promise<{ end: Abort; bytes: number; text: string }> {
  let text = ''
  for (;;) {
    const read = await ask(source)
    text += read.text
    if (read.end) return { end: read.end, bytes: text.length, text }
  }
}

/** The close of a socket, whatever came before it. */
export function closed(socket: net.Socket): Promise<unknown> {
  return socket.closed ? Promise.resolve() : soon(new Promise((resolve) => socket.once('close', resolve)))
}

/** The code of one of our errors, and anything else as text. */
export function codeOf(end: unknown): string {
  return isGossipError(end) ? end.code : String(end)
}

/** A source whose answers the test gives. */
export class Manual {
  open: SourceCallback<Uint8Array | string> = () => {}
  readonly aborted = deferred<Abort>()
  readonly source: Source<Uint8Array | string> = (abort, cb) => {
    if (!abort) this.open = cb
    else this.aborted.resolve(abort)
  }
}
