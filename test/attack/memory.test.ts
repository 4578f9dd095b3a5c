/**
 * What a peer can make a host hold, in bytes: of a frame while it is parsed, of what it keeps, and of what it only remembers.
 */
import test from 'tape'
import pull from 'pull-stream'
import { limits, type Json } from '../../index.js'
import { doubleline } from '../../lib/wire/codec.js'
import { heapAfterGc } from '../gc.js'
import { changes, Target } from './target.js'

/** Bytes that some text makes a parser hold: the frame itself, and what is kept of it. */
function weightOf(text: string): { parsed: number; frames: number } {
  let frame: unknown = null
  let frames = 0
  const bytes = new TextEncoder().encode(`${text}\n\n`)
  const before = heapAfterGc()
  pull(pull.values([bytes]), doubleline.parse(), pull.drain((one: unknown) => {
    frame = one
    frames += 1
  }, () => {}))
  const parsed = heapAfterGc() - before
  return { parsed: frame === null ? 0 : parsed, frames }
}

test('deep and wide JSON takes at most 50 times its frame while it is parsed', (t) => {
  const size = limits.frameBytesMax - 10
  const wide = (piece: string): string => `{"m":[${`${piece},`.repeat(Math.floor((size - 20) / (piece.length + 1)))}1]}`
  const levels = limits.frameDepthMax - 2
  const texts = {
    'arrays in arrays': `{"m":${'['.repeat(levels)}${']'.repeat(levels)}}`, 'objects in objects': `{"m":${'{"":'.repeat(levels)}1${'}'.repeat(levels)}}`,
    'empty arrays': wide('[]'), 'empty objects': wide('{}'), 'arrays of one': wide('[1]'), 'objects of one': wide('{"a":1}'), 'objects all different': `{"m":{${Array.from({ length: 80_000 }, (_, i) => `"${i.toString(36)}":1`).join()}}}`,
    'short strings': wide('""'), 'large numbers': wide('1e9'), 'fractions': wide('0.5')
  }
  for (const [what, text] of Object.entries(texts)) {
    const { parsed, frames } = weightOf(text)
    t.ok(frames === 1 && parsed <= 50 * text.length, `${what}: ${(parsed / text.length).toFixed(1)} times ${text.length} bytes`)
  }
  const tooDeep = weightOf(`{"m":${'['.repeat(size / 2)}${']'.repeat(size / 2 - 10)}}`)
  t.deepEqual(tooDeep.frames, 0, 'deeper than that it is not parsed at all')
  t.end()
})

test('what is kept of a frame takes at most ten times its bytes, whatever it is made of', (t) => {
  const bodies: [string, string, (i: number) => unknown][] = [
    ['later', 'empty objects', () => Array.from({ length: 5_000 }, () => ({}))], ['later', 'arrays in arrays', () => JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`) as Json],
    ['register', 'empty objects', () => [1, Array.from({ length: 5_000 }, () => ({}))]], ['register', 'numbers', () => [1, Array.from({ length: 7_000 }, (_, j) => j % 10)]],
    ['set', 'removals', (i) => [0, Object.fromEntries(Array.from({ length: 300 }, (_, j) => [`a${i}b${j}~1`, 1])), {}]]
  ]
  for (const [kind, what, body] of bodies) {
    const target = new Target()
    const foe = target.foe()
    target.clock.run(100)
    const before = heapAfterGc()
    let bytes = 0
    for (let i = 1; i <= 60; i += 1) {
      const frame = changes(i, `name ${i}`, body(i), kind)
      bytes += JSON.stringify(frame).length
      foe.say(frame)
    }
    target.clock.run(500)
    foe.stop()
    target.clock.run(2_000)
    foe.heard.length = 0
    const kept = heapAfterGc() - before
    // What it holds and what it passed on to the honest host, which holds it as well.
    t.ok(target.store.statistics().cells >= 60 && kept / 2 <= 10 * bytes, `${kind} of ${what}: ${(kept / 2 / bytes).toFixed(1)} times ${bytes} bytes`)
  }
  t.end()
})

test('a have with as many entries as a frame holds, said again and again, is remembered within its bound and given back at the end', (t) => {
  const target = new Target({ strangersMax: 5_000 })
  const before = heapAfterGc()
  for (let i = 0; i < 5; i += 1) {
    const foe = target.foe()
    for (let j = 0; j < 3; j += 1) {
      const a = Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`x${i}-${j}-${n}~1`, 1]))
      foe.say({ a, u: 0, y: true })
    }
    target.clock.run(100)
    foe.heard.length = 0
  }
  const grown = heapAfterGc() - before
  t.ok(grown < 10_000 * 600, `five sessions that stated 600,000 authors hold ${Math.round(grown / 1_000)} kB`)
  t.equal(target.store.statistics().authors, 1, 'and make none known')
  target.stands(t, 'meanwhile')
  t.deepEqual(target.ends, [])
  t.end()
})

test('names without end that are over as soon as they are said take no more than there may be, and give it back when they rest no longer', (t) => {
  const bounds = { graceMs: 1_000, skewMsMax: 500, bytesMax: 100_000 }
  const target = new Target(bounds)
  const kept = target.store.statistics().bytes
  const foe = target.foe()
  // Each is dropped a millisecond after it came; that it may not be made anew is remembered for skewMsMax.
  const over = (): number => target.clock.date() - 2 * bounds.graceMs - bounds.skewMsMax + 1
  for (let seq = 1, turn = 0; turn < 200; turn += 1) {
    for (let i = 0; i < 50; i += 1, seq += 1) foe.say(changes(seq, `brief ${seq}`, [1, 0], 'counter', { e: [over()] }))
    target.clock.run(2)
    const { bytes } = target.store.statistics()
    if (bytes > bounds.bytesMax) t.fail(`${bytes} bytes`)
  }
  t.ok((target.refused.get('room') ?? 0) > 5_000, `${target.refused.get('room') ?? 0} of 10,000 were refused`)
  target.clock.run(bounds.skewMsMax + 1_000)
  t.deepEqual([target.store.statistics().cells, target.store.statistics().bytes], [0, kept])
  target.stands(t, 'afterwards')
  t.end()
})
