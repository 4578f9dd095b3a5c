/**
 * The listening half of a session: what each message of the peer's does.
 */
import { GossipError } from '../errors.js'
import type { Kind } from '../kinds/kind.js'
import type { Author } from '../log/author.js'
import { latest } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import type { Parsed } from '../wire/parse.js'
import type { Outcome } from './gossip.js'
import type { Greeting } from './handshake.js'
import { Peer } from './peer.js'
import { Share } from './pool.js'
import type { RefusalCode } from './refusals.js'
import type { Session } from './session.js'

/** Byes that are no error: the end was wanted, another link is there, or neither end keeps this one. */
const fairCodes = new Set(['close', 'duplicate', 'unkept'])

type Of<Type extends Parsed['type']> = Extract<Parsed, { type: Type }>

type Range = readonly [Seq, Seq]

export class Inbound {
  constructor(private readonly session: Session) {}

  take(message: Parsed, now: number): void {
    const { session } = this
    if (message.type === 'bye') return this.bye(message)
    if (message.type === 'hello') return this.hello(message)
    const { peer, port } = session
    const isForNobody = message.type === 'unknown' || ((message.type === 'packet' || message.type === 'link') && port === null)
    if (isForNobody || (message.type === 'audit' && !session.audit.active)) {
      session.counts.unknown += 1
      return
    }
    if (message.type === 'proof') return this.proof(message)
    if (peer === null) throw this.unmet()
    if (message.type === 'change') this.changes(message, peer)
    else if (message.type === 'have') this.have(message, peer)
    else if (message.type === 'ask') this.ask(message, peer)
    else if (message.type === 'ping') {
      session.pulse.take(message, now)
      session.inquiries.echoed(message.echo)
      port?.echoed(message.echo)
      session.audit.hear(message.sum, message.echo, now)
    } else if (message.type === 'audit') session.audit.take(message, now)
    else port?.take(message)
  }

  private hello(message: Of<'hello'>): void {
    const { session } = this
    const { gossip, options, handshake } = session
    const { host, life, net, nonce } = message
    if (session.peer !== null || handshake?.claimed != null) throw new GossipError('ERR_FRAME', `${host} said hello twice; the session ended.`)
    if (net !== gossip.net) {
      throw new GossipError('ERR_NET', `${host} belongs to ${named(net)}, we to ${named(gossip.net)}; the session ended, nothing was told.`)
    }
    if (host === gossip.own.host) {
      session.mirrored = life === gossip.own.life
      throw new GossipError('ERR_SELF', `the peer is called "${host}" as we are: a stream led back here, or a host's name is not unique; the session ended, nothing was told.`)
    }
    if (options.host !== null && host !== options.host) {
      throw new GossipError('ERR_HELLO', `"${options.host}" was expected at the other end, not "${host}"; the session ended.`)
    }
    if (handshake === null && nonce !== null) {
      throw new GossipError('ERR_KEY', `${host} asks for the key of its network, and we have none; the session ended, nothing was told.`)
    }
    if (handshake === null) return this.greet(message)
    if (nonce === null) throw new GossipError('ERR_KEY', `${host} has no key, and our network has one; the session ended, nothing was told.`)
    handshake.hear(message)
  }

  /** The peer says that it knows the key: only now it is one. */
  private proof({ proofs }: Of<'proof'>): void {
    const { session } = this
    const { handshake } = session
    if (handshake === null) {
      session.counts.unknown += 1
      return
    }
    const { claimed } = handshake
    if (claimed === null) throw this.unmet()
    if (session.peer !== null) throw new GossipError('ERR_FRAME', `${claimed.host} proved itself twice; the session ended.`)
    if (!handshake.accepts(proofs)) {
      throw new GossipError('ERR_KEY', `who says to be ${claimed.host} does not know a key of ours; the session ended, nothing was told.`)
    }
    this.greet(claimed)
  }

  private greet({ host, life, digest, features }: Greeting): void {
    const { gossip } = this.session
    this.session.greet(new Peer(host, life, digest, features, gossip.log, gossip, gossip.limits, new Share(gossip.room.strangers)))
  }

  /** What is wrong with a word of one who is no peer yet. */
  private unmet(): GossipError {
    const claimed = this.session.handshake?.claimed ?? null
    if (claimed === null) return new GossipError('ERR_HELLO', 'the peer did not begin with a hello; the session ended.')
    return new GossipError('ERR_KEY', `who says to be ${claimed.host} went on without a proof that it knows the key; the session ended, nothing was taken.`)
  }

  private have({ stated, sent, refused, claim, partial, more }: Of<'have'>, peer: Peer): void {
    const { session } = this
    if (sent !== session.counts.changesIn) {
      throw new GossipError('ERR_LOST', `${peer.host} counts ${sent} changes sent, and ${session.counts.changesIn} arrived; the session ended, those are kept.`)
    }
    peer.adoptAll()
    for (const one of stated) {
      const author = peer.state(one)
      if (claim === 'these' && author !== null) this.believe(author, one.have, one.dots)
    }
    if (claim === 'all') {
      this.believeAll(peer)
      session.inquiries.answered()
    }
    // Who keeps something from us will not say more than that: nobody waits for a claim of its.
    if (partial) session.inquiries.answered()
    if (partial || claim === 'all') session.starved = partial
    if (refused !== null) this.refused(refused)
    session.heardHave(claim !== null || partial, more, refused !== null)
  }

  private believeAll(peer: Peer): void {
    if (!this.session.takes || this.session.refusals.blind) return
    for (const author of [...peer.unclaimed]) {
      const held = peer.vector.get(author)
      if (held !== undefined && this.believe(author, held.have, held.ranges())) peer.unclaimed.delete(author)
    }
  }

  /** The peer claims that we hold so much of an author. We go as far as we have seen, unless we refused something of it here. */
  private believe(author: Author, have: Seq, ranges: readonly Range[]): boolean {
    const { takes, refusals, gossip } = this.session
    if (!takes || refusals.marks(author.id)) return false
    const { held } = author
    let moved = held.raise(Math.min(have, held.seen))
    for (const [from, to] of ranges) {
      const end = Math.min(to, held.seen)
      if (from <= end && held.take(from, end, gossip.limits.rangesMax)) moved = true
    }
    if (moved) {
      gossip.moved(author)
      gossip.topics.claimed(author, this.session)
    }
    return true
  }

  private refused(refused: ReadonlyMap<string, number>): void {
    const { session } = this
    const before = session.refusedByPeer
    session.refusedByPeer = refused
    for (const [code, count] of refused) {
      const more = count - (before.get(code) ?? 0)
      if (more > 0) session.gossip.observer.refused(session, code, more, 'peer')
    }
  }

  private changes(message: Of<'change'>, peer: Peer): void {
    const { session } = this
    const { gossip } = session
    session.counts.changesIn += message.seqs.length
    if (!session.options.receive) return peer.introduce(message.number, message.id)
    const author = peer.author(message.number, message.id)
    if (author === null) return this.strangers(message)
    const kind = gossip.kind(message.kind)
    const refused = new Map<RefusalCode, number>()
    let seq = 0
    for (let i = 0; i < message.seqs.length && session.state === 'open'; i += 1) {
      seq += message.seqs[i] as number
      const outcome = this.change(message, i, author, seq, kind)
      if (outcome !== 'impostor') peer.show(author, seq)
      if (outcome === 'repeat') session.repeats.count += 1
      if (outcome === 'duplicate' || outcome === 'repeat' || outcome === 'past') session.counts.duplicates += 1
      else if (outcome !== 'kept') refused.set(outcome, (refused.get(outcome) ?? 0) + 1)
    }
    // Else a peer could fill our table of authors with changes that nobody keeps.
    if (author.series.size === 0 && author.movedAt === 0 && author !== gossip.own) {
      gossip.topics.estrange(author)
      gossip.log.forget(author)
      peer.estrange(author)
    }
    for (const [code, count] of refused) gossip.observer.refused(session, code, count, 'us')
    if (refused.size > 0) session.review()
    session.checkRepeats()
  }

  /** The change in row `i` of a message. One that is refused is remembered for what its sender claims later. */
  private change({ kind: kindName, names, parts, expires, bodies }: Of<'change'>, i: number, author: Author, seq: Seq, kind: Kind): Outcome {
    const { gossip, refusals } = this.session
    const text = names[i] as string
    const part = parts === null ? '' : (parts[i] as string)
    const said = expires === null ? null : (expires.said[i] as Expire)
    const known = expires?.known == null ? null : (expires.known[i] as Expire)
    const outcome = this.forbids(author, kindName, text, part) ?? gossip.learn(author, seq, kind, text, part, said, known, bodies[i], this.session)
    if (outcome === 'kept' || outcome === 'duplicate' || outcome === 'repeat' || outcome === 'past') return outcome
    const fits = outcome !== 'name' && outcome !== 'part'
    const until = latest(said, known)
    const again = refusals.add(author.id, { seq, kind: kindName, text: fits ? text : '', part: fits ? part : '', until, code: outcome })
    this.session.repeats.refuse(again)
    if (outcome === 'impostor') gossip.observer.impostor(this.session, author.id, seq)
    return outcome
  }

  /** Why the peer may not say such a change, if so. */
  private forbids(author: Author, kind: string, text: string, part: string): RefusalCode | null {
    const { permit, gossip } = this.session
    if (permit === null) return null
    return gossip.room.misfit(text, part) ?? (permit.takes(author, kind, text) ? null : 'right')
  }

  /** Changes of an author for whom there is no room. */
  private strangers({ number, seqs }: Of<'change'>): void {
    const { session } = this
    let seq = 0
    for (const step of seqs) session.repeats.refuse(session.refusals.addStranger(number, (seq += step)))
    session.gossip.observer.refused(session, 'authors', seqs.length, 'us')
    session.review()
    session.checkRepeats()
  }

  private ask({ stated, names }: Of<'ask'>, peer: Peer): void {
    const { session } = this
    const { gossip } = session
    if (names.length > gossip.limits.asksMax) {
      throw new GossipError('ERR_SIZE', `${peer.host} asked for ${names.length} names at once, over asksMax ${gossip.limits.asksMax}; the session ended.`)
    }
    if (!session.claims || session.restricted) return
    for (const one of stated) {
      const asked = peer.asked(one)
      if (asked !== null) session.outbound.feed.ask(asked.author, asked.held)
    }
    for (const [kind, text] of names) {
      const name = gossip.log.find(kind, text)
      if (name !== undefined) session.outbound.feed.askName(name)
    }
    session.outbound.teller.owe()
  }

  private bye({ code, leave }: Of<'bye'>): void {
    const { session } = this
    session.left = leave
    session.end(fairCodes.has(code) ? null : new GossipError('ERR_BYE', `${session.name} ended the session: ${code}.`))
  }
}

function named(net: string | null): string {
  return net === null ? 'no net' : `net "${net}"`
}
