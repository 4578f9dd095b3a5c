/**
 * `pull-gossip host`: a node until it is stopped, with its doors: a Unix socket that may write, HTTP with the page.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Durable } from '../gossip/journal.js'
import { journalIn } from '../journal/index.js'
import { keyBytesMin } from '../limits.js'
import { createNode, type GossipNode } from '../node/node.js'
import { exits, Failure, messageOf } from './failure.js'
import { limitsOf } from './flags.js'
import { isAsset } from './server/assets.js'
import { routesOf } from './server/routes.js'
import { Door } from './server/server.js'
import { Watch } from './server/watch.js'
import { httpAddress } from './address.js'
import { listenAt, socketPath } from './socket.js'
import { Terminal } from './terminal.js'
import { moment, plain } from './text.js'

/** What `host` is told. */
export type HostFlags = {
  host: string
  listen?: string[]
  connect?: string[]
  expect?: string[]
  net?: string
  keyFile?: string
  http?: string
  httpWrite?: boolean
  httpToken?: string
  httpName?: string[]
  socket: string | boolean
  journal?: string
  durable?: Durable
  expireDefault?: number
  pingMs?: number
  limit?: string[]
  json?: boolean
  quiet?: boolean
}

/** Runs a host until a signal. */
export async function runHost(flags: HostFlags): Promise<void> {
  const terminal = new Terminal(flags.json === true)
  const doors = doorsOf(flags)
  const node = nodeOf(flags)
  const stopped = stopOf()
  const failed = new Promise<never>((_, reject) => node.on('error', (error) => reject(new Failure(messageOf(error)))))
  failed.catch(() => {})
  tellAll(node, terminal, flags.quiet === true)
  const host = new Host(node)
  try {
    await Promise.race([host.open(doors, terminal), failed])
    await Promise.race([stopped, failed])
  } finally {
    // A second signal does not wait for slow peers.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
    await host.close()
  }
}

function nodeOf({ host, listen = [], connect = [], expect = [], net, keyFile, pingMs, expireDefault, limit, journal: folder, durable }: HostFlags): GossipNode {
  if (folder === undefined && durable !== undefined) throw new Failure('--durable means nothing without --journal.', exits.usage)
  const [key, limits] = [keyIn(keyFile), limitsOf(limit)]
  const journal = folder === undefined ? undefined : journalIn(folder, { durable, limits })
  try {
    return createNode({ host, listen, connect: connect.map((one) => one.split('|')), expect, net, key, pingMs, expireDefault, limits, journal })
  } catch (error) {
    journal?.close(() => {})
    throw error
  }
}

/** What is to be opened beside the node. */
export type Doors = { socket: string | null; http: { address: string; port: number; write: boolean; token?: string | undefined; names: readonly string[] } | null }

/** A node with its doors. */
export class Host {
  readonly watch: Watch
  /** Where its page is, once it is open. */
  url: string | null = null
  private readonly open_: Door[] = []

  constructor(readonly node: GossipNode) {
    this.watch = new Watch(node)
  }

  async open({ socket, http }: Doors, terminal: Terminal | null): Promise<void> {
    const routes = routesOf(this.watch)
    const said = (event: string, at: string, text: string): void => terminal?.answer({ event, at }, () => text)
    if (socket !== null) {
      const door = new Door({ routes, writer: true, guard: null })
      await listenAt(door.server, socket)
      this.open_.push(door)
      said('socket', socket, `its socket is ${socket}`)
    }
    if (http === null) return
    const door = new Door({ routes, writer: http.write, guard: { names: http.names, token: http.token }, open: isAsset })
    const port = await door.listen(http.address, http.port).catch((error: unknown) => {
      throw new Failure(`cannot serve HTTP at ${http.address}:${http.port}: ${messageOf(error)}.`)
    })
    this.open_.push(door)
    this.url = `http://${isIP(http.address) === 6 ? `[${http.address}]` : http.address}:${port}`
    said('http', this.url, `its page is ${this.url}`)
  }

  async close(): Promise<void> {
    await Promise.all([...this.open_.map((door) => door.close()), this.node.close()])
  }
}

function doorsOf({ socket, host, http, httpWrite = false, httpToken, httpName = [] }: HostFlags): Doors {
  const path = socket === false ? null : typeof socket === 'string' ? socket : socketPath(host)
  if (http === undefined) {
    if (httpWrite || httpToken !== undefined) throw new Failure('--http-write and --http-token mean nothing without --http.', exits.usage)
    return { socket: path, http: null }
  }
  if (httpToken === '') throw new Failure('--http-token is empty: anybody would bear it.', exits.usage)
  const { address, port } = httpAddress(http)
  if (httpWrite && httpToken === undefined && !isLoopback(address)) {
    throw new Failure(`whoever reaches ${address} could write; say --http-token, or serve HTTP on the loopback.`, exits.usage)
  }
  return { socket: path, http: { address, port, write: httpWrite, token: httpToken, names: httpName } }
}

/** The key in a file, or two: what a process is told on its command line others can see. */
function keyIn(path: string | undefined): string | readonly [string, string] | undefined {
  if (path === undefined) return undefined
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`cannot read the key: ${messageOf(error)}.`, exits.usage)
  }
  const [first, second, ...more] = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const short = [first, second].some((line) => line !== undefined && Buffer.byteLength(line) < keyBytesMin)
  if (first === undefined || more.length > 0 || short) throw new Failure(`${path} must have one line or two, each a key of ${keyBytesMin} bytes or more.`, exits.usage)
  return second === undefined ? first : [first, second]
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** Resolves when the process is to end. */
function stopOf(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

/** Says what happens. */
function tellAll(node: GossipNode, terminal: Terminal, quiet: boolean): void {
  const say = (event: string, more: object, text: string): void => {
    terminal.answer({ at: Date.now(), event, ...more }, () => `${terminal.paint('gray', moment(Date.now()))}  ${plain(text)}`)
  }
  node.on('listening', (uri) => say('listening', { uri }, `${node.host} listens at ${uri}`))
  node.store.on('unwritable', ({ message }) => say('unwritable', { why: message }, `nothing more is taken in: ${message}`))
  node.store.on('writable', () => say('writable', {}, 'the journal can be written again'))
  node.store.on('life', ({ author, before }) => say('life', { author, before }, `goes on as ${author}: peers know more of ${before} than the journal`))
  if (quiet) return
  node.on('connect', (host, uri) => say('connect', { host, uri }, `connected to ${host}`))
  node.on('reconnect', (host, uri) => say('reconnect', { host, uri }, `connected to ${host} again`))
  node.on('disconnect', (host, error) => say('disconnect', { host, why: error?.message ?? null }, `lost ${host}${error === null ? '' : `: ${error.message}`}`))
  node.on('backoff', (whom, { waitMs, failures, error }) => {
    if (failures < 3 || failures % 10 === 0) say('backoff', { whom, waitMs, failures, why: error?.message ?? null }, `${whom} does not answer; next try in ${Math.round(waitMs)} ms`)
  })
  node.on('refused', (bound, address) => say('refused', { bound, address }, `refused ${address ?? 'somebody'}: ${bound}`))
  node.store.on('coherent', () => say('coherent', {}, 'coherent: everyone expected was heard from'))
  node.store.on('incoherent', (doubts) => say('incoherent', { doubts }, `not coherent: ${doubts.map(({ host, why }) => `${host} ${why}`).join(', ')}`))
  node.store.on('impostor', ({ author, peer }) => say('impostor', { author, peer: peer.host }, `${peer.host} tells changes in our name (${author}) that we never made`))
}
