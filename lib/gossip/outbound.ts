/**
 * The speaking half of a session: decides which frame comes next.
 *
 * In this order: hello; a ping that is due; a `have` that is due; a question; changes. A frame of changes holds nothing else, so that
 * sessions at the same position can send the same one.
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Frame, Hello } from '../wire/message.js'
import { Batch } from './batch.js'
import { Feed } from './feed.js'
import { Gate } from './gate.js'
import type { Shared } from './gossip.js'
import type { Handshake } from './handshake.js'
import type { Session } from './session.js'
import { Teller } from './teller.js'

export class Outbound {
  readonly feed: Feed
  readonly teller: Teller
  private readonly gate: Gate
  /** What we said in our hello, and the moment it stands for. */
  greeting: { digest: string; end: number; moves: number } | null = null
  /** Since when the feed, past its catch-up, has not been drained: a round begins only long after. */
  private behindAt: number | null = null
  /** Up to where the peer was served when that was last told. */
  private servedTo = 0
  /** Since when something is owed, for `delayMs`. */
  private owedAt: number | null = null
  /** Whether the last word was a frame of changes. */
  private fed = false
  /** Whether the last word was the port's. */
  private ported = false
  /** Of whom to ask, a few at a time, since there is room again. */
  private asking: string[] = []
  private askedMoves: number
  private askedAt = -Infinity

  constructor(private readonly session: Session) {
    const { gossip, refusals, counts } = session
    this.feed = new Feed(gossip.log, (change) => this.owes(change), (change) => session.permit?.shows(change) ?? true, (change) => change.from === session.number)
    this.teller = new Teller(gossip.log, gossip.limits, refusals, counts, (author) => this.withholds(author), (author) => gossip.toldUpto(author))
    this.gate = new Gate(gossip)
    this.askedMoves = gossip.room.moves
  }

  next(now: number): Frame | null {
    const frame = this.decide(now)
    if (this.feed.servedTo !== this.servedTo) {
      this.servedTo = this.feed.servedTo
      this.session.gossip.topics.move()
    }
    return frame
  }

  private decide(now: number): Frame | null {
    const { session, gate } = this
    if (gate.closed) return gate.take() ?? (gate.passed ? this.meanwhile(now) : null)
    if (this.greeting === null) return gate.put(this.hello())
    if (session.handshake?.open === true) return this.prove(session.handshake)
    if (session.pulse.due(now)) return this.ping(now)
    if (session.peer === null) return null
    const inquiry = this.inquire(now)
    if (inquiry !== null) return inquiry
    // Packets and the rest take turns.
    const early = this.ported ? null : session.port?.next(now) ?? null
    this.ported = early !== null
    if (early !== null) return early
    const word = this.word(now)
    if (word !== null) return gate.put(word)
    if (session.port === null) return null
    const late = session.port.next(now)
    this.ported = late !== null
    return late
  }

  /** What goes before a frame that waits: nothing that tells of what we hold. */
  private meanwhile(now: number): Frame | null {
    const { pulse, port } = this.session
    return pulse.due(now) ? this.ping(now) : port?.next(now) ?? null
  }

  /** Whether our hello waits, and all with it. */
  get mute(): boolean {
    return this.gate.closed && !this.gate.passed
  }

  ping(now: number): Frame {
    const ping = this.session.pulse.ping(now)
    this.session.port?.asked(ping.t[0])
    const sum = this.session.audit.sum(ping.t[0], this.gate.clear, now)
    if (sum !== undefined) ping.g = sum
    return ping
  }

  /** Words about our vector and changes take turns, so that neither starves the other on a link that takes few frames. */
  private word(now: number): Frame | null {
    const early = this.fed || this.teller.urgent ? this.tell(now) ?? this.ask(now) : null
    this.fed = false
    if (early !== null) return early
    const changes = this.changes(now)
    this.fed = changes !== null
    return changes ?? this.tell(now) ?? this.ask(now) ?? (this.drained ? this.session.audit.next(now) : null)
  }

  /** When `next`, which just had nothing to say, will have something, if nothing wakes it until then. */
  get wordAt(): number {
    if (this.gate.closed) return Infinity
    const { gossip, options } = this.session
    const owedAt = this.owedAt === null ? Infinity : this.owedAt + options.delayMs
    const askAt = this.mayAsk ? this.askedAt + gossip.limits.askMs : Infinity
    return Math.min(owedAt, askAt, this.drained ? this.session.audit.nextAt : Infinity, this.mayInquire ? this.session.inquiries.nextAt : Infinity, this.teller.nextAt(this.drained))
  }

  /** Whether the peer may lack a change: not brought by this very session, not covered by what the peer said or showed, and not kept from it. */
  private owes(change: Change): boolean {
    const { session } = this
    const { own, rebirth, recorder } = session.gossip
    if (session.restricted && recorder?.has(change) !== true) return false
    if (session.doubts && change.author === own && change.seq > (rebirth?.from ?? 0)) return false
    return change.from !== session.number && session.peer?.covers(change.author, change.seq) !== true && session.permit?.shows(change) !== false
  }

  /** Whether nothing waits for the peer to take it. */
  get idle(): boolean {
    return this.session.met && (!this.session.claims || this.feed.drained)
  }

  /** Whether what we hold of an author is not to be told. */
  private withholds(author: Author): boolean {
    return this.session.restricted && this.session.gossip.recorder?.hasHeld(author) !== true
  }

  /** Whether all was served that there is. */
  get drained(): boolean {
    const { met, claims, restricted, doubts } = this.session
    return met && claims && !restricted && !doubts && this.feed.drained
  }

  private hello(): Frame {
    const { gossip, options } = this.session
    // A digest like no other: a vector that is not told in full is like nobody's.
    const partial = this.session.restricted || gossip.own.held.have > gossip.toldUpto(gossip.own)
    const digest = partial ? `- ${gossip.own.life}` : gossip.digest
    this.greeting = { digest, end: gossip.log.end, moves: gossip.log.moves }
    const audited = options.send && options.receive ? gossip.digests.keys() : []
    const features = [...(options.send ? [] : ['mute']), ...(options.receive ? [] : ['deaf']), ...(options.port === undefined ? [] : ['node']), ...audited]
    const frame: Hello = { v: 1, h: gossip.own.host, i: gossip.own.life, x: this.greeting.digest }
    if (gossip.net !== null) frame.net = gossip.net
    if (this.session.handshake !== null) frame.nonce = this.session.handshake.nonce
    if (features.length > 0) frame.f = features
    this.session.handshake?.say({
      version: frame.v, host: frame.h, life: frame.i, net: gossip.net, digest: frame.x, features: new Set(features), nonce: frame.nonce ?? null
    })
    this.session.compare()
    return frame
  }

  /** Where the network is locked nothing is said between the hello and the proof. */
  private prove(handshake: Handshake): Frame | null {
    const proof = handshake.prove()
    return proof === null ? null : { proof }
  }

  private tell(now: number): Frame | null {
    this.session.reviewRefusals()
    if (this.session.met && this.session.claims) this.feed.skip()
    const { drained } = this
    if (!this.teller.due(drained, now)) return null
    const have = this.teller.tell(drained, now, this.session.withholds)
    if (have.y !== undefined || have.p !== undefined) this.session.review()
    return have
  }

  /** Rights have changed: what was noted to be claimed may no longer be so, and what was refused may be taken now. */
  reconsider(): void {
    this.teller.reconsider()
    this.askedMoves = -1
  }

  private get mayAsk(): boolean {
    const { met, takes, refusals, gossip } = this.session
    return met && takes && (this.asking.length > 0 || (this.askedMoves !== gossip.room.moves && !refusals.empty))
  }

  private ask(now: number): Frame | null {
    const { gossip, refusals } = this.session
    if (!this.mayAsk || now < this.askedAt + gossip.limits.askMs) return null
    this.askedAt = now
    if (this.asking.length === 0) {
      this.askedMoves = gossip.room.moves
      this.asking = refusals.askable()
    }
    if (this.asking.length === 0) return null
    this.session.excuse()
    return this.teller.ask(this.asking)
  }

  private get mayInquire(): boolean {
    return this.session.met && this.session.takes
  }

  /** A question about events, and a ping behind it, which echoes nothing and so is answered at once: that shows when both were taken. */
  private inquire(now: number): Frame | null {
    const { inquiries } = this.session
    const due = this.mayInquire ? inquiries.take(now) : []
    if (due.length === 0) return null
    this.session.excuse()
    const ask = this.teller.askBetween(due)
    const ping = this.session.pulse.question(now)
    this.session.port?.asked(ping.t[0])
    for (const inquiry of due) inquiry.sentAt = ping.t[0]
    return [ask, ping]
  }

  private changes(now: number): Frame | null {
    const { session, feed } = this
    if (!session.met || !session.claims) return null
    if (feed.drained) {
      this.owedAt = null
      this.behindAt = null
      return null
    }
    this.owedAt ??= now
    if (now < this.owedAt + session.options.delayMs) return null
    while (!feed.drained) {
      this.mayBeginRound(now)
      const frame = this.shared() ?? this.built(now)
      if (feed.drained) this.owedAt = this.behindAt = null
      if (frame !== null) return frame
    }
    return null
  }

  private built(now: number): Frame | null {
    const { session, feed, teller } = this
    const { gossip } = session
    const { cursor: from, live } = feed
    const batch = new Batch((kind) => gossip.kind(kind), gossip.limits)
    if (feed.fill(batch)) {
      teller.endRound()
      this.behindAt = now
    }
    if (batch.size === 0) return null
    const shareable = live && !feed.stepped && batch.authors.every((author) => teller.knows(author))
    const frame = batch.messages((author) => teller.introduce(author))
    session.counts.changesOut += batch.size
    if (shareable && gossip.sessions.size > 1) gossip.shared = { from, to: feed.cursor, frame, batch }
    return frame
  }

  private mayBeginRound(now: number): void {
    const { feed, session } = this
    if (!feed.caughtUp) this.behindAt = now
    this.behindAt ??= now
    if (!feed.live || session.restricted || session.doubts || now < this.behindAt + session.gossip.limits.roundMs) return
    if (!session.withholds) this.teller.note()
    feed.beginRound()
  }

  /** The frame that another session built from this same position, if it suits this peer as it is. */
  private shared(): Frame | null {
    const { session, feed } = this
    const { shared } = session.gossip
    if (shared === null || shared.from !== feed.cursor || !feed.live || !this.suits(shared)) return null
    feed.startAt(shared.to)
    session.counts.changesOut += shared.batch.size
    return shared.frame
  }

  private suits({ batch }: Shared): boolean {
    return batch.authors.every((author) => this.teller.knows(author)) && batch.every((change) => this.owes(change))
  }
}
