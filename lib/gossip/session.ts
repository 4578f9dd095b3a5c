/**
 * The protocol with one peer, as a machine without IO: frames are pushed in (`receive`), pulled out (`pull`), and time is told (`tick`).
 *
 * The halves are `inbound` and `outbound`; here is what both need, and how a session begins and ends. docs/protocol.md says what is said.
 */
import { GossipError } from '../errors.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Frame } from '../wire/message.js'
import { silentPings } from '../limits.js'
import { parse } from '../wire/parse.js'
import type { Parsed } from '../wire/parse.js'
import { Audit } from './audit.js'
import type { Gossip } from './gossip.js'
import { Handshake } from './handshake.js'
import { Inquiries } from './inquiries.js'
import { Inbound } from './inbound.js'
import { Outbound } from './outbound.js'
import { Pace } from './pace.js'
import type { Peer } from './peer.js'
import type { Port } from './port.js'
import { Pulse } from './pulse.js'
import type { Permit } from './rights.js'
import { Refusals } from './refusals.js'
import { Repeats } from './repeats.js'

export type SessionOptions = {
  /** A label of the user's; shown, never compared. */
  id: string | null
  /** The host that must be at the other end, if that is known. */
  host: string | null
  /** Whether the other end is expected back when the session ends. */
  expected: boolean
  /** Whether our changes go out. */
  send: boolean
  /** Whether the peer's changes are taken in. */
  receive: boolean
  /** How long what is owed waits before a frame is built of it. */
  delayMs: number
  /** What a node says and hears in this session beside the store. */
  port?: Port | undefined
}

/** What is still taken by one who only waits to know that its packets arrived. Its pings confirm those of the peer: they are taken, too. */
const lingering: ReadonlySet<Parsed['type']> = new Set<Parsed['type']>(['ping', 'packet', 'bye'])

/** How far our side is: `closing` has a bye to say, `closed` nothing any more. */
export type SessionState = 'open' | 'closing' | 'closed'

export class Session {
  /** Its number among the sessions of this host, by which changes remember what brought them. */
  readonly number: number
  state: SessionState = 'open'
  /** Who is at the other end; null until its hello. */
  peer: Peer | null = null
  /** Whether we know where the peer is in our log, and so can serve it. */
  met = false
  /** Whether first claims have gone both ways, as far as changes flow. */
  synced = false
  /** The peer said that it will not come back. */
  left = false
  /** Only what the journal has is told, and nothing is claimed: it cannot be written at present. Such a session ends when it can. */
  readonly restricted: boolean
  /** The peer keeps something from us. */
  starved = false
  /** The peer is ourselves, in this very life. */
  mirrored = false
  /** Where the network is locked: how both ends show that they know its key. Nobody is a peer before that. */
  readonly handshake: Handshake | null
  /** What the peer may do here; null is everything. */
  permit: Permit | null = null
  readonly pulse: Pulse
  readonly refusals: Refusals
  readonly inquiries: Inquiries
  readonly audit: Audit
  readonly counts = { changesIn: 0, changesOut: 0, framesIn: 0, framesOut: 0, duplicates: 0, unknown: 0 }
  /** What the peer refused of ours and still does not hold, by code. */
  refusedByPeer: ReadonlyMap<string, number> = new Map()
  /**
   * Called when there may be something to pull, or the session ended, in the middle of what made it so: it is to be pulled when this turn
   * is over. A change that is pulled at once may lack what is being said of the end of its name, and nobody says that again.
   */
  onWake: (() => void) | null = null
  readonly outbound: Outbound
  /** How fast the peer is read. */
  readonly pace: Pace
  /** What it sent again. */
  readonly repeats: Repeats
  /** The peer has not taken what it is owed for so long that nobody waits for it. */
  stalled = false
  /** When the peer was heard last, by our clock. */
  heardAt: number
  private readonly inbound: Inbound
  private claimHeard = false
  /** How far the refusals had moved when coherence was last looked at. */
  private reviewedMoves = 0
  private pulledAt: number
  private farewell = { code: 'close', leave: false }
  private failed = false

  constructor(
    readonly gossip: Gossip,
    readonly options: SessionOptions,
    private readonly startedAt: number
  ) {
    this.number = gossip.open(this)
    this.handshake = gossip.door.lock === null ? null : new Handshake(gossip.door.lock)
    this.restricted = gossip.recorder?.failure != null
    this.pulse = new Pulse(gossip.limits, startedAt)
    this.refusals = new Refusals(gossip.limits.refusalsMax, (author, refusal) => gossip.room.holds(author, refusal))
    this.repeats = new Repeats(gossip.limits, gossip.clock)
    this.inquiries = new Inquiries(gossip.limits)
    this.audit = new Audit(this)
    this.pulledAt = startedAt
    this.heardAt = gossip.clock()
    this.pace = new Pace(gossip.limits, startedAt)
    this.outbound = new Outbound(this)
    this.inbound = new Inbound(this)
  }

  /** Takes one frame of the peer's. A malformed one ends this session, and nothing else. */
  receive(frame: unknown, now: number): void {
    if (this.state !== 'open' && !this.lingers) return
    this.counts.framesIn += 1
    this.heardAt = this.gossip.clock()
    if (this.pulse.hear(now)) {
      this.gossip.topics.move()
      this.review()
    }
    const before = this.counts.changesIn
    try {
      const messages = parse(frame, this.gossip.limits)
      this.pace.spend(messages.length, now)
      for (const message of messages) {
        if (this.state === 'open' || (this.lingers && lingering.has(message.type))) this.inbound.take(message, now)
      }
    } catch (error) {
      this.fail(error as Error)
      if (!(error instanceof GossipError)) this.gossip.observer.fault(error)
    }
    this.pace.spend(this.counts.changesIn - before, now)
    this.wake()
  }

  /** What a change is whose cell holds as high a seq: a repeat if this very session brought that. */
  again({ from }: Change): 'repeat' | 'duplicate' {
    return from === this.number ? 'repeat' : 'duplicate'
  }

  /** What was asked for, or is mended, may come a second time. */
  excuse(): void {
    this.repeats.excuse(this.gossip.log.size)
  }

  /** Ends with a peer that sends too many changes again. */
  checkRepeats(): void {
    const { repeats, counts: { changesIn } } = this
    if (!repeats.areTooMany(changesIn)) return
    throw new GossipError('ERR_REPEAT', `${this.name} sent ${repeats.count} changes again, of ${changesIn}; the session ended, what is held is kept.`)
  }

  /** The next frame, null if there is none now, or `ended` for ever. */
  pull(now: number): Frame | null | 'ended' {
    if (this.state === 'closed') return 'ended'
    this.pulledAt = now
    if (this.stalled) this.stall(false)
    try {
      const frame = this.state === 'closing' && this.outbound.greeting !== null ? this.last(now) : this.outbound.next(now)
      if (frame !== null) this.counts.framesOut += 1
      return frame
    } catch (error) {
      // A kind of the user's could not write what it took.
      this.end(error as Error)
      this.gossip.observer.fault(error)
      return 'ended'
    }
  }

  /** Time went on: deadlines are looked at. */
  tick(now: number): void {
    if (this.state !== 'open') return
    const { helloMs, timeoutMs } = this.gossip.limits
    if (this.peer === null && now >= this.startedAt + helloMs) {
      const missing = this.handshake?.claimed == null ? 'said no hello' : 'did not prove that it knows the key'
      this.fail(new GossipError('ERR_HELLO', `the peer ${missing} for ${helloMs} ms; the session ended.`))
    } else if (this.pulse.dead(now)) {
      this.fail(new GossipError('ERR_TIMEOUT', `nothing was heard from ${this.name} for ${timeoutMs} ms; the session ended.`))
    } else if (this.pulse.listen(now)) {
      this.gossip.topics.move()
      this.review()
    } else if (!this.stalled && !this.outbound.idle && now >= this.pulledAt + silentPings * this.gossip.limits.pingMs) {
      this.stall(true)
    }
  }

  /** When `tick` will have something to do, if nothing is heard until then. */
  get deadlineAt(): number {
    if (this.state !== 'open') return Infinity
    const helloAt = this.peer === null ? this.startedAt + this.gossip.limits.helloMs : Infinity
    return Math.min(helloAt, this.pulse.deadlineAt)
  }

  /** When `pull`, which just gave nothing, will give something, if nothing wakes it until then. */
  get wordAt(): number {
    if (this.state !== 'open' || this.outbound.mute) return Infinity
    return Math.min(this.pulse.pingAt, this.outbound.wordAt)
  }

  wake(): void {
    this.onWake?.()
  }

  /** Ends the session with a bye. */
  close(code = 'close', leave = false): void {
    if (this.port?.idle === false) this.pulse.ask(-Infinity)
    this.part('closing', null, { code, leave })
  }

  /** Ends the session because of an error, whose code the bye tells. */
  fail(error: Error): void {
    const code = error instanceof GossipError ? error.code.slice(4).toLowerCase() : 'error'
    this.part('closing', error, { code, leave: false })
  }

  /** Ends the session with no more word: the stream under it is gone, or the peer said bye. */
  end(error: Error | null): void {
    this.part('closed', error, this.farewell)
  }

  private stall(stalled: boolean): void {
    this.stalled = stalled
    this.gossip.topics.move()
  }

  /** The peer said who it is. */
  greet(peer: Peer): void {
    this.permit = this.gossip.door.authorize(this, peer)
    this.peer = peer
    this.audit.greet(peer.features)
    this.gossip.observer.connect(this)
    if (this.outbound.greeting === null) this.review()
    else this.compare()
    this.port?.greet(peer)
  }

  /** Once both hellos are known: digests are compared as they were sent, and stand for the moment of our own hello. */
  compare(): void {
    const { greeting, teller, feed } = this.outbound
    if (greeting === null || this.peer === null || this.state !== 'open') return
    if (greeting.digest === this.peer.digest && !this.restricted) {
      this.peer.assume(greeting.moves)
      teller.startAt(greeting.moves)
      feed.startAt(greeting.end)
      this.meet(this.peer)
      this.gossip.confirm()
    } else {
      teller.startInFull()
    }
    this.review()
  }

  /** The peer told where it is. When its first vector is complete, what it lacks can be served. */
  heardHave(claim: boolean, more: boolean, refused: boolean): void {
    if (claim && this.takes) this.claimHeard = true
    if (!this.met && !more && this.peer !== null) {
      this.outbound.feed.startFrom(this.peer.vector)
      this.meet(this.peer)
      if (!this.peer.ahead) this.gossip.confirm()
    }
    this.gossip.observer.acknowledge(this)
    if (!this.synced || refused || this.refusals.moves !== this.reviewedMoves || !this.refusals.empty) this.review()
  }

  /** We know where the peer is. */
  private meet(peer: Peer): void {
    this.met = true
    this.gossip.topics.meet(peer)
  }

  /** What the peer may do is another from now on: what it may be shown at last is served, what it may say at last is asked for. */
  allow(permit: Permit | null): void {
    this.permit = permit
    if (this.peer === null) return
    this.outbound.reconsider()
    this.refusals.reconsider()
    if (this.met) this.outbound.feed.startFrom(this.peer.vector)
    this.review()
    this.wake()
  }

  /** An author is no longer known here. */
  forget(author: Author): void {
    this.peer?.forget(author)
    this.outbound.teller.forget(author)
  }

  /** Lets go of refusals of what has come to be held some other way. */
  reviewRefusals(): void {
    this.refusals.review()
    if (this.refusals.moves !== this.reviewedMoves) this.review()
  }

  /** Something moved on which coherence depends. */
  review(): void {
    this.reviewedMoves = this.refusals.moves
    const synced = this.met && (!this.claims || this.outbound.teller.claimed) && (!this.takes || this.claimHeard)
    if (synced && !this.synced) {
      this.synced = true
      if (this.peer !== null && this.gossip.absences.wasLong(this.peer.host)) this.audit.askForEnds()
      this.gossip.observer.sync(this)
    }
    this.gossip.observer.review()
  }

  get port(): Port | null {
    return this.options.port ?? null
  }

  /** Whether the peer says that it knows more of our life than we do, and may be right. */
  get doubts(): boolean {
    return this.peer?.ahead === true && this.gossip.rebirth !== null
  }

  /** How the peer is called in messages. */
  get name(): string {
    return this.peer?.host ?? this.options.id ?? this.options.host ?? 'the peer'
  }

  /** Whether our changes flow to this peer: only then do we claim anything. */
  get claims(): boolean {
    return this.options.send && this.peer?.features.has('deaf') !== true
  }

  /** Whether changes may be kept back from this peer: then nothing is claimed, and it cannot confirm that it holds all. */
  get withholds(): boolean {
    return this.permit?.partial === true
  }

  /** Whether the peer's changes flow to us: only then do we believe its claims. */
  get takes(): boolean {
    return this.options.receive && this.peer?.features.has('mute') !== true
  }

  /** Whether something was refused here, on either side, and is still not held. What was forged in our name, or its, is no matter between us, and neither is what we let nobody say. */
  get refused(): boolean {
    return isDoubtful(this.refusedByPeer) || (!this.refusals.empty && isDoubtful(this.refusals.standing(), 'right'))
  }

  /** In how many places an audit found that the peer holds something else that nobody refused; or that it must, and where is not known. Null if neither. */
  get differing(): number | null {
    if (!this.refusals.empty || this.refusedByPeer.size > 0) return null
    return this.audit.open > 0 || this.audit.doubt === 'differs' ? this.audit.open : null
  }

  /** Whether the peer audits, and has shown nothing for too long. */
  get unproven(): boolean {
    return this.refusals.empty && this.refusedByPeer.size === 0 && this.audit.doubt === 'unproven'
  }

  /** How many seqs we hold that the peer has not acknowledged. */
  get lag(): number {
    let lag = 0
    for (const author of this.gossip.log.everyAuthor()) {
      if (author.series.size > 0) lag += author.held.missing(this.peer?.held(author), author.highest)
    }
    return lag
  }

  /** Whether packets said before the bye still wait for their confirmation. */
  private get lingers(): boolean {
    return this.state === 'closing' && this.port !== null && !this.failed && !this.port.idle
  }

  /** What is said once the session is to end: packets that were taken before, then the bye. */
  private last(now: number): Frame | null {
    if (!this.lingers) return this.bye()
    const frame = this.port?.next(now) ?? null
    if (frame !== null || !this.lingers) return frame ?? this.bye()
    return this.pulse.due(now) ? this.outbound.ping(now) : null
  }

  private bye(): Frame {
    this.state = 'closed'
    const { code, leave } = this.farewell
    return leave ? { b: code, leave } : { b: code }
  }

  private part(state: 'closing' | 'closed', error: Error | null, farewell: { code: string; leave: boolean }): void {
    const was = this.state
    this.failed ||= error !== null
    if (was === 'closed' || (was === 'closing' && state === 'closing')) return
    this.state = state
    this.farewell = farewell
    if (was === 'open') {
      this.gossip.close(this)
      this.inquiries.end()
      this.gossip.observer.disconnect(this, error)
    }
    this.wake()
  }
}

/** Whether anything was refused that its author said, but for what some code says. */
function isDoubtful(refused: ReadonlyMap<string, number>, but?: string): boolean {
  for (const [code, count] of refused) if (code !== 'impostor' && code !== but && count > 0) return true
  return false
}
