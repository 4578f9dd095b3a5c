/**
 * A session's position in the log: what the peer was served, and what comes next.
 *
 * First the catch-up, per author what lies above the peer's vector; then live, one number in the order of arrival. There is no queue:
 * what is superseded before the peer asks is never sent. A feed that cannot keep up makes rounds: it walks all cells in an order
 * that updates do not alter, so that hot cells do not starve the others.
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import { isEnding } from '../log/digest.js'
import { Held } from '../log/held.js'
import type { Seq } from '../log/held.js'
import type { Log } from '../log/log.js'
import type { Name } from '../log/name.js'
import type { Batch } from './batch.js'
import type { Thing } from './survey.js'

/**
 * An author of whom the peer may lack something above `have` that had arrived by `until`; what came later is served live. What the peer
 * `asked` for is judged by what it then said it holds, anything else by what it has said or shown when it is served.
 */
type Lack = { author: Author; have: Seq; until: number; asked: Held | null }

/**
 * Authors still to be served, the one at `at` from behind the change of seq `after` on, and of that seq from what came after `arrival`: a
 * forged change may have the seq of a true one.
 */
type CatchUp = { lacks: Lack[]; at: number; after: number; arrival: number }

/** A walk over all cells: what lies at or after position `from`, as of arrival `end`. */
type Round = { cells: Generator<Change, void, undefined>; from: number; end: number }

export class Feed {
  /** Up to where, in order of arrival, the peer has been served. */
  cursor = 0
  /** Whether the last `fill` stepped over something that the peer does not lack. */
  stepped = false
  private catchUp: CatchUp | null = null
  private round: Round | null = null
  private readonly asked = new Map<Author, Lack>()
  private readonly askedNames = new Set<Name>()
  private askedCells: Generator<Change, void, undefined> | null = null
  /** Changes that the peer was found to lack, and such as it may lack unless it brings others, whatever its vector says; and which it was when that was found. */
  private readonly mends = new Map<Change, number>()
  private readonly repeats = new Map<Change, number>()

  constructor(
    private readonly log: Log,
    /** Whether the peer may lack a change: not brought by this very session, nor covered by the peer's vector. */
    private readonly owes: (change: Change) => boolean,
    /** Whether a change may be shown to the peer, asked for or not. */
    private readonly shows: (change: Change) => boolean,
    /** Whether this very session brought a change. */
    private readonly brought: (change: Change) => boolean
  ) {}

  /** Goes on from `cursor`: the peer holds what had arrived by then. */
  startAt(cursor: number): void {
    this.cursor = cursor
  }

  /** Serves what is held now and lies above `vector`, then goes on live. */
  startFrom(vector: ReadonlyMap<Author, Held>): void {
    this.cursor = this.log.end
    this.round = null
    const lacks: Lack[] = []
    for (const author of this.log.everyAuthor()) {
      lacks.push({ author, have: vector.get(author)?.have ?? 0, until: this.cursor, asked: null })
    }
    this.begin(lacks)
  }

  /** Serves an author again, from what the peer says it holds of it. */
  ask(author: Author, held: Held): void {
    this.asked.set(author, { author, have: held.have, until: this.log.end, asked: held })
  }

  /** Serves a name whole, whatever the peer's vector says. */
  askName(name: Name): void {
    this.askedNames.add(name)
  }

  /** Serves everything again. */
  askAll(): void {
    for (const author of this.log.everyAuthor()) this.ask(author, new Held())
  }

  /** Serves every name that ends, of the kinds that are audited. */
  askEnding(): void {
    for (const kind of this.log.everyKind()) {
      if (this.log.digestOf(kind) === undefined) continue
      for (const name of this.log.names(kind)?.values() ?? []) if (isEnding(name.term?.expire ?? null)) this.askName(name)
    }
  }

  /** Serves what the peer was found to lack: parts of names, or whole names. */
  mend(things: readonly Thing[]): void {
    for (const { name, part } of things) {
      if (part === null) {
        this.askName(name)
        continue
      }
      let found = false
      name.eachAt(part, (change) => {
        found = true
        this.mends.set(change, change.arrival)
      })
      // It is its end that the peer does not know, and any cell tells that.
      const [any] = found ? [] : name.cells()
      if (any !== undefined) this.mends.set(any, any.arrival)
    }
  }

  /** Serves a change again, whatever the peer's vector says, unless it comes from there meanwhile. */
  repeat(change: Change): void {
    this.repeats.set(change, change.arrival)
  }

  /** Whether all was served. Says so only after what this session itself brought was stepped over. */
  get drained(): boolean {
    return this.live && this.cursor === this.log.end
  }

  /** Whether the feed is past its catch-up, and in no round. */
  get live(): boolean {
    return this.caughtUp && this.round === null
  }

  /** Up to where all was served, in order of arrival: nothing before a catch-up is over. */
  get servedTo(): number {
    return this.catchUp === null ? this.cursor : 0
  }

  /** Whether nothing is left but what arrives. */
  get caughtUp(): boolean {
    return this.catchUp === null && this.asked.size === 0 && this.askedNames.size === 0 && this.askedCells === null && this.mends.size + this.repeats.size === 0
  }

  /** Begins a round: the vector of this moment may be claimed once `fill` says that the round is over. */
  beginRound(): void {
    this.round = { cells: this.log.cells(), from: this.cursor, end: this.log.end }
  }

  /** Puts into `batch` what comes next; says whether that ended a round. */
  fill(batch: Batch): boolean {
    if (!this.serveCatchUp(batch) || !this.serveAsked(batch) || !this.serveNames(batch) || !this.serveMends(batch)) return false
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
    this.begin([...this.asked.values()])
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
      const change = this.askedCells.next().value
      if (change === undefined) this.askedCells = null
      else for (const held of present(change)) if (this.shows(held)) batch.add(held)
    }
    return false
  }

  private serveMends(batch: Batch): boolean {
    if (!this.serveOnce(this.mends, () => true, batch)) return false
    return this.serveOnce(this.repeats, (held, arrival) => held.arrival === arrival || !this.brought(held), batch)
  }

  /** Serves cells as they are now, and takes them off; says whether none is left. */
  private serveOnce(changes: Map<Change, number>, isDue: (held: Change, arrival: number) => boolean, batch: Batch): boolean {
    for (const [change, arrival] of changes) {
      if (batch.full) return false
      changes.delete(change)
      for (const held of present(change)) if (isDue(held, arrival) && this.shows(held)) batch.add(held)
    }
    return true
  }

  private begin(lacks: Lack[]): void {
    const real = lacks.filter(({ author, have }) => author.highest > have)
    this.catchUp = real.length === 0 ? null : { lacks: real, at: 0, after: 0, arrival: 0 }
  }

  /** Says whether the catch-up is over. Steps over what arrived after it began: that is served live. */
  private serveCatchUp(batch: Batch): boolean {
    const { catchUp } = this
    if (catchUp === null) return true
    for (; catchUp.at < catchUp.lacks.length; catchUp.at += 1, catchUp.after = catchUp.arrival = 0) {
      const { author, have, until, asked } = catchUp.lacks[catchUp.at] as Lack
      const ended = author.series.after(Math.max(catchUp.after - 1, have), (change) => {
        if (change.seq === catchUp.after && change.arrival <= catchUp.arrival) return true
        if (batch.full) return false
        catchUp.after = change.seq
        catchUp.arrival = change.arrival
        const lacking = asked === null ? this.owes(change) : !asked.covers(change.seq) && this.shows(change)
        if (lacking && change.arrival <= until) batch.add(change)
        return true
      })
      if (!ended) return false
    }
    this.catchUp = null
    return true
  }

  /** Says whether the round is over. What a cell held when it began is served, or what took its place: the claim to come covers it. */
  private walk(batch: Batch, round: Round): boolean {
    while (!batch.full) {
      const walked = round.cells.next().value
      if (walked === undefined) {
        this.cursor = round.end
        this.round = null
        return true
      }
      for (const change of present(walked)) if (change.arrival > round.from && this.owes(change)) batch.add(change)
    }
    return false
  }
}

/** What the cell of a change holds now, if anything. */
function present(change: Change): Change[] {
  const held = change.live ? change : change.name.find(change.author, change.part)
  return held === undefined ? [] : [held]
}
