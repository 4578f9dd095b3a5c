/**
 * What a host hears on its bus, for those who listen to it there: the newest events, and the gaps between them.
 *
 * Who listens owns no queue: it is a position among what is held here, and is told how many were let go of before it came to them.
 */
import { createBus, type Bus } from '../../bus/bus.js'
import type { Json } from '../../json.js'
import type { GossipNode } from '../../node/node.js'
import { heardCharsMax, heardMax, tailMax } from '../bounds.js'

/** An event, or a gap, which has no name. `json` is what is told of it. */
type Item = { number: number; at: number; host: string; name: string | null; json: string }

/** An event. */
export type HeardItem = Item & { name: string }

/** Who listens. */
export type Listener = {
  /** Something came. */
  wake(): void
  /** What has this number is let go of. */
  lose(item: Item): void
}

export class Heard {
  /** It hears itself, which `node.bus` does not: who emits and who listens at one host are different commands. */
  readonly bus: Bus
  /** Events since the start: emitted through this host, heard by it, never to be heard, and let go of while a host that is away had not got them. */
  emitted = 0
  heard = 0
  missed = 0
  dropped = 0
  /** Events and gaps so far. */
  count = 0
  /** The number of the oldest that is held. */
  start = 0
  private readonly items = new Map<number, Item>()
  private chars = 0
  private readonly listeners = new Set<Listener>()
  private draining: Promise<void> | null = null

  constructor(node: GossipNode) {
    this.bus = createBus({ gossip: node.core, echo: true })
    this.bus.stream.on('hear', ([name, ...args], host) => {
      this.heard += 1
      this.note(host, name, { name, args, host })
    })
    this.bus.stream.on('gap', (gap) => {
      this.missed += gap.to - gap.from + 1
      this.note(gap.host, null, gap)
    })
    this.bus.stream.on('drop', () => { this.dropped += 1 })
  }

  /**
   * Emits an event; says whether to go on, as `emit` of a bus does.
   *
   * @throws GossipError as that does.
   */
  emit(name: string, args: readonly Json[]): boolean {
    const more = this.bus.emit(name, ...args)
    this.emitted += 1
    return more
  }

  /** Resolves once events can be emitted again; one promise for all who wait. */
  drained(): Promise<void> {
    this.draining ??= this.bus.drained().finally(() => { this.draining = null })
    return this.draining
  }

  /** What has a number that is held. */
  item(number: number): Item | undefined {
    return this.items.get(number)
  }

  /** The newest events above a number, in order, a few at most. */
  tail(above: number): HeardItem[] {
    const from = Math.max(above, this.start, this.count - tailMax)
    const items = Array.from({ length: this.count - from }, (_, i) => this.item(from + i))
    return items.filter((item): item is HeardItem => typeof item?.name === 'string')
  }

  /** Tells a listener from now on; gives what ends that. */
  join(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  private note(host: string, name: string | null, told: object): void {
    const [number, at] = [this.count, Date.now()]
    const item = { number, at, host, name, json: JSON.stringify({ ...told, at }) }
    this.items.set(number, item)
    this.chars += item.json.length
    this.count = number + 1
    for (const listener of this.listeners) listener.wake()
    this.trim()
  }

  private trim(): void {
    while (this.items.size > heardMax || this.chars > heardCharsMax) {
      const item = this.items.get(this.start) as Item
      for (const listener of this.listeners) listener.lose(item)
      this.items.delete(this.start)
      this.chars -= item.json.length
      this.start += 1
    }
  }
}
