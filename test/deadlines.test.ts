/**
 * The heap of deadlines beside a sorted array, which does the same slowly: whatever is put in, moved and taken out, both name the
 * same moment as the next, and things come out in order.
 */
import fc from 'fast-check'
import test from 'tape'
import { Deadlines, type Due } from '../lib/log/deadlines.js'
import { holds } from './property.js'

type Thing = Due & { name: number }

type Step = { what: 'set' | 'remove'; name: number; at: number } | { what: 'takeFirst' }

function thing(name: number): Thing {
  return { name, at: Infinity, place: -1 }
}

/** Few moments, so that many things are due at one; some a long way off, and none. */
const moment = fc.oneof(fc.nat(5), fc.nat(1_000), fc.constantFrom(0, Number.MAX_SAFE_INTEGER, Infinity))

function steps(things: number): fc.Arbitrary<Step[]> {
  const name = fc.nat(things - 1)
  const set = fc.record({ what: fc.constant('set' as const), name, at: moment })
  const remove = fc.record({ what: fc.constant('remove' as const), name, at: fc.constant(0) })
  const takeFirst = fc.constant({ what: 'takeFirst' as const })
  const step = fc.oneof({ weight: 4, arbitrary: set }, { weight: 2, arbitrary: remove }, { weight: 1, arbitrary: takeFirst })
  return fc.array(step, { maxLength: 120 })
}

/** A heap, and beside it what is in it as a list that is sorted after every step. */
class Pair {
  readonly heap = new Deadlines<Thing>()
  readonly list: Thing[] = []
  private readonly things: Thing[]

  constructor(count: number) {
    this.things = Array.from({ length: count }, (_, i) => thing(i))
  }

  take(step: Step): void {
    if (step.what === 'takeFirst') {
      const { first } = this.heap
      if (first !== undefined) this.remove(first)
      return
    }
    const one = this.things[step.name] as Thing
    if (step.what === 'remove') this.remove(one)
    else this.set(one, step.at)
  }

  /** Both name the same moment, each thing knows whether it is in, and no two stand in one place. */
  get agree(): boolean {
    const { heap, list, things } = this
    if (heap.first?.at !== list[0]?.at || (heap.first !== undefined && !list.includes(heap.first))) return false
    const places = new Set(list.map(({ place }) => place))
    return places.size === list.length && [...places].every((place) => place >= 0 && place < list.length) &&
      things.every((one) => list.includes(one) || one.place === -1)
  }

  /** All that is left, one after the other as the heap names them. */
  drain(): Thing[] {
    const drained: Thing[] = []
    for (let { first } = this.heap; first !== undefined; { first } = this.heap) {
      this.heap.remove(first)
      drained.push(first)
    }
    return drained
  }

  private set(one: Thing, at: number): void {
    this.heap.set(one, at)
    if (!this.list.includes(one)) this.list.push(one)
    this.sort()
  }

  private remove(one: Thing): void {
    this.heap.remove(one)
    const i = this.list.indexOf(one)
    if (i >= 0) this.list.splice(i, 1)
  }

  private sort(): void {
    this.list.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at))
  }
}

test('after any steps the heap names what a sorted array names, and what is left comes out in order, each thing once', (t) => {
  for (const count of [1, 3, 20]) {
    holds(t, `of ${count} things`, fc.property(steps(count), (all) => {
      const pair = new Pair(count)
      for (const step of all) {
        pair.take(step)
        if (!pair.agree) return false
      }
      const expected = pair.list.map(({ at }) => at)
      const drained = pair.drain()
      return JSON.stringify(drained.map(({ at }) => at)) === JSON.stringify(expected) && new Set(drained).size === drained.length &&
        drained.every(({ place }) => place === -1) && pair.heap.first === undefined
    }), 1_000)
  }
  t.end()
})

test('a thing that is moved stands at its new moment, wherever it stood', (t) => {
  const heap = new Deadlines<Thing>()
  const things = Array.from({ length: 31 }, (_, i) => thing(i))
  for (const one of things) heap.set(one, 1_000 + one.name)
  const firsts = things.map((one) => {
    heap.set(one, 1)
    const toFront = heap.first === one
    heap.set(one, 5_000 + one.name)
    return toFront && heap.first !== one
  })
  t.ok(firsts.every(Boolean), 'each is brought to the front, and sent to the back again')
  t.equal(heap.first, things[0])
  t.end()
})

test('taking out what is not in changes nothing, and what was taken out can be put in again', (t) => {
  const heap = new Deadlines<Thing>()
  const [one, other] = [thing(1), thing(2)]
  heap.remove(one)
  t.equal(heap.first, undefined)
  heap.set(one, 5)
  heap.remove(other)
  heap.remove(one)
  heap.remove(one)
  t.deepEqual([heap.first, one.place], [undefined, -1])
  heap.set(one, 7)
  heap.set(other, 7)
  t.ok(heap.first === one || heap.first === other, 'of two that are due at one moment either comes first')
  t.end()
})

test('with an order of its own, things of one moment come out in that order', (t) => {
  holds(t, 'by name here', fc.property(fc.array(fc.tuple(fc.nat(19), fc.nat(3)), { maxLength: 60 }), (sets) => {
    const heap = new Deadlines<Thing>((a, b) => a.at < b.at || (a.at === b.at && a.name < b.name))
    const things = Array.from({ length: 20 }, (_, i) => thing(i))
    for (const [name, at] of sets) heap.set(things[name] as Thing, at)
    const left = things.filter(({ place }) => place >= 0).sort((a, b) => a.at - b.at || a.name - b.name)
    for (const one of left) {
      if (heap.first !== one) return false
      heap.remove(one)
    }
    return heap.first === undefined
  }), 500)
  t.end()
})
