/**
 * Measures heap per cell, and prints it as JSON: `node --expose-gc --import tsx test/heap.ts 200000 [timed]`.
 *
 * The cells are learnt as from a connection: every frame comes out of JSON.parse, so that names are strings of their own.
 */
import { createStore, type Store } from '../index.js'
import { Clock } from './clock.js'
import { heapAfterGc } from './gc.js'
import { Hand } from './stores.js'

/** Changes in one frame; what a batch of 64 kB holds. */
const batch = 2_000

/** A frame of changes as it comes off the wire. */
function frame(author: number, first: boolean, from: number, to: number, plus: number, offset: number): string {
  const names = Array.from({ length: to - from }, (_, i) => `name${String(from + i).padStart(12, '0')}`)
  const q = names.map((_, i) => (i === 0 ? offset + from + 1 : 1))
  return JSON.stringify({ s: first ? [author, `h${author}~1`] : author, k: 'counter', q, n: names, c: names.map(() => [plus, 0]) })
}

/** Bytes that an author costs who has one cell and writes it again and again, the change itself included. */
function hotAuthor(authors: number, writes: number): number {
  const { hand, store } = newStore(new Clock())
  const tellAll = (seq: number): void => {
    const messages = Array.from({ length: authors }, (_, i) => {
      return { s: seq === 1 ? [i + 1, `h${i}~1`] : i + 1, k: 'counter', q: [seq], n: ['hot'], c: [[seq, 0]] }
    })
    hand.say(JSON.parse(JSON.stringify(messages)))
  }
  const before = heapAfterGc()
  for (let seq = 1; seq <= writes; seq += 1) tellAll(seq)
  const bytes = Math.round((heapAfterGc() - before) / authors)
  if (store.counter('hot').value !== authors * writes) throw new Error('a write was lost')
  return bytes
}

/** Bytes that a kind costs which nobody here knows, with one name of one cell. */
function unknownKind(kinds: number): number {
  const { hand, store } = newStore(new Clock())
  const before = heapAfterGc()
  for (let from = 0; from < kinds; from += batch) {
    const messages = Array.from({ length: batch }, (_, i) => {
      const seq = from + i + 1
      return { s: seq === 1 ? [1, 'h~1'] : 1, k: `kind ${seq}`, q: [seq], n: ['x'], c: [0] }
    })
    hand.say(JSON.parse(JSON.stringify(messages)))
  }
  const bytes = Math.round((heapAfterGc() - before) / kinds)
  if (store.statistics().cells !== kinds) throw new Error('a kind was lost')
  return bytes
}

/** Lets a peer tell `count` changes of an author; gives the nanoseconds that each took, the parsing of JSON left out. */
function tell(hand: Hand, author: number, count: number, plus: number, offset = 0): number {
  let ns = 0
  for (let from = 0; from < count; from += batch) {
    const parsed: unknown = JSON.parse(frame(author, from === 0 && offset === 0, from, Math.min(count, from + batch), plus, offset))
    const startedAt = process.hrtime.bigint()
    hand.say(parsed)
    ns += Number(process.hrtime.bigint() - startedAt)
  }
  return Math.round(ns / count)
}

function newStore(clock: Clock): { store: Store; hand: Hand } {
  const store = createStore({ host: 'α', time: clock, now: clock.date })
  const hand = new Hand(store.createStream(), { deaf: true }).hello().say({ a: {}, u: 0 })
  return { store, hand }
}

function measure(count: number): Record<string, number> {
  const clock = new Clock()
  const warm = newStore(clock)
  tell(warm.hand, 1, batch, 1)
  warm.store.counter('n').increment()

  const { store, hand } = newStore(clock)
  const steps: Record<string, number> = {}
  let before = heapAfterGc()
  const step = (name: string, ns: number): void => {
    clock.settle()
    const after = heapAfterGc()
    steps[name] = Math.round((after - before) / count)
    if (ns > 0) steps[`${name}Ns`] = ns
    before = after
  }
  step('nothing', 0)
  const firstNs = tell(hand, 1, count, 1)
  step('first', firstNs)
  const { cells } = store.statistics()
  const secondNs = tell(hand, 2, count, 1)
  step('second', secondNs)
  step('rewritten', tell(hand, 2, count, 2, count))
  const other = newStore(clock)
  const startedAt = process.hrtime.bigint()
  for (let i = 0; i < count; i += 1) other.store.counter(`name${String(i).padStart(12, '0')}`).increment()
  step('own', Math.round(Number(process.hrtime.bigint() - startedAt) / count))
  if (store.statistics().cells + other.store.statistics().cells + warm.store.statistics().cells < 3 * count) throw new Error('a store lost cells')
  return { cells, ...steps, hotAuthor: hotAuthor(1_000, 500), unknownKind: unknownKind(5 * batch) }
}

const figures = measure(Number(process.argv[2] ?? 200_000))
const timed = process.argv[3] === 'timed'
console.log(JSON.stringify(Object.fromEntries(Object.entries(figures).filter(([name]) => timed || !name.endsWith('Ns')))))
