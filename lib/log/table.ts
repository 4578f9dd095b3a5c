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

/** Something that is found by its text. */
export type Texted = { readonly text: string }

export class Table<T extends Texted> {
  private current: Part<T>
  /** What was before the last resizing, until all of it was moved. */
  private old: Part<T> | null = null
  private moved = 0
  /** What was looked for last: a write looks for one text several times, and a new one was looked for before it is put in. */
  private text = ''
  private hash: number
  private found: T | undefined = undefined

  constructor(private readonly key: HashKey) {
    this.current = new Part<T>(slotsMin)
    this.hash = hashOf('', key)
  }

  /** How many there are. */
  get size(): number {
    return this.current.size + (this.old?.size ?? 0)
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
    this.current.add(thing, this.hash)
    this.found = thing
    this.move()
    if (this.old === null && this.current.crowded) this.resize()
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
    const told = new Set<Part<T>>()
    for (;;) {
      const part = [this.old, this.current].find((one) => one !== null && !told.has(one))
      if (part == null) return
      told.add(part)
      yield* part.values()
    }
  }

  /** Begins to move everything to a table in which it fills three eighths of the slots. */
  private resize(): void {
    let slots = slotsMin
    while (3 * slots < 4 * this.current.size) slots *= 2
    this.old = this.current
    this.current = new Part<T>(2 * slots)
    this.moved = 0
    this.move()
  }

  private move(): void {
    const { old } = this
    if (old === null) return
    const end = Math.min(old.end, this.moved + stepMax)
    for (; this.moved < end; this.moved += 1) old.moveTo(this.current, this.moved)
    if (this.moved === old.end) this.old = null
  }
}

/** A table of one size. */
class Part<T extends Texted> {
  size = 0
  private readonly slots: Int32Array
  private readonly mask: number
  /** By number: the things, and their hashes; of one that is free, the number that is free after it. */
  private things: (T | undefined)[] = []
  private hashes: number[] = []
  /** A number that is given again, or -1. */
  private free = -1

  constructor(slots: number) {
    this.slots = new Int32Array(slots)
    this.mask = slots - 1
  }

  /** Above all numbers that were given. */
  get end(): number {
    return this.things.length
  }

  get crowded(): boolean {
    return 4 * this.size >= 3 * this.slots.length
  }

  get sparse(): boolean {
    return 8 * this.size < this.slots.length && this.slots.length > slotsMin
  }

  find(text: string, hash: number): T | undefined {
    const slot = this.slotOf(text, hash)
    return slot < 0 ? undefined : this.things[this.numberAt(slot)]
  }

  add(thing: T, hash: number): void {
    const number = this.free < 0 ? this.things.length : this.free
    if (this.free >= 0) this.free = this.hashes[number] as number
    // An array that grows has room for seventeen at once; many tables are of one thing.
    if (this.things.length === 0) [this.things, this.hashes] = [[thing], [hash]]
    this.things[number] = thing
    this.hashes[number] = hash
    this.size += 1
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
    this.things[number] = undefined
    this.hashes[number] = this.free
    this.free = number
    this.size -= 1
    return true
  }

  /** Moves the thing of that number, if there is one, to another table. */
  moveTo(other: Part<T>, number: number): void {
    const thing = this.things[number]
    if (thing === undefined) return
    // The slot stays: it leads to nothing.
    this.things[number] = undefined
    this.size -= 1
    other.add(thing, this.hashes[number] as number)
  }

  *values(): Generator<T, void, undefined> {
    for (const thing of this.things) if (thing !== undefined) yield thing
  }

  /** Where a text is, or -1. */
  private slotOf(text: string, hash: number): number {
    const { slots, mask } = this
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const held = slots[slot] as number
      if (held === 0) return -1
      if (((held ^ hash) & ~mask) === 0 && this.things[(held & mask) - 1]?.text === text) return slot
    }
  }

  private numberAt(slot: number): number {
    return ((this.slots[slot] as number) & this.mask) - 1
  }

  /** Empties a slot, and lets what stands behind it because of it move up. */
  private close(slot: number): void {
    const { slots, mask } = this
    let gap = slot
    for (let next = (gap + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = (this.hashes[this.numberAt(next)] as number) & mask
      if (((next - home) & mask) < ((next - gap) & mask)) continue
      slots[gap] = slots[next] as number
      gap = next
    }
    slots[gap] = 0
  }
}
