/**
 * The table of names beside a Map, while it grows and shrinks; and its hash beside SipHash as its authors wrote it down.
 */
import fc from 'fast-check'
import test from 'tape'
import { hashOf, type HashKey } from '../lib/log/hash.js'
import { Table, type Texted } from '../lib/log/table.js'
import { holds } from './property.js'

const key: HashKey = [0x03020100, 0x07060504]

/** HalfSipHash of bytes, by the paper's words, with so many rounds a word and at the end. */
function halfSipHash(bytes: number[], [k0, k1]: HashKey, rounds: [number, number]): number {
  const v = [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1].map((word) => word >>> 0) as [number, number, number, number]
  const rotate = (i: 0 | 1 | 2 | 3, by: number): void => { v[i] = ((v[i] << by) | (v[i] >>> (32 - by))) >>> 0 }
  const add = (i: 0 | 1 | 2 | 3, j: 0 | 1 | 2 | 3): void => { v[i] = (v[i] + v[j]) >>> 0 }
  const mix = (i: 0 | 1 | 2 | 3, j: 0 | 1 | 2 | 3): void => { v[i] = (v[i] ^ v[j]) >>> 0 }
  const round = (): void => {
    add(0, 1); rotate(1, 5); mix(1, 0); rotate(0, 16)
    add(2, 3); rotate(3, 8); mix(3, 2)
    add(0, 3); rotate(3, 7); mix(3, 0)
    add(2, 1); rotate(1, 13); mix(1, 2); rotate(2, 16)
  }
  const padded = [...bytes, ...Array<number>(3 - (bytes.length % 4)).fill(0), bytes.length & 0xff]
  for (let i = 0; i < padded.length; i += 4) {
    const word = padded.slice(i, i + 4).reduceRight((sum, byte) => sum * 256 + byte, 0)
    v[3] = (v[3] ^ word) >>> 0
    for (let r = 0; r < rounds[0]; r += 1) round()
    v[0] = (v[0] ^ word) >>> 0
  }
  v[2] = (v[2] ^ 0xff) >>> 0
  for (let r = 0; r < rounds[1]; r += 1) round()
  return (v[1] ^ v[3]) | 0
}

/** The first of the authors' own for 2-4 rounds and 32 bits: of the bytes 0, 1, 2, … up to a length of 0, 1, 2, …, under the key 0 … 7. */
const vectors = ['a9359f5b', '27475ab8', 'fa62a603', '8afee704', '2a6e4689', 'c5fab669', '5863fc23', '8bcf63c5']

test('HalfSipHash is the one its authors published, and ours is it with 1-3 rounds over UTF-16', (t) => {
  vectors.forEach((vector, length) => {
    const hash = halfSipHash(Array.from({ length }, (_, i) => i), key, [2, 4])
    const bytes = [0, 8, 16, 24].map((by) => ((hash >>> by) & 0xff).toString(16).padStart(2, '0')).join('')
    t.equal(bytes, vector, `of ${length} bytes`)
  })
  const part = fc.integer({ min: -0x80000000, max: 0x7fffffff })
  holds(t, 'ours agrees for any text and key', fc.property(fc.string({ unit: 'binary', maxLength: 100 }), part, part, (text, k0, k1) => {
    const bytes = Array.from(text).flatMap((point) => [...point].flatMap((one) => [...Buffer.from(one, 'utf16le')]))
    return hashOf(text, [k0, k1]) === halfSipHash(bytes, [k0, k1], [1, 3])
  }))
  t.end()
})

type Thing = Texted & { turn: number }

/** A table, and beside it a Map. */
class Pair {
  readonly table = new Table<Thing>(key)
  readonly map = new Map<string, Thing>()
  private turn = 0

  put(text: string): void {
    this.turn += 1
    const thing = { text, hash: 0, turn: this.turn }
    this.map.set(text, thing)
    this.table.set(thing)
  }

  remove(text: string): void {
    this.map.delete(text)
    this.table.delete(text)
  }

  agrees(text: string): boolean {
    return this.table.get(text) === this.map.get(text) && this.table.size === this.map.size
  }

  get told(): boolean {
    const told = [...this.table.values()]
    return told.length === this.map.size && told.every((thing) => this.map.get(thing.text) === thing)
  }
}

const phase = fc.record({ goes: fc.boolean(), from: fc.nat(400), count: fc.nat(300) })

test('a table holds what a Map would, through all its growing and shrinking', (t) => {
  holds(t, 'after every step', fc.property(fc.array(phase, { maxLength: 12 }), (phases) => {
    const pair = new Pair()
    return phases.every(({ goes, from, count }) => {
      for (let i = from; i < from + count; i += 1) {
        if (goes) pair.remove(`n${i}`)
        else pair.put(`n${i}`)
        if (!pair.agrees(`n${i}`) || !pair.agrees(`n${(i * 7) % 700}`)) return false
      }
      return pair.told
    })
  }))
  const pair = new Pair()
  for (let i = 0; i < 100_000; i += 1) pair.put(String(i))
  for (let i = 0; i < 100_000; i += 1) if (i % 1_000 !== 0) pair.remove(String(i))
  t.ok(pair.told && pair.agrees('99000') && pair.agrees('99001'), 'and with a hundred thousand, of which a hundred stay')
  t.end()
})

test('no step moves more than a few', (t) => {
  const table = new Table<Texted>(key)
  const parts = table as unknown as { moved: number; old: object | null }
  let most = 0
  const step = (act: () => void): void => {
    const { old, moved } = parts
    act()
    if (parts.old !== null) most = Math.max(most, parts.moved - (old === parts.old ? moved : 0))
  }
  for (let i = 0; i < 50_000; i += 1) step(() => table.set({ text: String(i), hash: 0 }))
  for (let i = 0; i < 50_000; i += 1) step(() => table.delete(String(i)))
  t.ok(most > 1 && most <= 8, `at most ${most} things were moved in one step`)
  t.equal(table.size, 0, 'and all came and went')
  t.end()
})

test('a walk tells whatever was there when it began and stays, also if the table grows or shrinks on the way', (t) => {
  const change = fc.record({ at: fc.nat(300), count: fc.integer({ min: -200, max: 400 }) })
  holds(t, 'none is left out', fc.property(fc.integer({ min: 1, max: 300 }), fc.array(change, { maxLength: 4 }), (stay, changes) => {
    const table = new Table<Texted>(key)
    for (let i = 0; i < stay; i += 1) table.set({ text: `stays ${i}`, hash: 0 })
    let [first, last] = [0, 0]
    for (; last < 200; last += 1) table.set({ text: `goes ${last}`, hash: 0 })
    const told = new Set<string>()
    let steps = 0
    for (const { text } of table.values()) {
      told.add(text)
      for (const { at, count } of changes) {
        if (at !== steps) continue
        for (let i = 0; i < count; i += 1, last += 1) table.set({ text: `goes ${last}`, hash: 0 })
        for (let i = 0; i > count && first < last; i -= 1, first += 1) table.delete(`goes ${first}`)
      }
      steps += 1
    }
    return Array.from({ length: stay }, (_, i) => `stays ${i}`).every((text) => told.has(text))
  }), 500)
  t.end()
})
