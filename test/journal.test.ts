/**
 * Journals in files: what they keep when processes, disks and files fail, and what they refuse.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'tape'
import type { Entry, Journal } from '../lib/gossip/journal.js'
import { createStore } from '../index.js'
import { FileJournal } from '../lib/journal/file.js'
import { check, journalFaults, openJournal } from '../lib/journal/index.js'
import { readEntry, Records, Scan } from '../lib/journal/records.js'
import { all, close, held, Place, rejected, write } from './journal/places.js'
import { withLimits } from '../lib/limits.js'
import { Chance } from '../lib/sim/chance.js'
import { VirtualClock } from '../lib/sim/clock.js'
import { FaultyDisk } from '../lib/sim/disk.js'
import { holds } from './property.js'

const small = { journalBytesMin: 2_000 }
const boundary = 'first boot'

const root = mkdtempSync(join(tmpdir(), 'pull-gossip-journal-'))
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

function folder(): string {
  return mkdtempSync(join(root, 'folder-'))
}

/** Where each record of a file ends, and the entries up to there. */
function recordsOf(bytes: Uint8Array): { end: number; entries: Map<string, string> }[] {
  const scan = new Scan(bytes)
  const entries = new Map<string, string>()
  const records: { end: number; entries: Map<string, string> }[] = []
  for (let mark = scan.next(); mark !== null; mark = scan.next()) {
    if (mark === 'd') entries.delete(scan.text)
    if (mark === 'p') entries.set(...(readEntry(scan.text) as [string, string]))
    records.push({ end: scan.at, entries: new Map(entries) })
  }
  return records
}

/** A journal of four kilobytes. */
async function sample(): Promise<Uint8Array> {
  const place = await new Place().filled(...Array.from({ length: 40 }, (_, i): Entry[] => {
    return [[`cell ${i % 17}`, `["α", ${i}, "${'x'.repeat(i % 30)}"]`], i % 5 === 0 ? [`cell ${(i * 7) % 17}`, null] : [`name ${i}`, String(i)]]
  }))
  return place.disk.read('journal') as Uint8Array
}

/** A file as it is found by the next process: the same file, or a copy. */
function found(bytes: Uint8Array, boot = boundary): Place {
  const place = new Place({ boot })
  place.disk.plant('journal', new Uint8Array(0))
  place.disk.plant('journal', bytes)
  return place
}

test('a journal keeps every rule of the suite, on a disk, on a model of one, and while it is written anew', async (t) => {
  for (const durable of ['batch', 'sync'] as const) {
    t.deepEqual(await journalFaults(() => {
      const place = new Place({ durable, limits: small })
      return { open: async () => place.open() }
    }), [], `on a model, ${durable}`)
    t.deepEqual(await journalFaults(() => {
      const path = folder()
      return { open: () => openJournal(path, { durable, limits: small }) }
    }), [], `in a folder, ${durable}`)
  }
})

test('the suite finds journals that lose, invent and reorder', async (t) => {
  const broken = async (harm: (journal: Journal) => void): Promise<number> => {
    const faults = await journalFaults(() => {
      const place = new Place()
      return { open: async () => {
        const journal = place.open()
        harm(journal)
        return journal
      } }
    })
    return faults.length
  }
  t.ok(await broken((journal) => {
    const real = journal.write.bind(journal)
    journal.write = (entries, done) => real(entries.slice(1), done)
  }) > 0, 'entries are left out')
  t.ok(await broken((journal) => {
    const real = journal.write.bind(journal)
    journal.write = (entries, done) => real([...entries].reverse(), done)
  }) > 0, 'entries are in another order')
  t.ok(await broken((journal) => { journal.rewrite = (done) => queueMicrotask(() => done(null)) }) > 0, 'nothing is written anew')
  t.ok(await broken((journal) => { journal.write = (_, done) => done(null) }) > 0, 'it calls back at once')
})

test('a journal cut at every byte opens, keeps every record before the cut, and goes on', async (t) => {
  const bytes = await sample()
  const records = recordsOf(bytes)
  const wrong: string[] = []
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const place = found(bytes.slice(0, cut))
    const journal = place.open()
    const whole = records.filter(({ end }) => end <= cut).at(-1)?.entries ?? new Map<string, string>()
    if (JSON.stringify(held(journal)) !== JSON.stringify(Object.fromEntries([...whole].sort()))) wrong.push(`cut at ${cut}`)
    await write(journal, [['after', 'the cut']])
    place.disk.crash()
    if (all(place.open()).get('after') !== 'the cut') wrong.push(`write after a cut at ${cut}`)
  }
  t.deepEqual(wrong, [], `${bytes.length} bytes`)
})

test('a journal with any bit flipped opens, keeps every record before it, yields no other, and says that it is damaged', async (t) => {
  const bytes = await sample()
  const records = recordsOf(bytes)
  const wrong: string[] = []
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    const journal = found(flipped).open()
    const whole = records.filter(({ end }) => end <= bit >> 3).at(-1)?.entries ?? new Map<string, string>()
    if (JSON.stringify(held(journal)) !== JSON.stringify(Object.fromEntries([...whole].sort()))) wrong.push(`bit ${bit}`)
    if (!journal.damaged || journal.doubt === null) wrong.push(`bit ${bit} is not told`)
  }
  t.deepEqual(wrong, [], `${8 * bytes.length} bits`)
})

test('a damaged file is kept aside, and the first write leaves a whole one', async (t) => {
  const bytes = await sample()
  const flipped = bytes.slice()
  flipped[2_000] = (flipped[2_000] as number) ^ 1
  const place = found(flipped)
  const journal = place.open()
  const kept = all(journal)
  journal.source = { size: kept.size, entries: () => kept.entries() }
  await write(journal, [['after', 'the damage']])
  place.disk.crash()
  t.deepEqual(place.disk.read('journal.damaged'), flipped)
  const again = place.open()
  t.deepEqual(held(again), Object.fromEntries([...kept, ['after', 'the damage']].sort()))
  t.notOk(again.damaged)
  t.end()
})

test('files full of anything are opened, repaired or refused with a code, and yield nothing that was never written', async (t) => {
  const bytes = await sample()
  const ever = new Set<string>()
  const scan = new Scan(bytes)
  for (let mark = scan.next(); mark !== null; mark = scan.next()) if (mark === 'p') ever.add(scan.text)
  const edit = fc.record({ at: fc.nat(bytes.length - 1), length: fc.nat(40), bytes: fc.uint8Array({ maxLength: 40 }) })
  holds(t, 'a mutated file', fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
    let mutated = bytes
    for (const { at, length, bytes: put } of edits) {
      mutated = Uint8Array.from([...mutated.subarray(0, at), ...put, ...mutated.subarray(at + length)])
    }
    for (const [key, value] of all(found(mutated).open())) if (!ever.has(`${key}\n${value}`)) return false
    return true
  }), 400)
  holds(t, 'a file of noise', fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => all(found(noise).open()).size === 0), 200)
  t.end()
})

/** A record of ours with a text of anybody's. */
test('whole records that say what no journal says are a damage', (t) => {
  const head = JSON.stringify({ version: 1, file: '1:1' })
  const start = JSON.stringify({ boot: boundary, durable: 'batch' })
  for (const [mark, text] of [['p', 'no value'], ['h', head], ['s', '{}'], ['s', 'null'], ['x', '']] as ['p', string][]) {
    const records = new Records().add('h', head).add('s', start).entry('a', '1').add(mark, text).entry('b', '2')
    const journal = found(records.take()).open()
    t.deepEqual([held(journal), journal.damaged], [{ a: '1' }, true], `${mark} ${text}`)
  }
  t.throws(() => found(new Records().add('h', JSON.stringify({ version: 2, file: '1:1' })).take()).open(), /ERR_JOURNAL.*format 2/)
  t.end()
})

test('a life is in doubt when the file is a copy, or power was lost amid batches, and else is not', async (t) => {
  const doubt = async (durable: 'sync' | 'batch', ends: 'crash' | 'close', how: { boot?: string | null; copied?: boolean; next?: string | null }): Promise<boolean> => {
    const place = new Place({ durable, boot: how.boot === undefined ? boundary : how.boot })
    const journal = place.open()
    await write(journal, [['a', '1']])
    if (ends === 'close') await close(journal)
    place.disk.crash()
    if (how.copied === true) place.disk.plant('journal', place.disk.read('journal') as Uint8Array, true)
    place.boot = how.next === undefined ? place.boot : how.next
    return place.open().doubt !== null
  }
  t.notOk(await doubt('batch', 'crash', {}), 'a crash of the process')
  t.notOk(await doubt('batch', 'close', { next: 'second boot' }), 'a close before the system went down')
  t.ok(await doubt('batch', 'crash', { next: 'second boot' }), 'a loss of power, in batches')
  t.notOk(await doubt('sync', 'crash', { next: 'second boot' }), 'a loss of power, where all was on the disk')
  t.ok(await doubt('batch', 'crash', { boot: null }), 'a crash where the system does not tell when it began')
  t.notOk(await doubt('batch', 'close', { boot: null }), 'a close there')
  t.ok(await doubt('sync', 'close', { copied: true }), 'a copy')
  t.ok(new Place().open().doubt !== null, 'nothing')
})

const batches = fc.array(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.option(fc.string({ maxLength: 60 }))), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 30 })

type Ops = readonly (readonly (readonly [string, string | null])[])[]

/** What some entries come to. */
function model(entries: readonly (readonly [string, string | null])[]): string {
  const map = new Map<string, string>()
  for (const [key, value] of entries) if (value === null) map.delete(key)
    else map.set(key, value)
  return JSON.stringify([...map].sort())
}

/** Writes batches on a disk that fails, until it ends in the middle of one; what was acknowledged, in order, and what was tried after that. */
async function history(place: Place, ops: Ops, end: number, odds: { write?: number; sync?: number; source?: boolean } = {}): Promise<Told> {
  place.disk.faults.writeOdds = odds.write ?? 0
  place.disk.faults.syncOdds = odds.sync ?? 0
  const journal = place.open()
  all(journal)
  const now = new Map<string, string>()
  if (odds.source !== false) journal.source = { get size() { return now.size }, entries: () => [...now].values() }
  const sure: Entry[] = []
  let tried: Entry[] = []
  for (const [i, batch] of ops.entries()) {
    for (const [key, value] of batch) if (value === null) now.delete(key)
      else now.set(key, value)
    tried.push(...batch)
    const written = rejected(write(journal, tried))
    if (i === end) {
      for (let turns = 0; turns < i % 7; turns += 1) await Promise.resolve()
      break
    }
    if ((await written) !== null) continue
    sure.push(...tried)
    tried = []
    place.later()
  }
  return { sure, tried, gaps: odds.source !== false }
}

type Told = { sure: Entry[]; tried: Entry[]; gaps: boolean }

/**
 * Whether what is held is all that was sure, and of what was tried then a part without gaps. Where a source may have told what was to be
 * written later, each key may be as far as any of its entries.
 */
function fits(journal: Journal, { sure, tried, gaps }: Told): boolean {
  const held = all(journal)
  if (gaps) {
    const keys = new Set([...sure, ...tried].map(([key]) => key).concat([...held.keys()]))
    return [...keys].every((key) => {
      const before = sure.findLast((entry) => entry[0] === key)?.[1] ?? null
      return [before, ...tried.flatMap((entry) => (entry[0] === key ? [entry[1]] : []))].includes(held.get(key) ?? null)
    })
  }
  const now = JSON.stringify([...held].sort())
  return Array.from({ length: tried.length + 1 }, (_, i) => model([...sure, ...tried.slice(0, i)])).includes(now)
}

test('after a crash at any moment all that was acknowledged is held, and what follows it without gaps', async (t) => {
  for (const durable of ['batch', 'sync'] as const) {
    let runs = 0
    await fc.assert(fc.asyncProperty(batches, fc.nat(30), fc.nat(), fc.boolean(), async (ops, end, seed, source) => {
      runs += 1
      const place = new Place({ durable, seed, limits: { journalBytesMin: 300 } })
      const told = await history(place, ops, end % ops.length, { source })
      place.disk.crash()
      const journal = place.open()
      return fits(journal, told) && (journal.doubt === null || told.sure.length === 0)
    }), { numRuns: 300 })
    t.ok(runs >= 300, `${durable}, ${runs} histories`)
  }
})

test('after a loss of power all that was acknowledged in sync is held; in batches what was synced, and nothing wrong', async (t) => {
  let doubts = 0
  await fc.assert(fc.asyncProperty(batches, fc.nat(30), fc.nat(), fc.boolean(), async (ops, end, seed, source) => {
    const place = new Place({ durable: 'sync', seed, limits: { journalBytesMin: 300 } })
    const told = await history(place, ops, end % ops.length, { source })
    place.disk.blackout()
    place.boot = 'second boot'
    const journal = place.open()
    if (journal.doubt !== null) doubts += 1
    return fits(journal, told) || (told.sure.length === 0 && journal.doubt !== null)
  }), { numRuns: 300 })
  t.pass(`sync, ${doubts} of 300 begin a new life, as what was under way is damaged`)
  await fc.assert(fc.asyncProperty(batches, fc.nat(30), fc.nat(), fc.boolean(), async (ops, end, seed, lies) => {
    const place = new Place({ durable: lies ? 'sync' : 'batch', seed, limits: { journalBytesMin: 300 } })
    place.disk.faults.lies = lies
    const { sure, tried } = await history(place, ops, end % ops.length)
    place.disk.blackout()
    place.boot = 'second boot'
    const journal = place.open()
    const ever = new Set([...sure, ...tried].map((entry) => entry.join('\n')))
    return [...all(journal)].every((entry) => ever.has(entry.join('\n'))) && (lies || journal.doubt !== null)
  }), { numRuns: 300 })
  t.pass('batches, or a disk that lies')
})

test('on a disk that fails now and then every write is kept or refused with a code, and later ones mend it', async (t) => {
  await fc.assert(fc.asyncProperty(batches, fc.nat(30), fc.nat(), fc.constantFrom('batch', 'sync'), async (ops, end, seed, durable) => {
    const place = new Place({ durable, seed, limits: { journalBytesMin: 300 } })
    const told = await history(place, ops, end % ops.length, { write: 0.2, sync: durable === 'sync' ? 0.2 : 0 })
    place.disk.crash()
    return fits(place.open(), told)
  }), { numRuns: 500 })
  t.pass('500 histories')
})

test('a full disk refuses with a code, keeps what was there, and takes more when there is room', async (t) => {
  const place = new Place()
  const journal = place.open()
  await write(journal, [['a', '1']])
  place.disk.faults.room = place.disk.size + 30
  t.equal(await rejected(write(journal, [['b', 'x'.repeat(100)]])), 'ERR_DISK')
  t.equal(await rejected(write(journal, [])), null, 'what is broken is mended')
  t.equal(await rejected(write(journal, [['b', 'x'.repeat(100)]])), 'ERR_DISK')
  place.disk.faults.room = Infinity
  await write(journal, [['b', '2']])
  place.disk.faults.readOnly = true
  t.equal(await rejected(write(journal, [['c', '3']])), 'ERR_DISK')
  t.equal(await rejected(write(journal, [['c', '3']])), 'ERR_DISK')
  place.disk.faults.readOnly = false
  await write(journal, [['d', '4']])
  place.disk.crash()
  t.deepEqual(held(place.open()), { a: '1', b: '2', d: '4' })
  t.end()
})

test('in batches what the system has is on the disk within syncMs, in virtual time, however much is written, and many writes are one sync', async (t) => {
  const [disk, clock] = [new FaultyDisk(new Chance(1)), new VirtualClock()]
  const options = { durable: 'batch' as const, boot: boundary, limits: withLimits({ syncMs: 40 }), after: (ms: number, run: () => void) => clock.after(ms, run) }
  const journal = new FileJournal(disk, options)
  all(journal)
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 50; i += 1) await Promise.resolve()
  }
  await write(journal, [['first', '0']])
  const before = disk.calls.sync
  for (let ms = 1; ms <= 1_000; ms += 1) {
    clock.run(1)
    await settle()
    await write(journal, [[`at ${ms}`, 'x']])
  }
  t.ok(disk.calls.sync - before >= 24 && disk.calls.sync - before <= 26, `${disk.calls.sync - before} syncs for 1,000 writes in a second`)
  clock.run(40)
  await settle()
  disk.blackout()
  t.equal(Object.keys(held(new FileJournal(disk, options))).length, 1_001, 'a loss of power after that takes nothing')
  t.end()
})

test('a sync that fails in the background is told, and what was written meanwhile is written anew', async (t) => {
  const place = new Place()
  const journal = place.open()
  const told: string[] = []
  journal.onFault = (error) => told.push((error as { code?: string }).code ?? '')
  journal.source = { size: 1, entries: () => new Map([['a', '1']]).entries() }
  await write(journal, [['a', '1']])
  place.disk.faults.syncOdds = 1
  place.later()
  await write(journal, []).catch(() => {})
  t.deepEqual(told, ['ERR_DISK'])
  place.disk.faults.syncOdds = 0
  await write(journal, [])
  place.disk.blackout()
  t.deepEqual(held(place.open()), { a: '1' })
  t.end()
})

test('a journal takes no more than its ratio to what holds, and is not written anew more often than need be', async (t) => {
  const place = new Place({ limits: { journalBytesMin: 4_096, journalRatio: 2 } })
  const journal = place.open()
  const now = new Map<string, string>()
  journal.source = { get size() { return now.size }, entries: () => now.entries() }
  let most = 0
  for (let i = 0; i < 4_000; i += 1) {
    const entry = [`key ${i % 50}`, `value ${i}`] as const
    now.set(...entry)
    await write(journal, [entry])
    most = Math.max(most, place.disk.read('journal')?.length ?? 0)
  }
  t.ok(most < 4_096 + 200, `${most} bytes at most, for 50 entries`)
  t.ok(place.disk.calls.rename < 120, `written anew ${place.disk.calls.rename} times in 4,000 writes`)
  place.disk.crash()
  t.deepEqual(held(place.open()), Object.fromEntries([...now].sort()))
  t.end()
})

/** A journal of some size on a model of a disk, most of it superseded, that is about to be written anew; and a writer of new keys. */
async function stale(): Promise<{ place: Place; journal: FileJournal; now: Map<string, string>; put: (keys: string[]) => Promise<void> }> {
  const place = new Place({ limits: { journalBytesMin: 4_096 } })
  const journal = place.open()
  all(journal)
  const now = new Map<string, string>()
  journal.source = { get size() { return now.size }, entries: () => now.entries() }
  const put = (keys: string[]): Promise<void> => {
    const entries = keys.map((key): Entry => [key, `${now.size} ${'x'.repeat(80)}`])
    for (const [key, value] of entries) now.set(key, value as string)
    return write(journal, entries)
  }
  const keys = Array.from({ length: 2_000 }, (_, i) => `key ${i}`)
  for (let i = 0; i < 1_000 && place.disk.read('journal.new') === null; i += 1) await put(keys.slice((i % 10) * 200, (i % 10) * 200 + 200))
  return { place, journal, now, put }
}

test('what is written anew catches up with a writer that is faster, and never stops', async (t) => {
  const { place, now, put } = await stale()
  let batches = 0
  for (; place.disk.read('journal.new') !== null && batches < 200; batches += 1) await put(Array.from({ length: 2_000 }, (_, i) => `new ${batches} ${i}`))
  t.ok(batches < 5, `${batches} batches`)
  const perEntry = (place.disk.read('journal')?.length ?? 0) / now.size
  t.ok(perEntry < 2 * 120, `${perEntry.toFixed(0)} bytes an entry`)
  place.disk.crash()
  t.deepEqual(held(place.open()), Object.fromEntries([...now].sort()))
  t.end()
})

test('of a file that was to take the place of another, and was given up, nothing is left: when the journal is closed, and when the disk is full', async (t) => {
  const first = await stale()
  await close(first.journal)
  t.ok(first.place.disk.read('journal.new') === null, 'when it is closed')
  t.deepEqual(held(first.place.open()), Object.fromEntries([...first.now].sort()))

  const second = await stale()
  second.place.disk.faults.room = second.place.disk.size + 20_000
  t.equal(await rejected(second.put(Array.from({ length: 2_000 }, (_, i) => `more ${i}`))), 'ERR_DISK')
  for (let i = 0; i < 100; i += 1) await Promise.resolve()
  t.ok(second.place.disk.read('journal.new') === null, 'it takes no room from what is to be written')
  t.end()
})

test('a folder is one process’s: a living one is named, a dead one’s lock is taken over', async (t) => {
  const path = folder()
  const journal = await openJournal(path)
  t.equal(await rejected(openJournal(path)), 'ERR_LOCKED', 'within a process')
  const other = `import { openJournal } from './lib/journal/index.ts'
    openJournal(${JSON.stringify(path)}).then(() => { console.log('open'); setInterval(() => {}, 1000) }, (error) => { console.log(error.code) })`
  const script = ['--import', 'tsx', '--input-type=module', '-e', other]
  t.equal(spawnSync(process.execPath, script, { encoding: 'utf8' }).stdout, 'ERR_LOCKED\n', 'of another process')
  await close(journal)
  t.deepEqual(readdirSync(path).filter((name) => name.startsWith('lock')), [])
  const child = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  t.equal(await rejected(openJournal(path)), 'ERR_LOCKED', 'of a living child')
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  const again = await openJournal(path)
  t.pass('of a killed child')
  await close(again)
  for (const text of ['', 'nonsense', '0 - x\n', `${process.pid} 1 x\n`]) {
    writeFileSync(join(path, 'lock'), text)
    const taken = await rejected(openJournal(path).then(close))
    t.equal(taken, text.startsWith(String(process.pid)) && !existsSync('/proc/self/stat') ? 'ERR_LOCKED' : null, JSON.stringify(text))
    rmSync(join(path, 'lock'), { force: true })
  }
})

test('a folder is looked at without a lock and without a change, also while it is used', async (t) => {
  const path = folder()
  const { kinds, ...nothing } = await check(path)
  t.deepEqual([nothing, kinds.size], [{
    state: 'none', bytes: 0, wholeBytes: 0, records: 0, entries: 0, host: null, life: null, durable: null, closed: false, pid: null, aside: false
  }, 0])
  t.deepEqual(readdirSync(path), [])
  const store = createStore({ host: 'alpha', journal: await openJournal(path) })
  for (let i = 0; i < 10; i += 1) store.counter(`n${i % 3}`).increment()
  store.register('r').write(1)
  await store.settled({ disk: true })
  store.counter('n1').increment()
  await store.settled({ disk: true })
  const used = await check(path)
  t.deepEqual([used.state, used.host, used.pid, used.closed, used.bytes === used.wholeBytes], ['whole', 'alpha', process.pid, false, true])
  t.deepEqual([[...used.kinds], used.records > used.entries], [[['counter', 3], ['register', 1]], true])
  await store.close()
  const closed = await check(path)
  t.deepEqual([closed.pid, closed.closed, closed.durable, closed.life], [null, true, 'batch', used.life])
  const bytes = readFileSync(join(path, 'journal'))
  writeFileSync(join(path, 'journal'), bytes.subarray(0, -3))
  t.deepEqual(await check(path).then(({ state, wholeBytes }) => [state, wholeBytes < bytes.length - 3]), ['torn', true])
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200)
  writeFileSync(join(path, 'journal'), bytes)
  t.deepEqual(await check(path).then(({ state, wholeBytes }) => [state, wholeBytes < 200]), ['damaged', true])
  t.deepEqual(new Uint8Array(readFileSync(join(path, 'journal'))), new Uint8Array(bytes), 'it is as it was')
  writeFileSync(join(path, 'journal'), new Records().add('h', JSON.stringify({ version: 9, file: 'x' })).take())
  t.deepEqual([await rejected(check(path)), await rejected(check('')), await rejected(check(join(path, 'journal')))], ['ERR_JOURNAL', 'ERR_OPTION', 'ERR_DISK'])
})

test('what cannot be opened is refused with a code, and left as it is', async (t) => {
  const path = folder()
  t.equal(await rejected(openJournal('')), 'ERR_OPTION')
  t.equal(await rejected(openJournal(path, { durable: 'often' as 'sync' })), 'ERR_OPTION')
  t.equal(await rejected(openJournal(path, { sync: true } as object)), 'ERR_OPTION')
  writeFileSync(join(path, 'file'), '')
  t.equal(await rejected(openJournal(join(path, 'file', 'below'))), 'ERR_DISK')
  const newer = new Records().add('h', JSON.stringify({ version: 9, file: 'x' })).take()
  writeFileSync(join(path, 'journal'), newer)
  t.equal(await rejected(openJournal(path)), 'ERR_JOURNAL')
  t.deepEqual(new Uint8Array(readFileSync(join(path, 'journal'))), newer)
  t.deepEqual(readdirSync(path).sort(), ['file', 'journal'], 'no lock is left')
  t.end()
})

test('a copy of a folder, put back, is told from the file that was written', async (t) => {
  const path = folder()
  const journal = await openJournal(path, { durable: 'sync' })
  await write(journal, [['a', '1']])
  await close(journal)
  copyFileSync(join(path, 'journal'), join(path, 'backup'))
  rmSync(join(path, 'journal'))
  copyFileSync(join(path, 'backup'), join(path, 'journal'))
  const again = await openJournal(path)
  t.match(String(again.doubt), /copy/)
  t.deepEqual(held(again), { a: '1' })
  await close(again)
})

/** Why a test as somebody else than root cannot be run; false if it can. */
const unable = process.getuid?.() === undefined ? 'this system has no users' : false

/** Runs something as a user who may not write anywhere, where we are root, but in a folder of theirs. */
async function asNobody(run: (path: string) => Promise<void>): Promise<void> {
  const path = folder()
  chmodSync(root, 0o755)
  if (process.getuid?.() !== 0) return run(path)
  chownSync(path, 65_534, 65_534)
  process.seteuid?.(65_534)
  try {
    await run(path)
  } finally {
    process.seteuid?.(0)
  }
}

test('a folder that may not be written to is refused', { skip: unable }, (t) => asNobody(async (path) => {
  chmodSync(path, 0o500)
  t.equal(await rejected(openJournal(path)), 'ERR_DISK')
  chmodSync(path, 0o000)
  t.equal(await rejected(openJournal(path)), 'ERR_DISK')
  chmodSync(path, 0o700)
  await openJournal(path).then(close)
}))

test('permission that is lost while a journal is open stops no batch; a new file is made when it is back', { skip: unable }, (t) => asNobody(async (path) => {
  const journal = await openJournal(path, { limits: { journalBytesMin: 1_000 } })
  const now = new Map<string, string>()
  journal.source = { get size() { return now.size }, entries: () => now.entries() }
  const put = (i: number): Promise<void> => {
    now.set('key', `${i} ${'x'.repeat(50)}`)
    return write(journal, [['key', now.get('key') ?? '']])
  }
  await put(0)
  chmodSync(path, 0o500)
  for (let i = 1; i < 100; i += 1) await put(i)
  t.equal(await rejected(new Promise<void>((resolve, reject) => journal.rewrite((error) => (error === null ? resolve() : reject(error))))), 'ERR_DISK')
  const grown = statSync(join(path, 'journal')).size
  chmodSync(path, 0o700)
  let last = 100
  // It is written anew beside the batches, at the pace of the disk.
  for (const until = Date.now() + 10_000; Date.now() < until && statSync(join(path, 'journal')).size > 2_000; last += 1) {
    await put(last)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  t.ok(grown > 6_000 && statSync(join(path, 'journal')).size < 2_000, `${grown} bytes, then ${statSync(join(path, 'journal')).size}`)
  await close(journal)
  const again = await openJournal(path)
  t.equal(all(again).get('key'), now.get('key'))
  await close(again)
}))

test('a file system that is full stops writes, not the host, which goes on when there is room', async (t) => {
  const path = folder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { encoding: 'utf8' })
  if (mounted.status !== 0) return t.pass(`SKIP: no file system can be mounted here: ${(mounted.error?.message ?? mounted.stderr).trim()}`)
  // What is tried again later keeps no process alive.
  const awake = setInterval(() => {}, 1_000)
  try {
    const store = createStore({ host: 'alpha', journal: await openJournal(path, { durable: 'sync' }), limits: { diskRetryMs: 20 } })
    const sure = new Map<string, string>()
    writeFileSync(join(path, 'filler'), new Uint8Array(150_000))
    let refused = ''
    for (let i = 0; refused === '' && i < 1_000; i += 1) {
      try {
        store.register(`r${i}`).write('x'.repeat(1_000))
        await store.settled({ disk: true })
        sure.set(`r${i}`, 'x')
      } catch (error) {
        refused = (error as { code: string }).code
      }
    }
    t.equal(refused, 'ERR_DISK')
    t.throws(() => store.counter('x').increment(), /ERR_DISK/)
    t.equal(store.register('r0').value, 'x'.repeat(1_000), 'reads go on')
    const back = new Promise((resolve) => store.once('writable', () => resolve(true)))
    rmSync(join(path, 'filler'))
    await back
    store.counter('x').increment()
    await store.settled({ disk: true })
    await store.close()
    const again = createStore({ host: 'alpha', journal: await openJournal(path) })
    const lost = [...sure.keys()].filter((name) => again.register(name).value === undefined)
    t.deepEqual([lost, again.counter('x').value, sure.size > 5], [[], 1, true])
    await again.close()
  } finally {
    clearInterval(awake)
    spawnSync('umount', [path])
  }
})

test('bytes are as small as they should be', async (t) => {
  const path = folder()
  const journal = await openJournal(path)
  await write(journal, [['key', 'value']])
  const before = statSync(join(path, 'journal')).size
  await write(journal, [['key', 'value']])
  t.equal(statSync(join(path, 'journal')).size - before, 12 + 1 + 'key\nvalue'.length)
  await close(journal)
})
