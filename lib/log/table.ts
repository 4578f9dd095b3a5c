/**
 * Things by their text: an open hash table that grows and shrinks in small steps, so that no write waits for a million moves.
 *
 * A slot holds the number of a thing and, in the bits above, what is left of its hash there, so that hardly any other thing is looked at;
 * linear probing with removal by shifting back (Knuth, TAOCP 3, 6.4 R). A Map stops everything while it grows; many small ones in its
 * place take about twice as long where things are many.
 */
import { hashOf } from './hash.js'
import type { HashKey } from './hash.js'

const slotsMin = 8

/** So many things are moved to the next table with every one that comes or goes. */
const stepMax = 8

/** Things stand in columns of so many: one long array would be copied whenever it grows, and its copies are all fresh memory. */
const columnBits = 10
const columnMax = 1 << columnBits

/** Something that is found by its text. */
export type Texted = {
  readonly text: string
  /** The table's own: the hash of the text. */
  hash: number
}

export class Table<T extends Texted> {
  private current: Part<T>
  /** What was before the last resizing, until all of it was moved: `moved` of the numbers up to `end`. */
  private old: Part<T> | null = null
  private moved = 0
  private end = 0
  /** What was looked for last: a write looks for one text several times, and a new one was looked for before it is put in. */
  private text = ''
  private hash: number
  private found: T | undefined = undefined

  constructor(private readonly key: HashKey) {
    this.current = new Part<T>(slotsMin, new Things<T>())
    this.hash = hashOf('', key)
  }

  /** How many there are. */
  get size(): number {
    const { current, old } = this
    return current.things.size + (old === null || old.things === current.things ? 0 : old.things.size)
  }

  get(text: string): T | undefined {
    if (text !== this.text) {
      this.text = text
      this.hash = hashOf(text, this.key)
      this.found = this.current.find(text, this.hash) ?? this.old?.find(text, this.hash)
    }
    return this.found
  }

  /** Puts one in, in the place of the one of the same text if there is one. */
  set(thing: T): void {
    this.delete(thing.text)
    const { current, old } = this
    thing.hash = this.hash
    current.place(thing.hash, current.things.add(thing, old?.things !== current.things))
    this.found = thing
    this.move()
    if (this.old === null && current.crowded) this.resize()
  }

  delete(text: string): void {
    if (this.get(text) === undefined) return
    this.found = undefined
    if (!this.current.delete(text, this.hash)) this.old?.delete(text, this.hash)
    this.move()
    if (this.old === null && this.current.sparse) this.resize()
  }

  /** All of them, in an order that does not change while none comes or goes. One may be told twice if others do meanwhile; none is left out. */
  *values(): Generator<T, void, undefined> {
    const told = new Set<Things<T>>()
    for (;;) {
      const things = [this.old, this.current].map((part) => part?.things).find((one) => one !== undefined && !told.has(one))
      if (things === undefined) return
      told.add(things)
      yield* things.values()
    }
  }

  /** Begins to move everything to a part of which it fills three eighths of the slots. Where those are more, the things keep their numbers. */
  private resize(): void {
    const { current } = this
    const { things } = current
    let slots = slotsMin
    while (3 * slots < 4 * things.size) slots *= 2
    this.old = current
    this.current = new Part<T>(2 * slots, 2 * slots > current.length ? things : new Things<T>())
    this.moved = 0
    this.end = things.end
    this.move()
  }

  private move(): void {
    const { old, current } = this
    if (old === null) return
    const end = Math.min(this.end, this.moved + stepMax)
    for (; this.moved < end; this.moved += 1) {
      const thing = old.things.at(this.moved)
      // What it leaves behind in the old part leads to nothing, or to where it is anyway.
      if (thing !== undefined) current.place(thing.hash, old.things === current.things ? this.moved : old.things.moveTo(current.things, this.moved))
    }
    if (this.moved === this.end) this.old = null
  }
}

/** Slots of one length, and the things they lead to. */
class Part<T extends Texted> {
  private readonly slots: Int32Array
  private readonly mask: number

  constructor(length: number, readonly things: Things<T>) {
    this.slots = new Int32Array(length)
    this.mask = length - 1
  }

  get length(): number {
    return this.slots.length
  }

  get crowded(): boolean {
    return 4 * this.things.size >= 3 * this.length
  }

  get sparse(): boolean {
    return 8 * this.things.size < this.length && this.length > slotsMin
  }

  find(text: string, hash: number): T | undefined {
    const slot = this.slotOf(text, hash)
    return slot < 0 ? undefined : this.things.at(this.numberAt(slot))
  }

  place(hash: number, number: number): void {
    const { slots, mask } = this
    let slot = hash & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = (hash & ~mask) | (number + 1)
  }

  delete(text: string, hash: number): boolean {
    const slot = this.slotOf(text, hash)
    if (slot < 0) return false
    const number = this.numberAt(slot)
    this.close(slot)
    this.things.remove(number)
    return true
  }

  /** Where a text is, or -1. */
  private slotOf(text: string, hash: number): number {
    const { slots, mask, things } = this
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const held = slots[slot] as number
      if (held === 0) return -1
      if (((held ^ hash) & ~mask) === 0 && things.at((held & mask) - 1)?.text === text) return slot
    }
  }

  private numberAt(slot: number): number {
    return ((this.slots[slot] as number) & this.mask) - 1
  }

  /** Empties a slot, and lets what stands behind it because of it move up; what leads to nothing may stay. */
  private close(slot: number): void {
    const { slots, mask, things } = this
    let gap = slot
    for (let next = (gap + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const thing = things.at(this.numberAt(next))
      if (thing === undefined || ((next - thing.hash) & mask) < ((next - gap) & mask)) continue
      slots[gap] = slots[next] as number
      gap = next
    }
    slots[gap] = 0
  }
}

/** Things by number. */
class Things<T extends Texted> {
  size = 0
  /** Above all numbers that were given. */
  end = 0
  /** Numbers of things that were removed. */
  private readonly free: number[] = []
  private columns: (T | undefined)[][] = []

  at(number: number): T | undefined {
    return (this.columns[number >> columnBits] as (T | undefined)[])[number & (columnMax - 1)]
  }

  /** Gives a thing its number: while slots of two parts lead to these things, none that another had. */
  add(thing: T, mayReuse: boolean): number {
    this.size += 1
    const number = (mayReuse ? this.free.pop() : undefined) ?? this.end
    if (number < this.end) this.put(number, thing)
    else this.append(thing)
    return number
  }

  remove(number: number): void {
    this.put(number, undefined)
    this.free.push(number)
    this.size -= 1
  }

  moveTo(other: Things<T>, number: number): number {
    const thing = this.at(number) as T
    this.put(number, undefined)
    this.size -= 1
    return other.add(thing, true)
  }

  *values(): Generator<T, void, undefined> {
    for (const column of this.columns) for (const thing of column) if (thing !== undefined) yield thing
  }

  private append(thing: T): void {
    const number = this.end
    this.end += 1
    // An array that grows has room for seventeen at once; many tables are of one thing.
    if (number === 0) this.columns = [[thing]]
    else {
      if (number === this.columns.length << columnBits) this.columns.push(new Array<T | undefined>(columnMax))
      this.put(number, thing)
    }
  }

  private put(number: number, thing: T | undefined): void {
    (this.columns[number >> columnBits] as (T | undefined)[])[number & (columnMax - 1)] = thing
  }
}
