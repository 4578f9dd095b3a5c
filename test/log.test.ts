/**
 * The log against a map of cells; walks that updates must not disturb; and what it stands on: SHA-256, authors' ids, bytes of text.
 */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import test from 'tape'
import { isHost, isLife, readAuthor, type Author } from '../lib/log/author.js'
import type { Change } from '../lib/log/change.js'
import { Log } from '../lib/log/log.js'
import { sha256 } from '../lib/log/sha256.js'
import { bytesOf, exceeds, isWellFormed } from '../lib/log/text.js'
import { holds } from './property.js'

type Write = { kind: string; name: string; part: string; by: number; late: boolean; again: boolean }

const write: fc.Arbitrary<Write> = fc.record({
  kind: fc.constantFrom('counter', 'counter:bigint', '__proto__'), name: fc.constantFrom('a', 'b', '__proto__', 'constructor'),
  part: fc.constantFrom('', '', '=x', '__proto__'), by: fc.nat(12), late: fc.boolean(), again: fc.boolean()
})
const writes = fc.array(write, { maxLength: 150, size: 'max' })

/** A log, and beside it what should be in it. */
class Pair {
  readonly log = new Log([0, 0])
  readonly cells = new Map<string, Change>()
  private readonly seqs = new Map<Author, number>()

  author(by: number): Author {
    return this.log.meet(`h${by}~1`) as Author
  }

  /** Writes as gossip does. With `late` the seq is one that was left out before, if the cell is new; with `again` it is that of the cell, if it is not. */
  write({ kind, name, part, by, late, again }: Write): Change {
    const author = this.author(by)
    const text = this.log.find(kind, name) ?? this.log.create(kind, name)
    const old = text.find(author, part)
    const last = this.seqs.get(author) ?? 0
    const seq = late && old === undefined && last > 0 ? last - 1 : again && old !== undefined ? old.seq : last + 2
    if (seq > last) this.seqs.set(author, seq)
    const taken = [...this.cells.values()].some((change) => change !== old && change.author === author && change.seq === seq)
    if (taken || seq === 0) return this.write({ kind, name, part, by, late: false, again: false })
    const change = this.log.put(author, seq, text, part, null, seq, 1, old)
    this.cells.set(keyOf(change), change)
    return change
  }

  agrees(): boolean {
    const { log, cells } = this
    const live = [...cells.values()]
    const names = new Set(live.map(({ name }) => name))
    return log.size === live.length && live.every((change) => change.live && find(log, change) === change) &&
      sameSet([...log.cells()], live) && sameSet(all(log.arrivals), live) && isRising(all(log.arrivals).map(({ arrival }) => arrival)) &&
      [...log.everyAuthor()].every((author) => this.agreesOn(author, live)) &&
      [...names].every((name) => name.size === live.filter((change) => change.name === name).length && sameSet(eachOf(name), ofName(live, name)))
  }

  private agreesOn(author: Author, live: Change[]): boolean {
    const its = live.filter((change) => change.author === author)
    const series = all(author.series)
    return sameSet(series, its) && isRising(series.map(({ seq }) => seq)) && author.highest === Math.max(0, ...its.map(({ seq }) => seq))
  }
}

function keyOf({ name, part, author }: Change): string {
  return JSON.stringify([name.kind, name.text, part, author.id])
}

function find(log: Log, { name, author, part }: Change): Change | undefined {
  return log.find(name.kind, name.text)?.find(author, part)
}

function all(order: { after(rank: number, each: (change: Change) => boolean): boolean }): Change[] {
  const told: Change[] = []
  order.after(0, (change) => told.push(change) > 0)
  return told
}

function eachOf(name: { each(tell: (change: Change) => void): void }): Change[] {
  const told: Change[] = []
  name.each((change) => told.push(change))
  return told
}

function ofName(changes: Change[], name: unknown): Change[] {
  return changes.filter((change) => change.name === name)
}

function sameSet(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === a.length
}

function isRising(numbers: number[]): boolean {
  return numbers.every((n, i) => i === 0 || (numbers[i - 1] as number) < n)
}

test('whatever is written, every cell holds its latest change, and every order tells the same changes', (t) => {
  holds(t, 'cells, names, arrivals and series agree with a map', fc.property(writes, (list) => {
    const pair = new Pair()
    for (const one of list) pair.write(one)
    return pair.agrees()
  }), 300)
  holds(t, 'and at every step on the way', fc.property(fc.array(write, { maxLength: 40 }), (list) => {
    const pair = new Pair()
    return list.every((one) => pair.write(one).live && pair.agrees())
  }), 100)
  t.end()
})

test('a change in the cell of another is written over it and leaves the counts as they were', (t) => {
  const log = new Log([0, 0])
  const author = log.meet('α~1') as Author
  const name = log.create('counter', 'n')
  const first = log.put(author, 1, name, '', null, 1, 0, undefined)
  const second = log.put(author, 2, name, '', null, 2, 0, first)
  t.equal(second, first)
  t.deepEqual({ ...second, author: null, name: null }, { live: true, next: null, author: null, seq: 2, name: null, part: '', expire: null, body: 2, arrival: 2, from: 0 })
  t.equal(name.find(author, ''), second)
  t.equal(name.find(author, '='), undefined, 'another part is another cell')
  t.equal(log.size, 1)
  t.equal(name.size, 1)
  t.equal(log.end, 2, 'arrivals count both')
  t.equal(author.highest, 2)
  t.end()
})

test('a name with eight cells is a chain, one with nine has an index, and either finds them all', (t) => {
  for (const count of [8, 9, 10, 200]) {
    const log = new Log([0, 0])
    const name = log.create('counter', 'n')
    const put = (by: number, part: string, seq: number): Change => {
      const author = log.meet(`h${by}~1`) as Author
      return log.put(author, seq, name, part, null, 0, 0, name.find(author, part))
    }
    for (let i = 0; i < count; i += 1) put(i >> 1, i % 2 === 0 ? '' : '=', i % 2 + 1)
    const index = (name as unknown as { index: unknown }).index
    t.equal(index !== null, count > 8, `${count} cells`)
    const latest = Array.from({ length: count }, (_, i) => put(i >> 1, i % 2 === 0 ? '' : '=', i % 2 + 3))
    t.equal(name.size, count)
    t.ok(sameSet([...name.cells()], latest), 'after each was written again, each is told once')
    t.ok(latest.every((change) => name.find(change.author, change.part) === change), 'and found')
    t.equal(latest.filter(({ next }) => next === null).length, count > 8 ? count : 1, 'through a chain, or without')
    t.equal(name.find(log.meet('stranger~1') as Author, ''), undefined)
    t.equal(name.find(log.meet('h0~1') as Author, 'other'), undefined)
  }
  t.end()
})

test('one author with many parts, and many authors with one, are found alike', (t) => {
  const log = new Log([0, 0])
  const name = log.create('set', 's')
  const one = log.meet('one~1') as Author
  const changes: Change[] = []
  for (let i = 0; i < 100; i += 1) changes.push(log.put(one, i + 1, name, `=${i}`, null, 0, 0, undefined))
  for (let i = 0; i < 100; i += 1) changes.push(log.put(log.meet(`h${i}~1`) as Author, 1, name, '', null, 0, 0, undefined))
  t.ok(changes.every((change) => name.find(change.author, change.part) === change))
  t.ok(sameSet([...name.cells()], changes))
  t.equal(name.find(one, ''), undefined)
  t.end()
})

/** The cell of each change that a walk told, sorted. */
function walked(walk: Iterator<Change>, between: () => void): string[] {
  const keys: string[] = []
  for (let step = walk.next(); step.done !== true; step = walk.next()) {
    keys.push(keyOf(step.value))
    between()
  }
  return keys
}

test('a walk over all cells visits each that was there at its start exactly once, whatever is written meanwhile', (t) => {
  holds(t, 'old cells once, new ones at most once', fc.property(
    fc.array(write, { maxLength: 80, size: 'max' }), fc.array(write, { maxLength: 80, size: 'max' }), fc.integer({ min: 1, max: 4 }),
    (before, during, pace) => {
      const pair = new Pair()
      for (const one of before) pair.write(one)
      const there = [...pair.cells.keys()]
      const rest = [...during]
      const keys = walked(pair.log.cells(), () => {
        for (const one of rest.splice(0, pace)) pair.write(one)
      })
      const seen = new Set(keys)
      return seen.size === keys.length && there.every((key) => seen.has(key)) && keys.every((key) => pair.cells.has(key))
    }
  ), 500)
  t.end()
})

test('a walk goes on where a chain becomes an index in its middle', (t) => {
  const log = new Log([0, 0])
  const name = log.create('counter', 'n')
  const put = (by: number): Change => log.put(log.meet(`h${by}~1`) as Author, 1, name, '', null, 0, 0, undefined)
  const old = Array.from({ length: 8 }, (_, i) => put(i))
  const walk = name.cells()
  const told = [walk.next().value as Change]
  for (let i = 8; i < 20; i += 1) put(i)
  told.push(...walk)
  t.ok(old.every((change) => told.filter((other) => other === change).length === 1))
  t.end()
})

test('movedSince gives those, and only those, of whom something lives and moved since, the latest first', (t) => {
  const act = fc.record({ by: fc.nat(8), touch: fc.boolean() })
  const some = fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8])
  holds(t, 'from any moment on', fc.property(fc.array(act, { maxLength: 60 }), fc.nat(60), some, (acts, since, dead) => {
    const log = new Log([0, 0])
    const order: number[] = []
    for (const { by } of acts) {
      const author = log.meet(`h${by}~1`) as Author
      if (!dead.includes(by) && author.series.size === 0) log.put(author, 1, log.create('counter', `n${by}`), '', null, 0, 0, undefined)
      log.touch(author)
      order.push(by)
    }
    if (log.moves !== order.length) return false
    const expected = [...new Set(order.slice(since).reverse())].filter((by) => !dead.includes(by)).map((by) => `h${by}~1`)
    return JSON.stringify([...log.movedSince(since)].map(({ id }) => id)) === JSON.stringify(expected)
  }), 500)
  t.end()
})

test('an author is met once, numbered in the order of meeting, and an improper id is no author', (t) => {
  const log = new Log([0, 0])
  const first = log.meet('α~1')
  t.equal(log.meet('α~1'), first)
  t.equal(log.author('α~1'), first)
  t.equal(log.author('β~1'), undefined, 'to ask for one is not to meet it')
  t.equal(first?.number, 1)
  t.equal(log.meet('α~2')?.number, 2, 'another life is another author')
  t.equal(log.meet('α'), null)
  t.equal(log.meet('constructor~1')?.host, 'constructor')
  t.equal(log.authorsSize, 3)
  t.deepEqual([...log.everyAuthor()].map(({ id }) => id), ['α~1', 'α~2', 'constructor~1'])
  t.equal(first?.highest, 0, 'and of one who wrote nothing the highest seq is 0')
  t.end()
})

test('a host is 1–64 bytes of proper Unicode without "~" and control characters', (t) => {
  const proper = ['α', 'a'.repeat(64), 'ä'.repeat(32), '😀'.repeat(16), ' ', 'a b', '__proto__', '3', 'a.b:80', '\u2028', 'é', 'e\u0301']
  const improper: unknown[] = [
    '', 'a'.repeat(65), 'ä'.repeat(33), 'ä'.repeat(32) + 'a', '😀'.repeat(16) + 'a', '~', 'a~b', 'a\n', '\u0000', 'a\u001fb',
    '\u007f', '\u0085', '\u009f', '\ud83d', 'a\ude00', '\ude00\ud83d', '\ud83d\ud83d\ude00', undefined, null, 1, 1n, {}, ['a'], Symbol('a')
  ]
  for (const host of proper) t.ok(isHost(host), JSON.stringify(host))
  for (const host of improper) t.notOk(isHost(host), typeof host === 'string' ? JSON.stringify(host).slice(0, 40) : typeof host)
  t.end()
})

test('a life is 1–32 of 0-9 and a-z', (t) => {
  for (const life of ['0', 'z', 'a1', '0'.repeat(32)]) t.ok(isLife(life), life)
  for (const life of ['', '0'.repeat(33), 'A', 'a-b', 'a~', 'a\n', 'é', ' ', '１', 7, null, undefined]) {
    t.notOk(isLife(life), JSON.stringify(life) ?? 'undefined')
  }
  t.end()
})

test('an author is a host and a life with one "~" between', (t) => {
  t.deepEqual(readAuthor('α~1'), { host: 'α', life: '1' })
  t.deepEqual(readAuthor(`${'ä'.repeat(32)}~${'z'.repeat(32)}`), { host: 'ä'.repeat(32), life: 'z'.repeat(32) })
  const long = [`${'ä'.repeat(33)}~1`, `α~${'z'.repeat(33)}`]
  for (const id of ['', '~', 'α', 'α~', '~1', 'α~1~', 'α~1~2', 'α~~1', 'α~A', '\ud83d~1', 'a\n~1', ...long]) {
    t.equal(readAuthor(id), null, JSON.stringify(id).slice(0, 40))
  }
  holds(t, 'any proper host and life go together and come apart again', fc.property(
    fc.string({ unit: 'binary', maxLength: 70 }), fc.string({ unit: fc.constantFrom(...'09az'), minLength: 1, maxLength: 32 }), (host, life) => {
      const read = readAuthor(`${host}~${life}`)
      return isHost(host) ? read?.host === host && read.life === life : read === null
    }
  ), 500)
  t.end()
})

/** Strings with characters of every length in UTF-8, and halves of pairs. */
const text = fc.string({ unit: fc.constantFrom('a', 'ß', '€', '😀', '\ud83d', '\ude00', '\0', '\uffff'), maxLength: 40 })

test('bytes of text are those of UTF-8', (t) => {
  holds(t, 'as Buffer counts them', fc.property(text, (string) => bytesOf(string) === Buffer.byteLength(string)))
  holds(t, 'and exceeds looks at bytes, not characters', fc.property(text, fc.nat(130), (string, max) => {
    return exceeds(string, max) === Buffer.byteLength(string) > max
  }))
  t.notOk(exceeds('€€', 6), 'at the bound')
  t.ok(exceeds('€€', 5), 'one above')
  t.notOk(exceeds('', 0))
  t.end()
})

test('text is well formed when UTF-8 gives it back', (t) => {
  holds(t, 'for pairs and halves in any order', fc.property(text, (string) => {
    return isWellFormed(string) === (Buffer.from(string).toString() === string)
  }), 500)
  t.end()
})

/** What the platform makes of some bytes. */
function platform(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('SHA-256 is that of the platform', (t) => {
  const encoder = new TextEncoder()
  t.equal(sha256(encoder.encode('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'FIPS 180-4, one block')
  t.equal(
    sha256(encoder.encode('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1', 'two blocks'
  )
  const wrong = Array.from({ length: 260 }, (_, length) => Uint8Array.from({ length }, (_, i) => (i * 131 + length) & 255))
    .filter((bytes) => sha256(bytes) !== platform(bytes))
  t.deepEqual(wrong.map(({ length }) => length), [], 'at every length up to 259')
  holds(t, 'for any bytes', fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => sha256(bytes) === platform(bytes)))
  const million = new Uint8Array(1_000_000).fill(97)
  t.equal(sha256(million), platform(million), 'a million bytes')
  const view = new Uint8Array(new ArrayBuffer(300), 7, 100).fill(3)
  t.equal(sha256(view), platform(view), 'a view of something larger')
  t.end()
})
