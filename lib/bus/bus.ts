/**
 * A bus: an event emitter across hosts. What one emits, all others hear, once, in the order in which it was emitted. After verbose.
 *
 * It is a reader of the log like others: an event is a change, acknowledged by the same `have`, resumed by the same catch-up. Any topology
 * of streams carries it.
 */
import { Core, coreOf, isShared } from '../core/core.js'
import type { SettledOptions } from '../core/settlement.js'
import { checkFlag, checkKeys, checkWhole } from '../core/options.js'
import type { StreamOptions } from '../core/options.js'
import type { LogReader } from '../core/reader.js'
import { Station } from '../core/station.js'
import type { PeerView } from '../core/view.js'
import { GossipError, shown } from '../errors.js'
import type { Doubt } from '../gossip/coherence.js'
import type { Json } from '../json.js'
import { argsOf } from '../kinds/event.js'
import { limits as defaults } from '../limits.js'
import type { Duplex } from '../pull.js'
import type { Frame } from '../wire/message.js'
import { busKeys, checkSharedBus, coreOptions } from './options.js'
import type { BusOptions, SharedBusOptions } from './options.js'
import { BusStream } from './stream.js'
import type { Emitted } from './stream.js'

/** Names of events with the arguments of their listeners: `{ call: [from: string, ms: number] }`. */
export type EventMap<E> = { [K in keyof E]: readonly unknown[] }

/** Events of any name, with any JSON. */
export type AnyEvents = Record<string, Json[]>

type Heard = { call: (...args: never[]) => void; once: boolean }

/**
 * Makes a bus: one of its own, or with `gossip` one that shares its log and streams with other readers. Its streams are piped by hand; the
 * one of `pull-gossip/node` listens and dials.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be.
 */
export function createBus<E extends EventMap<E> = AnyEvents>(options: BusOptions | SharedBusOptions = {}): Bus<E> {
  if (!isShared(options)) checkKeys(options, busKeys, 'createBus')
  return new Bus<E>(options)
}

/** An event emitter across hosts. Made by `createBus`. */
export class Bus<E extends EventMap<E> = AnyEvents> {
  readonly host: string
  /** What happens between this bus and its peers; and the bus as a duplex pull-stream of `[event, ...args]`. */
  readonly stream: BusStream
  /** @internal */
  protected readonly core: Core
  private readonly station: Station
  private readonly listeners = new Map<string, readonly Heard[]>()
  private anyListeners: readonly Heard[] = []
  private readonly alone: boolean
  private readonly detach: () => void
  private ended = false

  constructor(options: BusOptions | SharedBusOptions) {
    if (isShared(options)) checkSharedBus(options)
    const limits = isShared(options) ? options.gossip.limits : options.limits
    const max = checkWhole('bufferMax', options.bufferMax ?? limits?.bufferMax ?? defaults.bufferMax)
    const lifeMs = checkWhole('bufferTimeout', options.bufferTimeout ?? limits?.bufferMs ?? defaults.bufferMs)
    const [replay, echo] = [checkFlag('replay', options.replay, false), checkFlag('echo', options.echo, false)]
    this.alone = !isShared(options)
    this.core = isShared(options) ? coreOf(options) : new Core(coreOptions(options))
    this.host = this.core.host
    this.stream = new BusStream({ emit: ([event, ...args]) => this.send(event, args), drained: () => this.drained() }, max)
    this.station = new Station(this.core, 'bus', { max, lifeMs, replay, echo }, {
      hear: (args, { author }) => this.hear(args, author.host), gap: (gap) => this.stream.tell('gap', gap), drop: () => {},
      lose: (event) => this.stream.tell('drop', argsOf(event.body) as Emitted, event.author.host)
    })
    this.detach = this.core.attach(this.reader())
  }

  /**
   * Emits an event: all other hosts hear it, and with `echo` this one. Says whether to go on: false from `bufferMax` events on that some
   * connected host was not sent yet, or that nobody was there to be sent; `drained()` tells when that is over.
   *
   * @throws GossipError `ERR_OPTION` for arguments that JSON cannot carry, with the path to the offender; `ERR_FULL` at `bufferBytesMax`;
   * `ERR_DISK` while the journal cannot be written; `ERR_CLOSED`. Nothing is emitted then.
   */
  emit<K extends keyof E & string>(event: K, ...args: E[K] extends readonly [...infer A] ? A : never): boolean {
    return this.send(event, args)
  }

  /** Calls `listener` at every `event`, with this bus as `this`. */
  on<K extends keyof E & string>(event: K, listener: (this: this, ...args: [...E[K]]) => void): this {
    return this.add(event, listener, false)
  }

  /** Calls `listener` at the next `event` only. */
  once<K extends keyof E & string>(event: K, listener: (this: this, ...args: [...E[K]]) => void): this {
    return this.add(event, listener, true)
  }

  /** Calls `listener` no more. */
  off<K extends keyof E & string>(event: K, listener: (this: this, ...args: [...E[K]]) => void): this {
    const kept = (this.listeners.get(event) ?? []).filter(({ call }) => call !== (listener as unknown))
    if (kept.length === 0) this.listeners.delete(event)
    else this.listeners.set(event, kept)
    return this
  }

  /** Calls `listener` at every event, with its name before its arguments. */
  onAny(listener: (this: this, event: string, ...args: Json[]) => void): this {
    this.anyListeners = [...this.anyListeners, { call: listener, once: false }]
    return this
  }

  /** Calls `listener` no more. */
  offAny(listener: (this: this, event: string, ...args: Json[]) => void): this {
    this.anyListeners = this.anyListeners.filter(({ call }) => call !== (listener as unknown))
    return this
  }

  /** Resolves once `emit` would say true, or the bus has ended. Where nobody ever connects it never does. */
  drained(): Promise<void> {
    return this.station.drained()
  }

  /**
   * Resolves with their hosts once so many peers (default `'all'`: the expected and the connected ones, at least one) acknowledged all that
   * was emitted here until now. With `disk: true` it waits until the journal has it, and for peers only where `peers` is given too.
   *
   * Rejects with `ERR_TIMEOUT` after `timeoutMs` (default: never), with `ERR_DISK`, or with `ERR_CLOSED`.
   */
  settled(options: SettledOptions = {}): Promise<string[]> {
    return this.core.settled(options)
  }

  /** Whether every expected host is connected, not silent and in step. */
  get coherent(): boolean {
    return this.core.coherent
  }

  /** The expected hosts in doubt, why, and since when. */
  doubts(): Doubt[] {
    return this.core.doubts()
  }

  /** The peers that are connected, and the expected ones that are not. */
  peers(): PeerView[] {
    return this.core.peers()
  }

  /**
   * One end of a session with another host, to be piped to its other end through any codec and any connection.
   *
   * @throws GossipError `ERR_CLOSED`, `ERR_PEERS`, `ERR_OPTION`.
   */
  createStream(options: StreamOptions | string = {}): Duplex<Frame, unknown> {
    return this.core.createStream(options)
  }

  /** Ends this bus: says bye to all peers, unless its core is shared, and resolves once they took it. */
  end({ leave = false }: { leave?: boolean } = {}): Promise<void> {
    this.finish()
    if (this.alone) return this.core.close({ leave })
    this.detach()
    return Promise.resolve()
  }

  private send(event: unknown, args: readonly unknown[]): boolean {
    if (typeof event !== 'string') throw new GossipError('ERR_OPTION', `an event has a string as its name, not ${shown(event)}; nothing was emitted.`)
    return this.station.emit([event, ...args], args, 'args')
  }

  private hear(args: Json[], host: string): void {
    const [event, ...rest] = args
    if (typeof event !== 'string') return
    this.stream.hear([event, ...rest])
    this.stream.tell('hear', [event, ...rest], host)
    for (const listener of this.listeners.get(event) ?? []) {
      if (listener.once) this.off(event as keyof E & string, listener.call as never)
      this.stream.run(() => listener.call.apply(this, rest as never[]))
    }
    for (const listener of this.anyListeners) this.stream.run(() => listener.call.apply(this, args as never[]))
  }

  private add(event: string, listener: unknown, once: boolean): this {
    if (typeof listener !== 'function') throw new GossipError('ERR_OPTION', `a listener must be a function, not ${shown(listener)}; nothing was changed.`)
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), { call: listener as Heard['call'], once }])
    return this
  }

  private reader(): LogReader {
    const { stream } = this
    const away = new Set<string>()
    // There may be several streams to one host.
    const streams = new Map<string, number>()
    const count = (host: string, more: number): number => {
      const now = (streams.get(host) ?? 0) + more
      if (now > 0) streams.set(host, now)
      else streams.delete(host)
      return now
    }
    return {
      meet: ({ peer }) => {
        const host = peer?.host ?? ''
        if (count(host, 1) > 1) return
        stream.tell(away.delete(host) ? 'reconnect' : 'connect', host)
        stream.tell('peerid', host)
      },
      part: ({ peer }) => {
        if (peer !== null && count(peer.host, -1) <= 0 && this.core.expects(peer.host)) away.add(peer.host)
      },
      acknowledge: ({ peer }) => stream.tell('acknowledge', peer?.host ?? ''),
      tell: (event, ...args) => {
        if (event === 'sync') stream.tell('initialized', (args[0] as PeerView).host)
        else if (event === 'disconnect' && !streams.has((args[0] as PeerView).host)) stream.tell('disconnect', (args[0] as PeerView).host, args[1] as Error | null)
        else if (event === 'error') stream.tell('error', args[0])
      },
      complain: (error) => stream.tellError(error),
      close: () => this.finish()
    }
  }

  /** Emits and hears no more. */
  protected finish(): void {
    if (this.ended) return
    this.ended = true
    this.station.close()
    this.stream.end()
  }
}
