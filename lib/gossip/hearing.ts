/**
 * How one reader hears a topic: every event once, in the order in which its author emitted it, and told of those that it will not hear.
 *
 * The next number of an author is told at once. One ahead waits, in the log, until a claim says that we hold all that lies between: then
 * the claimer has let go of it, and every other peer is asked for it once. What nobody has is a gap; what comes after its gap is not told.
 * That an event is told once rests on the number alone, which outlives the event: dots are bounded, and with refusals events do arrive
 * out of order.
 */
import { numberOf } from '../kinds/event.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Seq } from '../log/held.js'
import { startOf } from './age.js'
import type { Gossip } from './gossip.js'
import type { Peer } from './peer.js'
import type { Session } from './session.js'
import type { Topic } from './topic.js'

/** Who hears. None of these may throw. */
export interface Ear {
  hear(event: Change): void
  /** So many events of an author, by their numbers, are not to be had any more. */
  gap(author: Author, from: number, to: number): void
}

export type HearingOptions = {
  /** Whether what was emitted before we began is told too, as far as it is kept. */
  replay: boolean
  /** Whether we hear ourselves. */
  self: boolean
  /** When we began, by our clock. */
  since: number
}

/** How far an author was heard. */
type Progress = {
  /** The number that was told last; null before the first, where it is not known which that is. */
  number: number | null
  /** And its seq. */
  seq: Seq
  /** Whether something is in the log that waits. */
  waiting: boolean
  /** Up to which seq all others were asked for what is missing, and how many did not answer yet. */
  asked: Seq
  pending: number
}

export class Hearing {
  private readonly authors = new Map<Author, Progress>()
  /** How far authors were, by their ids, when we began. */
  private readonly baseline = new Map<string, Seq>()
  /** A gap that may still grow. */
  private lost: { author: Author; from: number; to: number } | null = null

  constructor(
    private readonly gossip: Gossip,
    readonly topic: Topic,
    private readonly options: HearingOptions,
    private readonly ear: Ear
  ) {
    gossip.topics.hearings.add(this)
    const { own, log } = gossip
    this.authors.set(own, { number: topic.number, seq: own.held.have, waiting: false, asked: 0, pending: 0 })
    for (const author of log.everyAuthor()) {
      if (author === own) continue
      if (options.replay) this.look(author, this.progress(author), null)
      else this.baseline.set(author.id, Math.max(author.told, author.held.have))
    }
  }

  close(): void {
    this.gossip.topics.hearings.delete(this)
  }

  /** An event was kept. */
  take(event: Change, from: Session | null): void {
    const { author, part, seq } = event
    if (author === this.gossip.own && !this.options.self) return
    const progress = this.progress(author)
    const number = Number(part)
    if (progress.number !== null && number <= progress.number) return
    if (progress.waiting || number !== (progress.number ?? NaN) + 1) return this.look(author, progress, from)
    progress.number = number
    progress.seq = Math.max(progress.seq, seq)
    this.hear(event)
  }

  /** An event came after its end: if it was the next one, it is lost. */
  late(author: Author, number: number): void {
    const progress = this.progress(author)
    if (number !== (progress.number ?? NaN) + 1) return
    this.lose(author, progress, number)
    this.look(author, progress, null)
  }

  claimed(author: Author, by: Session): void {
    const progress = this.authors.get(author)
    if (progress?.waiting === true) this.look(author, progress, by)
  }

  /** We know where our first peer is. */
  meet(peer: Peer): void {
    if (this.options.replay) return
    for (const [id, seq] of peer.reach()) this.baseline.set(id, Math.max(seq, this.baseline.get(id) ?? 0))
  }

  /** An author is no longer known here. */
  forget(author: Author): void {
    this.authors.delete(author)
    this.baseline.delete(author.id)
  }

  private progress(author: Author): Progress {
    const known = this.authors.get(author)
    if (known !== undefined) return known
    const older = startOf(author) < this.options.since
    const seq = older ? this.baseline.get(author.id) ?? 0 : 0
    const progress = { number: older ? null : 0, seq, waiting: false, asked: 0, pending: 0 }
    this.baseline.delete(author.id)
    this.authors.set(author, progress)
    return progress
  }

  /** Tells what can be told of an author, and asks for what is missing; `by` brought it, or claimed, and need not be asked. */
  private look(author: Author, progress: Progress, by: Session | null): void {
    for (let next = this.next(author, progress.seq); next !== null; next = this.next(author, progress.seq)) {
      const number = Number(next.part)
      if (progress.number === null || number > progress.number + 1) {
        if (!author.held.holds(progress.seq + 1, next.seq - 1) || (progress.number !== null && this.asks(author, progress, next, by))) {
          progress.waiting = true
          return
        }
        if (progress.number !== null) this.lose(author, progress, number - 1)
      }
      const isNew = number > (progress.number ?? 0)
      progress.seq = next.seq
      progress.number = Math.max(number, progress.number ?? 0)
      if (isNew) this.hear(next)
    }
    progress.waiting = false
  }

  /** Whether somebody is asked for what lies before an event, or is still to answer. Everybody is asked once. */
  private asks(author: Author, progress: Progress, next: Change, by: Session | null): boolean {
    if (next.seq <= progress.asked) return progress.pending > 0
    progress.asked = next.seq
    const others = [...this.gossip.sessions].filter((session) => session !== by && session.peer !== null && session.takes)
    progress.pending += others.length
    for (const session of others) {
      session.inquiries.ask(author, progress.seq, next.seq, () => {
        progress.pending -= 1
        if (progress.pending === 0 && this.authors.get(author) === progress) this.look(author, progress, null)
      })
    }
    return progress.pending > 0
  }

  /** The next event of ours in the log above a seq of its author. */
  private next(author: Author, seq: Seq): Change | null {
    const { topics } = this.gossip
    let next: Change | null = null
    author.series.after(seq, (change) => {
      if (!topics.isEvent(change) || !topics.isOf(change, this.topic) || numberOf(change.part) === null) return true
      next = change
      return false
    })
    return next
  }

  private hear(event: Change): void {
    this.tellLost()
    this.ear.hear(event)
  }

  /** What lies between was lost, up to `to`. Told soon, or before what comes next: more may follow. */
  private lose(author: Author, progress: Progress, to: number): void {
    const from = (progress.number ?? 0) + 1
    progress.number = to
    if (this.lost !== null && this.lost.author === author && this.lost.to + 1 === from) {
      this.lost.to = to
      return
    }
    this.tellLost()
    this.lost = { author, from, to }
    this.gossip.soon(() => this.tellLost())
  }

  private tellLost(): void {
    if (this.lost === null) return
    const { author, from, to } = this.lost
    this.lost = null
    this.ear.gap(author, from, to)
  }
}
