/**
 * The log as a pull-stream: old changes, those to come, and readers that are slow, busy or leave.
 */
import test from 'tape'
import { link, type Abort, type ChangeView, type Source, type Store } from '../index.js'
import { Clock } from './clock.js'
import { codeOf, storeAt, storesAt } from './stores.js'

type Read = { end: Abort | undefined; names: string[] }

/** Reads all there is, and keeps on reading. */
function readAll(source: Source<ChangeView>): Read {
  const read: Read = { end: undefined, names: [] }
  const next = (): void => source(null, (end, change) => {
    if (end) {
      read.end = end
      return
    }
    read.names.push(`${change?.name ?? ''}${change?.seq ?? ''}`)
    next()
  })
  next()
  return read
}

function written(...names: string[]): { clock: Clock; store: Store } {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  for (const name of names) store.counter(name).increment()
  return { clock, store }
}

test('changes tell what is held, in order of arrival, and end', (t) => {
  const { store } = written('a', 'b', 'a', 'c')
  t.deepEqual(readAll(store.changes()), { end: true, names: ['b2', 'a3', 'c4'] })
  t.deepEqual(readAll(store.changes({ old: true, live: false })).names, ['b2', 'a3', 'c4'])
  t.deepEqual(readAll(storeAt(new Clock(), 'β').changes()), { end: true, names: [] })
  t.end()
})

test('live changes go on with what comes, from here and from peers', (t) => {
  const clock = new Clock()
  const [a, b] = storesAt(clock, 'α', 'β')
  a.counter('a').increment()
  const all = readAll(a.changes({ live: true }))
  const fresh = readAll(a.changes({ old: false, live: true }))
  const none = readAll(a.changes({ old: false }))
  t.deepEqual([all.names, fresh.names, none.names], [['a1'], [], []])
  t.equal(none.end, true, 'neither old nor live is nothing')
  a.counter('b').increment()
  link(a, b)
  b.counter('c').increment(5)
  clock.run(500)
  t.deepEqual(all.names, ['a1', 'b2', 'c1'])
  t.deepEqual(fresh.names, ['b2', 'c1'])
  t.equal(all.end, undefined, 'and it is open still')
  t.end()
})

test('a change is shown as its event shows it', (t) => {
  const { clock, store } = written()
  const shown: unknown[] = []
  store.on('change', (change) => shown.push(change))
  store.changes({ live: true })(null, (_end, change) => shown.push(change))
  store.counter('n').decrement(2)
  clock.settle()
  t.deepEqual(shown[1], shown[0])
  t.deepEqual((shown[0] as ChangeView).body, [0, 2])
  t.end()
})

test('a slow reader gets only the newest of each cell', (t) => {
  const { clock, store } = written('a', 'b')
  const source = store.changes({ live: true })
  const got: string[] = []
  const read = (): void => source(null, (_end, change) => got.push(`${change?.name ?? ''}${change?.seq ?? ''}`))
  read()
  t.deepEqual(got, ['a1'])
  for (let i = 0; i < 1_000; i += 1) store.counter('b').increment()
  store.counter('c').increment()
  clock.settle()
  t.deepEqual(got, ['a1'], 'nothing comes unasked')
  read()
  read()
  read()
  t.deepEqual(got, ['a1', 'b1002', 'c1003'])
  store.counter('b').increment()
  store.counter('b').increment()
  clock.settle()
  t.deepEqual(got, ['a1', 'b1002', 'c1003', 'b1005'], 'an open read is answered after the turn, with the newest')
  t.end()
})

test('many readers at different places read the same', (t) => {
  const { clock, store } = written()
  for (let i = 0; i < 300; i += 1) store.counter(`n${i}.`).increment()
  const early = readAll(store.changes({ live: true }))
  for (let i = 0; i < 300; i += 2) store.counter(`n${i}.`).increment()
  clock.settle()
  const late = readAll(store.changes({ live: true }))
  t.equal(early.names.length, 450)
  t.equal(late.names.length, 300)
  t.deepEqual(late.names.slice(-150), early.names.slice(-150))
  t.end()
})

test('an abort ends a reader, and it is woken no more', (t) => {
  const { clock, store } = written('a')
  const source = store.changes({ live: true, old: false })
  const told: unknown[] = []
  source(null, (end) => told.push(['read', end]))
  const enough = new Error('enough')
  source(enough, (end) => told.push(['abort', end]))
  store.counter('b').increment()
  clock.settle()
  t.deepEqual(told, [['read', enough], ['abort', enough]])
  const early = store.changes()
  early(true, (end) => told.push(end))
  early(null, (end) => told.push(end))
  t.deepEqual(told.slice(2), [true, true])
  t.end()
})

test('a second read while one is open is answered with ERR_BUSY, and the first stands', (t) => {
  const { clock, store } = written()
  const source = store.changes({ live: true })
  const told: unknown[] = []
  source(null, (end, change) => told.push(['first', end, change?.name]))
  source(null, (end) => told.push(['second', codeOf(end)]))
  store.counter('a').increment()
  clock.settle()
  t.deepEqual(told, [['second', 'ERR_BUSY'], ['first', null, 'a']])
  t.end()
})

test('live readers end when the store closes; what is held can be read after that', async (t) => {
  const { store } = written('a')
  const live = readAll(store.changes({ live: true }))
  await store.close()
  t.deepEqual(live, { end: true, names: ['a1'] })
  t.deepEqual(readAll(store.changes()), { end: true, names: ['a1'] })
  t.deepEqual(readAll(store.changes({ live: true })), { end: true, names: ['a1'] }, 'and nothing is to come')
})

test('a reader may write, read another source, or leave from within its callback', (t) => {
  const { clock, store } = written('a', 'b')
  const source = store.changes({ live: true })
  const got: string[] = []
  const next = (): void => source(null, (end, change) => {
    if (end) return
    got.push(`${change?.name ?? ''}${change?.seq ?? ''}`)
    if (got.length === 1) store.counter('c').increment()
    if (got.length === 2) got.push(String(readAll(store.changes()).names.length))
    if (change?.name === 'c') return source(true, () => got.push('left'))
    next()
  })
  next()
  clock.settle()
  t.deepEqual(got, ['a1', 'b2', '3', 'c3', 'left'])
  t.end()
})
