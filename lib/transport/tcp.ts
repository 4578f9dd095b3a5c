/**
 * TCP in the two call shapes of pull-net, on node:net.
 *
 * `createServer(onStream).listen(port, host, cb)` and `connect(port, host, cb)` give connections: duplex pull-streams with the
 * address of the other end. Nothing is encrypted. `duplexOf` does the same for any other socket of Node, those of `node:tls` too.
 */
import net, { type AddressInfo } from 'node:net'
import { GossipError, isGossipError } from '../errors.js'
import { broken, duplexOf, type Connection } from './socket.js'
import type { Transport } from './transport.js'
import { readTcp, writeTcp } from './uri.js'

export { duplexOf, type Connection }

/** Is called once: without an error when the server listens or is closed, with one when it will not listen. */
export type ServerCallback = (error: GossipError | null) => void

/** Is called once, with the connection or with why there is none. */
export type ConnectCallback = (error: GossipError | null, stream?: Connection) => void

/** Something that listens. */
export interface Server {
  /** Listens on `port` (0: any that is free) of every address. Without `cb` a failure is thrown, uncaught. */
  listen(port: number, cb?: ServerCallback): Server
  /** Listens on `port` of one address. */
  listen(port: number, host?: string, cb?: ServerCallback): Server
  /** Where it listens, or null while it does not. */
  address(): AddressInfo | null
  /** Stops listening; `cb` is called when all connections are gone too. None is cut. */
  close(cb?: ServerCallback): Server
}

/** Makes a server that hands every connection to `onStream`; one for which that throws a GossipError is dropped. */
export function createServer(onStream: (stream: Connection) => void): Server {
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = duplexOf(socket)
    try {
      onStream(connection)
    } catch (error) {
      // Too many streams, or a store that was closed: no reason for the server to die.
      connection.destroy()
      if (!isGossipError(error)) throw error
    }
  })
  let tell: ServerCallback | undefined
  let opening = false
  const refuse = (cause: unknown, cb: ServerCallback | undefined) => {
    const why = cause instanceof Error ? cause.message : String(cause)
    const error = new GossipError('ERR_OPTION', `cannot listen: ${why}; nothing was changed.`, { cause })
    if (!cb) throw error
    cb(error)
  }
  // While it listens, an error is of one connection that could not be accepted: its dialler is told, the others go on.
  listener.on('error', (error) => {
    if (!opening) return
    opening = false
    refuse(error, tell)
  })
  listener.on('listening', () => {
    opening = false
    tell?.(null)
  })
  const server: Server = {
    listen(port: number, first?: string | ServerCallback, second?: ServerCallback) {
      const [host, cb] = hostAndCallback(first, second)
      try {
        listener.listen({ port, ...host })
        tell = cb
        opening = true
      } catch (error) {
        refuse(error, cb)
      }
      return server
    },
    address() {
      return listener.address() as AddressInfo | null
    },
    close(cb) {
      listener.close(() => cb?.(null))
      // Node tells nobody who still waits for it to listen.
      if (opening) tell?.(new GossipError('ERR_CLOSED', 'the server was closed before it listened.'))
      opening = false
      return server
    }
  }
  return server
}

/** How names in addresses are looked up: as `dns.lookup` does. */
export type Lookup = net.LookupFunction

/**
 * TCP as the transport of a node. Names are looked up anew at every dial, and all their addresses are tried, of IPv6 and IPv4.
 */
export function tcp({ lookup }: { lookup?: Lookup } = {}): Transport {
  return {
    listen: (uri, accept) => new Promise((resolve, reject) => {
      const { host, port } = readTcp(uri)
      const server = createServer((connection) => accept(connection, connection.remoteAddress ?? null))
      server.listen(port, host, (error) => {
        const at = server.address()
        if (error !== null || at === null) return reject(error ?? new GossipError('ERR_CLOSED', 'the server was closed before it listened.'))
        resolve({ uri: writeTcp(at.address, at.port), close: () => { server.close() } })
      })
    }),
    connect: (uri, signal) => new Promise((resolve, reject) => {
      const { host, port } = readTcp(uri)
      if (signal.aborted) return reject(broken(signal.reason))
      const socket = net.connect({ host, port, ...(lookup === undefined ? {} : { lookup }), allowHalfOpen: true, noDelay: true })
      const connection = duplexOf(socket)
      let cause: unknown
      const stop = (): void => { socket.destroy(signal.reason as Error) }
      const closed = (): void => {
        signal.removeEventListener('abort', stop)
        reject(broken(cause))
      }
      signal.addEventListener('abort', stop)
      socket.once('error', (error) => { cause = error })
      socket.once('close', closed)
      socket.once('connect', () => {
        signal.removeEventListener('abort', stop)
        socket.off('close', closed)
        resolve(connection)
      })
    }),
    check: (uri) => { readTcp(uri) },
    // Who listens on all its addresses cannot know by which of them we reach it.
    reach(told, { remoteAddress }) {
      const { host, port } = readTcp(told)
      return remoteAddress !== undefined && (host === '0.0.0.0' || host === '::') ? writeTcp(remoteAddress, port) : told
    }
  }
}

/** Dials, and gives the connection at once: reads and writes wait for it. Without `cb` a failure shows as its end. */
export function connect(port: number, cb?: ConnectCallback): Connection
export function connect(port: number, host?: string, cb?: ConnectCallback): Connection
export function connect(port: number, first?: string | ConnectCallback, second?: ConnectCallback): Connection {
  const [host, cb] = hostAndCallback(first, second)
  const socket = dial(port, host)
  const connection = duplexOf(socket)
  if (cb) {
    let cause: unknown
    const connected = () => {
      socket.off('close', closed)
      cb(null, connection)
    }
    const closed = () => cb(broken(cause))
    socket.once('error', (error) => { cause = error })
    socket.once('connect', connected)
    socket.once('close', closed)
  }
  return connection
}

function dial(port: number, host: { host?: string }): net.Socket {
  try {
    return net.connect({ port, ...host, allowHalfOpen: true, noDelay: true })
  } catch (cause) {
    throw new GossipError('ERR_OPTION', `cannot dial port ${String(port)}; nothing was opened.`, { cause })
  }
}

function hostAndCallback<C>(first: string | C | undefined, second: C | undefined): [{ host?: string }, C | undefined] {
  return typeof first === 'string' ? [{ host: first }, second] : [{}, first ?? second]
}
