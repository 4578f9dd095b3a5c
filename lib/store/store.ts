/**
 * A store: named values that every host of a network holds, writes locally and shares through duplex pull-streams.
 *
 * It is a reader of the log like others; what it adds is handles.
 */
import { coreOf, isShared } from '../core/core.js'
import type { Core, SettledOptions } from '../core/core.js'
import { isNumbers } from '../core/kinds.js'
import { checkKeys } from '../core/options.js'
import type { StreamOptions } from '../core/options.js'
import type { LogReader } from '../core/reader.js'
import type { Key } from '../core/key.js'
import type { Proof } from '../core/proofs.js'
import type { PeerView, Statistics } from '../core/view.js'
import { Emitter } from '../emitter.js'
import { GossipError } from '../errors.js'
import type { Doubt } from '../gossip/coherence.js'
import type { Gossip } from '../gossip/gossip.js'
import type { Json } from '../json.js'
import { eventKind } from '../kinds/event.js'
import { integer } from '../kinds/numbers.js'
import type { Numbers } from '../kinds/numbers.js'
import type { Limits } from '../limits.js'
import type { Change } from '../log/change.js'
import { shownExpire } from '../log/expire.js'
import type { Duplex, Source } from '../pull.js'
import type { Frame } from '../wire/message.js'
import { Counter } from './counter.js'
import { Elements } from './elements.js'
import type { StoreEvents } from './events.js'
import { explain } from './explanation.js'
import type { Explanation } from './explanation.js'
import { Export } from './export.js'
import type { Exported, ExportOptions, TextSink } from './export.js'
import type { Home, WriteOptions } from './handle.js'
import { Import } from './import.js'
import type { Imported, ImportOptions, TextSource } from './import.js'
import { Members } from './members.js'
import { checkExpireDefault, checkName, storeKeys } from './options.js'
import type { SharedStoreOptions, StoreOptions } from './options.js'
import { Reader } from './reader.js'
import type { ChangeView } from './reader.js'
import { Register } from './register.js'
import type { Check, RegisterOptions } from './register.js'

/**
 * Makes a store in memory: one of its own, or with `gossip` one that shares its log and streams with other readers.
 *
 * Every start without a `journal` is a new life: what an earlier life of this host told others comes back from them, and new writes add to it.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be.
 */
export function createStore(options: StoreOptions | SharedStoreOptions): Store {
  return new Store(options)
}

/** A replicated store. Made by `createStore`. */
export class Store extends Emitter<StoreEvents> {
  readonly host: string
  private readonly core: Core
  private readonly gossip: Gossip
  private readonly readers = new Set<Reader>()
  private readonly members: Members
  private readonly home: Home
  /** Whether the core is this store's alone, and ends with it. */
  private readonly alone: boolean
  private readonly detach: () => void
  private closed = false
  private stirred = false

  constructor(options: StoreOptions | SharedStoreOptions) {
    super()
    this.alone = !isShared(options)
    checkKeys(options, isShared(options) ? ['gossip', 'expireDefault'] : storeKeys, isShared(options) ? 'createStore with a gossip' : 'createStore')
    const expireDefault = checkExpireDefault(options.expireDefault)
    this.core = coreOf(options)
    this.host = this.core.host
    this.gossip = this.core.gossip
    this.members = new Members(this.core.kinds.set)
    this.home = {
      gossip: this.gossip, expireDefault, checkOpen: () => this.checkOpen(), coherent: () => this.coherent,
      confirm: (name, kind, options) => this.core.confirm(name, kind, options)
    }
    this.detach = this.core.attach(this.reader())
  }

  /** Whether every expected host is connected, not silent and in step. */
  get coherent(): boolean {
    return this.core.coherent
  }

  /** The expected hosts in doubt, why, and since when. Coherent is no doubts. */
  doubts(): Doubt[] {
    return this.core.doubts()
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
    if (isNumbers(numbers)) return new Counter(name, this.core.kinds.counter(numbers), this.home, options)
    return new Counter(name, this.core.kinds.counter(integer), this.home, numbers)
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
    return new Register(name, this.core.kinds.register, this.home, options)
  }

  /**
   * A handle on a set of strings. It writes nothing.
   *
   * @throws GossipError `ERR_OPTION` as `counter` does.
   */
  set(name: string, options?: WriteOptions): Elements {
    this.checkName(name)
    return new Elements(name, this.core.kinds.set, this.home, this.members, options)
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
      if (kind === eventKind) continue
      for (const name of this.gossip.log.names(kind)?.values() ?? []) {
        if (name.text.startsWith(prefix) && name.size > 0 && this.gossip.expiry.phase(name) === 'live') found.push({ kind, name: name.text })
      }
    }
    return found.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))
  }

  /**
   * One end of a session with another host, to be piped to its other end through any codec and any connection.
   *
   * @throws GossipError `ERR_CLOSED`, `ERR_PEERS` if `peersMax` streams are open, `ERR_OPTION`.
   */
  createStream(options: StreamOptions | string = {}): Duplex<Frame, unknown> {
    return this.core.createStream(options)
  }

  /** The changes held, in order of arrival (`old`, default true), then those to come (`live`, default false), as a pull-stream source. */
  changes({ old = true, live = false }: { old?: boolean; live?: boolean } = {}): Source<ChangeView> {
    return new Reader(this.gossip.log, (change) => this.view(change), old, () => live && !this.closed, this.readers).source
  }

  /**
   * Resolves with their hosts once so many peers (default `'all'`: the expected and the connected ones, at least one) confirmed that
   * they hold all that was written here until now; with none at once if nothing was ever written. Only hosts with a stream here confirm.
   *
   * With `disk: true` it waits until the journal has all that is held here until now, and for peers only where `peers` is given too.
   *
   * Rejects with `ERR_TIMEOUT` after `timeoutMs` (default: never), with `ERR_DISK`, or with `ERR_CLOSED`; what was written stays written.
   */
  settled(options: SettledOptions = {}): Promise<string[]> {
    return this.core.settled(options)
  }

  /**
   * Writes the changes held, as lines of JSON, and resolves when the sink has taken them: to a pull-stream sink, or to a writable stream, which is
   * ended. What changes meanwhile is told as well; events are not.
   *
   * Rejects with what the sink fails with, or `ERR_CUT` if it ends before it has all; `ERR_OPTION`.
   */
  async exportTo(sink: TextSink, options: ExportOptions = {}): Promise<Exported> {
    checkKeys(options, ['after', 'onProgress'], 'exportTo')
    return new Export(this.gossip, options).to(sink)
  }

  /**
   * Takes in what `exportTo` wrote, here or at any host, from a pull-stream source or what can be iterated, and resolves when all is read. What is
   * known here already changes nothing; a line that cannot be taken in is refused and counted.
   *
   * Rejects with `ERR_IMPORT` if it is no export, or of a newer format; with what the source fails with; `ERR_CLOSED`, `ERR_DISK`, `ERR_OPTION`.
   */
  async importFrom(source: TextSource, options: ImportOptions = {}): Promise<Imported> {
    checkKeys(options, ['after', 'onProgress', 'onRefused'], 'importFrom')
    this.checkOpen()
    return new Import(this.gossip, options, () => new Promise((resolve, reject) => this.core.time.soon(() => {
      if (this.closed) reject(new GossipError('ERR_CLOSED', `the store "${this.host}" was closed; what was read until then is taken in.`))
      else resolve()
    }))).from(source)
  }

  /**
   * Asks every connected peer that audits what it holds of the names of that text, of all kinds, and resolves with who holds the same as this
   * host, bodies and all, and when that was seen; after `timeoutMs` (default: `timeoutMs` of the limits) with those that answered.
   *
   * @throws GossipError `ERR_OPTION`. Rejects with `ERR_CLOSED`.
   */
  async prove(name: string, options?: { timeoutMs?: number | undefined }): Promise<Proof[]> {
    this.checkName(name)
    return this.core.prove(name, options)
  }

  /** The open streams whose peers said who they are, and the expected hosts that are not there. */
  peers(): PeerView[] {
    return this.core.peers()
  }

  /** @internal */
  get limits(): Limits {
    return this.gossip.limits
  }

  /** What went in and out over all streams since the store was made, and what is held. */
  statistics(): Statistics {
    return this.core.statistics()
  }

  /**
   * Expects a host from now on, as `createStore({ expect })` does.
   *
   * @throws GossipError `ERR_OPTION` if it is no host's name, or our own.
   */
  expect(host: string): void {
    this.core.expect(host)
  }

  /** No longer expects a host: `coherent` does not wait for it. Its stream, if any, goes on. */
  forget(host: string): void {
    this.core.forget(host)
  }

  /**
   * Asks `authorize` anew about every peer: what one may be shown or say from now on is served and asked for, what it may not is kept back and
   * refused. Who is allowed nothing any more is parted from.
   */
  reauthorize(): void {
    this.core.reauthorize()
  }

  /**
   * Takes another key, or two while one takes the place of the other, for streams that are made from now on; open ones go on.
   *
   * @throws GossipError `ERR_OPTION` for what is no key, or if the store was made without one.
   */
  rekey(key: Key | readonly [Key, Key]): void {
    this.core.rekey(key)
  }

  /**
   * Says bye to every peer and resolves once they took it, or after `closeMs`. With `leave` they do not expect this host back. A store on a
   * shared `gossip` only ends itself.
   *
   * Reads go on afterwards; writes and new streams throw `ERR_CLOSED`. Further calls do nothing more.
   */
  close({ leave = false }: { leave?: boolean } = {}): Promise<void> {
    this.end()
    if (this.alone) return this.core.close({ leave })
    this.detach()
    return Promise.resolve()
  }

  private reader(): LogReader {
    return {
      change: (change, from) => {
        if (change.name.kind === eventKind) return
        if (change.name.kind === this.core.kinds.set.kind) this.members.take(change)
        if (this.readers.size > 0) this.stirReaders()
        if (this.hears('change')) this.emit('change', this.view(change), from?.peer?.host ?? null)
      },
      expire: ({ kind, text }) => {
        if (kind !== eventKind) this.emit('expire', { kind, name: text })
      },
      tell: (event, ...args) => this.emit(event, ...(args as never)),
      complain: (error) => {
        const heard = this.hears('error')
        if (heard) this.emit('error', error)
        return heard
      },
      close: () => this.end()
    }
  }

  /** Takes no more writes, and has no more to read. */
  private end(): void {
    if (this.closed) return
    this.closed = true
    for (const reader of this.readers) reader.end(true)
  }

  /** Wakes all readers, once this turn is over. */
  private stirReaders(): void {
    if (this.stirred) return
    this.stirred = true
    this.core.time.soon(() => {
      this.stirred = false
      for (const reader of [...this.readers]) this.call(() => reader.wake())
    })
  }

  private view({ author, seq, name, part, expire, body }: Change): ChangeView {
    const given = this.gossip.kind(name.kind).give(body, part)
    return { author: author.id, host: author.host, seq, kind: name.kind, name: name.text, part, expire: shownExpire(expire), body: given }
  }

  private checkName(name: string): void {
    checkName(name, this.gossip.limits.nameBytesMax)
  }

  private checkOpen(): void {
    if (this.closed) throw new GossipError('ERR_CLOSED', `the store "${this.host}" is closed; nothing was written.`)
    this.core.checkWritable()
  }
}
