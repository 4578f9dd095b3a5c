/**
 * What a journal costs: writes of names in each mode, beside memory, a database and a bare append with fdatasync; bytes on the disk for a name; how
 * long it takes to open; and the longest that nothing else had its turn while all was written anew.
 *
 *     node --expose-gc --import tsx bench/journal.ts [names]
 *
 * Spans of processor time are told beside those of the clock: the first tell less of what else a machine does.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { createStore, type Store } from '../index.js'
import { openJournal, type Journal } from '../lib/journal/index.js'
import { openLevel } from '../lib/journal/level.js'

const names = Number(process.argv[2] ?? 1_000_000)
const limits = { cellsMax: 2 * names + 1_000 }
const root = mkdtempSync(join(tmpdir(), 'pull-gossip-bench-'))

/** So many names are written in a turn; then all that is kept is waited for now and then, as a host under load does. */
const [turn, waits] = [1_000, 20]

async function timed<Result>(what: string, run: () => Promise<Result>, count = names): Promise<Result> {
  const [at, cpu] = [performance.now(), process.cpuUsage()]
  const result = await run()
  const { user, system } = process.cpuUsage(cpu)
  const ms = performance.now() - at
  console.log(`${what}: ${Math.round(ms)} ms, processor ${Math.round((user + system) / 1_000)} ms; ${Math.round((1_000 * count) / ms)}/s`)
  return result
}

async function fill(store: Store, isKept: boolean): Promise<void> {
  for (let i = 0; i < names; i += 1) {
    store.counter(`name ${i}`).increment()
    if (i % turn !== turn - 1) continue
    if (isKept && i % (turn * waits) === turn * waits - 1) await store.settled({ disk: true })
    else await new Promise(setImmediate)
  }
  if (isKept) await store.settled({ disk: true })
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

/** The longest between two turns while something goes on, and what it is where nothing does. */
async function longest(run: () => Promise<unknown>): Promise<number> {
  let [most, before, on] = [0, performance.now(), true]
  const look = (): void => {
    const now = performance.now()
    most = Math.max(most, now - before)
    before = now
    if (on) setImmediate(look)
  }
  look()
  await run()
  on = false
  return most
}

function rewrite(journal: Journal): Promise<void> {
  return new Promise((resolve, reject) => journal.rewrite((error) => (error === null ? resolve() : reject(error))))
}

/** Writes, opens, and writes anew, in a folder that `open` opens. */
async function measure(what: string, open: () => Promise<Journal>, folder: string, after: () => Promise<void> = async () => {}): Promise<void> {
  const store = createStore({ host: 'a', journal: await open(), limits })
  await timed(`${what}, written`, () => fill(store, true))
  await store.close()
  await after()
  console.log(`${what}: ${(bytesIn(folder) / names).toFixed(0)} bytes a name as written`)
  globalThis.gc?.()
  const journal = await timed(`${what}, opened`, open)
  const again = await timed(`${what}, taken in by a store`, async () => createStore({ host: 'a', journal, limits }))
  const idle = await longest(() => new Promise((resolve) => setTimeout(resolve, 1_000)))
  const most = await longest(() => timed(`${what}, written anew`, () => rewrite(journal)))
  console.log(`${what}: ${most.toFixed(0)} ms between turns at most while it was written anew, ${idle.toFixed(0)} while nothing went on`)
  await again.close()
  await after()
  console.log(`${what}: ${(bytesIn(folder) / names).toFixed(0)} bytes a name when written anew`)
}

await timed('memory, written', () => fill(createStore({ host: 'a', limits }), false))
for (const durable of ['batch', 'sync'] as const) {
  const folder = join(root, durable)
  await measure(durable, () => openJournal(folder, { durable }), folder)
}
const folder = join(root, 'level')
let db = new ClassicLevel(folder)
await measure('classic-level, batch', () => openLevel(db), folder, async () => {
  await db.close()
  db = new ClassicLevel(folder)
})
await timed('bare append of 85 bytes a name, fdatasync at every 20,000', async () => {
  const file = openSync(join(root, 'bare'), 'w')
  const bytes = new Uint8Array(85 * turn)
  for (let i = 0; i < names; i += turn) {
    writeSync(file, bytes)
    if (i % (turn * waits) === 0) fdatasyncSync(file)
  }
  fdatasyncSync(file)
  closeSync(file)
})
await db.close()
rmSync(root, { recursive: true })
