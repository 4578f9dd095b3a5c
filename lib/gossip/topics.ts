/**
 * Which events a host keeps, and for how long.
 *
 * Nothing supersedes an event, so something else must end it. It ends at the moment that its author gave it. Until then the newest of
 * each topic are kept, for those who are away, and the newest of each author, by which they see what they missed; an older one is let go
 * of as soon as every connected peer that is not silent, nor stalled, was served it. So a bound never costs a healthy peer anything, but
 * for the last one, of bytes: beyond it nothing new is emitted here, and what others emit takes the place of the oldest.
 */
import { GossipError } from '../errors.js'
import { eventKind, eventName, topicOf } from '../kinds/event.js'
import type { Kind } from '../kinds/kind.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import { momentOf } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import type { Name } from '../log/name.js'
import type { Gossip } from './gossip.js'
import type { Hearing } from './hearing.js'
import { Marks } from './marks.js'
import type { Peer } from './peer.js'
import type { Session } from './session.js'
import { Topic } from './topic.js'

/** What an event costs beside its body, counted against `bufferBytesMax`. */
const eventBytes = 300

/** Events that are emitted within so much of their life share a name: a minute, where it is a quarter of an hour. */
const slotShare = 16
const slotMsMax = 60_000

export class Topics {
  /** Bytes of all events that are held. */
  bytes = 0
  readonly hearings = new Set<Hearing>()
  readonly marks: Marks
  /** Hosts that are expected and away, with what they held when they were last here; null where that is not known. */
  absent: ReadonlyMap<string, Peer | null> = new Map()
  private readonly topics: Topic[] = []
  /** Those that nobody reads here. */
  private readonly rest: Topic
  /** Up to where, in order of arrival, all healthy peers were served; `Infinity` without any. Worked out anew when it is `stale`. */
  private served = Infinity
  private stale = true
  private unhealthy: Session[] = []
  /** Up to where anybody ever was served. */
  private servedMax = 0
  private met = false
  private trimming = false
  /** Whether what we emitted is issued again, in a new life: those who heard it are not told. */
  private reissuing = false
  private readonly waiting = new Set<{ topic: Topic; resolve: () => void }>()

  constructor(private readonly gossip: Gossip) {
    this.rest = new Topic(null, gossip.limits.bufferMax)
    this.marks = new Marks(gossip)
  }

  /** A topic that somebody reads here from now on. Where several do, the most that one of them wants is kept. */
  open(name: string, max: number): Topic {
    const topic = this.recall(name)
    topic.max = topic.read ? Math.max(topic.max, max) : max
    if (topic.remembered && !topic.read) this.trim(topic)
    topic.read = true
    return topic
  }

  /** A topic that is read here, or was in a process before this one; null is that of all others. */
  recall(name: string | null): Topic {
    const known = [this.rest, ...this.topics].find((topic) => topic.name === name)
    if (known !== undefined) return known
    const topic = new Topic(name, this.gossip.limits.bufferMax)
    for (const [author, seq] of this.rest.spent) topic.spent.set(author, seq)
    this.gossip.log.arrivals.after(0, (change) => {
      if (this.isEvent(change) && topicOf(change.name.text) === name) this.hand(topic, change)
      return true
    })
    this.topics.push(topic)
    return topic
  }

  /** All that a journal keeps beside events. */
  *entries(): Generator<[key: string, value: string], void, undefined> {
    for (const topic of [this.rest, ...this.topics]) yield* this.marks.entries(topic)
  }

  /** An event as it was kept, in the order in which they came. */
  restore(change: Change): void {
    const topic = this.of(change.name.text)
    topic.kept += 1
    topic.latest.set(change.author, Math.max(change.seq, topic.latest.get(change.author) ?? 0))
    this.bytes += this.weigh(change.name, change.body)
  }

  /** Events whose time went by while nobody looked are let go of. */
  end(): void {
    const now = this.gossip.clock()
    for (const name of [...this.gossip.log.names(eventKind)?.values() ?? []]) {
      if (now >= momentOf(name.term?.expire ?? null)) for (const event of [...name.cells()]) this.gossip.drop(event)
    }
  }

  /** Our life goes on: so do the numbers of our events. */
  resume(): void {
    for (const topic of this.topics) topic.number = topic.gone
    for (const [topic, { part }] of this.own()) topic.number = Math.max(topic.number, Number(part))
  }

  /** A new life of ours begins, and numbers anew what `issue` issues again, which those who heard it are not told; `from` is the last seq of the one before that was ours. */
  renew(before: Author, from: Seq, issue: () => void): void {
    for (const topic of this.topics) topic.number = topic.gone = 0
    this.reissuing = true
    issue()
    this.reissuing = false
    for (const hearing of this.hearings) hearing.renew(before, from)
  }

  /** An event of ours is issued again: the name that it has now. */
  again(change: Change, issue: (part: string) => void): void {
    const topic = this.of(change.name.text)
    topic.number += 1
    issue(String(topic.number))
    const now = this.gossip.own.series.last()
    if (now !== undefined) for (const hearing of this.hearings) if (hearing.topic === topic) hearing.move(change, now)
  }

  private *own(): Generator<[Topic, Change], void, undefined> {
    const own: Change[] = []
    this.gossip.own.series.after(0, (change) => this.isEvent(change) ? own.push(change) > 0 : true)
    for (const change of own) yield [this.of(change.name.text), change]
  }

  /** An event that nobody read until now is of a topic that somebody does. */
  private hand(topic: Topic, { author, seq }: Change): void {
    this.rest.kept -= 1
    if (this.rest.passed.get(author)?.seq === seq) this.rest.passed.delete(author)
    topic.kept += 1
    topic.latest.set(author, Math.max(seq, topic.latest.get(author) ?? 0))
  }

  /** Whether some peer was met already: what it held then is known to us, or on its way. */
  get hasMet(): boolean {
    return this.met
  }

  /**
   * Emits an event of ours, of JSON text. Says whether it may go on so: false when a healthy peer was not served `max` events, or nobody is there.
   *
   * @throws GossipError `ERR_FULL`; nothing is emitted then.
   */
  emit(topic: Topic, kind: Kind, text: string, lifeMs: number): boolean {
    const { gossip } = this
    const { bufferBytesMax } = gossip.limits
    const weight = eventBytes + kind.bytes(text)
    if (this.bytes + weight > bufferBytesMax) this.trim(topic, weight)
    if (this.bytes + weight > bufferBytesMax) {
      throw new GossipError('ERR_FULL', `${topic.counted} events wait, and bufferBytesMax ${bufferBytesMax} allows no more; nothing was emitted. Wait for drained().`)
    }
    const slotMs = Math.max(1, Math.min(slotMsMax, Math.floor(lifeMs / slotShare)))
    const until = Math.ceil((gossip.clock() + lifeMs) / slotMs) * slotMs
    const [name, part] = [eventName(topic.name ?? '', until), String(topic.number + 1)]
    const passed = gossip.room.passed(kind, gossip.own, name, part, text, undefined)
    if (passed !== null) throw new GossipError('ERR_FULL', `this host would hold more than ${passed} ${gossip.limits[passed]}; nothing was emitted.`)
    topic.number += 1
    gossip.write(kind, name, part, until, text)
    return this.owed(topic) < topic.max
  }

  /** Resolves when fewer than `max` events wait for some healthy peer. */
  drained(topic: Topic): Promise<void> {
    if (this.owed(topic) < topic.max) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting.add({ topic, resolve })
    })
  }

  /** Nobody waits any longer. */
  release(): void {
    for (const { resolve } of this.waiting) resolve()
    this.waiting.clear()
  }

  /** Whether a change is an event, and events are known here. */
  isEvent(change: Change): boolean {
    return change.name.kind === eventKind && this.gossip.knowsKind(eventKind)
  }

  /** Whether an event was let go of here already. */
  isSpent(author: Author, text: string, seq: Seq): boolean {
    return seq <= (this.of(text).spent.get(author) ?? 0) && author.held.covers(seq)
  }

  /** An event was kept. */
  take(change: Change, from: Session | null): void {
    const topic = this.of(change.name.text)
    const { author, seq } = change
    topic.kept += 1
    topic.owed += 1
    topic.latest.set(author, Math.max(seq, topic.latest.get(author) ?? 0))
    this.bytes += this.weigh(change.name, change.body)
    const before = topic.passed.get(author)
    if (before !== undefined && before.seq < seq) this.evict(topic, before)
    if (!this.reissuing) for (const hearing of this.hearings) if (hearing.topic === topic) hearing.take(change, from)
    if (topic.counted > topic.max || this.bytes > this.gossip.limits.bufferBytesMax) this.trim(topic)
    if (from !== null && this.bytes > this.gossip.limits.bufferBytesMax) this.force(topic)
  }

  /** An event was superseded by a forged one of its number. */
  replace(name: Name, before: unknown): void {
    this.of(name.text).kept -= 1
    this.bytes -= this.weigh(name, before)
  }

  /** An event is let go of: its time is over, or it was served and there are newer ones. */
  drop(change: Change): void {
    const topic = this.of(change.name.text)
    topic.kept -= 1
    if (topic.passed.get(change.author) === change) topic.passed.delete(change.author)
    if (change.arrival > this.served) topic.stale = true
    this.bytes -= this.weigh(change.name, change.body)
    if (change.author === this.gossip.own) {
      topic.gone = Math.max(topic.gone, Number(change.part))
      this.marks.move(topic)
    }
    if (this.reissuing) return
    for (const tell of topic.onDrop) tell(change)
    if (topic.onLoss.size > 0 && this.isLost(change)) for (const tell of topic.onLoss) tell(change)
  }

  /** An event came after its end. */
  late(author: Author, text: string, part: string): void {
    const topic = this.of(text)
    for (const hearing of this.hearings) if (hearing.topic === topic) hearing.late(author, Number(part))
  }

  /** A peer claimed that we hold more of an author. */
  claimed(author: Author, by: Session): void {
    for (const hearing of this.hearings) hearing.claimed(author, by)
  }

  /** We know where a peer is. What the first one holds was before our time. */
  meet(peer: Peer): void {
    if (!this.met) for (const hearing of this.hearings) hearing.meet(peer)
    this.met = true
    this.move()
  }

  forget(author: Author): void {
    for (const topic of [this.rest, ...this.topics]) {
      topic.forget(author)
      this.marks.spend(topic, author)
    }
    for (const peer of this.absent.values()) peer?.forget(author)
    this.estrange(author)
  }

  /** An author is not known any more, or was met for something that was not kept. How far it was heard is. */
  estrange(author: Author): void {
    for (const hearing of this.hearings) hearing.forget(author)
  }

  /** A peer was served, came, went, or fell silent: what is kept for it may be another. Looked at once this turn is over. */
  move(): void {
    this.stale = true
    for (const topic of this.topics) topic.stale = true
    if (this.trimming || (this.waiting.size === 0 && !this.isOver())) return
    this.trimming = true
    this.gossip.soon(() => {
      this.trimming = false
      for (const topic of [this.rest, ...this.topics]) if (topic.counted > topic.max) this.trim(topic)
      for (const wait of this.waiting) {
        if (this.owed(wait.topic) >= wait.topic.max) continue
        this.waiting.delete(wait)
        wait.resolve()
      }
    })
  }

  /** The session of a peer is over. */
  part({ outbound }: Session): void {
    this.servedMax = Math.max(this.servedMax, outbound.feed.servedTo)
    this.move()
  }

  private isOver(): boolean {
    return this.rest.counted > this.rest.max || this.topics.some((topic) => topic.counted > topic.max)
  }

  private of(text: string): Topic {
    const name = topicOf(text)
    for (const topic of this.topics) if (topic.name === name) return topic
    return this.rest
  }

  /** Lets go of the oldest events that no healthy peer needs, as long as there are too many, or no room for `bytes` more. */
  private trim(topic: Topic, bytes = 0): void {
    const { bufferBytesMax } = this.gossip.limits
    this.look()
    while (topic.counted > topic.max || this.bytes + bytes > bufferBytesMax) if (!this.evictOldest(topic, this.served)) return
  }

  /** Lets go of the oldest event, if it arrived at or before `served`; says whether there was one. */
  private evictOldest(topic: Topic, served: number): boolean {
    const oldest = this.oldest(topic)
    if (oldest === null || oldest.arrival > served) return false
    topic.from = oldest.arrival
    if (oldest.seq === topic.latest.get(oldest.author)) this.pass(topic, oldest)
    else this.evict(topic, oldest)
    return true
  }

  /** An author's latest event is kept though its turn is over. */
  private pass(topic: Topic, event: Change): void {
    topic.passed.set(event.author, event)
    for (const tell of topic.onDrop) tell(event)
  }

  private evict(topic: Topic, event: Change): void {
    const { author, seq, expire } = event
    topic.spent.set(author, Math.max(seq, topic.spent.get(author) ?? 0))
    this.gossip.expiry.spend(author, seq, momentOf(expire))
    this.marks.spend(topic, author)
    this.gossip.drop(event)
  }

  /** There is no room for what others emit: the oldest go, whoever was not served them; then those of other topics, and the latest of authors. */
  private force(first: Topic): void {
    const { bufferBytesMax } = this.gossip.limits
    for (const topic of [first, this.rest, ...this.topics]) {
      while (this.bytes > bufferBytesMax && this.evictOldest(topic, Infinity));
      for (const event of topic.passed.values()) if (this.bytes > bufferBytesMax) this.evict(topic, event)
    }
  }

  private oldest(topic: Topic): Change | null {
    let oldest: Change | null = null
    this.gossip.log.arrivals.after(topic.from, (change) => {
      if (!this.isEvent(change) || !this.isOf(change, topic)) return true
      oldest = change
      return false
    })
    return oldest
  }

  /** Whether an event is of a topic. */
  isOf({ name }: Change, topic: Topic): boolean {
    return this.of(name.text) === topic
  }

  /** How many events wait for the healthy peer that is furthest behind; all that are kept, if there is none. */
  private owed(topic: Topic): number {
    this.look()
    if (this.served === Infinity) return topic.counted
    if (!topic.stale) return topic.owed
    topic.stale = false
    topic.owed = 0
    this.gossip.log.arrivals.after(Math.max(this.served, topic.from), (change) => {
      if (this.isEvent(change) && this.isOf(change, topic)) topic.owed += 1
      return true
    })
    return topic.owed
  }

  /** Sees anew how far peers were served. */
  private look(): void {
    if (!this.stale) return
    this.stale = false
    this.served = Infinity
    this.unhealthy = []
    for (const session of this.gossip.sessions) {
      if (session.peer === null || !session.claims) continue
      const { servedTo } = session.outbound.feed
      if (session.pulse.silent || session.stalled) this.unhealthy.push(session)
      else this.served = Math.min(this.served, servedTo)
      this.servedMax = Math.max(this.servedMax, servedTo)
    }
  }

  /** Whether somebody who is away, silent or stalled did not get an event; or, where nobody is known, nobody did. */
  private isLost({ author, seq, arrival }: Change): boolean {
    for (const peer of this.absent.values()) if (peer?.covers(author, seq) !== true) return true
    for (const { peer, outbound } of this.unhealthy) if (outbound.feed.servedTo < arrival && peer?.covers(author, seq) !== true) return true
    return this.absent.size === 0 && this.gossip.sessions.size === 0 && arrival > this.servedMax
  }

  private weigh(name: Name, body: unknown): number {
    return eventBytes + this.gossip.kind(name.kind).bytes(body)
  }
}
