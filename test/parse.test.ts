/**
 * The one door for foreign data, at its edges: each field wrong in each way, every bound at it and one above, and bytes gone wrong.
 */
import { readFileSync } from 'node:fs'
import test, { type Test } from 'tape'
import fc from 'fast-check'
import pull from 'pull-stream'
import { isGossipError } from '../lib/errors.js'
import { limits, withLimits } from '../lib/limits.js'
import type { Abort } from '../lib/pull.js'
import { doubleline } from '../lib/wire/codec.js'
import { parse, type Parsed } from '../lib/wire/parse.js'
import { thrown, World } from './world.js'

type Fields = Record<string, unknown>

const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff)
const most = Number.MAX_SAFE_INTEGER
const notCounts: unknown[] = [null, -1, 0.5, most + 1, 1e300, '1', '', true, [], [1], {}]
const notTexts: unknown[] = [null, 0, 1, true, [], ['x'], {}]
const notTokens: unknown[] = [...notTexts, '', 'x'.repeat(65), 'é'.repeat(32) + 'x']
const notFields: unknown[] = [null, 0, 1, true, '', 'x', [], [{}]]
const notRanges: unknown[] = [...notFields.filter((value) => !Array.isArray(value)), {}, [1, 2], [[]], [[6]], [[6, 7, 8]], [['6', 7]],
  [[6, null]], [[5, 6]], [[4, 9]], [[7, 6]], [[6, 8], [8, 9]], [[8, 9], [6, 6]], [[6, most + 1]], [[-1, 7]]]
const notHosts: unknown[] = [...notTexts, '', '~', 'a~b', 'a\nb', '\u0000', '\u007f', '\u0085', '\ud83d', '\ude00', 'x'.repeat(65), 'é'.repeat(33)]

const hello: Fields = { v: 1, h: 'α', i: '1', x: '0'.repeat(32) }
const have: Fields = { a: { 1: 5 }, u: 0 }
const change: Fields = { s: [1, 'α~1'], k: 'counter', q: [1, 1], n: ['a', 'b'], c: [[1, 0], [1, 0]] }
const ask: Fields = { w: { 1: 5 } }

/** A message, one of its fields, whether it may be left out, and what it must not be. */
const fields: [message: Fields, field: string, optional: boolean, wrong: unknown[], code?: string][] = [
  [hello, 'v', false, [...notCounts, 0], 'ERR_VERSION'],
  [hello, 'h', false, notHosts],
  [hello, 'i', false, [...notTexts, '', 'A', 'é', '-', ' ', '1~', 'z'.repeat(33)]],
  [hello, 'x', false, notTokens],
  [hello, 'net', true, notTokens],
  [hello, 'f', true, [null, 0, 'mute', {}, [null], [1], [''], [['mute']], ['x'.repeat(65)], Array<string>(65).fill('x')]],
  [have, 'a', false, [...notFields, ...notCounts.map((n) => ({ 1: n }))]],
  [have, 'd', true, [...notFields, ...notRanges.map((ranges) => ({ 1: ranges }))]],
  [have, 'u', true, notCounts],
  [have, 'r', true, [...notFields, ...notCounts.map((n) => ({ room: n })), { '': 1 }, { ['x'.repeat(65)]: 1 },
    Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`c${i}`, 1]))]],
  [have, 'y', true, [null, false, 0, 1, '', 'true', 'all', [], {}]],
  [change, 's', false, [...notCounts.filter((n) => !Array.isArray(n)), [], [1], [1, 2], [1, null], [1, 'α~1', 1], ['1', 'α~1'], [-1, 'α~1'], ['α~1', 1]]],
  [change, 'k', false, notTokens],
  [change, 'q', false, [...notFields, {}, [1], [1, 1, 1], [0, 1], [1, 0], [1, -1], [1, 0.5], ['1', 1], [null, 1], [most, 1], [most + 1, 1]]],
  [change, 'n', false, [null, 'ab', {}, [], ['a'], ['a', 'b', 'c'], ['a', 1], ['a', null], [['a'], 'b']]],
  [change, 'p', true, [null, 'ab', {}, [], ['a'], ['a', 'b', 'c'], ['a', 1], ['a', null]]],
  [change, 'e', true, [null, 0, {}, [], [0], [0, 0, 0], [0, -1], [0, 0.5], [0, '0'], [0, most + 1], [0, true]]],
  [change, 'c', false, [null, 'ab', {}, [], [[1, 0]], [[1, 0], [1, 0], [1, 0]]]],
  [{ t: [1, 0, 0] }, 't', false, [null, 1, {}, [], [1], [1, 0], [1, 0, 0, 0], [1, 0, '0'], [1, null, 0], [most + 1, 0, 0], [1, -most - 1, 0], [1, 0, 1e300]]],
  [ask, 'w', false, [...notFields, ...notCounts.map((n) => ({ 1: n }))]],
  [ask, 'd', true, [...notFields, ...notRanges.map((ranges) => ({ 1: ranges }))]],
  [ask, 'n', true, [null, 0, 'x', {}, ['x'], [[]], [['k']], [['k', 'n', 'n']], [['k', 1]], [[null, 'n']]]],
  [{ b: 'close' }, 'b', false, notTokens]
]

console.log(`# parse.test.ts: SEED=${seed}`)

test('of a ping a sum of what is said in cells is taken where it is one, and what is behind it ignored', (t) => {
  const summed = (...g: unknown[]): unknown => {
    const [ping] = parse({ t: [1, 0, 0], g }, limits)
    return ping?.type === 'ping' ? ping.sum : undefined
  }
  const plain = { from: 5, text: '0a', bodies: null }
  t.deepEqual([summed(5, '0a'), summed(5, '0a', '0123abcd'), summed(5, '0a', '0123abcd', {})], [plain, ...Array<unknown>(2).fill({ ...plain, bodies: '0123abcd' })])
  for (const wrong of [null, 0, '', '0123abc', '0123abcde', '0123ABCD', ['0123abcd']]) t.deepEqual(summed(5, '0a', wrong), plain, JSON.stringify(wrong))
  t.deepEqual([summed(), summed(5), summed(-1, '0a'), summed('5', '0a', '0123abcd')], Array(4).fill(null))
  for (const [o, isOf] of [[1, true], [undefined, false], [true, false], [0, false], ['1', false]] as const) {
    const [word] = parse({ g: [0, 0], o }, limits)
    t.equal(word?.type === 'audit' && word.bodies, isOf, `o ${o}`)
  }
  t.end()
})

/** As it comes from a wire. */
function parsed(frame: unknown): Parsed[] {
  return parse(JSON.parse(JSON.stringify(frame)), limits)
}

function typeOf(frame: unknown): string | undefined {
  return parsed(frame)[0]?.type
}

test('each field that is wrong, in each way, is refused by its code', (t) => {
  for (const [message, field, optional, wrong, code = 'ERR_FRAME'] of fields) {
    t.equal(thrown(() => parsed(message)), null, 'right as it is')
    for (const value of wrong) {
      t.equal(thrown(() => parsed({ ...message, [field]: value })), code, `${field}: ${JSON.stringify(value)?.slice(0, 40)}`)
    }
    const rest = { ...message }
    delete rest[field]
    if (optional) t.equal(thrown(() => parsed(rest)), null, `without ${field}`)
    else if ('vactmwb'.includes(field)) t.equal(typeOf(rest), 'unknown', `without its key ${field} a message is of no known type`)
    else t.equal(thrown(() => parsed(rest)), code, `without ${field}`)
  }
  t.end()
})

test('what is no message is ERR_FRAME, alone and among others', (t) => {
  for (const frame of [null, true, 0, 1, '', 'hello', [null], [1], [[hello]], [{ b: 'close' }, 'x']]) {
    t.equal(thrown(() => parsed(frame)), 'ERR_FRAME', JSON.stringify(frame))
  }
  t.deepEqual(parsed([]), [], 'a frame of no message is one')
  t.end()
})

test('a type goes by the first of its keys in the order v a c t m w b l', (t) => {
  const whole: Fields = { ...hello, ...have, ...change, t: [1, 0, 0], m: 1, ...ask, b: 'close', l: 0, n: ['a', 'b'] }
  const types: string[] = []
  for (const key of ['v', 'a', 'c', 't', 'm', 'w', 'b', 'l']) {
    if (key === 'w') delete whole.n
    types.push(typeOf(whole) ?? '')
    delete whole[key]
  }
  t.deepEqual(types, ['hello', 'have', 'change', 'ping', 'packet', 'ask', 'bye', 'link'])
  t.equal(typeOf(whole), 'unknown')
  t.end()
})

test('fields and features that are not known change nothing', (t) => {
  for (const message of [hello, have, change, ask, { t: [1, 0, 0] }, { b: 'close' }]) {
    t.deepEqual(parsed({ ...message, later: { v: 1, a: null }, _: [1] }), parsed(message))
  }
  const [known] = parsed({ ...hello, f: ['later', 'mute'] })
  t.deepEqual(known?.type === 'hello' && [...known.features], ['later', 'mute'])
  t.end()
})

test('flags are set by true alone', (t) => {
  for (const value of [false, null, 0, 1, 'true', {}]) {
    const [more] = parsed({ ...have, o: value })
    const [leave] = parsed({ b: 'close', leave: value })
    t.ok(more?.type === 'have' && !more.more && leave?.type === 'bye' && !leave.leave, JSON.stringify(value))
  }
  t.end()
})

test('the largest and the longest that are allowed are taken', (t) => {
  const right: unknown[] = [
    { ...hello, v: most, h: 'é'.repeat(32), i: 'z'.repeat(32), x: 'x'.repeat(64), net: 'é'.repeat(32) },
    { ...hello, f: Array<string>(64).fill('x'.repeat(64)) },
    { ...have, a: { 1: most }, u: most, r: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`c${i}`, most])) },
    { ...have, d: { 1: [[6, 6], [7, most]] } },
    { ...change, s: most, k: 'é'.repeat(32), q: [1, most - 1], e: [most, null], p: ['', ''] },
    { t: [most, -most, 0.5] },
    { b: 'x'.repeat(64) }
  ]
  for (const message of right) t.equal(thrown(() => parsed(message)), null, JSON.stringify(message).slice(0, 60))
  t.end()
})

test('a frame of messagesMax messages is taken, one above is ERR_SIZE', (t) => {
  const few = withLimits({ messagesMax: 3 })
  const bye = { b: 'close' }
  t.equal(parse([bye, bye, bye], few).length, 3)
  t.equal(thrown(() => parse([bye, bye, bye, bye], few)), 'ERR_SIZE')
  t.equal(parse(Array(limits.messagesMax).fill(bye), limits).length, 4_096)
  t.equal(thrown(() => parse(Array(limits.messagesMax + 1).fill(bye), limits)), 'ERR_SIZE')
  t.equal(thrown(() => parse([null, null, null, null], few)), 'ERR_SIZE', 'counted before it is looked at')
  t.end()
})

test('the keys of every prototype are keys like others', (t) => {
  const fromText = (text: string): Parsed[] => parse(JSON.parse(text), limits)
  t.equal(fromText('{"__proto__":{"v":1},"constructor":{"prototype":{"a":1}}}')[0]?.type, 'unknown')
  const [stated] = fromText('{"a":{"__proto__":3,"constructor":4,"toString":5},"u":0,"d":{"__proto__":[[5,6]]}}')
  t.deepEqual(stated?.type === 'have' && stated.stated.map(({ key, have: seq, dots }) => [key, seq, dots.length]),
    [['__proto__', 3, 1], ['constructor', 4, 0], ['toString', 5, 0]])
  const [refused] = fromText('{"a":{},"u":0,"r":{"__proto__":1,"constructor":2}}')
  t.deepEqual(refused?.type === 'have' && [...(refused.refused ?? [])], [['__proto__', 1], ['constructor', 2]])
  t.equal(({} as Fields).v, undefined, 'and nothing is written into a prototype')
  t.end()
})

test('a change named like what every object has is kept, served and claimed like others', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) a.add(name)
  world.link(a, b)
  world.run(100)
  t.deepEqual([b.read('__proto__'), b.read('constructor'), b.gossip.log.size, b.have('a~1')], [1, 1, 4, 4])
  t.end()
})

/** What became of some bytes: each frame, or the code of the error; throws what is no error of ours. */
function fed(bytes: Uint8Array, take: (frame: unknown) => void): void {
  const result: { end: Abort } = { end: null }
  pull(pull.values([bytes]), doubleline.parse(), pull.drain((frame: unknown) => {
    try {
      take(frame)
    } catch (error) {
      if (!isGossipError(error)) throw error
    }
  }, (end) => { result.end = end ?? true }))
  const { end } = result
  if (end !== true && !isGossipError(end)) throw end instanceof Error ? end : new Error(String(end))
}

type Edit = { at: number; kind: number; byte: number; length: number }

const edit = fc.record({ at: fc.nat(4_000), kind: fc.nat(8), byte: fc.nat(255), length: fc.integer({ min: 1, max: 9 }) })
const telling = new TextEncoder().encode('{}[]",:0123456789-.eE\\untrueflsvacmwbhixkqpydr~_\n \u007f')

/** Bytes with something overwritten, put in, taken out, said twice, or, mostly, a digit or sign of JSON replaced by another. */
function edited(bytes: number[], { at, kind, byte, length }: Edit): number[] {
  const i = at % (bytes.length + 1)
  if (kind === 0) return bytes.with(Math.min(i, bytes.length - 1), byte)
  if (kind === 1) return bytes.toSpliced(i, 0, byte)
  if (kind === 2) return bytes.length - length < 2 ? bytes : bytes.toSpliced(i, length)
  if (kind === 3) return bytes.toSpliced(i, 0, ...bytes.slice(i, i + length))
  if (kind === 4) return bytes.with(Math.min(i, bytes.length - 1), telling[byte % telling.length] as number)
  const digit = bytes.findIndex((one, place) => place >= i && one >= 48 && one <= 57)
  return digit < 0 ? bytes : bytes.with(digit, 48 + (byte % 10))
}

const texts = readFileSync(new URL('./golden/v1.ndjson', import.meta.url), 'utf8').trimEnd().split('\n')
  .map((line) => (JSON.parse(line) as { frame: string }).frame)
const messages = texts.flatMap((text) => (thrown(() => JSON.parse(text) as unknown) === null ? [JSON.parse(text) as unknown] : []))
  .filter((message): message is Fields => typeof message === 'object' && message !== null && !Array.isArray(message))
const names = [...new Set(messages.flatMap(Object.keys))]
const donor = fc.oneof(fc.constantFrom(...messages.flatMap(Object.values)), fc.jsonValue(), fc.integer())
const utf8 = new TextEncoder()

/** Runs what is to be run over golden frames with their bytes gone wrong, and with their fields taken from one another. */
function property(t: Test, run: (bytes: Uint8Array) => void): void {
  const text = fc.constantFrom(...texts)
  fc.assert(fc.property(text, fc.array(edit, { minLength: 1, maxLength: 3 }), (whole, edits) => {
    run(Uint8Array.from(edits.reduce(edited, [...utf8.encode(`${whole}\n\n`)])))
  }), { seed, numRuns: 5_000 })
  fc.assert(fc.property(fc.constantFrom(...messages), fc.array(fc.tuple(fc.constantFrom(...names), donor), { maxLength: 3 }), (whole, taken) => {
    run(utf8.encode(`${JSON.stringify({ ...whole, ...Object.fromEntries(taken) })}\n\n`))
  }), { seed, numRuns: 5_000 })
  t.pass('5,000 runs of each')
  t.end()
}

test('golden frames with bytes gone wrong are parsed, or refused with a code, and nothing else is thrown', (t) => {
  let passed = 0
  property(t, (bytes) => fed(bytes, (frame) => { passed += parse(frame, limits).length }))
  console.log(`# ${passed} messages passed`)
})

test('a session takes frames with bytes gone wrong, or ends with a code, and its own changes are untouched', (t) => {
  const greeting = JSON.parse(texts[0] as string) as unknown
  const first = JSON.parse(texts.find((text) => text.startsWith('{"s":[1,')) as string) as unknown
  property(t, (bytes) => {
    const world = new World()
    const host = world.host('β')
    host.add('calls', 7)
    const probe = world.probe(host)
    probe.hear()
    probe.say(greeting, first)
    fed(bytes, (frame) => { probe.say(frame) })
    probe.hear()
    if (host.gossip.log.find('counter', 'calls')?.find(host.gossip.own, '')?.body !== 7) throw new Error('our own change moved')
    for (const code of host.ends) if (code !== null && !code.startsWith('ERR_')) throw new Error(code)
  })
})
