/**
 * What is said in answer to one word of an audit: which parts, and which places, differ from what the peer says of them.
 */
import { hashFrom, seedOf, shortened } from '../log/lanes.js'
import type { Sum } from '../log/lanes.js'
import { depthOf, digitsOf, numberIn } from '../log/digits.js'
import type { Audit as Word } from '../wire/message.js'
import type { ParsedAudit } from '../wire/parse.js'
import type { Theme } from './lead.js'
import type { Found, Ground, Thing } from './survey.js'
import type { Tally } from './tally.js'

/** Up to so many places are told one by one. */
const listMax = 64

/** What the sum of a part is that does not stand still. */
export const moving = '.....'

/** What is said in answer to one word. */
export class Reply {
  found = 0
  readonly things: Thing[] = []
  private readonly nodes: [string, string][] = []
  private readonly lists: [string, string][] = []
  private readonly wanted: [string, string][] = []

  private readonly salt: number

  constructor(
    /** What it answers. */
    private readonly asked: ParsedAudit,
    private readonly entriesMax: number,
    /** What was listed is remembered here. */
    private readonly listed: Map<string, Map<number, Found>>
  ) {
    this.salt = asked.salt
  }

  word(): Word {
    const { nodes, lists, wanted, found, asked } = this
    return {
      g: [asked.from, asked.salt], ...inside(asked), ...(nodes.length > 0 ? { n: nodes } : {}), ...(lists.length > 0 ? { p: lists } : {}),
      ...(wanted.length > 0 ? { q: wanted } : {}), ...(found > 0 ? { d: found } : {})
    }
  }

  node(address: string, sums: string): void {
    if (this.hasRoom) this.nodes.push([address, sums])
  }

  /** Goes on where the sums of parts differ. */
  compareParts(ground: Ground, sums: string): void {
    for (let turn = 0; turn < 64; turn += 1) {
      const i = rotated(turn, this.salt)
      if (differs(sums, i, ground.sumOf(i), this.salt)) this.expandPart(ground, i)
    }
  }

  /** Says what stands at an address: its places, if they are few, or sums of its parts. */
  expand(ground: Ground): void {
    const { address, places, depth } = ground
    if (places !== null && (places.size <= listMax || depth === 4)) this.list(address, places)
    else this.node(address, parts.map((_, i) => brief(ground.sumOf(i), this.salt)).join(''))
  }

  private expandPart(ground: Ground, part: number): void {
    const address = ground.address + digitsOf(part, 1)
    const depth = ground.depth + 1
    const within = ground.places === null ? null : new Map([...ground.places].filter(([place]) => ((place >>> (30 - 6 * depth)) & 63) === part))
    if (within !== null && (within.size <= listMax || depth === 4)) this.list(address, within)
    else if (depth < 4) this.node(address, parts.map((_, i) => brief(ground.sumOf(part, i), this.salt)).join(''))
  }

  /** Finds out which places differ from those in a list; says how many. */
  compareList(ground: Ground, list: string, refused: Map<number, string>): number {
    if (ground.places === null) {
      this.expand(ground)
      return 0
    }
    const digits = 5 - ground.depth
    const theirs = new Map<number, string>()
    for (let at = 0; at < list.length; at += digits + 3) theirs.set(numberIn(list, at, digits), list.slice(at + digits, at + digits + 3))
    const before = this.found
    const wanted: number[] = []
    for (const [place, found] of ground.places) {
      const low = place & lowMask(digits)
      const sum = theirs.get(low)
      theirs.delete(low)
      if (sum === three(found, this.salt) || !this.isOpen(place, refused, `${found.low} ${found.high}`)) continue
      this.things.push(...found.things)
      if (sum !== undefined) wanted.push(low)
    }
    const high = ground.depth === 0 ? 0 : ground.prefix << (6 * digits)
    for (const low of theirs.keys()) {
      if (this.isOpen(high | low, refused, '')) wanted.push(low)
    }
    if (wanted.length > 0) this.wanted.push([ground.address, wanted.map((low) => digitsOf(low, digits)).join('')])
    return this.found - before
  }

  /** Whether a place is to be mended. One of which something was refused here is no open difference, and tried but once as long as it stays the same. */
  private isOpen(place: number, refused: Map<number, string>, held: string): boolean {
    const tried = refused.get(place)
    if (tried === undefined) this.found += 1
    else refused.set(place, held)
    return tried !== held
  }

  private list(address: string, places: ReadonlyMap<number, Found>): void {
    if (!this.hasRoom) return
    const digits = 5 - depthOf(address)
    const listed = new Map<number, Found>()
    let text = ''
    for (const [place, found] of places) {
      listed.set(place & lowMask(digits), found)
      text += digitsOf(place, digits) + three(found, this.salt)
    }
    this.listed.set(address, listed)
    this.lists.push([address, text])
  }

  private get hasRoom(): boolean {
    return this.nodes.length + this.lists.length + this.wanted.length < this.entriesMax
  }
}

/** The first word of an audit. */
export function opening(tally: Tally, theme: Theme, salt: number, still: number, entriesMax: number): Word {
  const { from } = theme
  const first = tally.indexOf(from)
  const indexes = tally.spansFrom(first)
  const shown = indexes.slice(0, entriesMax - 1)
  const to = shown.length === indexes.length ? Number.MAX_SAFE_INTEGER : shown.at(-1) as number
  const sums = shown.map((index): [number, string] => [index, isStill(tally.span(index), still) ? brief(tally.span(index), salt) : moving])
  return { g: [from, salt], ...inside(theme), n: [['', sumsOf(tally, '', salt, still)]], e: [tally.spanMs, first, to, sums] }
}

/** What shows that the sums of a word are of what is said in cells. */
export function inside({ bodies }: { bodies: boolean }): { o?: 1 } {
  return bodies ? { o: 1 } : {}
}

/** The 64 digits, each the address of a part. */
export const parts: readonly string[] = Array.from({ length: 64 }, (_, i) => digitsOf(i, 1))

/** The number of the part whose turn it is: another one begins in every audit, so that none is always left for later. */
export function rotated(turn: number, salt: number): number {
  return (turn + salt) & 63
}

export function isStill({ touched }: { touched: number }, still: number): boolean {
  return touched < still
}

function lowMask(digits: number): number {
  return (1 << (6 * digits)) - 1
}

/** Whether the sum of a part among those of 64 is another than ours; not of one that moves. */
export function differs(sums: string, part: number, ours: Sum, salt: number): boolean {
  return !moves(sums, part) && numberIn(sums, 5 * part, 5) !== shortened(ours, salt) >>> 2
}

/** Whether a part does not stand still. */
export function moves(sums: string, part: number): boolean {
  return sums[5 * part] === '.'
}

/** A sum in five digits, and in three. */
export function brief(sum: Sum, salt: number): string {
  return digitsOf(shortened(sum, salt) >>> 2, 5)
}

function three(sum: Sum, salt: number): string {
  return digitsOf(shortened(sum, salt) >>> 14, 3)
}

/** Sums of the 64 parts of an address of none or one digit, of what never ends. */
export function sumsOf(tally: Tally, address: string, salt: number, still: number): string {
  let sums = ''
  for (const digit of parts) {
    const part = tally.lasting(address + digit)
    sums += address.length === 0 || isStill(part, still) ? brief(part, salt) : moving
  }
  return sums
}

/** The indexes of spans that differ from what the peer says of them, and stand still. */
export function differingSpans({ spans, salt }: ParsedAudit, tally: Tally, still: number): number[] {
  if (spans === null || spans.spanMs !== tally.spanMs) return []
  const indexes = new Set([...tally.spansFrom(spans.from).filter((index) => index <= spans.to), ...spans.sums.keys()])
  const none = brief({ low: 0, high: 0 }, salt)
  return [...indexes].filter((index) => {
    const span = tally.span(index)
    const theirs = spans.sums.get(index) ?? none
    return theirs !== moving && isStill(span, still) && theirs !== brief(span, salt)
  })
}

/** Whether what stands at an address was not touched for two rounds. */
export function stands(tally: Tally, address: string, still: number): boolean {
  const dot = address.indexOf('.')
  return isStill(dot < 0 ? tally.lasting(address.slice(0, 2)) : tally.span(Number(address.slice(0, dot))), still)
}

/** Where something of a name may stand: by its part, or as a whole. */
export function placesOf(kind: string, text: string, part: string): [number, number] {
  const hash = hashFrom(seedOf(kind), text)
  return [hash >>> 2, hashFrom(hash, part) >>> 2]
}
