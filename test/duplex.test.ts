/**
 * A session as a duplex pull-stream: the rules, and neighbours that break them.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import published from 'pull-json-doubleline'
import checker from 'pull-stream-protocol-checker'
import pull from 'pull-stream'
import test from 'tape'
import { link, type Abort, type Duplex, type Frame, type Source, type SourceCallback } from '../index.js'
import { doubleline } from '../lib/wire/codec.js'
import { Clock } from './clock.js'
import { codeOf, Hand, join, storeAt, storesAt } from './stores.js'

const hello = { v: 1, h: 'hand', i: '1', x: 'nothing' }

test('two sessions piped together keep the protocol on every interface, however they part', (t) => {
  const endings: Record<string, (left: Duplex<Frame, unknown>, close: () => void) => void> = {
    'one is aborted': (left) => left.source(true, () => {}),
    'one is aborted with an error': (left) => left.source(new Error('cut'), () => {}),
    'a store is closed': (_left, close) => close()
  }
  for (const [name, end] of Object.entries(endings)) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    for (let i = 0; i < 5_000; i += 1) a.counter(`a${i}`).increment()
    b.counter('b').increment()
    const probes = Array.from({ length: 2 }, () => checker(false, true, false))
    const left = a.createStream()
    const right = b.createStream()
    left.sink((probes[0] as ReturnType<typeof checker>)(right.source))
    right.sink((probes[1] as ReturnType<typeof checker>)(left.source))
    clock.run(1_000)
    t.equal(b.statistics().cells, 5_001)
    end(left, () => void a.close())
    clock.run(5_000)
    for (const probe of probes) t.deepEqual(probe.terminate().map(String), [], name)
    t.equal(a.statistics().peers + b.statistics().peers, 0, 'and both sessions are over')
  }
  t.end()
})

test('a reader keeps the protocol to its end', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  for (let i = 0; i < 200; i += 1) store.counter(`n${i}`).increment()
  const probe = checker(true, true, false)
  let items = 0
  pull(probe(store.changes()) as Source<unknown>, pull.drain(() => { items += 1 }))
  t.equal(items, 200)
  t.deepEqual(probe.terminate(), [])
  t.end()
})

test('a neighbour that answers twice is heard once', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const stream = store.createStream()
  const frames: unknown[] = [hello, { a: {}, u: 0 }, { s: [1, 'x~1'], k: 'counter', q: [1], n: ['n'], c: [[5, 0]] }]
  let asked = 0
  const open: SourceCallback<unknown>[] = []
  stream.sink((abort, cb) => {
    asked += 1
    const frame = abort ? undefined : frames.shift()
    if (frame === undefined) return void open.push(cb)
    cb(null, frame)
    cb(null, frame)
    cb(true)
  })
  const hand: unknown[] = []
  stream.source(null, (_end, frame) => hand.push(frame))
  clock.run(100)
  t.equal(asked, 4, 'one question for each frame, and one open')
  t.equal(store.counter('n').value, 5)
  t.equal(store.statistics().recv, 3)
  t.equal(store.statistics().recvChanges, 1)
  t.equal(store.statistics().peers, 1, 'and the session goes on')
  t.end()
})

/** A source that turns an abort into another read, as the published doubleline does, and answers neither. */
function swallowing(first: unknown[]): { source: Source<unknown>; asked: Abort[] } {
  const asked: Abort[] = []
  return { asked, source: (abort, cb) => {
    asked.push(abort)
    if (first.length > 0) cb(null, first.shift())
  } }
}

test('a neighbour that swallows aborts does not keep a session from ending within closeMs', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const stream = store.createStream()
  const { source, asked } = swallowing([hello])
  stream.sink(source)
  clock.run(100)
  let closed = false
  const closing = store.close().then(() => { closed = true })
  clock.run(999)
  await Promise.resolve()
  t.notOk(closed, 'it is given closeMs')
  clock.run(1)
  await closing
  t.equal(asked.filter((abort) => abort instanceof Error).length, 1, 'and then aborted once')
  t.equal(clock.pending, 0, 'and no timer is left')
})

test('piped through the published doubleline, both ends learn that one left', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const ends: string[] = []
  const left = a.createStream({ onEnd: (error) => ends.push(`α ${codeOf(error)}`) })
  const right = b.createStream({ onEnd: (error) => ends.push(`β ${codeOf(error)}`) })
  pull(left.source as pull.Source<unknown>, published.stringify(), published.parse(), right.sink)
  pull(right.source as pull.Source<unknown>, published.stringify(), published.parse(), left.sink)
  a.counter('n').increment(3)
  clock.run(1_000)
  t.equal(b.counter('n').value, 3)
  void a.close()
  clock.run(2_000)
  t.deepEqual(ends.sort(), ['α null', 'β null'])
  t.equal(b.statistics().peers, 0)
  t.equal(clock.pending, 0, 'and no timer is left')
  t.end()
})

test('a hundred thousand frames at once are taken without the stack growing', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const stream = store.createStream()
  let sent = 0
  let depth = 0
  let deepest = 0
  stream.sink((abort, cb) => {
    if (abort) return cb(abort)
    sent += 1
    depth += 1
    deepest = Math.max(deepest, depth)
    if (sent === 1) cb(null, hello)
    else if (sent === 2) cb(null, { a: {}, u: 0 })
    else if (sent === 3) cb(null, { s: [1, 'x~1'], k: 'counter', q: [1], n: ['n'], c: [[1, 0]] })
    else if (sent <= 100_002) cb(null, { s: 1, k: 'counter', q: [sent - 2], n: ['n'], c: [[sent - 2, 0]] })
    depth -= 1
  })
  clock.run(100)
  t.equal(store.counter('n').value, 100_000)
  t.equal(deepest, 1, 'a source that answers at once is asked in a loop')
  t.end()
})

test('a hundred thousand reads are answered without the stack growing', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  for (let i = 0; i < 100_000; i += 1) store.counter(`n${i}`).increment()
  let items = 0
  pull(store.changes(), pull.drain(() => { items += 1 }))
  t.equal(items, 100_000)
  t.end()
})

test('a neighbour that talks on without a pause does not hold the process once its session has ended', (t) => {
  const store = storeAt(new Clock(), 'α')
  let reads = 0
  store.createStream().sink((abort, cb) => {
    reads += 1
    if (!abort && reads < 100_000) cb(null, 'no frame')
  })
  t.ok(reads < 1_000, `it was asked ${reads} times in one turn, after its first word had ended the session`)
  t.end()
})

test('when a store is closed its peer gets the bye, then the end', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const stream = store.createStream()
  const hand = new Hand(stream).hello().say({ a: {}, u: 0 })
  clock.run(200)
  const closing = store.close()
  clock.settle()
  t.deepEqual(hand.heard.at(-1), { b: 'close' })
  t.equal(hand.ended, true)
  hand.stop()
  clock.settle()
  await closing
  t.equal(hand.aborted, null, 'who ends by itself is not aborted')
  t.equal(clock.pending, 0, 'and nobody waited for closeMs')
})

test('a malformed frame ends just that session, with a code, and others go on', (t) => {
  const wrong: [string, unknown, string][] = [
    ['null', null, 'ERR_FRAME'], ['a number', 7, 'ERR_FRAME'], ['text', 'hello', 'ERR_FRAME'], ['undefined', undefined, 'ERR_FRAME'],
    ['a nested array', [[]], 'ERR_FRAME'], ['a change of no author', { s: 9, k: 'counter', q: [1], n: ['n'], c: [[1, 0]] }, 'ERR_FRAME'],
    ['unequal columns', { s: [1, 'x~1'], k: 'counter', q: [1], n: [], c: [[1, 0]] }, 'ERR_FRAME'], ['a second hello', hello, 'ERR_FRAME'],
    ['too many messages', Array.from({ length: 4_097 }, () => ({})), 'ERR_SIZE'], ['a false count', { a: {}, u: 1 }, 'ERR_LOST']
  ]
  for (const [name, frame, code] of wrong) {
    const clock = new Clock()
    const [a, b] = storesAt(clock, 'α', 'β')
    const ends: (Error | null)[] = []
    link(a, b)
    const hand = new Hand(a.createStream({ onEnd: (error) => ends.push(error) })).hello().say({ a: {}, u: 0 })
    clock.run(100)
    hand.say(frame)
    clock.run(100)
    t.deepEqual(ends.map(codeOf), [code], name)
    t.deepEqual(hand.heard.at(-1), { b: code.slice(4).toLowerCase() }, 'the bye tells it')
    t.equal(hand.ended, true, 'and then the stream ends')
    b.counter('n').increment()
    clock.run(100)
    t.equal(a.counter('n').value, 1, 'while the other session goes on')
    clock.run(1_000)
    t.equal(codeOf(hand.aborted), 'ERR_TIMEOUT', 'who then does not end is aborted')
    t.equal(a.peers().length, 1)
  }
  t.end()
})

test('what no JSON holds is refused, whatever pipe it came through, and harms nobody', (t) => {
  const bodies: [string, unknown][] = [
    ['a bigint', 1n], ['a function', () => {}], ['a symbol', Symbol('x')], ['undefined', undefined], ['a bigint inside', { a: [1n] }],
    ['what throws when it is written', { toJSON: () => { throw new Error('mine') } }]
  ]
  for (const [name, body] of bodies) {
    const clock = new Clock()
    const store = storeAt(clock, 'α')
    const hand = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
    clock.run(100)
    t.doesNotThrow(() => {
      hand.say({ s: [1, 'x~1'], k: 'mood', q: [1], n: ['n'], c: [body] })
      clock.run(100)
    }, `${name}: nothing is thrown into the peer's source`)
    t.equal(store.statistics().cells, 0, `${name}: nothing is kept`)
  }
  t.end()
})

test('a stream that is never piped ends when its store closes', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  store.createStream()
  let closed = false
  const closing = store.close().then(() => { closed = true })
  clock.run(5_000)
  for (let i = 0; i < 5; i += 1) await Promise.resolve()
  t.ok(closed, 'within closeMs')
  if (closed) await closing
})

test('a stream of which only one side is piped ends when its store closes', async (t) => {
  for (const side of ['source', 'sink']) {
    const clock = new Clock()
    const store = storeAt(clock, 'α')
    const stream = store.createStream()
    if (side === 'sink') stream.sink(() => {})
    else stream.source(null, () => {})
    let closed = false
    void store.close().then(() => { closed = true })
    clock.run(5_000)
    for (let i = 0; i < 5; i += 1) await Promise.resolve()
    t.ok(closed, `only its ${side}`)
  }
})

test('a stream that is never piped does not hold its place for ever', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α', { limits: { peersMax: 1 } })
  const ends: (Error | null)[] = []
  store.createStream({ onEnd: (error) => ends.push(error) })
  clock.run(20_000)
  t.deepEqual(ends.map(codeOf), ['ERR_HELLO'])
  t.doesNotThrow(() => store.createStream(), 'there is room for another')
  t.end()
})

test('a peer that says no hello in time is told so', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const ends: (Error | null)[] = []
  const hand = new Hand(store.createStream({ onEnd: (error) => ends.push(error) }))
  clock.run(9_999)
  t.equal(ends.length, 0, 'at helloMs less one it may still come')
  clock.run(1)
  t.deepEqual(ends.map(codeOf), ['ERR_HELLO'])
  clock.settle()
  t.deepEqual(hand.heard.at(-1), { b: 'hello' })
  t.end()
})

test('a sink that ends with an error tells it to onEnd', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  const ends: (Error | null)[] = []
  const reset = new Error('reset')
  const hand = new Hand(store.createStream({ onEnd: (error) => ends.push(error) })).hello()
  hand.stop(reset)
  clock.run(2_000)
  t.equal(ends.length, 1)
  t.equal(ends[0], reset)
  t.equal(clock.pending, 0, 'and no timer is left')
  t.end()
})

test('bytes are counted through our codec', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  const left = a.createStream()
  const right = b.createStream()
  let bytes = 0
  const count = (chunk: Uint8Array): Uint8Array => {
    bytes += chunk.length
    return chunk
  }
  pull(left.source, doubleline.stringify(), pull.map(count), doubleline.parse(), right.sink)
  pull(right.source, doubleline.stringify(), doubleline.parse(), left.sink)
  a.counter('n').increment()
  clock.run(200)
  const { sent, sentBytes } = a.statistics()
  t.equal(sentBytes, bytes - 2 * sent, 'what went out, newlines not counted')
  t.equal(b.statistics().recvBytes, sentBytes, 'is what came in')
  t.end()
})

test('a process ends by itself once its stores are closed', async (t) => {
  const source = `
    import { createStore, link } from './index.ts'
    const a = createStore({ host: 'a' })
    const b = createStore({ host: 'b' })
    link(a, b)
    a.counter('n').increment()
    await a.settled({ peers: 1 })
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await Promise.all([a.close(), b.close()])
    console.log(b.counter('n').value, before > 0, process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length)
  `
  const args = ['--import', 'tsx', '--input-type=module', '--eval', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: new URL('..', import.meta.url), timeout: 30_000 })
  t.equal(stdout.trim(), '1 true 0')
})

test('streams joined the other way round, or late, come to the same', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  a.counter('n').increment()
  const left = a.createStream()
  const right = b.createStream()
  right.sink(left.source)
  clock.run(5_000)
  left.sink(right.source)
  clock.run(500)
  t.equal(b.counter('n').value, 1)
  const [c, d] = storesAt(clock, 'γ', 'δ')
  c.counter('n').increment()
  join(c.createStream(), d.createStream())
  clock.run(500)
  t.equal(d.counter('n').value, 1)
  t.end()
})
