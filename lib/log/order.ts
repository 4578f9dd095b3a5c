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

export abstract class Order {
  private blocks: Block[] = []
  private dead = 0
  private total = 0
  /** Which block is cleaned next, and in how many removals. */
  private turn = 0
  private rest = 0
  /** Which block was looked into last. */
  private near = 0

  /** The number by which this order goes. */
  protected abstract rank(change: Change): number

  /** How many live changes there are. */
  get size(): number {
    return this.total - this.dead
  }

  add(change: Change): void {
    this.total += 1
    const rank = this.rank(change)
    let last = this.blocks[this.blocks.length - 1]
    if (last !== undefined && rank <= last.rankAt(last.length - 1)) return this.insert(change, rank)
    if (last === undefined || last.length === blockMax) {
      // Most authors have one block, of a few.
      last = new Block(last === undefined ? [] : new Array<Change>(blockMax))
      this.blocks.push(last)
    }
    last.push(change, rank)
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
      for (let i = block.length - 1; i >= 0; i -= 1) {
        if (this.isLive(block, i)) return block.changes[i]
      }
    }
    return undefined
  }

  /** The live change of that rank, if there is but one. What is looked for in order is found at once. */
  at(rank: number): Change | undefined {
    const { blocks } = this
    if (blocks[this.near]?.spans(rank) !== true) {
      if (blocks[blocks.length - 1]?.endsBelow(rank) !== false) return undefined
      this.near = Math.max(0, this.blockOf(rank))
    }
    const block = blocks[this.near] as Block
    const i = block.placeOf(rank) - 1
    return i >= 0 && block.rankAt(i) === rank && this.isLive(block, i) ? block.changes[i] : undefined
  }

  /** Tells the live changes ranked above `rank`, in order, until `each` answers false; says whether the end was reached. */
  after(rank: number, each: (change: Change) => boolean): boolean {
    let b = Math.max(0, this.blockOf(rank))
    let i = this.blocks[b]?.placeOf(rank) ?? 0
    for (; b < this.blocks.length; b += 1, i = 0) {
      const block = this.blocks[b] as Block
      for (; i < block.length; i += 1) {
        if (this.isLive(block, i) && !each(block.changes[i] as Change)) return false
      }
    }
    return true
  }

  /** Whether a change is still what it was when it was put in: one that stands by another number by now is superseded. */
  private isLive(block: Block, i: number): boolean {
    const change = block.changes[i] as Change
    return change.live && this.rank(change) === block.rankAt(i)
  }

  /** The last block that starts at or below `rank`, or -1. */
  private blockOf(rank: number): number {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.blocks[middle] as Block).rankAt(0) <= rank) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  private insert(change: Change, rank: number): void {
    const b = Math.max(0, this.blockOf(rank))
    const block = this.blocks[b] as Block
    block.insert(change, rank)
    if (block.length > blockMax) this.blocks.splice(b + 1, 0, block.split())
  }

  /** Cleans the next block in turn; one that is left small is joined to the one before it. */
  private clean(): void {
    if (this.turn >= this.blocks.length) this.turn = 0
    const block = this.blocks[this.turn] as Block
    const { length } = block
    this.bury(block)
    const left = block.length
    if (length - left < length >> 3) this.rest = restMax
    this.total -= length - left
    this.dead -= length - left
    const before = this.blocks[this.turn - 1]
    if (left > 0 && (before === undefined || before.length + left > blockMax)) {
      this.turn += 1
      return
    }
    before?.join(block)
    this.blocks.splice(this.turn, 1)
  }

  /** Takes the dead out of a block. */
  private bury(block: Block): void {
    let left = 0
    while (left < block.length && this.isLive(block, left)) left += 1
    if (left === block.length) return
    const { changes } = block
    const ranks = block.listed()
    for (let i = left + 1; i < block.length; i += 1) {
      if (!this.isLive(block, i)) continue
      changes[left] = changes[i] as Change
      ranks[left] = ranks[i] as number
      left += 1
    }
    block.cut(left)
  }
}

/** Changes, and the number by which each of them stands here: as long as those follow each other, only the first is kept. */
class Block {
  length = 0
  private first = 0
  private ranks: number[] | null = null

  /** @param changes no longer than what is in, or with room for more */
  constructor(readonly changes: Change[]) {}

  rankAt(i: number): number {
    return this.ranks === null ? this.first + i : this.ranks[i] as number
  }

  /** Adds one above all that are in. */
  push(change: Change, rank: number): void {
    if (this.length === 0) this.first = rank
    if (this.ranks !== null) this.ranks.push(rank)
    else if (rank !== this.first + this.length) this.listed().push(rank)
    this.changes[this.length] = change
    this.length += 1
  }

  /** Whether a rank lies between the first and the last one here. */
  spans(rank: number): boolean {
    return this.length > 0 && this.rankAt(0) <= rank && rank <= this.rankAt(this.length - 1)
  }

  /** Whether all ranks here are lower. */
  endsBelow(rank: number): boolean {
    return this.length === 0 || this.rankAt(this.length - 1) < rank
  }

  /** The first index that is ranked above `rank`. */
  placeOf(rank: number): number {
    if (this.ranks === null) return Math.max(0, Math.min(this.length, rank - this.first + 1))
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.rankAt(middle) <= rank) low = middle + 1
      else high = middle
    }
    return low
  }

  insert(change: Change, rank: number): void {
    const i = this.placeOf(rank)
    const ranks = this.listed()
    this.changes.length = this.length
    this.changes.splice(i, 0, change)
    ranks.splice(i, 0, rank)
    this.length += 1
  }

  /** Takes the upper half out, as a block of its own. */
  split(): Block {
    const half = this.length >> 1
    const upper = new Block(this.changes.splice(half))
    upper.ranks = this.listed().splice(half)
    upper.length = upper.ranks.length
    this.length = half
    return upper
  }

  /** Adds those of the block above. */
  join(upper: Block): void {
    for (let i = 0; i < upper.length; i += 1) this.push(upper.changes[i] as Change, upper.rankAt(i))
  }

  /** Only the first `length` are in from now on. */
  cut(length: number): void {
    this.length = length
    this.changes.length = length
    if (this.ranks !== null) this.ranks.length = length
  }

  /** The ranks one by one, now that they do not follow each other. */
  listed(): number[] {
    if (this.ranks !== null) return this.ranks
    const ranks: number[] = []
    for (let i = 0; i < this.length; i += 1) ranks.push(this.first + i)
    this.ranks = ranks
    return ranks
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
