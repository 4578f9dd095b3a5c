/**
 * Numbers that users bring: money as exact decimals, counted at several stores, judged where it comes from strangers, and carried by
 * stores that know nothing of it.
 */
import fc from 'fast-check'
import test from 'tape'
import {
  bigint, createStore, integer, link, type ChangeView, type Counter, type Json, type Limits, type Numbers, type Store, type StoreOptions
} from '../index.js'
import { Clock } from './clock.js'
import { holds } from './property.js'
import { Hand, storeAt } from './stores.js'
import { thrown } from './world.js'

/** Cents, as '12.34' on the wire. */
const money: Numbers<bigint> = {
  name: 'money',
  zero: 0n,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
  encode: (cents) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`,
  decode: (json) => (typeof json === 'string' && /^(0|[1-9][0-9]*)\.[0-9]{2}$/.test(json) ? BigInt(json.replace('.', '')) : undefined)
}

/** The same in an object, as users of decimal libraries have it: nothing of it is a primitive. */
class Amount {
  constructor(readonly cents: bigint) {}
}

const amounts: Numbers<Amount> = {
  name: 'amounts',
  zero: new Amount(0n),
  one: new Amount(100n),
  add: (a, b) => new Amount(a.cents + b.cents),
  subtract: (a, b) => new Amount(a.cents - b.cents),
  compare: (a, b) => money.compare(a.cents, b.cents),
  encode: ({ cents }) => ({ amount: money.encode(cents), currency: 'EUR' }),
  decode: (json) => {
    const { amount, currency } = json as { amount?: unknown; currency?: unknown }
    const cents = currency === 'EUR' ? money.decode(amount) : undefined
    return cents === undefined ? undefined : new Amount(cents)
  }
}

type Expect<Holds extends true> = Holds
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

export function typed(store: Store) {
  const cents = store.counter('x', money).value
  const whole = store.counter('x', { expire: 'never' }).read().value
  const amount = store.counter('x', amounts, {}).increment(new Amount(1n)).value
  return [cents, whole, amount] as const
}

/** Each line is a compile error when it does not hold. */
export type Proofs = [
  Expect<Same<ReturnType<typeof typed>, readonly [bigint, number, Amount]>>,
  Expect<Same<Counter<Amount>['value'], Amount>>,
  Expect<Same<Parameters<Counter<bigint>['increment']>[0], bigint | undefined>>,
  Expect<typeof money extends NonNullable<StoreOptions['numbers']>[number] ? true : false>
]

function spender(clock: Clock, host: string, numbers: readonly Numbers<unknown>[] = [money], bounds: Partial<Limits> = {}): Store {
  return storeAt(clock, host, { numbers, limits: bounds })
}

/** What is held, as readers are shown it. */
function held(store: Store): ChangeView[] {
  const views: ChangeView[] = []
  const read = store.changes()
  const next = (): void => read(null, (end, view) => {
    if (end) return
    views.push(view as ChangeView)
    next()
  })
  next()
  return views
}

/** A store, how a stranger says bodies to it, and what it refused of them by code. */
type Met = { store: Store; say: (...bodies: unknown[]) => void; refused: () => Record<string, number> }

/** A store whose numbers are these, and a stranger who counts in them on n0, n1, n2… */
function met(numbers: Numbers<bigint>, bounds: Partial<Limits> = {}): Met {
  const clock = new Clock()
  const store = spender(clock, 'α', [numbers], bounds)
  const hand = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  let seq = 0
  const say = (...bodies: unknown[]): void => {
    const steps = bodies.map((_, i) => (i === 0 ? seq + 1 : 1))
    hand.say({ s: [1, 'β~1'], k: `counter:${numbers.name}`, q: steps, n: bodies.map((_, i) => `n${seq + i}`), c: bodies })
    seq += bodies.length
    clock.run(10)
  }
  return { store, say, refused: () => store.peers()[0]?.refused ?? {} }
}

test('money is counted up and down at two stores, exactly, and travels as decimals', (t) => {
  const clock = new Clock()
  const [a, b] = [spender(clock, 'α'), spender(clock, 'β')]
  link(a, b)
  const [here, there] = [a.counter('till', money), b.counter('till', money)]
  t.equal(here.value, 0n)
  t.deepEqual(here.increment(1_234n), { coherent: false, value: 1_234n })
  there.increment(10n)
  there.increment(20n)
  there.decrement(5n)
  here.decrement(10_000_000_000_000_000_000n)
  clock.run(500)
  t.deepEqual([here.value, there.value], [-9_999_999_999_999_998_741n, -9_999_999_999_999_998_741n])
  t.deepEqual(held(a).map(({ host, kind, name, part, body }) => [host, kind, name, part, body]), [
    ['α', 'counter:money', 'till', '', ['12.34', '100000000000000000.00']], ['β', 'counter:money', 'till', '', ['0.30', '0.05']]
  ])
  t.deepEqual(a.names(), [{ kind: 'counter:money', name: 'till' }])
  t.deepEqual([a.counter('till').value, a.counter('till', bigint).value], [0, 0n], 'other numbers of that name are other counters')
  t.end()
})

test('random amounts at several stores come to the exact sum at each of them', (t) => {
  const cents = fc.oneof(fc.bigInt({ min: -200n, max: 200n }), fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }))
  const spent = fc.record({ by: fc.nat(2), cents })
  holds(t, 'as bigints and as objects', fc.property(fc.array(spent, { maxLength: 20 }), (list) => {
    const clock = new Clock()
    const stores = ['α', 'β', 'γ'].map((host) => spender(clock, host, [money, amounts])) as [Store, Store, Store]
    link(stores[0], stores[1])
    link(stores[1], stores[2])
    for (const { by, cents } of list) {
      stores[by]?.counter('x', money).increment(cents)
      stores[by]?.counter('x', amounts).decrement(new Amount(cents))
      clock.run(10)
    }
    clock.run(500)
    const sum = list.reduce((total, { cents }) => total + cents, 0n)
    return stores.every((store) => store.counter('x', money).value === sum && store.counter('x', amounts).value.cents === -sum)
  }), 100)
  t.end()
})

test('a store that was not given the numbers keeps them for others and forwards them', (t) => {
  const clock = new Clock()
  const [left, relay, right] = [spender(clock, 'left'), storeAt(clock, 'relay'), spender(clock, 'right')]
  left.counter('till', money).increment(1_234n)
  link(left, relay)
  clock.run(500)
  t.deepEqual(held(relay).map(({ kind, name, body }) => [kind, name, body]), [['counter:money', 'till', ['12.34', '0.00']]])
  t.equal(thrown(() => relay.counter('till', money)), 'ERR_OPTION', 'though it cannot count in them')
  link(relay, right)
  clock.run(500)
  t.equal(right.counter('till', money).value, 1_234n)
  right.counter('till', money).decrement(34n)
  clock.run(500)
  t.equal(left.counter('till', money).value, 1_200n)
  t.ok([left, relay, right].every((store) => store.coherent))
  t.deepEqual(held(relay).map(({ host, body }) => [host, body]), [['left', ['12.34', '0.00']], ['right', ['0.00', '0.34']]])
  t.end()
})

test('two stores whose numbers of one name differ refuse what they cannot read, and go on', (t) => {
  const clock = new Clock()
  const tenths: Numbers<bigint> = {
    ...money,
    encode: (n) => `${n / 10n}.${n % 10n}`,
    decode: (json) => (typeof json === 'string' && /^\d+\.\d$/.test(json) ? BigInt(json.replace('.', '')) : undefined)
  }
  const [a, b] = [spender(clock, 'α'), spender(clock, 'β', [tenths])]
  link(a, b)
  a.counter('x', money).increment(5n)
  a.counter('y').increment()
  clock.run(500)
  t.deepEqual([b.counter('x', tenths).value, b.counter('y').value], [0n, 1])
  t.deepEqual([a, b].map((store) => store.doubts().map(({ why }) => why)), [['refused'], ['refused']])
  t.end()
})

test('what no money encoded is refused as body, and the session goes on', (t) => {
  const { store, say, refused } = met(money)
  const improper: unknown[] = [
    null, '1.00', [], ['1.00'], ['1.00', '0.00', '0.00'], [1, 0], [1.5, 0], ['1.0', '0.00'], ['1.00', '0'], ['01.00', '0.00'],
    ['-1.00', '0.00'], ['1.00', '-0.01'], ['1.00\n', '0.00'], ['', ''], [['1.00'], '0.00'], [null, null],
    { 0: '1.00', 1: '0.00', length: 2 }, ['1.00', { toString: '0.00' }]
  ]
  say(...improper)
  t.deepEqual([refused(), store.statistics().cells], [{ body: improper.length }, 0])
  say(['12.34', '2.34'])
  t.equal(store.counter(`n${improper.length}`, money).value, 1_000n)
  t.equal(store.peers()[0]?.connected, true)
  t.end()
})

test('what the numbers throw at a stranger says that it is none', (t) => {
  const brittle: Numbers<bigint> = {
    ...money,
    compare: (a, b) => {
      if (a === 66_600n) throw new Error('compare')
      return money.compare(a, b)
    },
    decode: (json) => {
      if (json === '7.77') throw new Error('decode')
      return money.decode(json)
    }
  }
  const { store, say, refused } = met(brittle)
  let errors = 0
  store.on('error', () => { errors += 1 })
  say(['7.77', '0.00'], ['0.00', '7.77'], ['666.00', '0.00'], ['0.00', '666.00'], ['1.00', '0.00'])
  t.deepEqual([refused(), errors, store.counter('n4', brittle).value], [{ body: 4 }, 0, 100n])
  t.end()
})

test('a number below zero is refused, though decode lets it through', (t) => {
  const decode = (json: unknown): bigint | undefined => (typeof json === 'string' ? BigInt(json) : undefined)
  const lenient: Numbers<bigint> = { ...money, encode: String, decode }
  const { store, say, refused } = met(lenient)
  say(['-1', '0'], ['0', '-1'], ['-1', '-1'], ['x', '0'], ['2', '1'])
  t.deepEqual([refused(), store.counter('n4', lenient).value], [{ body: 4 }, 1n])
  const unordered: Numbers<number> = {
    name: 'unordered', zero: 0, add: (a, b) => a + b, subtract: (a, b) => a - b, compare: (a, b) => a - b, encode: (n) => String(n),
    decode: (json) => Number(json)
  }
  const other = met(unordered as unknown as Numbers<bigint>)
  other.say(['NaN', '0'], ['x', '0'], [{}, '0'], ['1', 'NaN'])
  t.deepEqual(other.refused(), { body: 4 }, 'and so is what cannot be compared')
  t.end()
})

test('a number takes half of bodyBytesMax at most, from strangers and from us', (t) => {
  const { store, say, refused } = met(money, { bodyBytesMax: 100 })
  const most = `${'9'.repeat(45)}.99`
  say([most, '0.00'], [most, most])
  t.deepEqual([refused(), store.statistics().cells], [{}, 2], 'at the bound, its quotes counted')
  say([`9${most}`, '0.00'], ['0.00', `9${most}`], ['9'.repeat(1_000_000), '0.00'])
  t.deepEqual([refused(), store.statistics().cells], [{ body: 3 }, 2])
  const till = store.counter('till', money)
  till.increment(10n ** 47n - 1n)
  t.equal(thrown(() => till.increment(1n)), 'ERR_RANGE', 'one above')
  t.equal(thrown(() => till.decrement(10n ** 47n)), 'ERR_OPTION', 'what cannot be carried at all is no number of ours')
  t.equal(till.value, 10n ** 47n - 1n)
  t.end()
})

test('numbers that are none are refused at createStore', (t) => {
  const without = (out: keyof Numbers<bigint>): object => Object.fromEntries(Object.entries(money).filter(([key]) => key !== out))
  const named = (name: unknown): [string, unknown] => [`the name ${JSON.stringify(name)}`, [{ ...money, name }]]
  const wrong: [string, unknown][] = [
    ['null', null], ['no array', money], ['a number', 1], ['a hole', [, money]], ['null in it', [null]], ['a string', ['money']],
    ['a function', [() => money]], ['no name', [without('name')]],
    ...[7, '', 'Money', 'a:b', 'a~b', '.a', 'a\n', 'a'.repeat(33), 'bigint'].map(named),
    ['bigint itself', [bigint]], ['integer itself', [integer]],
    ['one name twice', [money, { ...money }]], ['the same twice', [money, money]],
    ...(['add', 'subtract', 'compare', 'encode', 'decode'] as const).map((key): [string, unknown] => [`no ${key}`, [without(key)]]),
    ['an add that is no function', [{ ...money, add: '+' }]],
    ['a zero that is not decoded', [{ ...money, decode: () => undefined }]],
    ['a zero that comes back as another', [{ ...money, encode: () => '0.01' }]],
    ['a zero of another type', [{ ...money, zero: 7n, encode: () => '0.07', compare: () => 1 }]]
  ]
  for (const [name, numbers] of wrong) t.equal(thrown(() => createStore({ host: 'α', numbers } as StoreOptions)), 'ERR_OPTION', name)
  for (const name of ['a', '0', 'a'.repeat(32), 'eur-2.dp_x']) t.ok(createStore({ host: 'α', numbers: [{ ...money, name }] }), name)
  t.ok(createStore({ host: 'α', numbers: [] }) && createStore({ host: 'α', numbers: Object.freeze([money, amounts]) }))
  t.end()
})

test('numbers that throw at their zero, or encode what is no JSON, are refused at createStore', (t) => {
  const fails = (): never => { throw new Error('mine') }
  const wrong: [string, Numbers<bigint>][] = [
    ['no zero', { ...money, zero: undefined } as unknown as Numbers<bigint>],
    ['encode throws', { ...money, encode: fails }], ['decode throws', { ...money, decode: fails }],
    ['compare throws', { ...money, compare: fails }],
    ['a bigint on the wire', { ...money, encode: (n) => n as unknown as Json, decode: (json) => json as bigint }],
    ['a class on the wire', { ...money, encode: (n) => new Amount(n) as unknown as Json, decode: (json) => (json as Amount).cents }],
    ['an accepts that is no function', { ...money, accepts: true } as unknown as Numbers<bigint>]
  ]
  for (const [name, numbers] of wrong) t.equal(thrown(() => createStore({ host: 'α', numbers: [numbers] })), 'ERR_OPTION', name)
  t.end()
})

test('numbers that the store was not given throw where a counter is asked for', (t) => {
  const store = spender(new Clock(), 'α')
  t.equal(thrown(() => store.counter('x', amounts)), 'ERR_OPTION')
  t.equal(thrown(() => store.counter('x', { ...money })), 'ERR_OPTION', 'a copy may count otherwise')
  t.equal(thrown(() => storeAt(new Clock(), 'α').counter('x', money)), 'ERR_OPTION')
  for (const [name, numbers] of [['null', null], ['a string', 'money'], ['a number', 1], ['a function', () => money]] as const) {
    t.equal(thrown(() => store.counter('x', numbers as unknown as Numbers<bigint>)), 'ERR_OPTION', name)
  }
  t.throws(() => store.counter('x', amounts), /counts in integer, bigint, money, not in an object; give it numbers of your own/)
  t.deepEqual(store.names(), [])
  t.end()
})

test('increment and decrement without a number need a one', (t) => {
  const store = spender(new Clock(), 'α', [money, amounts])
  const till = store.counter('till', money)
  t.equal(thrown(() => till.increment()), 'ERR_OPTION')
  t.equal(thrown(() => till.decrement()), 'ERR_OPTION')
  t.equal(thrown(() => till.increment(undefined)), 'ERR_OPTION')
  t.equal(store.statistics().cells, 0)
  const coins = store.counter('coins', amounts)
  coins.increment()
  coins.increment()
  t.equal(coins.decrement(new Amount(50n)).value.cents, 150n)
  t.equal(coins.decrement().value.cents, 50n)
  t.end()
})

test('what is no number of the counter is refused with ERR_OPTION, and nothing is changed', (t) => {
  const store = spender(new Clock(), 'α', [money, amounts])
  const till = store.counter('till', money)
  till.increment(5n)
  for (const n of [1, '1.00', NaN, null, true, {}, [], [1n], Symbol('1'), () => 1n]) {
    t.equal(thrown(() => till.increment(n as bigint)), 'ERR_OPTION', `up by ${typeof n}`)
    t.equal(thrown(() => till.decrement(n as bigint)), 'ERR_OPTION', `down by ${typeof n}`)
  }
  const x = store.counter('x', amounts)
  for (const n of [1n, {}, null, { cents: 1 }]) t.equal(thrown(() => x.increment(n as Amount)), 'ERR_OPTION', `up by ${typeof n}`)
  t.deepEqual([till.value, store.statistics().cells], [5n, 1])
  t.end()
})

test('without accepts, a value of another type that encodes alike is no number of ours', (t) => {
  const decode = (json: unknown): bigint | undefined => (typeof json === 'string' && /^\d+$/.test(json) ? BigInt(json) : undefined)
  const lax: Numbers<bigint> = { ...money, encode: String, decode }
  const x = spender(new Clock(), 'α', [lax]).counter('x', lax)
  for (const n of ['5', 5]) t.equal(thrown(() => x.increment(n as unknown as bigint)), 'ERR_OPTION', `${typeof n}`)
  t.equal(x.value, 0n)
  t.end()
})

/** Money of three digits at most, that says all that there is to say, and notes what it was asked. */
function whole(): { numbers: Numbers<bigint>; asked: string[] } {
  const asked: string[] = []
  const told = <Answer>(what: string, answer: Answer): Answer => {
    asked.push(what)
    return answer
  }
  const numbers: Numbers<bigint> = {
    ...money,
    one: 1n,
    hint: 'cents, as 5n',
    range: 'what fits into a till',
    remedy: ' Empty it.',
    accepts: (n): n is bigint => told('accepts', typeof n === 'bigint' && n % 10n !== 7n),
    fits: (n) => told('fits', n < 1_000n),
    sum: (list) => told('sum', [...list].reduce((a, b) => a + b, 0n))
  }
  return { numbers, asked }
}

test('accepts, fits and sum are used where they are given, and hint, range and remedy are said', (t) => {
  const { numbers, asked } = whole()
  const till = spender(new Clock(), 'α', [numbers]).counter('till', numbers)
  t.equal(till.increment().value, 1n)
  t.deepEqual(asked, ['accepts', 'fits', 'fits', 'sum'])
  t.equal(thrown(() => till.increment(7n)), 'ERR_OPTION')
  t.throws(() => till.increment(7n), /counter:money "till" cannot count 7n; .* Use cents, as 5n\.$/)
  t.equal(till.increment(998n).value, 999n, 'at the bound')
  t.equal(thrown(() => till.increment(1n)), 'ERR_RANGE')
  t.throws(() => till.increment(1n), /"till": what this host added would leave what fits into a till at 1000n; .* Empty it\.$/)
  t.throws(() => till.decrement(1_000n), /what this host took away would leave what fits into a till at 1000n/)
  t.equal(till.value, 999n)
  const plain = spender(new Clock(), 'β').counter('till', money)
  const other = 1 as unknown as bigint
  t.throws(() => plain.increment(other), /cannot count 1; .* Use numbers of "money"\.$/, 'and where they are not, there are others')
  t.throws(() => plain.increment(), /cannot count undefined/)
  t.end()
})

test('fits is asked of our own sums alone: of strangers all is taken that decode takes', (t) => {
  const { numbers } = whole()
  const { store, say, refused } = met(numbers)
  say(['10.00', '0.00'], ['9.99', '1.0'])
  t.deepEqual([refused(), store.counter('n0', numbers).value], [{ body: 1 }, 1_000n])
  t.end()
})

test('a sum is bounded in bytes though fits allows any', (t) => {
  const { store, say, refused } = met({ ...money, fits: () => true })
  say([`${'9'.repeat(100_000)}.99`, '0.00'])
  t.deepEqual([refused(), store.statistics().cells], [{ body: 1 }, 0])
  t.end()
})

test('an encode that throws where a sum has grown too large is an ERR_RANGE', (t) => {
  const capped: Numbers<bigint> = {
    ...money,
    encode: (n) => {
      if (n > 999n) throw new Error('too much')
      return money.encode(n)
    }
  }
  const till = spender(new Clock(), 'α', [capped]).counter('till', capped)
  till.increment(999n)
  t.equal(thrown(() => till.increment(1n)), 'ERR_RANGE')
  t.equal(till.value, 999n)
  t.end()
})

test('an encode that throws when a change is sent ends that session alone, as a fault', (t) => {
  const clock = new Clock()
  let broken = false
  const late: Numbers<bigint> = {
    ...money,
    encode: (n) => {
      if (broken) throw new Error('mine')
      return money.encode(n)
    }
  }
  const [a, b] = [spender(clock, 'α', [late]), spender(clock, 'β')]
  const told: string[] = []
  a.on('error', (error) => told.push(String(error)))
  a.counter('x', late).increment(666n)
  broken = true
  t.equal(thrown(() => { link(a, b); clock.run(500) }), null)
  t.deepEqual(told, ['Error: mine'])
  t.end()
})
