/**
 * What is asked of one peer: events that we lack and others have let go of.
 *
 * A question and a ping go in one frame, so that the peer takes both or neither. Once that ping is echoed, the next claim of all is one
 * that was made after the question was served: then it is answered, whatever came of it. Whoever asks is told, also when the session ends.
 */
import type { Author } from '../log/author.js'
import type { Seq } from '../log/held.js'

/** What lies between two seqs of an author, neither of them asked for. */
export type Inquiry = {
  author: Author
  after: Seq
  before: Seq
  done: () => void
  /** The time that the ping behind it carried; 0 before it went out. */
  sentAt: number
  taken: boolean
}

/** Authors in one question. */
const inquiriesMax = 256

export class Inquiries {
  private open: Inquiry[] = []
  private askedAt = -Infinity

  constructor(private readonly limits: { askMs: number }) {}

  ask(author: Author, after: Seq, before: Seq, done: () => void): void {
    this.open.push({ author, after, before, done, sentAt: 0, taken: false })
  }

  /** When there is something to ask; of one author one thing at a time. */
  get nextAt(): number {
    return this.due.length > 0 ? this.askedAt + this.limits.askMs : Infinity
  }

  /** What is to be asked now. */
  take(now: number): Inquiry[] {
    if (now < this.nextAt) return []
    this.askedAt = now
    return this.due
  }

  private get due(): Inquiry[] {
    if (this.open.length === 0) return this.open
    const busy = new Set(this.open.filter(({ sentAt }) => sentAt > 0).map(({ author }) => author))
    const due: Inquiry[] = []
    for (const inquiry of this.open) {
      if (inquiry.sentAt > 0 || busy.has(inquiry.author) || due.length >= inquiriesMax) continue
      busy.add(inquiry.author)
      due.push(inquiry)
    }
    return due
  }

  /** The peer has heard the ping that carried this time. */
  echoed(sentAt: number): void {
    for (const inquiry of this.open) if (inquiry.sentAt > 0 && inquiry.sentAt <= sentAt) inquiry.taken = true
  }

  /** The peer claimed that we hold all that it holds. */
  answered(): void {
    this.end((inquiry) => inquiry.taken)
  }

  /** Ends those that are over; all, where nothing is said. */
  end(isOver: (inquiry: Inquiry) => boolean = () => true): void {
    const over = this.open.filter(isOver)
    if (over.length === 0) return
    this.open = this.open.filter((inquiry) => !over.includes(inquiry))
    for (const { done } of over) done()
  }
}
