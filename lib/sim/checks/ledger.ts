/**
 * What hosts wrote, and what those that are gone had been told that others hold.
 *
 * It must be made before the first write.
 */
import type { Json } from '../../json.js'
import type { Expire } from '../../log/expire.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { gossipOf, keyOf } from './check.js'
import type { Place } from './check.js'

/** One write of one author to one of its cells. */
export type Entry = Place & { part: string; seq: number; body: Json; expire: Expire }

/** A crashed author was told by somebody, who runs on, that this of it is held there. */
export type Receipt = { entry: Entry; by: string }

export class Ledger {
  /** All that each author wrote to each of its cells, in order. */
  readonly written = new Map<string, Map<string, Entry[]>>()
  readonly receipts: Receipt[] = []
  private readonly mortal = new Set<string>()

  constructor(network: Network) {
    network.watch({
      change: (_, { author, kind, name, part, seq, body, expire }, from) => {
        if (from === null) this.write({ author, kind, name, part, seq, body, expire: expire === 'never' ? 0 : expire })
      },
      crash: (host) => this.receive(host)
    })
  }

  /** What an author wrote to a cell, if anything. */
  entries({ author, ...place }: Place & { part: string }): readonly Entry[] {
    return this.written.get(author)?.get(keyOf({ author, ...place })) ?? []
  }

  /** Whether anybody ever said until when a name lives. */
  isMortal({ kind, name }: Place): boolean {
    return this.mortal.has(JSON.stringify([kind, name]))
  }

  /** The last write to each cell of an author. */
  latest(author: string): Entry[] {
    return [...(this.written.get(author)?.values() ?? [])].map((entries) => entries.at(-1) as Entry)
  }

  private write(entry: Entry): void {
    const cells = this.written.get(entry.author) ?? new Map<string, Entry[]>()
    this.written.set(entry.author, cells)
    if (entry.expire !== null) this.mortal.add(JSON.stringify([entry.kind, entry.name]))
    const key = keyOf(entry)
    const entries = cells.get(key)
    if (entries === undefined) cells.set(key, [entry])
    else entries.push(entry)
  }

  /** What a host that crashes now was told by those it was linked with: the label of a link's stream is the host at its other end. */
  private receive({ store }: SimHost): void {
    const { own, sessions } = gossipOf(store)
    for (const { peer, options } of sessions) {
      const held = peer?.held(own)
      if (peer === null || held === undefined || options.id !== peer.host) continue
      for (const entries of this.written.get(own.id)?.values() ?? []) {
        const entry = entries.findLast(({ seq }) => held.covers(seq))
        if (entry !== undefined) this.receipts.push({ entry, by: `${peer.host}~${peer.life}` })
      }
    }
  }
}
