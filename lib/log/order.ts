/**
 * Live changes in the order of one of their numbers: arrival here, or their author's seq.
 *
 * Nearly all come in at the end, but not all, so that an insert elsewhere must be cheap too: the order is a list of blocks of at most
 * `blockMax`. A change that is superseded or dropped leaves its entry behind, dead, until there is a quarter as many of those as of what
 * lives: then every removal cleans one block, in turn, but rests after one in which there was little to clean. So neither one removal takes
 * long, however many changes there are, nor many that follow each other, and memory stays near five quarters of what lives.
 */
import type { Change } from './change.js'

const blockMax = 512

/** So many dead are let be, beside a quarter of the living. */
const slack = 8

/** So many removals clean nothing after a block of which more than seven eighths live. */
const restMax = 16

/** Changes, and the number by which each of them stands here: one that has another by now is superseded. */
type Block = { changes: Change[]; ranks: number[] }

export abstract class Order {
  private blocks: Block[] = []
  private dead = 0
  private total = 0
  /** Which block is cleaned next, and in how many removals. */
  private turn = 0
  private rest = 0

  /** The number by which this order goes. */
  protected abstract rank(change: Change): number

  /** How many live changes there are. */
  get size(): number {
    return this.total - this.dead
  }

  add(change: Change): void {
    this.total += 1
    const rank = this.rank(change)
    const last = this.blocks[this.blocks.length - 1]
    if (last === undefined) this.blocks.push({ changes: [change], ranks: [rank] })
    else if (rank <= (last.ranks[last.ranks.length - 1] as number)) this.insert(change, rank)
    else if (last.ranks.length < blockMax) {
      last.changes.push(change)
      last.ranks.push(rank)
    } else this.blocks.push({ changes: [change], ranks: [rank] })
  }

  /** One of ours was superseded or dropped. */
  drop(): void {
    this.dead += 1
    if (this.rest > 0) this.rest -= 1
    else if (this.dead > slack + (this.size >> 2)) this.clean()
  }

  /** The highest live change. */
  last(): Change | undefined {
    for (let b = this.blocks.length - 1; b >= 0; b -= 1) {
      const block = this.blocks[b] as Block
      for (let i = block.ranks.length - 1; i >= 0; i -= 1) {
        if (this.isLive(block, i)) return block.changes[i]
      }
    }
    return undefined
  }

  /** Tells the live changes ranked above `rank`, in order, until `each` answers false; says whether the end was reached. */
  after(rank: number, each: (change: Change) => boolean): boolean {
    let b = Math.max(0, this.blockOf(rank))
    let i = b < this.blocks.length ? placeIn(this.blocks[b] as Block, rank) : 0
    for (; b < this.blocks.length; b += 1, i = 0) {
      const block = this.blocks[b] as Block
      for (; i < block.ranks.length; i += 1) {
        if (this.isLive(block, i) && !each(block.changes[i] as Change)) return false
      }
    }
    return true
  }

  private isLive({ changes, ranks }: Block, i: number): boolean {
    const change = changes[i] as Change
    return change.live && this.rank(change) === ranks[i]
  }

  /** The last block that starts at or below `rank`, or -1. */
  private blockOf(rank: number): number {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (((this.blocks[middle] as Block).ranks[0] as number) <= rank) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  private insert(change: Change, rank: number): void {
    const b = Math.max(0, this.blockOf(rank))
    const { changes, ranks } = this.blocks[b] as Block
    const i = placeIn(this.blocks[b] as Block, rank)
    changes.splice(i, 0, change)
    ranks.splice(i, 0, rank)
    const half = ranks.length >> 1
    if (ranks.length > blockMax) this.blocks.splice(b + 1, 0, { changes: changes.splice(half), ranks: ranks.splice(half) })
  }

  /** Cleans the next block in turn; one that is left small is joined to the one before it. */
  private clean(): void {
    if (this.turn >= this.blocks.length) this.turn = 0
    const block = this.blocks[this.turn] as Block
    const { length } = block.ranks
    this.bury(block)
    const left = block.ranks.length
    if (length - left < length >> 3) this.rest = restMax
    this.total -= length - left
    this.dead -= length - left
    const before = this.blocks[this.turn - 1]
    if (left > 0 && (before === undefined || before.ranks.length + left > blockMax)) {
      this.turn += 1
      return
    }
    before?.changes.push(...block.changes)
    before?.ranks.push(...block.ranks)
    this.blocks.splice(this.turn, 1)
  }

  /** Takes the dead out of a block. */
  private bury(block: Block): void {
    const { changes, ranks } = block
    let left = 0
    for (let i = 0; i < ranks.length; i += 1) {
      if (!this.isLive(block, i)) continue
      changes[left] = changes[i] as Change
      ranks[left] = ranks[i] as number
      left += 1
    }
    changes.length = left
    ranks.length = left
  }
}

/** The first index in a block that is ranked above `rank`. */
function placeIn({ ranks }: Block, rank: number): number {
  let low = 0
  let high = ranks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranks[middle] as number) <= rank) low = middle + 1
    else high = middle
  }
  return low
}

/** By arrival here: what a session's position and a reader's cursor count in. */
export class Arrivals extends Order {
  protected override rank(change: Change): number {
    return change.arrival
  }
}

/** By seq, for one author: what a catch-up searches. Arrival is almost always in this order, not always. */
export class Series extends Order {
  protected override rank(change: Change): number {
    return change.seq
  }
}
