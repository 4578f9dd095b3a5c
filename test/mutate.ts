/**
 * Frames gone wrong, from a seed: bytes flipped, cut, doubled and spliced, tokens of JSON put in, numbers at the edges of what can be
 * counted, strings that are keys of every object, things nested deep or very long, and parts of other frames in the place of parts.
 *
 * The same seed makes the same frames for ever.
 */
import { Chance } from '../lib/sim/chance.js'

export class Dice extends Chance {
  /** A whole number from 0 up to below `size`. */
  below(size: number): number {
    return Math.floor(this.next() * size)
  }
}

const utf8 = new TextEncoder()

/** Numbers as text: some of them are none of JSON. */
const edgeNumbers = [
  '0', '-0', '1', '-1', '2', '3', '0.5', '1e309', '-1e309', '1e-400', 'NaN', 'Infinity', '01', '9007199254740991', '9007199254740992',
  '9007199254740993', '-9007199254740992', '1e300', '4294967296', '4294967295', '2147483648', '1700000000000', '1740800000000000', '9'.repeat(400)
]

const edgeStrings = [
  '""', '"__proto__"', '"constructor"', '"toString"', '"\\ud800"', '"\\udc00x"', '"\\u0000"', '"~"', '"a~1"', '"1~a~1"', '"__proto__~1"', '"=e"', '"="',
  '"0"', '"9007199254740993"', '"these"', '"\u{1f600}"', `"${'x'.repeat(300)}"`, `"${'é'.repeat(129)}"`, '"\\n\\n"'
]

const tokens = [
  '{', '}', '[', ']', '"', ',', ':', 'null', 'true', 'false', '0', '-', '.', 'e', '\\', '\\u', '\n', '\n\n', ' ', '{}', '[]', '[[]]', '{"v":1}', '"a":{}', ',"b":"close"',
  ',"y":true', ',"o":true', ',"e":[1]', ',"p":["=e"]', '"__proto__":', '"d":{"1":[[5,9]]}', '\ufeff', '\u0000'
]

/** One way for text to go wrong; `other` is another frame. */
type Wreck = (text: string, dice: Dice, other: string) => string

function span(text: string, dice: Dice): [from: number, to: number] {
  const from = dice.below(text.length + 1)
  return [from, Math.min(text.length, from + dice.below(dice.odds(0.2) ? text.length : 9) + 1)]
}

/** Replaces one match of a pattern, if there is any. */
function replaceOne(text: string, pattern: RegExp, dice: Dice, by: (match: string) => string): string {
  const matches = [...text.matchAll(pattern)]
  if (matches.length === 0) return text
  const match = dice.pick(matches)
  return text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length)
}

const numbers = /(?<![\w"~.-])-?\d+(\.\d+)?(?=[,\]}])/g
const strings = /"(?:[^"\\]|\\.)*"/g
const values = /(?<=[[:,])(?:"(?:[^"\\]|\\.)*"|-?\d+|true|null|\[\]|\{\})(?=[,\]}])/g

const wrecks: readonly Wreck[] = [
  (text, dice) => {
    const [from, to] = span(text, dice)
    return text.slice(0, from) + text.slice(to)
  },
  (text, dice) => {
    const at = dice.below(text.length + 1)
    return text.slice(0, at) + dice.pick(tokens) + text.slice(at)
  },
  (text, dice) => {
    const [from, to] = span(text, dice)
    return text.slice(0, to) + text.slice(from, to).repeat(dice.odds(0.05) ? 50 : 1) + text.slice(to)
  },
  (text, dice, other) => text.slice(0, dice.below(text.length + 1)) + other.slice(dice.below(other.length + 1)),
  (text, dice) => replaceOne(text, numbers, dice, () => dice.pick(edgeNumbers)),
  (text, dice) => replaceOne(text, numbers, dice, (match) => String(Number(match) + dice.below(7) - 3)),
  (text, dice) => replaceOne(text, strings, dice, () => dice.pick(edgeStrings)),
  (text, dice, other) => replaceOne(text, strings, dice, (match) => dice.pick(other.match(strings) ?? [match])),
  (text, dice, other) => replaceOne(text, values, dice, (match) => dice.pick(other.match(values) ?? [match])),
  (text, dice) => replaceOne(text, values, dice, () => nested(dice)),
  (text, dice) => replaceOne(text, values, dice, (match) => `[${`${match},`.repeat(dice.pick([1, 1, 40, 40, 2_000]))}${match}]`)
]

/** Arrays and objects in each other: at a bound, over it, or far over it. */
function nested(dice: Dice): string {
  const depth = dice.pick([2, 2, 63, 64, 65, 3_000])
  return dice.odds(0.5) ? '['.repeat(depth) + ']'.repeat(depth) : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
}

function flipped(bytes: Uint8Array, dice: Dice): Uint8Array {
  const flipped = bytes.slice()
  const at = dice.below(flipped.length)
  flipped[at] = dice.odds(0.5) ? (flipped[at] as number) ^ (1 << dice.below(8)) : dice.below(256)
  return flipped
}

const nodesMax = 500

/** Something in a value that came out of JSON, and how to put another in its place or take it out. */
type Node = { value: unknown; parent: unknown[] | Record<string, unknown> | null; key: string }

/** The first so many parts of a value, itself included. */
function nodes(value: unknown): Node[] {
  const all: Node[] = [{ value, parent: null, key: '' }]
  for (let i = 0; i < all.length && all.length < nodesMax; i += 1) {
    const { value: parent } = all[i] as Node
    if (typeof parent !== 'object' || parent === null) continue
    for (const [key, item] of Object.entries(parent)) all.push({ value: item, parent: parent as Node['parent'], key })
  }
  return all
}

/** A frame that is JSON still: some of its parts taken from another, said twice, or left out. */
export function grafted(text: string, dice: Dice, other: string): string {
  let [frame, donor] = [null, null] as [unknown, unknown]
  try {
    frame = JSON.parse(text)
    donor = JSON.parse(other)
  } catch {
    return text
  }
  const { parent, key, value } = dice.pick(nodes(frame))
  const graft = dice.pick(nodes(donor)).value
  if (parent === null) return textOf(dice.odds(0.5) ? [frame, donor].flat() : graft, text)
  if (!Array.isArray(parent)) {
    if (dice.odds(0.2)) Reflect.deleteProperty(parent, key)
    else Object.defineProperty(parent, dice.odds(0.3) ? String(keyOf(donor, dice) ?? key) : key, { value: graft, enumerable: true, configurable: true, writable: true })
  } else if (dice.odds(0.3)) parent.splice(Number(key), 1)
  else parent.splice(Number(key), dice.below(2), dice.odds(0.5) ? graft : value)
  return textOf(frame, text)
}

/** A value as JSON; one that nests too deep to be written, as grafts of grafts may, is left as it was. */
function textOf(value: unknown, before: string): string {
  try {
    return JSON.stringify(value)
  } catch {
    return before
  }
}

function keyOf(donor: unknown, dice: Dice): string | undefined {
  return dice.pick(nodes(donor).filter(({ parent }) => parent !== null && !Array.isArray(parent)))?.key
}

/** A frame gone wrong in one to three ways, as bytes. `other` is another frame. */
export function mutated(text: string, dice: Dice, other: string): Uint8Array {
  let wrong = text
  for (let left = 1 + dice.below(3); left > 0; left -= 1) wrong = dice.odds(0.5) ? grafted(wrong, dice, other) : dice.pick(wrecks)(wrong, dice, other)
  const bytes = utf8.encode(`${wrong}\n\n`)
  return dice.odds(0.1) ? flipped(bytes, dice) : bytes
}

/** Bytes in pieces of any size. */
export function pieces(bytes: Uint8Array, dice: Dice): Uint8Array[] {
  const longest = dice.pick([1, 3, 20, 300, bytes.length])
  if (bytes.length > 2_000 && longest < 20) return [bytes]
  const cut: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + dice.below(longest)
    cut.push(bytes.subarray(at, at + length))
    at += length
  }
  return cut
}

/** What made-up frames are made of: few of each, so that they meet in the same places. */
export type Universe = { authors: readonly string[]; kinds: readonly string[]; names: readonly string[]; elements: readonly string[]; nowMs: number }

/** A frame that has the shape of one, and says anything. */
export function madeUp(dice: Dice, universe: Universe): unknown {
  const maker = new Maker(dice, universe)
  return dice.odds(0.7) ? maker.message() : Array.from({ length: dice.below(4) }, () => maker.message())
}

class Maker {
  constructor(private readonly dice: Dice, private readonly universe: Universe) {}

  message(): object {
    const { dice } = this
    const roll = dice.next()
    if (roll < 0.55) return this.changes()
    if (roll < 0.85) return this.have()
    if (roll < 0.95) return { w: this.vector(), n: Array.from({ length: dice.below(3) }, () => [dice.pick(this.universe.kinds), dice.pick(this.universe.names)]) }
    return dice.pick([{ t: [this.universe.nowMs, dice.below(2), 0] }, { m: { any: 1 } }, { z: 1 }, { t: [this.seq(), this.seq(), this.seq()] }])
  }

  private changes(): object {
    const { dice, universe } = this
    const kind = dice.pick(universe.kinds)
    const rows = Array.from({ length: 1 + dice.below(4) }, () => ({ part: this.part(kind), name: dice.pick(universe.names) }))
    const more = { ...(kind === 'set' || dice.odds(0.1) ? { p: rows.map(({ part }) => part) } : {}), ...(dice.odds(0.3) ? { e: rows.map(() => this.end()) } : {}) }
    const q = rows.map((_, i) => (i === 0 ? this.seq() : 1 + dice.below(2)))
    return { s: this.author(), k: kind, q, n: rows.map(({ name }) => name), c: rows.map(({ part }) => this.body(kind, part)), ...more }
  }

  private have(): object {
    const { dice } = this
    const a = this.vector()
    const d = Object.fromEntries(Object.entries(a).filter(() => dice.odds(0.3)).map(([key, have]) => [key, this.ranges(have)]))
    return {
      a, u: 0, ...(dice.odds(0.3) ? { d } : {}), ...(dice.odds(0.5) ? { y: dice.pick([true, true, 'these']) } : {}), ...(dice.odds(0.1) ? { o: true } : {}),
      ...(dice.odds(0.1) ? { r: { room: dice.below(3) } } : {})
    }
  }

  private vector(): Record<string, number> {
    const { dice, universe } = this
    return Object.fromEntries(Array.from({ length: dice.below(4) }, () => {
      const number = dice.below(universe.authors.length)
      const id = universe.authors[number] as string
      return [dice.pick([id, `${number}~${id}`, `${number}~${id}`]), dice.odds(0.3) ? 0 : this.seq()]
    }))
  }

  private ranges(have: number): [number, number][] {
    const from = have + 2 + this.dice.below(3)
    return this.dice.odds(0.5) ? [[from, from + this.dice.below(3)]] : [[from, from], [from + 3, from + 5]]
  }

  /** Introduced again each time, which is allowed, or by number alone. */
  private author(): unknown {
    const number = this.dice.below(this.universe.authors.length)
    return this.dice.odds(0.95) ? [number, this.universe.authors[number]] : number
  }

  private seq(): number {
    const { dice } = this
    return dice.odds(0.95) ? 1 + dice.below(dice.pick([4, 12, 40])) : dice.pick([2 ** 31, 2 ** 32 + 1, 2 ** 53 - 9])
  }

  private end(): unknown {
    const { dice, universe } = this
    const one = (): number | null => dice.pick([null, 0, 1, universe.nowMs - dice.below(3_000_000), universe.nowMs + dice.below(2_000_000), 2 ** 53 - 1])
    return dice.odds(0.7) ? one() : [one(), one()]
  }

  private part(kind: string): string {
    return kind === 'set' && this.dice.odds(0.85) ? `=${this.dice.pick(this.universe.elements)}` : this.dice.pick(['', '', 'p'])
  }

  private body(kind: string, part: string): unknown {
    const { dice, universe } = this
    const n = dice.pick([0, 1, 5, 2 ** 53 - 1])
    if (dice.odds(0.05)) return dice.pick([null, [], [1], {}, 'x', [-1, 0], ['0', 0], [0, {}], [0, {}, {}], [1, { x: 1 }]])
    if (kind === 'counter') return [n, dice.below(3)]
    if (kind === 'counter:bigint') return [String(n), '7'.repeat(dice.pick([1, 40]))]
    if (kind === 'register') return [universe.nowMs * 1_024 + dice.below(100) - (dice.odds(0.05) ? -(2 ** 40) : 50), ...(dice.odds(0.8) ? [{ n }] : [])]
    if (kind !== 'set') return { n, part }
    const removed = this.vectorOfIds(() => this.seq())
    return part === '' ? [0, removed, this.vectorOfIds(() => [this.seq()])] : [dice.odds(0.4) ? 0 : this.seq(), dice.odds(0.5) ? {} : removed]
  }

  private vectorOfIds(value: () => unknown): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: this.dice.below(3) }, () => [this.dice.pick(this.universe.authors), value()]))
  }
}
