/**
 * All sessions of a host over one log: who learns what from whom.
 *
 * Every change comes in by one of two doors, `write` (ours) or `learn` (a peer's), and goes out through every session but the one
 * that brought it. Nothing here does IO, waits, or looks at a clock: changes are pushed in, frames are pulled out.
 */
import { isEndless } from '../kinds/kind.js'
import type { Kind } from '../kinds/kind.js'
import { UnknownKind } from '../kinds/unknown.js'
import type { Limits } from '../limits.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Digest } from '../log/digest.js'
import { latest, momentOf, type Expire } from '../log/expire.js'
import type { HashKey } from '../log/hash.js'
import type { Seq } from '../log/held.js'
import { Log } from '../log/log.js'
import type { Name, Term } from '../log/name.js'
import type { Changes } from '../wire/message.js'
import { Absences } from './absences.js'
import type { Audit } from './audit.js'
import { digestsOf } from './audited.js'
import type { Batch } from './batch.js'
import { Digested } from './digest.js'
import { openDoor, type Door } from './door.js'
import { Expiry } from './expiry.js'
import { Mentions } from './mentions.js'
import type { Observer } from './observer.js'
import type { Rebirth, Was } from './rebirth.js'
import type { Recorder } from './recorder.js'
import type { RefusalCode } from './refusals.js'
import { Revival } from './revival.js'
import { Rivals } from './rivals.js'
import { Room } from './room.js'
import type { Session } from './session.js'
import { Rounds } from './tally.js'
import { Topics } from './topics.js'
import { Trust } from './trust.js'

/** What became of a change that a peer sent; a `repeat` is a duplicate of what the same session brought. */
export type Outcome = 'kept' | 'duplicate' | 'repeat' | 'past' | RefusalCode

/** A frame that several sessions at the same position may send. */
export type Shared = { from: number; to: number; frame: Changes[]; batch: Batch }

export type GossipOptions = {
  host: string
  life: string
  net: string | null
  /** Who is let in: by default everybody. */
  door?: Door
  limits: Limits
  kinds: readonly Kind[]
  observer: Observer
  /** The time by this host's clock, in milliseconds since 1970. */
  clock: () => number
  /** Chance that no peer knows. */
  hashKey: HashKey
  /** Runs a function once, soon: sessions are woken once a turn, not once a change. */
  soon: (wake: () => void) => void
  /** Whether what is held is compared with peers who do so too. Default: no. */
  audit?: boolean
}

export class Gossip {
  readonly log: Log
  /** Ourselves, in this life. */
  own: Author
  readonly net: string | null
  readonly door: Door
  readonly limits: Limits
  readonly observer: Observer
  readonly clock: () => number
  readonly expiry: Expiry
  readonly sessions = new Set<Session>()
  readonly topics: Topics
  /** Of what is held, by the features that name their kinds; none where nothing is audited. */
  readonly digests: ReadonlyMap<string, Digest>
  readonly rounds: Rounds
  /** How often sums were compared, how many audits that began, how many places they found, and how many changes were mended here. */
  readonly audits = { rounds: 0, audits: 0, differences: 0, mended: 0 }
  /** Who looks through all names at present: one at a time does. */
  surveyor: Audit | null = null
  readonly absences: Absences
  readonly mentions = new Mentions()
  /** Keeps the journal, where there is one. */
  recorder: Recorder | null = null
  /** While no peer has shown that nobody knows more of our life than we do. */
  rebirth: Rebirth | null = null
  /** The last live frame that was built, for the next session at the same position. */
  shared: Shared | null = null
  readonly trust = new Trust(this)
  readonly revival = new Revival(this)
  private readonly rivals = new Rivals(this)
  readonly room: Room
  private readonly kinds = new Map<string, Kind>()
  /** Runs a function once this turn is over. */
  readonly soon: (wake: () => void) => void
  private stirred = false
  private readonly digested: Digested
  private sessionsMade = 0

  constructor({ host, life, net, door = openDoor, limits, kinds, observer, clock, hashKey, soon, audit = false }: GossipOptions) {
    this.log = new Log(hashKey)
    this.digested = new Digested(this.log)
    this.own = this.log.meet(`${host}~${life}`) as Author
    this.net = net
    this.door = door
    this.limits = limits
    this.room = new Room(this)
    this.observer = observer
    this.clock = clock
    this.absences = new Absences(limits, clock)
    this.expiry = new Expiry(this)
    this.soon = soon
    for (const kind of kinds) this.kinds.set(kind.kind, kind)
    this.digests = audit ? digestsOf(this.log, kinds, limits.skewMsMax) : new Map<string, Digest>()
    this.rounds = new Rounds(this.log, [...this.digests.values()], limits)
    this.topics = new Topics(this)
  }

  /** The kind of that name; one that is not known here is kept as it comes. */
  kind(name: string): Kind {
    return this.kinds.get(name) ?? new UnknownKind(name, this.limits)
  }

  /** Whether a kind of that name is more to us than cells. */
  knowsKind(name: string): boolean {
    return this.kinds.has(name)
  }

  /** The seq of our next write. */
  get nextSeq(): Seq {
    return this.own.held.have + 1
  }

  /** A change of our own: it is kept, and owed to every peer. What the cell held of an `expire` goes on. */
  write(kind: Kind, text: string, part: string, expire: Expire, body: unknown): void {
    const { log, own, nextSeq } = this
    const found = log.find(kind.kind, text)
    this.expiry.bury(found)
    const name = this.nameOf(kind, text, found)
    const old = name.find(own, part)
    const before = old?.body
    if (old !== undefined) this.rebirth?.note(old)
    const change = log.put(own, nextSeq, name, part, latest(old?.expire ?? null, expire), body, 0, old)
    this.note(own, change.seq)
    this.revival.extend(change, change.expire, false, [])
    this.settle(kind, change, before)
    this.observer.change(change, null)
    if (kind.fleeting === true) this.topics.take(change, null)
  }

  /**
   * One change from one peer: keep it if it is new, owe it to everyone else, tell the readers.
   *
   * `known` is the greatest `expire` of the name that the peer knows; without a peer the change comes from an import.
   */
  learn(
    author: Author, seq: Seq, kind: Kind, text: string, part: string, expire: Expire, known: Expire, body: unknown, from: Session | null
  ): Outcome {
    const { log } = this
    const misfit = this.room.misfit(text, part)
    if (misfit !== null) return misfit
    if (author === this.own) this.doubt(seq)
    const found = log.findBy(author, seq, kind.kind, text)
    if (author === this.own && this.rivals.isForged(seq, found, part)) return 'impostor'
    this.expiry.bury(found)
    if (this.isOver(kind, author, seq, text, found, latest(expire, known))) return this.pass(author, seq, kind, text, part, expire)
    const old = found?.find(author, part)
    const wins = this.rivals.wins(kind, old, seq, expire, body, from)
    if (old !== undefined && old.seq >= seq && !wins) {
      this.note(author, seq)
      this.revival.extend(old, latest(expire, known), false, from === null ? [] : [from])
      return from?.again(old) ?? 'duplicate'
    }
    const kept = isEndless(kind, expire) ? undefined : kind.take(body, part)
    const refusal = kept === undefined ? 'body' : this.room.refusal(kind, author, text, part, kept, found, old)
    if (refusal !== null) return refusal
    const name = this.nameOf(kind, text, found)
    const misled = this.trust.isMisled(kind, author, seq)
    const before = old?.body
    const change = log.put(author, seq, name, part, expire, kept, originOf(from), old)
    this.note(author, seq)
    this.revival.extend(change, latest(expire, known), name !== found, this.sessions)
    this.settle(kind, change, before)
    if (change.live) {
      this.trust.take(change, from, misled, wins)
      this.observer.change(change, from)
    }
    if (kind.fleeting === true) this.topics.take(change, from)
    this.stir()
    return 'kept'
  }

  /** A change as it was kept: judged when it came, and no other made needless by it. */
  restore(author: Author, seq: Seq, kind: Kind, text: string, part: string, expire: Expire, kept: unknown): void {
    const name = this.nameOf(kind, text, this.log.find(kind.kind, text))
    const old = name.find(author, part)
    const before = old?.body
    this.room.restore(kind, text, part, before, kept)
    const change = this.log.put(author, seq, name, part, expire, kept, 0, old)
    this.enter(kind, change, before)
    this.expiry.extend(name, expire, true)
    if (name.term !== null) name.term.ended = false
    if (kind.fleeting === true) this.topics.restore(change)
  }

  /** An end of a name as it was kept, and whether it was told; one that has no cells rests. */
  remind(kind: Kind, text: string, expire: Expire, told: boolean): void {
    const found = this.log.find(kind.kind, text)
    const name = found ?? this.log.create(kind.kind, text)
    this.expiry.extend(name, expire, true)
    if (found === undefined) this.room.rest(name)
    if (name.term !== null) name.term.ended = told || name.size === 0
  }

  /** A change of ours is taken back: its cell holds what it held before, if anything. */
  revert(change: Change, was: Was | undefined): void {
    if (!change.live) return
    if (was === undefined) return this.drop(change)
    const { author, name, part, body } = change
    this.enter(this.kind(name.kind), this.log.put(author, was.seq, name, part, was.expire, was.body, 0, change), body)
  }

  /** Up to which seq peers are told what we hold of an author: of ourselves, to what was so before, until they have shown that they know no more. */
  toldUpto(author: Author): Seq {
    return this.rebirth !== null && author === this.own ? this.rebirth.from : Infinity
  }

  /** A peer knows no more of our life than we do: it goes on. */
  confirm(): void {
    const { rebirth, own } = this
    if (rebirth === null) return
    this.recorder?.confirm(rebirth)
    this.rebirth = null
    // What waited is told once the journal knows that it was confirmed.
    if (own.held.have > rebirth.from) this.moved(own)
  }

  /** A life of ours goes on, in the place of the new one that was begun. */
  become(author: Author): void {
    const before = this.own
    this.own = author
    if (before.series.size === 0) this.log.forget(before)
  }

  /** Takes a change out of its cell: its name is past its grace, or others say all that it says. */
  drop(change: Change): void {
    this.recorder?.drop(change)
    const kind = this.kind(change.name.kind)
    this.mentions.drop(kind, change.body)
    this.log.drop(change)
    this.room.release(kind, change)
    if (kind.fleeting === true) {
      this.topics.drop(change)
      this.expiry.empty(change.name)
    }
    if (change.author.series.size === 0 && change.author !== this.own) this.expiry.miss(change.author)
    this.retry()
  }

  /** A name came to its end. */
  end(term: Term): void {
    term.ended = true
    this.recorder?.turn(term.name)
    this.observer.expire(term.name)
  }

  /** Tells of an end later, in the middle of something else. */
  endSoon(term: Term): void {
    term.ended = true
    this.recorder?.turn(term.name)
    this.soon(() => this.observer.expire(term.name))
  }

  /** Forgets an author of whom nothing is live, and what peers hold of it. */
  forget(author: Author): void {
    this.recorder?.forget(author)
    this.log.forget(author)
    this.topics.forget(author)
    for (const session of this.sessions) session.forget(author)
  }

  /** The digest of what is held now. */
  get digest(): string {
    return this.digested.text
  }

  /** What we hold of an author moved. */
  moved(author: Author): void {
    this.log.touch(author)
    this.stir()
  }

  /**
   * Wakes every session, once in a turn. None speaks before the turn is over, when all that stirred is applied; what is stirred while they
   * speak wakes them again.
   */
  stir(): void {
    if (this.stirred) return
    this.stirred = true
    this.soon(() => {
      this.stirred = false
      this.recorder?.wake()
    })
    for (const session of this.sessions) session.wake()
  }

  /** There is room again: sessions that refused for want of it ask anew. */
  retry(): void {
    this.room.moves += 1
    this.stir()
  }

  open(session: Session): number {
    this.sessions.add(session)
    this.sessionsMade += 1
    return this.sessionsMade
  }

  close(session: Session): void {
    this.sessions.delete(session)
    session.audit.close()
    if (session.peer !== null) this.absences.begin(session.peer.host, session.heardAt)
    session.peer?.release()
    this.topics.part(session)
  }

  /** A change of our life beyond what we told anybody shows that an older copy of our journal was put back: then, once, a new life begins. */
  private doubt(seq: Seq): void {
    if (this.rebirth !== null && seq > this.rebirth.from && this.recorder?.failure == null) this.rebirth.begin(this)
  }

  /** Only now, when it is kept, is a change noted as held. */
  note(author: Author, seq: Seq): void {
    if (author.held.note(seq, this.limits.rangesMax)) this.moved(author)
  }

  /** The name that was found, or a new one, also in the place of one that rests. */
  private nameOf({ kind }: Kind, text: string, found: Name | undefined): Name {
    if (found !== undefined && found.size > 0) return found
    this.expiry.forget(found)
    return this.log.create(kind, text)
  }

  /** Whether a change came too late to be kept, or is an event that was let go of here. */
  private isOver(kind: Kind, author: Author, seq: Seq, text: string, name: Name | undefined, known: Expire): boolean {
    if (kind.fleeting !== true) return this.expiry.isPast(name, known)
    return this.clock() >= momentOf(known) || this.topics.isSpent(author, text, seq)
  }

  /** A change of a name that is dropped by now counts as held. Of an author of whom nothing is held, nothing is noted. */
  private pass(author: Author, seq: Seq, kind: Kind, text: string, part: string, expire: Expire): Outcome {
    if (author.movedAt > 0) this.note(author, seq)
    if (kind.fleeting === true && this.clock() >= momentOf(expire)) this.topics.late(author, text, part)
    return 'past'
  }

  /** A change has come into its cell, where `before` was the body if there was one: what its kind makes of it, and what need not be kept beside it. */
  private settle(kind: Kind, change: Change, before: unknown): void {
    this.enter(kind, change, before)
    for (const spare of kind.spares?.(change) ?? []) {
      if (change.author !== this.own) this.rebirth?.rescue(spare)
      this.drop(spare)
    }
  }

  private enter(kind: Kind, change: Change, before: unknown): void {
    this.room.enter(kind, change, before)
    this.mentions.take(kind, change.body, before)
    if (before !== undefined && kind.fleeting === true) this.topics.replace(change.name, before)
    kind.witness?.(change.body)
  }
}

/** Which session brought a change; 0 for none. */
function originOf(from: Session | null): number {
  return from?.number ?? 0
}
