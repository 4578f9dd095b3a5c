/**
 * Stores as lines: what is told is taken in, whole, again, in part, or damaged; by pull-streams and by Node's.
 */
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import pull from 'pull-stream'
import test from 'tape'
import { bigint, createStore, limits, link, type Imported, type Store } from '../index.js'
import { rejected } from './journal/places.js'

const root = mkdtempSync(join(tmpdir(), 'pull-gossip-export-'))
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

/** A store with something of every kind. */
function filled(): Store {
  const alpha = createStore({ host: 'alpha' })
  for (let i = 0; i < 500; i += 1) alpha.counter(`n${i % 300}`).increment(i)
  alpha.counter('cents', bigint).increment(2n ** 70n)
  alpha.register('motd', { expire: Date.now() + 1_000_000 }).write({ of: ['any', 'é', '\u2028'] })
  alpha.register('ever', { expire: 'never' }).write(null)
  alpha.set('tags').add('x')
  alpha.set('tags').add('')
  alpha.set('tags').delete('x')
  return alpha
}

async function text(store: Store, options = {}): Promise<{ lines: string[]; position: number; changes: number }> {
  const pieces: string[] = []
  const exported = await store.exportTo(pull.drain((piece: string) => { pieces.push(piece) }), options)
  return { lines: pieces.join('').split('\n').slice(0, -1), ...exported }
}

function shape(store: Store): unknown {
  return store.names().map(({ kind, name }) => [kind, name, kind === 'counter' ? store.counter(name).value : kind === 'register' ? [store.register(name).value, store.register(name).expire] : kind === 'set' ? store.set(name).values() : store.counter(name, bigint).value])
}

const none: Imported = { lines: 0, kept: 0, duplicates: 0, past: 0, refused: {} }

test('what one store tells another takes in, once', async (t) => {
  const alpha = filled()
  const { lines, changes } = await text(alpha)
  t.equal(lines.length, changes + 1)
  const other = createStore({ host: 'other' })
  const progress: Imported[] = []
  t.deepEqual(await other.importFrom(pull.values([`${lines.join('\n')}\n`]), { onProgress: (imported) => progress.push(imported) }), { ...none, lines: lines.length, kept: changes })
  t.deepEqual(shape(other), shape(alpha))
  t.equal(progress.at(-1)?.kept, changes)
  t.deepEqual(await other.importFrom([lines.join('\n')]), { ...none, lines: lines.length, duplicates: changes }, 'without a newline at the end, again')
  other.counter('n1').increment()
  t.equal(other.counter('n1').value, alpha.counter('n1').value + 1)
  link(other, alpha)
  await Promise.all([other.settled(), alpha.settled()])
  t.deepEqual(shape(other), shape(alpha), 'and the two go on together')
  await Promise.all([other.close(), alpha.close()])
})

test('by files, through Node\'s streams, in pieces of any bytes', async (t) => {
  const alpha = filled()
  const path = join(root, 'alpha.ndjson')
  const positions: number[] = []
  const { changes } = await alpha.exportTo(createWriteStream(path), { onProgress: ({ position }) => positions.push(position) })
  t.deepEqual([...positions].sort((a, b) => a - b), positions)
  const [one, two] = [createStore({ host: 'one' }), createStore({ host: 'two' })]
  t.equal((await one.importFrom(createReadStream(path))).kept, changes)
  t.equal((await two.importFrom(Readable.from([...readFileSync(path)].map((byte) => Uint8Array.of(byte))))).kept, changes)
  t.deepEqual([shape(one), shape(two)], [shape(alpha), shape(alpha)])
  await Promise.all([alpha, one, two].map((store) => store.close()))
})

test('an export goes on from a position, an import from a line', async (t) => {
  const alpha = filled()
  const first = await text(alpha)
  alpha.counter('n1').increment(1_000)
  alpha.counter('new').increment()
  const second = await text(alpha, { after: first.position })
  t.deepEqual(second.lines.slice(1).map((line) => (JSON.parse(line) as { name: string }).name), ['n1', 'new'])
  const all = [...first.lines, ...second.lines]
  const other = createStore({ host: 'other' })
  const begun = await other.importFrom([all.slice(0, 100).join('\n')])
  const rest = await other.importFrom([all.join('\n')], { after: begun.lines })
  t.deepEqual([begun.kept, rest.kept + rest.duplicates, rest.lines], [99, all.length - 101, all.length])
  t.deepEqual(shape(other), shape(alpha))
  await Promise.all([alpha.close(), other.close()])
})

test('lines that are none, or that break a bound, are refused and counted; the others are taken in', async (t) => {
  const alpha = filled()
  const { lines } = await text(alpha)
  const line = { author: 'x~1', seq: 1, kind: 'counter', name: 'n', body: [1, 0] }
  const bad: unknown[] = [
    { ...line, author: 1 }, { ...line, author: 'nobody' }, { ...line, seq: 0 }, { ...line, seq: 1.5 }, { ...line, kind: '' }, { ...line, kind: 'event', part: '1', expire: 1e15 },
    { ...line, name: '' }, { ...line, name: 'x'.repeat(2_000) }, { ...line, part: 3 }, { ...line, body: [1] }, { ...line, expire: 'never' }, { ...line, expire: -1 }, [], null, 7
  ]
  const other = createStore({ host: 'other' })
  const own = `other~${other['gossip'].own.life}`
  const told: string[] = []
  const deep = (levels: number): string => `{"author":"x~1","seq":1,"kind":"later","name":"n","body":${'['.repeat(levels)}${']'.repeat(levels)}}`
  const many = [lines[0], '{', deep(100), deep(limits.frameDepthMax), deep(1_000_000), ...bad.map((one) => JSON.stringify(one)), '\u0000', 'y'.repeat(3_000_000), JSON.stringify({ ...line, author: own, seq: 9 }), ...lines.slice(1)]
  const { refused, kept, lines: read } = await other.importFrom([many.join('\n')], { onRefused: ({ line: at, code }) => told.push(`${at} ${code}`) })
  t.deepEqual(refused, { line: 17, name: 2, body: 2, impostor: 1 })
  t.deepEqual([kept, read, told.length], [lines.length - 1, many.length, 22])
  t.deepEqual(shape(other), shape(alpha))
  t.equal(other.statistics().authors, 2, 'of those who were refused nobody is known')
  await Promise.all([alpha.close(), other.close()])
})

test('what is no export is refused at once, and what fails is told', async (t) => {
  const store = createStore({ host: 'alpha' })
  t.equal(await rejected(store.importFrom(['hello\n'])), 'ERR_IMPORT')
  t.equal(await rejected(store.importFrom([JSON.stringify({ pullGossip: 'changes', version: 2 })])), 'ERR_IMPORT')
  t.equal(await rejected(store.importFrom([7 as never])), 'ERR_IMPORT')
  t.equal(await rejected(store.importFrom(7 as never)), 'ERR_OPTION')
  t.equal(await rejected(store.importFrom([], { from: 1 } as object)), 'ERR_OPTION')
  t.equal(await rejected(store.importFrom([], { after: -1 })), 'ERR_OPTION')
  t.equal(await rejected(store.importFrom(pull.error(new Error('mine')))), 'Error: mine')
  t.equal(await rejected(store.exportTo(7 as never)), 'ERR_OPTION')
  t.equal(await rejected(store.exportTo((read) => read(true, () => {}))), 'ERR_CUT')
  t.equal(await rejected(store.exportTo((read) => read(new Error('mine'), () => {}))), 'Error: mine')
  t.equal(await rejected(store.exportTo({ write: (_, cb) => cb(new Error('full')), end: (cb) => cb() })), 'Error: full')
  await store.close()
  t.equal(await rejected(store.importFrom([])), 'ERR_CLOSED')
})
