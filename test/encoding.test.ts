/**
 * What one change costs a host with many peers, in encodings and bytes: counted, never timed.
 */
import test from 'tape'
import { createStore } from '../index.js'
import { doubleline } from '../lib/wire/codec.js'
import { Clock } from './clock.js'

const peers = 64

/** A store with peers that take every frame as bytes. */
function hub(): { write: () => { encoded: number; frames: number; bytes: number } } {
  const clock = new Clock()
  const store = createStore({ host: 'hub', time: clock, now: clock.date })
  let frames = 0
  let bytes = 0
  for (let i = 0; i < peers; i += 1) {
    const stream = store.createStream()
    const said: unknown[] = [{ v: 1, h: `p${i}`, i: '1', x: '0'.repeat(32), f: ['mute'] }, { a: {}, u: 0 }]
    stream.sink((abort, cb) => {
      if (abort) cb(abort)
      else if (said.length > 0) cb(null, said.shift())
    })
    const read = doubleline.stringify()(stream.source)
    const next = (): void => read(null, (end, chunk) => {
      if (end || chunk === undefined) return
      if (chunk[0] === '['.charCodeAt(0)) {
        frames += 1
        bytes += chunk.length
      }
      next()
    })
    next()
  }
  const write = (): { encoded: number; frames: number; bytes: number } => {
    const { stringify } = JSON
    let encoded = 0
    frames = 0
    bytes = 0
    // A frame of changes is an array; the claims that follow are each session's own.
    JSON.stringify = (...args: unknown[]): string => {
      if (Array.isArray(args[0])) encoded += 1
      return (stringify as (...given: unknown[]) => string)(...args)
    }
    try {
      store.counter('16 bytes of name').increment()
      clock.run(20)
    } finally {
      JSON.stringify = stringify
    }
    return { encoded, frames, bytes }
  }
  clock.run(1_000)
  write()
  clock.run(1_000)
  return { write }
}

test('one change to 64 peers is encoded once, and each is sent the same bytes', (t) => {
  const { encoded, frames, bytes } = hub().write()
  t.equal(frames, peers)
  t.equal(encoded, 1)
  t.equal(bytes % peers, 0)
  t.ok(bytes / peers <= 100, `${bytes / peers} bytes each`)
  t.end()
})
