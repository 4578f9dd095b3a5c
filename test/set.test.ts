/**
 * Sets from both ends: the kind that judges and carries their bodies, the handle that users hold, and what hosts agree on.
 *
 * Membership is compared with a model that knows no cells: an element is in when somebody added it, and nobody who had seen that add
 * removed it.
 */
import fc from 'fast-check'
import test, { type Test } from 'tape'
import { link, type ChangeView, type Limits, type Store } from '../index.js'
import { SetKind } from '../lib/kinds/set.js'
import type { Author } from '../lib/log/author.js'
import type { Change } from '../lib/log/change.js'
import { Log } from '../lib/log/log.js'
import type { Name } from '../lib/log/name.js'
import { Members } from '../lib/store/members.js'
import { Clock } from './clock.js'
import { holds } from './property.js'
import { codeOf, Hand, storeAt, storesAt } from './stores.js'

const max = Number.MAX_SAFE_INTEGER
const kind = new SetKind({ removedBytesMax: 16_384, elementsMax: 100_000 })

/** Asserts that a call throws one of our errors. */
function refuses(t: Test, run: () => unknown, code: string, what: string): void {
  try {
    run()
    t.fail(`${what}: nothing was thrown`)
  } catch (error) {
    t.equal(codeOf(error), code, what)
  }
}

function values(store: Store, name = 's'): string[] {
  return store.set(name).values().sort()
}

function cellsOf(...stores: Store[]): number[] {
  return stores.map((store) => store.statistics().cells)
}

/** All changes of sets that a store keeps from now on. */
function kept(store: Store): ChangeView[] {
  const changes: ChangeView[] = []
  store.on('change', (change) => { if (change.kind === 'set') changes.push(change) })
  return changes
}

/** What was refused at a store, by whom and why. */
function refusals(store: Store): string[] {
  const told: string[] = []
  store.on('refused', ({ code, count, by }) => { for (let i = 0; i < count; i += 1) told.push(`${code} by ${by}`) })
  return told
}

/** Stores in a row, each linked to the next, in step. */
function chain<Hosts extends string[]>(clock: Clock, ...hosts: Hosts): { [I in keyof Hosts]: Store } {
  const stores = storesAt(clock, ...hosts)
  for (let i = 1; i < stores.length; i += 1) link(stores[i - 1] as Store, stores[i] as Store)
  clock.run(500)
  return stores
}

/** One change of a stranger's to the set `s`: its seq, its part, its body. */
type Said = [seq: number, part: string, body: unknown]

/** A peer of the test's own, that said hello and where it is. */
function hand(store: Store, host = 'hand'): Hand {
  return new Hand(store.createStream()).hello(host).say({ a: {}, u: 0 })
}

/** Changes of one author, as one message. */
function said(author: string, number: number, ...changes: Said[]): object {
  const steps = changes.map(([seq], i) => seq - (changes[i - 1]?.[0] ?? 0))
  return {
    s: [number, author], k: 'set', q: steps, n: changes.map(() => 's'), p: changes.map(([, part]) => part),
    c: changes.map(([, , body]) => body)
  }
}

// Bodies

const oddHost = fc.constantFrom('α', '__proto__', 'constructor', '0', '"\\', 'toString', '日本')
const host = fc.oneof(oddHost, fc.string({ minLength: 1, maxLength: 8 }))
const author = fc.tuple(host, fc.constantFrom('1', '0', 'zz9', 'a'.repeat(32))).map((parts) => parts.join('~')).filter(isAuthor)
const seq = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max }))
const rising = fc.uniqueArray(seq, { minLength: 1, maxLength: 4 }).map((seqs) => seqs.sort((a, b) => a - b))
const upto = fc.dictionary(author, seq, { maxKeys: 5 })
const seen = fc.dictionary(author, rising, { maxKeys: 4 })
const added = fc.oneof(fc.constant(0), seq)
const elementBody = fc.tuple(added, upto)
const clearBody = fc.tuple(fc.constant(0), upto, seen)

/** What a host and its life may be, said once more. */
function isAuthor(id: string): boolean {
  return /^[^~\p{Cc}\p{Cs}]+~[0-9a-z]{1,32}$/u.test(id) && Buffer.byteLength(id.slice(0, id.indexOf('~'))) <= 64
}

function isSeq(value: unknown, min = 1): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min
}

function isMap(value: unknown, isEntry: (entry: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([id, entry]) => isAuthor(id) && isEntry(entry))
}

function isRising(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one, i) => isSeq(one, i === 0 ? 1 : (value[i - 1] as number) + 1))
}

/** Whether an honest host could have sent a body. */
function isBody(body: unknown, part: string): boolean {
  if (!Array.isArray(body)) return false
  const [adds, removed, above] = body as unknown[]
  if (!isMap(removed, (entry) => isSeq(entry))) return false
  if (part === '') return body.length === 3 && adds === 0 && isMap(above, isRising)
  return part.startsWith('=') && body.length === 2 && isSeq(adds, 0)
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

test('a body that is taken is given back as it came, and its bytes are not underrated', (t) => {
  const isCarried = (body: unknown, part: string): boolean => {
    const taken = kind.take(throughJson(body), part)
    const text = JSON.stringify(body)
    return JSON.stringify(kind.give(taken, part)) === text && kind.bytes(taken) >= Buffer.byteLength(text)
  }
  holds(t, 'of an element', fc.property(elementBody, fc.string(), (body, element) => isCarried(body, `=${element}`)), 1_000)
  holds(t, 'of a clear', fc.property(clearBody, (body) => isCarried(body, '')), 1_000)
  t.end()
})

test('an element that was only added is kept as the bare seq, and a body that says nothing as zero', (t) => {
  t.equal(kind.take([7, {}], '=x'), 7)
  t.equal(kind.take([0, {}], '=x'), 0)
  t.equal(kind.take([0, {}, {}], ''), kind.empty)
  t.equal(typeof kind.take([7, { 'a~1': 1 }], '=x'), 'object')
  t.end()
})

test('bodies that no set wrote are rejected', (t) => {
  const oddKey = fc.constantFrom('__proto__', '', '~', '~1', 'a~', 'a~A', 'a~1~2', 'a\u0000~1', 'a~-1', `${'é'.repeat(33)}~1`)
  const key = fc.oneof(author, fc.string(), oddKey)
  const oddEntry = fc.constantFrom(0, -1, 0.5, max + 1, '1', null, [], [0], [2, 1], [1, 1], [1, '2'])
  const entry = fc.oneof(seq, rising, oddEntry, fc.jsonValue({ maxDepth: 1 }))
  const map = fc.oneof(upto, seen, fc.dictionary(key, entry, { maxKeys: 3 }))
  const first = fc.oneof(added, fc.constantFrom(-1, 0.5, max + 1, '1', null, true))
  const mixed = fc.array(fc.oneof(first, map), { maxLength: 4 })
  const nearly = fc.oneof(elementBody, clearBody, fc.tuple(first, map), fc.tuple(first, map, map), mixed)
  const part = fc.constantFrom('', '=', '=x', 'x', ' =x', '＝x', '\u0000')
  holds(t, 'nearly proper ones', fc.property(nearly, part, (body, at) => {
    const given = throughJson(body)
    return (kind.take(given, at) !== undefined) === isBody(given, at)
  }), 5_000)
  holds(t, 'of any shape', fc.property(fc.jsonValue(), part, (body, at) => {
    return (kind.take(body, at) !== undefined) === isBody(body, at)
  }), 1_000)
  holds(t, 'and of what is no JSON', fc.property(fc.anything(), part, (body, at) => {
    return isBody(body, at) || kind.take(body, at) === undefined
  }), 1_000)
  t.end()
})

test('a body is taken at removedBytesMax and refused one byte above, whatever its part', (t) => {
  holds(t, 'counted as it counts its own', fc.property(elementBody, clearBody, (ofElement, ofClear) => {
    return ([[ofElement, '=x'], [ofClear, '']] as const).every(([body, part]) => {
      const removedBytesMax = kind.bytes(kind.take(body, part))
      const [at, above] = [removedBytesMax, removedBytesMax - 1].map((bytes) => new SetKind({ removedBytesMax: bytes, elementsMax: 1 }))
      const small = typeof kind.take(body, part) === 'number'
      return at?.take(body, part) !== undefined && (small || above?.take(body, part) === undefined)
    })
  }))
  t.end()
})

test('improper bodies of strangers are refused as such, told to them, and harm nothing', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const told = refusals(store)
  const strange: [part: string, body: unknown][] = [
    ['x', [1, {}]], ['', [1, {}, {}]], ['', [0, {}]], ['=x', [1, {}, {}]], ['=x', [0]], ['=x', 1], ['=x', null], ['=x', {}],
    ['=x', '[1,{}]'],
    ['=x', [-1, {}]], ['=x', [1.5, {}]], ['=x', ['1', {}]], ['=x', [max + 1, {}]], ['=x', [1, []]], ['=x', [1, null]], ['=x', [1, 'a~1']],
    ['=x', [1, { a: 1 }]], ['=x', [1, { '~1': 1 }]], ['=x', [1, { 'a~': 1 }]], ['=x', [1, { 'a~LIFE': 1 }]], ['=x', [1, { 'a~1~1': 1 }]],
    ['=x', [1, { 'a~1': 0 }]], ['=x', [1, { 'a~1': -1 }]], ['=x', [1, { 'a~1': '1' }]], ['=x', [1, { 'a~1': max + 1 }]],
    ['=x', [1, { 'a~1': [1] }]],
    ['=x', [1, JSON.parse('{"__proto__":1}')]], ['=x', [1, JSON.parse('{"__proto__":{"a~1":1}}')]], ['=x', [1, { constructor: 1 }]],
    ['', [0, {}, { 'a~1': [] }]], ['', [0, {}, { 'a~1': [0] }]], ['', [0, {}, { 'a~1': [2, 1] }]], ['', [0, {}, { 'a~1': [1, 1] }]],
    ['', [0, {}, { 'a~1': 1 }]], ['', [0, {}, { 'a~1': ['1'] }]], ['', [0, {}, []]], ['', [0, {}, JSON.parse('{"__proto__":[1]}')]],
    ['=x', [1, Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`host ${i}~1`, 1]))]]
  ]
  const peer = hand(store)
  strange.forEach(([part, body], i) => peer.say(said('z~1', 1, [i + 1, part, body])))
  clock.run(200)
  t.deepEqual(told, strange.map(() => 'body by us'))
  t.deepEqual([store.names(), cellsOf(store), store.statistics().authors, peer.ended], [[], [0], 1, null])
  const places = new Set(strange.map(([part]) => part)).size
  t.ok(JSON.stringify(peer.heard).includes(`"r":{"body":${places}}`), 'the stranger is told in how many cells')
  peer.say(said('z~1', 1, [100, '=y', [100, { '__proto__~1': 3, 'constructor~1': 4 }]]))
  clock.run(200)
  t.deepEqual([values(store), told.length], [['y'], strange.length], 'odd names of hosts are names')
  t.deepEqual(store.explain('s')[0]?.cells[0]?.body, JSON.parse('[100,{"__proto__~1":3,"constructor~1":4}]'))
  t.end()
})

// The handle

test('elements are put in, taken out and read, and each call says whether it changed anything', (t) => {
  const store = storeAt(new Clock(), 'α', { expect: ['β'] })
  const set = store.set('s')
  t.deepEqual([set.name, set.size, set.values(), set.has('x'), set.expire], ['s', 0, [], false, null])
  const none = [set.delete('x'), set.clear(), store.names(), cellsOf(store)]
  t.deepEqual(none, [false, undefined, [], [0]], 'nothing is written where there is nothing')
  t.deepEqual([set.add('x'), set.add('y'), set.add('x')], [true, true, false])
  t.deepEqual([set.size, set.values(), set.has('x'), set.has('z')], [2, ['x', 'y'], true, false])
  t.deepEqual(set.read(), { coherent: false, value: ['x', 'y'] })
  t.deepEqual([set.delete('x'), set.delete('x'), set.delete('z'), values(store)], [true, false, false, ['y']])
  set.add('z')
  t.equal(set.clear(), undefined)
  t.deepEqual([set.size, set.values(), set.has('y'), store.names()], [0, [], false, [{ kind: 'set', name: 's' }]])
  t.end()
})

test('what is given out is the taker’s own: nobody changes the set by it', (t) => {
  const set = storeAt(new Clock(), 'α').set('s')
  set.add('x')
  set.values().push('y')
  set.read().value.length = 0
  t.deepEqual(set.values(), ['x'])
  t.end()
})

test('to add what stands, or to take out what does not, writes nothing', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const changes = kept(a)
  a.set('s').add('x')
  a.set('s').add('x')
  a.set('s').delete('y')
  t.equal(changes.length, 1)
  clock.run(500)
  t.equal(b.set('s').add('x'), false, 'what another host added is in')
  clock.run(500)
  t.equal(changes.length, 2, 'and is from now on the add of both')
  b.set('s').add('x')
  clock.run(500)
  t.equal(changes.length, 2)
  t.end()
})

test('any Unicode is an element: it travels, is found, and is taken out', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const fits = (text: string): boolean => Buffer.byteLength(text) <= 255
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 40 })).filter(fits)
  holds(t, 'between two stores', fc.property(fc.uniqueArray(text, { maxLength: 8 }), (elements) => {
    for (const element of elements) if (!a.set('s').add(element)) return false
    clock.run(500)
    const same = JSON.stringify(values(b)) === JSON.stringify([...elements].sort()) &&
      elements.every((element) => b.set('s').has(element))
    for (const element of elements) if (!b.set('s').delete(element)) return false
    clock.run(500)
    return same && a.set('s').size === 0 && b.set('s').size === 0
  }))
  t.end()
})

test('the empty string, and what looks like our own marks, are elements as well', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const odd = ['', '=', '==', '__proto__', 'constructor', 'α~1', '\u0000', '\ufeff', '\n\n', ' ']
  for (const element of odd) t.ok(a.set('s').add(element), JSON.stringify(element))
  clock.run(500)
  t.deepEqual([b.set('s').size, values(b)], [odd.length, [...odd].sort()])
  t.equal(b.set('s').delete(''), true)
  clock.run(500)
  t.deepEqual([a.set('s').has(''), a.set('s').size], [false, odd.length - 1], 'the empty string is not everything')
  t.end()
})

test('an element of partBytesMax - 1 bytes is taken, one above is not, counted in bytes of UTF-8', (t) => {
  const store = storeAt(new Clock(), 'α', { limits: { partBytesMax: 9 } })
  const set = store.set('s')
  for (const element of ['12345678', 'éééé', '日本ab', '😀😀']) t.ok(set.add(element), element)
  for (const element of ['123456789', 'ééééa', '日本語', '😀😀a']) {
    refuses(t, () => set.add(element), 'ERR_OPTION', element)
    refuses(t, () => set.delete(element), 'ERR_OPTION', element)
    t.equal(set.has(element), false)
  }
  t.equal(set.size, 4)
  t.end()
})

/** Passes anything as an element, as users of plain JavaScript can. */
function anyhow(element: unknown): string {
  return element as string
}

test('what is no string, or no proper Unicode, is refused, and nothing is changed', (t) => {
  const store = storeAt(new Clock(), 'α')
  const set = store.set('s')
  set.add('x')
  for (const element of [undefined, null, 1, 1n, true, ['x'], { x: 1 }, () => 'x', '\ud800', 'a\udc00b', new String('x')]) {
    refuses(t, () => set.add(anyhow(element)), 'ERR_OPTION', `add ${typeof element}`)
    refuses(t, () => set.delete(anyhow(element)), 'ERR_OPTION', `delete ${typeof element}`)
    t.equal(set.has(anyhow(element)), false)
  }
  t.deepEqual([set.values(), cellsOf(store)], [['x'], [1]])
  t.end()
})

test('a symbol, and an object without a prototype, are refused like any other', (t) => {
  const set = storeAt(new Clock(), 'α').set('s')
  for (const element of [Symbol('x'), Object.create(null)]) {
    refuses(t, () => set.add(anyhow(element)), 'ERR_OPTION', `add ${typeof element}`)
    refuses(t, () => set.delete(anyhow(element)), 'ERR_OPTION', `delete ${typeof element}`)
  }
  t.end()
})

test('a closed store’s sets are read and not written', (t) => {
  const store = storeAt(new Clock(), 'α')
  const set = store.set('s')
  set.add('x')
  void store.close()
  for (const write of [() => set.add('x'), () => set.add('y'), () => set.delete('x'), () => set.delete('y'), () => set.clear()]) {
    refuses(t, write, 'ERR_CLOSED', String(write))
  }
  t.deepEqual(set.values(), ['x'])
  t.end()
})

test('elements are told in the order in which they came in, at every host', (t) => {
  for (const count of [3, 12]) {
    const clock = new Clock()
    const [a, b] = chain(clock, 'α', 'β')
    const elements = Array.from({ length: count }, (_, i) => `e${i}`)
    for (const element of elements) a.set('s').add(element)
    clock.run(500)
    t.deepEqual(a.set('s').values(), elements, 'where they were added')
    t.deepEqual(b.set('s').values(), elements, 'where they were learnt')
  }
  t.end()
})

// Who wins

test('an add survives a remove that had not seen it', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  a.set('s').add('x')
  let cut = link(a, b)
  clock.run(500)
  cut()
  b.set('s').delete('x')
  a.set('s').delete('x')
  a.set('s').add('x')
  b.set('s').add('stays')
  cut = link(a, b)
  clock.run(500)
  t.deepEqual([values(a), values(b)], [['stays', 'x'], ['stays', 'x']])
  cut()
  t.end()
})

test('a remove takes out what was seen: the add of a third host that had not come yet stands', (t) => {
  const clock = new Clock()
  const [a, b, c] = storesAt(clock, 'α', 'β', 'γ')
  link(a, b)
  a.set('s').add('x')
  clock.run(500)
  t.ok(c.set('s').add('x'), 'γ knows of no other')
  t.ok(b.set('s').delete('x'))
  link(b, c)
  clock.run(500)
  t.deepEqual([a, b, c].map((store) => values(store)), [['x'], ['x'], ['x']])
  t.ok(a.set('s').delete('x'), 'and goes when it was seen')
  clock.run(500)
  t.deepEqual([a, b, c].map((store) => values(store)), [[], [], []])
  t.end()
})

test('whoever deletes what stands by its own add and by others takes all of them out that it saw', (t) => {
  const clock = new Clock()
  const [a, b, c] = chain(clock, 'α', 'β', 'γ')
  a.set('s').add('stays')
  for (const store of [a, b, c]) store.set('s').add('x')
  clock.run(500)
  t.ok(b.set('s').delete('x'))
  clock.run(500)
  t.deepEqual([a, b, c].map((store) => values(store)), [['stays'], ['stays'], ['stays']])
  t.end()
})

test('what was taken out, or went with all others, can be put in again by anybody', (t) => {
  const clock = new Clock()
  const stores = chain(clock, 'α', 'β', 'γ')
  for (const empty of ['delete', 'clear'] as const) {
    for (const adder of stores) {
      for (const remover of stores) {
        adder.set('s').add('x')
        clock.run(500)
        if (empty === 'delete') remover.set('s').delete('x')
        else remover.set('s').clear()
        clock.run(500)
        if (stores.some((store) => store.set('s').size > 0)) t.fail(`${remover.host} could not ${empty} what ${adder.host} added`)
        const again = adder.set('s').add('x') && remover.set('s').delete('x') === (adder === remover)
        t.ok(again, `${adder.host} adds again, ${remover.host} did ${empty}`)
        clock.run(500)
        stores[0].set('s').clear()
        clock.run(500)
      }
    }
  }
  t.deepEqual(stores.map((store) => values(store)), [[], [], []])
  t.end()
})

test('a remove that comes before its add holds', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const peer = hand(a).say(said('y~1', 1, [1, '=x', [0, { 'z~1': 1 }]], [2, '=kept', [2, {}]]))
  clock.run(100)
  t.deepEqual(values(a), ['kept'])
  peer.say(said('z~1', 2, [1, '=x', [1, {}]]))
  clock.run(500)
  t.deepEqual([values(a), values(b)], [['kept'], ['kept']])
  peer.say(said('z~1', 2, [2, '=x', [2, {}]]))
  clock.run(500)
  t.deepEqual([values(a), values(b)], [['kept', 'x'], ['kept', 'x']], 'a later add is another one')
  t.end()
})

test('a clear that comes before what it clears holds, for those that were seen and no others', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const peer = hand(store).say(said('y~1', 1, [1, '', [0, { 'z~1': 2 }, { 'z~1': [4] }]]))
  peer.say(said('z~1', 2, [1, '=a', [1, {}]], [2, '=b', [2, {}]], [3, '=c', [3, {}]], [4, '=d', [4, {}]], [5, '=e', [5, {}]]))
  clock.run(200)
  t.deepEqual(values(store), ['c', 'e'])
  t.end()
})

test('a clear is one change on the wire, and what it had not seen stays in', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const cut = link(a, b)
  clock.run(500)
  for (let i = 0; i < 50; i += 1) (i % 2 === 0 ? a : b).set('s').add(`e${i}`)
  clock.run(500)
  cut()
  clock.run(10)
  b.set('s').add('unseen')
  b.set('s').add('e0')
  const before = a.statistics().sentChanges
  a.set('s').clear()
  t.equal(a.set('s').size, 0)
  link(a, b)
  clock.run(500)
  t.equal(a.statistics().sentChanges - before, 1)
  t.deepEqual([values(a), values(b)], [['e0', 'unseen'], ['e0', 'unseen']], 'also what was cleared of another host, and added anew')
  t.end()
})

test('a clear spares an add of a lower seq than others it saw of the same author', (t) => {
  const clock = new Clock()
  const [store, other] = storesAt(clock, 'α', 'β')
  const changes = kept(store)
  const peer = hand(store).say(said('z~1', 1, [1, '=a', [1, {}]], [3, '=c', [3, {}]]))
  clock.run(100)
  store.set('s').clear()
  t.equal(store.set('s').size, 0)
  t.deepEqual(changes.at(-1)?.body, [0, { 'z~1': 1 }, { 'z~1': [3] }])
  peer.say(said('z~1', 1, [2, '=b', [2, {}]]))
  clock.run(100)
  t.deepEqual(values(store), ['b'])
  link(store, other)
  clock.run(500)
  t.deepEqual(values(other), ['b'], 'wherever it goes')
  store.set('s').clear()
  peer.say(said('z~1', 1, [4, '=c', [4, {}]]))
  clock.run(500)
  t.deepEqual([values(store), values(other)], [['c'], ['c']], 'and what comes after the next clear is new')
  t.end()
})

test('an add that was taken out stays out when it comes back late, also when its cell is gone', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const late = said('z~1', 1, [1, '=x', [1, {}]])
  const first = hand(store).say(late)
  clock.run(100)
  store.set('s').add('stays')
  t.ok(store.set('s').delete('x'))
  t.deepEqual(cellsOf(store), [2], 'its cell is gone')
  for (let i = 0; i < 3; i += 1) hand(store, `late${i}`).say(late)
  first.say(late)
  clock.run(100)
  t.deepEqual([values(store), cellsOf(store)], [['stays'], [2]])
  store.set('s').clear()
  t.deepEqual(cellsOf(store), [1])
  hand(store, 'later').say(late)
  clock.run(100)
  t.deepEqual([values(store), cellsOf(store)], [[], [1]], 'nor after a clear')
  t.end()
})

test('what a host took out it remembers, also when it added the element itself since, and took that back', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const late = said('z~1', 1, [1, '=x', [1, {}]])
  hand(store).say(late)
  clock.run(100)
  const set = store.set('s')
  t.deepEqual([set.add('stays'), set.delete('x'), set.add('x'), set.delete('x')], [true, true, true, true])
  hand(store, 'late').say(late)
  clock.run(100)
  t.deepEqual(values(store), ['stays'])
  t.end()
})

test('an add that its own author took back stays out, however late it comes', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const late = said('z~1', 1, [1, '=x', [1, {}]])
  hand(store).say(said('z~1', 1, [2, '=x', [0, {}]], [3, '=y', [3, {}]]))
  clock.run(100)
  hand(store, 'late').say(late)
  clock.run(100)
  t.deepEqual(values(store), ['y'])
  store.set('s').clear()
  hand(store, 'later').say(late)
  clock.run(100)
  t.deepEqual([values(store), cellsOf(store)], [[], [1]])
  t.end()
})

test('what a former life of a host added stays in, and any host may take it out', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  for (const element of ['x', 'y', 'z']) a.set('s').add(element)
  clock.run(500)
  void a.close()
  clock.run(500)
  const again = storeAt(clock, 'α')
  again.set('s').add('z')
  link(again, b)
  clock.run(500)
  t.deepEqual([values(again), values(b)], [['x', 'y', 'z'], ['x', 'y', 'z']])
  t.ok(again.set('s').delete('y'))
  t.equal(again.set('s').add('x'), false)
  clock.run(500)
  t.deepEqual(values(b), ['x', 'z'])
  t.ok(b.set('s').delete('z') && b.set('s').delete('x'), 'the adds of both lives go together')
  clock.run(500)
  t.deepEqual([values(again), values(b), cellsOf(again, b)], [[], [], [1, 1]])
  t.end()
})

// Memory

test('however often one host, or two in turn, put an element in and take it out, a few cells are held', (t) => {
  for (const others of [[], ['stays']]) {
    const clock = new Clock()
    const [a, b] = chain(clock, 'α', 'β')
    for (const element of others) a.set('s').add(element)
    const most = [0, 0]
    const note = (): void => cellsOf(a, b).forEach((cells, i) => { most[i] = Math.max(most[i] as number, cells) })
    for (let i = 0; i < 200; i += 1) {
      const [adder, remover] = i < 50 ? [a, a] : i < 100 ? [a, b] : i % 2 === 0 ? [a, b] : [b, a]
      adder.set('s').add('x')
      clock.run(100)
      note()
      remover.set('s').delete('x')
      clock.run(100)
      note()
    }
    t.ok(most.every((cells) => cells <= 4), `at most ${most.join(' and ')} beside ${others.length} other`)
    t.deepEqual([values(a), values(b)], [others, others])
  }
  t.end()
})

test('of a set that deletes emptied one cell is left, whoever deleted', (t) => {
  const clock = new Clock()
  const stores = chain(clock, 'α', 'β', 'γ')
  for (let turn = 0; turn < 6; turn += 1) {
    for (let i = 0; i < 30; i += 1) (stores[i % 3] as Store).set('s').add(`${turn} ${i}`)
    clock.run(500)
    for (let i = 0; i < 30; i += 1) (stores[turn % 3] as Store).set('s').delete(`${turn} ${i}`)
    clock.run(500)
    t.deepEqual([stores.map((store) => store.set('s').size), cellsOf(...stores)], [[0, 0, 0], [1, 1, 1]])
  }
  t.end()
})

test('after a clear, and after clears by all at once, hosts hold a few cells', (t) => {
  const clock = new Clock()
  const stores = chain(clock, 'α', 'β', 'γ')
  const fill = (): void => {
    stores.forEach((store) => { for (let i = 0; i < 100; i += 1) store.set('s').add(`${store.host} ${i}`) })
    clock.run(1_000)
  }
  fill()
  stores[1].set('s').clear()
  clock.run(1_000)
  t.deepEqual(cellsOf(...stores), [1, 1, 1])
  fill()
  for (const store of stores) store.set('s').clear()
  clock.run(1_000)
  t.ok(cellsOf(...stores).every((cells) => cells <= 3), `all at once: ${cellsOf(...stores).join(', ')}`)
  t.deepEqual(stores.map((store) => store.set('s').size), [0, 0, 0])
  t.end()
})

test('known: in a set that is never empty each element that came and went leaves a cell, until a clear', (t) => {
  const store = storeAt(new Clock(), 'α', { limits: { elementsMax: 101 } })
  const set = store.set('s')
  set.add('stays')
  for (let i = 0; i < 100; i += 1) {
    set.add(`e${i}`)
    set.delete(`e${i}`)
  }
  t.deepEqual([set.size, cellsOf(store)], [1, [101]])
  refuses(t, () => set.add('one more'), 'ERR_FULL', 'one more')
  set.clear()
  t.ok(set.add('one more'))
  t.end()
})

test('a set to which many lives of a host added can still be emptied', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  store.set('s').add('stays')
  const codes = new Set<string>()
  for (let i = 0; i < 1_000; i += 1) {
    const peer = hand(store, 'switch-01').say(said(`switch-01~${`${i}`.padStart(18, '0')}`, 1, [1, '=switch-01', [1, {}]]))
    clock.run(10)
    try {
      store.set('s').delete('switch-01')
    } catch (error) {
      codes.add(codeOf(error))
    }
    peer.stop()
    clock.run(10)
  }
  try {
    store.set('s').clear()
  } catch (error) {
    codes.add(codeOf(error))
  }
  t.deepEqual([[...codes], store.set('s').size], [[], 0])
  t.end()
})

test('a set to which more hosts added than one body can name is emptied all the same', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const peer = hand(store)
  for (let i = 1; i <= 1_000; i += 1) peer.say(said(`switch-${i}~${`${i}`.padStart(18, '0')}`, i, [1, `=switch-${i}`, [1, {}]]))
  clock.run(100)
  t.equal(store.set('s').size, 1_000)
  t.doesNotThrow(() => store.set('s').clear())
  t.equal(store.set('s').size, 0)
  t.end()
})

test('a clear frees what was remembered of hosts that are gone', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { graceMs: 1_000, skewMsMax: 100 } })
  store.set('s').add('stays')
  for (let i = 0; i < 50; i += 1) {
    const guest = hand(store, `guest${i}`).say(said(`guest${i}~1`, 1, [1, `=guest${i}`, [1, {}]]))
    clock.run(10)
    store.set('s').delete(`guest${i}`)
    guest.stop()
    clock.run(10)
  }
  clock.run(10_000)
  t.deepEqual([store.statistics().authors, cellsOf(store)], [51, [51]], 'they are known as long as something is said of them')
  store.set('s').clear()
  t.deepEqual(cellsOf(store), [1])
  t.end()
})

// Bounds

/** A store for small sets. */
function small(clock: Clock, hostName: string, elementsMax: number, more: Partial<Limits> = {}): Store {
  return storeAt(clock, hostName, { limits: { elementsMax, ...more } })
}

test('a set takes elementsMax cells here and not one above, until there is room', (t) => {
  const store = small(new Clock(), 'α', 3)
  const set = store.set('s')
  const changes = kept(store)
  for (const element of ['a', 'b', 'c']) t.ok(set.add(element), element)
  refuses(t, () => set.add('d'), 'ERR_FULL', 'one above')
  t.deepEqual([values(store), changes.length], [['a', 'b', 'c'], 3], 'nothing was changed')
  t.equal(set.add('a'), false, 'what is in may be added')
  t.ok(store.set('other').add('d'), 'another set has room')
  t.ok(set.delete('a') && set.delete('b'), 'deletes work')
  refuses(t, () => set.add('d'), 'ERR_FULL', 'and what is remembered of them counts')
  t.ok(set.add('b'), 'what was in may come back')
  set.clear()
  for (const element of ['d', 'e']) t.ok(set.add(element), `${element} after a clear`)
  refuses(t, () => set.add('f'), 'ERR_FULL', 'that is remembered, too')
  t.end()
})

test('a peer’s element above elementsMax is refused, both are told, and it is taken when there is room', (t) => {
  const clock = new Clock()
  const [a, b] = [small(clock, 'α', 2), storeAt(clock, 'β')]
  const told = [refusals(a), refusals(b)]
  link(a, b)
  clock.run(500)
  for (const element of ['a', 'b', 'c']) b.set('s').add(element)
  clock.run(500)
  t.deepEqual(told, [['elements by us'], ['elements by peer']])
  t.deepEqual([values(a), values(b)], [['a', 'b'], ['a', 'b', 'c']])
  t.deepEqual([a, b].map((store) => store.doubts().map(({ why }) => why)), [['refused'], ['refused']])
  a.set('s').clear()
  clock.run(10_000)
  t.deepEqual([values(a), values(b), a.doubts(), b.doubts()], [['c'], ['c'], [], []], 'the clear had not seen it')
  t.end()
})

test('in a full set deletes work, here and coming from a peer', (t) => {
  const clock = new Clock()
  const [a, b, c] = [small(clock, 'α', 3), storeAt(clock, 'β'), storeAt(clock, 'γ')]
  const told = refusals(a)
  link(a, b)
  link(b, c)
  for (const element of ['a', 'b', 'c']) b.set('s').add(element)
  clock.run(500)
  t.ok(a.set('s').delete('a'), 'ours, of what another added')
  clock.run(500)
  c.set('s').delete('b')
  clock.run(500)
  t.deepEqual([[a, b, c].map((store) => values(store)), told, cellsOf(a)], [[['c'], ['c'], ['c']], [], [3]])
  refuses(t, () => a.set('s').add('d'), 'ERR_FULL', 'it is full all the same')
  t.ok(a.set('s').delete('c'), 'the last one')
  clock.run(500)
  t.deepEqual([[a, b, c].map((store) => values(store)), cellsOf(a, b, c)], [[[], [], []], [1, 1, 1]])
  t.end()
})

test('in a full set an element goes that was once taken out, and added again by who did', (t) => {
  const clock = new Clock()
  const [full, a, b] = [small(clock, 'full', 2), ...storesAt(clock, 'α', 'β')] as [Store, Store, Store]
  link(full, a)
  link(a, b)
  clock.run(500)
  for (const element of ['x', 'y']) a.set('s').add(element)
  clock.run(500)
  b.set('s').delete('x')
  clock.run(500)
  b.set('s').add('x')
  clock.run(500)
  t.deepEqual([values(full), cellsOf(full)], [['x', 'y'], [2]])
  t.doesNotThrow(() => full.set('s').delete('x'), 'here')
  a.set('s').delete('x')
  clock.run(10_000)
  t.deepEqual([[full, a, b].map((store) => values(store)), full.doubts()], [[['y'], ['y'], ['y']], []], 'and coming from a peer')
  t.end()
})

test('two deletes of one element at once leave nobody in doubt, also where the set is full', (t) => {
  const clock = new Clock()
  const stores = ['α', 'β', 'γ'].map((name) => small(clock, name, 2)) as [Store, Store, Store]
  link(stores[0], stores[1])
  link(stores[1], stores[2])
  clock.run(500)
  for (const element of ['x', 'y']) stores[0].set('s').add(element)
  clock.run(500)
  stores[1].set('s').delete('x')
  stores[2].set('s').delete('x')
  clock.run(30_000)
  t.deepEqual(stores.map((store) => [values(store), store.doubts()]), stores.map(() => [['y'], []]))
  t.end()
})

test('removes of strangers bring a set above elementsMax by an eighth at most', (t) => {
  const clock = new Clock()
  const store = small(clock, 'α', 160)
  for (let i = 0; i < 160; i += 1) store.set('s').add(`${i}`, { expire: clock.date() + 60_000 })
  const own = store.explain('s')[0]?.cells[0]?.author ?? ''
  const peer = hand(store)
  for (let i = 1; i <= 50; i += 1) peer.say(said(`z${i}~1`, i, [1, `=${i % 3}`, [0, { [own]: 999 }]]))
  clock.run(500)
  t.deepEqual([store.set('s').size, cellsOf(store)], [157, [180]])
  t.end()
})

test('in a store that is full of cells what is in can be taken out', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { cellsMax: 2 } })
  for (const element of ['x', 'y']) store.set('s').add(element)
  t.doesNotThrow(() => store.set('s').delete('x'))
  t.doesNotThrow(() => store.set('s').delete('y'), 'the last one')
  t.equal(store.set('s').size, 0)
  const other = storeAt(clock, 'β', { limits: { cellsMax: 2 } })
  for (const element of ['x', 'y']) other.set('s').add(element)
  t.doesNotThrow(() => other.set('s').clear(), 'or all at once')
  t.equal(other.set('s').size, 0)
  t.end()
})

test('a store that is full of cells takes removes from peers, which make room', (t) => {
  const clock = new Clock()
  const [full, a, b] = [storeAt(clock, 'full', { limits: { cellsMax: 3 } }), ...storesAt(clock, 'α', 'β')] as [Store, Store, Store]
  link(full, a)
  link(a, b)
  clock.run(500)
  for (const element of ['x', 'y', 'z']) a.set('s').add(element)
  clock.run(500)
  b.set('s').delete('x')
  clock.run(10_000)
  t.deepEqual([values(full), full.doubts()], [['y', 'z'], []], 'one')
  b.set('s').clear()
  clock.run(10_000)
  t.deepEqual([values(full), full.doubts(), cellsOf(full)], [[], [], [1]], 'and all')
  t.end()
})

test('strings that are no proper Unicode are refused from strangers, as they are here', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const told = refusals(store)
  hand(store).say(said('z~1', 1, [1, '=\ud800', [1, {}]])).say({ s: 1, k: 'set', q: [2], n: ['\udc00'], p: ['=x'], c: [[2, {}]] })
  clock.run(200)
  t.deepEqual([store.names(), told], [[], ['part by us', 'name by us']])
  t.end()
})

/** A name with one cell of each of many authors, and how often anything was looked at in a cell of it. */
function crowd(count: number, partOf: (i: number) => string): { name: Name; cells: Change[]; looks: () => number } {
  const log = new Log([0, 0])
  const name = log.create('set', 's')
  let looks = 0
  const watch = (cell: Change, key: 'part' | 'body'): void => {
    const value = cell[key]
    Object.defineProperty(cell, key, { get: () => { looks += 1; return value } })
  }
  const cells = Array.from({ length: count }, (_, i) => log.put(log.meet(`h${i}~1`) as Author, 1, name, partOf(i), null, 1, 1, undefined))
  for (const cell of cells) for (const key of ['part', 'body'] as const) watch(cell, key)
  return { name, cells, looks: () => looks }
}

test('what a change costs grows with the cells of its element, not with their square', (t) => {
  const count = 400
  const { name, cells, looks } = crowd(count, () => '=x')
  t.deepEqual(kind.spares(cells[7] as Change), [])
  t.ok(looks() < 20 * count, `${looks()} looks to see what need not be kept`)
  const before = looks()
  t.equal(kind.standing(name, '=x').length, count)
  t.ok(looks() - before < 20 * count, `${looks() - before} to see who stands`)
  t.end()
})

test('to read a set of many authors costs as much as its cells, not as their square', (t) => {
  const count = 400
  const { name, looks } = crowd(count, (i) => `=${i}`)
  t.equal(new Members(kind).of(name).size, count)
  t.ok(looks() < 40 * count, `${looks()} looks for ${count} elements`)
  t.end()
})

test('what a change costs does not grow with the authors of other elements', (t) => {
  const { name, cells, looks } = crowd(400, (i) => `=${i}`)
  t.deepEqual(kind.spares(cells[7] as Change), [])
  t.ok(looks() < 40, `${looks()} looks to see what need not be kept`)
  const before = looks()
  t.ok(kind.has(name, '7'))
  t.ok(looks() - before < 40, `${looks() - before} to see whether it is in`)
  t.end()
})

test('what is read is what the cells say, also where a stranger takes back what it cleared', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const peer = hand(a).say({ ...said('y~1', 1, [1, '=x', [1, {}]]), e: [clock.date() + 60_000] })
  clock.run(100)
  t.deepEqual(values(a), ['x'])
  peer.say(said('z~1', 2, [1, '', [0, { 'y~1': 1 }, {}]]))
  clock.run(100)
  t.deepEqual(values(a), [])
  peer.say(said('z~1', 2, [2, '', [0, {}, {}]]))
  link(a, b)
  clock.run(500)
  t.deepEqual(values(a), values(b))
  t.end()
})

// All together

/** What became of an element is a matter of its adds, and of who saw them when taking it out. */
class Model {
  /** The adds that anybody made, by element. */
  readonly adds = new Map<string, Set<string>>()
  readonly removed = new Set<string>()

  elements(): string[] {
    return [...this.adds].filter(([, adds]) => [...adds].some((add) => !this.removed.has(add))).map(([element]) => element).sort()
  }
}

/** A store, and the adds that it heard of, by its own events. */
class Replica {
  readonly heard = new Map<string, Set<string>>()

  constructor(readonly store: Store, private readonly model: Model) {
    store.on('change', ({ author: by, part, body }) => {
      const [add] = body as [number]
      if (add === 0 || part === '') return
      for (const adds of [this.heard, model.adds]) adds.set(part.slice(1), (adds.get(part.slice(1)) ?? new Set()).add(`${by} ${add}`))
    })
  }

  remove(elements: Iterable<string>): void {
    for (const element of elements) for (const add of this.heard.get(element) ?? []) this.model.removed.add(add)
  }
}

type Body = [added: number, removed: Record<string, number>, seen?: Record<string, number[]>]

/** The elements of a set worked out from all its cells, as the protocol says they are read. */
function fromScratch(store: Store): string[] {
  const cells = (store.explain('s')[0]?.cells ?? []).map((cell) => ({ ...cell, body: cell.body as unknown as Body }))
  const isOut = (part: string, by: string, add: number): boolean => cells.some(({ part: at, body: [, removed, above] }) => {
    return (at === part || at === '') && ((removed[by] ?? 0) >= add || above?.[by]?.includes(add) === true)
  })
  const standing = cells.filter(({ part, author: by, body: [add] }) => part !== '' && add > 0 && !isOut(part, by, add))
  return [...new Set(standing.map(({ part }) => part.slice(1)))].sort()
}

type Step = { what: 'add' | 'delete' | 'clear' | 'cut' | 'heal' | 'pass' | 'restart'; host: number; element: string; ms: number }

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constant('add' as const) }, { weight: 4, arbitrary: fc.constant('delete' as const) },
    { weight: 1, arbitrary: fc.constantFrom('clear' as const, 'restart' as const) },
    { weight: 4, arbitrary: fc.constant('pass' as const) },
    { weight: 2, arbitrary: fc.constantFrom('cut' as const, 'heal' as const) }
  ),
  host: fc.nat(2), element: fc.constantFrom('x', 'y', 'z'), ms: fc.constantFrom(0, 1, 20, 60, 500)
})

/** Three hosts, of which every two may be linked. */
class Network {
  readonly model = new Model()
  readonly faults: string[] = []
  private readonly clock = new Clock()
  private readonly replicas: Replica[]
  private readonly cuts = new Map<string, () => void>()
  private chance = 1

  constructor(private readonly pairs: [number, number][], private readonly limits: Partial<Limits>) {
    this.replicas = [0, 1, 2].map((i) => this.replica(i))
    this.heal()
  }

  do({ what, host: i, element, ms }: Step): void {
    const replica = this.replicas[i] as Replica
    const set = replica.store.set('s')
    if (what === 'add') set.add(element)
    else if (what === 'delete') this.delete(replica, element)
    else if (what === 'clear') {
      replica.remove(replica.heard.keys())
      set.clear()
    } else if (what === 'cut') this.cut(i)
    else if (what === 'heal') this.heal()
    else if (what === 'restart') this.restart(i)
    this.clock.run(ms)
    this.look()
  }

  /** Everybody is linked and in step, and holds what the model does. */
  end(): void {
    this.heal()
    this.clock.run(3_000)
    this.look()
    const expected = this.model.elements().join()
    for (const { store } of this.replicas) {
      if (values(store).join() !== expected) this.faults.push(`${store.host} holds ${values(store).join()}, not ${expected}`)
    }
  }

  private delete(replica: Replica, element: string): void {
    const was = replica.store.set('s').has(element)
    if (was) replica.remove([element])
    if (replica.store.set('s').delete(element) !== was) this.faults.push(`a delete of ${element} did not say whether it was in`)
  }

  /** What is read is what the cells say. */
  private look(): void {
    for (const { store } of this.replicas) {
      const set = store.set('s')
      const expected = fromScratch(store)
      if (values(store).join() !== expected.join() || set.size !== expected.length || !expected.every((element) => set.has(element))) {
        this.faults.push(`${store.host} reads ${values(store).join()} where its cells say ${expected.join()}`)
      }
    }
  }

  private replica(i: number): Replica {
    const random = (): number => {
      this.chance = (this.chance * 16_807) % 2_147_483_647
      return this.chance / 2_147_483_647
    }
    const store = storeAt(this.clock, `h${i}`, { random, limits: this.limits })
    store.on('disconnect', (_, error) => { if (error !== null) this.faults.push(String(error)) })
    return new Replica(store, this.model)
  }

  private heal(): void {
    for (const [a, b] of this.pairs) {
      const [left, right] = [this.replicas[a] as Replica, this.replicas[b] as Replica]
      if (!this.cuts.has(`${a} ${b}`)) this.cuts.set(`${a} ${b}`, link(left.store, right.store))
    }
  }

  private cut(i: number): void {
    for (const [pair, cut] of this.cuts) {
      if (!pair.split(' ').includes(String(i))) continue
      cut()
      this.cuts.delete(pair)
    }
  }

  /** A new life, once others hold what the last one wrote. */
  private restart(i: number): void {
    this.heal()
    this.clock.run(3_000)
    void (this.replicas[i] as Replica).store.close()
    this.clock.run(100)
    this.cut(i)
    this.replicas[i] = this.replica(i)
    this.heal()
  }
}

test('after any operations at three hosts, through cuts and new lives, each reads what its cells say, and all what a model says', (t) => {
  const shapes: [string, [number, number][], Partial<Limits>][] = [
    ['in a row', [[0, 1], [1, 2]], {}], ['in a ring', [[0, 1], [1, 2], [0, 2]], {}],
    ['in small frames, with few ranges', [[0, 1], [1, 2]], { batchBytes: 60, rangesMax: 2 }]
  ]
  for (const [shape, pairs, limits] of shapes) {
    holds(t, shape, fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const network = new Network(pairs, limits)
      for (const one of steps) network.do(one)
      network.end()
      if (network.faults.length > 0) throw new Error(network.faults.slice(0, 3).join('; '))
    }), 300)
  }
  t.end()
})
