/**
 * The store as users hold it: options, streams, events, names, figures, and how it closes.
 */
import test, { type Test } from 'tape'
import {
  createStore, link, type ChangeView, type Frame, type PeerView, type Source, type Store, type StoreOptions, type StreamOptions
} from '../index.js'
import { Clock } from './clock.js'
import { codeOf, Hand, join, storeAt, storesAt } from './stores.js'

function refuses(t: Test, run: () => unknown, code: string, name: string): void {
  try {
    run()
    t.fail(`${name}: nothing was thrown`)
  } catch (error) {
    t.equal(codeOf(error), code, `${name}: ${String(error)}`)
  }
}

/** Lets promises that are due run. */
async function ripple(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve()
}

/** Whether a promise is done after `ms` on that clock. */
async function doneIn(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.then(() => { done = true }, () => { done = true })
  clock.run(ms)
  await ripple()
  return done
}

test('two, three and four stores in any chain agree on every counter', (t) => {
  for (const count of [2, 3, 4]) {
    const clock = new Clock()
    const stores = Array.from({ length: count }, (_, i) => storeAt(clock, `h${i}`))
    stores.forEach((store, i) => store.counter('before').increment(10 ** i))
    for (let i = 1; i < count; i += 1) link(stores[i - 1] as Store, stores[i] as Store)
    clock.run(500)
    stores.forEach((store, i) => store.counter('after').decrement(10 ** i))
    clock.run(500)
    const total = Number('1'.repeat(count))
    t.deepEqual(stores.map((store) => store.counter('before').value), Array(count).fill(total), `${count} stores`)
    t.deepEqual(stores.map((store) => store.counter('after').value), Array(count).fill(-total))
    t.ok(stores.every((store) => store.coherent))
    t.ok(stores.every((store) => store.peers().every(({ lag }) => lag === 0)), 'and nothing is owed')
  }
  t.end()
})

test('a ring of four agrees, and a change comes to each host once and some more', (t) => {
  const clock = new Clock()
  const stores = storesAt(clock, 'α', 'β', 'γ', 'δ')
  stores.forEach((store, i) => link(store, stores[(i + 1) % 4] as Store))
  clock.run(500)
  for (let i = 0; i < 10; i += 1) {
    stores[0].counter(`n${i}`).increment()
    clock.run(500)
  }
  t.ok(stores.every((store) => store.names().length === 10))
  const sent = stores.reduce((sum, store) => sum + store.statistics().sentChanges, 0)
  t.ok(sent <= 10 * (2 * 4 - 3), `${sent} changes were sent, a flood sends at most 50`)
  t.end()
})

test('every event comes with its arguments, and with the store as this', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const told: unknown[] = []
  a.on('change', function ({ name, host, body }, from) { told.push(['change', this === a, name, host, body, from]) })
  a.on('connect', function ({ host, connected }) { told.push(['connect', this === a, host, connected]) })
  a.on('sync', function ({ host, synced }) { told.push(['sync', this === a, host, synced]) })
  a.on('disconnect', function ({ host, connected }, error) { told.push(['disconnect', this === a, host, connected, error]) })
  a.on('coherent', function () { told.push(['coherent', this === a, this.coherent]) })
  a.on('incoherent', function (doubts) { told.push(['incoherent', this === a, this.coherent, doubts.map(({ host, why }) => [host, why])]) })
  a.counter('n').increment()
  b.counter('m').decrement()
  const cut = link(a, b)
  clock.run(500)
  cut()
  clock.run(500)
  t.deepEqual(told, [
    ['change', true, 'n', 'α', [1, 0], null],
    ['incoherent', true, false, [['β', 'disconnected']]],
    ['connect', true, 'β', true],
    ['change', true, 'm', 'β', [0, 1], 'β'],
    ['sync', true, 'β', true],
    ['coherent', true, true],
    ['incoherent', true, false, [['β', 'disconnected']]],
    ['disconnect', true, 'β', false, null]
  ])
  t.end()
})

test('a change is shown with its author, seq, kind, part and expire', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const views: ChangeView[] = []
  store.on('change', (change) => views.push(change))
  store.counter('n').increment(2)
  const hand = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  hand.say({ s: [4, 'β~7'], k: 'mood', q: [3, 2, 1], n: ['x', 'y', 'z'], p: ['=1', '', ''], e: [0, clock.epoch + 99, null], c: [{ a: 1 }, null, 'z'] })
  t.match(views[0]?.author ?? '', /^α~[0-9a-z]{18}$/)
  t.deepEqual({ ...views[0], author: '' }, { author: '', host: 'α', seq: 1, kind: 'counter', name: 'n', part: '', expire: null, body: [2, 0] })
  const from = { author: 'β~7', host: 'β', kind: 'mood' }
  t.deepEqual(views.slice(1), [
    { ...from, seq: 3, name: 'x', part: '=1', expire: 'never', body: { a: 1 } }, { ...from, seq: 5, name: 'y', part: '', expire: clock.epoch + 99, body: null },
    { ...from, seq: 6, name: 'z', part: '', expire: null, body: 'z' }
  ])
  t.end()
})

test('refusals are told on both sides, by code', (t) => {
  const clock = new Clock()
  const small = storeAt(clock, 'α', { limits: { cellsMax: 1 } })
  const large = storeAt(clock, 'β')
  const told: unknown[] = []
  for (const store of [small, large]) {
    store.on('refused', function ({ peer, code, count, by }) { told.push([this.host, peer.host, code, count, by]) })
  }
  large.counter('a').increment()
  large.counter('b').increment()
  large.counter('c').increment()
  link(small, large)
  clock.run(1_000)
  t.deepEqual(told, [['α', 'β', 'room', 2, 'us'], ['β', 'α', 'room', 2, 'peer']])
  t.deepEqual(small.peers()[0]?.refused, { room: 2 })
  t.deepEqual(large.peers()[0]?.refusedByPeer, { room: 2 })
  t.equal(small.statistics().refused, 2)
  t.equal(small.statistics().cells, 1)
  t.deepEqual(small.doubts().map(({ why }) => why), ['refused'])
  t.deepEqual(large.doubts().map(({ why }) => why), ['refused'])
  t.end()
})

test('a change of our life that we never made is an impostor, and is not kept', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const told: unknown[] = []
  let author = ''
  store.on('change', (change) => { author = change.author })
  store.on('impostor', function (claim) { told.push([this === store, claim.author === author, claim.seq, claim.peer.host]) })
  store.counter('n').increment()
  new Hand(store.createStream()).hello().say({ a: {}, u: 0 }).say({ s: [1, author], k: 'counter', q: [2], n: ['n'], c: [[50, 0]] })
  clock.run(200)
  t.deepEqual(told, [[true, true, 2, 'hand']])
  t.equal(store.counter('n').value, 1)
  t.equal(store.counter('n').increment().value, 2, 'and our own second change goes on')
  t.end()
})

test('a listener that throws is told as error, and harms nobody', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const told: unknown[] = []
  a.on('change', () => { throw new Error('mine') })
  a.on('connect', () => { throw new Error('mine too') })
  a.on('error', function (error) { told.push(this === a, String(error)) })
  link(a, b)
  b.counter('n').increment()
  clock.run(500)
  t.deepEqual(told, [true, 'Error: mine too', true, 'Error: mine'])
  t.equal(a.counter('n').value, 1)
  t.ok(a.coherent)
  t.end()
})

test('options that are none, or not what they must be, are refused', (t) => {
  const wrong: [string, unknown][] = [
    ['no host', {}], ['an empty host', { host: '' }], ['a host with ~', { host: 'a~b' }], ['65 bytes', { host: 'a'.repeat(65) }],
    ['a number', { host: 1 }], ['a bigint', { host: 1n }], ['an expected host with ~', { host: 'a', expect: ['~'] }],
    ['an expected number', { host: 'a', expect: [1] }], ['an empty net', { host: 'a', net: '' }],
    ['a long net', { host: 'a', net: 'x'.repeat(65) }], ['a net of another type', { host: 'a', net: 7 }],
    ['a net that is a bigint', { host: 'a', net: 7n }], ['null as net', { host: 'a', net: null }],
    ['an unknown limit', { host: 'a', limits: { cells: 1 } }], ['a limit of 0', { host: 'a', limits: { cellsMax: 0 } }],
    ['pingMs 0', { host: 'a', pingMs: 0 }], ['pingMs NaN', { host: 'a', pingMs: NaN }], ['pingMs 1.5', { host: 'a', pingMs: 1.5 }],
    ['a clock that gives NaN', { host: 'a', now: () => NaN }], ['a clock before 1970', { host: 'a', now: () => -1 }],
    ['chance that gives 2', { host: 'a', random: () => 1e9 }], ['chance that gives NaN', { host: 'a', random: () => NaN }],
    ['chance below 0', { host: 'a', random: () => -1 }]
  ]
  for (const [name, options] of wrong) refuses(t, () => createStore(options as StoreOptions), 'ERR_OPTION', name)
  for (const host of ['a', 'ä'.repeat(32), '__proto__']) t.equal(createStore({ host }).host, host)
  t.ok(createStore({ host: 'a', net: 'x'.repeat(64), pingMs: 1, expect: [], limits: {} }))
  t.end()
})

test('every start of a host is another life, even in the same millisecond', (t) => {
  const lives = new Set(Array.from({ length: 100 }, () => {
    const store = createStore({ host: 'α', now: () => 5 })
    let author = ''
    store.on('change', (change) => { author = change.author })
    store.counter('n').increment()
    return author
  }))
  t.equal(lives.size, 100)
  const first = createStore({ host: 'α', now: () => 1e12, random: () => 0.999999 })
  first.on('change', ({ author }) => { t.match(author, /^α~0cre66i9s[0-9a-z]{9}$/) })
  first.counter('n').increment()
  t.end()
})

test('stream options that are not what they must be are refused, and no stream is made', (t) => {
  const store = storeAt(new Clock(), 'α', { limits: { peersMax: 1 } })
  const wrong: StreamOptions[] = [{ host: '' }, { host: 'a~' }, { delayMs: -1 }, { delayMs: NaN }, { delayMs: Infinity }]
  for (const options of wrong) refuses(t, () => store.createStream(options), 'ERR_OPTION', JSON.stringify(options))
  refuses(t, () => store.createStream({ delayMs: '5' as unknown as number }), 'ERR_OPTION', 'a string')
  t.ok(store.createStream({ delayMs: 0 }), 'there is room still')
  t.end()
})

test('a peer is expected if an id or a host is given, unless it is said otherwise', (t) => {
  const cases: [StreamOptions | string | undefined, boolean][] = [
    [undefined, false], [{}, false], ['label', true], [{ id: 'label' }, true], [{ host: 'β' }, true], [{ expected: true }, true],
    [{ id: 'label', expected: false }, false], [{ host: 'β', expected: false }, false], [{ send: false }, false]
  ]
  for (const [options, expected] of cases) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    const stream = options === undefined ? a.createStream() : a.createStream(options)
    const isNamed = typeof options === 'object' && options.host !== undefined && expected
    t.equal(a.coherent, !isNamed, `${JSON.stringify(options) ?? 'nothing'}: a host that was named is waited for at once`)
    join(stream, b.createStream())
    clock.run(500)
    t.ok(a.coherent)
    stream.source(true, () => {})
    t.equal(a.coherent, !expected, 'and one that was met is waited for when it is gone')
    t.equal(a.peers().length, expected ? 1 : 0)
  }
  t.end()
})

test('a stream for one host refuses another', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const ends: string[] = []
  join(a.createStream({ host: 'γ', onEnd: (error) => ends.push(codeOf(error)) }), b.createStream({ onEnd: (error) => ends.push(codeOf(error)) }))
  clock.run(2_000)
  t.deepEqual(ends, ['ERR_HELLO', 'ERR_BYE'])
  t.equal(b.statistics().cells, 0)
  t.deepEqual(a.doubts().map(({ host, why }) => [host, why]), [['γ', 'disconnected']])
  t.end()
})

test('streams are open up to peersMax, and not one above; one that ends makes room', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { peersMax: 2 } })
  store.createStream()
  const hand = new Hand(store.createStream()).hello()
  refuses(t, () => store.createStream(), 'ERR_PEERS', 'one above')
  clock.run(100)
  hand.stop()
  clock.run(100)
  t.ok(store.createStream())
  refuses(t, () => store.createStream(), 'ERR_PEERS', 'full again')
  t.end()
})

test('onEnd is called once: with null when it was closed or just ended, else with the error', (t) => {
  const broken = new Error('broken')
  const cases: [string, (a: Store, b: Store, cut: () => void) => void, string, string][] = [
    ['the stream was aborted', (_a, _b, cut) => cut(), 'null', 'null'],
    ['our store was closed', (a) => void a.close(), 'null', 'null'],
    ['the other was closed', (_a, b) => void b.close(), 'null', 'null']
  ]
  for (const [name, act, ours, theirs] of cases) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    const ends: Record<string, string[]> = { a: [], b: [] }
    const left = a.createStream({ onEnd: (error) => ends.a?.push(codeOf(error)) })
    join(left, b.createStream({ onEnd: (error) => ends.b?.push(codeOf(error)) }))
    clock.run(500)
    act(a, b, () => left.source(true, () => {}))
    clock.run(5_000)
    t.deepEqual(ends, { a: [ours], b: [theirs] }, name)
  }
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const ends: (Error | null)[] = []
  const left = a.createStream({ onEnd: (error) => ends.push(error) })
  join(left, b.createStream({ onEnd: (error) => ends.push(error) }))
  clock.run(500)
  left.source(broken, () => {})
  clock.run(5_000)
  t.deepEqual(ends, [broken, null], 'an abort with an error tells it here; at the other end the connection just ended')
  t.end()
})

test('an onEnd that throws is told as error', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const told: string[] = []
  store.on('error', (error) => told.push(String(error)))
  new Hand(store.createStream({ onEnd: () => { throw new Error('mine') } })).hello().stop()
  clock.run(100)
  t.deepEqual(told, ['Error: mine'])
  t.end()
})

test('a stream that leads back to its own store ends with ERR_SELF', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const ends: string[] = []
  const onEnd = (error: Error | null): void => { ends.push(codeOf(error)) }
  const stream = store.createStream({ onEnd })
  stream.sink(stream.source)
  clock.run(5_000)
  t.deepEqual(ends, ['ERR_SELF'], 'one stream led back to itself')
  ends.length = 0
  join(store.createStream({ onEnd }), store.createStream({ onEnd }))
  clock.run(5_000)
  t.deepEqual(ends, ['ERR_SELF', 'ERR_SELF'], 'two streams of one store')
  t.equal(store.statistics().peers, 0)
  t.end()
})

test('two stores of one name refuse each other', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'α')
  const ends: string[] = []
  b.counter('n').increment()
  join(a.createStream({ onEnd: (error) => ends.push(codeOf(error)) }), b.createStream({ onEnd: (error) => ends.push(codeOf(error)) }))
  clock.run(5_000)
  t.deepEqual(ends, ['ERR_SELF', 'ERR_SELF'])
  t.equal(a.statistics().cells, 0, 'and nothing was told')
  t.end()
})

test('stores of different networks part with ERR_NET on both sides, and tell nothing', (t) => {
  for (const [ours, theirs] of [['x', 'y'], ['x', undefined], [undefined, 'y']] as const) {
    const clock = new Clock()
    const a = storeAt(clock, 'α', ours === undefined ? {} : { net: ours })
    const b = storeAt(clock, 'β', theirs === undefined ? {} : { net: theirs })
    const ends: string[] = []
    b.counter('n').increment()
    join(a.createStream({ onEnd: (error) => ends.push(codeOf(error)) }), b.createStream({ onEnd: (error) => ends.push(codeOf(error)) }))
    clock.run(5_000)
    t.deepEqual(ends, ['ERR_NET', 'ERR_NET'], `${String(ours)} and ${String(theirs)}`)
    t.equal(a.statistics().cells, 0)
  }
  const clock = new Clock()
  const a = storeAt(clock, 'α', { net: 'x' })
  const b = storeAt(clock, 'β', { net: 'x' })
  link(a, b)
  clock.run(500)
  t.ok(a.coherent, 'and those of one network are joined')
  t.end()
})

test('a stream that only listens, and one that only publishes', (t) => {
  for (const [options, flows, back] of [[{ send: false }, 0, 1], [{ receive: false }, 1, 0]] as const) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    a.counter('a').increment()
    b.counter('b').increment()
    join(a.createStream({ id: 'b', ...options }), b.createStream('a'))
    clock.run(500)
    a.counter('a').increment()
    b.counter('b').increment()
    clock.run(500)
    t.equal(b.counter('a').value, 2 * flows, `${JSON.stringify(options)}: what a wrote`)
    t.equal(a.counter('b').value, 2 * back, 'what b wrote')
    t.ok(a.coherent && b.coherent, 'coherence asks only for the direction that flows')
    t.equal(a.statistics().sentChanges, 2 * flows)
    t.equal(b.statistics().sentChanges, 2 * back)
    t.ok([...a.peers(), ...b.peers()].every(({ lag, synced }) => lag === 0 && synced), 'and nothing is owed')
  }
  t.end()
})

test('two streams that only listen hear nothing, and are in step', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  a.counter('a').increment()
  join(a.createStream({ id: 'b', send: false }), b.createStream({ id: 'a', send: false }))
  clock.run(500)
  t.ok(a.coherent && b.coherent)
  t.equal(b.counter('a').value, 0)
  t.end()
})

test('with delayMs what is superseded meanwhile is never sent', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  join(a.createStream({ delayMs: 100 }), b.createStream())
  clock.run(1_000)
  const before = a.statistics().sentChanges
  for (let i = 0; i < 50; i += 1) {
    a.counter('n').increment()
    clock.run(1)
  }
  t.equal(b.counter('n').value, 0, 'nothing yet')
  clock.run(49)
  t.equal(b.counter('n').value, 0, 'nor a moment before the delay is over')
  clock.run(2)
  t.equal(b.counter('n').value, 50, 'then all of it')
  t.equal(a.statistics().sentChanges - before, 1, 'in one change')
  a.counter('n').increment()
  clock.run(99)
  t.equal(b.counter('n').value, 50, 'and the next waits anew')
  clock.run(2)
  t.equal(b.counter('n').value, 51)
  t.end()
})

test('names are told by prefix, with their kinds, sorted', (t) => {
  const store = storeAt(new Clock(), 'α')
  for (const name of ['b.2', 'a.1', '__proto__', 'b.1', 'constructor']) store.counter(name).increment()
  t.deepEqual(store.names().map(({ name }) => name), ['__proto__', 'a.1', 'b.1', 'b.2', 'constructor'])
  t.deepEqual(store.names('b.'), [{ kind: 'counter', name: 'b.1' }, { kind: 'counter', name: 'b.2' }])
  t.deepEqual(store.names('__'), [{ kind: 'counter', name: '__proto__' }])
  t.deepEqual(store.names('c'), [{ kind: 'counter', name: 'constructor' }])
  t.deepEqual(store.names('x'), [])
  t.end()
})

test('names that mean something to objects travel like others', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, '__proto__', 'constructor')
  for (const name of ['__proto__', 'toString', 'hasOwnProperty']) a.counter(name).increment(3)
  b.counter('__proto__').increment(4)
  link(a, b)
  clock.run(500)
  t.deepEqual(b.names('__').map(({ name }) => name), ['__proto__'])
  t.equal(b.counter('__proto__').value, 7)
  t.equal(a.counter('__proto__').value, 7)
  t.ok(a.coherent && b.coherent)
  t.equal(({} as Record<string, unknown>)['3'], undefined)
  t.end()
})

test('statistics and peers tell the same numbers on both sides', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  for (let i = 0; i < 7; i += 1) a.counter(`a${i}`).increment()
  for (let i = 0; i < 3; i += 1) b.counter(`b${i}`).increment()
  const cut = link(a, b)
  clock.run(20_000)
  const [ours, theirs] = [a.statistics(), b.statistics()]
  t.deepEqual([ours.sentChanges, ours.recvChanges, ours.cells, ours.authors, ours.peers], [7, 3, 10, 2, 1])
  t.deepEqual([theirs.sentChanges, theirs.recvChanges, theirs.cells, theirs.authors, theirs.peers], [3, 7, 10, 2, 1])
  t.equal(ours.sent, theirs.recv)
  t.equal(theirs.sent, ours.recv)
  t.deepEqual([ours.duplicates, ours.refused, ours.sentBytes, ours.recvBytes], [0, 0, 0, 0])
  const [peer] = a.peers() as [PeerView]
  t.deepEqual({ ...peer }, {
    host: 'β', id: 'β', connected: true, silent: false, synced: true, lag: 0, rttMs: 0, differs: 0, changesIn: 3, changesOut: 7, bytesIn: 0, bytesOut: 0,
    duplicates: 0, paced: 0, refused: {}, refusedByPeer: {}
  })
  cut()
  clock.run(100)
  const { recv, sent } = a.statistics()
  t.deepEqual({ ...a.statistics(), peers: 1 }, { ...ours, recv, sent }, 'what a stream counted stays counted')
  t.equal(a.peers()[0]?.connected, false, 'and the peer is shown as gone')
  link(a, b)
  clock.run(500)
  t.equal(a.statistics().sentChanges, 7, 'a reconnect with nothing changed sends no change')
  t.equal(a.peers()[0]?.changesOut, 0)
  t.end()
})

test('what a peer has not acknowledged is its lag', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  for (let i = 0; i < 5; i += 1) store.counter(`n${i}`).increment()
  let author = ''
  store.on('change', (change) => { author = change.author })
  store.counter('n0').increment()
  const hand = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  clock.run(100)
  t.equal(store.peers()[0]?.lag, 6)
  hand.say({ a: { [author]: 2 }, d: { [author]: [[4, 5]] }, u: 0 })
  t.equal(store.peers()[0]?.lag, 2)
  hand.say({ a: { [author]: 6 }, u: 0 })
  t.equal(store.peers()[0]?.lag, 0)
  t.end()
})

test('a host that starts anew without memory gets its old total back, and new increments add to it', (t) => {
  const clock = new Clock()
  const [first, peer] = storesAt(clock, 'α', 'β')
  first.counter('n').increment(10)
  first.counter('n').decrement(3)
  const cut = link(first, peer)
  clock.run(500)
  cut()
  const second = storeAt(clock, 'α')
  t.equal(second.counter('n').increment(5).value, 5, 'before it is connected it knows only its own')
  link(second, peer)
  clock.run(500)
  t.equal(second.counter('n').value, 12)
  t.equal(second.counter('n').increment().value, 13)
  clock.run(500)
  t.equal(peer.counter('n').value, 13)
  t.equal(second.statistics().authors, 3 - 1, 'two lives of one host')
  t.end()
})

test('close tells every peer, ends every stream and is done; further calls give the same promise', async (t) => {
  const clock = new Clock()
  const [a, b, c] = storesAt(clock, 'α', 'β', 'γ')
  link(a, b)
  link(a, c)
  clock.run(500)
  const closing = a.close()
  t.equal(a.close(), closing)
  t.ok(await doneIn(clock, 0, closing), 'at once, where peers read')
  t.equal(a.close({ leave: true }), closing)
  t.deepEqual([b, c].map((store) => store.statistics().peers), [0, 0])
  t.deepEqual(b.doubts().map(({ host }) => host), ['α'], 'without leave it is expected back')
  refuses(t, () => a.createStream(), 'ERR_CLOSED', 'a new stream')
  await a.settled().then(() => t.fail('settled'), (error: unknown) => t.equal(codeOf(error), 'ERR_CLOSED'))
  t.deepEqual(a.peers().map(({ connected }) => connected), [false, false], 'and it can still be asked')
})

test('close waits no longer than closeMs for a peer that never reads', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { closeMs: 300 } })
  const hand = new Hand(store.createStream(), { deaf: true }).hello()
  clock.run(100)
  const closing = store.close()
  t.notOk(await doneIn(clock, 299, closing))
  t.ok(await doneIn(clock, 1, closing))
  t.equal(codeOf(hand.aborted), 'ERR_TIMEOUT')
  t.equal(clock.pending, 0)
})

test('a store without streams closes at once', async (t) => {
  const clock = new Clock()
  t.ok(await doneIn(clock, 0, storeAt(clock, 'α').close()))
})

test('a listener that closes its store again, as it closes, changes nothing', async (t) => {
  for (const event of ['disconnect', 'incoherent', 'onEnd'] as const) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    const again = (): void => { void a.close() }
    join(a.createStream(event === 'onEnd' ? { id: 'b', onEnd: again } : 'b'), b.createStream())
    if (event === 'disconnect') a.on('disconnect', again)
    if (event === 'incoherent') a.on('incoherent', again)
    clock.run(500)
    t.ok(await doneIn(clock, 5_000, a.close()), event)
  }
})

test('a listener that connects or writes again, as its store closes, is refused', async (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const told: string[] = []
  const attempt = (run: () => unknown): void => {
    try {
      run()
      told.push('taken')
    } catch (error) {
      told.push(codeOf(error))
    }
  }
  link(a, b)
  clock.run(500)
  a.on('disconnect', () => {
    attempt(() => link(a, b))
    attempt(() => a.counter('n').increment())
  })
  const done = await doneIn(clock, 5_000, a.close())
  t.deepEqual(told, ['ERR_CLOSED', 'ERR_CLOSED'])
  t.ok(done, 'and the close is not held up')
})

test('a peer that leaves is not expected back', async (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  link(a, b)
  clock.run(500)
  const told: string[] = []
  b.on('incoherent', () => { told.push('incoherent') })
  b.on('disconnect', ({ host }, error) => { told.push(`${host} ${String(error)}`) })
  t.ok(await doneIn(clock, 100, a.close({ leave: true })))
  t.deepEqual(told, ['α null'])
  t.ok(b.coherent)
  t.deepEqual(b.peers(), [])
})

test('an idle reconnect of stores as they come takes no more than 100 bytes each way, its host\'s name and the newlines included', (t) => {
  const clock = new Clock()
  const [alpha, beta] = storesAt(clock, 'alpha', 'beta')
  const texts: string[][] = [[], []]
  const meet = (heard: string[][] | null): void => {
    const [left, right] = [alpha.createStream(), beta.createStream()]
    const tapped = (source: Source<Frame>, into: string[] | undefined): Source<Frame> => (abort, cb) => {
      source(abort, (end, frame) => {
        if (!end) into?.push(`${JSON.stringify(frame)}\n\n`)
        cb(end, frame)
      })
    }
    left.sink(tapped(right.source, heard?.[1]))
    right.sink(tapped(left.source, heard?.[0]))
    clock.run(1_000)
    if (heard === null) left.source(true, () => {})
    clock.run(100)
  }
  for (let i = 0; i < 100; i += 1) alpha.counter(`calls ${i}`).increment()
  beta.counter('calls 1').increment()
  meet(null)
  meet(texts)
  for (const [i, frames] of texts.entries()) {
    const bytes = Buffer.byteLength(frames.join('')) - ['alpha', 'beta'][i]!.length
    t.equal(frames.length, 2, 'a hello, and a claim of nothing')
    t.ok(bytes <= 100, `${bytes} bytes: ${frames.join('').replaceAll('\n', '')}`)
  }
  t.end()
})
