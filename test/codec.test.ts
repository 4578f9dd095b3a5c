/**
 * The codec: any JSON through any cut of the bytes, both ways against the published pull-json-doubleline, every bound at the
 * limit and one above, and every error by its code. How it behaves as a through is in codec-manners.test.ts.
 */
import test from 'tape'
import fc from 'fast-check'
import pull from 'pull-stream'
import published from 'pull-json-doubleline'
import { isGossipError } from '../lib/errors.js'
import type { Abort, Source } from '../lib/pull.js'
import { doubleline, sizeOf } from '../lib/wire/codec.js'

type Chunk = Uint8Array | string
type Result<T> = { end: Abort; items: T[] }

const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff)
const utf8 = new TextEncoder()

/** Runs a source to its end. Only for sources that answer at once. */
function run<T>(source: Source<T>): Result<T> {
  const result: Result<T> = { end: null, items: [] }
  pull(source, pull.drain((item: T) => { result.items.push(item) }, (end) => { result.end = end ?? true }))
  return result
}

function parsed(chunks: Chunk[], frameBytesMax?: number): Result<unknown> {
  return run(doubleline.parse(frameBytesMax === undefined ? {} : { frameBytesMax })(pull.values(chunks)))
}

function stringified(frames: unknown[]): Result<Uint8Array> {
  return run(doubleline.stringify()(pull.values(frames)))
}

function codeOf(end: unknown): string {
  return isGossipError(end) ? end.code : String(end)
}

function joined(chunks: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks))
}

/** Cuts at the given places, which may be any numbers. */
function cut<T extends Chunk>(whole: T, places: number[]): T[] {
  const at = [...new Set([0, ...places.map((p) => p % (whole.length + 1)), whole.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => whole.slice(at[i], end) as T)
}

const frames = fc.array(fc.jsonValue({ stringUnit: 'grapheme' }), { maxLength: 8 })
const places = fc.array(fc.nat(4_000), { maxLength: 60 })
const through = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

console.log(`# codec.test.ts: SEED=${seed}`)

test('any JSON comes back through any cut of its bytes', (t) => {
  fc.assert(fc.property(frames, places, (sent, cuts) => {
    const { items, end } = parsed(cut(joined(stringified(sent).items), cuts))
    if (end !== true) throw new Error(`ended with ${String(end)}`)
    if (JSON.stringify(items) !== JSON.stringify(sent.map(through))) throw new Error('not the same')
  }), { seed, numRuns: 500 })
  t.pass('500 runs')
  t.end()
})

test('what the published module writes is read at any cut, as bytes and as text', (t) => {
  fc.assert(fc.property(frames, places, fc.boolean(), (sent, cuts, text) => {
    const whole = run(published.stringify()(pull.values<unknown>(sent))).items.join('')
    const { items, end } = parsed(text ? cut(whole, cuts) : cut(utf8.encode(whole), cuts))
    if (end !== true) throw new Error(`ended with ${String(end)}`)
    if (JSON.stringify(items) !== JSON.stringify(sent.map(through))) throw new Error('not the same')
  }), { seed, numRuns: 500 })
  t.pass('500 runs')
  t.end()
})

test('what we write is read by the published module', (t) => {
  fc.assert(fc.property(frames, places, (sent, cuts) => {
    const whole = stringified(sent).items.map((bytes) => Buffer.from(bytes).toString()).join('')
    const { items, end } = run(published.parse()(pull.values<Chunk>(cut(whole, cuts))))
    if (end !== true) throw new Error(`ended with ${String(end)}`)
    if (JSON.stringify(items) !== JSON.stringify(sent.map(through))) throw new Error('not the same')
  }), { seed, numRuns: 500 })
  t.pass('500 runs')
  t.end()
})

test('a frame is its JSON and two newlines', (t) => {
  const { items } = stringified([{ a: 'é' }, [1], null, 'x', 0, false])
  t.equal(Buffer.concat(items).toString(), '{"a":"é"}\n\n[1]\n\nnull\n\n"x"\n\n0\n\nfalse\n\n')
  t.end()
})

test('extra newlines between frames are nothing, in one chunk or in many', (t) => {
  const text = '\n\n\n{"a":\n1}\n\n\n\n\n[2]\n\n\n'
  t.deepEqual(parsed([text]), { end: true, items: [{ a: 1 }, [2]] })
  t.deepEqual(parsed([...text]), { end: true, items: [{ a: 1 }, [2]] })
  t.deepEqual(parsed(['', '', new Uint8Array(0)]), { end: true, items: [] })
  t.deepEqual(parsed(['\n'.repeat(1_000)], 8), { end: true, items: [] }, 'and are not counted')
  t.end()
})

test('a frame at the limit passes, one above does not, however it is cut', (t) => {
  const frame = JSON.stringify({ a: 'x'.repeat(92) })
  t.equal(frame.length, 100)
  const above = `${frame} `
  for (const size of [1, 2, 99, 100, 101, 102, 1_000]) {
    const pieces = (text: string) => cut(utf8.encode(text), Array.from({ length: 500 }, (_, i) => (i + 1) * size).filter((n) => n < text.length))
    t.equal(parsed(pieces(`[1]\n\n${frame}\n\n[2]\n\n`), 100).items.length, 3, `at the limit in pieces of ${size}`)
    const result = parsed(pieces(`[1]\n\n${above}\n\n[2]\n\n`), 100)
    t.deepEqual([result.items.length, codeOf(result.end)], [1, 'ERR_SIZE'], `one above in pieces of ${size}`)
  }
  t.equal(codeOf(parsed([`${frame}\n`], 100).end), 'true', 'a newline that may be the first of two is not counted')
  t.equal(codeOf(parsed([`${frame}\n`, ' '], 100).end), 'ERR_SIZE', 'until it is not')
  t.end()
})

test('a frame beyond the limit is refused before it is whole, and upstream is aborted with the error', (t) => {
  const aborts: Abort[] = []
  let given = 0
  const endless: Source<Uint8Array> = (abort, cb) => {
    if (abort) {
      aborts.push(abort)
      return cb(abort)
    }
    given += 1_000
    cb(null, new Uint8Array(1_000).fill(32))
  }
  const { end } = run(doubleline.parse({ frameBytesMax: 10_000 })(endless))
  t.equal(codeOf(end), 'ERR_SIZE')
  t.equal(given, 11_000)
  t.deepEqual(aborts, [end])
  t.end()
})

test('the limit is 1 MiB unless told, and is checked', (t) => {
  const text = `"${'x'.repeat((1 << 20) - 2)}"`
  t.equal(parsed([`${text}\n\n`]).items.length, 1)
  t.equal(codeOf(parsed([`${text} \n\n`]).end), 'ERR_SIZE')
  t.throws(() => doubleline.parse({ frameBytesMax: 0 }), /ERR_OPTION/)
  t.end()
})

test('a frame of 1 MiB comes a byte at a time', (t) => {
  const text = `"${'é'.repeat((1 << 19) - 1)}"`
  const whole = utf8.encode(`${text}\n\n`)
  let at = 0
  const bytes: Source<Uint8Array> = (abort, cb) => {
    if (abort || at === whole.length) return cb(abort || true)
    cb(null, whole.subarray(at, ++at))
  }
  const { items, end } = run(doubleline.parse()(bytes))
  t.deepEqual([items.length, end], [1, true])
  t.ok(items[0] === JSON.parse(text))
  t.end()
})

test('a million frames that come at once, and a million chunks that hold none, need no stack', (t) => {
  let count = 0
  const many: Source<string> = (abort, cb) => cb(abort || (count++ === 1_000 ? true : null), '1\n\n'.repeat(1_000))
  t.equal(run(doubleline.parse()(many)).items.length, 1_000_000)
  let left = 1_000_000
  const empty: Source<string> = (abort, cb) => (abort || left-- === 0 ? cb(abort || true) : cb(null, '\n'))
  t.deepEqual(run(doubleline.parse()(empty)), { end: true, items: [] })
  left = 1_000_000
  const one = {}
  const same: Source<object> = (abort, cb) => (abort || left-- === 0 ? cb(abort || true) : cb(null, one))
  t.equal(run(doubleline.stringify()(same)).items.length, 1_000_000)
  t.end()
})

test('what is no JSON, or no UTF-8, is ERR_FRAME after all frames before it', (t) => {
  const bad = {
    'no JSON': utf8.encode('[1]\n\n{"a":}\n\n[2]\n\n'),
    'a cut character': Uint8Array.of(91, 49, 93, 10, 10, 34, 0xc3, 34, 10, 10),
    'an overlong character': Uint8Array.of(91, 49, 93, 10, 10, 34, 0xc0, 0x80, 34, 10, 10),
    'a byte order mark': Uint8Array.of(91, 49, 93, 10, 10, 0xef, 0xbb, 0xbf, 49, 10, 10),
    'only blanks': utf8.encode('[1]\n\n  \n\n')
  }
  for (const [name, bytes] of Object.entries(bad)) {
    for (const chunks of [[bytes], [...bytes].map((b) => Uint8Array.of(b))]) {
      const { items, end } = parsed(chunks)
      t.deepEqual([items, codeOf(end)], [[[1]], 'ERR_FRAME'], name)
    }
  }
  t.deepEqual(parsed(['"é"\n\n']).items, ['é'], 'and the next stream is not harmed')
  t.end()
})

test('what is neither bytes nor text is ERR_FRAME', (t) => {
  for (const chunk of [null, undefined, 7, {}] as unknown as Chunk[]) t.equal(codeOf(parsed([chunk]).end), 'ERR_FRAME')
  t.end()
})

test('a stream that ends inside a frame is ERR_CUT, and a whole one without its newlines is taken', (t) => {
  t.deepEqual(parsed(['{"a":1}']), { end: true, items: [{ a: 1 }] })
  t.deepEqual(parsed(['[0]\n\n{"a":1}\n']), { end: true, items: [[0], { a: 1 }] })
  t.deepEqual(parsed(['[0]\n\n \r\n\t']), { end: true, items: [[0]] }, 'blanks are nothing')
  for (const rest of ['{"a":1', '{"a":1}]', '"\ud83d', '{}\ud83d', Uint8Array.of(34, 0xc3), 'x']) {
    const { items, end } = parsed(['[0]\n\n', rest])
    t.deepEqual([items, codeOf(end)], [[[0]], 'ERR_CUT'])
  }
  t.end()
})

test('what JSON cannot carry is never written: upstream is aborted, and the stream ends with ERR_FRAME', (t) => {
  const cycle: { self?: object } = {}
  cycle.self = cycle
  const throws = { toJSON() { throw new Error('no') } }
  for (const frame of [undefined, () => 1, Symbol('s'), 1n, cycle, throws, { toJSON() {} }]) {
    const aborts: Abort[] = []
    const left = [{ a: 1 }, frame, { b: 1 }]
    const source: Source<unknown> = (abort, cb) => {
      if (abort) aborts.push(abort)
      cb(abort, left.shift())
    }
    const { items, end } = run(doubleline.stringify()(source))
    t.deepEqual([items.length, codeOf(end)], [1, 'ERR_FRAME'])
    t.deepEqual(aborts, [end])
  }
  t.end()
})

test('the bytes of a frame are made once', (t) => {
  const frame = { t: [1, 2, 3] }
  const [first, second] = stringified([frame, frame]).items
  const [third] = stringified([frame]).items
  t.ok(first && first === second && first === third)
  const [other] = stringified([{ t: [1, 2, 3] }]).items
  t.ok(other && other !== first, 'of that object, not of an equal one')
  t.end()
})

test('the size of a frame is known after it passed, its newlines not counted', (t) => {
  const frame = { a: 'é' }
  t.equal(sizeOf(frame), undefined)
  const bytes = stringified([frame]).items
  t.equal(sizeOf(frame), 10)
  t.equal(sizeOf(parsed(bytes).items[0] as object), 10)
  t.equal(sizeOf(parsed(['{ "a": 1 }\n', '\n']).items[0] as object), 10)
  t.end()
})

test('PINNED: the published parse splits characters', (t) => {
  const chunks = cut(Buffer.from('"é"\n\n'), [2])
  const { items } = run(published.parse()(pull.values<Chunk>(chunks)))
  t.notDeepEqual(items, ['é'], 'red the day it is mended')
  t.end()
})
