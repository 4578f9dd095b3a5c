/**
 * Frames told to a function as those of the `debug` module: every one, both ways, in order, and never to the harm of a session.
 */
import { format } from 'node:util'
import test from 'tape'
import { createStore, link, type Debug, type Frame, type StoreOptions, type StreamOptions } from '../index.js'
import { Clock } from './clock.js'
import { Hand, join, storeAt } from './stores.js'
import { thrown } from './world.js'

type Expect<Holds extends true> = Holds
type Assignable<From, To> = [From] extends [To] ? true : false

/** The shape of the functions that the published module makes, as @types/debug has it. */
interface Debugger {
  (formatter: unknown, ...args: unknown[]): void
  color: string
  diff: number
  enabled: boolean
  log: (...args: unknown[]) => unknown
  namespace: string
  destroy: () => boolean
  extend: (namespace: string, delimiter?: string) => Debugger
}

/** Each line is a compile error when it does not hold. */
export type Proofs = [
  Expect<Assignable<Debugger, Debug>>,
  Expect<Assignable<typeof console.log, Debug>>,
  Expect<Assignable<(format: string, ...args: unknown[]) => void, Debug>>,
  Expect<Assignable<(format: number) => void, Debug> extends false ? true : false>,
  Expect<Assignable<{ enabled: boolean }, Debug> extends false ? true : false>
]

type Told = [format: string, host: string, way: string, peer: string, frame: unknown]

/** A function that notes what it is told, as it was at that moment. */
function notebook(): { debug: Debug & { enabled?: boolean }; told: Told[] } {
  const told: Told[] = []
  const debug = (...args: unknown[]): void => { told.push(structuredClone(args) as Told) }
  return { debug, told }
}

/** The module's function, as far as we need it: it prints a line where it is enabled. */
function published(lines: string[], enabled: boolean): Debugger {
  const call = (...args: unknown[]): void => { if (debug.enabled) debug.log(...args) }
  const debug: Debugger = Object.assign(call, {
    color: '#f00', diff: 0, enabled, namespace: 'pull-gossip', destroy: () => true, extend: () => debug,
    log: (...args: unknown[]) => lines.push(format(...args))
  })
  return debug
}

test('every frame is told in order, with us, its way, the peer and the frame itself', (t) => {
  const clock = new Clock()
  const { debug, told } = notebook()
  const store = storeAt(clock, 'α', { debug })
  const said: Frame[] = []
  const hand = new Hand(store.createStream())
  const say = (frame: Frame): void => {
    said.push(frame)
    hand.say(frame)
    clock.run(10)
  }
  say({ v: 1, h: 'hand', i: '1', x: 'nothing' })
  say({ a: {}, u: 0, y: true })
  store.counter('n').increment()
  clock.run(100)
  say([{ s: [1, 'hand~1'], k: 'counter', q: [1], n: ['n'], c: [[2, 0]] }, { a: { 'hand~1': 1 }, u: 1, y: true }])
  clock.run(20_000)
  say({ b: 'close' })
  const frames = (way: string): unknown[] => told.filter(([, , other]) => other === way).map(([, , , , frame]) => frame)
  t.deepEqual(frames('<'), said, 'what came in')
  t.deepEqual(frames('>'), hand.heard, 'and what went out')
  t.ok(frames('>').length >= 6, `${frames('>').length} frames, pings among them`)
  t.ok(told.every(([text, host, way]) => text === '%s %s %s %j' && host === 'α' && (way === '<' || way === '>')))
  const first = told.slice(0, 4).map(([, , way, peer]) => `${way} ${peer}`)
  t.deepEqual(first, ['> the peer', '< the peer', '> hand', '< hand'], 'from its hello on by its name')
  t.end()
})

test('until its hello a peer is called by its host or label, where they are given', (t) => {
  const cases: [StreamOptions, string][] = [
    [{ host: 'β' }, 'β'], [{ id: 'label' }, 'label'], [{ id: 'label', host: 'β' }, 'label'], [{}, 'the peer']
  ]
  for (const [options, name] of cases) {
    const clock = new Clock()
    const { debug, told } = notebook()
    join(storeAt(clock, 'α', { debug }).createStream(options), storeAt(clock, 'β').createStream())
    clock.run(500)
    const names = told.map(([, , , peer]) => peer)
    const hello = told.findIndex(([, , way]) => way === '<')
    t.ok(names.slice(0, hello + 1).every((one) => one === name), `${JSON.stringify(options)}: ${name}`)
    t.ok(names.length > hello + 1 && names.slice(hello + 1).every((one) => one === 'β'), 'then by its own name')
  }
  t.end()
})

test('two stores of one process are told apart, and each frame is told at both ends', (t) => {
  const clock = new Clock()
  const { debug, told } = notebook()
  const [a, b] = [storeAt(clock, 'α', { debug }), storeAt(clock, 'β', { debug })]
  const cut = link(a, b)
  a.counter('n').increment()
  b.counter('n').increment()
  clock.run(500)
  const frames = (host: string, way: string): string[] =>
    told.filter((one) => one[1] === host && one[2] === way).map((one) => JSON.stringify(one[4]))
  t.deepEqual([frames('α', '<'), frames('β', '<')], [frames('β', '>'), frames('α', '>')])
  t.ok(frames('α', '>').length >= 3)
  const before = told.length
  cut()
  clock.run(500)
  t.equal(told.length, before, 'and the end of a stream is no frame')
  t.end()
})

test('what is no frame is told too, before it ends the session', (t) => {
  const clock = new Clock()
  const { debug, told } = notebook()
  const store = storeAt(clock, 'α', { debug })
  const hand = new Hand(store.createStream()).hello().say('no frame').say({ a: {}, u: 0 })
  clock.run(2_000)
  const frames = (way: string): unknown[] => told.filter(([, , other]) => other === way).map(([, , , , frame]) => frame)
  t.deepEqual(frames('<').slice(1), ['no frame', { a: {}, u: 0 }], 'and what still comes after it')
  t.deepEqual(frames('>').at(-1), { b: 'frame' }, 'and our bye')
  t.deepEqual(hand.heard.at(-1), { b: 'frame' })
  t.end()
})

test('a function that is not enabled is not called, and may be switched on and off', (t) => {
  const clock = new Clock()
  const { debug, told } = notebook()
  debug.enabled = false
  const [a, b] = [storeAt(clock, 'α', { debug }), storeAt(clock, 'β')]
  link(a, b)
  clock.run(10_000)
  t.equal(told.length, 0)
  debug.enabled = true
  a.counter('n').increment()
  clock.run(100)
  t.deepEqual(told[0]?.slice(0, 4), ['%s %s %s %j', 'α', '>', 'β'])
  const { length } = told
  debug.enabled = false
  a.counter('n').increment()
  clock.run(10_000)
  t.equal(told.length, length)
  delete debug.enabled
  a.counter('n').increment()
  clock.run(100)
  t.ok(told.length > length, 'one that says nothing of that is enabled')
  t.end()
})

test('what the function throws is told as error, and the session goes on', (t) => {
  const clock = new Clock()
  const errors: string[] = []
  let called = 0
  const debug = (): void => {
    called += 1
    throw new Error('mine')
  }
  const [a, b] = [storeAt(clock, 'α', { debug }), storeAt(clock, 'β')]
  a.on('error', function (error) { errors.push(`${this.host}: ${String(error)}`) })
  link(a, b)
  a.counter('n').increment()
  b.counter('n').increment()
  clock.run(10_000)
  t.deepEqual([a, b].map((store) => store.counter('n').value), [2, 2])
  t.ok(a.coherent && b.coherent)
  t.ok(called > 5)
  t.deepEqual(errors, Array(called).fill('α: Error: mine'))
  t.end()
})

test('a function that writes, cuts or closes while it is told harms nobody', (t) => {
  for (const act of ['write', 'close', 'link'] as const) {
    const clock = new Clock()
    let left = 3
    const debug = (): void => {
      left -= 1
      if (left < 0) return
      if (act === 'write') a.counter('n').increment()
      else if (act === 'close') void a.close()
      else link(a, storeAt(clock, `γ${left}`))
    }
    const [a, b] = [storeAt(clock, 'α', { debug }), storeAt(clock, 'β')]
    b.counter('n').increment()
    link(a, b)
    clock.run(5_000)
    t.deepEqual([a, b].map((store) => store.counter('n').value), act === 'write' ? [4, 4] : act === 'close' ? [0, 1] : [1, 1], act)
  }
  t.end()
})

test('one that aborts the stream while a frame goes out has the read answered by the end', (t) => {
  const answers: string[] = []
  const store = createStore({ host: 'α', debug: () => stream.source(true, () => { answers.push('aborted') }) })
  const stream = store.createStream()
  stream.source(null, (end) => { answers.push(end === true ? 'ended' : 'a frame') })
  t.deepEqual([...answers].sort(), ['aborted', 'ended'])
  t.end()
})

test('an enabled that throws is told as error like the function itself', (t) => {
  const clock = new Clock()
  const debug: Debug = Object.defineProperty(() => {}, 'enabled', { get: () => { throw new Error('mine') } })
  const store = storeAt(clock, 'α', { debug })
  const errors: string[] = []
  store.on('error', (error) => errors.push(String(error)))
  t.equal(thrown(() => { new Hand(store.createStream()).hello(); clock.run(100) }), null)
  t.ok(errors.length > 0 && errors.every((error) => error === 'Error: mine'))
  t.end()
})

test('what is no function throws ERR_OPTION', (t) => {
  for (const debug of [null, true, false, 'pull-gossip', 1, {}, [], { enabled: true }]) {
    t.equal(thrown(() => createStore({ host: 'α', debug } as unknown as StoreOptions)), 'ERR_OPTION', JSON.stringify(debug))
  }
  t.ok(createStore({ host: 'α', debug: undefined }))
  t.ok(createStore({ host: 'α', debug: () => {} }))
  t.end()
})

test('with functions of the published module frames are lines, where they are enabled', (t) => {
  for (const enabled of [true, false]) {
    const clock = new Clock()
    const lines: string[] = []
    const debug = published(lines, enabled)
    const [a, b] = [storeAt(clock, 'α', { debug }), storeAt(clock, 'β')]
    link(a, b)
    a.counter('n').increment()
    clock.run(500)
    if (!enabled) t.deepEqual(lines, [])
    else {
      t.ok(lines.length >= 5 && lines.every((line) => /^α [<>] β [{[].*[}\]]$/.test(line)), lines[0] ?? 'no line')
      t.ok(lines.some((line) => /^α > β \[\{"s":\[1,"α~.*"\],"k":"counter","q":\[1\],"n":\["n"\],"c":\[1\]\}\]$/.test(line)))
    }
  }
  t.end()
})
