/**
 * Where a host emits and hears the events of one topic: what a flood and a bus have in common.
 */
import { GossipError } from '../errors.js'
import { startOf } from '../gossip/age.js'
import { Hearing } from '../gossip/hearing.js'
import type { Topic } from '../gossip/topic.js'
import { flawIn, textOf } from '../json.js'
import type { Json } from '../json.js'
import { argsOf } from '../kinds/event.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Core } from './core.js'

/** Events that will not be heard: they were let go of before they came here. */
export type Gap = {
  /** Whose they are, in which life: `host~life`. */
  host: string
  author: string
  /** By their numbers: those that an author emitted count 1, 2, 3… */
  from: number
  to: number
}

export type StationOptions = {
  /** How many events are kept for those who are away. */
  max: number
  /** How long an event lives. */
  lifeMs: number
  /** Whether what was emitted before is heard too. */
  replay: boolean
  /** Whether we hear ourselves. */
  echo: boolean
}

/** Who hears. What these throw, they must tell themselves. */
export interface Listeners {
  hear(args: Json[], event: Change): void
  gap(gap: Gap): void
  /** An event is kept that was heard before this host started; or one that was heard is kept as another. */
  recall?(args: Json[], event: Change): void
  move?(event: Change, now: Change): void
  /** An event was let go of; where it is `lost`, somebody who is away had not got it. */
  drop(event: Change): void
  lose(event: Change): void
}

export class Station {
  private readonly topic: Topic
  private readonly hearing: Hearing
  private closed = false

  constructor(
    private readonly core: Core,
    name: string,
    private readonly options: StationOptions,
    private readonly listeners: Listeners
  ) {
    const { gossip } = core
    this.topic = gossip.topics.open(name, options.max)
    this.topic.onDrop.add(listeners.drop)
    this.topic.onLoss.add(listeners.lose)
    // What began with its host began before it could be told anything.
    const since = gossip.topics.hasMet ? Math.floor(core.clock()) : startOf(gossip.own)
    const hearing = { replay: options.replay, self: options.echo, since }
    this.hearing = new Hearing(gossip, this.topic, hearing, {
      hear: (event) => listeners.hear(argsOf(event.body), event),
      gap: (author: Author, from, to) => listeners.gap({ host: author.host, author: author.id, from, to }),
      recall: (event) => listeners.recall?.(argsOf(event.body), event),
      move: (event, now) => listeners.move?.(event, now)
    })
  }

  /**
   * Emits an event, of which users know this part by this name; says whether it may go on so.
   *
   * @throws GossipError `ERR_OPTION` for what JSON cannot carry, `ERR_FULL`, `ERR_DISK` while the journal cannot be written, `ERR_CLOSED`.
   */
  emit(args: readonly unknown[], known: unknown, name: string): boolean {
    const { gossip, kinds } = this.core
    const { bodyBytesMax, depthMax } = gossip.limits
    if (this.closed) throw new GossipError('ERR_CLOSED', `"${this.core.host}" is closed; nothing was emitted.`)
    this.core.checkWritable()
    const text = textOf(args, bodyBytesMax, depthMax)
    if (text === undefined) {
      const flaw = flawIn(known, name, bodyBytesMax, depthMax - 1) ?? `${name} is too large`
      throw new GossipError('ERR_OPTION', `${flaw}, and events carry JSON of at most ${bodyBytesMax} bytes and ${depthMax} levels; nothing was emitted.`)
    }
    return gossip.topics.emit(this.topic, kinds.event, text, this.options.lifeMs)
  }

  /** Resolves when `emit` says true again, or the host is closed. */
  drained(): Promise<void> {
    return this.closed ? Promise.resolve() : this.core.gossip.topics.drained(this.topic)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.hearing.close()
    this.topic.onDrop.delete(this.listeners.drop)
    this.topic.onLoss.delete(this.listeners.lose)
  }
}
