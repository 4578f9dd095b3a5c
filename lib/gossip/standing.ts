/**
 * What the sums that two ends tell come to: whether both hold the same. It is the part of coherence that is proof.
 *
 * Equal sums prove it, as of the moment when the later was said. Unequal ones prove nothing while anything moves, since that is under way: only
 * where nothing moved at either end for a while, and the peer has acknowledged all, the two differ. If then no sum comes at all, nothing is
 * proven. So a store that is written to all the time stays coherent as long as no audit finds a difference, and an idle one only by proof.
 */
import { silentPings } from '../limits.js'

/** A sum of what ends at `from` or later, or never; and one of what is said there, if all of that was counted. */
export type Told = { from: number; text: string; bodies: string | null }

export class Standing {
  /** What is to be doubted, though nothing is known to differ in any place. */
  doubt: 'differs' | 'unproven' | null = null
  /** When the peer was last shown to hold what we hold, by the time of sessions; null before the first. */
  equalAt: number | null = null
  /** Which ping of ours the peer answered first of those that it answered without proof while nothing moved, or when that began. */
  private unprovenAt: number | null = null
  private movedAt = -Infinity
  /** What we told last, and in which ping. */
  private said: (Told & { sentAt: number }) | null = null
  private traffic = 0
  private theirs: Told | null = null

  constructor(
    private readonly limits: { pingMs: number },
    /** Whether the peer has acknowledged all. */
    private readonly isAcknowledged: () => boolean,
    /** Counts what was written and what came, also what no sum sees. */
    private readonly countTraffic: () => number
  ) {}

  /** Something moves: what we hold is not told yet, or not all of it was served. */
  move(now: number): void {
    this.movedAt = now
    this.unprovenAt = null
    this.doubt = null
  }

  /** We tell our sum, in a ping of that time. */
  say(told: Told, sentAt: number, now: number): void {
    this.look(now)
    const { from, text, bodies } = told
    this.said = { from, text, bodies, sentAt }
  }

  /** The peer tells its sum, in answer to a ping of ours; says whether it is what we hold now, or held when we sent that. */
  hear(told: Told, echo: number, ours: Told, now: number): boolean {
    const { said, theirs } = this
    const isSaid = said !== null && said.sentAt === echo && said.from === told.from && agree(said, told)
    if (theirs === null || !agree(theirs, told)) this.move(now)
    this.theirs = told
    if (agree(ours, told) || isSaid) {
      this.equalAt = now
      this.move(now)
      return true
    }
    this.miss('differs', echo, now)
    return false
  }

  /** Sees whether anything moved. */
  private look(now: number): void {
    const traffic = this.countTraffic()
    if (this.traffic !== traffic) this.move(now)
    this.traffic = traffic
  }

  /** The peer answered a ping of ours without proof. We may have slept, or it: that is a doubt only if it answered later ones so as well. */
  miss(doubt: 'differs' | 'unproven', echo: number, now: number): void {
    // One long frame may have kept it busy until now.
    this.look(now)
    if (echo === 0) return
    this.unprovenAt ??= Math.max(echo, this.movedAt)
    if (echo >= this.unprovenAt + silentPings * this.limits.pingMs && this.isAcknowledged()) this.doubt = doubt
  }
}

/** Whether two sums do not show a difference: what only one tells is not compared. */
function agree(one: Told, other: Told): boolean {
  return one.text === other.text && (one.bodies === null || other.bodies === null || one.bodies === other.bodies)
}
