/**
 * Journals in databases of abstract-level: the suite over classic-level and memory-level, what they know of lives, and what they refuse.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import { build } from 'esbuild'
import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { createStore, link } from '../index.js'
import { journalFaults } from '../lib/journal/index.js'
import { openLevel, type LevelDatabase } from '../lib/journal/level.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { all, close, rejected, write } from './journal/places.js'
import { until } from './nodes.js'

const root = mkdtempSync(join(tmpdir(), 'pull-gossip-level-'))
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

test('classic-level, memory-level, and sublevels of other encodings keep every rule of the suite', async (t) => {
  for (const durable of ['batch', 'sync'] as const) {
    const opened: ClassicLevel[] = []
    t.deepEqual(await journalFaults(() => {
      const db = new ClassicLevel(mkdtempSync(join(root, 'db-')))
      opened.push(db)
      return { open: () => openLevel(db, { durable }) }
    }), [], `classic-level, ${durable}`)
    for (const db of opened) await db.close()
  }
  t.deepEqual(await journalFaults(() => {
    const db = new MemoryLevel()
    return { open: () => openLevel(db) }
  }), [], 'memory-level')
  t.deepEqual(await journalFaults(() => {
    const db = new MemoryLevel({ valueEncoding: 'json' }).sublevel('journal', { valueEncoding: 'json' })
    return { open: () => openLevel(db) }
  }), [], 'a sublevel')
})

test('a store goes on in a database, and lives are as what the database can know', async (t) => {
  const path = join(root, 'store')
  const start = async (options: object, closes: boolean): Promise<{ id: string; value: number }> => {
    const db = new ClassicLevel(path)
    const store = createStore({ host: 'alpha', journal: await openLevel(db, options) })
    const { id } = gossipOf(store).own
    store.counter('x').increment()
    await store.settled({ disk: true })
    const { value } = store.counter('x')
    if (closes) await store.close()
    // As a crash leaves it: the journal is not closed, the database's lock is free.
    await db.close()
    return { id, value }
  }
  const first = await start({}, true)
  const second = await start({}, false)
  t.deepEqual([second.id, second.value], [first.id, 2], 'after a close the life goes on')
  const third = await start({ boot: 'one' }, false)
  t.notEqual(third.id, first.id, 'after a crash, where it is not known whether the system went on, a new one begins')
  t.equal(third.value, 3)
  const fourth = await start({ boot: 'one' }, false)
  t.equal(fourth.id, third.id, 'with the boot id it is known')
  const fifth = await start({ boot: 'two', durable: 'sync' }, false)
  t.notEqual(fifth.id, third.id, 'another boot')
  const sixth = await start({}, true)
  t.deepEqual([sixth.id, sixth.value], [fifth.id, 6], 'what was synced is there')
})

test('a host whose own cells are lost from its database is another author from then on, and nothing counted before or after is lost', async (t) => {
  const lose: Record<string, (key: string) => boolean> = {
    'cells of ours': (key) => key.includes('!c["counter"'), 'one of them': (key) => key.includes('!c["counter","calls 0"'),
    'how far we were': (key) => key.includes('!h')
  }
  for (const [what, isLost] of Object.entries(lose)) for (const isLate of [false, true]) {
    const db = new MemoryLevel<string, string>()
    const peer = createStore({ host: 'peer' })
    const first = createStore({ host: 'alpha', journal: await openLevel(db) })
    const { id } = gossipOf(first).own
    link(first, peer)
    for (let i = 0; i < 5; i += 1) first.counter(`calls ${i}`).increment(10)
    first.set('tags').add('x')
    first.set('tags').delete('x')
    await until('the peer holds it', () => peer.counter('calls 4').value === 10)
    await first.settled({ disk: true })
    await first.close()
    let lost = 0
    for (const key of await db.keys().all()) if (isLost(key)) {
      await db.del(key)
      lost += 1
    }
    t.ok(lost > 0)

    const second = createStore({ host: 'alpha', journal: await openLevel(db) })
    t.notEqual(gossipOf(second).own.id, id, `${what}: a new life`)
    if (isLate) second.counter('calls 0').increment(1)
    link(second, peer)
    if (!isLate) second.counter('calls 0').increment(1)
    await until('all is there', () => [second, peer].every((store) => store.counter('calls 0').value === 11 && store.counter('calls 4').value === 10))
    second.counter('calls 0').increment(1)
    await until('the peer holds it', () => peer.counter('calls 0').value === 12)
    await second.settled({ disk: true })
    const now = gossipOf(second).own.id
    await second.close()

    const third = createStore({ host: 'alpha', journal: await openLevel(db) })
    t.equal(gossipOf(third).own.id, now, 'which goes on')
    t.deepEqual([third, peer].map((store) => [0, 4].map((i) => store.counter(`calls ${i}`).value)), [[12, 10], [12, 10]])
    for (const store of [third, peer]) await store.close()
  }
})

test('a journal of a version that noted no number of cells goes on', async (t) => {
  const db = new MemoryLevel<string, string>()
  const first = createStore({ host: 'alpha', journal: await openLevel(db) })
  const { id } = gossipOf(first).own
  first.counter('calls').increment()
  await first.close()
  const key = (await db.keys().all()).find((text) => text.endsWith(`!h${id}`)) as string
  const noted = JSON.parse((await db.get(key)) as string) as unknown[]
  t.deepEqual(noted, [1, [], 1])
  await db.put(key, JSON.stringify(noted.slice(0, 2)))
  const second = createStore({ host: 'alpha', journal: await openLevel(db) })
  t.deepEqual([gossipOf(second).own.id, second.counter('calls').value], [id, 1])
  await second.close()
})

test('what is beside a journal is left as it is, and what is none is refused', async (t) => {
  const db = new MemoryLevel()
  await db.put('mine', 'of mine')
  await db.put('journalist', 'of mine')
  const journal = await openLevel(db)
  t.equal(await rejected(openLevel(db)), 'ERR_LOCKED')
  await write(journal, [['a', '1']])
  journal.source = { size: 1, entries: () => new Map([['b', '2']]).entries() }
  await new Promise((resolve) => journal.rewrite(resolve))
  await close(journal)
  t.deepEqual([await db.get('mine'), await db.get('journalist'), (await db.keys().all()).length], ['of mine', 'of mine', 4])
  const again = await openLevel(db)
  t.deepEqual([...all(again)], [['b', '2']])
  await close(again)
  await db.put('journal', JSON.stringify({ version: 9 }))
  t.equal(await rejected(openLevel(db)), 'ERR_JOURNAL')
  await db.put('journal', 'nonsense')
  t.equal(await rejected(openLevel(db)), 'ERR_JOURNAL')
  t.equal(await rejected(openLevel({} as never)), 'ERR_OPTION')
  t.equal(await rejected(openLevel(db, { durable: 'often' as 'sync' })), 'ERR_OPTION')
  t.equal(await rejected(openLevel(db, { sync: true } as object)), 'ERR_OPTION')
})

test('a database that fails refuses with a code, and takes the same again later', async (t) => {
  const db = new MemoryLevel()
  let fails = true
  const failing: LevelDatabase = {
    open: () => db.open(), clear: (options) => db.clear(options), iterator: (options) => db.iterator(options),
    batch: (operations, options) => (fails ? Promise.reject(new Error('no room')) : db.batch(operations, options as object))
  }
  const journal = await openLevel(failing)
  all(journal)
  t.equal(await rejected(write(journal, [['a', '1']])), 'ERR_DISK')
  fails = false
  await write(journal, [['a', '1']])
  await close(journal)
  const again = await openLevel(failing)
  t.deepEqual([[...all(again)], again.doubt], [[['a', '1']], null])
  await close(again)
  t.equal(await rejected(openLevel({ ...failing, open: () => Promise.reject(new Error('locked')) })), 'ERR_DISK')
})

test('it bundles for browsers, with nothing of Node', async (t) => {
  const { metafile, errors, warnings } = await build({
    entryPoints: [fileURLToPath(new URL('../lib/journal/level.ts', import.meta.url))], platform: 'browser', format: 'esm', bundle: true, metafile: true, write: false
  })
  t.deepEqual([errors, warnings, Object.values(metafile.outputs).flatMap(({ imports }) => imports)], [[], [], []])
})
