/**
 * How names end, and authors of whom nothing is left.
 *
 * A name past its `expire` reads as absent but lives on: its changes are kept, merged and forwarded as before, and for the grace a
 * write that says a later `expire` revives it. It is dropped only when no such write can be under way any more, for anybody whose
 * clock is within `skewMsMax` of ours and who was not cut off for longer than the grace; what still comes of it then counts as held.
 * It rests for `skewMsMax` more, so that nobody makes it anew while another still holds what it was.
 *
 *     expire ──────────► + grace ─────────────► + 2 grace + skew ──────────► + skew
 *     absent, may be     dying: kept, merged,   resting: dropped, not        new again
 *     revived            not revived here       made anew here
 */
import { eventKind } from '../kinds/event.js'
import type { Author } from '../log/author.js'
import { Deadlines } from '../log/deadlines.js'
import { latest, momentOf } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import { Term } from '../log/name.js'
import type { Name } from '../log/name.js'
import type { Gossip } from './gossip.js'

/** Where a name is in its life. */
export type Phase = 'new' | 'live' | 'absent' | 'dying' | 'resting'

/** Names and cells that are looked at in one go: a millisecond or two. */
const goMax = 500

export class Expiry {
  /** Called when the moment of the next sweep may have come nearer. */
  onSooner: (() => void) | null = null
  private readonly deadlines = new Deadlines<Term | Author>()
  private retryAt = Infinity

  constructor(private readonly gossip: Gossip) {}

  /** How long changes are kept after their name's `expire`. */
  private get keptMs(): number {
    const { graceMs, skewMsMax } = this.gossip.limits
    return 2 * graceMs + skewMsMax
  }

  phase(name: Name | undefined): Phase {
    const end = momentOf(name?.term?.expire ?? null)
    if (name === undefined || end === Infinity) return name === undefined ? 'new' : 'live'
    const past = this.gossip.clock() - end
    if (past < 0) return 'live'
    const { graceMs, skewMsMax } = this.gossip.limits
    if (past < graceMs) return 'absent'
    if (past < this.keptMs) return 'dying'
    return past < this.keptMs + skewMsMax ? 'resting' : 'new'
  }

  /** When a name that rests, or will, may be made anew. */
  newAt(name: Name): number {
    return momentOf(name.term?.expire ?? null) + this.keptMs + this.gossip.limits.skewMsMax
  }

  /**
   * Whether a change of a name counts as held, because its name is dropped by now; `known` is the end that came with it. Where a clock is
   * `aheadMs` of ours that is sooner.
   *
   * What a name that rests was says nothing about one that a host whose clock is ahead made anew.
   */
  isPast(name: Name | undefined, known: Expire, aheadMs = 0): boolean {
    const held = name !== undefined && name.size > 0 ? (name.term?.expire ?? null) : null
    const end = momentOf(latest(held, known))
    return end !== Infinity && this.gossip.clock() + aheadMs >= end + this.keptMs
  }

  /** Whether a name of that end is revived no more. */
  isDying(end: Expire): boolean {
    return this.gossip.clock() >= momentOf(end) + this.gossip.limits.graceMs
  }

  /** Whether some host whose clock is ahead may have dropped a name by now: it claims that everybody holds what was there. */
  mayBePast(name: Name): boolean {
    return this.isPast(name, null, this.gossip.limits.skewMsMax)
  }

  /** Somebody said until when a name lives. The end of one that was never live here is not told. */
  extend(name: Name, expire: Expire, isNew: boolean): void {
    if (expire === null) return
    name.term ??= new Term(name)
    const { term } = name
    const until = latest(term.expire, expire)
    if (until === term.expire) return
    term.expire = until
    this.gossip.log.digestOf(name.kind)?.extend(term)
    this.gossip.recorder?.turn(name)
    const live = this.phase(name) === 'live'
    if (live || isNew) term.ended = !live
    // One that is filed is looked at early enough, unless it came back from the dead.
    if (term.place < 0 || term.at > momentOf(until)) this.file(term, momentOf(until))
  }

  /** Drops what a name was, if its time is over and no sweep came to it yet. */
  bury(name: Name | undefined): void {
    if (name === undefined || name.term === null || name.size === 0 || !this.isPast(name, null)) return
    if (!name.term.ended) this.gossip.endSoon(name.term)
    for (const change of name.cells()) this.gossip.drop(change)
  }

  /** A name that rests is made anew: what was said of its end counts no more. */
  forget(name: Name | undefined): void {
    if (name?.term == null) return
    this.gossip.room.rouse(name)
    this.deadlines.remove(name.term)
    this.gossip.recorder?.turn(name)
  }

  /** Nothing of an author is live any more. */
  miss(author: Author): void {
    this.file(author, Math.max(this.gossip.clock() + this.keptMs, author.spentUntil))
  }

  /** An event of an author was let go of: others may send it again until its end. */
  spend(author: Author, seq: Seq, until: number): void {
    author.spent = Math.max(author.spent, seq)
    author.spentUntil = Math.max(author.spentUntil, until)
    if (author.place < 0) this.file(author, author.spentUntil)
  }

  /** A name of events needs no rest when nothing of it is left. */
  empty(name: Name): void {
    if (name.size > 0) return
    this.forget(name)
    this.gossip.log.remove(name)
  }

  /** An author is our own, and never forgotten. */
  keep(author: Author): void {
    this.deadlines.remove(author)
  }

  /** What is refused now may be taken at that moment. */
  retry(at: number): void {
    if (at >= this.retryAt) return
    this.retryAt = at
    this.onSooner?.()
  }

  /** When there is something to sweep; `Infinity` for never. */
  get nextAt(): number {
    return Math.min(this.deadlines.first?.at ?? Infinity, this.retryAt)
  }

  /** Looks at what is due, a bounded part of it at a time: `nextAt` tells when there is more. */
  sweep(): void {
    const now = this.gossip.clock()
    if (now >= this.retryAt) {
      this.retryAt = Infinity
      this.gossip.retry()
    }
    let left = goMax
    for (let due = this.deadlines.first; due !== undefined && due.at <= now && left > 0; due = this.deadlines.first) {
      left -= due instanceof Term ? this.lookAtName(due, left) : this.lookAtAuthor(due)
    }
  }

  private file(due: Term | Author, at: number): void {
    if (at === Infinity) return this.deadlines.remove(due)
    this.deadlines.set(due, at)
    if (this.deadlines.first === due) this.onSooner?.()
  }

  /** Says how much work it was. */
  private lookAtName(term: Term, cellsMax: number): number {
    const { name } = term
    const { gossip } = this
    const end = momentOf(term.expire)
    if (name.kind === eventKind && gossip.knowsKind(eventKind)) return this.lookAtEvents(term, cellsMax)
    const phase = this.phase(name)
    if (phase !== 'live' && !term.ended) {
      // Whoever hears of it may revive it at once: it is looked at again.
      gossip.end(term)
      return 1
    }
    if (phase === 'live') this.file(term, end)
    else if (phase === 'absent' || phase === 'dying') this.file(term, end + this.keptMs)
    else if (name.size > 0) return this.dropSome(name, cellsMax)
    else if (phase === 'resting') this.file(term, this.newAt(name))
    else {
      this.forget(name)
      gossip.log.remove(name)
      gossip.retry()
    }
    return 1
  }

  /** Events end at once: nobody revives them. */
  private lookAtEvents(term: Term, cellsMax: number): number {
    const end = momentOf(term.expire)
    if (this.gossip.clock() >= end) return this.dropSome(term.name, cellsMax)
    this.file(term, end)
    return 1
  }

  private dropSome(name: Name, cellsMax: number): number {
    let dropped = 0
    for (const change of name.cells()) {
      if (dropped >= cellsMax) break
      this.gossip.drop(change)
      dropped += 1
    }
    return dropped
  }

  private lookAtAuthor(author: Author): number {
    this.deadlines.remove(author)
    if (author.spent > 0 && this.gossip.clock() >= author.spentUntil) author.spent = 0
    // We are never forgotten, though all that we emitted is.
    if (author.series.size > 0 || author === this.gossip.own) {
      if (author.spent > 0) this.file(author, author.spentUntil)
      return 1
    }
    if (this.gossip.mentions.has(author)) this.miss(author)
    else this.gossip.forget(author)
    return 1
  }
}
