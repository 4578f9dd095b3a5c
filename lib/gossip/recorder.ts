/**
 * Keeps a journal up with the log: one more reader of it, that writes what is new, and knows up to where all is kept.
 *
 * What is superseded before it is written is not written. Nothing is told to a peer before it is kept (the gate sees to that), so a host that
 * crashed knows all that anyone can know of it. A batch has an order, so that any part of it may be kept without the rest: how far events were
 * heard, names that are over, cells in order of arrival, cells that others made needless, ends of names, and only then what is held.
 *
 * A batch that touches cells of ours begins by taking back their number, and ends by noting it. So a start that finds another number knows that
 * something was lost which no checksum missed, whatever a crash left of a batch.
 *
 *     o                                  ["host","life",from], from being the seq up to which it is confirmed, if not all is
 *     c["kind","name","part","author"]   [seq, expire, body], of an event also when it arrived
 *     w["kind","name","part","author"]   what a cell of ours held before it was written to, while that is not confirmed
 *     n["kind","name"]               until when anybody said that the name lives; in an array, if that it ended was told
 *     h author                       [have, [[from,to]…]], of ourselves also how many cells of ours there are, between batches
 *     t m s                          of topics (marks.ts)
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Name } from '../log/name.js'
import type { Gossip } from './gossip.js'
import type { Entry, Journal, Source } from './journal.js'
import { cellKey, endOf, fresh, held, heldKey, joined, nameKey, wasKey } from './news.js'
import type { News } from './news.js'
import type { Rebirth, Was } from './rebirth.js'

/** How far the log is, and what is new beside it; without `turns` only the log counts. */
type Mark = { readonly end: number; readonly moves: number; readonly turns?: number }

type Wait = Mark & { done: (error: Error | null) => void }

/** Cells that are written in one go: a few milliseconds. */
const cellsMax = 2_000

export type RecorderOptions = {
  /** Runs a function after a span. */
  after: (ms: number, run: () => void) => () => void
  /** Told when the journal can no longer be written, and with null when it can again. */
  onTurn: (failure: Error | null) => void
}

export class Recorder implements Source {
  /** Why nothing is taken in at present; null while all is well. */
  failure: Error | null = null
  /** Up to where all is kept: in order of arrival, and of what moved. */
  private mark: Mark
  private news: News = fresh()
  /** How often there was something new beside what arrived. */
  private turns = 0
  private busy = false
  private closed = false
  /** Whether the journal knows our life, and how far it is confirmed: a start is told with the first batch. */
  private known = false
  /** Up to which seq of ours the journal knows of no doubt. */
  private confirmed = Infinity
  private whole = false
  /** Whether the journal knows how many cells of ours it holds. */
  private counted = false
  /** How often all is being told at present: then what is told may be newer than the batches, and no number holds. */
  private telling = 0
  private cancelRetry: (() => void) | null = null
  private waits: Wait[] = []

  constructor(
    private readonly gossip: Gossip,
    private readonly journal: Journal,
    private readonly options: RecorderOptions,
    /** Of how many of our cells the journal knows what they held. */
    private wasKnown: number,
    /** Keys that are of no use any more. */
    private obsolete: string[]
  ) {
    this.mark = { end: gossip.log.end, moves: gossip.log.moves, turns: 0 }
    if (obsolete.length > 0) this.stir()
    journal.source = this
    journal.onFault = (error) => this.fail(error)
  }

  /** Whether all is kept that was there when the log stood so. */
  keeps({ end, moves, turns = 0 }: Mark): boolean {
    return this.mark.end >= end && this.mark.moves >= moves && (this.mark.turns ?? 0) >= turns
  }

  /** Whether a change, as its cell has it now, is kept; and of our own that our life was confirmed before it. */
  has({ arrival, author, seq }: Change): boolean {
    return arrival <= this.mark.end && (author !== this.gossip.own || seq <= this.confirmed)
  }

  /** Whether what is held of an author is kept. */
  hasHeld(author: Author): boolean {
    return author.movedAt <= this.mark.moves
  }

  /** A change is about to leave its cell. */
  drop(change: Change): void {
    this.turns += 1
    if (this.gossip.expiry.isPast(change.name, null)) this.news.over.push(change)
    else this.news.needless.push(change)
  }

  /** What is known of a name's end moved, or the name was let go of. */
  turn({ kind, text }: Name): void {
    this.news.names.set(nameKey(kind, text), { kind, text })
    this.stir()
  }

  /** Something is to be written under a key, or taken away. */
  note(key: string, tell: () => string | null): void {
    this.news.notes.set(key, tell)
    this.stir()
  }

  forget(author: Author): void {
    this.news.forgotten.add(author.id)
    this.stir()
  }

  /** There may be something new. One batch is written at a time; what comes meanwhile goes with the next. */
  wake(): void {
    if (!this.busy && this.failure === null && !this.closed && this.isBehind) this.commit()
  }

  /** Our life goes on; what it was is of no use any more. */
  confirm({ was, from }: Rebirth): void {
    this.known = false
    this.confirmed = from
    this.wasKnown = 0
    for (const change of was.keys()) this.obsolete.push(wasKey(change))
    this.stir()
  }

  /** A new life has begun: all is written anew, in one step. */
  renew(): void {
    this.whole = true
    this.obsolete = []
    this.stir()
  }

  /** Calls back once all that is held now is kept, or cannot be. */
  flush(done: (error: Error | null) => void): void {
    const { end, moves } = this.gossip.log
    if (this.failure !== null) return done(this.failure)
    this.waits.push({ end, moves, turns: this.turns, done })
    this.wake()
    this.settle()
  }

  /** Writes what is left, and closes the journal. */
  close(done: (error: Error | null) => void): void {
    this.flush((failure) => {
      this.closed = true
      this.cancelRetry?.()
      this.journal.close((error) => done(failure ?? error))
    })
  }

  get size(): number {
    return this.gossip.log.size + this.gossip.log.authorsSize
  }

  /** Tells no number of our cells: the first batch after it does. */
  *entries(): Generator<readonly [key: string, value: string], void, undefined> {
    this.telling += 1
    try {
      yield* this.all()
    } finally {
      this.telling -= 1
      this.counted = false
      this.stir()
    }
  }

  private *all(): Generator<readonly [key: string, value: string], void, undefined> {
    const { log, own } = this.gossip
    yield this.life()
    for (const [change, was] of this.gossip.rebirth?.was ?? []) yield this.before(change, was)
    for (const kind of log.everyKind()) {
      for (const name of log.names(kind)?.values() ?? []) {
        for (const change of name.cells()) yield this.cell(change)
        if (name.term !== null) yield [nameKey(kind, name.text), endOf(name.term)]
      }
    }
    for (const author of log.everyAuthor()) if (author.movedAt > 0 || author === own) yield held(author)
    yield* this.gossip.topics.entries()
  }

  /** There is something new beside what arrived. */
  private stir(): void {
    this.turns += 1
    this.gossip.stir()
  }

  private get isBehind(): boolean {
    const { log: { end, moves } } = this.gossip
    return !this.keeps({ end, moves, turns: this.turns })
  }

  private commit(): void {
    const { news, gossip: { log } } = this
    const { known, whole, obsolete } = this
    const arrived: Change[] = []
    const isAll = whole || log.arrivals.after(this.mark.end, (change) => arrived.push(change) < cellsMax)
    const mark = isAll ? { end: log.end, moves: log.moves, turns: this.turns } : { ...this.mark, end: (arrived.at(-1) as Change).arrival }
    const wasKnown = this.gossip.rebirth?.was.size ?? 0
    const entries = whole ? [] : [...this.batch(news, arrived, isAll)]
    const written = isAll ? news : { ...fresh(), over: news.over, notes: news.notes }
    this.news = isAll ? fresh() : { ...news, over: [], notes: new Map() }
    this.busy = true
    this.known = true
    this.counted = isAll && !whole && this.telling === 0
    this.whole = false
    this.obsolete = []
    const done = (error: Error | null): void => {
      this.busy = false
      if (error === null) {
        this.wasKnown = this.gossip.rebirth === null ? 0 : wasKnown
        if (this.known) this.confirmed = Infinity
        this.advance(mark)
      } else {
        this.known &&= known
        this.counted = false
        this.whole ||= whole
        this.obsolete = [...obsolete, ...this.obsolete]
        this.news = joined(written, this.news)
        this.fail(error)
      }
    }
    if (whole) this.journal.rewrite(done)
    else this.journal.write(entries, done)
  }

  /** All is kept up to a mark: what waited for that goes on. */
  private advance(mark: Mark): void {
    this.mark = mark
    if (this.failure !== null) this.recover()
    else for (const session of this.gossip.sessions) session.wake()
    this.settle()
    this.wake()
  }

  /** What goes in one batch: if not all that arrived, then nothing that rests on that. */
  private *batch({ over, needless, names, forgotten, notes }: News, arrived: readonly Change[], isAll: boolean): Generator<Entry, void, undefined> {
    const { own } = this.gossip
    const isOurs = ({ author }: Change): boolean => author === own
    const counts = !this.known || !this.counted || own.movedAt > this.mark.moves || [over, arrived, needless].some((some) => some.some(isOurs))
    // A seq shown by a cell of a batch that was cut short may be written nowhere yet: the cell may go with this very batch, and the seq with it.
    if (counts) yield held(own)
    if (!this.known) yield this.life()
    for (const key of this.obsolete) yield [key, null]
    for (const [change, was] of [...(this.gossip.rebirth?.was ?? [])].slice(this.wasKnown)) yield this.before(change, was)
    for (const [key, tell] of notes) yield [key, tell()]
    for (const change of over) yield [cellKey(change), null]
    for (const change of arrived) yield this.cell(change)
    if (!isAll) return
    yield* this.rest(needless, names, forgotten)
    if (counts) yield held(own, this.telling === 0 ? own.series.size : undefined)
  }

  /** What rests on all that arrived. */
  private *rest(needless: News['needless'], names: News['names'], forgotten: News['forgotten']): Generator<Entry, void, undefined> {
    const { log, own } = this.gossip
    for (const change of needless) if (!this.isTaken(change)) yield [cellKey(change), null]
    for (const [key, { kind, text }] of names) {
      const term = log.find(kind, text)?.term ?? null
      yield [key, term === null ? null : endOf(term)]
    }
    for (const author of log.movedSince(this.mark.moves, true)) if (author !== own) yield held(author)
    for (const id of forgotten) if (log.author(id) === undefined) yield [heldKey(id), null]
  }

  /** Whether a cell is there again. */
  private isTaken({ author, part, name: { kind, text } }: Change): boolean {
    return this.gossip.log.find(kind, text)?.find(author, part) !== undefined
  }

  private cell(change: Change): [string, string] {
    const { seq, expire, body, part, name } = change
    const kind = this.gossip.kind(name.kind)
    const told = [seq, expire, kind.give(body, part)]
    return [cellKey(change), JSON.stringify(kind.fleeting === true ? [...told, change.arrival] : told)]
  }

  private before(change: Change, { seq, expire, body }: Was): [string, string] {
    return [wasKey(change), JSON.stringify([seq, expire, this.gossip.kind(change.name.kind).give(body, change.part)])]
  }

  private life(): [string, string] {
    const { own: { host, life }, rebirth } = this.gossip
    return ['o', JSON.stringify([host, life, rebirth?.from ?? null])]
  }

  /** The journal cannot be written: nothing more is taken in, until it can. */
  private fail(error: Error): void {
    const was = this.failure
    this.failure = error
    for (const { done } of this.waits.splice(0)) done(error)
    if (was === null && !this.closed) this.turned()
    if (!this.closed) this.cancelRetry ??= this.options.after(this.gossip.limits.diskRetryMs, () => this.retry())
  }

  private retry(): void {
    this.cancelRetry = null
    if (!this.closed && !this.busy) this.commit()
  }

  private recover(): void {
    this.failure = null
    this.turned()
    this.gossip.retry()
  }

  /** What sessions may tell is another matter from now on: they begin anew. */
  private turned(): void {
    for (const session of [...this.gossip.sessions]) session.close('disk')
    this.options.onTurn(this.failure)
  }

  private settle(): void {
    const kept = this.waits.filter((wait) => this.keeps(wait))
    this.waits = this.waits.filter((wait) => !kept.includes(wait))
    for (const { done } of kept) done(null)
  }
}
