/**
 * Live changes in the order of one of their numbers: arrival here, or their author's seq.
 *
 * Nearly all come in at the end, but not all, so that an insert elsewhere must be cheap too: the order is a list of blocks, each an
 * array of at most `blockMax`. What is no longer live stays in place, marked, until there is a quarter as much of it as of what lives:
 * then every removal cleans one block, in turn, but rests after one in which there was little to clean. So neither one removal takes long,
 * however many changes there are, nor many that follow each other, and memory stays near five quarters of what lives.
 */
import type { Change } from './change.js'

const blockMax = 512

/** So many dead are let be, beside a quarter of the living. */
const slack = 8

/** So many removals clean nothing after a block of which more than seven eighths live. */
const restMax = 16

export abstract class Order {
  private blocks: Change[][] = []
  private dead = 0
  private total = 0
  /** Which block is cleaned next, and in how many removals. */
  private turn = 0
  private rest = 0

  /** The number by which this order goes. It never changes for a change. */
  protected abstract rank(change: Change): number

  /** How many live changes there are. */
  get size(): number {
    return this.total - this.dead
  }

  add(change: Change): void {
    this.total += 1
    const last = this.blocks.at(-1)
    if (last === undefined) {
      this.blocks.push([change])
      return
    }
    if (this.rank(change) > this.rank(last[last.length - 1] as Change)) {
      if (last.length < blockMax) last.push(change)
      else this.blocks.push([change])
      return
    }
    this.insert(change)
  }

  /** One of ours is no longer live: `change.live` is false already. */
  drop(): void {
    this.dead += 1
    if (this.rest > 0) this.rest -= 1
    else if (this.dead > slack + (this.size >> 2)) this.clean()
  }

  /** The highest live change. */
  last(): Change | undefined {
    for (let b = this.blocks.length - 1; b >= 0; b -= 1) {
      const block = this.blocks[b] as Change[]
      for (let i = block.length - 1; i >= 0; i -= 1) {
        if ((block[i] as Change).live) return block[i]
      }
    }
    return undefined
  }

  /** Tells the live changes ranked above `rank`, in order, until `each` answers false; says whether the end was reached. */
  after(rank: number, each: (change: Change) => boolean): boolean {
    let b = Math.max(0, this.blockOf(rank))
    let i = b < this.blocks.length ? this.placeIn(this.blocks[b] as Change[], rank) : 0
    for (; b < this.blocks.length; b += 1, i = 0) {
      const block = this.blocks[b] as Change[]
      for (; i < block.length; i += 1) {
        const change = block[i] as Change
        if (change.live && !each(change)) return false
      }
    }
    return true
  }

  /** The last block that starts at or below `rank`, or -1. */
  private blockOf(rank: number): number {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.rank((this.blocks[middle] as Change[])[0] as Change) <= rank) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The first index in `block` that is ranked above `rank`. */
  private placeIn(block: Change[], rank: number): number {
    let low = 0
    let high = block.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.rank(block[middle] as Change) <= rank) low = middle + 1
      else high = middle
    }
    return low
  }

  private insert(change: Change): void {
    const b = Math.max(0, this.blockOf(this.rank(change)))
    const block = this.blocks[b] as Change[]
    block.splice(this.placeIn(block, this.rank(change)), 0, change)
    if (block.length > blockMax) this.blocks.splice(b + 1, 0, block.splice(block.length >> 1))
  }

  /** Cleans the next block in turn; one that is left small is joined to the one before it. */
  private clean(): void {
    if (this.turn >= this.blocks.length) this.turn = 0
    const b = this.turn
    const block = this.blocks[b] as Change[]
    const kept = block.filter((change) => change.live)
    if (kept.length > block.length - (block.length >> 3)) this.rest = restMax
    this.total -= block.length - kept.length
    this.dead -= block.length - kept.length
    const before = this.blocks[b - 1]
    if (kept.length > 0 && (before === undefined || before.length + kept.length > blockMax)) {
      this.blocks[b] = kept
      this.turn += 1
      return
    }
    if (before !== undefined) before.push(...kept)
    this.blocks.splice(b, 1)
  }
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
