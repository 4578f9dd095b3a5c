/**
 * A node: a store with links of its own. It listens, dials, keeps one link to each host it knows, heals by itself, and carries packets.
 *
 * What is done with links is decided in lib/dial, without IO; here are the transports, the timer and the sessions. After masterless.
 */
import { createBus, type Bus } from '../bus/bus.js'
import type { Core } from '../core/core.js'
import { checkHost } from '../core/options.js'
import { absent, type PeerView } from '../core/view.js'
import { Dial, type Ending, type Hands } from '../dial/dial.js'
import type { Link, Reason, Word } from '../dial/link.js'
import type { Letter } from '../dial/outbox.js'
import type { Call } from '../dial/target.js'
import { Turns } from '../dial/turns.js'
import { Emitter } from '../emitter.js'
import { GossipError, shown } from '../errors.js'
import type { Json } from '../json.js'
import { uriBytesMax, urisMax, type Limits } from '../limits.js'
import { exceeds } from '../log/text.js'
import { createStore, type Store } from '../store/store.js'
import { realTime, type Time } from '../stream/time.js'
import { broken, type Connection } from '../transport/socket.js'
import type { NodeEvents } from './events.js'
import { Lines, turnAway, type Line } from './lines.js'
import { Mail } from './mail.js'
import { nodeOptions, openCore, uris, type NodeOptions, type Transports } from './options.js'
import type { Ear } from './port.js'
import { Porch } from './porch.js'

/** One host that is connected or kept, as it is at the moment of asking. */
export type NodePeer = PeerView & {
  /** Where it was dialled, or says that it listens. */
  uri: string | null
  /** Whether it is kept here. */
  kept: boolean
  /** Whether it keeps us, as far as it said. */
  keptThere: boolean | null
  /** Packets that wait for a link, or for the host's confirmation. */
  packets: number
}

/**
 * Makes a node, which begins to listen and to dial at once.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be; `ERR_PEERS` for more to keep than `outboundMax`; `ERR_LOCKED`,
 * `ERR_JOURNAL`, `ERR_DISK` for a journal that it cannot use.
 */
export function createNode(options: NodeOptions): GossipNode {
  return new GossipNode(options)
}

/** A node. Made by `createNode`. */
export class GossipNode extends Emitter<NodeEvents> {
  readonly host: string
  /** What it replicates. */
  readonly store: Store
  /** @internal */
  readonly core: Core
  private readonly time: Time
  private readonly limits: Limits
  private readonly transports: Transports
  private readonly dial: Dial
  private readonly turns = new Turns()
  private readonly lines: Lines
  private readonly mail: Mail
  private readonly porch: Porch
  private readonly expected: ReadonlySet<string>
  private readonly calls = new Map<Call, AbortController>()
  private readonly waiting = new Set<{ resolve: () => void; reject: (error: unknown) => void }>()
  private timer: { at: number; cancel: () => void } | null = null
  private closing: Promise<void> | null = null
  private heard: Bus | null = null

  constructor(options: NodeOptions) {
    super()
    const { store, listen, connect, transports } = nodeOptions(options)
    const { expireDefault, ...core } = store
    this.core = openCore(core)
    this.store = createStore({ gossip: this.core, expireDefault })
    this.host = this.core.host
    this.expected = new Set(store.expect)
    this.time = store.time ?? realTime
    this.limits = this.core.limits
    this.transports = transports
    this.dial = new Dial({ host: this.host, limits: this.limits, random: store.random ?? Math.random, hands: this.hands() })
    this.mail = new Mail(this.limits)
    this.lines = new Lines(this.core, this.limits, this.ear(), {
      ended: (link, ending) => this.ended(link, ending), done: (line) => this.done(line)
    })
    this.core.on('coherent', () => this.greetReady())
    if (connect.length > this.limits.outboundMax) this.refuseMore()
    this.porch = new Porch(transports, (connection, from) => this.accept(connection, from), (uri) => this.listens(uri), (error) => this.deaf(error))
    this.porch.open(listen)
    for (const addresses of connect) this.run(() => this.dial.connect(addresses, this.time.now()))
  }

  /** A bus on the links of this node, and beside its store. It hears what is emitted from when it is first asked for, and ends with the node. */
  get bus(): Bus {
    this.heard ??= createBus({ gossip: this.core })
    return this.heard
  }

  /**
   * Listens at an address, or at several, beside those that it listens at already.
   *
   * @throws GossipError `ERR_OPTION` for what is no address, `ERR_CLOSED`.
   */
  listen(address: string | readonly string[]): void {
    const addresses = uris(address, this.transports)
    this.checkOpen()
    this.porch.open(addresses)
  }

  /** Where it listens first, as `connect` of others takes it; null before it does, and if it does not. */
  info(): string | null {
    return this.porch.uris[0] ?? null
  }

  /**
   * Keeps whoever is met at an address, or at one of several of one host, which are tried in turn. Dials again whenever the link is gone.
   *
   * @throws GossipError `ERR_OPTION` for what is no address, `ERR_PEERS` beyond `outboundMax`, `ERR_CLOSED`.
   */
  connect(address: string | readonly string[]): void {
    const addresses = uris(address, this.transports)
    this.checkOpen()
    if (this.dial.full && !this.dial.aims(addresses)) this.refuseMore()
    this.run(() => this.dial.connect(addresses, this.time.now()))
  }

  /**
   * Keeps a host no longer and closes its link. A host that keeps us dials again. Also takes an address at which nobody was met yet.
   */
  disconnect(host: string): void {
    this.run(() => this.dial.disconnect(String(host), this.time.now()))
  }

  /**
   * Keeps a host, wherever it is known to listen; or, with false, no longer. A link stays as long as either end keeps it.
   *
   * @throws GossipError `ERR_OPTION` for what is no host, or our own; `ERR_PEERS` beyond `outboundMax`; `ERR_CLOSED`.
   */
  keep(host: string, yes = true): void {
    if (checkHost(host, 'a host to keep') === this.host) throw new GossipError('ERR_OPTION', `"${host}" cannot keep itself; nothing was changed.`)
    this.checkOpen()
    if (yes && !this.dial.keeps(host) && this.dial.full) this.refuseMore()
    this.run(() => this.dial.keep(host, yes, this.time.now()))
  }

  /**
   * Sends a packet, any JSON, to a host that is connected, or that is kept and away; or to several. At most once, in order for each host.
   *
   * Says whether it was taken, or for how many hosts. Not taken is what is for others, and what passes `packetsMax` or `packetBytesMax`
   * with what waits. What was taken and did not arrive is told as `lost`.
   *
   * @throws GossipError `ERR_OPTION` if the packet is no JSON, nested too deep, or too large.
   */
  send(host: string, packet: Json): boolean
  send(hosts: readonly string[], packet: Json): number
  send(to: string | readonly string[], packet: Json): boolean | number {
    const letter = this.mail.letter(packet)
    if (typeof to === 'string') return this.post(to, letter)
    if (!Array.isArray(to)) throw new GossipError('ERR_OPTION', `a packet is sent to a host, or to an array of hosts, not to ${shown(to)}; nothing was sent.`)
    return (to as readonly string[]).filter((host) => this.post(host, letter)).length
  }

  /** The hosts that are connected or kept. */
  peers(): NodePeer[] {
    return this.dial.hosts().map((host) => {
      const link = this.dial.link(host)
      const line = link === null ? undefined : this.lines.get(link)
      return {
        ...(line === undefined ? absent(host) : this.core.peer(line.session)), uri: uriOf(link) ?? this.dial.addresses(host)[0] ?? null,
        kept: this.dial.keeps(host), keptThere: link?.kept ?? null, packets: this.mail.outbox(host)?.size ?? 0
      }
    })
  }

  /** Resolves once it listens, and is in step with all that it keeps and expects. Rejects if it cannot listen, or is closed before. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.add({ resolve, reject })
      this.greetReady()
    })
  }

  /**
   * Listens and dials no more, lets packets arrive, says bye on every link, and resolves once all is over, after `closeMs` at the latest.
   * With `leave` nobody expects or keeps this host any longer. `cb` is called then, too.
   *
   * The store can be read afterwards. Further calls give the same promise.
   */
  close(cb?: () => void): Promise<void>
  close(options: { leave?: boolean }, cb?: () => void): Promise<void>
  close(first: (() => void) | { leave?: boolean } = {}, second?: () => void): Promise<void> {
    const [{ leave = false }, cb] = typeof first === 'function' ? [{}, first] : [first, second]
    this.closing ??= this.shut(leave)
    if (cb !== undefined) void this.closing.then(() => this.call(cb))
    return this.closing
  }

  private async shut(leave: boolean): Promise<void> {
    this.porch.close()
    const cut = this.time.after(this.limits.closeMs, () => this.lines.destroy())
    this.lines.leave()
    this.run(() => this.dial.close())
    await this.core.close({ leave })
    cut()
    this.timer?.cancel()
    this.timer = null
    this.greetReady()
  }

  /** Takes something in, does what is decided upon it, and sees when time is to be told next. */
  private run(input: () => void): void {
    this.turns.run(input)
    const at = this.closing === null ? this.dial.deadlineAt : Infinity
    if (at === this.timer?.at) return
    this.timer?.cancel()
    this.timer = null
    if (at === Infinity) return
    const cancel = this.time.after(Math.max(1, at - this.time.now()), () => {
      this.timer = null
      this.run(() => this.dial.tick(this.time.now()))
    })
    this.timer = { at, cancel }
  }

  private hands(): Hands {
    const later = (deed: () => void): void => this.turns.later(deed)
    return {
      dial: (call) => later(() => this.begin(call)),
      hangUp: (call) => later(() => this.calls.get(call)?.abort()),
      say: (link, word) => later(() => this.lines.get(link)?.port.say(word)),
      probe: (link) => later(() => this.lines.get(link)?.port.probe()),
      close: (link, reason) => later(() => this.part(link, reason)),
      expect: (whom) => later(() => this.core.await(whom)),
      forget: (whom) => later(() => {
        // Who is expected by the user's own word stays so.
        if (!this.expected.has(whom)) this.core.forget(whom)
      }),
      connect: (host, link, how) => later(() => {
        if (how === 'new') this.emit('connect', host, uriOf(link))
        else if (how === 'again') this.emit('reconnect', host, uriOf(link))
        this.lines.get(link)?.session.wake()
      }),
      disconnect: (host, error) => later(() => {
        this.emit('disconnect', host, error)
        this.sweep(host)
      }),
      backoff: (whom, waitMs, failures, error) => later(() => this.emit('backoff', whom, { waitMs, failures, error }))
    }
  }

  private ear(): Ear {
    const { dial } = this
    return {
      met: (link, met) => {
        this.lines.meet(met.host)
        this.run(() => dial.met(link, met, this.time.now()))
      },
      heard: (link, word) => this.run(() => dial.hear(link, this.reachable(link, word), this.time.now())),
      packet: (host, packet) => this.emit('message', host, packet),
      answered: (link) => this.run(() => dial.answered(link, this.time.now())),
      outbox: (link) => {
        const host = link.met?.host
        const may = host !== undefined && link.met?.node === true && (dial.link(host) === link || this.lines.get(link)?.leaving === true)
        return may ? this.mail.outbox(host) : null
      }
    }
  }

  /** Closes a link. If the end is wanted, the packets that wait go before it. */
  private part(link: Link, reason: Reason): void {
    const line = this.lines.get(link)
    if (line === undefined) return
    line.leaving = reason === 'close' || reason === 'unkept'
    line.session.close(reason)
  }

  /** Dials. */
  private begin(call: Call): void {
    const abort = new AbortController()
    this.calls.set(call, abort)
    const failed = (error: unknown): void => {
      this.calls.delete(call)
      this.run(() => this.dial.failed(call, error instanceof Error ? error : broken(error), this.time.now()))
    }
    const connected = (connection: Connection): void => {
      this.calls.delete(call)
      this.run(() => {
        const link = this.dial.dialled(call)
        if (link === null) connection.destroy()
        else this.turns.later(() => this.talk(link, connection))
      })
    }
    // A transport of the user's may throw rather than reject.
    Promise.resolve().then(() => this.transports.of(call.uri).connect(call.uri, abort.signal)).then(connected, failed)
  }

  /** Somebody dialled us. */
  private accept(connection: Connection, from: string | null): void {
    this.run(() => {
      const link = this.closing === null ? this.dial.accept(from, this.time.now()) : 'peersMax'
      this.turns.later(() => {
        if (typeof link !== 'string') return this.talk(link, connection)
        turnAway(connection)
        this.emit('refused', link, from)
      })
    })
  }

  private talk(link: Link, connection: Connection): void {
    try {
      this.lines.begin(link, connection)
    } catch (error) {
      turnAway(connection)
      if (link.uri === null) this.emit('refused', 'peersMax', link.address)
      this.ended(link, { error: error as Error, left: false, mirrored: false })
    }
  }

  private ended(link: Link, ending: Ending): void {
    this.run(() => this.dial.ended(link, ending, this.time.now()))
  }

  private done({ link, port }: Line): void {
    const host = link.met?.host
    if (host === undefined) return
    for (const { packet } of port.lose()) this.emit('lost', host, packet, true)
    this.sweep(host)
  }

  /** What waits for a host that is neither there, nor kept, nor about to go, is lost. */
  private sweep(host: string): void {
    if (this.dial.keeps(host) || this.dial.link(host) !== null || this.lines.lead(host)) return
    for (const { packet } of this.mail.drop(host)) this.emit('lost', host, packet, false)
  }

  private post(host: string, letter: Letter): boolean {
    if (this.closing !== null) return false
    const link = this.dial.link(host)
    if (link === null ? !this.dial.keeps(host) : link.met?.node !== true) return false
    const taken = this.mail.put(host, letter)
    if (link !== null && taken) this.lines.get(link)?.session.wake()
    return taken
  }

  /** The addresses in a word that we have a transport for, as they can be dialled from here. */
  private reachable(link: Link, word: Word): Word {
    const line = this.lines.get(link)
    const reached = word.uris.flatMap((told) => {
      try {
        return [line === undefined ? told : this.transports.of(told).reach?.(told, line.connection) ?? told]
      } catch {
        // Another host's transports need not be ours.
        return []
      }
    })
    return { ...word, uris: reached }
  }

  private listens(uri: string): void {
    this.dial.uris = this.porch.uris.filter((one) => !exceeds(one, uriBytesMax)).slice(0, urisMax)
    this.emit('listening', uri)
    this.greetReady()
  }

  /** It cannot listen: that must not go unheard. */
  private deaf(error: unknown): void {
    if (this.hears('error')) this.emit('error', error)
    else if (this.waiting.size === 0) this.call(() => { throw error })
    this.greetReady()
  }

  private greetReady(): void {
    const { failure } = this.porch
    const closed = this.closing === null ? null : new GossipError('ERR_CLOSED', `the node "${this.host}" is closed.`)
    if (failure === null && closed === null && (this.porch.opening || !this.core.coherent)) return
    for (const { resolve, reject } of this.waiting) {
      if (failure !== null || closed !== null) reject(failure ?? closed)
      else resolve()
    }
    this.waiting.clear()
  }

  private refuseMore(): never {
    throw new GossipError('ERR_PEERS', `outboundMax allows no more than ${this.limits.outboundMax} hosts and addresses to be kept; nothing was changed.`)
  }

  private checkOpen(): void {
    if (this.closing !== null) throw new GossipError('ERR_CLOSED', `the node "${this.host}" is closed; nothing was changed.`)
  }
}

function uriOf(link: Link | null): string | null {
  return link?.uri ?? link?.word?.uris[0] ?? null
}
