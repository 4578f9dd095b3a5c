/**
 * Stores with journals: what is there after a restart, which life it is, what is refused, and what goes on while a disk is full.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { bigint, createStore, link, type Numbers, type Store, type StoreOptions } from '../index.js'
import { Recorder } from '../lib/gossip/recorder.js'
import { openJournal, type JournalOptions } from '../lib/journal/index.js'
import { createNode } from '../lib/node/index.js'
import { Chance } from '../lib/sim/chance.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { Network } from '../lib/sim/index.js'
import { Shelf } from '../lib/sim/journal.js'
import { VirtualClock } from '../lib/sim/clock.js'
import { rejected } from './journal/places.js'
import { until } from './nodes.js'
import { plant } from './sim/bugs.js'
import { Hand, storeAt } from './stores.js'
import { thrown } from './world.js'

const root = mkdtempSync(join(tmpdir(), 'pull-gossip-restart-'))
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

function folder(): string {
  return mkdtempSync(join(root, 'folder-'))
}

/** A store over the journal in a folder. */
async function started(path: string, options: Partial<StoreOptions> = {}, how: JournalOptions = {}): Promise<Store> {
  return createStore({ host: 'alpha', journal: await openJournal(path, how), ...options })
}

function lives(store: Store, host = 'alpha'): number {
  return [...gossipOf(store).log.everyAuthor()].filter((author) => author.host === host).length
}

test('a store goes on where it was: values, ends, its life and its seqs', async (t) => {
  for (const durable of ['batch', 'sync'] as const) {
    const path = folder()
    const end = Date.now() + 1_000_000
    const first = await started(path, {}, { durable })
    first.counter('calls').increment(3)
    first.counter('calls').decrement()
    first.counter('cents', bigint).increment(2n ** 70n)
    first.register('motd', { expire: end }).write({ of: ['any', 'é'] })
    first.set('tags').add('x')
    first.set('tags').add('y')
    first.set('tags').delete('x')
    t.deepEqual(await first.settled({ disk: true }), [])
    const { own } = gossipOf(first)
    await first.close()

    const second = await started(path, {}, { durable })
    t.deepEqual([second.counter('calls').value, second.counter('cents', bigint).value], [2, 2n ** 70n])
    t.deepEqual([second.register('motd').value, second.register('motd').expire, second.set('tags').values()], [{ of: ['any', 'é'] }, end, ['y']])
    t.deepEqual([gossipOf(second).own.id, gossipOf(second).nextSeq, lives(second)], [own.id, 8, 1], `${durable}: one life, the next seq`)
    t.equal(second.counter('calls').increment(5).value, 7)
    await second.close()
    const third = await started(path)
    t.deepEqual([third.counter('calls').value, third.names().length, lives(third)], [7, 4, 1])
    await third.close()
  }
})

test('what peers gave is there as well, and a reconnect sends no change', async (t) => {
  const path = folder()
  const beta = createStore({ host: 'beta' })
  for (let i = 0; i < 50; i += 1) beta.counter(`n${i % 10}`).increment()
  const first = await started(path)
  const cut = link(first, beta)
  first.counter('mine').increment()
  await Promise.all([first.settled(), beta.settled()])
  await first.settled({ disk: true })
  cut()
  await first.close()
  const second = await started(path)
  t.deepEqual([second.counter('n3').value, second.counter('mine').value], [5, 1])
  const before = beta.statistics()
  link(second, beta)
  await new Promise<void>((resolve) => second.once('sync', () => resolve()))
  const after = beta.statistics()
  t.deepEqual([after.sentChanges - before.sentChanges, after.recvChanges - before.recvChanges], [0, 0])
  await Promise.all([second.close(), beta.close()])
})

test('what a journal cannot be used for is refused with a code', async (t) => {
  const path = folder()
  t.equal(thrown(() => createStore({ host: 'alpha', journal: {} as never })), 'ERR_OPTION')
  const memory = createStore({ host: 'alpha' })
  t.equal(await rejected(memory.settled({ disk: true })), 'ERR_OPTION', 'a store without a journal waits for no disk')
  await memory.close()
  const store = await started(path)
  store.counter('x').increment()
  await store.close()
  const journal = await openJournal(path)
  t.equal(thrown(() => createStore({ host: 'beta', journal })), 'ERR_JOURNAL', 'another host')
  await new Promise((resolve) => journal.close(resolve))
  const again = await started(path)
  t.deepEqual([again.counter('x').value, lives(again)], [1, 1], 'and it is as it was')
  await again.close()
})

test('numbers that are not given any more are kept; limits that take less are told', async (t) => {
  const path = folder()
  const money: Numbers<bigint> = { ...bigint, name: 'money' }
  const store = await started(path, { numbers: [money] })
  store.counter('x', money).increment(5n)
  store.register('y').write('a value')
  await store.close()
  const without = await started(path)
  t.deepEqual(without.names().map(({ kind }) => kind), ['counter:money', 'register'])
  await without.close()
  const journal = await openJournal(path)
  t.equal(thrown(() => createStore({ host: 'alpha', journal, limits: { bodyBytesMax: 3 } })), 'ERR_JOURNAL')
  await new Promise((resolve) => journal.close(resolve))
  const again = await started(path, { numbers: [money] })
  t.equal(again.counter('x', money).value, 5n)
  await again.close()
})

test('where the disk is full writes are refused, the host serves what is kept, and goes on by itself', (t) => {
  const network = new Network({ links: { latencyMs: 5, redialMs: 20 }, hosts: { limits: { diskRetryMs: 100 } } })
  const [a, b] = [network.add('a', { journal: { writeMs: 1 } }), network.add('b')]
  network.link('a', 'b')
  const told: string[] = []
  a.store.on('unwritable', (error) => told.push(String((error as { code?: string }).code))).on('writable', () => told.push('writable'))
  a.store.counter('x').increment()
  network.run(1_000)
  if (a.shelf !== null) a.shelf.full = true
  a.store.counter('y').increment()
  network.run(1_000)
  t.deepEqual(told, ['ERR_DISK'], 'it is told once')
  t.equal(thrown(() => a.store.counter('x').increment()), 'ERR_DISK')
  t.deepEqual([a.store.counter('x').value, a.store.counter('y').value, b.store.counter('y').value], [1, 1, 0], 'reads go on; what is not kept is told to nobody')
  const c = network.add('c')
  network.link('a', 'c')
  b.store.counter('z').increment()
  network.run(2_000)
  t.deepEqual([c.store.counter('x').value, c.store.counter('y').value, a.store.counter('z').value], [1, 0, 0], 'a newcomer is served, and nothing is taken in')
  if (a.shelf !== null) a.shelf.full = false
  network.run(2_000)
  t.deepEqual(told, ['ERR_DISK', 'writable'])
  t.deepEqual(['x', 'y', 'z'].map((name) => [a, b, c].map(({ store }) => store.counter(name).value)), [[1, 1, 1], [1, 1, 1], [1, 1, 1]])
  t.end()
})

test('a name that was dropped and made anew does not get back what it was, and one that rests goes on resting', (t) => {
  const remade = (): number | string => {
    const clock = new VirtualClock()
    const shelf = new Shelf(new Chance(1), { writeMs: 0.001 })
    const limits = { graceMs: 1_000, skewMsMax: 100 }
    const begin = (): Store => storeAt(clock, 'a', { journal: shelf.open(clock), limits })
    const store = begin()
    store.counter('x').increment(5, { expire: clock.date() + 100 })
    new Hand(store.createStream()).hello('z').say({ s: [1, 'z~1'], k: 'counter', q: [1], n: ['x'], c: [[4, 0]], e: [clock.date() + 100] })
    clock.run(2_250)
    shelf.crash()
    const resting = thrown(() => begin().counter('x').increment())
    if (resting !== 'ERR_EXPIRED') return `it could be made anew: ${resting}`
    const again = begin()
    clock.run(200)
    again.counter('x').increment(2, { expire: clock.date() + 1_000_000 })
    clock.run(10)
    shelf.crash()
    return begin().counter('x').value
  }
  t.equal(remade(), 2)
  const found = (lay: Parameters<typeof plant>[0]['lay']): boolean => {
    const undo = plant({ name: '', lay })
    try {
      return remade() !== 2
    } finally {
      undo()
    }
  }
  t.ok(found((over) => over(Recorder.prototype, 'drop', () => function () {})), 'it is found when what was dropped is kept')
  t.ok(found((over) => over(Recorder.prototype, 'turn', () => function () {})), 'it is found when ends of names are not')
  t.end()
})

test('that a name ended is told after a start, if it ended while nobody ran, and once', (t) => {
  const shelf = new Shelf(new Chance(1), { writeMs: 0.001 })
  const told: string[] = []
  const begin = (clock: VirtualClock): Store => {
    shelf.crash()
    return storeAt(clock, 'a', { journal: shelf.open(clock) }).on('expire', ({ name }) => told.push(name))
  }
  const clock = new VirtualClock()
  const store = begin(clock)
  for (const [name, ms] of [['soon', 100], ['later', 1_000], ['extended', 1_000]] as const) store.counter(name).increment(1, { expire: clock.date() + ms })
  clock.run(500)
  // Time goes by while it is down.
  const next = new VirtualClock()
  next.run(2_000)
  begin(next).counter('extended').increment(1, { expire: next.date() + 10_000 })
  next.run(1_000)
  begin(next)
  next.run(1_000)
  t.deepEqual(told, ['soon', 'later'])
  t.end()
})

test('what is not closed is found as it was acknowledged, and the file says nothing that it should not', async (t) => {
  const path = folder()
  const store = await started(path)
  store.register('secret').write('x')
  await store.settled({ disk: true })
  const text = readFileSync(join(path, 'journal'), 'latin1')
  t.match(text, /c\["register","secret","","alpha~[0-9a-z]+"\]/)
  await store.close()
  t.equal(await rejected(store.settled({ disk: true })), 'ERR_CLOSED')
})

test('a node takes a folder, and lets go of it if it cannot be made', async (t) => {
  const path = folder()
  const first = createNode({ host: 'alpha', journal: path })
  first.store.counter('x').increment()
  t.equal(thrown(() => createNode({ host: 'alpha', journal: path })), 'ERR_LOCKED')
  await first.close()
  t.equal(thrown(() => createNode({ host: 'beta', journal: path })), 'ERR_JOURNAL')
  t.equal(thrown(() => createNode({ host: 'alpha', journal: '' })), 'ERR_OPTION')
  // What was opened for the node that could not be made is closed by now.
  await until('the folder is free', () => !existsSync(join(path, 'lock')))
  const second = createNode({ host: 'alpha', journal: path })
  t.deepEqual([second.store.counter('x').value, lives(second.store)], [1, 1])
  await second.close()
})

test('a ping sums nothing that is not in the journal yet', (t) => {
  const clock = new VirtualClock()
  const journal = new Shelf(new Chance(1), { writeMs: 400 }).open(clock)
  const store = createStore({ host: 'a', journal, time: clock, now: () => clock.date(), pingMs: 100 })
  const hand = new Hand(store.createStream()).hello('hand', { f: ['g'] })
  clock.run(5_000)
  hand.say({ a: {}, y: true })
  clock.run(3_000)
  const pings = (): ('sum' | 'none')[] => hand.heard.flat().flatMap((message) => ('t' in message ? [message.g === undefined ? 'none' : 'sum'] : []))
  t.ok(pings().includes('sum'), 'what is kept is summed')
  const before = pings().length
  store.counter('calls').increment()
  for (let ms = 0; ms < 20_000 && !hand.heard.flat().some((message) => 'c' in message); ms += 1) {
    clock.run(1)
    hand.say({ t: [ms + 1, 0, 0] })
  }
  const meanwhile = pings().slice(before)
  t.ok(meanwhile.length > 0 && !meanwhile.slice(0, -1).includes('sum'), `${meanwhile.length} pings while it was not kept`)
  t.end()
})
