/**
 * The core of a host: one log, its streams, and the answer to "is everyone there?". Stores, floods and buses read it.
 *
 * A reader makes a core of its own, or is given one (`createGossip`): then one stream, or one node, carries all that its readers write.
 */
import { Emitter } from '../emitter.js'
import { GossipError, shown } from '../errors.js'
import { Coherence } from '../gossip/coherence.js'
import type { Doubt } from '../gossip/coherence.js'
import { reauthorize } from '../gossip/door.js'
import { Gossip } from '../gossip/gossip.js'
import type { Observer } from '../gossip/observer.js'
import { Session } from '../gossip/session.js'
import type { SessionOptions } from '../gossip/session.js'
import { silentPings, withLimits } from '../limits.js'
import type { Limits } from '../limits.js'
import type { Duplex } from '../pull.js'
import { SessionStream } from '../stream/duplex.js'
import type { Trace } from '../stream/duplex.js'
import { realTime } from '../stream/time.js'
import type { Time } from '../stream/time.js'
import type { Frame } from '../wire/message.js'
import { authorityOf } from './authority.js'
import { steady } from './clock.js'
import type { PeerEvents } from './events.js'
import { lockOf } from './key.js'
import type { Key } from './key.js'
import { Kinds } from './kinds.js'
import { lifeOf, unforeseenKey } from './life.js'
import { checkDebug, checkExpected, checkFlag, checkHost, checkJournal, checkKeys, checkNet, coreKeys, sessionOptions } from './options.js'
import type { CoreOptions, Debug, StreamOptions } from './options.js'
import type { LogReader } from './reader.js'
import { Proofs, type ConfirmOptions, type Proof } from './proofs.js'
import { Settlement, type SettledOptions } from './settlement.js'
import { Sweeper } from './sweeper.js'
import { Upkeep } from './upkeep.js'
import { absent, add, peerOf, totals } from './view.js'
import type { PeerView, Statistics } from './view.js'

/**
 * Makes the core of a host, for several readers to share: `createStore({ gossip })`, `createFlood({ gossip })`, `createBus({ gossip })`.
 *
 * Every start without a `journal` is a new life: what an earlier life of this host told others comes back from them, and new writes add to it.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be.
 */
export function createGossip(options: CoreOptions): Core {
  checkKeys(options, coreKeys, 'createGossip')
  return new Core(options)
}

/** Whether a reader was given a core to share. */
export function isShared(options: object): options is { gossip: Core } {
  return typeof options === 'object' && options !== null && 'gossip' in options && options.gossip !== undefined
}

/**
 * The core that a reader was given, or one of its own.
 *
 * @throws GossipError `ERR_OPTION`
 */
export function coreOf(options: CoreOptions | { gossip: Core }): Core {
  if (!isShared(options)) return new Core(options)
  if (typeof (options.gossip as Partial<Core>).attach === 'function') return options.gossip
  throw new GossipError('ERR_OPTION', `gossip must be what createGossip gives, not ${shown(options.gossip)}.`)
}

/** Who is told of the end of a session, and of its stream. */
type StreamEnds = { onEnd?: ((error: Error | null) => void) | undefined; onDone?: (() => void) | undefined }

/** What the readers of a host share. Made by `createGossip`. */
export class Core extends Emitter<PeerEvents> {
  readonly host: string
  /** @internal */
  readonly gossip: Gossip
  /** @internal */
  readonly time: Time
  /** @internal */
  readonly clock: () => number
  /** @internal */
  readonly kinds: Kinds
  private readonly coherence = new Coherence()
  private readonly settlement: Settlement
  private readonly proofs: Proofs
  private readonly streams = new Map<Session, StreamEnds & { stream: SessionStream }>()
  private readonly past: Statistics = totals()
  private readonly sweeper: Sweeper
  private readonly upkeep: Upkeep
  private readonly debug: Debug | null
  /** Replaced when one comes or goes, so that who is told may go meanwhile. */
  private readers: readonly LogReader[] = []
  private closing: Promise<void> | null = null
  private onIdle: (() => void) | null = null

  constructor(options: CoreOptions) {
    super()
    const { host, expect = [], net, key, authorize, pingMs, numbers = [], journal, audit, debug, now = Date.now, random, limits = {}, time = realTime } = options
    const bounds = withLimits(pingMs === undefined ? limits : { ...limits, pingMs })
    if (bounds.pingMs * silentPings >= bounds.timeoutMs) {
      throw new GossipError('ERR_OPTION', `pingMs ${bounds.pingMs} must be below timeoutMs ${bounds.timeoutMs} / ${silentPings}, or idle peers are given up.`)
    }
    this.host = checkHost(host, 'host')
    this.time = time
    this.clock = steady(now)
    this.debug = checkDebug(debug)
    this.kinds = new Kinds(bounds, numbers)
    this.gossip = new Gossip({
      host, life: lifeOf(now(), random), net: checkNet(net), limits: bounds,
      door: { lock: lockOf(key, random), authorize: authorityOf(authorize, (error) => this.blame(error)) }, kinds: this.kinds.all,
      observer: this.observer(), clock: this.clock, hashKey: unforeseenKey(), soon: (wake) => time.soon(wake), audit: checkFlag('audit', audit, true)
    })
    this.sweeper = new Sweeper(this.gossip.expiry, this.clock, time)
    this.upkeep = new Upkeep(this.gossip)
    const kept = checkJournal(journal)
    if (kept !== null) this.upkeep.begin(kept, time, () => lifeOf(now(), random), {
      unwritable: (error) => this.tell('unwritable', error), writable: () => this.tell('writable'), life: (life) => this.tell('life', life)
    })
    for (const other of checkExpected(expect, host)) this.coherence.expect(other)
    this.coherence.review([], now())
    this.settlement = new Settlement(this.gossip, time, () => this.everyone())
    this.proofs = new Proofs(this.gossip, time, { everyone: () => this.everyone(), isClosed: () => this.closing !== null })
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
   * One end of a session with another host, to be piped to its other end through any codec and any connection.
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
    if (this.closing !== null) throw new GossipError('ERR_CLOSED', `"${this.host}" is closed; nothing can be settled.`)
    const settled = peers === undefined ? Promise.resolve([]) : this.settlement.wait(peers, timeoutMs)
    if (!disk) return settled
    const [hosts] = await Promise.all([settled, this.upkeep.kept()])
    return hosts
  }

  /**
   * Asks every connected peer that audits what it holds of the names of that text, of all kinds that both know, and resolves with who holds the
   * same as this host, bodies and all, and when that was seen; after `timeoutMs` (default: `timeoutMs` of the limits) with those that answered.
   *
   * Rejects with `ERR_CLOSED`.
   */
  async prove(name: string, { timeoutMs = this.gossip.limits.timeoutMs }: { timeoutMs?: number | undefined } = {}): Promise<Proof[]> {
    if (!(Number.isFinite(timeoutMs) && timeoutMs >= 0)) throw new GossipError('ERR_OPTION', `timeoutMs must be a number of milliseconds, not ${shown(timeoutMs)}.`)
    this.checkOpen('nothing can be proven')
    return this.proofs.prove(name, null, timeoutMs)
  }

  /**
   * Resolves with the hosts that hold the same of a name of that kind, once they are enough.
   *
   * @internal
   */
  async confirm(name: string, kind: string, options: ConfirmOptions): Promise<string[]> {
    this.checkOpen('nothing can be confirmed')
    return this.proofs.confirm(name, kind, options)
  }

  /** The open streams whose peers said who they are, and the expected hosts that are not there. */
  peers(): PeerView[] {
    const views = [...this.streams].filter(([{ peer, state }]) => peer !== null && state === 'open').map(([session]) => this.peer(session))
    const there = new Set(views.map(({ host }) => host))
    return [...views, ...this.coherence.hosts().filter((host) => !there.has(host)).map(absent)]
  }

  /** What went in and out over all streams since the core was made, and what is held. */
  statistics(): Statistics {
    const { log, trust, audits, room } = this.gossip
    const sum = add(totals(), this.past)
    for (const [session, { stream }] of this.streams) add(sum, totals(session, stream))
    return { ...sum, ...audits, misled: trust.misled, cells: log.size, bytes: room.load.bytes, authors: log.authorsSize, peers: this.gossip.sessions.size }
  }

  /**
   * Expects a host from now on, as the option `expect` does.
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
   * Asks `authorize` anew about every peer: what one may be shown or say from now on is served and asked for, what it may not is kept back and
   * refused. Who is allowed nothing any more is parted from.
   */
  reauthorize(): void {
    reauthorize(this.gossip)
  }

  /**
   * Takes another key, or two, for streams that are made from now on; open ones go on. A network that has none cannot be given one so.
   *
   * @throws GossipError `ERR_OPTION`
   */
  rekey(key: Key | readonly [Key, Key]): void {
    const { door } = this.gossip
    if (door.lock === null) throw new GossipError('ERR_OPTION', `"${this.host}" has no key to be changed; nothing was changed.`)
    door.lock = { ...door.lock, keys: (lockOf(key ?? null) ?? door.lock).keys }
  }

  /**
   * Says bye to every peer and resolves once they took it, or after `closeMs`. With `leave` they do not expect this host back. All who
   * read this core are closed.
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
    this.gossip.topics.release()
    this.sweeper.stop()
    for (const reader of this.readers) reader.close?.()
    for (const session of [...this.gossip.sessions]) session.close('close', leave)
    this.rest()
    return this.closing
  }

  /**
   * Something reads this core from now on; what it gives back ends that.
   *
   * @internal
   */
  attach(reader: LogReader): () => void {
    this.readers = [...this.readers, reader]
    return () => {
      this.readers = this.readers.filter((one) => one !== reader)
    }
  }

  /**
   * Whether a host is expected.
   *
   * @internal
   */
  expects(host: string): boolean {
    return this.coherence.expects(host)
  }

  /** @internal */
  get limits(): Limits {
    return this.gossip.limits
  }

  /** @internal */
  peer(session: Session): PeerView {
    return peerOf(session, this.streams.get(session)?.stream ?? null)
  }

  /**
   * Whether anything can be written at present.
   *
   * @throws GossipError `ERR_DISK` while the journal cannot be.
   * @internal
   */
  checkWritable(): void {
    this.upkeep.check()
  }

  /** @internal */
  checkOpen(outcome: string): void {
    if (this.closing !== null) throw new GossipError('ERR_CLOSED', `"${this.host}" is closed; ${outcome}.`)
  }

  /** What a user's function throws is told to whoever listens for errors: here, or at a reader. */
  protected override call(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (this.readers.some((reader) => reader.complain?.(error) === true)) return
      super.call(() => {
        throw error
      })
    }
  }

  private observer(): Observer {
    return {
      change: (change, from) => {
        for (const reader of this.readers) reader.change?.(change, from)
      },
      expire: (name) => {
        for (const reader of this.readers) reader.expire?.(name)
      },
      connect: (session) => {
        if (session.options.expected) this.await((session.peer as { host: string }).host)
        for (const reader of this.readers) reader.meet?.(session)
        this.tell('connect', this.peer(session))
      },
      sync: (session) => {
        this.settlement.review()
        this.tell('sync', this.peer(session))
      },
      disconnect: (session, error) => this.disconnected(session, error),
      refused: (session, code, count, by) => this.tell('refused', { peer: this.peer(session), code, count, by }),
      differ: (session, count) => this.tell('differs', { peer: this.peer(session), count }),
      impostor: (session, author, seq) => this.tell('impostor', { author, seq, peer: this.peer(session) }),
      acknowledge: (session) => {
        this.settlement.review()
        for (const reader of this.readers) reader.acknowledge?.(session)
      },
      review: () => this.review(),
      fault: (error) => this.blame(error)
    }
  }

  /** What was thrown where nobody can be told is told like what a listener throws. */
  private blame(error: unknown): void {
    this.call(() => {
      throw error
    })
  }

  private tell<K extends keyof PeerEvents>(event: K, ...args: PeerEvents[K]): void {
    this.emit(event, ...args)
    for (const reader of this.readers) reader.tell?.(event, ...args)
  }

  private disconnected(session: Session, error: Error | null): void {
    const host = session.peer?.host
    if (host !== undefined && session.left) this.coherence.leave(host, this.gossip.sessions)
    this.review(session)
    this.settlement.review()
    if (host !== undefined) {
      for (const reader of this.readers) reader.part?.(session)
      this.tell('disconnect', this.peer(session), error)
    } else if (error !== null) this.tell('error', error)
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

  private review(parted: Session | null = null): void {
    const changed = this.coherence.review(this.gossip.sessions, this.clock())
    this.lookForAbsent(parted)
    if (!changed) return
    if (this.coherent) this.tell('coherent')
    else this.tell('incoherent', this.doubts())
  }

  /** Who is away is remembered with what it held: events that are let go of meanwhile are lost to it. */
  private lookForAbsent(parted: Session | null): void {
    const { topics } = this.gossip
    if (this.coherent && topics.absent.size === 0) return
    const away = this.doubts().filter(({ why }) => why === 'disconnected')
    topics.absent = new Map(away.map(({ host }) => [host, parted?.peer?.host === host ? parted.peer : topics.absent.get(host) ?? null]))
  }

  /** Who could confirm: the expected hosts and the connected ones, but for those to whom nothing of ours flows. */
  private everyone(): Set<string> {
    const hosts = new Set(this.coherence.hosts())
    const { sessions } = this.gossip
    const confirms = ({ claims, withholds }: Session): boolean => claims && !withholds
    for (const session of sessions) if (session.peer !== null && !confirms(session)) hosts.delete(session.peer.host)
    for (const session of sessions) if (session.peer !== null && confirms(session)) hosts.add(session.peer.host)
    return hosts
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
}
