/**
 * A flood: any message, once, to every host. After pull-flood; messages missed while a link was down come when it is back.
 *
 * It is a reader of the log like others: a message is a change, and what streams and sessions do for a store they do for it.
 */
import { coreOf, isShared } from '../core/core.js'
import type { Core } from '../core/core.js'
import type { SettledOptions } from '../core/settlement.js'
import type { StreamOptions } from '../core/options.js'
import { Station } from '../core/station.js'
import type { PeerView } from '../core/view.js'
import { Emitter } from '../emitter.js'
import type { Events } from '../emitter.js'
import type { Session } from '../gossip/session.js'
import type { Json } from '../json.js'
import { argsOf } from '../kinds/event.js'
import type { Change } from '../log/change.js'
import type { Duplex } from '../pull.js'
import type { Frame } from '../wire/message.js'
import { Kept } from './kept.js'
import { floodOptions } from './options.js'
import type { FloodListeners, FloodOptions, SharedFloodOptions } from './options.js'

/**
 * Makes a flood: one of its own, or with `gossip` one that shares its log and streams with other readers.
 *
 * @throws GossipError `ERR_OPTION` if an option is none, or not what it must be.
 */
export function createFlood(options: FloodOptions | SharedFloodOptions = {}): Flood {
  return new Flood(options)
}

/** Floods messages. Made by `createFlood`. */
export class Flood extends Emitter<Events> {
  readonly host: string
  private readonly core: Core
  private readonly station: Station
  private readonly kept: Kept
  private readonly told: FloodListeners
  private readonly alone: boolean
  private readonly detach: () => void
  private closed = false

  constructor(options: FloodOptions | SharedFloodOptions) {
    super()
    const { core, listeners, ...station } = floodOptions(options)
    this.told = listeners
    this.alone = !isShared(options)
    this.core = coreOf(core)
    this.host = this.core.host
    this.kept = new Kept(this.core.clock)
    this.station = new Station(this.core, 'flood', station, {
      hear: (args, event) => this.hear(args, event),
      gap: (gap) => this.call(() => listeners.onGap?.(gap)),
      recall: (args, event) => this.keep(args, event),
      move: (event, now) => this.kept.move(event, now),
      drop: (event) => this.drop(event),
      lose: () => {}
    })
    this.detach = this.core.attach({
      meet: (session) => this.call(() => listeners.onConnect?.(labelOf(session))),
      part: (session) => this.call(() => listeners.onDisconnect?.(labelOf(session))),
      tell: (event, ...args) => {
        if (event === 'error') this.emit('error', args[0])
      },
      complain: (error) => {
        const heard = this.hears('error')
        if (heard) this.emit('error', error)
        return heard
      },
      close: () => this.end()
    })
  }

  /** The messages that are kept, by when they came: keys are unique, and rise. Cannot be written to; goes on as messages come and go. */
  get data(): Readonly<Record<string, Json>> {
    return this.kept.data
  }

  /**
   * Floods a message, any JSON. Every one is new, unless `id` says that one like it is kept: then nothing is done. Says whether to go on:
   * false from `capacity` messages on that some connected host was not sent yet, or that nobody was there to be sent.
   *
   * @throws GossipError `ERR_OPTION` for what JSON cannot carry, with the path to the offender; `ERR_FULL` at `bufferBytesMax`;
   * `ERR_DISK` while the journal cannot be written; `ERR_CLOSED`. Nothing is flooded then.
   */
  append(message: Json): boolean {
    return this.isKept(message) || this.station.emit([message], message, 'message')
  }

  /** Resolves once `append` would say true, or the flood is closed. Where nobody ever connects it never does. */
  drained(): Promise<void> {
    return this.station.drained()
  }

  /** Resolves once so many peers, or with `disk: true` the journal, hold all that was appended here until now, as `settled` of a store does. */
  settled(options: SettledOptions = {}): Promise<string[]> {
    return this.core.settled(options)
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

  /** Closes this flood: says bye to all peers, unless its core is shared, and resolves once they took it. */
  close({ leave = false }: { leave?: boolean } = {}): Promise<void> {
    this.end()
    if (this.alone) return this.core.close({ leave })
    this.detach()
    return Promise.resolve()
  }

  private hear(args: Json[], event: Change): void {
    const { onMessage } = this.told
    if (this.keep(args, event)) this.call(() => onMessage?.(args[0] as Json))
  }

  /** Keeps a message, unless one that counts as the same is kept; says whether it did. */
  private keep(args: Json[], event: Change): boolean {
    if (args.length !== 1) return false
    const [message] = args as [Json]
    if (this.isKept(message)) return false
    this.kept.add(event, message, this.told.id === undefined ? null : this.idOf(message))
    return true
  }

  private drop(event: Change): void {
    if (!this.kept.remove(event)) return
    this.call(() => this.told.onDrop?.(argsOf(event.body)[0] as Json))
  }

  /** Whether a message that counts as the same is kept. */
  private isKept(message: Json): boolean {
    if (this.told.id === undefined) return false
    const id = this.idOf(message)
    return id !== null && this.kept.has(id)
  }

  /** What throws names no message. */
  private idOf(message: Json): string | null {
    let id: string | null = null
    this.call(() => {
      id = String(this.told.id?.(message))
    })
    return id
  }

  private end(): void {
    if (this.closed) return
    this.closed = true
    this.station.close()
  }
}

/** How a user calls a peer. */
function labelOf({ options, peer }: Session): string {
  return options.id ?? peer?.host ?? ''
}
