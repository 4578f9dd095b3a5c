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
import { createStore } from '../index.js'
import { journalFaults } from '../lib/journal/index.js'
import { openLevel, type LevelDatabase } from '../lib/journal/level.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { all, close, rejected, write } from './journal/places.js'

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
