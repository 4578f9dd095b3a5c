/**
 * What a host audits by: digests of what it holds, how long what has stood still, and who was away for how long; and what it passes on though
 * vectors say that others hold it.
 */
import type { Kind } from '../kinds/kind.js'
import { silentPings } from '../limits.js'
import type { Change } from '../log/change.js'
import type { Digest } from '../log/digest.js'
import type { Expire } from '../log/expire.js'
import { Held } from '../log/held.js'
import type { Name } from '../log/name.js'
import type { Audit } from './audit.js'
import { digestsOf } from './audited.js'
import type { Gossip } from './gossip.js'
import type { Session } from './session.js'
import { Rounds } from './tally.js'

export class Auditor {
  /** By the features that name their kinds; none where nothing is audited. */
  readonly digests: ReadonlyMap<string, Digest>
  readonly rounds: Rounds
  /** How often sums were compared, how many audits that began, how many places they found, and how many changes were mended here. */
  readonly counts = { rounds: 0, audits: 0, differences: 0, mended: 0 }
  /** Who looks through all names at present: one at a time does. */
  surveyor: Audit | null = null
  /** When hosts that are gone were heard last, by our clock; who went last is the last. */
  private readonly parted = new Map<string, number>()

  constructor(
    private readonly gossip: Gossip,
    kinds: readonly Kind[]
  ) {
    this.digests = kinds.length === 0 ? new Map<string, Digest>() : digestsOf(gossip.log, kinds, gossip.limits.skewMsMax)
    this.rounds = new Rounds([...this.digests.values()], gossip.limits)
  }

  /** A session is over. */
  part({ audit, peer, heardAt }: Session): void {
    audit.close()
    if (this.surveyor === audit) this.surveyor = null
    if (peer === null) return
    this.parted.delete(peer.host)
    this.parted.set(peer.host, heardAt)
    if (this.parted.size <= this.gossip.limits.peersMax) return
    const [first] = this.parted.keys()
    this.parted.delete(first as string)
  }

  /** Serves a peer everything again. */
  serveAll({ outbound }: Session): void {
    for (const author of this.gossip.log.everyAuthor()) outbound.feed.ask(author, new Held())
  }

  /** Serves a peer every name that ends. */
  serveEnds({ outbound }: Session): void {
    const { log } = this.gossip
    for (const kind of log.everyKind()) {
      if (log.digestOf(kind) === null) continue
      for (const name of log.names(kind)?.values() ?? []) if (name.term?.span != null) outbound.feed.askName(name)
    }
  }

  /** Whether a host was away for so long that names may have been dropped on one side which the other revived. */
  wasAway(host: string): boolean {
    const at = this.parted.get(host)
    const { graceMs, pingMs } = this.gossip.limits
    return at !== undefined && this.gossip.clock() - at > Math.max(0, graceMs - silentPings * pingMs)
  }

  /** A peer said until when a name lives. One that comes back so late that others may have dropped it is served to them whole. */
  extend(name: Name, until: Expire, isNew: boolean): void {
    const { gossip } = this
    const { expiry } = gossip
    const before = name.term?.expire ?? null
    const wasDying = !isNew && this.digests.size > 0 && expiry.phase(name) === 'dying'
    expiry.extend(name, until, isNew)
    if (!wasDying || name.term?.expire === before) return
    for (const session of gossip.sessions) if (session.audit.active) session.outbound.feed.askName(name)
    gossip.stir()
  }

  /**
   * A change was kept. If an audit brought it, or it is of our own life and came back, vectors that say that others hold it are as wrong as ours
   * was, and it is served to all. Says whether nothing is to be concluded from that our vector said that we hold it.
   */
  forward(change: Change, from: Session): boolean {
    const { author, seq, name, live } = change
    const { own, sessions, expiry } = this.gossip
    if (!live) return true
    if (!from.audit.mends && author !== own) return expiry.mayBePast(name)
    if (from.audit.mends) this.counts.mended += 1
    for (const session of sessions) {
      if (session !== from && session.claims && session.peer?.covers(author, seq) === true) session.outbound.feed.repeat(change)
    }
    return true
  }
}
