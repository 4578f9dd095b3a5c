/**
 * What the other end of a session holds, as it said or showed.
 *
 * It tells where a catch-up starts, what was acknowledged, and what a claim claims. Authors are known here by the numbers that the
 * peer gave them in this session.
 */
import { GossipError } from '../errors.js'
import { readAuthor } from '../log/author.js'
import type { Author } from '../log/author.js'
import { Held } from '../log/held.js'
import type { Seq } from '../log/held.js'
import type { Log } from '../log/log.js'
import type { Stated } from '../wire/parse.js'
import type { Share } from './pool.js'

export class Peer {
  /** What it holds of each author that we know. */
  readonly vector = new Map<Author, Held>()
  /** Of whom it stated something that no claim has confirmed yet. */
  readonly unclaimed = new Set<Author>()
  /** What it stated of authors of whom we have not seen a change: a vector alone makes no author known here. */
  private readonly strangers = new Map<string, Held>()
  /** How many authors had been met when strangers were last looked for among them. */
  private adoptedAt = 0
  /** By decimals: the hashes of strings are seeded, those of numbers are not, and the peer chooses them. */
  private readonly numbers = new Map<string, string>()
  /** It says that it holds more of our own life than we gave. */
  ahead = false
  /** It gave more numbers than there can be authors: one that we do not know may be among them. */
  private crowded = false
  /** How many numbers were given since those of forgotten authors were last let go of. */
  private given = Infinity

  constructor(
    readonly host: string,
    readonly life: string,
    /** Of its vector, as it sent it. */
    readonly digest: string,
    readonly features: ReadonlySet<string>,
    private readonly log: Log,
    /** Ourselves: of our own life nobody holds more than we gave. */
    private readonly ours: { readonly own: Author; toldUpto(author: Author): Seq },
    private readonly limits: { authorsMax: number; rangesMax: number },
    /** How many authors it may speak of whom we do not know. */
    private readonly share: Share
  ) {}

  /** The author of changes, called by `number` or introduced with `id`; null if we have no room for another author. */
  author(number: number, id: string | null): Author | null {
    const called = this.called(number, id)
    if (called === null) return null
    const known = this.log.author(called) ?? (this.log.authorsSize < this.limits.authorsMax ? this.log.meet(called) : null)
    if (known !== null) this.adopt(known)
    return known
  }

  /** Notes whom the peer calls by `number`, where its changes are not taken. */
  introduce(number: number, id: string | null): void {
    this.called(number, id)
  }

  /** The peer stated what it holds of an author; says of whom, or null if we do not know that one. */
  state(stated: Stated): Author | null {
    const id = this.idOf(stated.key)
    if (id === null) return null
    const author = this.log.author(id)
    if (author === undefined) {
      if (this.strangers.has(id) || (this.strangers.size < this.limits.authorsMax && this.share.take())) this.raise(found(this.strangers, id), stated)
      return null
    }
    // Somebody forged a change of ours: what a vector says that holds one is not to be believed, neither that it holds the others.
    if (author === this.ours.own && (stated.dots.at(-1)?.[1] ?? stated.have) > Math.min(author.held.have, this.ours.toldUpto(author))) {
      this.ahead = true
      return null
    }
    this.raise(found(this.vector, author), stated)
    this.unclaimed.add(author)
    return author
  }

  /** An author that the peer asks for, and what it says it holds of it; null if we do not know that one. */
  asked(stated: Stated): { author: Author; held: Held } | null {
    const id = this.idOf(stated.key)
    const author = id === null ? undefined : this.log.author(id)
    return author === undefined ? null : { author, held: this.raise(new Held(), stated) }
  }

  /** An author of whom nothing could be kept is a stranger again. */
  estrange(author: Author): void {
    const held = this.vector.get(author)
    this.vector.delete(author)
    this.unclaimed.delete(author)
    if (held !== undefined && this.strangers.size < this.limits.authorsMax && this.share.take()) this.strangers.set(author.id, held)
  }

  /** The session is over: what it took of what all share is given back. */
  release(): void {
    this.share.release()
  }

  /** An author is no longer known here, or false things were said of it: only what the peer says of it from now on counts. */
  forget(author: Author): void {
    this.vector.delete(author)
    this.unclaimed.delete(author)
  }

  /** Strangers may have become known through others: what was stated of them counts from now on. */
  adoptAll(): void {
    if (this.strangers.size === 0 || this.adoptedAt === this.log.met) return
    for (const author of this.log.metSince(this.adoptedAt)) this.adopt(author)
    this.adoptedAt = this.log.met
  }

  /** The peer sent this change, so it holds it. */
  show(author: Author, seq: Seq): void {
    found(this.vector, author).note(seq, this.limits.rangesMax)
  }

  /** The peer's vector is what ours was when `log.moves` stood at `moves`. */
  assume(moves: number): void {
    for (const author of this.log.everyAuthor()) {
      if (author.series.size > 0 && author.movedAt <= moves) this.vector.set(author, author.held.copy())
    }
  }

  covers(author: Author, seq: Seq): boolean {
    return this.held(author)?.covers(seq) === true
  }

  /** How far it said that it holds authors, by their ids. */
  *reach(): Generator<[id: string, seq: Seq], void, undefined> {
    for (const [{ id }, held] of this.vector) yield [id, held.top]
    for (const [id, held] of this.strangers) yield [id, held.top]
  }

  /** What it holds of an author, who may have been a stranger until now. */
  held(author: Author): Held | undefined {
    if (this.strangers.size > 0) this.adopt(author)
    return this.vector.get(author)
  }

  private adopt(author: Author): void {
    const held = this.strangers.get(author.id)
    if (held === undefined) return
    this.strangers.delete(author.id)
    this.share.give(1)
    this.raise(found(this.vector, author), { key: author.id, have: held.have, dots: held.ranges() })
    this.unclaimed.add(author)
  }

  private raise(held: Held, { have, dots }: Stated): Held {
    held.raise(have)
    for (const [from, to] of dots) held.take(from, to, this.limits.rangesMax)
    return held
  }

  /** The id of a key in a vector: an id, a number with an id, or a number alone; null for a number that we had no room to remember. */
  private idOf(key: string): string | null {
    const mark = key.indexOf('~')
    const numbered = mark < 0 || key.indexOf('~', mark + 1) > 0
    if (!numbered) return this.checked(key)
    const number = Number(mark < 0 ? key : key.slice(0, mark))
    if (!/^(0|[1-9][0-9]{0,15})(~|$)/.test(key) || !Number.isSafeInteger(number)) throw unfit('a vector with an improper author')
    return this.called(number, mark < 0 ? null : key.slice(mark + 1))
  }

  /** Whom the peer calls by `number`, from now on if `id` is given. */
  private called(number: number, id: string | null): string | null {
    const known = this.numbers.get(String(number))
    if (id === null) {
      if (known === undefined && !this.crowded) throw unfit(`the number ${number} of an author never introduced`)
      return known ?? null
    }
    if (known !== undefined && known !== id) throw unfit(`the number ${number} for a second author`)
    const checked = this.checked(id)
    if (known === undefined) this.number(String(number), checked)
    return checked
  }

  /** Remembers a number, if need be in the place of those whose authors are forgotten: their changes are refused if any come. */
  private number(number: string, id: string): void {
    const { authorsMax } = this.limits
    this.given += 1
    if (this.numbers.size >= authorsMax) {
      this.crowded = true
      // Looked through once for many that were given, so that no peer can make each of them costly.
      if (this.given > authorsMax >> 3) {
        this.given = 0
        for (const [old, forgotten] of this.numbers) if (this.log.author(forgotten) === undefined) this.numbers.delete(old)
      }
    }
    if (this.numbers.size < authorsMax && (this.log.author(id) !== undefined || this.share.take())) this.numbers.set(number, id)
    else this.crowded = true
  }

  private checked(id: string): string {
    const known = this.log.author(id)
    if (known === undefined && readAuthor(id) === null) throw unfit('an improper author')
    return known?.id ?? id
  }
}

function found<Key>(vector: Map<Key, Held>, key: Key): Held {
  const known = vector.get(key)
  if (known !== undefined) return known
  const held = new Held()
  vector.set(key, held)
  return held
}

function unfit(what: string): GossipError {
  return new GossipError('ERR_FRAME', `the peer sent ${what}; the session ended, what came before it was taken.`)
}
