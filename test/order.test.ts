/**
 * Arrival order and an author's series against the plainest model: a sorted array of what lives.
 */
import fc from 'fast-check'
import test from 'tape'
import { Author } from '../lib/log/author.js'
import { changeOf, type Change } from '../lib/log/change.js'
import { Name } from '../lib/log/name.js'
import { Arrivals, Series, type Order } from '../lib/log/order.js'
import { holds } from './property.js'

/** As lib/log/order.ts has it. */
const blockMax = 512

const author = new Author('α~1', 'α', '1', 1)
const name = new Name('counter', 'n')

type Block = { length: number; rankAt(i: number): number }

/** An order, and beside it what should be in it. `rank` is the number that it goes by; the other numbers are misleading. */
class Pair {
  readonly live: Change[] = []

  constructor(readonly order: Order) {}

  add(rank: number): void {
    const arrives = this.order instanceof Arrivals
    const change = changeOf(author, arrives ? 7 : rank, name, '', null, 0, arrives ? rank : 7, 0)
    this.order.add(change)
    this.live.push(change)
    this.sort()
  }

  /** Writes over a change in its cell, or adds one where that is of a later rank. */
  supersede(at: number, rank: number): void {
    const change = this.live[at % this.live.length]
    if (change === undefined || this.rank(change) > rank) return this.add(rank)
    if (this.order instanceof Arrivals) change.arrival = rank
    else change.seq = rank
    this.order.drop()
    this.order.add(change)
    this.sort()
  }

  private sort(): void {
    this.live.sort((a, b) => this.rank(a) - this.rank(b))
  }

  drop(at: number): void {
    const [change] = this.live.splice(at % this.live.length, 1)
    if (change === undefined) return
    change.live = false
    this.order.drop()
  }

  rank(change: Change): number {
    return this.order instanceof Arrivals ? change.arrival : change.seq
  }

  /** What `after` tells from `rank` on, stopping before the item number `stop`. */
  after(rank: number, stop = Infinity): { told: Change[]; ended: boolean } {
    const told: Change[] = []
    const ended = this.order.after(rank, (change) => {
      if (told.length === stop) return false
      told.push(change)
      return true
    })
    return { told, ended }
  }

  get blocks(): number[][] {
    return (this.order as unknown as { blocks: Block[] }).blocks.map((block) => Array.from({ length: block.length }, (_, i) => block.rankAt(i)))
  }

  /** Whether everything agrees, looked at from `rank`. */
  agrees(rank: number, stop: number): boolean {
    const above = this.live.filter((change) => this.rank(change) > rank)
    const { told, ended } = this.after(rank, stop)
    return this.order.size === this.live.length && this.order.last() === this.live.at(-1) && equal(this.after(-1).told, this.live) &&
      equal(told, above.slice(0, stop)) && ended === (above.length <= stop) && this.findsEach(rank) && this.isTidy()
  }

  /** Whether each is found by its rank, in order and from anywhere, and nothing by a rank that none has. */
  private findsEach(rank: number): boolean {
    const ranks = new Set(this.live.map((change) => this.rank(change)))
    return this.live.every((change) => this.order.at(this.rank(change)) === change) &&
      [rank, 0, Infinity, ...[...ranks].map((one) => one + 1)].every((one) => ranks.has(one) || this.order.at(one) === undefined)
  }

  /** Blocks are sorted, not empty and not too long, and the dead are no more than the living and a block. */
  private isTidy(): boolean {
    const all = this.blocks.flat()
    return this.blocks.every((block) => block.length > 0 && block.length <= blockMax) && all.length <= 2 * this.live.length + blockMax &&
      all.every((rank, i) => i === 0 || (all[i - 1] as number) < rank)
  }
}

function equal(a: readonly Change[], b: readonly Change[]): boolean {
  return a.length === b.length && a.every((change, i) => change === b[i])
}

type Step = { add: number } | { drop: number } | { over: number; rank: number }

/** Ranks that are all different, mostly rising. */
function stepsOf(length: number): fc.Arbitrary<Step[]> {
  const numbers = fc.tuple(fc.nat(1_000_000), fc.nat(9), fc.nat(9))
  return fc.array(numbers, { maxLength: length, size: 'max' }).map((list) => {
    const used = new Set<number>()
    return list.map(([number, drops, late], i) => {
      if (drops < 4) return { drop: number }
      let rank = 1_000 * (i + 1) - (late < 2 ? number % (1_000 * (i + 1)) : 0)
      while (used.has(rank)) rank += 1
      used.add(rank)
      return drops > 6 ? { over: number, rank } : { add: rank }
    })
  })
}

const makers: [string, () => Order][] = [['arrivals', () => new Arrivals()], ['a series', () => new Series()]]

test('changes come out in order, whatever order they came in and whichever died', (t) => {
  for (const [what, make] of makers) {
    holds(t, `${what} agree with a sorted array at every step`, fc.property(
      stepsOf(120), fc.nat(130_000), fc.nat(20), (steps, rank, stop) => {
        const pair = new Pair(make())
        return steps.every((step) => {
          if ('add' in step) pair.add(step.add)
          else if ('over' in step) pair.supersede(step.over, step.rank)
          else if (pair.live.length > 0) pair.drop(step.drop)
          return pair.agrees(rank, stop)
        })
      }
    ), 100)
  }
  t.end()
})

test('the same holds over many blocks', (t) => {
  for (const [what, make] of makers) {
    const pair = new Pair(make())
    let state = 11
    const chance = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return (state >> 8) % below
    }
    const ranks = Array.from({ length: 9_000 }, (_, i) => i * 3 + 1)
    for (let i = ranks.length - 1; i > 0; i -= 1) {
      const j = Math.max(0, i - chance(chance(10) === 0 ? 3_000 : 2))
      const swap = ranks[i] as number
      ranks[i] = ranks[j] as number
      ranks[j] = swap
    }
    let failed = 0
    let blocks = 0
    ranks.forEach((rank, i) => {
      if (chance(3) === 0) pair.supersede(chance(100_000), rank)
      else pair.add(rank)
      if (chance(3) === 0) pair.drop(chance(100_000))
      blocks = Math.max(blocks, pair.blocks.length)
      if (i % 97 === 0 && !pair.agrees(chance(27_000), chance(2_000))) failed += 1
    })
    t.equal(failed, 0, what)
    t.ok(blocks > 8, `there were ${blocks} blocks`)
    while (pair.live.length > 0) {
      pair.drop(chance(100_000))
      if (pair.live.length % 101 === 0 && !pair.agrees(chance(27_000), 50)) failed += 1
    }
    t.equal(failed, 0, `${what}, while all of it dies`)
    t.ok(pair.blocks.flat().length <= blockMax, 'and then at most a block of dead is left')
  }
  t.end()
})

test('a full block that gets one in its middle is split', (t) => {
  const pair = new Pair(new Series())
  for (let i = 1; i <= blockMax; i += 1) pair.add(2 * i)
  t.equal(pair.blocks.length, 1, 'at blockMax it is one')
  pair.add(101)
  t.deepEqual(pair.blocks.map((block) => block.length), [256, 257], 'with one more it is two')
  t.ok(pair.agrees(99, 5))
  pair.add(1)
  t.ok(pair.agrees(0, 5), 'and one below all goes in front')
  t.end()
})

test('blocks are filled up while changes come in at the end', (t) => {
  const pair = new Pair(new Arrivals())
  for (let i = 1; i <= 2 * blockMax + 1; i += 1) pair.add(i)
  t.deepEqual(pair.blocks.map((block) => block.length), [512, 512, 1])
  t.end()
})

test('an order is compacted once there are more dead than eight and a quarter of the living', (t) => {
  const pair = new Pair(new Arrivals())
  const count = 4 * blockMax
  for (let i = 1; i <= count; i += 1) pair.add(i)
  const atBound = 416
  t.equal(atBound, 8 + (count - atBound) / 4)
  for (let i = 0; i < atBound; i += 1) pair.drop(0)
  t.equal(pair.blocks.flat().length, count, 'at the bound nothing is')
  pair.drop(0)
  t.equal(pair.blocks.flat().length, count - atBound - 1, 'one above, only the living are left')
  t.ok(pair.agrees(0, 10))
  t.end()
})

test('one cell written for ever takes a bounded place', (t) => {
  const pair = new Pair(new Arrivals())
  let most = 0
  for (let i = 1; i <= 20_000; i += 1) {
    pair.add(i)
    if (i > 1) pair.drop(0)
    most = Math.max(most, pair.blocks.flat().length)
  }
  t.ok(most <= blockMax + 3, `at most ${most} of 20,000 changes were kept`)
  t.equal(pair.order.size, 1)
  t.equal(pair.order.last()?.arrival, 20_000)
  t.end()
})

test('an empty order has no last change, and its end is reached at once', (t) => {
  for (const [what, make] of makers) {
    const pair = new Pair(make())
    t.ok(pair.agrees(0, 0), `${what}, new`)
    pair.add(5)
    pair.drop(0)
    t.ok(pair.agrees(0, 0), `${what}, with only a dead change`)
    t.equal(pair.order.last(), undefined)
    pair.add(3)
    t.ok(pair.agrees(2, 1), `${what}, with one that came in below a dead one`)
  }
  t.end()
})

test('a walk that stops before an item has not told it', (t) => {
  const pair = new Pair(new Arrivals())
  for (const rank of [1, 2, 3, 4]) pair.add(rank)
  t.deepEqual(pair.after(1, 2).told.map((change) => change.arrival), [2, 3])
  t.equal(pair.after(1, 2).ended, false)
  t.equal(pair.after(1, 3).ended, true)
  t.equal(pair.after(4, 0).ended, true)
  t.end()
})
