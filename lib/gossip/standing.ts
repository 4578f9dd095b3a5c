/**
 * What the sums that two ends tell come to: whether both hold the same. It is the part of coherence that is proof.
 *
 * Equal sums prove it, as of the moment when the later was said. Unequal ones prove nothing while anything moves, since that is under way: only
 * where nothing moved at either end for a while, and the peer has acknowledged all, the two differ. If then no sum comes at all, nothing is
 * proven. So a store that is written to all the time stays coherent as long as no audit finds a difference, and an idle one only by proof.
 */
import { silentPings } from '../limits.js'

/** A sum of what ends at `from` or later, or never. */
export type Told = { from: number; text: string }

export class Standing {
  /** What is to be doubted, though nothing is known to differ in any place. */
  doubt: 'differs' | 'unproven' | null = null
  /** When the peer was last shown to hold what we hold, by the time of sessions; null before the first. */
  equalAt: number | null = null
  /** When something moved last here, or there as far as sums tell; null before first claims went both ways. */
  private movedAt: number | null = null
  /** What we told last, and in which ping. */
  private said: (Told & { sentAt: number }) | null = null
  private traffic = 0
  private theirs: string | null = null
  /** Whether the last sum that we were told was another than ours. */
  private unequal = false

  constructor(
    private readonly limits: { pingMs: number },
    /** Whether the peer has acknowledged all. */
    private readonly isAcknowledged: () => boolean
  ) {}

  /** Something moves: what we hold is not told yet, or not all of it was served. */
  move(now: number): void {
    this.movedAt = now
    this.doubt = null
  }

  /** We tell our sum, in a ping of that time; `traffic` counts what was written and what came, also what no sum sees. */
  say(told: Told, sentAt: number, traffic: number, now: number): void {
    if (this.said === null || this.traffic !== traffic) this.move(now)
    this.traffic = traffic
    this.said = { ...told, sentAt }
  }

  /** The peer tells its sum, in answer to a ping of ours; says whether it is what we hold now, or held when we sent that. */
  hear({ from, text }: Told, echo: number, ours: string, now: number): boolean {
    const { said } = this
    const isSaid = said !== null && said.sentAt === echo && said.from === from && said.text === text
    if (text !== this.theirs) this.move(now)
    this.theirs = text
    if (text === ours || isSaid) {
      this.equalAt = now
      this.doubt = null
      this.unequal = false
      return true
    }
    this.unequal = true
    this.judge(echo)
    return false
  }

  /** The peer answered a ping that we sent then: only what it said behind that says how it is after a while in which nothing moved. We may have slept. */
  judge(echo: number): void {
    const { movedAt, equalAt } = this
    const patienceMs = silentPings * this.limits.pingMs
    if (movedAt === null || echo < Math.max(movedAt, equalAt ?? movedAt) + patienceMs || !this.isAcknowledged()) return
    this.doubt = this.unequal ? 'differs' : 'unproven'
  }
}
