/**
 * What comes of it when a change is new of which we were told that we hold it: vectors can be wrong, cells can not.
 */
import type { Kind } from '../kinds/kind.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Seq } from '../log/held.js'
import type { Gossip } from './gossip.js'
import type { Session } from './session.js'

export class Trust {
  /** How often it came out that we did not hold what others had claimed that we do. */
  misled = 0

  constructor(private readonly gossip: Gossip) {}

  /** Whether a new change is one that we were told we hold. */
  isMisled(kind: Kind, author: Author, seq: Seq): boolean {
    return kind.fleeting !== true && author !== this.gossip.own && author.held.covers(seq)
  }

  /**
   * A change was kept, and we may have been told before that we hold it. What an audit brings, or what comes back of our own, says nothing of
   * vectors beyond that; but those that say that others hold it are as wrong as ours, and it is served to all. So is what an import brings so. Where
   * it `wins` over another of its seq, vectors are right: what others hold of that is between them and their peers.
   */
  take(change: Change, from: Session | null, isMisled: boolean, wins: boolean): void {
    const { gossip } = this
    if (wins) return void (gossip.audits.mended += 1)
    const { author, seq, name } = change
    if (from !== null && !from.audit.mends && author !== gossip.own) {
      if (isMisled && !gossip.expiry.mayBePast(name)) this.withdraw(author, seq)
      return
    }
    if (from === null && !isMisled) return
    if (isMisled) gossip.audits.mended += 1
    for (const session of gossip.sessions) {
      if (session !== from && session.claims && session.peer?.covers(author, seq) === true) session.outbound.feed.repeat(change)
    }
  }

  /** Of an author nothing counts any more of what anybody told, but for the change that showed it: all may have been told the same. */
  private withdraw(author: Author, seq: Seq): void {
    const { gossip } = this
    this.misled += 1
    author.held.forget()
    gossip.note(author, seq)
    for (const session of gossip.sessions) session.peer?.forget(author)
  }
}
