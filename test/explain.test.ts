/**
 * What a store explains of a name: who wrote what, until when it lives, which hosts hold it, and what was refused of it.
 */
import test from 'tape'
import { bigint, link, type CellView, type Explanation, type Limits, type Store } from '../index.js'
import { Clock } from './clock.js'
import { Hand, storeAt, storesAt } from './stores.js'
import { thrown } from './world.js'

/** The life of a store, from its next change. */
function authorOf(store: Store): string {
  let author = ''
  store.once('change', (change) => { author = change.author })
  store.counter('the first').increment()
  return author
}

/** What is explained of a name of one kind. */
function one(store: Store, name: string): Explanation {
  const [explanation, ...more] = store.explain(name)
  if (explanation === undefined || more.length > 0) throw new Error(`"${name}" is not explained once`)
  return explanation
}

/** The cells of a name of one kind, in order of their authors. */
function cells(store: Store, name: string): CellView[] {
  return one(store, name).cells.sort((a, b) => (a.author < b.author ? -1 : 1))
}

/** Who holds each cell of a name, and who does not, in order of their authors. */
function holders(store: Store, name: string): [held: string[], lacked: string[]][] {
  return cells(store, name).map(({ heldBy, lackedBy }) => [heldBy, lackedBy])
}

/** A store and a hand that said hello and what it holds. */
function met(clock: Clock, bounds: Partial<Limits> = {}): { store: Store; hand: Hand } {
  const store = storeAt(clock, 'α', { limits: bounds })
  return { store, hand: new Hand(store.createStream()).hello().say({ a: {}, u: 0 }) }
}

test('a name is explained with its cells, and with the connected hosts that hold each or do not', (t) => {
  const clock = new Clock()
  const a = storeAt(clock, 'α', { expect: ['δ'] })
  const [b, c] = storesAt(clock, 'β', 'γ')
  const [α, β] = [authorOf(a), authorOf(b)]
  link(a, b)
  const deaf = new Hand(a.createStream({ expected: false })).hello('deaf').say({ a: {}, u: 0 })
  clock.run(500)
  a.counter('calls').increment(5, { expire: clock.date() + 10_000 })
  b.counter('calls').decrement(2)
  clock.run(500)
  const expire = clock.epoch + 10_500
  t.deepEqual({ ...one(a, 'calls'), cells: cells(a, 'calls') }, {
    kind: 'counter',
    name: 'calls',
    phase: 'live',
    expire,
    cells: [
      { author: α, seq: 2, part: '', expire, body: [5, 0], heldBy: ['β'], lackedBy: ['deaf'] },
      { author: β, seq: 2, part: '', expire: null, body: [0, 2], heldBy: ['β'], lackedBy: ['deaf'] }
    ],
    refused: []
  })
  link(a, c)
  clock.run(500)
  deaf.say({ a: { [α]: 2, [β]: 1 }, u: 0 })
  t.deepEqual(holders(a, 'calls'), [[['β', 'deaf', 'γ'], []], [['β', 'γ'], ['deaf']]], 'by what they say')
  t.deepEqual(holders(c, 'calls'), [[['α'], []], [['α'], []]], 'and of hosts further off nothing is known')
  deaf.stop()
  clock.run(100)
  t.deepEqual(holders(a, 'calls').map(([, lacked]) => lacked), [[], []], 'nor of those that are gone, or expected and not there')
  t.end()
})

test('a host that holds what took the place of a change holds it, by whichever of its streams it says so', (t) => {
  const clock = new Clock()
  const { store, hand } = met(clock)
  const author = authorOf(store)
  new Hand(store.createStream()).hello().say({ a: { [author]: 1 }, u: 0 })
  t.deepEqual(holders(store, 'the first'), [[['hand'], []]])
  store.counter('x').increment()
  t.deepEqual(holders(store, 'x'), [[[], ['hand']]], 'told once')
  hand.say({ a: { [author]: 1 }, d: { [author]: [[2, 2]] }, u: 0 })
  t.deepEqual(holders(store, 'x'), [[['hand'], []]], 'a range is as good')
  store.counter('x').increment()
  t.deepEqual(holders(store, 'x'), [[[], ['hand']]], 'a newer change is another')
  hand.say({ a: { [author]: 3 }, u: 0 })
  t.deepEqual(holders(store, 'x'), [[['hand'], []]])
  t.end()
})

test('a name of several kinds is explained once for each', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  store.counter('x').increment(3)
  store.counter('x', bigint).decrement(10n ** 20n)
  store.register('x').write({ a: [1] }, { expire: 'never' })
  store.set('x').add('element')
  const explained = store.explain('x')
  t.deepEqual(explained.map(({ kind, name, phase }) => [kind, name, phase]).sort(), [
    ['counter', 'x', 'live'], ['counter:bigint', 'x', 'live'], ['register', 'x', 'live'], ['set', 'x', 'live']
  ])
  const body = (kind: string): unknown =>
    explained.find((explanation) => explanation.kind === kind)?.cells.map((cell) => [cell.part, cell.expire, cell.body])
  t.deepEqual(body('counter'), [['', null, [3, 0]]])
  t.deepEqual(body('counter:bigint'), [['', null, ['0', '100000000000000000000']]])
  t.deepEqual(body('register'), [['', 'never', [clock.date() * 1_024, { a: [1] }]]])
  t.deepEqual(body('set')?.toString().split(',')[0], '=element')
  t.deepEqual(explained.map(({ kind, expire }) => [kind, expire]).filter(([, expire]) => expire !== null), [['register', 'never']])
  t.end()
})

test('a refused change is explained with its author, part, code and who sent it, until it is held', (t) => {
  const clock = new Clock()
  const { store, hand } = met(clock, { partBytesMax: 8 })
  const parts = ['', 'odd', 'far too long']
  hand.say({ s: [1, 'β~1'], k: 'counter', q: [3, 1, 1], n: ['x', 'x', 'z'], p: parts, c: [[-1, 0], [1, 0], [1, 0]] })
  hand.say({ s: [2, 'γ~2'], k: 'register', q: [7], n: ['x'], c: [[Number.MAX_SAFE_INTEGER, 'far ahead']] })
  clock.run(100)
  t.deepEqual(store.explain('x'), [
    {
      kind: 'counter', name: 'x', phase: 'new', expire: null, cells: [],
      refused: [
        { author: 'β~1', seq: 3, part: '', code: 'body', peer: 'hand' },
        { author: 'β~1', seq: 4, part: 'odd', code: 'body', peer: 'hand' }
      ]
    },
    {
      kind: 'register', name: 'x', phase: 'new', expire: null, cells: [],
      refused: [{ author: 'γ~2', seq: 7, part: '', code: 'skew', peer: 'hand' }]
    }
  ])
  t.deepEqual(store.explain('z'), [], 'a name or part that is no proper one is not remembered')
  store.register('x').write('ours')
  const sizes = store.explain('x').map(({ kind, phase, cells: held, refused }) => [kind, phase, held.length, refused.length])
  t.deepEqual(sizes, [['register', 'live', 1, 1], ['counter', 'new', 0, 2]])
  hand.say({ s: 1, k: 'counter', q: [9], n: ['x'], c: [[5, 0]] })
  clock.run(100)
  const [counter] = store.explain('x').filter(({ kind }) => kind === 'counter')
  t.deepEqual(counter?.refused.map(({ part }) => part), ['odd'], 'what took its place is held')
  t.deepEqual(counter?.cells.map(({ author, seq, heldBy }) => [author, seq, heldBy]), [['β~1', 9, ['hand']]])
  hand.stop()
  clock.run(100)
  t.deepEqual(store.explain('x').map(({ refused }) => refused), [[], []], 'and the memory of the rest ends with its session')
  t.end()
})

test('what two peers sent and we refused is explained for each of them', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { cellsMax: 1 } })
  store.counter('mine').increment()
  const change = { s: [1, 'γ~1'], k: 'counter', q: [1], n: ['x'], c: [[1, 0]] }
  for (const host of ['β', 'δ']) new Hand(store.createStream()).hello(host).say({ a: {}, u: 0 }).say(change)
  t.deepEqual(one(store, 'x').refused.map(({ code, peer }) => [code, peer]), [['room', 'β'], ['room', 'δ']])
  t.end()
})

test('a name past its end is explained until it is dropped, and while nobody may make it anew', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { graceMs: 100, skewMsMax: 10 } })
  const end = clock.date() + 50
  store.counter('x').increment(1, { expire: end })
  const phases: [number, string, number][] = [
    [0, 'live', 1], [49, 'live', 1], [50, 'absent', 1], [149, 'absent', 1], [150, 'dying', 1], [259, 'dying', 1], [265, 'resting', 0],
    [269, 'resting', 0]
  ]
  for (const [ms, phase, size] of phases) {
    clock.runUntil(ms)
    const { kind, expire, ...rest } = one(store, 'x')
    t.deepEqual([kind, expire, rest.phase, rest.cells.length], ['counter', end, phase, size], `${ms} ms`)
  }
  clock.runUntil(280)
  t.deepEqual(store.explain('x'), [], 'then it is as if it had never been')
  store.counter('x').increment()
  t.deepEqual([one(store, 'x').phase, one(store, 'x').expire], ['live', null])
  t.end()
})

test('a name that was revived is live again, to its later end', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  link(a, b)
  const end = clock.date() + 1_000
  a.counter('x').increment(1, { expire: end })
  clock.run(1_500)
  t.deepEqual([a, b].map((store) => one(store, 'x').phase), ['absent', 'absent'])
  b.counter('x').extend('never')
  clock.run(500)
  for (const store of [a, b]) {
    const { phase, expire } = one(store, 'x')
    const said = cells(store, 'x').map(({ author, expire: until, body }) => [author.split('~')[0], until, body])
    t.deepEqual([phase, expire, said], ['live', 'never', [['α', end, [1, 0]], ['β', 'never', [0, 0]]]])
  }
  t.end()
})

test('of a name never heard of there is nothing to explain, and an improper one throws ERR_OPTION', (t) => {
  const store = storeAt(new Clock(), 'α')
  store.counter('x').increment()
  for (const name of ['y', 'X', 'x ', '__proto__', 'a'.repeat(256)]) t.deepEqual(store.explain(name), [], name.slice(0, 20))
  for (const name of ['', 'a'.repeat(257), '\ud83d', undefined, null, 1, {}, ['x']]) {
    t.equal(thrown(() => store.explain(name as string)), 'ERR_OPTION', typeof name)
  }
  void store.close()
  t.equal(store.explain('x').length, 1, 'after close it is explained as before')
  t.end()
})

test('what is explained is JSON, and a copy', (t) => {
  const clock = new Clock()
  const { store, hand } = met(clock)
  store.register('x').write({ list: [1] })
  hand.say({ s: [1, 'β~1'], k: 'later', q: [1, 1], n: ['x', 'x'], p: ['', 'p'], c: [{ deep: [null] }, 'y'.repeat(20_000)] })
  const before = JSON.stringify(store.explain('x'))
  t.deepEqual(JSON.parse(before), store.explain('x'))
  for (const explanation of store.explain('x')) {
    for (const cell of explanation.cells) {
      Object.assign(cell.body as object, { list: 0, deep: 0, 1: 0 })
      cell.heldBy.push('nobody')
      cell.lackedBy.length = 0
    }
    for (const refusal of explanation.refused) refusal.author = 'nobody~1'
    explanation.cells.length = 0
    explanation.refused.length = 0
  }
  t.equal(JSON.stringify(store.explain('x')), before)
  t.match(before, /"code":"body"/, 'refusals among it')
  t.end()
})
