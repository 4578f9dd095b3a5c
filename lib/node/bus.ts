/**
 * A bus that listens and dials by itself, as verbose's node did: a bus and a node on one log.
 */
import { Bus } from '../bus/bus.js'
import type { AnyEvents, EventMap } from '../bus/bus.js'
import { busKeys, coreOptions } from '../bus/options.js'
import type { BusOptions, HearOptions } from '../bus/options.js'
import { checkKeys, hostOf } from '../core/options.js'
import { GossipError, shown } from '../errors.js'
import { tcp } from '../transport/tcp.js'
import type { Transport } from '../transport/transport.js'
import { writeTcp } from '../transport/uri.js'
import { GossipNode } from './node.js'
import type { NodePeer } from './node.js'
import type { NodeOptions } from './options.js'

/** What `createBus` of `pull-gossip/node` takes: what a bus does, and what carries it. */
export type NodeBusOptions = Omit<BusOptions, 'journal'> & Pick<NodeOptions, 'journal'> & {
  /** What carries its links: `'tcp'`, the default, or a transport of one's own. */
  transport?: 'tcp' | Transport | undefined
}

/** Whom a bus dials. */
export type BusPeer = {
  /** Its address. */
  readonly uri: string
  /** Its host, once it was met. */
  readonly host: string | null
  /** Dials it no more, and ends its link. */
  end(): void
}

/** The share of `maxPeers` that may dial us. */
const inboundShare = 0.8

/**
 * Makes a bus that listens and dials.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be.
 */
export function createBus<E extends EventMap<E> = AnyEvents>(options: NodeBusOptions = {}): NodeBus<E> {
  checkKeys(options, [...busKeys.filter((key) => key !== 'gossip'), 'transport'], 'createBus')
  const { transport = 'tcp', journal, ...bus } = options
  const { bufferMax, bufferTimeout, replay, echo } = bus
  const { limits, ...core } = coreOptions({ ...bus, host: hostOf(options) })
  const peersMax = limits?.peersMax ?? 1
  const inboundMax = Math.max(1, Math.ceil(peersMax * inboundShare))
  const node = new GossipNode({
    ...core, journal, transports: { [schemeOf(transport)]: transport === 'tcp' ? tcp() : transport },
    limits: { inboundMax, outboundMax: Math.max(1, peersMax - inboundMax), ...limits }
  })
  return new NodeBus<E>(node, schemeOf(transport), { bufferMax, bufferTimeout, replay, echo })
}

function schemeOf(transport: unknown): string {
  if (typeof transport === 'object' && transport !== null) return 'own'
  if (transport === 'tcp') return transport
  throw new GossipError('ERR_OPTION', `transport must be 'tcp', or an object with listen and connect, not ${shown(transport)}; no bus was made.`)
}

/** A bus that listens and dials. Made by `createBus` of `pull-gossip/node`. */
export class NodeBus<E extends EventMap<E> = AnyEvents> extends Bus<E> {
  /** @internal */
  constructor(
    private readonly node: GossipNode,
    private readonly scheme: string,
    options: HearOptions
  ) {
    super({ gossip: node.core, ...options })
    node.on('backoff', (whom, wait) => this.stream.tell('backoff', whom, wait))
    node.on('error', (error) => this.stream.run(() => {
      throw error
    }))
  }

  /** Where it listens first; null before it does, and if it does not. */
  get uri(): string | null {
    return this.node.info()
  }

  /**
   * Listens at a port, 0 for any that is free, of an address, by default every one of this machine. `cb` is called when it does.
   *
   * That it cannot listen is told as `error` of `stream`.
   *
   * @throws GossipError `ERR_OPTION` for what is no address, `ERR_CLOSED`.
   */
  listen(port: number, cb?: (uri: string) => void): this
  listen(port: number, host: string, cb?: (uri: string) => void): this
  listen(port: number, second: string | ((uri: string) => void) = '0.0.0.0', third?: (uri: string) => void): this {
    const [host, cb] = typeof second === 'function' ? ['0.0.0.0', second] : [second, third]
    const uri = this.address(port, host)
    if (cb !== undefined) this.node.once('listening', (at) => this.stream.run(() => cb(at)))
    this.node.listen(uri)
    return this
  }

  /**
   * Keeps whoever is met at a port of a host, by default this machine: dials again, with growing waits, whenever the link is gone.
   *
   * @throws GossipError `ERR_OPTION` for what is no address, `ERR_PEERS`, `ERR_CLOSED`.
   */
  connect(port: number, host = 'localhost'): BusPeer {
    const { node } = this
    const uri = this.address(port, host)
    node.connect(uri)
    const met = (): string | null => node.peers().find((peer) => peer.uri === uri)?.host ?? null
    return {
      uri,
      get host() {
        return met()
      },
      end: () => node.disconnect(met() ?? uri)
    }
  }

  /** The peers that are connected or dialled. */
  override peers(): NodePeer[] {
    return this.node.peers()
  }

  /** Ends this bus: says bye to all peers, and resolves once they took it. */
  override end({ leave = false }: { leave?: boolean } = {}): Promise<void> {
    this.finish()
    return this.node.close({ leave })
  }

  private address(port: number, host: string): string {
    if (!Number.isInteger(port) || port < 0 || port > 65_535 || typeof host !== 'string') {
      throw new GossipError('ERR_OPTION', `a bus listens at and dials a port, and a host if need be, not ${shown(port)} and ${shown(host)}; nothing was changed.`)
    }
    return writeTcp(host, port).replace('tcp:', `${this.scheme}:`)
  }
}
