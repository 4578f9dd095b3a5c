/**
 * How often a peer may send changes again in one session. An honest one does so in rounds, when it may show more, and when it is asked or mends
 * what an audit found: each once or twice. What others brought before it is no repeat: it is all that comes over the slow links of a flood.
 */
import type { Limits } from '../limits.js'

/** How often within `askMs` a peer may send all again: we ask once, and an audit may find something to be mended, and ask for all. */
const excusesMax = 4

export class Repeats {
  /** How many changes came again. */
  count = 0
  /** Changes that we may have asked for again. */
  private excused = 0
  /** How often that was so since a moment, which is `askMs` ago at most. */
  private excuses = 0
  private excusesFrom = -Infinity
  /** How many changes were refused, each counted once. */
  private refused = 0

  constructor(
    private readonly limits: Pick<Limits, 'repeatsMax' | 'askMs'>,
    private readonly clock: () => number
  ) {}

  /** A change was refused, for the first time or again. */
  refuse(again: boolean): void {
    if (again) this.count += 1
    else this.refused += 1
  }

  /** All that is `held`, and what was refused, may come a second time. Some of these moments are the peer's to choose. */
  excuse(held: number): void {
    const now = this.clock()
    if (now >= this.excusesFrom + this.limits.askMs) [this.excusesFrom, this.excuses] = [now, 0]
    this.excuses += 1
    if (this.excuses <= excusesMax) this.excused += held + this.refused
  }

  /** Whether so many of the changes that came are too many. */
  areTooMany(changesIn: number): boolean {
    return this.count > this.limits.repeatsMax + 2 * (changesIn - this.count) + this.excused
  }
}
