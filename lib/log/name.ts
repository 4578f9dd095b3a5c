/**
 * One name of one kind, and its cells.
 *
 * Most names have a few cells: those are chained, which costs nothing beyond the changes. A name with many gets an index by part,
 * and by author for a part of several, so that finding a cell never takes longer because others wrote there too.
 */
import type { Author } from './author.js'
import type { Change } from './change.js'
import type { Expire } from './expire.js'
import type { Due } from './deadlines.js'
import type { Span, Whole } from './digest.js'

const chainMax = 8

type Index = Map<string, Change | Map<Author, Change>>

/** Until when a name lives, where anybody said anything about that. */
export class Term implements Due, Whole {
  /** The greatest that was ever heard. */
  expire: Expire = null
  /** Whether its end was told. */
  ended = false
  /** When it is looked at next. */
  at = Infinity
  place = -1
  /** Where the name counts in the digest, if it ends and has cells, and what all of it counts, its end included. */
  span: Span | null = null
  low = 0
  high = 0
  cells = 0
  /** What is said in its cells, as of that counting of bodies. */
  bodies = 0
  pass = 0
  /** The end that counts in the digest, and whether another waits to be counted. */
  counted: Expire = null
  moved = false

  constructor(readonly name: Name) {}
}

export class Name {
  /** How many cells there are. */
  size = 0
  /** Null where nobody said anything. */
  term: Term | null = null
  /** The table's. */
  hash = 0
  private first: Change | null = null
  private index: Index | null = null

  constructor(
    readonly kind: string,
    readonly text: string
  ) {}

  /** The change in the cell of `author` at `part`. */
  find(author: Author, part: string): Change | undefined {
    if (this.index !== null) {
      const entry = this.index.get(part)
      if (entry instanceof Map) return entry.get(author)
      return entry?.author === author ? entry : undefined
    }
    for (let cell = this.first; cell !== null; cell = cell.next) {
      if (cell.author === author && cell.part === part) return cell
    }
    return undefined
  }

  /** The only cell's change, where there is but one. */
  get sole(): Change | null {
    return this.first !== null && this.first.next === null ? this.first : null
  }

  /** Adds a cell, with its change. */
  add(change: Change): void {
    this.size += 1
    if (this.index === null) this.link(change)
    else this.file(this.index, change)
  }

  /** Takes a change out of its cell, which is none any more. */
  remove(change: Change): void {
    this.size -= 1
    if (this.index === null) this.unlink(change)
    else this.unfile(this.index, change)
  }

  /** Tells the changes of all authors at `part`. Nothing may be put meanwhile. */
  eachAt(part: string, tell: (change: Change) => void): void {
    for (let cell = this.first; cell !== null; cell = cell.next) if (cell.part === part) tell(cell)
    const entry = this.index?.get(part)
    if (entry instanceof Map) entry.forEach((cell) => tell(cell))
    else if (entry !== undefined) tell(entry)
  }

  /** Tells every cell's change. Nothing may be put meanwhile. */
  each(tell: (change: Change) => void): void {
    for (let cell = this.first; cell !== null; cell = cell.next) tell(cell)
    for (const entry of this.index?.values() ?? []) {
      if (entry instanceof Map) entry.forEach(tell)
      else tell(entry)
    }
  }

  /** Every cell's change, in an order that updates do not alter. */
  *cells(): Generator<Change, void, undefined> {
    if (this.index === null) {
      const chain: Change[] = []
      for (let cell = this.first; cell !== null; cell = cell.next) chain.push(cell)
      yield* chain
      return
    }
    for (const entry of this.index.values()) {
      if (entry instanceof Map) yield* entry.values()
      else yield entry
    }
  }

  private link(change: Change): void {
    change.next = this.first
    this.first = change
    if (this.size <= chainMax) return
    const index: Index = new Map()
    for (let cell: Change | null = change; cell !== null; ) {
      const next: Change | null = cell.next
      cell.next = null
      this.file(index, cell)
      cell = next
    }
    this.first = null
    this.index = index
  }

  private unlink(change: Change): void {
    const { next } = change
    change.next = null
    if (this.first === change) {
      this.first = next
      return
    }
    let before = this.first as Change
    while (before.next !== change) before = before.next as Change
    before.next = next
  }

  private unfile(index: Index, { author, part }: Change): void {
    const entry = index.get(part)
    if (entry instanceof Map && entry.size > 1) entry.delete(author)
    else index.delete(part)
  }

  private file(index: Index, change: Change): void {
    const entry = index.get(change.part)
    if (entry instanceof Map) entry.set(change.author, change)
    else if (entry === undefined) index.set(change.part, change)
    else index.set(change.part, new Map([[entry.author, entry], [change.author, change]]))
  }
}
