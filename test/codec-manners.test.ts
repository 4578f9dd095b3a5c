/**
 * The codec as a through: what it tells upstream and downstream, when either end leaves, fails, or asks out of turn.
 */
import test from 'tape'
import pull from 'pull-stream'
import published from 'pull-json-doubleline'
import checker from 'pull-stream-protocol-checker'
import { isGossipError } from '../lib/errors.js'
import type { Abort, Source, SourceCallback } from '../lib/pull.js'
import { doubleline } from '../lib/wire/codec.js'

type Result<T> = { end: Abort; items: T[] }

/** Runs a source to its end. Only for sources that answer at once. */
function run<T>(source: Source<T>): Result<T> {
  const result: Result<T> = { end: null, items: [] }
  pull(source, pull.drain((item: T) => { result.items.push(item) }, (end) => { result.end = end ?? true }))
  return result
}

function codeOf(end: unknown): string {
  return isGossipError(end) ? end.code : String(end)
}

/** A source whose answers the test gives. */
class Manual<T> {
  readonly asked: Abort[] = []
  readonly open: SourceCallback<T>[] = []
  readonly source: Source<T> = (abort, cb) => {
    this.asked.push(abort)
    this.open.push(cb)
  }

  answer(end: Abort, data?: T): void {
    this.open.shift()?.(end, data)
  }
}

test('an error from upstream is passed on as it is, even inside a frame', (t) => {
  const error = new Error('broken')
  const source: Source<string> = pull.error(error)
  t.equal(run(doubleline.parse()(source)).end, error)
  t.equal(run(doubleline.stringify()(source)).end, error)
  const upstream = new Manual<string>()
  const ends: Abort[] = []
  doubleline.parse()(upstream.source)(null, (end) => ends.push(end))
  upstream.answer(null, '{"a"')
  upstream.answer(error)
  t.deepEqual(ends, [error])
  t.deepEqual(upstream.asked, [null, null], 'and upstream is not aborted after its end')
  t.end()
})

test('an abort goes upstream with its reason, and is answered once', (t) => {
  for (const through of [doubleline.parse(), doubleline.stringify()]) {
    for (const reason of [true, new Error('enough')]) {
      const upstream = new Manual<never>()
      const source = through(upstream.source)
      const answers: Abort[] = []
      source(reason, (end) => answers.push(end))
      t.deepEqual(answers, [], 'not before upstream has answered')
      upstream.answer(reason)
      source(null, (end) => answers.push(end))
      source(true, (end) => answers.push(end))
      t.deepEqual(answers, [reason, reason, reason])
      t.deepEqual(upstream.asked, [reason], 'and upstream is asked once')
    }
  }
  t.end()
})

test('an abort while reading answers the read first, whatever upstream does with it', (t) => {
  const manners: Record<string, (upstream: Manual<never>) => void> = {
    'answers both': (upstream) => { upstream.answer(true); upstream.answer(true) },
    'forgets the read': (upstream) => { upstream.open.shift(); upstream.answer(true) },
    'gives data still': (upstream) => { upstream.answer(null, '[1]\n\n' as never); upstream.answer(true) }
  }
  for (const [name, manner] of Object.entries(manners)) {
    for (const through of [doubleline.parse(), doubleline.stringify()]) {
      const upstream = new Manual<never>()
      const source = through(upstream.source)
      const answers: [string, Abort][] = []
      source(null, (end) => answers.push(['read', end]))
      source(true, (end) => answers.push(['abort', end]))
      manner(upstream)
      t.deepEqual(answers, [['read', true], ['abort', true]], name)
    }
  }
  t.end()
})

test('an abort between frames of one chunk goes upstream', (t) => {
  const upstream = new Manual<string>()
  const source = doubleline.parse()(upstream.source)
  const answers: unknown[] = []
  source(null, (end, data) => answers.push(end ?? data))
  upstream.answer(null, '1\n\n2\n\n')
  source(true, (end) => answers.push(end))
  upstream.answer(true)
  t.deepEqual(answers, [1, true])
  t.deepEqual(upstream.asked, [null, true])
  t.end()
})

test('upstream is not aborted after its end: not by ERR_CUT, not by one who leaves before the last frame', (t) => {
  for (const rest of ['{"a"', '[1]\n\n[2]']) {
    const upstream = new Manual<string>()
    const source = doubleline.parse()(upstream.source)
    const answers: unknown[] = []
    const read = () => source(null, (end, data) => answers.push(end ? codeOf(end) : data))
    read()
    upstream.answer(null, rest)
    if (answers.length > 0) read()
    upstream.answer(true)
    source(true, (end) => answers.push(codeOf(end)))
    t.deepEqual(answers, rest === '{"a"' ? ['ERR_CUT', 'ERR_CUT'] : [[1], [2], 'true'])
    t.deepEqual(upstream.asked, [null, null])
  }
  t.end()
})

test('a second question is answered with ERR_BUSY, and the first stands', (t) => {
  for (const through of [doubleline.parse(), doubleline.stringify()]) {
    const upstream = new Manual<never>()
    const source = through(upstream.source)
    const answers: unknown[] = []
    source(null, (end) => answers.push(['first', end]))
    source(null, (end) => answers.push(['second', codeOf(end)]))
    upstream.answer(null, '[1]\n\n' as never)
    t.deepEqual(answers, [['second', 'ERR_BUSY'], ['first', null]])
    t.deepEqual(upstream.asked, [null])
  }
  t.end()
})

test('both throughs keep the protocol of pull-streams on either side', (t) => {
  const before = checker(true, true, false)
  const between = checker(true, true, false)
  const after = checker(true, true, false)
  const frames = Array.from({ length: 50 }, (_, i) => ({ i }))
  const { items } = run(after(doubleline.parse()(between(doubleline.stringify()(before(pull.values(frames)))))))
  t.equal(items.length, 50)
  for (const probe of [before, between, after]) t.deepEqual(probe.terminate(), [])
  t.end()
})

test('PINNED: the published stringify turns an abort into a read', (t) => {
  const upstream = new Manual<object>()
  published.stringify()(upstream.source)(true, () => {})
  t.deepEqual(upstream.asked, [null], 'red the day it is mended: then README and docs may say so')
  t.end()
})
