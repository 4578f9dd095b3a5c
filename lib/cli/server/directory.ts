/**
 * The names of a store, sorted and searched, kept up to date while it changes: a store itself sorts all of them at every question.
 */
import type { GossipNode } from '../../node/node.js'
import type { ChangeView } from '../../store/reader.js'
import { searchesMax } from '../bounds.js'

export type Entry = { kind: string; name: string }

/** What of the names is wanted: those with a text in them, of one kind or all. */
export type Search = { text: string; kind: string | null }

type Held = Entry & { folded: string }

export class Directory {
  /** Rises whenever a name comes or goes. */
  version = 0
  private readonly known = new Map<string, Held>()
  private readonly endedAt = new Map<string, number>()
  private sorted: Held[] = []
  private fresh: Held[] = []
  private readonly results = new Map<string, { version: number; found: Entry[] }>()
  private removed = false

  constructor(private readonly node: GossipNode) {
    const { store } = node
    for (const { kind, name } of store.names()) this.add(kind, name)
    this.sorted = this.fresh
    this.fresh = []
    store.on('expire', ({ kind, name }) => this.remove(kind, name))
  }

  get size(): number {
    return this.known.size
  }

  /** A change was kept: its name is live, unless it ended and this does not revive it. */
  take({ kind, name, expire }: ChangeView): void {
    const key = keyOf(kind, name)
    if (this.known.has(key)) return
    if (this.endedAt.has(key) && (expire === null || (expire !== 'never' && expire <= Date.now()))) return
    this.endedAt.delete(key)
    this.add(kind, name)
  }

  /** The names that are wanted, in order. */
  find({ text, kind }: Search): readonly Entry[] {
    const key = JSON.stringify([text, kind])
    const known = this.results.get(key)
    if (known?.version === this.version) return known.found
    const folded = text.toLowerCase()
    const all = this.inOrder()
    const found = text === '' && kind === null ? all : all.filter((one) => (kind === null || one.kind === kind) && one.folded.includes(folded))
    this.results.delete(key)
    this.results.set(key, { version: this.version, found })
    for (const old of this.results.keys()) if (this.results.size > searchesMax) this.results.delete(old)
    return found
  }

  /** How many names of each kind there are. */
  byKind(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { kind } of this.known.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    return counts
  }

  private add(kind: string, name: string): void {
    const held = { kind, name, folded: name.toLowerCase() }
    this.known.set(keyOf(kind, name), held)
    this.fresh.push(held)
    this.version += 1
  }

  private remove(kind: string, name: string): void {
    const key = keyOf(kind, name)
    const { graceMs, skewMsMax } = this.node.core.limits
    const before = Date.now() - graceMs - skewMsMax
    // Forgotten by the store as well by then; the oldest come first.
    for (const [old, at] of this.endedAt) {
      if (at > before) break
      this.endedAt.delete(old)
    }
    if (!this.known.delete(key)) return
    this.endedAt.set(key, Date.now())
    this.removed = true
    this.version += 1
  }

  /** All names in order: those that came are sorted and merged in, so that one new name costs no sort of all. */
  private inOrder(): Held[] {
    if (this.removed) {
      this.sorted = this.sorted.filter((one) => this.isHeld(one))
      this.fresh = this.fresh.filter((one) => this.isHeld(one))
      this.removed = false
    }
    if (this.fresh.length > 0) {
      this.sorted = merged(this.sorted, this.fresh.sort(compare))
      this.fresh = []
    }
    return this.sorted
  }

  private isHeld(one: Held): boolean {
    return this.known.get(keyOf(one.kind, one.name)) === one
  }
}

/** A kind is a token without this sign, so that no two names share a key. */
function keyOf(kind: string, name: string): string {
  return `${kind}\u0000${name}`
}

function compare(a: Entry, b: Entry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.kind < b.kind ? -1 : 1
}

function merged(left: readonly Held[], right: readonly Held[]): Held[] {
  const all: Held[] = []
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]]
    if (b === undefined || (a !== undefined && compare(a, b) < 0)) {
      all.push(a as Held)
      i += 1
    } else {
      all.push(b)
      j += 1
    }
  }
  return all
}
