/**
 * A link's end in its session: says the words about the link and hands out packets, and knows which of them arrived.
 */
import type { Link, Met, Word } from '../dial/link.js'
import type { Letter, Outbox } from '../dial/outbox.js'
import type { Peer } from '../gossip/peer.js'
import type { Port } from '../gossip/port.js'
import type { Session } from '../gossip/session.js'
import type { Json } from '../json.js'
import type { Frame, Link as LinkMessage } from '../wire/message.js'
import type { Parsed } from '../wire/parse.js'

/** Who is told what a link brings. */
export interface Ear {
  met(link: Link, met: Met): void
  heard(link: Link, word: Word): void
  packet(host: string, packet: Json): void
  answered(link: Link): void
  /** The packets for the host of a link, if the link may carry them. */
  outbox(link: Link): Outbox | null
}

export class LinkPort implements Port {
  session: Session | null = null
  private host = ''
  /** Handed out and not confirmed, with the time of the ping behind each; 0 before there is one. */
  private readonly sent: { letter: Letter; askedAt: number; outbox: Outbox }[] = []
  private word: LinkMessage | null = null
  /** The time of the ping that is to prove the link alive; 0 before it went out, null if none is wanted. */
  private probedAt: number | null = null

  constructor(
    readonly link: Link,
    private readonly ear: Ear
  ) {}

  get idle(): boolean {
    return this.sent.length === 0 && this.ear.outbox(this.link)?.empty !== false
  }

  next(now: number): Frame | null {
    const { session, word } = this
    if (word !== null) {
      this.word = null
      return word
    }
    const outbox = this.ear.outbox(this.link)
    const letter = outbox?.take() ?? null
    if (outbox === null || letter === null) return null
    this.sent.push({ letter, askedAt: 0, outbox })
    // As acknowledgements of changes do, confirmations wait for each other; who is about to go does not wait.
    session?.pulse.ask(session.state === 'open' ? now + session.gossip.limits.haveMs : now)
    return letter.frame
  }

  greet({ host, life, features }: Peer): void {
    this.host = host
    this.ear.met(this.link, { host, life, node: features.has('node') })
  }

  take(message: Extract<Parsed, { type: 'packet' | 'link' }>): void {
    if (message.type === 'packet') this.ear.packet(this.host, message.packet)
    else this.ear.heard(this.link, { choice: message.choice, keeps: message.keeps, uris: message.uris })
  }

  asked(sentAt: number): void {
    if (this.probedAt === 0) this.probedAt = sentAt
    for (const one of this.sent) if (one.askedAt === 0) one.askedAt = sentAt
  }

  echoed(sentAt: number): void {
    for (let first = this.sent[0]; first !== undefined && first.askedAt !== 0 && first.askedAt <= sentAt; first = this.sent[0]) {
      first.outbox.settle(first.letter)
      this.sent.shift()
    }
    if (this.probedAt === null || this.probedAt === 0 || this.probedAt > sentAt) return
    this.probedAt = null
    this.ear.answered(this.link)
  }

  /** Says a word, instead of one that was not said yet. */
  say({ choice, keeps, uris }: Word): void {
    this.word = { l: choice, ...(keeps ? { keep: true } : {}), ...(uris.length > 0 ? { uris: [...uris] } : {}) }
    this.session?.wake()
  }

  /** Asks for a sign of life. */
  probe(): void {
    this.probedAt = 0
    this.session?.pulse.ask(-Infinity)
    this.session?.wake()
  }

  /** What was handed out and never confirmed: it may have arrived, or not. */
  lose(): Letter[] {
    const lost = this.sent.splice(0)
    for (const { letter, outbox } of lost) outbox.settle(letter)
    return lost.map(({ letter }) => letter)
  }
}
