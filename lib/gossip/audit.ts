/**
 * The audit of a session: whether both ends hold the same, found out from sums of it, and what to do where they do not.
 *
 * Vectors can lie or be wrong; content cannot. Pings carry a sum of all that is held. If two differ, the host of the lesser name asks, from sums of
 * parts to sums of their parts, down to lists of single places, and each end serves what it holds there that the other does not. Words of an audit
 * are said only when all is served, so that a difference is none that is under way; and parts that were touched within two rounds are left
 * alone. What an audit brings is judged by its cell alone, whatever any vector says.
 */
import { depthOf, numberIn } from '../log/digits.js'
import { byBytes } from '../log/text.js'
import type { Audit as Word, Ping } from '../wire/message.js'
import type { ParsedAudit } from '../wire/parse.js'
import { comparison, type Comparison } from './comparison.js'
import { Lead } from './lead.js'
import type { Theme } from './lead.js'
import { Questions } from './questions.js'
import { Reach } from './reach.js'
import { inside, moving, opening, Reply, stands, sumsOf } from './reply.js'
import type { Session } from './session.js'
import { Standing, type Told } from './standing.js'
import { Survey, type Found, type Ground, type Thing } from './survey.js'
import { Tally } from './tally.js'
import { Tried } from './tried.js'

/** Cells that a survey looks at in one go, and the rest between two: a millisecond, then four. */
const surveyMax = 10_000
const surveyRestMs = 4

/** So many words of ours wait: further questions of a peer are not answered. */
const proofsMax = 256

/** An answer that is being made: where to look, and how to end it. */
type Draft = { survey: Survey | null; end: (grounds: ReadonlyMap<string, Ground>) => Answer }

/** A word to be said, and what is to be served behind it. */
type Answer = { word: Word; things: Thing[] }

export class Audit {
  /** What sums that were told come to. */
  readonly standing: Standing
  /** How many places were found to differ, and not to be the same since. */
  open = 0
  /** Whether the peer serves, or is asked to, what its vector and ours say that we hold. */
  mends = false
  private tally: Tally | null = null
  /** Audits that we begin. */
  private readonly lead: Lead
  private huge = 0
  private readonly reach = new Reach()
  /** What the peer asked. */
  private asked: ParsedAudit | null = null
  private draft: Draft | null = null
  private answer: Answer | null = null
  /** Short words that wait to be said, made when they are. */
  private readonly words: (() => Word)[] = []
  /** Who waits for what the peer holds of a name, by number. */
  private readonly questions: Questions
  private surveyAt = -Infinity
  /** What was listed to the peer, by address and place: it may ask for that. */
  private listed = new Map<string, Map<number, Found>>()
  private verifying = false
  /** A sum is to be said once all is counted. */
  private counting = false
  /** When there is more to be counted of what is said in cells. */
  private embodyAt = Infinity
  private readonly tried: Tried
  private servedAllAt = -Infinity
  private askedForEnds = false

  constructor(private readonly session: Session) {
    this.questions = new Questions(session.gossip)
    this.lead = new Lead(session.gossip.limits)
    this.tried = new Tried(session.refusals)
    this.standing = new Standing(session.gossip.limits, () => session.lag === 0, () => session.gossip.log.end + session.counts.changesIn)
  }

  /** The peer said what it audits. Where changes do not flow both ways nothing is. */
  greet(features: ReadonlySet<string>): void {
    const { gossip, claims, takes } = this.session
    if (!claims || !takes) return
    const common = [...gossip.digests].filter(([feature]) => features.has(feature))
    if (common.length > 0) this.tally = new Tally(common.map(([, digest]) => digest))
  }

  /** Whether both ends audit, and nothing is kept back from the peer. */
  get active(): boolean {
    return this.running !== null
  }

  /** What is compared. Of what is kept back from the peer, by right, sums would tell, and differ for good. */
  private get running(): Tally | null {
    return this.session.withholds ? null : this.tally
  }

  /** What sums leave in doubt. Who keeps something from us, or from whom we do, tells none. */
  get doubt(): Standing['doubt'] {
    return this.active && !this.session.starved ? this.standing.doubt : null
  }

  /** The kinds that both ends audit. */
  get kinds(): string[] {
    return this.tally?.kinds(this.session.gossip.log) ?? []
  }

  /**
   * What a ping sent at `sentAt` says of all that is held, once all of it is served, and may be told. If it takes a while to count that, a ping of its
   * own tells it then.
   */
  sum(sentAt: number, mayTell: boolean, now: number): Ping['g'] | undefined {
    const { session, running: tally } = this
    if (tally === null || !session.synced) return undefined
    this.counting = mayTell && session.outbound.drained && !session.gossip.rounds.note(now)
    if (this.counting || !mayTell || !session.outbound.drained) return void this.stand(() => this.standing.move(now))
    const { rounds, limits: { graceMs, skewMsMax }, log } = session.gossip
    this.embodyAt = rounds.embody(now)
    const from = tally.indexOf(Math.max(0, session.gossip.clock() + graceMs + skewMsMax)) * tally.spanMs
    const told = tally.sumFrom(from, log.embodiesAll)
    this.reach.ping(sentAt, rounds.mark)
    this.stand(() => this.standing.say(told, sentAt, now))
    return told.bodies === null ? [from, told.text] : [from, told.text, told.bodies]
  }

  /** The peer said what a sum of all that it holds is, in answer to a ping of ours, or pinged without one. */
  hear(told: Told | null, echo: number, now: number): void {
    const { session, running: tally } = this
    if (tally === null || !session.synced) return
    this.reach.echoed(echo)
    if (told === null) return this.stand(() => this.standing.miss('unproven', echo, now))
    const { from, text, bodies } = told
    if (from % tally.spanMs !== 0 || !session.gossip.rounds.count(now)) return
    const ours = tally.sumFrom(from, session.gossip.log.embodiesAll)
    session.gossip.audits.rounds += 1
    if (this.stand(() => this.standing.hear(told, echo, ours, now))) return this.agree()
    if (!session.outbound.drained || !this.leads || !this.lead.mayBegin(now)) return
    this.listed.clear()
    const isOfBodies = ours.text === text
    const pair = isOfBodies ? [ours.bodies, bodies] : [ours.text, text]
    this.lead.begin({ from, bodies: isOfBodies }, pair.join(), now)
  }

  /** A word of an audit came. One is answered at a time; a peer that does not wait for that is not heard. */
  take(word: ParsedAudit, now: number): void {
    const { running: tally } = this
    if (tally === null) return
    if (word.found !== null) {
      this.lead.found += word.found
      this.find(word.found)
      // Where nothing is left to be served to us or by us, somebody has to look whether all is well.
      this.verifying = word.found > 0
    }
    if (word.wanted.length > 0) this.mends = true
    for (const [address, places] of word.wanted) this.serve(address, places)
    if (word.serve !== null) this.serveAgain(word.serve, now)
    if (word.asked !== null && this.words.length < proofsMax) this.words.push(this.questions.answer(word.salt, word.asked))
    if (word.held !== null) this.questions.hear(word.salt, word.held)
    if (word.nodes.length + word.lists.length > 0 || word.spans !== null) {
      this.reach.take(word, this.asked === null)
      this.asked ??= word
    } else if (this.lead.until !== null && word.from > 0) this.end(now)
  }

  /** What is to be said, now that all is served. */
  next(now: number): Word | null {
    const { running: tally } = this
    if (tally === null) return null
    const short = this.words.shift()
    if (short !== undefined) return short()
    if (this.counts && !this.session.gossip.rounds.count(now)) return null
    if (this.lead.starting !== null) return this.start(tally, this.lead.starting, now)
    if (this.asked !== null) this.look(tally, this.asked, now)
    if (this.answer !== null) return this.say(this.answer, now)
    if (this.counting || (this.verifying && this.asked === null)) {
      this.counting = this.verifying = false
      this.session.pulse.ask(now)
    }
    if (now >= this.embodyAt) this.embodyAt = this.session.gossip.rounds.embody(now)
    return null
  }

  /** When `next`, which just gave nothing, will give something, once all is served. */
  get nextAt(): number {
    if (!this.active) return Infinity
    if (this.words.length > 0) return -Infinity
    if (!this.counts) return this.embodyAt
    const countedAt = Math.max(this.session.gossip.rounds.countAt, this.lead.starting === null && this.asked !== null ? this.surveyAt : -Infinity)
    return Math.min(this.embodyAt, countedAt)
  }

  /** The other end was away for so long that names may be over here which it revived, or the other way round: both ends ask for all that end. */
  askForEnds(): void {
    if (!this.active || this.askedForEnds) return
    this.askedForEnds = true
    this.session.excuse()
    this.mends = true
    this.words.push(() => ({ g: [0, 0], x: 'ends' }))
  }

  /** Asks what the peer holds of a name, once all is served; tells whether it is what we hold when the answer comes, or null if none will. */
  ask(text: string, kinds: readonly string[], done: (equal: boolean | null) => void): void {
    this.words.push(this.questions.ask(text, kinds, done))
    this.session.wake()
  }

  /** The session is over. */
  close(): void {
    this.tally = null
    this.asked = null
    this.draft = null
    const { gossip } = this.session
    if (gossip.surveyor === this) gossip.surveyor = null
    this.listed.clear()
    this.questions.close()
  }

  /** Whether something is to be done for which all must be counted. */
  private get counts(): boolean {
    return this.counting || this.lead.starting !== null || this.asked !== null
  }

  /** Whether we begin audits: one of two hosts does. */
  private get leads(): boolean {
    const { gossip, peer } = this.session
    return peer !== null && byBytes(gossip.own.host, peer.host) < 0
  }

  /** Something comes of sums. */
  private stand<Said>(tell: () => Said): Said {
    const { doubt } = this.standing
    const said = tell()
    if (this.standing.doubt !== doubt) this.session.review()
    return said
  }

  private agree(): void {
    this.lead.rest()
    this.huge = 0
    this.mends = false
    this.listed.clear()
    this.find(0)
  }

  private find(count: number): void {
    const { session } = this
    if (count > 0) this.mends = true
    if (count === this.open) return
    session.excuse()
    const was = this.open
    this.open = count
    if (was === 0) {
      session.gossip.audits.differences += count
      session.gossip.observer.differ(session, count)
    }
    session.review()
  }

  private end(now: number): void {
    this.lead.end(now)
    if (this.lead.found > 0) return
    if (this.open > 0) this.words.push(() => ({ g: [0, 0], d: 0 }))
    this.find(0)
  }

  private start(tally: Tally, theme: Theme, now: number): Word | null {
    const { gossip } = this.session
    this.lead.starting = null
    if (!this.knows(theme)) {
      this.end(now)
      return null
    }
    gossip.audits.audits += 1
    const salt = Math.round(now) >>> 0
    this.reach.ask(salt, gossip.rounds.mark)
    return opening(tally.of(theme), theme, salt, gossip.rounds.still(now), gossip.limits.auditEntriesMax)
  }

  /** Whether all is counted that such an audit is of. */
  private knows({ bodies }: { bodies: boolean }): boolean {
    return !bodies || this.session.gossip.log.embodiesAll
  }

  /** Sees where to look for an answer. */
  private drafted(word: ParsedAudit, all: Tally, now: number): Draft {
    const tally = all.of(word)
    const { gossip } = this.session
    const { wanted, plain, isHuge, differing, lacking } = comparison(word, tally, this.still(now), gossip.limits)
    if (isHuge) return { survey: null, end: () => this.serveHuge(word, differing, lacking) }
    const survey = wanted.size === 0 ? null : new Survey(gossip.log, tally, wanted, gossip.limits.auditPlacesMax)
    return { survey, end: (grounds) => this.answered(word, tally, plain, grounds, now) }
  }

  /** Half of all differs: all is served by the end that has it; where both have some, all is asked for, and served if it still is so then. */
  private serveHuge({ from, salt }: ParsedAudit, differing: number, lacking: Comparison['lacking']): Answer {
    this.huge += 1
    this.lead.found += differing
    this.find(differing)
    const again = lacking === 'peer' || (lacking === null && this.huge % 2 === 0)
    if (again) this.session.outbound.feed.askAll()
    return { word: { g: [from, salt], d: differing, ...(again ? {} : { x: 'all' as const }) }, things: [] }
  }

  /** The mark before which what was touched is compared with what was asked: it stands still, and the peer had it when it asked. */
  private still(now: number): number {
    return Math.min(this.session.gossip.rounds.still(now), this.reach.asked)
  }

  private look(tally: Tally, asked: ParsedAudit, now: number): void {
    const { gossip } = this.session
    if (!this.knows(asked)) return this.decline(asked)
    const draft = (this.draft ??= this.drafted(asked, tally, now))
    if (draft.survey === null) return void (this.answer = draft.end(new Map()))
    this.surveyAt = now + surveyRestMs
    gossip.surveyor ??= this
    if (gossip.surveyor !== this || !draft.survey.step(surveyMax)) return
    gossip.surveyor = null
    this.answer = draft.end(draft.survey.grounds)
  }

  /** What is said in cells cannot be compared now that something moves. */
  private decline(asked: ParsedAudit): void {
    const { gossip } = this.session
    if (gossip.surveyor === this) gossip.surveyor = null
    this.answer = { word: { g: [asked.from, asked.salt], ...inside(asked) }, things: [] }
  }

  /** Every question is answered, if by nothing; where we lead, and nothing is left to ask, the audit is over. */
  private say({ word, things }: Answer, now: number): Word | null {
    this.answer = null
    this.draft = null
    this.asked = null
    this.session.outbound.feed.mend(things)
    const asks = word.n !== undefined || word.p !== undefined
    if (asks) this.reach.ask(word.g[1], this.session.gossip.rounds.mark)
    if (word.q !== undefined || things.length > 0) this.mends = true
    // What was asked for is on its way first: then it is the other end that looks.
    if (this.open > 0 && !asks && word.q === undefined) this.verifying = true
    if (this.lead.until === null || asks) return word
    this.end(now)
    return word.q === undefined && word.d === undefined && word.x === undefined ? this.words.shift()?.() ?? null : word
  }

  /** The answer to a word, from what stands where it looked. */
  private answered(word: ParsedAudit, tally: Tally, plain: readonly string[], grounds: ReadonlyMap<string, Ground>, now: number): Answer {
    const still = this.still(now)
    const reply = new Reply(word, this.session.gossip.limits.auditEntriesMax, this.listed)
    for (const digit of plain) {
      const sums = sumsOf(tally, digit, word.salt, still)
      if (sums !== moving.repeat(64)) reply.node(digit, sums)
    }
    for (const [address, sums] of word.nodes) {
      const ground = grounds.get(address)
      if (ground !== undefined && stands(tally, address, still)) reply.compareParts(ground, sums)
    }
    const lists = new Map(word.lists)
    for (const ground of grounds.values()) {
      if (!stands(tally, ground.address, still)) continue
      const list = lists.get(ground.address)
      if (list !== undefined) this.lead.found += reply.compareList(ground, list, this.tried.refused)
      else if (!word.nodes.some(([address]) => address === ground.address)) reply.expand(ground)
    }
    if (reply.found > 0) this.find(reply.found)
    return { word: reply.word(), things: reply.things }
  }

  /** Serves places of a list of ours that the peer asks for. */
  private serve(address: string, places: string): void {
    const { feed } = this.session.outbound
    const digits = 5 - depthOf(address)
    const listed = this.listed.get(address)
    for (let at = 0; at < places.length; at += digits) {
      const found = listed?.get(numberIn(places, at, digits))
      if (found !== undefined) feed.mend(found.things)
    }
    if (this.open > 0) this.verifying = true
  }

  private serveAgain(what: 'all' | 'ends', now: number): void {
    const { gossip: { limits }, outbound: { feed } } = this.session
    this.mends = true
    this.session.excuse()
    this.verifying = true
    if (now < this.servedAllAt + limits.pingMs) return
    this.servedAllAt = now
    if (what === 'all') return feed.askAll()
    // It may know of an absence of which we do not: of one that was another life's.
    this.askForEnds()
    feed.askEnding()
  }
}
