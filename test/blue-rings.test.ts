/**
 * docs/blue-rings.md says what is so: every row of its table and every line of its list is run by a function here that holds the code
 * that is shown there, letter by letter. A row without a function fails, as does a function without a row.
 */
import { readFileSync } from 'node:fs'
import pull from 'pull-stream'
import test, { type Test } from 'tape'
import ts from 'typescript'
import {
  bigint, createStore, integer, isGossipError, limits, link, type Json, type Numbers, type Store, type StreamOptions
} from '../index.js'
import { connect, createServer, type Server } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'
import { Clock } from './clock.js'
import { deferred, soon } from './loopback.js'
import { codeOf, Hand, join, storeAt, storesAt } from './stores.js'

type Run = (t: Test) => void | Promise<void>

const page = readFileSync(new URL('../docs/blue-rings.md', import.meta.url), 'utf8')
const source = readFileSync(new URL(import.meta.url), 'utf8')

const host = 'alpha'
const name = 'calls'
const amount = 2
const element = 'a'
const value = 'beta'
/** An hour after the beginning of virtual time. */
const expire = new Clock().epoch + 3_600_000

/** The code of what a call throws. */
function thrown(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return codeOf(error)
  }
  return 'nothing'
}

/** Two stores in virtual time, joined for a second. */
function pair(): { clock: Clock; alpha: Store; beta: Store; cut: () => void } {
  const clock = new Clock()
  const [alpha, beta] = storesAt(clock, 'alpha', 'beta')
  const cut = link(alpha, beta)
  clock.run(1_000)
  return { clock, alpha, beta, cut }
}

/** A store in virtual time. */
function single(): { clock: Clock; store: Store } {
  const clock = new Clock()
  return { clock, store: storeAt(clock, host) }
}

/** Both ends of a session, so that one of them can be told how it ended. */
function meet(left: Store, right: Store, options: StreamOptions = {}, others: StreamOptions = {}): void {
  join(left.createStream(options), right.createStream(others))
}

function serverOf(t: Test, store: Store): Server {
  const server = createServer((tcp) => pull(tcp, doubleline.parse(), store.createStream(), doubleline.stringify(), tcp))
  t.teardown(async () => {
    await store.close()
    server.close()
  })
  return server
}

/** A store that serves on a port of the loopback. */
async function served(t: Test, store: Store): Promise<number> {
  const server = serverOf(t, store)
  const { promise, resolve: done } = deferred<unknown>()
  server.listen(0, '127.0.0.1', done)
  t.equal(await soon(promise), null, 'it listens')
  return server.address()?.port ?? 0
}

const rows: Record<string, Run> = {
  '`run(options)`, `BlueRings(options)`': async (t) => {
    const store = createStore({ host })
    t.equal(store.host, 'alpha')
    t.equal(thrown(() => createStore({ host, ...{ subscribe_to: [] } })), 'ERR_OPTION')
    await store.close()
  },

  '`host`': (t) => {
    t.equal(createStore({ host }).host, host)
    for (const bad of ['', 'a'.repeat(65), 'a~b', 'a\n', '~']) {
      t.equal(thrown(() => createStore({ host: bad })), 'ERR_OPTION', JSON.stringify(bad))
    }
    const clock = new Clock()
    const [one, other] = storesAt(clock, host, host)
    const ends: unknown[] = []
    meet(one, other, { onEnd: (error) => ends.push(codeOf(error)) }, { onEnd: (error) => ends.push(codeOf(error)) })
    clock.run(1_000)
    t.ok(ends.includes('ERR_SELF'), 'they refuse each other')
  },

  '`pub`': async (t) => {
    const port = await served(t, createStore({ host }))
    const server = serverOf(t, createStore({ host: 'beta' }))
    const { promise, resolve: done } = deferred<unknown>()
    server.listen(port, '127.0.0.1', done)
    t.equal(codeOf(await soon(promise)), 'ERR_OPTION', 'the port is taken')
  },

  '`subscribe_to` (option)': async (t) => {
    const alpha = createStore({ host })
    const port = await served(t, alpha)
    const beta = createStore({ host: 'beta', expect: ['alpha'] })
    t.equal(beta.coherent, false)
    alpha.counter(name).increment(amount)
    beta.counter(name).increment(amount)
    const tcp = connect(port, '127.0.0.1')
    pull(tcp, doubleline.parse(), beta.createStream(), doubleline.stringify(), tcp)
    await soon(beta.settled())
    t.deepEqual([alpha.counter(name).value, beta.counter(name).read()], [4, { coherent: true, value: 4 }])
    await beta.close()
  },

  '`subscribe_to(url)`': (t) => {
    const { store } = single()
    t.equal(store.coherent, true)
    store.createStream({ host: 'beta' })
    t.deepEqual([store.coherent, store.doubts().map((doubt) => doubt.host)], [false, ['beta']])
    store.forget('beta')
    t.equal(store.coherent, true)
  },

  '`forward_delay`': (t) => {
    const clock = new Clock()
    const [store, beta] = storesAt(clock, 'alpha', 'beta')
    join(store.createStream({ delayMs: 97 }), beta.createStream())
    clock.run(1_000)
    for (let i = 0; i < 10; i += 1) store.counter(name).increment()
    clock.run(96)
    t.equal(beta.counter(name).value, 0)
    clock.run(1)
    t.deepEqual([beta.counter(name).value, store.peers()[0]?.changesOut], [10, 1])
  },

  '`connect_delay`, `flood_delay`, `flood_interval`': (t) => {
    const clock = new Clock()
    const [store, beta] = storesAt(clock, 'alpha', 'beta')
    for (let i = 0; i < 10; i += 1) store.counter(`${name} ${i}`).increment()
    join(store.createStream(), beta.createStream())
    clock.settle()
    t.equal(beta.names().length, 10, 'before any time has passed')
    clock.run(600_000)
    t.equal(store.statistics().sentChanges, 10, 'and nothing again in ten minutes')
  },

  '`ping_interval`': async (t) => {
    const fast = createStore({ host, pingMs: 137 })
    await fast.close()
    t.equal(limits.pingMs, 5_000)
    const clock = new Clock()
    const store = storeAt(clock, host, { pingMs: 137 })
    new Hand(store.createStream()).hello()
    clock.run(Math.floor(2.3 * 137))
    t.equal(store.peers()[0]?.silent, false)
    clock.run(1)
    t.equal(store.peers()[0]?.silent, true)
  },

  '`Value`, `values`': async (t) => {
    const cents: Numbers<number> = {
      name: 'cents', zero: 0, add: (a, b) => a + b, subtract: (a, b) => a - b, compare: (a, b) => a - b, encode: (n) => n,
      decode: (json) => (typeof json === 'number' ? json : undefined)
    }
    const store = createStore({ host, numbers: [cents] })
    store.counter(name, bigint).increment(1n)
    store.counter(name, cents).increment(0.5)
    store.counter(name).increment(3)
    t.deepEqual([store.counter(name, bigint).value, store.counter(name, cents).value, store.counter(name).value], [1n, 0.5, 3])
    t.equal(thrown(() => createStore({ host }).counter(name, cents)), 'ERR_OPTION')
    await store.close()
  },

  '`integer`': (t) => {
    const { store } = single()
    const counter = store.counter(name, integer)
    t.equal(thrown(() => counter.increment(0.5)), 'ERR_OPTION')
    counter.increment(2 ** 53 - 1)
    t.deepEqual([thrown(() => counter.increment()), counter.value], ['ERR_RANGE', 2 ** 53 - 1])
  },

  '`bigint`': (t) => {
    const { clock } = single()
    const store = storeAt(clock, host, { limits: { digitsMax: 20 } })
    t.equal(store.counter(name, bigint).increment(2n ** 64n).value, 2n ** 64n)
    t.equal(thrown(() => store.counter(name, bigint).increment(10n ** 20n)), 'ERR_RANGE')
  },

  '`setup_counter(name, expire)`': (t) => {
    const { store } = single()
    store.counter(name, { expire })
    t.deepEqual(store.names(), [])
    store.counter(name, { expire }).increment()
    t.equal(store.counter(name).expire, expire)
    store.counter(name).extend(expire + 1)
    t.equal(store.counter(name).expire, expire + 1)
    const extended = ({ store }: { store: Store }): unknown[] => {
      store.counter(name).extend(expire)
      return [store.names().length, store.counter(name).expire, store.counter(name).value]
    }
    t.deepEqual(extended(single()), [1, expire, 0])
  },

  '`increment(name, amount, expire)`, `update_counter(name, amount, expire)`': (t) => {
    const { store } = single()
    t.deepEqual(store.counter(name).increment(amount, { expire }), { coherent: true, value: 2 })
    t.equal(store.counter(name).expire, expire)
    t.equal(store.counter(name).increment().value, 3)
    t.equal(store.counter(name).increment(-2).value, 1)
    t.equal(store.counter(name).decrement(amount).value, -1)
  },

  '`get_counter(name)`': (t) => {
    const { store } = single()
    t.deepEqual(store.counter(name).read(), { coherent: true, value: 0 })
    store.counter(name).increment(amount)
    t.deepEqual(store.counter(name).read(), { coherent: true, value: 2 })
  },

  '`setup_register(name, expire)`, `setup_text(name, expire)`': (t) => {
    const { store } = single()
    store.register(name, { expire })
    t.deepEqual(store.names(), [])
    store.register(name, { expire }).write(value)
    t.equal(store.register(name).expire, expire)
    const check = (json: Json): json is number => typeof json === 'number'
    t.equal(store.register(name, { check }).value, undefined)
    store.register(name, { check }).write(7)
    t.equal(store.register(name, { check }).value, 7)
  },

  '`assign(name, value, expire)`, `update_text(name, value, expire)`': (t) => {
    const { store } = single()
    t.deepEqual(store.register(name).write(value, { expire }), { coherent: true, value })
    t.equal(store.register(name).expire, expire)
    t.deepEqual(store.register(name).clear(), { coherent: true, value: undefined })
  },

  '`get_text(name)`': (t) => {
    const { store } = single()
    t.deepEqual(store.register(name).read(), { coherent: true, value: undefined })
    store.register(name).write(null)
    t.deepEqual(store.register(name).read(), { coherent: true, value: null })
  },

  '`setup_set(name, expire)`': (t) => {
    const { store } = single()
    store.set(name, { expire })
    t.deepEqual(store.names(), [])
    store.set(name, { expire }).add(element)
    t.equal(store.set(name).expire, expire)
  },

  '`add(name, element, expire)`': (t) => {
    const { store } = single()
    t.equal(store.set(name).add(element, { expire }), true)
    t.equal(store.set(name).add(element, { expire }), false)
    t.deepEqual([store.set(name).values(), store.set(name).expire], [[element], expire])
    t.equal(thrown(() => store.set(name).add(7 as unknown as string)), 'ERR_OPTION')
  },

  '`remove(name, element, expire)`': (t) => {
    const { store } = single()
    for (const one of [element, 'b', 'c']) store.set(name).add(one)
    t.equal(store.set(name).delete(element, { expire }), true)
    t.equal(store.set(name).delete(element, { expire }), false)
    t.deepEqual([store.set(name).values(), store.set(name).expire], [['b', 'c'], expire])
    store.set(name).clear()
    t.deepEqual(store.set(name).values(), [])
  },

  '`has(name, element)`': (t) => {
    const { store } = single()
    t.equal(store.set(name).has(element), false)
    store.set(name).add(element)
    t.deepEqual([store.set(name).has(element), store.coherent], [true, true])
  },

  '`get_value(name)`, `value(name)`': (t) => {
    const { store } = single()
    store.counter(name).increment(amount)
    store.register(name).write(value)
    for (const one of ['a', 'b']) store.set(name).add(one)
    t.deepEqual(store.counter(name).read(), { coherent: true, value: 2 })
    t.deepEqual(store.register(name).read(), { coherent: true, value: 'beta' })
    t.deepEqual(store.set(name).read(), { coherent: true, value: ['a', 'b'] })
  },

  '`[coherent, value]`': (t) => {
    const { clock } = single()
    const store = storeAt(clock, host, { expect: ['beta'] })
    store.counter(name).increment(amount)
    const { coherent, value } = store.counter(name).read()
    t.deepEqual([coherent, value, store.counter(name).value], [false, 2, 2])
  },

  '`coherent`': (t) => {
    const clock = new Clock()
    const store = storeAt(clock, host, { expect: ['beta'] })
    const beta = storeAt(clock, 'beta')
    for (let i = 0; i < 10; i += 1) beta.counter(`${name} ${i}`).increment()
    t.deepEqual([store.coherent, store.doubts().map(({ host, why }) => [host, why])], [false, [['beta', 'disconnected']]])
    const held: number[] = []
    store.on('coherent', () => held.push(store.names().length))
    const cut = link(store, beta)
    clock.run(1_000)
    t.deepEqual([held, store.coherent, store.doubts()], [[10], true, []])
    cut()
    clock.run(1_000)
    t.equal(store.coherent, false)
    const hand = new Hand(store.createStream({ host: 'gamma' }))
    hand.hello('gamma')
    clock.run(20_000)
    t.deepEqual(store.doubts().map(({ host, why }) => [host, why]), [['beta', 'disconnected'], ['gamma', 'silent']])
  },

  '`bound`': async (t) => {
    const server = serverOf(t, createStore({ host }))
    const { promise, resolve: done } = deferred<unknown>()
    t.equal(server.address(), null)
    server.listen(0, '127.0.0.1', done)
    t.equal(await soon(promise), null)
    t.ok((server.address()?.port ?? 0) > 0)
  },

  '`connected`': async (t) => {
    const alpha = createStore({ host })
    for (let i = 0; i < 100; i += 1) alpha.counter(`${name} ${i}`).increment()
    const port = await served(t, alpha)
    const store = createStore({ host: 'beta', expect: ['alpha'] })
    const tcp = connect(port, '127.0.0.1')
    pull(tcp, doubleline.parse(), store.createStream(), doubleline.stringify(), tcp)
    const connected = async (): Promise<void> => {
      await new Promise<void>((resolve) => store.once('coherent', resolve))
    }
    await soon(connected())
    t.deepEqual([store.coherent, store.names().length], [true, 100])
    await store.close()
    const { clock, store: alone } = single()
    alone.on('coherent', () => t.fail('it was coherent all the time'))
    join(alone.createStream(), storeAt(clock, 'beta').createStream())
    clock.run(1_000)
    t.deepEqual([alone.coherent, alone.peers().length], [true, 1])
  },

  '`bind`, `connected`, `disconnected` (never shown to users)': (t) => {
    const clock = new Clock()
    const [store, beta] = storesAt(clock, 'alpha', 'beta')
    const told: string[] = []
    const listener = (first: { host: string }): void => { told.push(first.host) }
    store.on('connect', listener)
    store.on('disconnect', listener)
    store.on('change', listener)
    const cut = link(store, beta)
    beta.counter(name).increment()
    clock.run(1_000)
    cut()
    clock.run(1_000)
    t.deepEqual(told, ['beta', 'beta', 'beta'])
  },

  '`statistics()`: `recv`, `recv_changes`, `sent`, `sent_changes`': (t) => {
    const { clock, alpha: store, beta } = pair()
    beta.counter(name).increment()
    clock.run(1_000)
    const { recv, recvChanges, sent, sentChanges } = store.statistics()
    t.deepEqual([recvChanges, sentChanges, typeof recv, typeof sent], [1, 0, 'number', 'number'])
    clock.run(20_000)
    t.ok(store.statistics().recv > recv && store.statistics().sent > sent, 'pings are counted')
    t.equal((JSON.parse(JSON.stringify(store.statistics())) as { recvChanges: number }).recvChanges, 1)
  },

  '`end()`': async (t) => {
    const { clock, alpha: store, beta } = pair()
    const closed = store.close({ leave: true })
    clock.run(1_000)
    await soon(closed)
    t.deepEqual([beta.peers(), beta.coherent], [[], true], 'it is not expected back')
    const { clock: second, alpha: left, beta: behind } = pair()
    const over = left.close()
    second.run(1_000)
    await soon(over)
    t.deepEqual(behind.doubts().map(({ host }) => host), ['alpha'])
    const alone = createStore({ host })
    const end = async (store: Store): Promise<void> => {
      await store.close()
    }
    await soon(end(alone))
    t.equal(alone.statistics().peers, 0)
  },

  'tickets (1.0)': (t) => {
    const { store } = single()
    for (let i = 0; i < 1_000; i += 1) store.counter(name).increment()
    t.equal(store.statistics().cells, 1)
  },

  'hashes, `request-tickets(name)` (before 1.1)': (t) => {
    const { clock, alpha: store, beta, cut } = pair()
    for (let i = 0; i < 10; i += 1) store.counter(`${name} ${i}`).increment()
    clock.run(1_000)
    cut()
    clock.run(1_000)
    const meetAgain = (): number => {
      const before = store.statistics().sentChanges
      const stream = store.createStream()
      join(stream, beta.createStream())
      clock.run(1_000)
      stream.source(true, () => {})
      clock.run(1_000)
      return store.statistics().sentChanges - before
    }
    t.equal(meetAgain(), 0)
    store.counter(name).increment()
    t.equal(meetAgain(), 1)
  },

  '"all methods are synchronous"': async (t) => {
    const { clock, alpha: store } = pair()
    t.deepEqual(store.counter(name).increment(), { coherent: true, value: 1 })
    const settled = store.settled()
    clock.run(1_000)
    t.deepEqual(await soon(settled), ['beta'])
    const closed = store.close()
    clock.run(1_000)
    t.equal(await soon(closed), undefined)
  },

  '"no centralization / single point of failure"': (t) => {
    const clock = new Clock()
    const [alpha, beta, gamma] = storesAt(clock, 'alpha', 'beta', 'gamma')
    const cut = link(alpha, beta)
    link(beta, gamma)
    link(gamma, alpha)
    clock.run(1_000)
    cut()
    alpha.counter(name).increment()
    clock.run(1_000)
    t.equal(beta.counter(name).value, 1)
  },

  '"light real-time updates"': (t) => {
    const clock = new Clock()
    const stores = storesAt(clock, 'alpha', 'beta', 'gamma', 'delta')
    const [store, second, third, last] = stores
    link(store, second)
    link(second, third)
    link(third, last)
    clock.run(10_000)
    const before = clock.now()
    store.counter(name).increment()
    clock.settle()
    t.deepEqual([last.counter(name).value, clock.now()], [1, before], 'three hosts further, before any time has passed')
    clock.run(10_000)
    const changes = (): number[] => stores.map((one) => one.statistics().sentChanges)
    const at = changes()
    clock.run(600_000)
    t.deepEqual(changes(), at)
  },

  '"able to detect and handle network splits"': (t) => {
    const { clock, alpha: store, beta, cut } = pair()
    cut()
    clock.run(1_000)
    t.deepEqual(store.doubts().map(({ host, why }) => [host, why]), [['beta', 'disconnected']])
    store.counter(name).increment(2)
    beta.counter(name).increment(3)
    link(store, beta)
    clock.run(1_000)
    t.deepEqual([store.doubts(), store.counter(name).value, beta.counter(name).value], [[], 5, 5])
  },

  '"usable for billing"': async (t) => {
    const alpha = createStore({ host })
    const port = await served(t, alpha)
    const store = createStore({ host: 'beta' })
    const tcp = connect(port, '127.0.0.1')
    pull(tcp, doubleline.parse(), store.createStream({ host: 'alpha' }), doubleline.stringify(), tcp)
    store.counter(name).increment(amount)
    const hosts = await soon((async () => await store.settled())())
    t.deepEqual([hosts, alpha.counter(name).value], [['alpha'], 2])
    await store.close()
  },

  '"\'last-writer wins\' text registers"': (t) => {
    const { clock, alpha: store, beta } = pair()
    store.register(name).write({ any: ['JSON'] })
    clock.run(1_000)
    t.deepEqual(beta.register(name).value, { any: ['JSON'] })
    beta.register(name).write('first')
    clock.run(1_000)
    store.register(name).write(value)
    clock.run(1_000)
    t.deepEqual([store.register(name).value, beta.register(name).value], [value, value])
  },

  '"keeping it until `expire`"': (t) => {
    const { clock, store } = single()
    store.counter(name).increment()
    t.equal(store.counter(name).expire, null)
    store.counter(name).increment(1, { expire: expire + 1 })
    store.counter(name).increment(1, { expire })
    t.equal(store.counter(name).expire, expire + 1)
    clock.run(expire - clock.date())
    t.equal(store.counter(name).value, 3)
    clock.run(1)
    t.equal(store.counter(name).value, 0)
  },

  '"receiver-only"': (t) => {
    const clock = new Clock()
    const [store, beta] = storesAt(clock, 'alpha', 'beta')
    join(store.createStream({ send: false }), beta.createStream())
    store.counter(name).increment(2)
    beta.counter(name).increment(3)
    clock.run(1_000)
    t.deepEqual([store.counter(name).value, beta.counter(name).value], [5, 3])
    const { clock: second, store: publisher } = single()
    const reader = storeAt(second, 'beta')
    join(((store: Store) => store.createStream({ receive: false }))(publisher), reader.createStream())
    publisher.counter(name).increment(2)
    reader.counter(name).increment(3)
    second.run(1_000)
    t.deepEqual([publisher.counter(name).value, reader.counter(name).value], [2, 5])
  },

  '"subscriptions should be symmetrical"': (t) => {
    const clock = new Clock()
    const [store, beta] = storesAt(clock, 'alpha', 'beta')
    join(store.createStream(), beta.createStream())
    store.counter(name).increment(2)
    beta.counter(name).increment(3)
    clock.run(1_000)
    t.deepEqual([store.counter(name).value, beta.counter(name).value], [5, 5])
  }
}

const lines: Record<string, Run> = {
  'Writing before setup': (t) => {
    const { store } = single()
    t.equal(store.counter(name).increment().value, 1)
    t.deepEqual(store.names(), [{ kind: 'counter', name }])
  },

  'An absent name': (t) => {
    const { clock, store } = single()
    const reads = (): unknown[] => [store.counter(name).value, store.register(name).value, store.set(name).values(), store.names()]
    t.deepEqual(reads(), [0, undefined, [], []])
    store.counter(name, { expire }).increment()
    store.register(name, { expire }).write(value)
    store.set(name, { expire }).add(element)
    t.equal(store.names().length, 3)
    clock.run(3_600_000)
    t.deepEqual(reads(), [0, undefined, [], []])
  },

  'A removed element': (t) => {
    const { clock, alpha: store, beta, cut } = pair()
    store.set(name).add(element)
    store.set(name).delete(element)
    store.set(name).add(element)
    clock.run(1_000)
    t.deepEqual([store.set(name).values(), beta.set(name).values()], [[element], [element]])
    cut()
    clock.run(1_000)
    store.set(name).delete(element)
    beta.set(name).add(element)
    link(store, beta)
    clock.run(1_000)
    t.deepEqual([store.set(name).values(), beta.set(name).values()], [[element], [element]], 'an add that the remover had not seen')
  },

  'A remove that overtook its add': (t) => {
    const { clock, alpha, beta, cut } = pair()
    alpha.set(name).add(element)
    clock.run(1_000)
    cut()
    clock.run(1_000)
    beta.set(name).delete(element)
    const gamma = storeAt(clock, 'gamma')
    link(beta, gamma)
    clock.run(1_000)
    link(alpha, gamma)
    clock.run(1_000)
    t.deepEqual([alpha, beta, gamma].map((store) => store.set(name).values()), [[], [], []])
  },

  'Clearing a set': (t) => {
    const { clock, alpha: store, beta } = pair()
    for (let i = 0; i < 100; i += 1) store.set(name).add(String(i))
    clock.run(1_000)
    const { sentChanges } = store.statistics()
    store.set(name).clear()
    clock.run(1_000)
    t.deepEqual([beta.set(name).size, store.statistics().sentChanges - sentChanges], [0, 1])
  },

  'Of two writes to a register': (t) => {
    const clock = new Clock()
    const alpha = storeAt(clock, 'alpha', { now: () => clock.date() + 30_000 })
    const beta = storeAt(clock, 'beta')
    const cut = link(alpha, beta)
    alpha.register(name).write('read by beta')
    clock.run(1_000)
    beta.register(name).write('after reading')
    clock.run(1_000)
    const values = [alpha, beta].map((store) => store.register(name).value)
    t.deepEqual(values, ['after reading', 'after reading'], 'although its clock is behind')
    cut()
    const [gamma, delta] = storesAt(clock, 'gamma', 'delta')
    gamma.register(name).write('earlier')
    clock.run(1_000)
    delta.register(name).write('later')
    link(gamma, delta)
    clock.run(1_000)
    t.deepEqual([gamma.register(name).value, delta.register(name).value], ['later', 'later'])
  },

  'A write to a register': (t) => {
    const clock = new Clock()
    const ahead = storeAt(clock, 'alpha', { now: () => clock.date() + 30_000 })
    const store = storeAt(clock, 'beta')
    link(ahead, store)
    ahead.register(name).write('ahead')
    clock.run(1_000)
    store.register(name).write(value)
    clock.run(600_000)
    t.deepEqual([ahead.register(name).value, store.register(name).value], [value, value])
  },

  'Two types under one name': (t) => {
    const { store } = single()
    const [counter, register, set] = [store.counter(name), store.register(name), store.set(name)]
    counter.increment(amount)
    register.write(value)
    set.add(element)
    t.deepEqual([counter.value, register.value, set.values()], [amount, value, [element]])
  },

  'A host that restarted': (t) => {
    const { clock, alpha, beta, cut } = pair()
    alpha.counter(name).increment(10)
    clock.run(1_000)
    cut()
    clock.run(1_000)
    const again = storeAt(clock, 'alpha')
    again.counter(name).increment(3)
    link(again, beta)
    clock.run(1_000)
    t.deepEqual([again.counter(name).value, beta.counter(name).value], [13, 13])
  },

  'Without an end': async (t) => {
    const { clock, store } = single()
    store.counter(name).increment()
    t.equal(store.counter(name).expire, null)
    t.equal(store.counter(name).increment(1, { expire: 'never' }) && store.counter(name).expire, 'never')
    const far = clock.date() + 2 * limits.horizonMs
    store.counter('far').increment(1, { expire: far })
    t.equal(store.counter('far').expire, clock.date() + limits.horizonMs, 'horizonMs')
    t.equal(limits.horizonMs, 3_660 * 24 * 3_600_000, 'ten years, and a few days')
    const brief = createStore({ host, expireDefault: 60_000 })
    t.equal(brief.counter(name).increment() && typeof brief.counter(name).expire, 'number')
    await brief.close()
  },

  'A name that has ended': (t) => {
    const { clock, store } = single()
    store.counter(name).increment(7, { expire })
    clock.run(3_600_000)
    t.equal(store.counter(name).value, 0)
    const again = (expire: number): number => {
      store.counter(name).extend(expire)
      return store.counter(name).value
    }
    t.equal(again(clock.date() + 1_000), 7, 'revived')
    clock.run(1_000 + limits.graceMs - 1)
    t.equal(store.counter(name).increment(1, { expire: clock.date() + 1_000 }).value, 8, 'within graceMs, by a write too')
    clock.run(1_000 + limits.graceMs)
    const write = (): unknown => store.counter(name).increment(1, { expire: clock.date() + 60_000 })
    t.equal(thrown(write), 'ERR_EXPIRED')
    clock.run(limits.graceMs + 2 * limits.skewMsMax - 1)
    t.equal(thrown(write), 'ERR_EXPIRED')
    clock.run(1)
    t.deepEqual(write(), { coherent: true, value: 1 }, 'anew')
  },

  'A write to a name that has ended': (t) => {
    const { clock, store } = single()
    store.counter(name).increment(7, { expire })
    clock.run(3_600_000)
    t.equal(thrown(() => store.counter(name).increment()), 'ERR_EXPIRED')
    t.equal(thrown(() => store.counter(name).increment(1, { expire })), 'ERR_EXPIRED')
  },

  'An amount': (t) => {
    const { store } = single()
    t.equal(thrown(() => store.counter(name).increment(NaN)), 'ERR_OPTION')
    t.equal(thrown(() => store.counter(name).increment('1' as unknown as number)), 'ERR_OPTION')
    t.deepEqual([store.counter(name).increment(0).value, store.names()], [0, []])
    store.counter(name).increment()
    store.counter(name).increment(0, { expire })
    t.equal(store.counter(name).expire, expire)
  },

  'Names, elements and values': (t) => {
    const { store } = single()
    const { nameBytesMax, partBytesMax, bodyBytesMax } = limits
    store.counter('x'.repeat(nameBytesMax)).increment()
    t.equal(thrown(() => store.counter('x'.repeat(nameBytesMax + 1))), 'ERR_OPTION')
    store.set(name).add('x'.repeat(partBytesMax - 1))
    t.equal(thrown(() => store.set(name).add('x'.repeat(partBytesMax))), 'ERR_OPTION')
    store.register(name).write('x'.repeat(bodyBytesMax - 2))
    t.equal(thrown(() => store.register(name).write('x'.repeat(bodyBytesMax - 1))), 'ERR_OPTION')
  },

  'Errors': (t) => {
    try {
      createStore({ host: '' })
      t.fail('it threw nothing')
    } catch (error) {
      t.equal(isGossipError(error) && error.code, 'ERR_OPTION')
    }
  },

  'Notice of a change': (t) => {
    const { clock, alpha: store, beta } = pair()
    const told: unknown[] = []
    const listener = (change: { name: string }, from: string | null): void => { told.push([change.name, from]) }
    store.on('change', listener)
    store.counter(name).increment()
    beta.counter('other').increment()
    clock.run(1_000)
    t.deepEqual(told, [[name, null], ['other', 'beta']])
  },

  'Two connections to one host': (t) => {
    const { clock, alpha, beta } = pair()
    const second = link(alpha, beta)
    clock.run(1_000)
    const { coherent } = alpha
    alpha.counter(name).increment()
    clock.run(1_000)
    second()
    clock.run(1_000)
    t.deepEqual([coherent, alpha.coherent, beta.counter(name).value], [true, true, 1])
  },

  'Malformed packets': (t) => {
    const { clock, alpha: store, beta } = pair()
    const ends: string[] = []
    const hand = new Hand(store.createStream({ onEnd: (error) => ends.push(codeOf(error)) }))
    hand.hello().say({ n: 'x', e: expire, c: [['C', '+', 'alpha', '1']], s: 'alpha', R: ['alpha'] })
    clock.run(1_000)
    t.deepEqual(ends, ['ERR_FRAME'], "a packet of blue-rings'")
    store.counter(name).increment()
    clock.run(1_000)
    t.equal(beta.counter(name).value, 1, 'others go on')
  },

  'After the end': async (t) => {
    const store = createStore({ host })
    store.counter(name).increment(amount)
    await soon(store.close())
    t.equal(store.counter(name).value, amount)
    t.equal(thrown(() => store.counter(name).increment()), 'ERR_CLOSED')
  },

  'A host at rest': (t) => {
    const { clock, alpha, beta } = pair()
    for (let i = 0; i < 1_000; i += 1) alpha.counter(`${name} ${i}`).increment()
    clock.run(10_000)
    const { sent, sentChanges } = alpha.statistics()
    clock.run(600_000)
    const frames = alpha.statistics().sent - sent
    t.deepEqual([beta.names().length, alpha.statistics().sentChanges], [1_000, sentChanges])
    t.ok(frames > 0 && frames <= 2 * (600_000 / limits.pingMs), `${frames} frames in ten minutes`)
  },

  'A process': async (t) => {
    const timers = (): number => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
    const before = timers()
    const store = createStore({ host })
    store.counter(name, { expire: Date.now() + 60_000 }).increment()
    t.equal(timers(), before)
    store.createStream()
    t.equal(timers(), before + 1)
    const end = async (): Promise<void> => await store.close()
    await soon(end())
    t.equal(timers(), before, 'none is left')
  },

  'Connections': async (t) => {
    const alpha = createStore({ host })
    const clients: { destroy(): void }[] = []
    const server = createServer((tcp) => {
      clients.push(tcp)
      pull(tcp, doubleline.parse(), alpha.createStream(), doubleline.stringify(), tcp)
    })
    const { promise: bound, resolve: done } = deferred<unknown>()
    server.listen(0, '127.0.0.1', done)
    t.equal(await soon(bound), null)
    const beta = createStore({ host: 'beta' })
    const { promise: ended, resolve: onEnd } = deferred<Error | null>()
    const tcp = connect(server.address()?.port ?? 0, '127.0.0.1')
    pull(tcp, doubleline.parse(), beta.createStream({ host: 'alpha', onEnd }), doubleline.stringify(), tcp)
    beta.counter(name).increment()
    await soon(beta.settled())
    for (const client of clients) client.destroy()
    await soon(ended)
    t.deepEqual([beta.peers().map(({ connected }) => connected), beta.coherent, clients.length], [[false], false, 1])
    await Promise.all([alpha.close(), beta.close()])
    server.close()
    const entries = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { name: string; exports: object }
    t.ok(Object.keys(entries.exports).some((entry) => `${entries.name}${entry.slice(1)}` === 'pull-gossip/tcp'))
  }
}

type Line = { left: string; codes: string[] }

function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** The rows of the one table. */
function rowsOf(text: string): Line[] {
  const [, , ...body] = text.split('\n').filter((line) => line.startsWith('|'))
  return body.map((line) => {
    const [, left = '', here = '', otherwise = '', ...more] = line.split('|').map((cell) => cell.trim())
    if (more.join('') !== '') throw new Error(`a row of more than three cells: ${line}`)
    return { left, codes: codesIn(`${here} ${otherwise}`) }
  })
}

/** The lines of the list under "What behaves otherwise". */
function linesOf(text: string): Line[] {
  const list = /^## What behaves otherwise\n(.*?)^As there:/ms.exec(text)?.[1] ?? ''
  return list.split(/^- /m).slice(1).map((line) => ({ left: /^\*\*(.+?)\*\*/.exec(line)?.[1] ?? line, codes: codesIn(line) }))
}

/** The sources of the functions of one of our maps, as they are written in this file. */
function functionsOf(map: string): Map<string, string> {
  const file = ts.createSourceFile('blue-rings.test.ts', source, ts.ScriptTarget.Latest, true)
  const found = new Map<string, string>()
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText() !== map || initializer === undefined || !ts.isObjectLiteralExpression(initializer)) continue
      for (const one of initializer.properties) {
        if (ts.isPropertyAssignment(one)) found.set((one.name as ts.StringLiteral).text, one.initializer.getText())
      }
    }
  }
  return found
}

function agree(t: Test, shown: Line[], map: string): void {
  const functions = functionsOf(map)
  t.deepEqual(shown.map(({ left }) => left), [...functions.keys()], 'the page and the test have the same, in the same order')
  for (const { left, codes } of shown) {
    const text = functions.get(left) ?? ''
    t.deepEqual(codes.filter((code) => !text.includes(code)), [], `${left}: its code is run`)
  }
}

test('the table and its functions, the list and its functions, are of one another', (t) => {
  const tables = page.split('\n').filter((line, i, all) => line.startsWith('|') && all[i - 1]?.startsWith('|') !== true)
  t.equal(tables.length, 1, 'there is one table')
  agree(t, rowsOf(page), 'rows')
  agree(t, linesOf(page), 'lines')
  t.end()
})

test('a row that shows what is not run is found', (t) => {
  const [row] = rowsOf(page.replace('| gives a store, of', '| `store.counters()` gives a store, of'))
  const text = functionsOf('rows').get(row?.left ?? '') ?? ''
  t.deepEqual(row?.codes.filter((code) => !text.includes(code)), ['store.counters()'])
  t.end()
})

for (const [map, kind] of [[rows, 'row'], [lines, 'line']] as const) {
  for (const [left, run] of Object.entries(map)) test(`${kind} ${left}`, async (t) => await run(t))
}
