/**
 * Counters from both ends: the kind that judges and carries their bodies, and the handle that users hold.
 */
import fc from 'fast-check'
import test, { type Test } from 'tape'
import { bigint, createStore, integer, isGossipError, link, type Counter, type Limits, type Store } from '../index.js'
import { CounterKind } from '../lib/kinds/counter.js'
import { bigintOf } from '../lib/kinds/numbers.js'
import { UnknownKind } from '../lib/kinds/unknown.js'
import { Clock } from './clock.js'
import { holds } from './property.js'

const max = Number.MAX_SAFE_INTEGER

const integers = new CounterKind(integer)
const bigints = new CounterKind(bigint)

/** Counts as a body may have them: small, large, and at the bound. */
const count = fc.oneof(fc.nat(3), fc.maxSafeNat(), fc.constantFrom(0, max, max - 1))
const bigCount = fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 10n ** 40n }))
const safe = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -0, max, -max), fc.integer({ min: -3, max: 3 }))

function newStore(bounds: Partial<Limits> = {}, clock = new Clock(), host = 'α'): Store {
  return createStore({ host, limits: bounds, time: clock, now: clock.date })
}

/** Asserts that a call throws one of our errors, with its code at the head of what it says. */
function refuses(t: Test, run: () => unknown, code: string, name: string): void {
  try {
    run()
    t.fail(`${name}: nothing was thrown`)
  } catch (error) {
    t.ok(isGossipError(error) && error.code === code && error.message.startsWith(`${code}: `), `${name}: ${String(error)}`)
  }
}

// Users of plain JavaScript can pass anything; so do we.
function add(counter: Counter<number> | Counter<bigint>, n: unknown): unknown {
  return (counter as Counter<unknown>).increment(n)
}

test('a body that is taken is given back as it came', (t) => {
  holds(t, 'safe integers', fc.property(count, count, (plus, minus) => {
    const kept = integers.take([plus, minus], '')
    return JSON.stringify(integers.give(kept)) === JSON.stringify([plus, minus]) && integers.plusOf(kept) === plus &&
      integers.minusOf(kept) === minus && integers.differenceOf(kept) === plus - minus
  }), 500)
  holds(t, 'bigints, as decimal strings', fc.property(bigCount, bigCount, (plus, minus) => {
    const body = [String(plus), String(minus)]
    const kept = bigints.take(body, '')
    return JSON.stringify(bigints.give(kept)) === JSON.stringify(body) && bigints.differenceOf(kept) === plus - minus
  }), 500)
  holds(t, 'and its bytes are not underrated', fc.property(count, count, bigCount, bigCount, (plus, minus, more, less) => {
    const small = integers.take([plus, minus], '')
    const large = bigints.take([String(more), String(less)], '')
    return integers.bytes(small) >= JSON.stringify([plus, minus]).length &&
      bigints.bytes(large) >= JSON.stringify([String(more), String(less)]).length
  }))
  t.end()
})

test('a counter that only went up is kept as the bare number', (t) => {
  t.equal(integers.take([7, 0], ''), 7)
  t.equal(bigints.take(['7', '0'], ''), 7n)
  t.equal(typeof integers.take([7, 1], ''), 'object')
  t.equal(integers.keep(3, 0), 3)
  t.equal(integers.kind, 'counter')
  t.equal(bigints.kind, 'counter:bigint')
  t.end()
})

/** Whether a value is what an honest host could send. */
function isCount(n: unknown): boolean {
  return Number.isSafeInteger(n) && (n as number) >= 0
}

test('bodies that no counter wrote are rejected', (t) => {
  holds(t, 'of any shape', fc.property(fc.jsonValue(), (json) => {
    const proper = isCount(json) || (Array.isArray(json) && json.length === 2 && json.every(isCount))
    return (integers.take(json, '') !== undefined) === proper
  }), 1_000)
  holds(t, 'of two of anything', fc.property(fc.anything(), fc.oneof(count, fc.anything()), (plus, minus) => {
    return (integers.take([plus, minus], '') !== undefined) === (isCount(plus) && isCount(minus))
  }), 1_000)
  const digits = /^(0|[1-9][0-9]*)$/
  const almost = fc.string({ unit: fc.constantFrom(...'0123456789', '-', '+', ' ', 'n', 'x', '.', 'e', '\n'), maxLength: 5 })
  holds(t, 'of strings that are almost numbers', fc.property(almost, (text) => {
    return (bigints.take([text, '0'], '') !== undefined) === digits.test(text)
  }), 1_000)
  const wrong: unknown[] = [
    undefined, null, -1, 0.5, max + 1, NaN, true, '-1', '01', '', [], [1], [1, 0, 0], [1, -1], [-1, 0], [0.5, 0], [max + 1, 0], [0, max + 1], [NaN, 0], [Infinity, 0],
    ['1', 0], [1, '0'], [1n, 0n], [null, 0], [[1], 0], [true, 0], { 0: 1, 1: 0, length: 2 }, new Array(2)
  ]
  for (const body of wrong) t.equal(integers.take(body, ''), undefined, `integer: ${typeof body}`)
  for (const body of [...wrong, [1, 0], ['01', '0'], ['', '0'], ['-0', '0'], ['1\n', '0'], ['１', '0'], ['1e3', '0'], ['0x1', '0']]) {
    t.equal(bigints.take(body, ''), undefined, `bigint: ${typeof body}`)
  }
  for (const [kind, body] of [[integers, '1'], [bigints, 1]] as const) t.equal(kind.take(body, ''), undefined, `${kind.kind}: ${typeof body}`)
  t.end()
})

test('a body without a minus is sent as the bare number, which stands for the pair', (t) => {
  const money = new CounterKind({ ...integers.numbers, name: 'money' }, { bodyBytesMax: 1_000, depthMax: 8 })
  for (const [kind, pair, packed] of [[integers, [5, 0], 5], [integers, [5, 1], [5, 1]], [bigints, ['5', '0'], '5'], [bigints, ['5', '1'], ['5', '1']]] as const) {
    const kept = kind.take(pair, '')
    t.deepEqual([kind.pack(kept), kind.give(kept), kind.take(packed, '')], [packed, pair, kept])
  }
  t.deepEqual([money.pack(5), money.take(5, ''), money.take([5, 0], '')], [[5, 0], undefined, 5], 'users\' numbers are pairs always: hosts that do not know them show them as they come')
  t.end()
})

test('minus zero is taken as zero', (t) => {
  const kept = integers.take([-0, -0], '')
  t.ok(Object.is(kept, 0))
  t.deepEqual(integers.give(kept), [0, 0])
  t.ok(Object.is(integer.sum([-0, -0]), 0), 'and a sum is never minus zero')
  t.end()
})

test('a sum of safe integers is exact, though sums on the way leave the safe range', (t) => {
  holds(t, 'and where it leaves the range itself, it is the nearest number', fc.property(fc.array(safe, { maxLength: 30 }), (list) => {
    return integer.sum(list) === Number(list.reduce((sum, n) => sum + BigInt(n), 0n))
  }), 2_000)
  t.equal(integer.sum([max, max, -max, -max, 5]), 5)
  t.equal(integer.sum([max, 2, -max]), 2)
  t.equal(integer.sum([]), 0)
  t.equal(bigint.sum([10n ** 30n, 1n, -(10n ** 30n)]), 1n)
  t.end()
})

test('the digits of a bigint are bounded, and at the bound it is taken', (t) => {
  const numbers = bigintOf(5)
  t.equal(numbers.decode('99999'), 99_999n)
  t.equal(numbers.decode('100000'), undefined, 'one above')
  t.ok(numbers.fits(99_999n) && numbers.fits(-99_999n))
  t.notOk(numbers.fits(100_000n) || numbers.fits(-100_000n))
  t.equal(bigint.decode('9'.repeat(1_000)), 10n ** 1_000n - 1n)
  t.equal(bigint.decode('9'.repeat(1_001)), undefined)
  t.end()
})

/** Arrays in each other, so many. */
function nested(depth: number): unknown {
  let json: unknown = 1
  for (let i = 0; i < depth; i += 1) json = i % 2 === 0 ? [json] : { a: json }
  return json
}

test('the body of an unknown kind is kept as it came, within bounds of bytes and depth', (t) => {
  const kind = new UnknownKind('mood', { bodyBytesMax: 100, depthMax: 64 })
  holds(t, 'any JSON that fits', fc.property(fc.jsonValue(), (json) => {
    const kept = kind.take(json)
    const text = JSON.stringify(json)
    return Buffer.byteLength(text) <= 100 ? kept === text && JSON.stringify(kind.give(kept)) === text : kept === undefined
  }), 500)
  t.equal(kind.take('x'.repeat(98)), `"${'x'.repeat(98)}"`, 'at the bound of bytes, quotes counted')
  t.equal(kind.take('x'.repeat(99)), undefined, 'one above')
  t.equal(kind.take('é'.repeat(50)), undefined, 'counted in bytes')
  t.equal(kind.take(null), 'null', 'null is a body')
  t.equal(kind.take(undefined), undefined)
  const deep = new UnknownKind('mood', { bodyBytesMax: 10_000, depthMax: 64 })
  t.notEqual(deep.take(nested(64)), undefined, 'at the bound of depth')
  t.equal(deep.take(nested(65)), undefined, 'one above')
  t.equal(new UnknownKind('mood', { bodyBytesMax: 1e9, depthMax: 64 }).take(nested(200_000)), undefined, 'however deep it is')
  t.end()
})

test('a counter goes up and down by one, or by what it is told', (t) => {
  const store = newStore()
  const calls = store.counter('calls')
  t.equal(calls.name, 'calls')
  t.equal(calls.value, 0)
  t.deepEqual(calls.increment(), { coherent: true, value: 1 })
  t.deepEqual(calls.increment(41), { coherent: true, value: 42 })
  t.deepEqual(calls.decrement(), { coherent: true, value: 41 })
  t.deepEqual(calls.decrement(100), { coherent: true, value: -59 })
  t.deepEqual(calls.increment(-1), { coherent: true, value: -60 }, 'a negative increment takes away')
  t.deepEqual(calls.decrement(-60), { coherent: true, value: 0 }, 'and a negative decrement adds')
  t.deepEqual(calls.read(), { coherent: true, value: 0 })
  t.deepEqual(createStore({ host: 'β', expect: ['γ'] }).counter('calls').increment(), { coherent: false, value: 1 })
  t.end()
})

test('a handle has no state: making one writes nothing, and any two of a name read the same', (t) => {
  const store = newStore()
  const one = store.counter('n')
  const other = store.counter('n')
  t.equal(store.statistics().cells, 0)
  t.deepEqual(store.names(), [])
  one.increment(3)
  t.equal(other.value, 3)
  other.increment()
  t.equal(one.value, 4)
  t.equal(store.statistics().cells, 1)
  t.end()
})

test('to add zero writes nothing, and says what there is', (t) => {
  const store = newStore()
  const changes: unknown[] = []
  store.on('change', (change) => changes.push(change))
  for (const zero of [0, -0]) {
    t.deepEqual(store.counter('n').increment(zero), { coherent: true, value: 0 })
    t.deepEqual(store.counter('n').decrement(zero), { coherent: true, value: 0 })
  }
  t.equal(store.counter('b', bigint).increment(0n).value, 0n)
  t.equal(changes.length, 0)
  t.equal(store.statistics().cells, 0)
  store.counter('n').increment(2)
  t.equal(store.counter('n').increment(0).value, 2)
  t.equal(changes.length, 1)
  t.end()
})

test('what is no number of the counter is refused with ERR_OPTION, and nothing is changed', (t) => {
  const store = newStore()
  const n = store.counter('n')
  const b = store.counter('b', bigint)
  n.increment(5)
  b.increment(5n)
  const wrong: [string, unknown][] = [
    ['NaN', NaN], ['a fraction', 1.5], ['a string', '1'], ['Infinity', Infinity], ['an unsafe integer', max + 1], ['null', null],
    ['a boolean', true], ['an array', [1]], ['an object', {}], ['an object without a prototype', Object.create(null)], ['a symbol', Symbol('1')]
  ]
  for (const [name, value] of [...wrong, ['a bigint', 1n] as const]) {
    refuses(t, () => add(n, value), 'ERR_OPTION', `integer, ${name}`)
    refuses(t, () => (n as Counter<unknown>).decrement(value), 'ERR_OPTION', `integer down, ${name}`)
  }
  for (const [name, value] of [...wrong, ['a number', 1] as const]) refuses(t, () => add(b, value), 'ERR_OPTION', `bigint, ${name}`)
  t.equal(n.value, 5)
  t.equal(b.value, 5n)
  t.equal(store.statistics().cells, 2)
  t.end()
})

test('a write that would leave the safe integers is refused with ERR_RANGE, and nothing is changed', (t) => {
  const store = newStore()
  const n = store.counter('n')
  const changes: unknown[] = []
  n.increment(max)
  store.on('change', (change) => changes.push(change))
  t.equal(n.value, max, 'at the bound it is written')
  refuses(t, () => n.increment(), 'ERR_RANGE', 'one above')
  refuses(t, () => n.increment(max), 'ERR_RANGE', 'far above')
  t.equal(n.value, max)
  t.equal(changes.length, 0)
  n.decrement(max)
  t.equal(n.value, 0)
  refuses(t, () => n.increment(), 'ERR_RANGE', 'our own share cannot go on, though the value could')
  n.decrement(0)
  t.equal(n.value, 0)
  refuses(t, () => n.decrement(), 'ERR_RANGE', 'nor can it down')
  const m = store.counter('m')
  m.decrement(max)
  t.equal(m.value, -max)
  refuses(t, () => m.decrement(), 'ERR_RANGE', 'one below the least')
  t.equal(m.increment().value, -max + 1, 'while the way back is open')
  t.end()
})

test('what ERR_RANGE says names the number that does not fit', (t) => {
  const n = newStore().counter('n')
  n.increment(max)
  t.throws(() => n.increment(), /"n": what this host added would leave the safe integers at 9007199254740992; nothing was changed\. Use store\.counter\(name, bigint\)/)
  n.decrement(max)
  try {
    n.increment()
    t.fail('nothing was thrown')
  } catch (error) {
    t.doesNotMatch(String(error), / at 1;/, 'a share that is full is not told as a value that fits')
  }
  t.end()
})

/** Three stores of which two counted so much that the total leaves the safe integers. */
function beyond(): { a: Store; c: Store; clock: Clock } {
  const clock = new Clock()
  const [a, b, c] = ['α', 'β', 'γ'].map((host) => newStore({}, clock, host)) as [Store, Store, Store]
  a.counter('n').increment(max)
  b.counter('n').increment(max)
  link(a, b)
  link(b, c)
  clock.run(1_000)
  return { a, c, clock }
}

test('a read beyond the safe integers gives the nearest number and never throws', (t) => {
  const { a, c } = beyond()
  t.equal(a.counter('n').value, 2 * max)
  t.equal(c.counter('n').read().value, 2 * max)
  t.end()
})

test('what others counted keeps nobody from counting: only our own share is judged', (t) => {
  const { a, c, clock } = beyond()
  t.equal(c.counter('n').increment(4).value, Number(2n * BigInt(max) + 4n))
  refuses(t, () => a.counter('n').increment(), 'ERR_RANGE', 'while a share that is full is')
  clock.run(1_000)
  t.equal(a.counter('n').value, Number(2n * BigInt(max) + 4n))
  t.end()
})

test('a store at cellsMax takes no new cell of its own, while those it has go on', (t) => {
  const store = newStore({ cellsMax: 2 })
  store.counter('a').increment()
  store.counter('b').increment()
  t.equal(store.statistics().cells, 2, 'at the bound')
  refuses(t, () => store.counter('c').increment(), 'ERR_FULL', 'one above')
  t.equal(store.statistics().cells, 2)
  t.equal(store.counter('c').value, 0)
  t.equal(store.counter('a').increment().value, 2)
  t.equal(store.counter('b').decrement(3).value, -2)
  t.end()
})

test('to add zero to a counter that is not there needs no room', (t) => {
  const store = newStore({ cellsMax: 1 })
  store.counter('a').increment()
  t.doesNotThrow(() => store.counter('c').increment(0))
  t.end()
})

test('after close reads go on and writes throw ERR_CLOSED', async (t) => {
  const store = newStore()
  const n = store.counter('n')
  n.increment(3)
  await store.close()
  refuses(t, () => n.increment(), 'ERR_CLOSED', 'up')
  refuses(t, () => n.decrement(), 'ERR_CLOSED', 'down')
  refuses(t, () => n.increment(0), 'ERR_CLOSED', 'even by zero')
  t.equal(n.value, 3)
  t.equal(n.read().value, 3)
  t.equal(store.counter('n').value, 3, 'a new handle reads too')
})

test('a bigint counter counts as far as its digits go', (t) => {
  const store = newStore({ digitsMax: 20 })
  const n = store.counter('n', bigint)
  t.equal(n.value, 0n)
  t.equal(n.increment().value, 1n)
  t.equal(n.decrement(3n).value, -2n)
  const most = 10n ** 20n - 1n
  t.equal(n.increment(most - 1n).value, most - 3n, 'at the bound of our share')
  refuses(t, () => n.increment(), 'ERR_RANGE', 'one above')
  t.equal(n.value, most - 3n)
  t.equal(n.decrement(-1n + 1n).value, most - 3n)
  refuses(t, () => store.counter('m', bigint).decrement(10n ** 20n), 'ERR_RANGE', 'too many digits at once')
  t.equal(store.counter('m', bigint).value, 0n)
  t.end()
})

test('one name as integer and as bigint is two counters', (t) => {
  const store = newStore()
  store.counter('n').increment(1)
  store.counter('n', bigint).increment(10n ** 30n)
  t.equal(store.counter('n').value, 1)
  t.equal(store.counter('n', integer).value, 1)
  t.equal(store.counter('n', bigint).value, 10n ** 30n)
  t.deepEqual(store.names(), [{ kind: 'counter', name: 'n' }, { kind: 'counter:bigint', name: 'n' }])
  t.end()
})

test('names are 1–256 bytes of proper Unicode, whatever they mean to objects', (t) => {
  const store = newStore()
  const proper = ['n', '__proto__', 'constructor', ' ', '\n', '~', 'a'.repeat(256), 'ä'.repeat(128)]
  for (const name of proper) t.equal(store.counter(name).increment().value, 1, JSON.stringify(name).slice(0, 30))
  const improper: unknown[] = ['', 'a'.repeat(257), 'ä'.repeat(129), '\ud83d', undefined, null, 1, 1n, {}, Symbol('n')]
  for (const name of improper) refuses(t, () => store.counter(name as string), 'ERR_OPTION', typeof name)
  t.end()
})

test('random writes at several stores come to the exact sum at each of them', (t) => {
  const move = fc.record({ by: fc.nat(2), n: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -(2 ** 48), max: 2 ** 48 })) })
  holds(t, 'in integers and in bigints', fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
    const clock = new Clock()
    const stores = ['α', 'β', 'γ'].map((host) => newStore({}, clock, host)) as [Store, Store, Store]
    const half = moves.length >> 1
    const play = ({ by, n }: { by: number; n: number }): void => {
      stores[by]?.counter('n').increment(n)
      stores[by]?.counter('n', bigint).increment(BigInt(n) * 10n ** 20n)
    }
    moves.slice(0, half).forEach(play)
    link(stores[0], stores[1])
    link(stores[1], stores[2])
    clock.run(1_000)
    moves.slice(half).forEach(play)
    clock.run(1_000)
    const sum = moves.reduce((total, { n }) => total + n, 0)
    return stores.every((store) => store.counter('n').value === sum && store.counter('n', bigint).value === BigInt(sum) * 10n ** 20n)
  }), 100)
  t.end()
})

test('a counter takes no numbers but those of this module', (t) => {
  const decimal = { ...integer, name: 'decimal' }
  t.throws(() => newStore().counter('n', decimal), /ERR_OPTION: this store counts in integer, bigint, not in an object/)
  t.end()
})
