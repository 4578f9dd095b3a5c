/**
 * What comes of the end of a name that is told with a change, by a peer or here, beside that the name lives so long: others may have dropped it by then.
 */
import type { Change } from '../log/change.js'
import { isEnding } from '../log/digest.js'
import type { Expire } from '../log/expire.js'
import type { Name } from '../log/name.js'
import type { Gossip } from './gossip.js'
import type { Session } from './session.js'

export class Revival {
  constructor(private readonly gossip: Gossip) {}

  /**
   * A name that comes back so late that others may have dropped it is served to them whole. And who knew only of an end that is as long ago, where
   * ours is later, may drop the change before it hears of that: it is served again, to `whom` may lack it. A name that ends from now on goes to those
   * whose audit is not over.
   */
  extend(change: Change, until: Expire, isNew: boolean, whom: Iterable<Session>): void {
    if (until === null) return
    const { gossip: { expiry, digests } } = this
    const { name } = change
    const before = name.term?.expire ?? null
    const wasDying = !isNew && digests.size > 0 && expiry.phase(name) === 'dying'
    expiry.extend(name, until, isNew)
    const after = name.term?.expire ?? null
    if (wasDying && after !== before) this.serve(name)
    else if (before === null && !isNew && isEnding(after)) this.complete(name)
    else if (digests.size > 0 && until !== after && expiry.isDying(until)) for (const session of whom) serveAgain(session, change)
  }

  /** Serves a name to all whole. Whoever brought a change of it may have dropped that since, unless it came just now. */
  private serve(name: Name): void {
    const { gossip } = this
    for (const session of gossip.sessions) {
      name.each((change) => { if (change.arrival !== gossip.log.end || change.from !== session.number) serveAgain(session, change) })
    }
    gossip.stir()
  }

  /**
   * Serves what peers say that they hold of a name to those whose audit is not over: they may have dropped it by an end of which nobody else knew. Now
   * that it ends it may be too late to compare it, and when they asked for all that ends it was not among that.
   */
  private complete(name: Name): void {
    const { gossip } = this
    for (const session of gossip.sessions) {
      if (!session.audit.mends) continue
      name.each((change) => { if (change.from !== session.number && session.peer?.covers(change.author, change.seq) === true) serveAgain(session, change) })
    }
    gossip.stir()
  }
}

function serveAgain({ audit, outbound: { feed } }: Session, change: Change): void {
  if (audit.active) feed.repeat(change)
}
