/**
 * Whether a host goes on as the same author: only if the journal is surely all that it told. Where that is not known a new author is begun, and what
 * the journal holds is kept, and counts.
 */
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { createStore, link, type Store } from '../index.js'
import { openJournal, type Durable, type Journal } from '../lib/journal/index.js'
import { Scan } from '../lib/journal/records.js'
import { until } from './arrival.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { Place } from './journal/places.js'

const root = mkdtempSync(join(tmpdir(), 'pull-gossip-lives-'))
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

/** One start of a host that counts to one, and is closed, or just left as it is. */
async function start(journal: Journal, closes: boolean): Promise<{ author: string; value: number; authors: number }> {
  const store = createStore({ host: 'alpha', journal })
  const { value } = store.counter('x').increment()
  await store.settled({ disk: true })
  const told = { author: gossipOf(store).own.id, value, authors: store.explain('x')[0]?.cells.length ?? 0 }
  if (closes) await store.close()
  return told
}

type Case = { durable: Durable; ends: 'crash' | 'close'; boot?: string | null; next?: string | null; copied?: boolean; goesOn: boolean }

const cases: Record<string, Case> = {
  'the process was killed': { durable: 'batch', ends: 'crash', goesOn: true },
  'the system went down before a close, in batches': { durable: 'batch', ends: 'crash', next: 'second boot', goesOn: false },
  'the system went down after a close': { durable: 'batch', ends: 'close', next: 'second boot', goesOn: true },
  'the system went down before a close, and all was on the disk': { durable: 'sync', ends: 'crash', next: 'second boot', goesOn: true },
  'the process was killed where the system does not tell when it began': { durable: 'batch', ends: 'crash', boot: null, goesOn: false },
  'the system tells it now, and did not then': { durable: 'batch', ends: 'crash', boot: null, next: 'first boot', goesOn: false },
  'the system told it then, and does not now': { durable: 'batch', ends: 'crash', next: null, goesOn: false },
  'it was closed where the system does not tell': { durable: 'batch', ends: 'close', boot: null, goesOn: true },
  'it was killed there, and all was on the disk': { durable: 'sync', ends: 'crash', boot: null, goesOn: true },
  'the file is a copy': { durable: 'batch', ends: 'close', copied: true, goesOn: false },
  'the file is a copy, and all was on the disk': { durable: 'sync', ends: 'crash', copied: true, goesOn: false }
}

for (const [name, { durable, ends, boot = 'first boot', next = boot, copied = false, goesOn }] of Object.entries(cases)) {
  test(`${goesOn ? 'the same author goes on' : 'a new author is begun'}, and nothing is lost, if ${name}`, async (t) => {
    const place = new Place({ durable, boot })
    const first = await start(place.open(), ends === 'close')
    place.disk.crash()
    if (copied) place.disk.plant('journal', place.disk.read('journal') as Uint8Array, true)
    place.boot = next
    const second = await start(place.open(), false)
    t.deepEqual([second.author === first.author, second.value, second.authors], [goesOn, 2, goesOn ? 1 : 2])
    place.disk.crash()
    const third = await start(place.open(), true)
    t.deepEqual([third.author === second.author, third.value], [durable === 'sync' || next !== null, 3], 'what is begun goes on by the same rules')
  })
}

test('the system is asked when it began, and which file it is: a folder may get another name, and not be copied, moved to another disk, or put back', async (t) => {
  const path = join(root, 'alpha')
  const first = await start(await openJournal(path), true)
  const scan = new Scan(readFileSync(join(path, 'journal')))
  const said: Record<string, unknown> = {}
  for (let mark = scan.next(); mark !== null; mark = scan.next()) if (mark === 'h' || mark === 's') Object.assign(said, JSON.parse(scan.text))
  const { dev, ino } = statSync(join(path, 'journal'), { bigint: true })
  t.ok(String(said['file']).startsWith(`${dev}:${ino}:`), String(said['file']))
  if (existsSync('/proc/sys/kernel/random/boot_id')) t.equal(said['boot'], readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())

  renameSync(path, `${path} by another name`)
  const renamed = await start(await openJournal(`${path} by another name`), true)
  t.deepEqual([renamed.author, renamed.value], [first.author, 2], 'another name')
  cpSync(`${path} by another name`, join(root, 'copy'), { recursive: true, preserveTimestamps: true })
  const copy = await start(await openJournal(join(root, 'copy')), true)
  t.deepEqual([copy.author === first.author, copy.value, copy.authors], [false, 3, 2], 'a copy')
  const again = await start(await openJournal(join(root, 'copy')), true)
  t.deepEqual([again.author, again.value], [copy.author, 4], 'which goes on from then on')

  const shm = '/dev/shm'
  if (!existsSync(shm) || statSync(shm).dev === statSync(root).dev) return t.pass('SKIP: there is no other disk')
  const moved = mkdtempSync(join(shm, 'pull-gossip-lives-'))
  t.teardown(() => rmSync(moved, { recursive: true, force: true }))
  cpSync(join(root, 'copy'), moved, { recursive: true, preserveTimestamps: true })
  const there = await start(await openJournal(moved), true)
  t.deepEqual([there.author === copy.author, there.value, there.authors], [false, 5, 3], 'another disk')
})

for (const [how, life] of [['in the place of the file', 0], ['into the file itself', 1]] as const) {
  test(`a host whose backup is put back ${how} gets from its peers what they have, and counts on`, async (t) => {
    const path = mkdtempSync(join(root, 'restored-'))
    const file = join(path, 'journal')
    const peer = createStore({ host: 'peer' })
    for (const n of [3, 2]) {
      const store = createStore({ host: 'alpha', journal: await openJournal(path) })
      link(store, peer)
      store.counter('x').increment(n)
      await store.settled()
      await store.close()
      if (n === 3) cpSync(file, join(root, 'backup'), { preserveTimestamps: true })
    }
    const { ino } = statSync(file)
    if (life === 0) rmSync(file)
    copyFileSync(join(root, 'backup'), file)
    if (life === 0 && statSync(file).ino === ino) t.comment('the number was given again; the time of birth tells')
    const store = createStore({ host: 'alpha', journal: await openJournal(path) })
    let lives = 0
    store.on('life', () => { lives += 1 })
    t.equal(store.counter('x').increment(10).value, 13, 'what the backup has')
    link(store, peer)
    await Promise.all([until(store, () => store.coherent && store.counter('x').value === 15), until(peer, () => peer.counter('x').value === 15)])
    t.deepEqual([store.counter('x').value, peer.counter('x').value, lives], [15, 15, life])
    await Promise.all([store.close(), peer.close()])
  })
}

test('a host and a copy of it may run at once: each counts for itself, and no peer hears one seq as two changes', async (t) => {
  const path = join(root, 'original')
  await start(await openJournal(path), true)
  cpSync(path, join(root, 'clone'), { recursive: true })
  const peer = createStore({ host: 'peer' })
  const impostors: unknown[] = []
  const clones: Store[] = []
  for (const folder of [path, join(root, 'clone')]) clones.push(createStore({ host: 'alpha', journal: await openJournal(folder) }))
  for (const store of [peer, ...clones]) store.on('impostor', (told) => impostors.push(told))
  for (const clone of clones) {
    link(clone, peer)
    clone.counter('x').increment(10)
    await clone.settled()
  }
  await Promise.all(clones.map((clone) => clone.settled()))
  t.deepEqual([peer.counter('x').value, impostors], [21, []])
  await Promise.all([peer, ...clones].map((store) => store.close()))
})
