/**
 * What the peer had taken in when it said a word of an audit: all that was touched before a mark.
 *
 * Frames are taken in order, and a ping or word is said when all is served. So who echoes a ping, or answers a word, held then what was touched
 * before that was said. What was touched since may be under way for as long as the link is slow: that it differs shows nothing.
 */
import type { ParsedAudit } from '../wire/parse.js'

export class Reach {
  /** The mark before which all that was touched had reached the peer. */
  mark = 0
  /** The same, when it said the word that is worked on. */
  asked = 0
  private readonly pings: { sentAt: number; mark: number }[] = []
  private word: { salt: number; mark: number } | null = null

  /** A ping is said. */
  ping(sentAt: number, mark: number): void {
    this.pings.push({ sentAt, mark })
    if (this.pings.length > pingsMax) this.pings.shift()
  }

  /** The peer heard our ping of that moment. */
  echoed(echo: number): void {
    for (const { sentAt, mark } of this.pings) if (sentAt <= echo) this.mark = Math.max(this.mark, mark)
  }

  /** A word is said that is to be answered under the same salt. */
  ask(salt: number, mark: number): void {
    this.word = { salt, mark }
  }

  /** A word came; one without spans is no first one, and answers that of ours. What had reached the peer counts if it is the one that is worked on. */
  take({ salt, spans }: Pick<ParsedAudit, 'salt' | 'spans'>, isWorkedOn: boolean): void {
    if (spans === null && this.word?.salt === salt) this.mark = Math.max(this.mark, this.word.mark)
    if (isWorkedOn) this.asked = this.mark
  }
}

/** So many pings are remembered: an echo is of one of the last. */
const pingsMax = 8
