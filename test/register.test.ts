/**
 * Registers from both ends: what they hold, which of several writes holds, and what is refused of them.
 *
 * Stores stand on one virtual clock, each with a system's clock of its own that may be ahead or behind. Frames pass through JSON, as
 * on a wire.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import test, { type Test } from 'tape'
import {
  createStore, limits, type Doubt, type Frame, type Json, type Limits, type Register, type Source, type Store, type StreamOptions
} from '../index.js'
import { RegisterKind } from '../lib/kinds/register.js'
import { StampClock, stampsPerMs } from '../lib/log/stamp.js'
import { Clock } from './clock.js'
import { holds } from './property.js'
import { Hand, storeAt, storesAt } from './stores.js'
import { thrown } from './world.js'

type Expect<Holds extends true> = Holds
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

function isNumber(value: Json): value is number {
  return typeof value === 'number'
}

/** A value that `check` narrows, and one that nothing does. */
export function typed(store: Store) {
  const narrow: number | undefined = store.register('x', { check: isNumber }).value
  const both = store.register('x', { check: isNumber, expire: 'never' }).value
  return [both, store.register('x', { expire: 'never' }).value, narrow] as const
}

/** Each line is a compile error when it does not hold. */
export type Proofs = [
  Expect<Same<ReturnType<typeof typed>, readonly [number | undefined, Json | undefined, number | undefined]>>,
  Expect<Same<Register['value'], Json | undefined>>,
  Expect<Same<Register<number>['value'], number | undefined>>,
  Expect<Same<Parameters<Register<number>['write']>[0], number>>,
  Expect<Same<ReturnType<Register<'on' | 'off'>['read']>['value'], 'on' | 'off' | undefined>>
]

/** A store whose system's clock is `aheadMs` ahead of the virtual one. */
function skewed(clock: Clock, host: string, aheadMs: number): Store {
  return storeAt(clock, host, { now: () => clock.date() + aheadMs })
}

function throughJson(source: Source<Frame>): Source<unknown> {
  return (abort, cb) => {
    source(abort, (end, frame) => (end ? cb(end) : cb(null, JSON.parse(JSON.stringify(frame)) as unknown)))
  }
}

/** Joins two stores that expect each other; what it gives back cuts the link. */
function wire(a: Store, b: Store, ours: StreamOptions = {}, theirs: StreamOptions = {}): () => void {
  const left = a.createStream({ host: b.host, ...ours })
  const right = b.createStream({ host: a.host, ...theirs })
  left.sink(throughJson(right.source))
  right.sink(throughJson(left.source))
  return () => { left.source(true, () => {}) }
}

/** The first stamp of this moment, or of one so far ahead. */
function stampOf(clock: Clock, aheadMs = 0): number {
  return (clock.date() + aheadMs) * stampsPerMs
}

/** A message with what `author` wrote to registers. */
function written(author: string, seq: number, names: string[], bodies: unknown[], more: object = {}): object {
  return { s: [1, author], k: 'register', q: names.map((_, i) => (i === 0 ? seq : 1)), n: names, c: bodies, ...more }
}

/** What was refused, as `refused` tells it. */
function refusals(store: Store): [peer: string, code: string, count: number, by: string][] {
  const told: [string, string, number, string][] = []
  store.on('refused', ({ peer, code, count, by }) => told.push([peer.host ?? '', code, count, by]))
  return told
}

function reasons(...stores: Store[]): Doubt['why'][][] {
  return stores.map((store) => store.doubts().map(({ why }) => why))
}

/** The stamps that are held of a register, by host. */
function stamps(store: Store, name: string): Record<string, number> {
  const cells = store.explain(name).flatMap((explanation) => explanation.cells)
  return Object.fromEntries(cells.map(({ author, body }) => [author.slice(0, author.indexOf('~')), (body as number[])[0] as number]))
}

/** Arrays and objects in each other, so many. */
function nested(depth: number): Json {
  let json: Json = 1
  for (let i = 0; i < depth; i += 1) json = i % 2 === 0 ? [json] : { a: json }
  return json
}

test('a register holds what was written last, until it is cleared', (t) => {
  const store = storeAt(new Clock(), 'α')
  const mode = store.register('mode')
  t.equal(mode.name, 'mode')
  t.equal(mode.value, undefined, 'nothing at first')
  t.deepEqual(mode.read(), { coherent: true, value: undefined })
  t.deepEqual(mode.write('day'), { coherent: true, value: 'day' })
  t.deepEqual(mode.write({ night: [1, null] }), { coherent: true, value: { night: [1, null] } })
  t.deepEqual(mode.read(), { coherent: true, value: { night: [1, null] } })
  t.deepEqual(mode.clear(), { coherent: true, value: undefined })
  t.equal(mode.value, undefined)
  t.deepEqual(mode.write(null), { coherent: true, value: null }, 'null is a value')
  t.deepEqual(storeAt(new Clock(), 'β', { expect: ['γ'] }).register('x').write(1), { coherent: false, value: 1 })
  t.end()
})

test('a handle has no state: making one writes nothing, and any two of a name read the same', (t) => {
  const store = storeAt(new Clock(), 'α')
  const [one, other] = [store.register('x'), store.register('x', { check: isNumber })]
  t.deepEqual([store.statistics().cells, store.names()], [0, []])
  one.write(3)
  t.equal(other.value, 3)
  other.write(4)
  t.equal(one.value, 4)
  t.deepEqual(store.names(), [{ kind: 'register', name: 'x' }])
  t.equal(store.counter('x').value, 0, 'a counter of the same name is another thing')
  t.equal(store.statistics().cells, 1, 'however often it is written')
  t.end()
})

test('a value is a copy: neither its readers nor its writer can change it afterwards', (t) => {
  const store = storeAt(new Clock(), 'α')
  const x = store.register('x')
  const mine = { list: [1, 2] }
  x.write(mine)
  mine.list.push(3)
  const [first, second] = [x.value, x.value]
  t.deepEqual(first, { list: [1, 2] })
  t.notEqual(first, second)
  Object.assign(first as object, { list: 'gone' })
  t.deepEqual([second, x.value], [{ list: [1, 2] }, { list: [1, 2] }])
  let shown: unknown = null
  store.on('change', ({ body }) => { shown = body })
  x.write([mine])
  Object.assign((shown as Json[])[1] as object, ['gone'])
  t.deepEqual(x.value, [{ list: [1, 2, 3] }], 'nor can those who are shown the change')
  t.end()
})

test('every JSON value comes back equal, here and at another host', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  wire(a, b)
  clock.run(500)
  const odd: fc.Arbitrary<unknown> = fc.constantFrom(
    '', '\ud83d', '\u0000\u2028\n', { ['__proto__']: 1, constructor: null, length: 0, '': '' }, JSON.parse('{"__proto__": {"a": []}}'),
    1e308, 5e-324, Number.MAX_SAFE_INTEGER + 2, [[], {}, [[]]], Object.assign(Object.create(null) as object, { a: 1 })
  )
  const any = fc.oneof({ weight: 4, arbitrary: fc.jsonValue({ stringUnit: 'binary' }) }, odd)
  holds(t, 'minus zero as zero', fc.property(any, (value) => {
    a.register('x').write(value as Json)
    clock.run(100)
    const plain = JSON.parse(JSON.stringify(value)) as unknown
    return [a, b].map((store) => store.register('x')).every((x) => isDeepStrictEqual([x.value, x.read().value], [plain, plain]))
  }), 500)
  t.end()
})

function cycle(): unknown {
  const cyclic: { me?: unknown } = {}
  cyclic.me = [cyclic]
  return cyclic
}

test('what is no JSON throws ERR_OPTION, and changes nothing', (t) => {
  const store = storeAt(new Clock(), 'α')
  const x = store.register('x')
  x.write('before')
  let changes = 0
  store.on('change', () => { changes += 1 })
  const wrong: [string, unknown][] = [
    ['undefined', undefined], ['NaN', NaN], ['Infinity', -Infinity], ['a bigint', 1n], ['a symbol', Symbol('x')],
    ['a function', () => 1], ['a Date', new Date(0)], ['a Map', new Map()], ['a class', new (class Point { readonly x = 1 })()],
    ['a boxed number', Object(1)], ['bytes', new Uint8Array(1)], ['a regular expression', /x/], ['an error', new Error('x')], ['a cycle', cycle()],
    ['an object with its own way to JSON', { toJSON: () => 1 }]
  ]
  for (const [name, value] of wrong) {
    t.equal(thrown(() => x.write(value as Json)), 'ERR_OPTION', name)
    t.equal(thrown(() => x.write([{ deep: value }] as Json)), 'ERR_OPTION', `${name}, inside`)
  }
  t.deepEqual([x.value, changes, store.statistics().cells], ['before', 0, 1])
  t.end()
})

test('arrays with holes, or that are more than arrays, throw ERR_OPTION', (t) => {
  const x = storeAt(new Clock(), 'α').register('x')
  class Sly extends Array<number> {
    toJSON(): unknown { return undefined }
  }
  const wrong: [string, unknown][] = [
    ['a hole', [, 1]], ['nothing but holes', new Array(5)], ['more holes than a string can tell', new Array(2 ** 32 - 1)],
    ['a class of arrays', new (class List extends Array<number> {})()], ['one with its own way to JSON', new Sly()],
    ['an array with a key', Object.assign([1], { key: 1 })], ['a symbol as key', { [Symbol('key')]: 1 }],
    ['a hidden way to JSON', Object.defineProperty({ a: 1 }, 'toJSON', { value: () => undefined })]
  ]
  for (const [name, value] of wrong) t.equal(thrown(() => x.write(value as Json)), 'ERR_OPTION', name)
  t.end()
})

test('a value is nested depthMax deep at most, and takes bodyBytesMax at most', (t) => {
  const clock = new Clock()
  const bounds = { bodyBytesMax: 600, depthMax: 8 }
  const [a, b] = [storeAt(clock, 'α', { limits: bounds }), storeAt(clock, 'β', { limits: bounds })]
  wire(a, b)
  clock.run(500)
  const list = Array<number>(299).fill(1)
  const fits: [string, Json][] = [
    ['depth', nested(8)], ['bytes, quotes counted', 'x'.repeat(598)], ['bytes of two', 'é'.repeat(299)], ['a list', list]
  ]
  const not: [string, Json][] = [
    ['depth', nested(9)], ['bytes', 'x'.repeat(599)], ['bytes of two', `é${'x'.repeat(597)}`], ['a list', [...list, 1]]
  ]
  for (const [name, value] of fits) {
    a.register('x').write(value)
    clock.run(100)
    t.deepEqual(b.register('x').value, value, `${name}: at the bound it is written, and taken`)
  }
  for (const [name, value] of not) t.equal(thrown(() => a.register('x').write(value)), 'ERR_OPTION', `${name}: one above`)
  t.deepEqual(b.register('x').value, list)
  const wide = storeAt(clock, 'γ')
  t.deepEqual(wide.register('x').write(nested(limits.depthMax)).value, nested(limits.depthMax), 'so deep by default')
  t.equal(thrown(() => wide.register('x').write(nested(limits.depthMax + 1))), 'ERR_OPTION')
  t.equal(thrown(() => wide.register('x').write(nested(100_000))), 'ERR_OPTION', 'however deep it is')
  t.equal(wide.register('y').write('x'.repeat(limits.bodyBytesMax - 2)).value, 'x'.repeat(limits.bodyBytesMax - 2))
  t.equal(thrown(() => wide.register('y').write('x'.repeat(limits.bodyBytesMax - 1))), 'ERR_OPTION')
  t.end()
})

test('what check does not take reads as undefined, and is not written', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  wire(a, b)
  const number = b.register('x', { check: isNumber })
  a.register('x').write('text')
  clock.run(500)
  t.deepEqual([number.value, number.read()], [undefined, { coherent: true, value: undefined }])
  t.equal(b.register('x').value, 'text', 'while another handle reads it')
  t.equal(thrown(() => number.write('7' as unknown as number)), 'ERR_OPTION')
  t.equal(b.register('x').value, 'text', 'and nothing was written')
  t.deepEqual(number.write(7), { coherent: true, value: 7 })
  number.clear()
  a.register('x').write('text again')
  clock.run(500)
  t.equal(number.clear().value, undefined)
  clock.run(500)
  t.equal(a.register('x').value, undefined, 'what it does not take it clears all the same')
  t.deepEqual(typed(b), [undefined, undefined, undefined])
  t.end()
})

test('what a check throws is thrown, and nothing is written', (t) => {
  const store = storeAt(new Clock(), 'α')
  store.register('x').write(1)
  const mine = new Error('mine')
  const fussy = store.register('x', { check: (_value): _value is number => { throw mine } })
  for (const [name, run] of [['value', () => fussy.value], ['read', () => fussy.read()], ['write', () => fussy.write(2)]] as const) {
    try {
      run()
      t.fail(`${name}: nothing was thrown`)
    } catch (error) {
      t.equal(error, mine, name)
    }
  }
  t.equal(store.register('x').value, 1)
  t.end()
})

test('a check that is no function, and an option that is none, throw ERR_OPTION at once', (t) => {
  const store = storeAt(new Clock(), 'α')
  for (const check of ['number', null, 1, {}]) {
    t.equal(thrown(() => store.register('x', { check } as object)), 'ERR_OPTION', String(check))
  }
  t.end()
})

test('a write made after another was read holds, though the clock of its host is behind', (t) => {
  const clock = new Clock()
  const [fast, slow] = [skewed(clock, 'fast', 25_000), skewed(clock, 'slow', -25_000)]
  wire(fast, slow)
  clock.run(500)
  fast.register('x').write('first')
  clock.run(500)
  t.equal(slow.register('x').value, 'first')
  slow.register('x').write('second')
  clock.run(500)
  t.deepEqual([slow, fast].map((store) => store.register('x').value), ['second', 'second'])
  slow.register('y').write('third')
  clock.run(500)
  fast.register('y').write('fourth')
  clock.run(500)
  t.deepEqual([slow, fast].map((store) => store.register('y').value), ['fourth', 'fourth'])
  t.end()
})

test('of two writes that knew nothing of each other the later holds, and of two at one stamp that of the greater author', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  for (const store of [a, b]) store.register('tie').write(`of ${store.host}`)
  b.register('later').write('of β')
  clock.run(1)
  a.register('later').write('of α')
  t.equal(stamps(a, 'tie')['α'], stamps(b, 'tie')['β'], 'one stamp')
  wire(a, b)
  clock.run(500)
  for (const store of [a, b]) {
    t.deepEqual([store.register('later').value, store.register('tie').value], ['of α', 'of β'], store.host)
    t.equal(store.explain('tie')[0]?.cells.length, 2, 'and what did not hold is kept beside it')
  }
  t.end()
})

/** At a moment one of three writes over what it reads, or a link is cut or joined. */
const act = fc.constantFrom('write', 'write', 'clear', 'join', 'cut')
const move = fc.record({ by: fc.nat(2), act, after: fc.constantFrom(0, 1, 60, 400) })

test('hosts whose clocks differ come to one value, and it is none that somebody wrote over', (t) => {
  const skews = fc.array(fc.integer({ min: -29_000, max: 29_000 }), { minLength: 3, maxLength: 3 })
  holds(t, 'in any schedule of writes and cuts', fc.property(skews, fc.array(move, { maxLength: 40 }), (apart, moves) => {
    const clock = new Clock()
    const stores = apart.map((ms, i) => skewed(clock, `h${i}`, ms)) as [Store, Store, Store]
    const cuts: ((() => void) | null)[] = [null, null]
    const join = (i: number): void => { cuts[i] ??= wire(stores[i] as Store, stores[i + 1] as Store) }
    const over = new Set<Json>()
    moves.forEach(({ by, act, after }, i) => {
      const x = (stores[by] as Store).register('x')
      if (act === 'write' || act === 'clear') over.add(x.value ?? null)
      if (act === 'write') x.write(i)
      else if (act === 'clear') x.clear()
      else if (act === 'join') join(by % 2)
      else cuts.splice(by % 2, 1, (cuts[by % 2]?.(), null))
      clock.run(after)
    })
    join(0)
    join(1)
    clock.run(8_000)
    const [value, ...others] = stores.map((store) => store.register('x').value)
    const alike = others.every((other) => other === value) && stores.every((store) => store.coherent)
    return alike && (value === undefined || !over.has(value))
  }), 150)
  t.end()
})

test('a clear of nothing writes nothing', (t) => {
  const store = storeAt(new Clock(), 'α')
  let changes = 0
  store.on('change', () => { changes += 1 })
  t.deepEqual(store.register('x').clear(), { coherent: true, value: undefined })
  t.deepEqual([changes, store.names()], [0, []])
  store.register('x').write(1)
  store.register('x').clear()
  store.register('x').clear()
  t.equal(changes, 2, 'nor does a second one')
  t.end()
})

test('a clear takes away what was written before it, and loses against what was written after it', (t) => {
  for (const [name, clearedFirst] of [['before', false], ['after', true]] as const) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    a.register('x').write('old')
    let cut = wire(a, b)
    clock.run(500)
    cut()
    const acts = [() => void a.register('x').clear(), () => void b.register('x').write('new')]
    for (const act of clearedFirst ? acts : acts.reverse()) {
      act()
      clock.run(10)
    }
    cut = wire(a, b)
    clock.run(500)
    const value = clearedFirst ? 'new' : undefined
    t.deepEqual([a, b].map((store) => store.register('x').value), [value, value], `written ${name} it`)
  }
  t.end()
})

test('what an earlier life of a host wrote comes back to it, and later writes hold over it', (t) => {
  const clock = new Clock()
  const b = storeAt(clock, 'β')
  const cut = wire(skewed(clock, 'α', 20_000), b)
  b.register('x').write('of β')
  clock.run(500)
  cut()
  const first = skewed(clock, 'α', 20_000)
  const cutFirst = wire(first, b)
  clock.run(500)
  first.register('x').write('of the first life')
  clock.run(500)
  cutFirst()
  const second = storeAt(clock, 'α')
  second.register('y').write('meanwhile')
  wire(second, b)
  clock.run(500)
  t.equal(second.register('x').value, 'of the first life')
  second.register('x').write('of the second')
  clock.run(500)
  const values = [b, second].map((store) => store.register('x').value)
  t.deepEqual(values, ['of the second', 'of the second'], 'though its clock is behind now')
  t.deepEqual(b.explain('x')[0]?.cells.map(({ author }) => author.split('~')[0]), ['α', 'α', 'β'], 'and each life has its cell')
  t.end()
})

test('after close reads go on and writes throw ERR_CLOSED', async (t) => {
  const store = storeAt(new Clock(), 'α')
  const x = store.register('x')
  x.write(1)
  await store.close()
  for (const [name, run] of [['write', () => x.write(2)], ['clear', () => x.clear()], ['extend', () => x.extend('never')]] as const) {
    t.equal(thrown(run), 'ERR_CLOSED', name)
  }
  t.equal(thrown(() => store.register('empty').clear()), 'ERR_CLOSED', 'even where there is nothing to clear')
  t.equal(store.register('x').value, 1)
})

test('a store at cellsMax takes no new register of its own, while those it has go on', (t) => {
  const store = createStore({ host: 'α', limits: { cellsMax: 1 } })
  store.register('x').write(1)
  t.equal(thrown(() => store.register('y').write(1)), 'ERR_FULL')
  t.equal(store.register('x').write(2).value, 2)
  t.equal(store.register('y').clear().value, undefined, 'to clear nothing needs no room')
  t.end()
})

test('only what a register could have written is taken', (t) => {
  const kind = new RegisterKind(new StampClock(limits), limits)
  const isProper = (body: unknown): boolean =>
    Array.isArray(body) && (body.length === 1 || body.length === 2) && Number.isSafeInteger(body[0]) && (body[0] as number) >= 0
  const stamp = fc.oneof(fc.maxSafeNat(), fc.anything(), fc.constantFrom(-1, 0.5, NaN, 2 ** 53, '1', null, -0))
  const value = fc.jsonValue()
  const body = fc.oneof(value, fc.tuple(stamp), fc.tuple(stamp, value), fc.tuple(stamp, value, value))
  holds(t, 'and given back as it came', fc.property(body, (json) => {
    const kept = kind.take(json, '')
    return (kept !== undefined) === isProper(json) && (kept === undefined || JSON.stringify(kind.give(kept)) === JSON.stringify(json))
  }), 2_000)
  holds(t, 'and its bytes are not underrated', fc.property(fc.maxSafeNat(), fc.jsonValue({ stringUnit: 'binary' }), (at, value) => {
    return kind.bytes(kind.take([at, value], '')) >= Buffer.byteLength(JSON.stringify([at, value]))
  }))
  t.end()
})

/** A store and a hand in step with it, which it expects. */
function met(clock: Clock, bounds: Partial<Limits> = {}): { store: Store; hand: Hand; told: ReturnType<typeof refusals> } {
  const store = storeAt(clock, 'α', { expect: ['hand'], limits: bounds })
  const told = refusals(store)
  return { store, told, hand: new Hand(store.createStream()).hello().say({ a: {}, u: 0, y: true }) }
}

test('a body of any improper shape, or with a part, is refused as such, and the session goes on', (t) => {
  const clock = new Clock()
  const { store, hand, told } = met(clock, { bodyBytesMax: 100 })
  clock.run(100)
  const stamp = stampOf(clock)
  const improper: unknown[] = [
    null, 1, 'x', true, {}, [], [null], ['1'], [-1], [0.5], [2 ** 53], [true, 1], [[stamp], 1], [stamp, 1, 2],
    { 0: stamp, 1: 1, length: 2 }, [1, 0, 0], [stamp, 'x'.repeat(99)], [stamp, nested(65)]
  ]
  hand.say(written('β~1', 1, improper.map((_, i) => `n${i}`), improper))
  t.deepEqual(told, [['hand', 'body', improper.length, 'us']])
  hand.say(written('β~1', 50, ['x', 'x'], [[stamp, 1], [stamp, 2]], { p: ['part', '='] }))
  t.deepEqual(told.at(-1), ['hand', 'body', 2, 'us'], 'a register has no parts')
  hand.say(written('β~1', 60, ['x', 'y'], [[stamp, 'taken'], [stamp, 'x'.repeat(98)]]))
  t.deepEqual([store.register('x').value, store.register('y').value], ['taken', 'x'.repeat(98)])
  t.deepEqual([store.names().length, store.peers()[0]?.connected, hand.ended, told.length], [2, true, null, 2])
  t.deepEqual(reasons(store), [['refused']])
  clock.run(60_000)
  t.notOk(hand.heard.flat().some((message) => 'w' in message), 'and none of it is asked for again')
  t.end()
})

test('a stamp further ahead than skewMsMax is refused, asked for once its time has come, and taken then', (t) => {
  const clock = new Clock()
  const { store, hand, told } = met(clock)
  clock.run(100)
  const [most, above] = [stampOf(clock, limits.skewMsMax), stampOf(clock, limits.skewMsMax + 5_000)]
  const early = written('β~1', 2, ['early'], [[above, 'early']])
  hand.say(written('β~1', 1, ['edge'], [[most, 'at the bound']])).say({ a: {}, u: 1 })
  t.deepEqual([store.register('edge').value, told], ['at the bound', []])
  hand.say(early).say({ a: {}, u: 2, y: true })
  t.deepEqual(told, [['hand', 'skew', 1, 'us']])
  t.deepEqual([store.register('early').value, ...reasons(store)], [undefined, ['refused']])
  clock.run(100)
  const heard = hand.heard.flat().findLast((message) => 'r' in message)
  t.deepEqual(heard, { a: { '2~β~1': 1 }, r: { skew: 1 }, y: true }, 'its sender is told')
  const asked = (): boolean => hand.heard.flat().some((message) => 'w' in message)
  clock.runUntil(5_099)
  t.notOk(asked(), 'not a moment before')
  clock.run(100)
  t.ok(asked())
  hand.say(early).say({ a: {}, u: 3, y: true })
  clock.run(100)
  t.deepEqual([store.register('early').value, told.length, ...reasons(store)], ['early', 1, []])
  t.end()
})

test('a stamp that was refused does not move our clock, neither then nor when its time has come', (t) => {
  for (const [aheadMs, after] of [[65_000, 0], [65_000, 10_000], [1e12, 10_000]] as const) {
    const clock = new Clock()
    const { store, hand, told } = met(clock)
    hand.say(written('β~1', 1, ['x'], [[stampOf(clock, aheadMs), 'far']]))
    clock.run(after)
    store.register('x').write('ours')
    t.deepEqual([told.length, store.register('x').value, stamps(store, 'x')], [1, 'ours', { α: stampOf(clock) }])
    hand.say(written('β~1', 2, ['y'], [[stampOf(clock, 60_000), 'near']]))
    store.register('z').write('ours')
    t.equal(stamps(store, 'z')['α'], stampOf(clock, 60_000) + 1, 'while one that was taken does')
  }
  t.end()
})

test('a store whose clock is too far ahead is told so, and both are in doubt until time has passed', (t) => {
  const clock = new Clock()
  const [ahead, right] = [skewed(clock, 'ahead', 70_000), storeAt(clock, 'right')]
  const [toldAhead, toldRight] = [refusals(ahead), refusals(right)]
  wire(ahead, right)
  clock.run(500)
  ahead.register('x').write('early')
  clock.run(500)
  t.deepEqual([toldRight, toldAhead], [[['ahead', 'skew', 1, 'us']], [['right', 'skew', 1, 'peer']]])
  t.deepEqual(reasons(ahead, right), [['refused'], ['refused']])
  t.notOk(ahead.coherent || right.coherent)
  right.register('y').write('right')
  clock.run(8_000)
  t.deepEqual([ahead.register('y').value, right.register('x').value], ['right', undefined])
  t.equal(stamps(right, 'y')['right'], stampOf(clock, -8_000), 'by its own clock')
  clock.run(8_000)
  t.equal(right.register('x').value, 'early')
  t.deepEqual(reasons(ahead, right), [[], []])
  t.deepEqual([toldRight.length, toldAhead.length], [1, 1], 'and it was refused once')
  t.end()
})

test('a host that only listens is no longer in doubt either once it has taken what it refused', (t) => {
  for (const [ours, theirs] of [[{}, { send: false }], [{ receive: false }, {}]] as const) {
    const clock = new Clock()
    const [ahead, right] = [skewed(clock, 'ahead', 70_000), storeAt(clock, 'right')]
    wire(ahead, right, ours, theirs)
    clock.run(500)
    ahead.register('x').write('early')
    clock.run(60_000)
    t.equal(right.register('x').value, 'early')
    t.deepEqual(reasons(ahead, right), [[], []])
  }
  t.end()
})

test('a register that was written often while its clock was ahead is no longer in doubt either', (t) => {
  const clock = new Clock()
  const [ahead, right] = [skewed(clock, 'ahead', 120_000), storeAt(clock, 'right', { limits: { refusalsMax: 4 } })]
  wire(ahead, right)
  for (let i = 0; i < 6; i += 1) {
    ahead.register('x').write(i)
    clock.run(100)
  }
  clock.run(120_000)
  t.equal(right.register('x').value, 5)
  t.deepEqual(reasons(ahead, right), [[], []])
  t.end()
})

test('what is written over another is read back, though the clock was set back by hours since', (t) => {
  const clock = new Clock()
  let aheadMs = 7_200_000
  const [a, b] = [storeAt(clock, 'α', { now: () => clock.date() + aheadMs }), skewed(clock, 'β', aheadMs)]
  wire(a, b)
  b.register('x').write('of β')
  clock.run(500)
  aheadMs = 0
  t.equal(a.register('x').write('of α').value, 'of α')
  clock.run(500)
  t.equal(b.register('x').value, 'of α')
  t.end()
})

/** A store writes while its clock is two hours ahead, and again when it was set right. */
function setRight(t: Test, name: string): void {
  const clock = new Clock()
  let aheadMs = 7_200_000
  const [mended, other] = [storeAt(clock, 'mended', { now: () => clock.date() + aheadMs }), storeAt(clock, 'other')]
  wire(mended, other)
  mended.register('x').write('early')
  clock.run(500)
  aheadMs = 0
  mended.register(name).write('right')
  clock.run(8_000)
  t.deepEqual([mended, other].map((store) => store.register(name).value), ['right', 'right'])
}

test('a clock that was two hours ahead and is set right writes other registers as if it never had been', (t) => {
  setRight(t, 'y')
  t.end()
})

test('and the register that it wrote meanwhile as well', (t) => {
  setRight(t, 'x')
  t.end()
})
