/**
 * What feeds a through or a sink with more items than any stack has room for.
 */
import type { Source } from '../../pull.js'
import { isEnd } from './asker.js'
import type { Asker } from './asker.js'

export type FeedOptions = {
  /** What it is fed, of which each is taken; without, it is not fed. */
  item?: ((i: number) => unknown) | undefined
  /** How many it is fed, one in each answer and each at once. Default 1,000,000. */
  items?: number | undefined
}

/** Reads may be nested a little, where one wakes another; not as deep as there are items. */
const depthMax = 10

/** A source that gives many items, each at once; and notes how deep its readers nest. */
export class Feeder {
  private given = 0
  private depth = 0
  private deepest = 0
  private readonly items: number
  private readonly item: (i: number) => unknown

  constructor({ item = (i) => i, items = 1_000_000 }: FeedOptions) {
    this.item = item
    this.items = items
  }

  get done(): boolean {
    return this.given === this.items || this.deepest > depthMax
  }

  readonly source: Source<never> = (abort, cb) => {
    if (isEnd(abort)) return cb(abort)
    if (this.done) return
    this.depth += 1
    this.deepest = Math.max(this.deepest, this.depth)
    this.given += 1
    // Who made the items says that they are what is taken.
    cb(null, this.item(this.given - 1) as never)
    this.depth -= 1
  }

  judge(asker: Asker): void {
    asker.must(this.deepest <= depthMax, 'reads without the stack growing')
    asker.must(this.done, `takes all of them (it took ${this.given})`)
  }
}
