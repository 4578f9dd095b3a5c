/**
 * Changes that say to be what another is: in the name of our own life, or under a seq that their cell holds already.
 *
 * One author gives one seq to one change. Where an audit finds two of them all the same (one who gave a seq twice, or memory that failed), all hosts
 * must choose alike, without knowing which is the true one: the greater stands. But what we said ourselves we know.
 */
import { compared } from '../kinds/body.js'
import type { Kind } from '../kinds/kind.js'
import type { Change } from '../log/change.js'
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import type { Name } from '../log/name.js'
import type { Gossip } from './gossip.js'
import type { Session } from './session.js'

export class Rivals {
  constructor(private readonly gossip: Gossip) {}

  /**
   * Whether we never wrote that, or something else there since. What we dropped ourselves is not told apart from what was forged; so where the
   * cell holds what a peer brought back of ours, a later one may come back as well.
   */
  isForged(seq: Seq, name: Name | undefined, part: string): boolean {
    const { own } = this.gossip
    const held = name?.find(own, part)
    return seq > own.held.have || (held !== undefined && held.from === 0 && held.seq < seq)
  }

  /** Whether what an audit brought of a cell takes the place of what it holds. Of our own, what we said is said again, under a seq that supersedes both. */
  wins(kind: Kind, held: Change | undefined, seq: Seq, expire: Expire, body: unknown, from: Session | null): boolean {
    const { gossip } = this
    if (held?.seq !== seq || from?.audit.mends !== true || gossip.log.digestOf(kind.kind) === undefined) return false
    const { part, name, author } = held
    const kept = kind.take(body, part)
    const order = kept === undefined ? 0 : compared(kind, part, { expire, body: kept }, held)
    // Where memory failed a cell may hold what is let go of wherever it comes: then others would never hold the same.
    if (order < 0 && kind.spares !== undefined) gossip.soon(() => this.spare(kind, held))
    if (author !== gossip.own) return order > 0
    if (order !== 0 && gossip.recorder?.failure == null) gossip.write(kind, name.text, part, null, held.body)
    return false
  }

  private spare(kind: Kind, held: Change): void {
    for (const spare of held.live ? kind.spares?.(held) ?? [] : []) this.gossip.drop(spare)
  }
}
