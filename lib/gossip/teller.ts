/**
 * What we tell a peer of our own vector: where we are, what we acknowledge, and what we claim.
 *
 * A position says what we hold. A claim (`y`) says that the peer holds it too: `true` confirms all that was stated in this session and
 * is made only when all is served; `these` confirms just what it carries, the vector noted when a round began. The two must never be
 * confused: positions taken for claims break half of all random schedules.
 */
import type { Limits } from '../limits.js'
import type { Author } from '../log/author.js'
import type { Seq } from '../log/held.js'
import type { Log } from '../log/log.js'
import type { Ask, AuthorKey, Have } from '../wire/message.js'
import type { Inquiry } from './inquiries.js'
import type { Refusals } from './refusals.js'

/** What was held of one author at some moment. */
type Entry = { author: Author; have: number; ranges: [number, number][] }

/** Authors in one `have`: some 10 kB, and under 300 kB whatever their ranges. */
const entriesMax = 256

export class Teller {
  /** Whether a first claim was made. */
  claimed = false
  private started = false
  /** The whole vector is still to be told. */
  private full = false
  /** Up to which of the log's moves the peer was told, and was made a claim. */
  private toldMoves = 0
  private claimedMoves = 0
  private toldRefusals = 0
  private toldAt = -Infinity
  private claimOwed = true
  private queue: Author[] = []
  private noted: { entries: Entry[]; moves: number } | null = null
  private ready: { entries: Entry[]; moves: number } | null = null
  private readonly introduced = new Set<Author>()

  constructor(
    private readonly log: Log,
    private readonly limits: Limits,
    private readonly refusals: Refusals,
    private readonly counts: { readonly changesOut: number },
    /** Whether what we hold of an author is not to be told. */
    private readonly withholds: (author: Author) => boolean,
    /** Up to which seq is told what we hold of an author. */
    private readonly upto: (author: Author) => Seq
  ) {}

  /** The peer knows our vector as it was at `moves`. */
  startAt(moves: number): void {
    this.started = true
    this.toldMoves = moves
    this.claimedMoves = moves
  }

  /** The peer knows nothing of our vector. */
  startInFull(): void {
    this.started = true
    this.full = true
  }

  /** A claim is to be made, though nothing moved. */
  owe(): void {
    this.claimOwed = true
  }

  /** Nothing is claimed of what was noted before; a claim is to be made of what is so now. */
  reconsider(): void {
    this.noted = null
    this.ready = null
    this.claimOwed = true
  }

  /** Whether there is something to tell that changes must not come before. */
  get urgent(): boolean {
    return this.full || this.queue.length > 0 || this.ready !== null
  }

  /** Whether there is something to tell now, when all is served (`drained`) or not. */
  due(drained: boolean, now: number): boolean {
    return now >= this.nextAt(drained)
  }

  /** When there will be something to tell; acknowledgements wait for each other, first words do not. */
  nextAt(drained: boolean): number {
    if (!this.started) return Infinity
    if (this.urgent || (drained && this.claimOwed)) return -Infinity
    const moved = this.log.moves > this.toldMoves || this.refusals.moves > this.toldRefusals
    return moved || (drained && this.toldMoves > this.claimedMoves) ? this.toldAt + this.limits.haveMs : Infinity
  }

  /** What is to be told; to a peer from which something is kept (`partial`) nothing is claimed, but that it was served all that it may have. */
  tell(drained: boolean, now: number, partial: boolean): Have {
    this.toldAt = now
    if (this.ready !== null) return this.claimNoted(this.ready)
    if (this.queue.length === 0) {
      this.queue = [...this.log.movedSince(this.full ? 0 : this.toldMoves)].filter((author) => !this.withholds(author))
      this.toldMoves = this.log.moves
    }
    const have = this.have(this.queue.splice(0, entriesMax).map((author) => this.entry(author)))
    if (this.queue.length > 0) return this.full ? { ...have, o: true } : have
    this.full = false
    if (!drained) return have
    // That of a round answers no question: it may have begun before.
    this.claimOwed = false
    this.claim(this.toldMoves)
    return partial ? { ...have, p: true } : { ...have, y: true }
  }

  /** Notes what we hold, for the claim at the end of the round that begins now. */
  note(): void {
    this.noted = { entries: [...this.log.movedSince(this.claimedMoves)].map((author) => this.entry(author)), moves: this.log.moves }
  }

  /** The round is over: what was noted may be claimed. */
  endRound(): void {
    this.ready = this.noted
    this.noted = null
  }

  /** Asks for some of these authors again, from where we are, and takes them off the list. */
  ask(ids: string[]): Ask {
    const asked = ids.splice(0, entriesMax)
    const known = asked.map((id) => this.log.author(id)).filter((author) => author !== undefined)
    const { a, d } = this.vector(known.map((author) => this.entry(author)))
    for (const id of asked) if (this.log.author(id) === undefined) a[id] = 0
    return d === undefined ? { w: a } : { w: a, d }
  }

  /** Asks for what lies between two seqs of some authors. */
  askBetween(inquiries: readonly Inquiry[]): Ask {
    const { a, d } = this.vector(inquiries.map(({ author, after, before }) => {
      return { author, have: after, ranges: [[before, Math.max(before, author.held.seen)]] }
    }))
    return d === undefined ? { w: a } : { w: a, d }
  }

  /** Whether the author was introduced in this session. */
  knows(author: Author): boolean {
    return this.introduced.has(author)
  }

  forget(author: Author): void {
    this.introduced.delete(author)
  }

  introduce(author: Author): number | [number, string] {
    if (this.introduced.has(author)) return author.number
    this.introduced.add(author)
    return [author.number, author.id]
  }

  private entry(author: Author): Entry {
    const max = Math.min(author.told, this.upto(author))
    return { author, have: Math.min(author.held.have, max), ranges: author.held.ranges(max) }
  }

  private claimNoted(ready: { entries: Entry[]; moves: number }): Have {
    const have = this.have(ready.entries.splice(0, entriesMax))
    if (ready.entries.length === 0) {
      this.ready = null
      this.claim(ready.moves)
    }
    return { ...have, y: 'these' }
  }

  private claim(moves: number): void {
    this.claimed = true
    this.claimedMoves = Math.max(this.claimedMoves, moves)
  }

  private have(entries: Entry[]): Have {
    const have: Have = this.vector(entries)
    if (this.counts.changesOut > 0) have.u = this.counts.changesOut
    if (this.refusals.moves > this.toldRefusals) {
      have.r = Object.fromEntries(this.refusals.standing())
      this.toldRefusals = this.refusals.moves
    }
    return have
  }

  private vector(entries: Entry[]): { a: Have['a']; d?: NonNullable<Have['d']> } {
    const a: Have['a'] = {}
    const d: NonNullable<Have['d']> = {}
    let dotted = false
    for (const { author, have, ranges } of entries) {
      const key = this.key(author)
      a[key] = have
      if (ranges.length === 0) continue
      d[key] = ranges
      dotted = true
    }
    return dotted ? { a, d } : { a }
  }

  private key(author: Author): AuthorKey {
    const known = this.introduce(author)
    return Array.isArray(known) ? known.join('~') : String(known)
  }
}
