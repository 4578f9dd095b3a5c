/**
 * What this session was sent and we refused.
 *
 * Refused is not held: while a change refused here is still not held, this session's claims for its author are ignored. A claim says
 * "you hold all that I hold", and of what we refused that is not so. (To cap what we believe at the refused seq is not enough: 174 of
 * 12,000 random schedules then disagree.) The mark ends with the session.
 */
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'

/** Why a change was refused. ONLY APPEND TO THIS LIST. */
export type RefusalCode = 'name' | 'part' | 'body' | 'room' | 'unknown' | 'authors' | 'impostor' | 'skew' | 'elements' | 'disk' | 'right' | 'share'

/** Refusals that may turn out otherwise later. */
const passing: ReadonlySet<RefusalCode> = new Set(['room', 'unknown', 'skew', 'elements', 'disk', 'share'])

export type Refusal = { seq: Seq; kind: string; text: string; part: string; until: Expire; code: RefusalCode }

export class Refusals {
  /** How many changes were refused in this session, by code. */
  readonly counts = new Map<RefusalCode, number>()
  /** Moves whenever what stands does. */
  moves = 0
  private readonly byAuthor = new Map<string, Refusal[]>()
  /** Whose refusals were too many to remember, with which codes, and the highest seq of them; how many in all. */
  private readonly forgotten = new Map<string, { codes: Set<RefusalCode>; top: Seq }>()
  /** The highest seqs refused of authors for whom there was no room, by the numbers that the peer gave them. */
  private readonly strangers = new Map<string, Seq>()
  private readonly forgottenCounts = new Map<RefusalCode, number>()
  /** Nothing that this session claims can be believed any more: changes were refused, and it is not remembered whose. */
  blind = false
  private size = 0
  private permitted = false

  constructor(
    private readonly max: number,
    /** Whether a change that was refused has come to be held some other way. */
    private readonly holds: (author: string, refusal: Refusal) => boolean
  ) {}

  /** Says whether that change was refused here before, as far as is remembered. */
  add(author: string, refusal: Refusal): boolean {
    this.count(refusal.code)
    const list = this.byAuthor.get(author)
    if (list?.some((other) => other.seq === refusal.seq) === true) return true
    const older = list?.findIndex((other) => other.seq < refusal.seq && isOfSameCell(other, refusal)) ?? -1
    if (list !== undefined && older >= 0) {
      list[older] = refusal
      return false
    }
    if (this.size >= this.max) return this.forget(author, refusal)
    this.size += 1
    if (list === undefined) this.byAuthor.set(author, [refusal])
    else list.push(refusal)
    return false
  }

  /** A change of an author for whom there was no room, whom the peer calls by `number`. Says whether it was refused before, as far as is remembered. */
  addStranger(number: number, seq: Seq): boolean {
    this.count('authors')
    this.forgetCount('authors')
    this.blind = true
    const key = String(number)
    const top = this.strangers.get(key) ?? 0
    if (seq > top && (top > 0 || this.strangers.size < this.max)) this.strangers.set(key, seq)
    return seq <= top
  }

  /** Whether a change of `author` that this session brought is refused and still not held. */
  marks(author: string): boolean {
    if (this.blind || this.forgotten.has(author)) return true
    const list = this.byAuthor.get(author)
    if (list === undefined) return false
    const left = list.filter((refusal) => !this.holds(author, refusal))
    if (left.length === list.length) return true
    this.moves += 1
    this.size -= list.length - left.length
    if (left.length === 0) this.byAuthor.delete(author)
    else this.byAuthor.set(author, left)
    return left.length > 0
  }

  /** Lets go of what came to be held some other way; `moves` tells whether there was any. */
  review(): void {
    for (const author of [...this.byAuthor.keys()]) this.marks(author)
  }

  /** What is refused and still not held, by code. */
  standing(): Map<RefusalCode, number> {
    this.review()
    const standing = new Map<RefusalCode, number>()
    const add = (code: RefusalCode, count: number): void => {
      standing.set(code, (standing.get(code) ?? 0) + count)
    }
    for (const list of this.byAuthor.values()) for (const { code } of list) add(code, 1)
    for (const [code, count] of this.forgottenCounts) add(code, count)
    return standing
  }

  /** What is refused of a name, and still not held. */
  of(text: string): (Refusal & { author: string })[] {
    this.review()
    return [...this.byAuthor].flatMap(([author, list]) => list.filter((one) => one.text === text).map((one) => ({ ...one, author })))
  }

  /** Rights have changed: what was refused for want of one may be asked for, once. */
  reconsider(): void {
    this.permitted = true
  }

  /** What is remembered one by one, of names that are proper, and still not held. */
  all(): Refusal[] {
    this.review()
    return [...this.byAuthor.values()].flat().filter(({ text }) => text !== '')
  }

  /** The authors who could be asked for again now that there is room, or a right. */
  askable(): string[] {
    const { permitted } = this
    const isPassing = (code: RefusalCode): boolean => passing.has(code) || (permitted && code === 'right')
    this.permitted = false
    const known = [...this.byAuthor].filter(([, list]) => list.some(({ code }) => isPassing(code)))
    const forgotten = [...this.forgotten].filter(([, { codes }]) => [...codes].some(isPassing))
    return [...new Set([...known, ...forgotten].map(([author]) => author))].filter((author) => this.marks(author))
  }

  get empty(): boolean {
    return this.size === 0 && this.forgottenCounts.size === 0
  }

  /** Remembers of whom one was refused, or where those are too many as well, that one was. */
  private forget(author: string, { code, seq }: Refusal): boolean {
    this.forgetCount(code)
    const known = this.forgotten.get(author)
    if (known === undefined) {
      if (this.forgotten.size < this.max) this.forgotten.set(author, { codes: new Set([code]), top: seq })
      else this.blind = true
      return false
    }
    const again = seq <= known.top
    known.codes.add(code)
    known.top = Math.max(known.top, seq)
    return again
  }

  private forgetCount(code: RefusalCode): void {
    this.forgottenCounts.set(code, (this.forgottenCounts.get(code) ?? 0) + 1)
  }

  private count(code: RefusalCode): void {
    this.moves += 1
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1)
  }
}

/** Whether one takes the place of the other; of improper names and parts nothing is known. */
function isOfSameCell(a: Refusal, b: Refusal): boolean {
  return a.text !== '' && a.text === b.text && a.kind === b.kind && a.part === b.part
}
