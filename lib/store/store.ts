/**
 * A store: named values that every host of a network holds, writes locally and shares through duplex pull-streams.
 *
 * It is a reader of the log like others; what it adds is handles, streams, and the answer to "is everyone there?".
 */
import { Emitter } from '../emitter.js'
import { GossipError, shown } from '../errors.js'
import { Coherence } from '../gossip/coherence.js'
import type { Doubt } from '../gossip/coherence.js'
import { Gossip } from '../gossip/gossip.js'
import type { Observer } from '../gossip/gossip.js'
import { Session } from '../gossip/session.js'
import type { SessionOptions } from '../gossip/session.js'
import type { Json } from '../json.js'
import { integer } from '../kinds/numbers.js'
import type { Numbers } from '../kinds/numbers.js'
import { silentPings, withLimits } from '../limits.js'
import type { Limits } from '../limits.js'
import type { Change } from '../log/change.js'
import { shownExpire } from '../log/expire.js'
import type { Duplex, Source } from '../pull.js'
import { SessionStream } from '../stream/duplex.js'
import type { Trace } from '../stream/duplex.js'
import { realTime } from '../stream/time.js'
import type { Time } from '../stream/time.js'
import type { Frame } from '../wire/message.js'
import { Counter } from './counter.js'
import { Elements } from './elements.js'
import type { StoreEvents } from './events.js'
import { explain } from './explanation.js'
import type { Explanation } from './explanation.js'
import type { Home, WriteOptions } from './handle.js'
import { isNumbers, Kinds } from './kinds.js'
import { lifeOf, unforeseenKey } from './life.js'
import { Members } from './members.js'
import { checkDebug, checkExpected, checkExpireDefault, checkHost, checkName, checkNet, checkStoreOptions, isJournal, sessionOptions } from './options.js'
import type { Debug, StoreOptions, StreamOptions } from './options.js'
import { Reader } from './reader.js'
import type { ChangeView } from './reader.js'
import { Register } from './register.js'
import type { Check, RegisterOptions } from './register.js'
import { Settlement } from './settlement.js'
import { Sweeper } from './sweeper.js'
import { Upkeep } from './upkeep.js'
import { absent, add, peerOf, totals } from './view.js'
import type { PeerView, Statistics } from './view.js'

/**
 * Makes a store of its own in memory.
 *
 * Every start is a new life: what an earlier life of this host told others comes back from them, and new writes add to it.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be.
 */
export function createStore(options: StoreOptions): Store {
  return new Store(options)
}

/** A clock that is the user's: what is no time at all is taken for the last one told, or it would spoil every stamp to come. */
function steady(now: () => number): () => number {
  let last = 0
  return () => {
    const told = now()
    if (Number.isFinite(told)) last = told
    return last
  }
}

/** What to wait for: that peers confirm, so many or all; that it is on the disk. */
export type SettledOptions = { peers?: number | 'all' | undefined; timeoutMs?: number | undefined; disk?: boolean | undefined }

/** Who is told of the end of a session, and of its stream. */
type StreamEnds = { onEnd?: ((error: Error | null) => void) | undefined; onDone?: (() => void) | undefined }

/** A replicated store. Made by `createStore`. */
export class Store extends Emitter<StoreEvents> {
  readonly host: string
  private readonly gossip: Gossip
  private readonly time: Time
  private readonly clock: () => number
  private readonly coherence = new Coherence()
  private readonly settlement: Settlement
  private readonly streams = new Map<Session, StreamEnds & { stream: SessionStream }>()
  private readonly readers = new Set<Reader>()
  private readonly past: Statistics = totals()
  private readonly kinds: Kinds
  private readonly members: Members
  private readonly sweeper: Sweeper
  private readonly upkeep: Upkeep
  private readonly home: Home
  private readonly debug: Debug | null
  private closing: Promise<void> | null = null
  private onIdle: (() => void) | null = null
  private stirred = false

  constructor(options: StoreOptions) {
    super()
    checkStoreOptions(options)
    const { host, expect = [], net, pingMs, expireDefault, numbers = [], journal, debug, now = Date.now, random, limits = {}, time = realTime } = options
    const bounds = withLimits(pingMs === undefined ? limits : { ...limits, pingMs })
    if (bounds.pingMs * silentPings >= bounds.timeoutMs) {
      throw new GossipError('ERR_OPTION', `pingMs ${bounds.pingMs} must be below timeoutMs ${bounds.timeoutMs} / ${silentPings}, or idle peers are given up.`)
    }
    this.host = checkHost(host, 'host')
    this.time = time
    this.clock = steady(now)
    this.debug = checkDebug(debug)
    this.kinds = new Kinds(bounds, numbers)
    this.members = new Members(this.kinds.set)
    this.gossip = new Gossip({
      host, life: lifeOf(now(), random), net: checkNet(net), limits: bounds, kinds: this.kinds.all,
      observer: this.observer(), clock: this.clock, hashKey: unforeseenKey(), soon: (wake) => time.soon(wake)
    })
    this.sweeper = new Sweeper(this.gossip.expiry, this.clock, time)
    this.upkeep = new Upkeep(this.gossip)
    if (isJournal(journal)) this.upkeep.begin(journal, time, () => lifeOf(now(), random), {
      unwritable: (error) => this.emit('unwritable', error), writable: () => this.emit('writable'), life: (life) => this.emit('life', life)
    })
    this.home = {
      gossip: this.gossip, expireDefault: checkExpireDefault(expireDefault), checkOpen: () => this.upkeep.check(this.closing !== null),
      coherent: () => this.coherent
    }
    for (const other of checkExpected(expect, host)) this.coherence.expect(other)
    this.coherence.review([], now())
    this.settlement = new Settlement(this.gossip, time, () => this.everyone())
  }

  /** Whether every expected host is connected, not silent and in step. */
  get coherent(): boolean {
    return this.coherence.coherent
  }

  /** The expected hosts in doubt, why, and since when. Coherent is no doubts. */
  doubts(): Doubt[] {
    return this.coherence.list()
  }

  /**
   * A handle on a counter, of safe integers or of other `numbers`: `bigint`, or such as the store was given. It writes nothing. Counters
   * of different numbers are different counters, even under one name.
   *
   * @throws GossipError `ERR_OPTION` if `name` is empty, too long (`nameBytesMax`), or no proper Unicode, or for other numbers.
   */
  counter(name: string, options?: WriteOptions): Counter<number>
  counter<N>(name: string, numbers: Numbers<N>, options?: WriteOptions): Counter<N>
  counter(name: string, numbers: Numbers<unknown> | WriteOptions = integer, options?: WriteOptions): Counter<unknown> {
    this.checkName(name)
    if (isNumbers(numbers)) return new Counter(name, this.kinds.counter(numbers), this.home, options)
    return new Counter(name, this.kinds.counter(integer), this.home, numbers)
  }

  /**
   * A handle on a register: one JSON value. It writes nothing. With `check`, a type guard, values are of its type, or read as undefined.
   *
   * @throws GossipError `ERR_OPTION` as `counter` does.
   */
  register(name: string, options?: WriteOptions): Register
  register<T>(name: string, options: WriteOptions & { check: Check<T> }): Register<T>
  register(name: string, options: RegisterOptions<Json> = {}): Register {
    this.checkName(name)
    return new Register(name, this.kinds.register, this.home, options)
  }

  /**
   * A handle on a set of strings. It writes nothing.
   *
   * @throws GossipError `ERR_OPTION` as `counter` does.
   */
  set(name: string, options?: WriteOptions): Elements {
    this.checkName(name)
    return new Elements(name, this.kinds.set, this.home, this.members, options)
  }

  /** What is known here of a name, of each kind that it is held or was refused as: who wrote what, until when it lives, who holds it. */
  explain(name: string): Explanation[] {
    this.checkName(name)
    return explain(this.gossip, name)
  }

  /** The names that begin with `prefix` and have not ended, with their kinds, sorted as strings are. */
  names(prefix = ''): { kind: string; name: string }[] {
    const found: { kind: string; name: string }[] = []
    for (const kind of this.gossip.log.everyKind()) {
      for (const name of this.gossip.log.names(kind)?.values() ?? []) {
        if (name.text.startsWith(prefix) && name.size > 0 && this.gossip.expiry.phase(name) === 'live') found.push({ kind, name: name.text })
      }
    }
    return found.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))
  }

  /**
   * One end of a session with another store, to be piped to its other end through any codec and any connection.
   *
   * @throws GossipError `ERR_CLOSED`, `ERR_PEERS` if `peersMax` streams are open, `ERR_OPTION`.
   */
  createStream(options: StreamOptions | string = {}): Duplex<Frame, unknown> {
    return this.open(sessionOptions(options), { onEnd: typeof options === 'string' ? undefined : options.onEnd }).stream
  }

  /**
   * A session and its stream; `onDone` is called when nothing of them is held any longer.
   *
   * @internal
   */
  open(known: SessionOptions, { onEnd, onDone }: StreamEnds): { session: Session; stream: SessionStream } {
    this.checkOpen('no stream was made')
    if (this.streams.size >= this.gossip.limits.peersMax) {
      throw new GossipError('ERR_PEERS', `${this.streams.size} streams are open, and peersMax allows no more; none was made.`)
    }
    if (known.expected && known.host !== null) this.await(known.host)
    const session = new Session(this.gossip, known, this.time.now())
    const stream = new SessionStream(session, this.time, () => this.release(session), this.trace(session))
    this.streams.set(session, { stream, onEnd, onDone })
    return { session, stream }
  }

  /** The changes held, in order of arrival (`old`, default true), then those to come (`live`, default false), as a pull-stream source. */
  changes({ old = true, live = false }: { old?: boolean; live?: boolean } = {}): Source<ChangeView> {
    return new Reader(this.gossip.log, (change) => this.view(change), old, () => live && this.closing === null, this.readers).source
  }

  /**
   * Resolves with their hosts once so many peers (default `'all'`: the expected and the connected ones, at least one) confirmed that
   * they hold all that was written here until now; with none at once if nothing was ever written. Only hosts with a stream here confirm.
   *
   * With `disk: true` it waits until the journal has all that is held here until now, and for peers only where `peers` is given too.
   *
   * Rejects with `ERR_TIMEOUT` after `timeoutMs` (default: never), with `ERR_DISK`, or with `ERR_CLOSED`; what was written stays written.
   */
  async settled(options: SettledOptions = {}): Promise<string[]> {
    if (typeof options !== 'object') throw new GossipError('ERR_OPTION', `settled takes { peers, timeoutMs, disk }, not ${shown(options)}.`)
    const { disk = false, peers = disk ? undefined : 'all', timeoutMs } = options
    if (this.closing !== null) throw new GossipError('ERR_CLOSED', 'the store is closed; nothing can be settled.')
    const settled = peers === undefined ? Promise.resolve([]) : this.settlement.wait(peers, timeoutMs)
    if (!disk) return settled
    const [hosts] = await Promise.all([settled, this.upkeep.kept()])
    return hosts
  }

  /** The open streams whose peers said who they are, and the expected hosts that are not there. */
  peers(): PeerView[] {
    const views = [...this.streams].filter(([{ peer, state }]) => peer !== null && state === 'open').map(([session]) => this.peer(session))
    const there = new Set(views.map(({ host }) => host))
    return [...views, ...this.coherence.hosts().filter((host) => !there.has(host)).map(absent)]
  }

  /** What went in and out over all streams since the store was made, and what is held. */
  statistics(): Statistics {
    const { log, misled } = this.gossip
    const sum = add(totals(), this.past)
    for (const [session, { stream }] of this.streams) add(sum, totals(session, stream))
    return { ...sum, misled, cells: log.size, authors: log.authorsSize, peers: this.gossip.sessions.size }
  }

  /**
   * Expects a host from now on, as `createStore({ expect })` does.
   *
   * @throws GossipError `ERR_OPTION` if it is no host's name, or our own.
   */
  expect(host: string): void {
    for (const other of checkExpected([host], this.host)) this.await(other)
  }

  /**
   * Expects whom a node waits for: a host, or an address where one is to be met.
   *
   * @internal
   */
  await(whom: string): void {
    this.coherence.expect(whom)
    this.review()
  }

  /** No longer expects a host: `coherent` does not wait for it. Its stream, if any, goes on. */
  forget(host: string): void {
    if (!this.coherence.forget(host)) return
    this.review()
    this.settlement.review()
  }

  /**
   * Says bye to every peer and resolves once they took it, or after `closeMs`. With `leave` they do not expect this host back.
   *
   * Reads go on afterwards; writes and new streams throw `ERR_CLOSED`. Further calls give the same promise.
   */
  close({ leave = false }: { leave?: boolean } = {}): Promise<void> {
    if (this.closing !== null) return this.closing
    const idle = new Promise<void>((resolve) => {
      this.onIdle = resolve
    })
    // If it cannot be put away that is told, and the next start takes it for a crash.
    this.closing = this.gossip.recorder === null ? idle : idle.then(() => this.upkeep.end()).catch((error: unknown) => this.call(() => { throw error }))
    this.settlement.close()
    this.sweeper.stop()
    for (const reader of this.readers) reader.end(true)
    for (const session of [...this.gossip.sessions]) session.close('close', leave)
    this.rest()
    return this.closing
  }

  private observer(): Observer {
    return {
      change: (change, from) => {
        if (change.name.kind === this.kinds.set.kind) this.members.take(change)
        if (this.readers.size > 0) this.stirReaders()
        if (this.hears('change')) this.emit('change', this.view(change), from?.peer?.host ?? null)
      },
      expire: ({ kind, text }) => this.emit('expire', { kind, name: text }),
      connect: (session) => {
        if (session.options.expected) this.await((session.peer as { host: string }).host)
        this.emit('connect', this.peer(session))
      },
      sync: (session) => {
        this.settlement.review()
        this.emit('sync', this.peer(session))
      },
      disconnect: (session, error) => this.disconnected(session, error),
      refused: (session, code, count, by) => this.emit('refused', { peer: this.peer(session), code, count, by }),
      impostor: (session, author, seq) => this.emit('impostor', { author, seq, peer: this.peer(session) }),
      acknowledge: () => this.settlement.review(),
      review: () => this.review(),
      fault: (error) => this.call(() => {
        throw error
      })
    }
  }

  private disconnected(session: Session, error: Error | null): void {
    const host = session.peer?.host
    if (host !== undefined && session.left) this.coherence.forget(host)
    this.review()
    this.settlement.review()
    if (host !== undefined) this.emit('disconnect', this.peer(session), error)
    else if (error !== null && this.hears('error')) this.emit('error', error)
    this.tellEnd(session, error)
  }

  /** The user's `onEnd` is a listener like others. */
  private tellEnd(session: Session, error: Error | null): void {
    const onEnd = this.streams.get(session)?.onEnd
    if (onEnd !== undefined) this.call(() => onEnd(error))
  }

  /** A stream is done with: nothing of it is held any longer. */
  private release(session: Session): void {
    const known = this.streams.get(session)
    if (known === undefined) return
    add(this.past, totals(session, known.stream))
    this.streams.delete(session)
    known.onDone?.()
    this.rest()
  }

  private rest(): void {
    if (this.streams.size === 0) this.onIdle?.()
  }

  private review(): void {
    if (!this.coherence.review(this.gossip.sessions, this.clock())) return
    if (this.coherent) this.emit('coherent')
    else this.emit('incoherent', this.doubts())
  }

  /** Who could confirm: the expected hosts and the connected ones, but for those to whom nothing of ours flows. */
  private everyone(): Set<string> {
    const hosts = new Set(this.coherence.hosts())
    const { sessions } = this.gossip
    for (const { peer, claims } of sessions) if (peer !== null && !claims) hosts.delete(peer.host)
    for (const { peer, claims } of sessions) if (peer !== null && claims) hosts.add(peer.host)
    return hosts
  }

  /** Wakes all readers, once this turn is over. */
  private stirReaders(): void {
    if (this.stirred) return
    this.stirred = true
    this.time.soon(() => {
      this.stirred = false
      for (const reader of [...this.readers]) this.call(() => reader.wake())
    })
  }

  /** @internal */
  get limits(): Limits {
    return this.gossip.limits
  }

  /** @internal */
  peer(session: Session): PeerView {
    return peerOf(session, this.streams.get(session)?.stream ?? null)
  }

  private view({ author, seq, name, part, expire, body }: Change): ChangeView {
    const given = this.gossip.kind(name.kind).give(body, part)
    return { author: author.id, host: author.host, seq, kind: name.kind, name: name.text, part, expire: shownExpire(expire), body: given }
  }

  /** Frames are told with who we are, which way they go, and to or from whom. */
  private trace(session: Session): Trace | null {
    const { debug } = this
    if (debug === null) return null
    return (way, frame) => {
      this.call(() => {
        if (debug.enabled !== false) debug('%s %s %s %j', this.host, way, session.name, frame)
      })
    }
  }

  private checkName(name: string): void {
    checkName(name, this.gossip.limits.nameBytesMax)
  }

  private checkOpen(outcome: string): void {
    if (this.closing !== null) throw new GossipError('ERR_CLOSED', `the store "${this.host}" is closed; ${outcome}.`)
  }
}
