/**
 * A session's position in the log: what the peer was served, and what comes next.
 *
 * First the catch-up, per author what lies above the peer's vector; then live, one number in the order of arrival. There is no queue:
 * what is superseded before the peer asks is never sent. A feed that cannot keep up makes rounds: it walks all cells in an order
 * that updates do not alter, so that hot cells do not starve the others.
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Held } from '../log/held.js'
import type { Log } from '../log/log.js'
import type { Name } from '../log/name.js'
import type { Batch } from './batch.js'

/** Authors still to be served from a vector, of what had arrived by `until`. */
type CatchUp = { authors: Author[]; at: number; after: number; until: number; vector: ReadonlyMap<Author, Held> }

/** A walk over all cells: what lies at or after position `from`, as of arrival `end`. */
type Round = { cells: Iterator<Change>; from: number; end: number }

export class Feed {
  /** Up to where, in order of arrival, the peer has been served. */
  cursor = 0
  /** Whether the last `fill` stepped over something that the peer does not lack. */
  stepped = false
  private catchUp: CatchUp | null = null
  private round: Round | null = null
  private readonly asked = new Map<Author, Held>()
  private readonly askedNames = new Set<Name>()
  private askedCells: Iterator<Change> | null = null

  constructor(
    private readonly log: Log,
    /** Whether the peer may lack a change: not brought by this very session, nor covered by the peer's vector. */
    private readonly owes: (change: Change) => boolean
  ) {}

  /** Goes on from `cursor`: the peer holds what had arrived by then. */
  startAt(cursor: number): void {
    this.cursor = cursor
  }

  /** Serves what is held now and lies above `vector`, then goes on live. */
  startFrom(vector: ReadonlyMap<Author, Held>): void {
    this.cursor = this.log.end
    this.catchUp = this.above(vector, this.log.everyAuthor())
  }

  /** Serves an author again, from what the peer says it holds of it. */
  ask(author: Author, held: Held): void {
    this.asked.set(author, held)
  }

  /** Serves a name whole, whatever the peer's vector says. */
  askName(name: Name): void {
    this.askedNames.add(name)
  }

  /** Whether all was served. Says so only after what this session itself brought was stepped over. */
  get drained(): boolean {
    return this.live && this.cursor === this.log.end
  }

  /** Whether the feed is past its catch-up, and in no round. */
  get live(): boolean {
    return this.caughtUp && this.round === null
  }

  /** Whether nothing is left but what arrives. */
  get caughtUp(): boolean {
    return this.catchUp === null && this.asked.size === 0 && this.askedNames.size === 0 && this.askedCells === null
  }

  /** Begins a round: the vector of this moment may be claimed once `fill` says that the round is over. */
  beginRound(): void {
    this.round = { cells: this.log.cells(), from: this.cursor, end: this.log.end }
  }

  /** Puts into `batch` what comes next; says whether that ended a round. */
  fill(batch: Batch): boolean {
    if (!this.serveCatchUp(batch) || !this.serveAsked(batch) || !this.serveNames(batch)) return false
    if (this.round !== null) return this.walk(batch, this.round)
    this.serveLive(batch)
    return false
  }

  /** Steps over what the peer does not lack. */
  skip(): void {
    if (!this.live) return
    const ended = this.log.arrivals.after(this.cursor, (change) => {
      if (this.owes(change)) return false
      this.cursor = change.arrival
      return true
    })
    if (ended) this.cursor = this.log.end
  }

  private serveLive(batch: Batch): void {
    this.stepped = false
    const ended = this.log.arrivals.after(this.cursor, (change) => {
      if (batch.full) return false
      if (this.owes(change)) batch.add(change)
      else this.stepped = true
      this.cursor = change.arrival
      return true
    })
    if (ended) this.cursor = this.log.end
  }

  private serveAsked(batch: Batch): boolean {
    if (this.asked.size === 0) return true
    this.catchUp = this.above(new Map(this.asked), this.asked.keys())
    this.asked.clear()
    return this.serveCatchUp(batch)
  }

  private serveNames(batch: Batch): boolean {
    while (!batch.full) {
      if (this.askedCells === null) {
        const [name] = this.askedNames
        if (name === undefined) return true
        this.askedNames.delete(name)
        this.askedCells = name.cells()
      }
      const { value: change, done } = this.askedCells.next()
      if (done === true) this.askedCells = null
      else if (change.live) batch.add(change)
    }
    return false
  }

  private above(vector: ReadonlyMap<Author, Held>, authors: Iterable<Author>): CatchUp | null {
    const lacking = [...authors].filter((author) => author.highest > (vector.get(author)?.have ?? 0))
    return lacking.length === 0 ? null : { authors: lacking, at: 0, after: 0, until: this.log.end, vector }
  }

  /** Says whether the catch-up is over. Steps over what arrived after it began: that is served live. */
  private serveCatchUp(batch: Batch): boolean {
    const { catchUp } = this
    if (catchUp === null) return true
    for (; catchUp.at < catchUp.authors.length; catchUp.at += 1, catchUp.after = 0) {
      const author = catchUp.authors[catchUp.at] as Author
      const held = catchUp.vector.get(author)
      const ended = author.series.after(Math.max(catchUp.after, held?.have ?? 0), (change) => {
        if (batch.full) return false
        catchUp.after = change.seq
        if (change.arrival <= catchUp.until && held?.covers(change.seq) !== true) batch.add(change)
        return true
      })
      if (!ended) return false
    }
    this.catchUp = null
    return true
  }

  /** Says whether the round is over. A cell that changed since it began is served live after it. */
  private walk(batch: Batch, round: Round): boolean {
    while (!batch.full) {
      const { value: change, done } = round.cells.next()
      if (done === true) {
        this.cursor = round.end
        this.round = null
        return true
      }
      if (change.live && change.arrival > round.from && this.owes(change)) batch.add(change)
    }
    return false
  }
}
