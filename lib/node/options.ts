/**
 * What a node can be told.
 */
import { Core } from '../core/core.js'
import { checkKeys, coreKeys, type CoreOptions } from '../core/options.js'
import { GossipError, shown } from '../errors.js'
import type { Journal } from '../gossip/journal.js'
import { journalIn } from '../journal/index.js'
import type { NameOptions } from '../store/options.js'
import { tcp } from '../transport/tcp.js'
import type { Transport } from '../transport/transport.js'

/** What `createNode` takes: what `createStore` takes, and where to listen and to dial. */
export type NodeOptions = Omit<CoreOptions, 'journal'> & NameOptions & {
  /** The folder in which its store is remembered, which is opened at once; or a journal. Default: in memory alone. */
  journal?: string | Journal | undefined
  /** Where to listen: `tcp://127.0.0.1:0` is any free port, `tcp://0.0.0.0` port 4000 of every address. Default: nowhere. */
  listen?: string | readonly string[] | undefined
  /** Whom to keep: an address of each host, or several of one host in an array. */
  connect?: string | readonly (string | readonly string[])[] | undefined
  /** By the scheme of addresses, beside `tcp`, or in its place: `{ memory: memory() }`. */
  transports?: Readonly<Record<string, Transport>> | undefined
}

/** The transports of a node, by scheme. */
export class Transports {
  private readonly byScheme: Map<string, Transport>

  constructor(given: unknown = {}) {
    if (typeof given !== 'object' || given === null) throw new GossipError('ERR_OPTION', `transports must be an object, not ${shown(given)}.`)
    this.byScheme = new Map(Object.entries({ tcp: tcp(), ...given }))
    for (const [scheme, transport] of this.byScheme) {
      if (typeof transport?.listen === 'function' && typeof transport.connect === 'function') continue
      throw new GossipError('ERR_OPTION', `the transport for ${shown(scheme)} must have listen and connect; no node was made.`)
    }
  }

  /**
   * The transport of an address.
   *
   * @throws GossipError `ERR_OPTION` if there is none, or if it is no address.
   */
  of(uri: string): Transport {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(String(uri))?.[1]
    const transport = scheme === undefined ? undefined : this.byScheme.get(scheme)
    if (typeof uri !== 'string' || transport === undefined) {
      const schemes = [...this.byScheme.keys()].map((one) => `${one}://`).join(', ')
      throw new GossipError('ERR_OPTION', `an address must begin with one of ${schemes}, not ${shown(uri)}; nothing was changed.`)
    }
    transport.check?.(uri)
    return transport
  }
}

/** What a node's options say of its core and store. */
type StoreOf = Omit<NodeOptions, 'listen' | 'connect' | 'transports'>

/** Splits the options of a node from those of its store. */
export function nodeOptions(options: NodeOptions): { store: StoreOf; listen: string[]; connect: string[][]; transports: Transports } {
  checkKeys(options, [...coreKeys, 'expireDefault', 'listen', 'connect', 'transports'], 'createNode')
  const { listen = [], connect = [], transports: given, ...store } = options
  const transports = new Transports(given)
  const listenAt = typeof listen === 'string' ? [listen] : [...listen]
  for (const uri of listenAt) transports.of(uri)
  const connectTo = (typeof connect === 'string' ? [connect] : [...connect]).map((one) => uris(one, transports))
  return { store, listen: listenAt, connect: connectTo, transports }
}

/** The core of a node. If it cannot be, its journal is let go of. */
export function openCore({ journal: given, ...options }: Omit<StoreOf, 'expireDefault'>): Core {
  const journal = typeof given === 'string' ? journalIn(given, { limits: options.limits }) : given
  try {
    return new Core({ ...options, journal })
  } catch (error) {
    if (typeof given === 'string') journal?.close(() => {})
    throw error
  }
}

/** The addresses of one host, checked. */
export function uris(given: string | readonly string[], transports: Transports): string[] {
  const all = typeof given === 'string' ? [given] : given
  if (!Array.isArray(all) || all.length === 0) throw new GossipError('ERR_OPTION', `a host is dialled at one address or more, not ${shown(given)}; nothing was changed.`)
  for (const uri of all as readonly string[]) transports.of(uri)
  return [...(all as readonly string[])]
}
