/**
 * What the other end of a session holds, as it said or showed.
 *
 * It tells where a catch-up starts, what was acknowledged, and what a claim claims. Authors are known here by the numbers that the
 * peer gave them in this session.
 */
import { GossipError } from '../errors.js'
import type { Author } from '../log/author.js'
import { Held } from '../log/held.js'
import type { Seq } from '../log/held.js'
import type { Log } from '../log/log.js'
import type { Stated } from '../wire/parse.js'

export class Peer {
  /** What it holds of each author. */
  readonly vector = new Map<Author, Held>()
  /** Of whom it stated something that no claim has confirmed yet. */
  readonly unclaimed = new Set<Author>()
  private readonly numbers = new Map<number, Author | null>()
  /** It introduced more authors than we have room for: a number that we do not know may be one of them. */
  private crowded = false

  constructor(
    readonly host: string,
    readonly life: string,
    /** Of its vector, as it sent it. */
    readonly digest: string,
    readonly features: ReadonlySet<string>,
    private readonly log: Log,
    private readonly limits: { authorsMax: number; rangesMax: number }
  ) {}

  /** The author that the peer calls by `number`, or introduces with `id`; null if we have no room for another author. */
  author(number: number, id: string | null): Author | null {
    const known = this.numbers.get(number)
    if (id === null) {
      if (known === undefined && !this.crowded) throw unfit(`the number ${number} of an author never introduced`)
      return known ?? null
    }
    const author = this.meet(id)
    if (known != null && known !== author) throw unfit(`the number ${number} for a second author`)
    if (known === undefined && this.numbers.size >= this.limits.authorsMax) this.crowded = true
    else this.numbers.set(number, author)
    return author
  }

  /** The author of a key in a vector: an id, a number with an id, or a number alone. */
  authorOf(key: string): Author | null {
    const mark = key.indexOf('~')
    const id = mark < 0 || key.indexOf('~', mark + 1) < 0 ? null : key.slice(mark + 1)
    if (mark >= 0 && id === null) return this.meet(key)
    const number = Number(mark < 0 ? key : key.slice(0, mark))
    if (!/^(0|[1-9][0-9]{0,15})(~|$)/.test(key) || !Number.isSafeInteger(number)) throw unfit('a vector with an improper author')
    return this.author(number, id)
  }

  /** The peer stated what it holds of an author; says of whom, or null if there is no room for it. */
  state({ key, have, dots }: Stated): Author | null {
    const author = this.authorOf(key)
    if (author === null) return null
    const held = this.held(author)
    held.raise(have)
    for (const [from, to] of dots) held.take(from, to, this.limits.rangesMax)
    this.unclaimed.add(author)
    return author
  }

  /** An author that the peer asks for, and what it says it holds of it; null if there is no room for it. */
  asked({ key, have, dots }: Stated): { author: Author; held: Held } | null {
    const author = this.authorOf(key)
    if (author === null) return null
    const held = new Held()
    held.raise(have)
    for (const [from, to] of dots) held.take(from, to, this.limits.rangesMax)
    return { author, held }
  }

  /** The peer sent this change, so it holds it. */
  show(author: Author, seq: Seq): void {
    this.held(author).note(seq, this.limits.rangesMax)
  }

  /** The peer's vector is what ours was when `log.moves` stood at `moves`. */
  assume(moves: number): void {
    for (const author of this.log.everyAuthor()) {
      if (author.series.size > 0 && author.movedAt <= moves) this.vector.set(author, author.held.copy())
    }
  }

  covers(author: Author, seq: Seq): boolean {
    return this.vector.get(author)?.covers(seq) === true
  }

  private held(author: Author): Held {
    let held = this.vector.get(author)
    if (held === undefined) {
      held = new Held()
      this.vector.set(author, held)
    }
    return held
  }

  private meet(id: string): Author | null {
    const known = this.log.author(id)
    if (known !== undefined) return known
    const author = this.log.authorsSize < this.limits.authorsMax ? this.log.meet(id) : null
    if (author === null && this.log.authorsSize < this.limits.authorsMax) throw unfit('an improper author')
    return author
  }
}

function unfit(what: string): GossipError {
  return new GossipError('ERR_FRAME', `the peer sent ${what}; the session ended, what came before it was taken.`)
}
