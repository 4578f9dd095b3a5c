/**
 * Looks through all names for what stands at some addresses, a bounded part of them at a time.
 *
 * Nothing is kept for it while hosts agree: where something stands is found again by its hash. An address is the first digits of a place, behind
 * the index of a span and a dot for what ends; what ends is one thing by name, all else by name and part.
 */
import type { Change } from '../log/change.js'
import type { Digest, Span } from '../log/digest.js'
import { depthOf, numberIn } from '../log/digits.js'
import type { Sum } from '../log/lanes.js'
import type { Log } from '../log/log.js'
import type { Name, Term } from '../log/name.js'
import type { Tally } from './tally.js'

/** One place, and which things stand there: mostly it is one. */
export type Found = Sum & { readonly things: Thing[] }

/** A part of a name, or the whole name if that is null. */
export type Thing = { readonly name: Name; readonly part: string | null }

/** What stands at one address. */
export class Ground {
  readonly depth: number
  /** The index of the span; null for what never ends. */
  readonly span: number | null
  /** The first digits of places there. */
  readonly prefix: number
  /** By the 30 bits of their place; null if they are more than there is room for. */
  places: Map<number, Found> | null = new Map()
  /** Of each of the 64 parts, and of each of the 64 of these: both lanes; null while nobody asks, as few are asked for of those that are empty. */
  private sums: Int32Array | null = null

  constructor(readonly address: string) {
    const dot = address.indexOf('.')
    this.span = dot < 0 ? null : Number(address.slice(0, dot))
    this.depth = depthOf(address)
    this.prefix = numberIn(address, dot + 1, this.depth)
  }

  /** The sum of a part, or of a part of that. */
  sumOf(part: number, of: number | null = null): Sum {
    const sums = this.summed()
    const at = 2 * (of === null ? part : 64 + part * 64 + of)
    return { low: sums[at] as number, high: sums[at + 1] as number }
  }

  /** Something that stands here. */
  add(place: number, low: number, high: number): void {
    if (this.sums !== null) this.count(this.sums, place, low, high)
  }

  /** There are more places than there is room for: only their sums are kept. */
  crowd(): void {
    this.summed()
    this.places = null
  }

  private summed(): Int32Array {
    if (this.sums !== null) return this.sums
    this.sums = new Int32Array(2 * 64 * 65)
    for (const [place, { low, high }] of this.places ?? []) this.count(this.sums, place, low, high)
    return this.sums
  }

  private count(sums: Int32Array, place: number, low: number, high: number): void {
    const shift = 30 - 6 * (this.depth + 2)
    const both = shift >= 0 ? (place >>> shift) & 4_095 : (place << -shift) & 4_095
    for (const at of [2 * (both >>> 6), 2 * (64 + both)]) {
      sums[at] = (sums[at] as number) + low
      sums[at + 1] = (sums[at + 1] as number) + high
    }
  }
}

export class Survey {
  readonly grounds: ReadonlyMap<string, Ground>
  /** Grounds by the number of digits and those, for what never ends and for each span. */
  private readonly lasting: Map<number, Ground>[]
  private readonly ending = new Map<number, Map<number, Ground>[]>()
  private readonly steps: Generator<number, void, undefined>
  private readonly seen = new Set<Name>()
  private room: number

  constructor(
    private readonly log: Log,
    /** Whose kinds are looked through, and what of them counts. */
    private readonly tally: Tally,
    addresses: Iterable<string>,
    placesMax: number
  ) {
    this.grounds = new Map([...addresses].map((address) => [address, new Ground(address)]))
    this.lasting = levels()
    this.room = placesMax
    for (const ground of this.grounds.values()) this.levelsOf(ground.span)[ground.depth]?.set(ground.prefix, ground)
    this.steps = this.walk()
  }

  /** Looks at about so many cells; says whether all was seen. */
  step(cells: number): boolean {
    for (let left = cells; left > 0; ) {
      const seen = this.steps.next()
      if (seen.done === true) return true
      left -= seen.value
    }
    return false
  }

  private levelsOf(span: number | null): Map<number, Ground>[] {
    if (span === null) return this.lasting
    const known = this.ending.get(span) ?? levels()
    this.ending.set(span, known)
    return known
  }

  private *walk(): Generator<number, void, undefined> {
    for (const kind of [...this.log.everyKind()]) {
      const digest = this.log.digestOf(kind)
      if (digest === undefined || !this.tally.digests.includes(digest)) continue
      for (const name of this.log.names(kind)?.values() ?? []) {
        const ends = name.term !== null && name.term.span !== null
        if (ends) this.lookAtEnding(name, digest)
        else this.lookAtLasting(name, digest)
        yield ends ? 1 : 1 + name.size
      }
    }
  }

  private lookAtEnding(name: Name, digest: Digest): void {
    const term = name.term as Term
    const levels = this.ending.get((term.span as Span).index)
    if (levels !== undefined && this.isNew(name)) this.put(levels, digest.placeOf(name, '') >>> 2, this.tally.term(digest, term), { name, part: null })
  }

  private lookAtLasting(name: Name, digest: Digest): void {
    const { lasting } = this
    const wanted = name.size > 0 && name.term !== null && isWanted(lasting, digest.placeOf(name, '') >>> 2)
    const cells: Change[] = []
    name.each((change) => {
      if (isWanted(lasting, digest.placeOf(name, change.part) >>> 2)) cells.push(change)
    })
    if ((cells.length === 0 && !wanted) || !this.isNew(name)) return
    for (const change of cells) this.put(lasting, digest.placeOf(name, change.part) >>> 2, this.tally.cell(digest, change), { name, part: change.part })
    if (wanted) this.put(lasting, digest.placeOf(name, '') >>> 2, digest.end(name), { name, part: '' })
  }

  /** A table that grows meanwhile may tell a name twice. */
  private isNew(name: Name): boolean {
    if (this.seen.has(name)) return false
    this.seen.add(name)
    return true
  }

  private put(levels: readonly Map<number, Ground>[], place: number, { low, high }: Sum, thing: Thing): void {
    for (const [depth, grounds] of levels.entries()) {
      const ground = grounds.get(place >>> (30 - 6 * depth))
      if (ground === undefined) continue
      this.keep(ground, place, low, high, thing)
      ground.add(place, low, high)
    }
  }

  private keep(ground: Ground, place: number, low: number, high: number, thing: Thing): void {
    const { places } = ground
    if (places === null) return
    const known = places.get(place)
    if (known !== undefined) {
      known.low = (known.low + low) | 0
      known.high = (known.high + high) | 0
      if (!known.things.some(({ name, part }) => name === thing.name && part === thing.part)) known.things.push(thing)
    } else if (this.room > 0) {
      this.room -= 1
      places.set(place, { low, high, things: [thing] })
    } else {
      this.room += places.size
      ground.crowd()
    }
  }
}

function levels(): Map<number, Ground>[] {
  return Array.from({ length: 5 }, () => new Map<number, Ground>())
}

function isWanted(levels: readonly Map<number, Ground>[], place: number): boolean {
  return levels.some((grounds, depth) => grounds.size > 0 && grounds.has(place >>> (30 - 6 * depth)))
}
