/**
 * Whether everyone is there, and who holds what was written: coherent, doubts, settled.
 */
import test from 'tape'
import { link, type StreamOptions } from '../index.js'
import { Clock } from './clock.js'
import { codeOf, Hand, join, storeAt, storesAt } from './stores.js'

type Fate = { hosts: string[] | null; error: string | null }

/** What becomes of a promise of hosts. */
function fateOf(promise: Promise<string[]>): Fate {
  const fate: Fate = { hosts: null, error: null }
  promise.then((hosts) => { fate.hosts = hosts.sort() }, (error: unknown) => { fate.error = codeOf(error) })
  return fate
}

async function ripple(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve()
}

test('an expected host is in doubt until it is in step, and the doubt says why and since when', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { expect: ['hand'], pingMs: 1_000 })
  const told: string[] = []
  store.on('coherent', () => { told.push('coherent') })
  store.on('incoherent', () => { told.push('incoherent') })
  const since = (ms: number): number => clock.epoch + ms
  store.counter('n').increment()
  t.deepEqual(store.doubts(), [{ host: 'hand', why: 'disconnected', since: since(0) }])
  t.deepEqual(store.counter('n').read(), { coherent: false, value: 1 })
  clock.run(1_000)
  const hand = new Hand(store.createStream()).hello()
  t.deepEqual(store.doubts(), [{ host: 'hand', why: 'unclaimed', since: since(1_000) }])
  hand.say({ a: {}, u: 0 })
  clock.run(500)
  hand.say({ a: {}, u: 0 })
  t.deepEqual(store.doubts(), [{ host: 'hand', why: 'unclaimed', since: since(1_000) }], 'our claim alone is not enough')
  hand.say({ a: {}, u: 0, y: true })
  t.deepEqual(store.doubts(), [])
  t.ok(store.coherent)
  t.deepEqual(store.counter('n').read(), { coherent: true, value: 1 })
  clock.run(2_299)
  t.deepEqual(store.doubts(), [], 'silent for less than 2.3 intervals')
  clock.run(1)
  t.deepEqual(store.doubts(), [{ host: 'hand', why: 'silent', since: since(3_800) }])
  t.equal(store.peers()[0]?.silent, true)
  clock.run(1_000)
  hand.say({})
  t.deepEqual(store.doubts(), [], 'any frame counts as life')
  hand.stop()
  t.deepEqual(store.doubts(), [{ host: 'hand', why: 'disconnected', since: since(4_800) }])
  t.deepEqual(told, ['coherent', 'incoherent', 'coherent', 'incoherent'])
  t.end()
})

test('who is heard again after a silence, and then no more, is silent again, even if it reads nothing', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { expect: ['hand'], pingMs: 1_000 })
  const hand = new Hand(store.createStream(), { deaf: true }).hello()
  clock.run(2_299)
  const why = (): string | undefined => store.doubts()[0]?.why
  t.equal(why(), 'unclaimed')
  clock.run(1)
  t.equal(why(), 'silent')
  clock.run(1_000)
  hand.say([])
  t.equal(why(), 'unclaimed')
  clock.run(2_299)
  t.equal(why(), 'unclaimed')
  clock.run(1)
  t.equal(why(), 'silent', 'not only when it is given up')
  t.end()
})

test('a silent peer is given up at timeoutMs', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const ends: string[] = []
  new Hand(store.createStream({ onEnd: (error) => ends.push(codeOf(error)) })).hello()
  clock.run(59_999)
  t.deepEqual(ends, [], 'not a moment before')
  clock.run(1)
  t.deepEqual(ends, ['ERR_TIMEOUT'])
  t.end()
})

test('two stores that say nothing to each other stay coherent for ever, by pings', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  let incoherent = 0
  link(a, b)
  clock.run(500)
  a.on('incoherent', () => { incoherent += 1 })
  b.on('incoherent', () => { incoherent += 1 })
  clock.run(600_000)
  t.equal(incoherent, 0)
  t.ok(a.coherent && b.coherent)
  t.end()
})

test('with two streams to a host the better one counts', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const cut = link(a, b)
  link(a, b)
  clock.run(500)
  cut()
  t.ok(a.coherent && b.coherent)
  t.deepEqual(a.peers().map(({ connected }) => connected), [true])
  t.end()
})

test('a worse stream beside a good one, before it or after it, leaves no doubt', (t) => {
  for (const good of [0, 1]) {
    const clock = new Clock()
    const store = storeAt(clock, 'α', { expect: ['hand'] })
    for (const at of [0, 1]) new Hand(store.createStream()).hello().say({ a: {}, u: 0, ...(at === good ? { y: true } : {}) })
    clock.run(500)
    t.deepEqual(store.peers().map(({ synced }) => synced), [good === 0, good === 1])
    t.ok(store.coherent)
  }
  t.end()
})

test('a host that is forgotten is not waited for, and its stream goes on', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const told: string[] = []
  const c = storeAt(clock, 'γ', { expect: ['δ'] })
  c.on('coherent', () => { told.push('coherent') })
  c.forget('ε')
  t.notOk(c.coherent, 'another host changes nothing')
  c.forget('δ')
  t.deepEqual(told, ['coherent'])
  t.deepEqual(c.peers(), [])
  const cut = link(a, b)
  clock.run(500)
  a.forget('β')
  b.counter('n').increment()
  clock.run(500)
  t.equal(a.counter('n').value, 1)
  cut()
  t.ok(a.coherent)
  t.notOk(b.coherent)
  t.end()
})

test('doubts are ours to change: what is given is a copy', (t) => {
  const store = storeAt(new Clock(), 'α', { expect: ['β'] })
  const [doubt] = store.doubts()
  Object.assign(doubt as object, { host: 'x' })
  t.equal(store.doubts()[0]?.host, 'β')
  t.end()
})

test('settled waits until so many peers hold all that was written here', async (t) => {
  const clock = new Clock()
  const [a, b, c] = storesAt(clock, 'α', 'β', 'γ')
  a.counter('n').increment()
  const one = fateOf(a.settled({ peers: 1 }))
  const two = fateOf(a.settled({ peers: 2 }))
  clock.run(500)
  await ripple()
  t.deepEqual([one, two].map(({ hosts }) => hosts), [null, null])
  link(a, b)
  clock.run(500)
  await ripple()
  t.deepEqual([one, two].map(({ hosts }) => hosts), [['β'], null])
  link(b, c)
  clock.run(500)
  await ripple()
  t.equal(two.hosts, null, 'a peer of a peer is not asked')
  link(a, c)
  clock.run(500)
  await ripple()
  t.deepEqual(two.hosts, ['β', 'γ'])
})

test('settled means what was written until it was called', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  let author = ''
  store.on('change', (change) => { author = change.author })
  store.counter('n').increment()
  store.counter('m').increment()
  const before = fateOf(store.settled({ peers: 1 }))
  store.counter('o').increment()
  const after = fateOf(store.settled({ peers: 1 }))
  const hand = new Hand(store.createStream()).hello().say({ a: { [author]: 1 }, u: 0 })
  await ripple()
  t.equal(before.hosts, null, 'one of two')
  hand.say({ a: { [author]: 2 }, u: 0 })
  await ripple()
  t.deepEqual(before.hosts, ['hand'])
  t.equal(after.hosts, null)
  hand.say({ a: { [author]: 3 }, u: 0 })
  await ripple()
  t.deepEqual(after.hosts, ['hand'])
})

test('settled with all means the expected hosts and the connected ones', async (t) => {
  const clock = new Clock()
  const a = storeAt(clock, 'α', { expect: ['γ'] })
  const [b, c] = storesAt(clock, 'β', 'γ')
  a.counter('n').increment()
  const all = fateOf(a.settled())
  join(a.createStream(), b.createStream())
  clock.run(500)
  await ripple()
  t.equal(all.hosts, null, 'the expected one is not there')
  join(a.createStream(), c.createStream())
  clock.run(500)
  await ripple()
  t.deepEqual(all.hosts, ['β', 'γ'])
  const rest = fateOf(a.settled())
  a.counter('n').increment()
  const forgotten = fateOf(storeWithout(clock))
  await ripple()
  t.deepEqual(rest.hosts, ['β', 'γ'], 'what is confirmed already is settled at once')
  t.deepEqual(forgotten.hosts, ['ζ'], 'and it waits no longer for one who was forgotten')
})

/** Settled, at a store that forgets one of the two whom it waited for. */
function storeWithout(clock: Clock): Promise<string[]> {
  const store = storeAt(clock, 'δ', { expect: ['ε'] })
  store.counter('n').increment()
  link(store, storeAt(clock, 'ζ'))
  clock.run(500)
  const settled = store.settled()
  store.forget('ε')
  return settled
}

test('settled with all waits for nobody to whom our writes do not flow', async (t) => {
  const oneWay: [string, StreamOptions, StreamOptions][] = [
    ['we only listen', { send: false }, {}], ['the peer takes nothing', {}, { receive: false }]
  ]
  for (const [name, ours, theirs] of oneWay) {
    const clock = new Clock()
    const [a, b, c] = storesAt(clock, 'α', 'β', 'γ')
    a.counter('n').increment()
    join(a.createStream({ id: 'β', ...ours }), b.createStream(theirs))
    join(a.createStream(), c.createStream())
    clock.run(500)
    const fate = fateOf(a.settled())
    await ripple()
    t.ok(a.coherent, name)
    t.deepEqual(fate.hosts, ['γ'], `${name}: settled by the one to whom they do`)
  }
})

test('settled is vacuous where nothing was written, and waits for a first peer where something was', async (t) => {
  const clock = new Clock()
  const silent = storeAt(clock, 'α', { expect: ['β'] })
  t.deepEqual(await silent.settled(), [])
  t.deepEqual(await silent.settled({ peers: 3 }), [])
  const alone = storeAt(clock, 'α')
  alone.counter('n').increment()
  const fate = fateOf(alone.settled())
  clock.run(1_000)
  await ripple()
  t.equal(fate.hosts, null, 'nobody holds it yet')
  link(alone, storeAt(clock, 'β'))
  clock.run(1_000)
  await ripple()
  t.deepEqual(fate.hosts, ['β'])
})

test('settled is rejected at its timeout and by close, and what was written stays', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  store.counter('n').increment()
  const late = fateOf(store.settled({ peers: 1, timeoutMs: 100 }))
  const open = fateOf(store.settled({ peers: 1 }))
  clock.run(99)
  await ripple()
  t.equal(late.error, null, 'not a moment before')
  clock.run(1)
  await ripple()
  t.equal(late.error, 'ERR_TIMEOUT')
  void store.close()
  await ripple()
  t.equal(open.error, 'ERR_CLOSED')
  t.equal(clock.pending, 0)
  t.equal(store.counter('n').value, 1)
})

test('settled takes no number of peers that is none', async (t) => {
  const store = storeAt(new Clock(), 'α')
  for (const peers of [0, -1, 1.5, NaN, '1']) {
    const fate = fateOf(store.settled({ peers: peers as number }))
    await ripple()
    t.equal(fate.error, 'ERR_OPTION', String(peers))
  }
  for (const timeoutMs of [-1, NaN, '1']) {
    const fate = fateOf(new Promise((resolve) => { resolve(store.settled({ peers: 1, timeoutMs: timeoutMs as number })) }))
    await ripple()
    t.equal(fate.error, 'ERR_OPTION', `timeoutMs ${String(timeoutMs)}`)
  }
})

test('a settled that is met no longer holds a timer', async (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  a.counter('n').increment()
  const fate = fateOf(a.settled({ peers: 1, timeoutMs: 1e9 }))
  const cut = link(a, b)
  clock.run(500)
  await ripple()
  t.deepEqual(fate.hosts, ['β'])
  cut()
  clock.run(2_000)
  t.equal(clock.pending, 0)
})
