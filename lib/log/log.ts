/**
 * All live changes of a host: in order of arrival here, per author in order of seq, and by name.
 *
 * The log keeps, finds and supersedes; it judges nothing (gossip does) and knows no kind. A cell holds one change, the one of
 * the highest seq. Authors get numbers here, and stand in a list by when what we hold of them last moved.
 */
import { Author, readAuthor } from './author.js'
import { changeOf } from './change.js'
import type { Change, Origin } from './change.js'
import type { Digest } from './digest.js'
import type { Expire } from './expire.js'
import type { HashKey } from './hash.js'
import type { Seq } from './held.js'
import { Name } from './name.js'
import { Arrivals } from './order.js'
import { Table } from './table.js'

/** So many forgotten authors stay on the roll, beside as many as are known. */
const slack = 64

export class Log {
  readonly arrivals = new Arrivals()
  /** The arrival number of the latest change ever taken in. */
  end = 0
  /** How often anything that we hold of an author moved. */
  moves = 0
  /** How many changes were dropped. */
  drops = 0
  private readonly kinds = new Map<string, Table<Name>>()
  /** The kind whose names were asked for last: changes come in runs of one. */
  private kind = ''
  private ofKind: Table<Name> | undefined = undefined
  private readonly authors = new Map<string, Author>()
  /** All of them in the order in which they were met, among some that were forgotten. */
  private roll: Author[] = []
  private latest: Author | null = null
  /** How many authors were ever met: a number is never given twice. */
  met = 0

  /** By the kinds whose cells they count. */
  private readonly digests = new Map<string, Digest>()
  /** The same, each once: they are asked with every ping. */
  private distinct: readonly Digest[] = []
  /** Up to which arrival cells are counted in those, and what is said in them: never beyond the first. */
  private counted = 0
  private embodied = 0

  /** @param hashKey chance that no peer knows */
  constructor(private readonly hashKey: HashKey) {}

  /** The cells of a kind, of which there are none yet, count in a digest from now on. */
  digest(kind: string, digest: Digest): void {
    this.digests.set(kind, digest)
    this.distinct = [...new Set(this.digests.values())]
  }

  /** The digest in which the cells of a kind count, if in any. */
  digestOf(kind: string): Digest | undefined {
    return this.digests.get(kind)
  }

  /** Counts what is not counted yet in its digest, about `max` cells of it; says whether all is. */
  count(max: number): boolean {
    let left = max
    for (const digest of this.distinct) left = digest.settle(this.counted, this.embodied, left)
    if (left <= 0) return false
    const ended = this.arrivals.after(this.counted, (change) => {
      if (left <= 0) return false
      left -= 1
      this.digestOf(change.name.kind)?.put(change)
      this.counted = change.arrival
      return true
    })
    if (ended) this.counted = this.end
    return ended
  }

  /** Counts what is said in cells that are counted, about `max` of them; says whether it is of all. */
  embody(max: number): boolean {
    if (!this.count(max)) return false
    let left = max
    const ended = this.arrivals.after(this.embodied, (change) => {
      if (left <= 0) return false
      left -= 1
      this.digestOf(change.name.kind)?.embody(change)
      this.embodied = change.arrival
      return true
    })
    if (ended) this.embodied = this.end
    return ended
  }

  /** Whether it is counted what is said in all cells. */
  get embodiesAll(): boolean {
    return this.embodied === this.end
  }

  /** What is said in cells is to be counted anew, from the first on. */
  recount(): void {
    this.embodied = 0
    for (const digest of this.distinct) digest.recount()
  }

  /** How many cells are held. */
  get size(): number {
    return this.arrivals.size
  }

  /** How many authors are known. */
  get authorsSize(): number {
    return this.authors.size
  }

  /** The author of that id, if known. */
  author(id: string): Author | undefined {
    return this.authors.get(id)
  }

  /** The author of that id, known from now on; null if that is no author's id. */
  meet(id: string): Author | null {
    const known = this.authors.get(id)
    if (known !== undefined) return known
    const parts = readAuthor(id)
    if (parts === null) return null
    this.met += 1
    const author = new Author(id, parts.host, parts.life, this.met)
    this.authors.set(id, author)
    this.roll.push(author)
    return author
  }

  /** The authors that were met after `met` had been, latest first. */
  *metSince(met: number): Generator<Author, void, undefined> {
    for (let i = this.roll.length - 1; i >= 0 && (this.roll[i] as Author).number > met; i -= 1) {
      const author = this.roll[i] as Author
      if (this.authors.get(author.id) === author) yield author
    }
  }

  /** Forgets an author of whom nothing is live. */
  forget(author: Author): void {
    this.authors.delete(author.id)
    this.unlist(author)
    if (this.roll.length > 2 * this.authors.size + slack) this.roll = [...this.authors.values()]
  }

  everyAuthor(): IterableIterator<Author> {
    return this.authors.values()
  }

  /** The names of one kind, or undefined if none is held. */
  names(kind: string): Table<Name> | undefined {
    if (kind !== this.kind) {
      this.kind = kind
      this.ofKind = this.kinds.get(kind)
    }
    return this.ofKind
  }

  everyKind(): IterableIterator<string> {
    return this.kinds.keys()
  }

  /** The name of that kind, if held. */
  find(kind: string, text: string): Name | undefined {
    return this.names(kind)?.get(text)
  }

  /**
   * The same, asked for by a change of it: most that come in a network are held, and what is held is found by its seq in less time than by its text.
   * A forged change may have the seq of a true one in another place.
   */
  findBy(author: Author, seq: Seq, kind: string, text: string): Name | undefined {
    const name = author.series.at(seq)?.name
    return name?.text === text && name.kind === kind ? name : this.find(kind, text)
  }

  /** A name with no cells, in the place of the one that was found if there was one. */
  create(kind: string, text: string): Name {
    const name = new Name(kind, text)
    let names = this.names(kind)
    if (names === undefined) this.kinds.set(kind, (names = this.ofKind = new Table(this.hashKey)))
    names.set(name)
    return name
  }

  /** Takes a change into its cell, over `old`, which `name.find` gave. Nothing is checked here. */
  put(
    author: Author, seq: Seq, name: Name, part: string, expire: Expire, body: unknown, from: Origin, old: Change | undefined
  ): Change {
    this.end += 1
    const change = old ?? changeOf(author, seq, name, part, expire, body, this.end, from)
    // One that takes the place of another of its seq stands in the series already.
    const stands = old?.seq === seq
    if (old === undefined) name.add(change)
    else {
      if (old.arrival <= this.counted) this.digestOf(name.kind)?.take(old, old.arrival <= this.embodied)
      old.seq = seq
      old.expire = expire
      old.body = body
      old.arrival = this.end
      old.from = from
      this.arrivals.drop()
      if (!stands) author.series.drop()
    }
    this.arrivals.add(change)
    if (!stands) author.series.add(change)
    return change
  }

  /** Takes a change out of its cell. What is held of its author stays. */
  drop(change: Change): void {
    const { name, arrival } = change
    const digest = this.digestOf(name.kind)
    if (arrival <= this.counted) digest?.take(change, arrival <= this.embodied)
    name.remove(change)
    if (name.size === 0) digest?.empty(name)
    change.live = false
    this.drops += 1
    this.arrivals.drop()
    change.author.series.drop()
  }

  /** Lets go of a name that has no cells. */
  remove({ kind, text }: Name): void {
    const names = this.names(kind)
    names?.delete(text)
    if (names?.size !== 0) return
    this.kinds.delete(kind)
    this.ofKind = undefined
  }

  /** Every cell, in an order that updates do not alter. */
  *cells(): Generator<Change, void, undefined> {
    for (const names of this.kinds.values()) {
      for (const name of names.values()) yield* name.cells()
    }
  }

  /** Says that what we hold of `author` moved. */
  touch(author: Author): void {
    this.moves += 1
    author.movedAt = this.moves
    if (this.latest === author) return
    this.unlist(author)
    author.older = this.latest
    if (this.latest !== null) this.latest.newer = author
    this.latest = author
  }

  /** Takes an author out of the list of those that moved. */
  private unlist(author: Author): void {
    if (this.latest === author) this.latest = author.older
    if (author.newer !== null) author.newer.older = author.older
    if (author.older !== null) author.older.newer = author.newer
    author.newer = null
    author.older = null
  }

  /** The authors of whom there is something to tell, or all, and of whom what we hold moved after `moves`, latest first. */
  *movedSince(moves: number, all = false): Generator<Author, void, undefined> {
    for (let author = this.latest; author !== null && author.movedAt > moves; author = author.older) {
      if (all || author.series.size > 0 || author.spent > 0) yield author
    }
  }
}
