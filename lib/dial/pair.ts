/**
 * One link per pair of hosts: which of several stays.
 *
 * Rules by which both ends choose, each from what it sees, end with two links or with none as soon as the two see links in another
 * order. So one end decides, that of the smaller host; the other never closes a link for being one too many, but uses the one that it is told.
 * Choices are numbered, as a word may be overtaken by one on another link.
 *
 * The link that stands is not given up for a newcomer unless it fails to answer a probe in time: it may be half open. Whether the
 * newcomer comes from another life of the host makes no difference, as a host that started anew does not answer on its old links.
 */
import type { Limits } from '../limits.js'
import { byBytes } from '../log/text.js'
import type { Link, Reason, Word } from './link.js'

/** What a pair wants done. */
export interface Acts {
  /** The number of the next choice: it rises over all pairs of this life, as pairs are forgotten, and the other end may not forget as soon. */
  count(): number
  /** Says a word on a link. */
  say(link: Link, choice: number): void
  /** Asks the other end of a link for a sign of life: `answered` tells of it. */
  probe(link: Link): void
  close(link: Link, reason: Reason): void
}

export class Pair {
  /** The one link to the host. */
  chosen: Link | null = null
  /** All links on which the host was met, the latest last. */
  readonly links = new Set<Link>()
  /** The rivals of the chosen link that wait for its answer, and until when. */
  private probing: { at: number; rivals: Set<Link> } | null = null
  private choice = 0
  private readonly first: boolean

  constructor(
    self: string,
    readonly host: string,
    private readonly limits: Pick<Limits, 'probeMs'>,
    private readonly acts: Acts
  ) {
    this.first = byBytes(self, host) < 0
  }

  /** A link met the host. */
  join(link: Link, now: number): void {
    this.links.add(link)
    if (!this.decides(link)) this.acts.say(link, 0)
    this.settle(now)
  }

  /** The host said a word on a link. */
  hear(link: Link, word: Word, now: number): void {
    link.word = word
    this.settle(now)
  }

  /** A link is gone. */
  leave(link: Link, now: number): void {
    if (!this.links.delete(link)) return
    if (this.chosen === link) this.giveUp()
    this.withdraw(link)
    this.settle(now)
  }

  /** The other end of a link gave the sign of life that it was asked for. */
  answered(link: Link, now: number): void {
    if (this.chosen !== link || this.probing === null) return
    const { rivals } = this.probing
    this.probing = null
    for (const rival of rivals) this.drop(rival, 'duplicate')
    this.settle(now)
  }

  tick(now: number): void {
    if (this.chosen === null || this.probing === null || now < this.probing.at) return
    this.drop(this.chosen, 'timeout')
    this.giveUp()
    this.settle(now)
  }

  get deadlineAt(): number {
    return this.probing?.at ?? Infinity
  }

  /** Says again what holds of a link, after what we keep has moved. */
  repeat(): void {
    for (const link of this.links) {
      if (!this.decides(link)) this.acts.say(link, 0)
      else if (link === this.chosen) this.acts.say(link, this.choice)
    }
  }

  /** Closes all links. */
  close(reason: Reason): void {
    for (const link of [...this.links]) this.drop(link, reason)
    this.giveUp()
  }

  /** Whether it is for us to say if a link stays. Who is no node has no say. */
  private decides(link: Link): boolean {
    return this.first || link.met?.node !== true
  }

  private settle(now: number): void {
    if (this.chosen === null) this.choose(this.best(), now)
    this.unmask(now)
    for (const link of this.links) this.compare(link)
    const { chosen } = this
    if (chosen === null || this.probing !== null) return
    const rivals = [...this.links].filter((link) => link !== chosen && this.isRival(link) && (link.proven || !chosen.proven))
    if (rivals.length === 0) return
    this.probing = { at: now + this.limits.probeMs, rivals: new Set(rivals) }
    this.acts.probe(chosen)
  }

  /**
   * Where it is proven on some link who is at its other end, whoever only says to be that host has none: a link of its is given up for
   * the proven one, unasked, and can never take the place of that.
   */
  private unmask(now: number): void {
    const { chosen } = this
    if (chosen === null) return
    if (!chosen.proven && [...this.links].some((link) => link.proven && this.isRival(link))) {
      this.drop(chosen, 'duplicate')
      this.giveUp()
      this.choose(this.best(), now)
    }
    const proven = this.chosen?.proven === true
    for (const link of [...this.links]) if (proven && !link.proven && this.decides(link)) this.drop(link, 'duplicate')
  }

  /**
   * Of two links that one life of the deciding host chose, the earlier choice is over: its word was overtaken. A later one is no reason to give
   * up the link that stands, as anybody can say it: who chose it indeed closed the other before, and answers no probe there.
   */
  private compare(link: Link): void {
    const { chosen } = this
    if (chosen === null || link === chosen || !ofOneLife(link, chosen) || this.decides(link) || !this.isRival(link)) return
    if (choiceOf(link) < choiceOf(chosen)) this.drop(link, 'duplicate')
  }

  /** The link to take when there is none: a proven one if there is; the latest; of those that another decides about, what it chose last. */
  private best(): Link | null {
    const rivals = [...this.links].filter((link) => this.isRival(link))
    const proven = rivals.filter((link) => link.proven)
    const candidates = proven.length > 0 ? proven : rivals
    const latest = candidates.at(-1)
    if (latest === undefined) return null
    let best = latest
    for (const link of candidates) if (!this.decides(link) && ofOneLife(link, latest) && choiceOf(link) > choiceOf(best)) best = link
    return best
  }

  /** Whether a link may take the place of the chosen one: where another decides, only once it did. */
  private isRival(link: Link): boolean {
    return this.decides(link) || choiceOf(link) > 0
  }

  private choose(link: Link | null, now: number): void {
    if (link === null) return
    this.chosen = link
    link.chosenAt = now
    if (!this.decides(link)) return
    this.choice = this.acts.count()
    if (link.met?.node === true) this.acts.say(link, this.choice)
  }

  private giveUp(): void {
    this.chosen = null
    this.probing = null
  }

  private drop(link: Link, reason: Reason): void {
    this.links.delete(link)
    this.withdraw(link)
    this.acts.close(link, reason)
  }

  /** A probe that nobody waits for is none. */
  private withdraw(link: Link): void {
    if (this.probing?.rivals.delete(link) === true && this.probing.rivals.size === 0) this.probing = null
  }
}

function choiceOf(link: Link): number {
  return link.word?.choice ?? 0
}

function ofOneLife(a: Link, b: Link): boolean {
  return a.met?.life === b.met?.life
}
