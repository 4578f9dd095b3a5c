/**
 * What a host notes for those who watch it: since when it is coherent, the newest changes, the names, the hosts that were ever heard of.
 *
 * Changes are noted from the first question on; a host that nobody watches pays nothing.
 */
import type { GossipNode } from '../../node/node.js'
import type { ChangeView } from '../../store/reader.js'
import { hostsMax, sliceChanges, tailMax } from '../bounds.js'
import { Directory } from './directory.js'
import { Heard } from './heard.js'

/** A change, and by whom it came here; null for our own. */
export type Noted = { number: number; at: number; change: ChangeView; from: string | null }

export class Watch {
  /** When `coherent` last changed. */
  since = Date.now()
  /** What its bus hears, from the start. */
  readonly heard: Heard
  /** Links that others dialled and that were refused, by the bound that each would have passed. */
  readonly linksRefused = new Map<string, number>()
  /** Changes noted so far. */
  count = 0
  /** The hosts whose changes are held, the first of them. */
  readonly hosts = new Set<string>()
  private readonly ring: Noted[] = []
  private names: Directory | null = null

  constructor(readonly node: GossipNode) {
    const turned = (): void => { this.since = Date.now() }
    this.heard = new Heard(node)
    node.store.on('coherent', turned)
    node.store.on('incoherent', turned)
    node.on('refused', (bound) => this.linksRefused.set(bound, (this.linksRefused.get(bound) ?? 0) + 1))
  }

  /** The names; the first question makes their directory. */
  get directory(): Directory {
    if (this.names !== null) return this.names
    const names = new Directory(this.node)
    this.names = names
    this.node.store.on('change', (change, from) => {
      names.take(change)
      this.note(change, from)
    })
    this.meetAll()
    return names
  }

  /** The newest changes above a number, in order, a few at most. */
  tail(above: number): Noted[] {
    const from = Math.max(above, this.count - tailMax)
    return Array.from({ length: this.count - from }, (_, i) => this.ring[(from + i) % tailMax] as Noted)
  }

  private note(change: ChangeView, from: string | null): void {
    const number = this.count
    this.ring[number % tailMax] = { number, at: Date.now(), change, from }
    this.count = number + 1
    this.meet(change.host)
  }

  private meet(host: string): void {
    if (this.hosts.size < hostsMax) this.hosts.add(host)
  }

  /** Reads all that is held, a slice at a time, for who wrote it. */
  private meetAll(): void {
    const source = this.node.store.changes()
    const slice = (): void => {
      for (let i = 0; i < sliceChanges; i += 1) {
        let open = true
        // With `live` false the source answers at once.
        source(null, (end, change) => {
          open = !end
          if (change !== undefined) this.meet(change.host)
        })
        if (!open) return
      }
      setImmediate(slice).unref()
    }
    slice()
  }
}
