/**
 * What is held of one author, against the plainest model there is: a set of seqs.
 */
import fc from 'fast-check'
import test from 'tape'
import { Held } from '../lib/log/held.js'
import { holds } from './property.js'

const seqMax = 60

/** The same, as a set of seqs. Ranges are looked up anew each time. */
class Model {
  readonly seqs = new Set<number>()
  seen = 0

  note(seq: number, rangesMax: number): boolean {
    this.seen = Math.max(this.seen, seq)
    return this.take(seq, seq, rangesMax)
  }

  take(from: number, to: number, rangesMax: number): boolean {
    const before = this.seqs.size
    for (let seq = from; seq <= to; seq += 1) this.seqs.add(seq)
    const news = this.seqs.size > before
    for (const [low, high] of this.dots().slice(0, -rangesMax)) for (let seq = low; seq <= high; seq += 1) this.seqs.delete(seq)
    return news
  }

  raise(have: number): boolean {
    return this.take(1, have, Infinity)
  }

  get have(): number {
    let have = 0
    while (this.seqs.has(have + 1)) have += 1
    return have
  }

  dots(max = Infinity): [number, number][] {
    const dots: [number, number][] = []
    for (const seq of [...this.seqs].filter((s) => s > this.have && s <= max).sort((a, b) => a - b)) {
      const last = dots.at(-1)
      if (last !== undefined && last[1] === seq - 1) last[1] = seq
      else dots.push([seq, seq])
    }
    return dots
  }

  missing(other: Model | undefined): number {
    return [...this.seqs].filter((seq) => other?.seqs.has(seq) !== true).length
  }
}

type Step = { act: 'note' | 'take' | 'raise'; from: number; size: number }

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('note', 'note', 'note', 'take', 'take', 'raise' as const), from: fc.integer({ min: 1, max: seqMax }), size: fc.nat(6)
})
const steps = fc.array(step, { maxLength: 50 })
const rangesMax = fc.constantFrom(1, 2, 3, 5, 32)

/** Does one step to either; both must say the same. */
function act(one: Held | Model, { act, from, size }: Step, max: number): boolean {
  if (act === 'note') return one.note(from, max)
  return act === 'take' ? one.take(from, from + size, max) : one.raise(Math.ceil(from / 3))
}

function made(list: Step[], max: number): { held: Held; model: Model } {
  const held = new Held()
  const model = new Model()
  for (const one of list) {
    act(held, one, max)
    act(model, one, max)
  }
  return { held, model }
}

function alike(held: Held, model: Model): boolean {
  for (let seq = 1; seq <= seqMax + 8; seq += 1) if (held.covers(seq) !== model.seqs.has(seq)) return false
  return held.have === model.have && held.seen === model.seen && same(held.ranges(), model.dots())
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

test('notes, ranges and claims in any order come to what a set of seqs comes to', (t) => {
  holds(t, 'prefix, dots, what is covered and what was seen agree after every step, and each step tells what was news', fc.property(
    steps, rangesMax, (list, max) => {
      const held = new Held()
      const model = new Model()
      return list.every((one) => act(held, one, max) === act(model, one, max) && alike(held, model))
    }
  ), 2_000)
  t.end()
})

test('ranges are cut at the highest seq asked for', (t) => {
  holds(t, 'at any cut', fc.property(steps, rangesMax, fc.nat(seqMax + 8), (list, max, cut) => {
    const { held, model } = made(list, max)
    return same(held.ranges(cut), model.dots(cut))
  }), 500)
  t.end()
})

test('missing counts the seqs that one holds and the other does not', (t) => {
  holds(t, 'for any two, and against nothing', fc.property(steps, steps, rangesMax, (ours, theirs, max) => {
    const a = made(ours, max)
    const b = made(theirs, max)
    return a.held.missing(b.held) === a.model.missing(b.model) && b.held.missing(a.held) === b.model.missing(a.model) &&
      a.held.missing(undefined) === a.model.missing(undefined) && a.held.missing(a.held) === 0
  }), 500)
  t.end()
})

test('a copy is equal, and goes its own way', (t) => {
  holds(t, 'whatever is then done to either', fc.property(steps, steps, steps, rangesMax, (before, ours, theirs, max) => {
    const { held, model } = made(before, max)
    const copy = held.copy()
    const twin = made(before, max).model
    if (!alike(copy, twin)) return false
    for (const one of ours) {
      act(held, one, max)
      act(model, one, max)
    }
    for (const one of theirs) {
      act(copy, one, max)
      act(twin, one, max)
    }
    return alike(held, model) && alike(copy, twin)
  }), 500)
  t.end()
})

test('ranges at the bound are all kept, and with one more the lowest is forgotten', (t) => {
  const held = new Held()
  for (let i = 1; i <= 32; i += 1) held.note(10 * i, 32)
  t.equal(held.ranges().length, 32)
  t.ok(held.covers(10), 'at the bound the lowest is there')
  t.ok(held.note(330, 32))
  t.equal(held.ranges().length, 32)
  t.notOk(held.covers(10), 'one above, it is forgotten')
  t.ok(held.covers(20) && held.covers(330), 'and no other')
  t.equal(held.seen, 330)
  t.equal(held.have, 0)
  t.ok(held.note(5, 32), 'one below all others is news')
  t.notOk(held.covers(5), 'and is forgotten at once')
  t.end()
})

test('a dot that touches the prefix raises it, through all that now touch', (t) => {
  const held = new Held()
  for (const seq of [3, 2, 6, 5, 9]) held.note(seq, 32)
  t.equal(held.have, 0)
  t.deepEqual(held.ranges(), [[2, 3], [5, 6], [9, 9]])
  held.note(1, 32)
  t.equal(held.have, 3)
  held.raise(4)
  t.equal(held.have, 6)
  t.deepEqual(held.ranges(), [[9, 9]])
  t.equal(held.raise(6), false, 'what is held already is no news')
  t.equal(held.seen, 9)
  t.end()
})

test('only what was sent counts as seen: neither a claim nor a range does', (t) => {
  const held = new Held()
  held.raise(7)
  held.take(9, 12, 32)
  t.equal(held.seen, 0)
  held.note(2, 32)
  t.equal(held.seen, 2)
  t.end()
})

test('seqs up to the greatest safe integer are held like others', (t) => {
  const max = Number.MAX_SAFE_INTEGER
  const held = new Held()
  t.ok(held.note(max, 32))
  t.ok(held.covers(max))
  t.notOk(held.covers(max - 1))
  t.ok(held.note(max - 1, 32))
  t.deepEqual(held.ranges(), [[max - 1, max]])
  t.ok(held.raise(max - 2))
  t.equal(held.have, max)
  t.end()
})
