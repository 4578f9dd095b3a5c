/**
 * How one reader hears a topic: every event once, in the order in which its author emitted it, and told of those that it will not hear.
 *
 * The next number of an author is told at once. One ahead waits, in the log, until a claim says that we hold all that lies between: then
 * the claimer has let go of it, and every other peer is asked for it once. What nobody has is a gap; what comes after its gap is not told.
 * That an event is told once rests on the number alone, which outlives the event: dots are bounded, and with refusals events do arrive
 * out of order.
 *
 * Where a journal remembers how far readers of the topic were told, one that begins before any peer was met goes on from there: in the order of
 * their authors, after the turn in which it began, so that whoever made it can say who listens.
 */
import { numberOf } from '../kinds/event.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Seq } from '../log/held.js'
import { startOf } from './age.js'
import type { Gossip } from './gossip.js'
import type { Peer } from './peer.js'
import type { Session } from './session.js'
import type { Mark, Topic } from './topic.js'

/** Who hears. None of these may throw. */
export interface Ear {
  hear(event: Change): void
  /** So many events of an author, by their numbers, are not to be had any more. */
  gap(author: Author, from: number, to: number): void
  /** An event is kept that was heard in a process before this one. */
  recall(event: Change): void
  /** One that was heard is kept as another from now on. */
  move(event: Change, now: Change): void
}

export type HearingOptions = {
  /** Whether what was emitted before we began is told too, as far as it is kept. */
  replay: boolean
  /** Whether we hear ourselves. */
  self: boolean
  /** When we began, by our clock; where a journal remembers the topic, it knows better. */
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
  private readonly baseline: Map<string, Mark>
  private readonly since: number
  /** Whether we go on from what a journal remembers. */
  private readonly resumed: boolean
  /** A gap that may still grow. */
  private lost: { author: Author; from: number; to: number } | null = null

  constructor(
    private readonly gossip: Gossip,
    readonly topic: Topic,
    private readonly options: HearingOptions,
    private readonly ear: Ear
  ) {
    const { own, log, topics } = gossip
    this.resumed = topic.remembered && !topics.hasMet
    this.since = this.resumed ? topic.since ?? options.since : options.since
    this.baseline = new Map(this.resumed ? topic.heard : [])
    topics.hearings.add(this)
    if (!this.resumed) this.begin()
    this.authors.set(own, { number: topic.number, seq: own.held.have, waiting: false, asked: 0, pending: 0 })
    for (const author of log.everyAuthor()) {
      if (author === own) continue
      if (options.replay || this.resumed) this.await(author)
      else this.base(author.id, Math.max(author.told, author.held.have))
    }
    if (this.resumed) this.recall()
    if (options.replay || this.resumed) gossip.soon(() => this.lookAtAll())
  }

  /** Our first start, as far as is known: what was marked before is of others. */
  private begin(): void {
    const { topic, gossip: { topics } } = this
    topic.since = this.since
    topic.met = topics.hasMet
    topics.marks.move(topic)
    for (const id of [...topic.heard.keys()]) topics.marks.hear(topic, id, null)
  }

  /** What lies above a seq of an author is heard. */
  private base(id: string, seq: Seq): void {
    const known = this.baseline.get(id)
    if (known !== undefined && known.seq >= seq) return
    this.baseline.set(id, { number: null, seq })
    this.gossip.topics.marks.hear(this.topic, id, { number: null, seq })
  }

  /** What is held of an author may be to be told. */
  private await(author: Author): void {
    if (this.topic.latest.has(author)) this.progress(author).waiting = true
  }

  private lookAtAll(): void {
    if (!this.gossip.topics.hearings.has(this)) return
    for (const [author, progress] of [...this.authors]) if (progress.waiting) this.look(author, progress, null)
  }

  /** Those who keep what is kept are told of it. */
  private recall(): void {
    const { gossip: { log, own, topics }, topic, options } = this
    log.arrivals.after(0, (event) => {
      if (!topics.isEvent(event) || !topics.isOf(event, topic) || topic.passed.get(event.author) === event) return true
      const upto = event.author === own ? (options.self ? topic.number : 0) : this.authors.get(event.author)?.number ?? 0
      if (Number(event.part) <= upto) this.ear.recall(event)
      return true
    })
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
    const { topic, gossip: { topics } } = this
    const again = this.resumed && topic.met
    topic.met = true
    topics.marks.move(topic)
    if (this.options.replay || again) return
    for (const [id, seq] of peer.reach()) this.base(id, seq)
  }

  /** A new life of ours began: the one before is another author's, and of the new one all is told that there is. */
  renew(before: Author, from: Seq): void {
    const { own } = this.gossip
    this.authors.set(before, { number: null, seq: from, waiting: false, asked: 0, pending: 0 })
    this.authors.set(own, { number: this.topic.number, seq: own.held.have, waiting: false, asked: 0, pending: 0 })
  }

  /** An event of ours is another from now on. */
  move(event: Change, now: Change): void {
    this.ear.move(event, now)
  }

  /** An author is no longer known here. How far it was heard is: it may emit again. */
  forget(author: Author): void {
    if (this.lost?.author === author) this.tellLost()
    const known = this.markOf(author)
    this.authors.delete(author)
    // Of one of whom nothing was ever heard there is nothing to remember.
    if (known !== null && (known.seq > 0 || (known.number ?? 0) > 0)) this.baseline.set(author.id, known)
    if (this.baseline.size <= this.gossip.limits.authorsMax) return
    const [oldest = ''] = this.baseline.keys()
    this.baseline.delete(oldest)
    this.gossip.topics.marks.hear(this.topic, oldest, null)
  }

  private progress(author: Author): Progress {
    const known = this.authors.get(author)
    if (known !== undefined) return known
    const mark = this.baseline.get(author.id)
    const first = startOf(author) < this.since ? { number: null, seq: mark?.seq ?? 0 } : { number: 0, seq: 0 }
    const { number, seq } = mark !== undefined && mark.number !== null ? mark : first
    const progress = { number, seq, waiting: false, asked: 0, pending: 0 }
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
    this.mark(event.author)
  }

  /** Where several read a topic, a journal remembers how far the last of them is. */
  private mark(author: Author): void {
    const { gossip: { topics }, topic } = this
    if (this.gossip.recorder === null || author === this.gossip.own) return
    let least = this.markOf(author)
    for (const hearing of topics.hearings) {
      const other = hearing.topic === topic && hearing !== this ? hearing.markOf(author) : null
      if (other !== null && (least === null || other.seq < least.seq)) least = other
    }
    if (least !== null) topics.marks.hear(topic, author.id, least)
  }

  /** How far an author was told; gaps are so when they were told. */
  private markOf(author: Author): Mark | null {
    const progress = this.authors.get(author)
    if (progress === undefined) return null
    return { number: this.lost?.author === author ? this.lost.from - 1 : progress.number, seq: progress.seq }
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
    this.mark(author)
  }
}
