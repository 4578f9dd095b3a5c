/**
 * Journals without their hosts: how one is, what it holds as lines, and lines into one.
 */
import { once } from 'node:events'
import { closeSync, createReadStream, createWriteStream, fsyncSync, openSync, renameSync, rmSync, type ReadStream } from 'node:fs'
import { isGossipError } from '../errors.js'
import type { Durable, Journal } from '../gossip/journal.js'
import { check, openJournal, type Checked } from '../journal/index.js'
import type { Limits } from '../limits.js'
import { Snapshot } from '../journal/snapshot.js'
import type { Imported } from '../store/import.js'
import { createStore, type Store } from '../store/store.js'
import { refusedLinesMax } from './bounds.js'
import { interrupted } from './commands/watch.js'
import { exits, Failure, messageOf } from './failure.js'
import { limitsOf } from './flags.js'
import { Terminal } from './terminal.js'
import { bytes, figure, plain, table } from './text.js'

export type ExportFlags = { output?: string; limit?: string[] }

export type ImportFlags = { host?: string; durable?: Durable; after?: number; limit?: string[]; json?: boolean }

/** Says how a journal is. */
export async function checkJournal(folder: string, { json = false }: { json?: boolean }): Promise<void> {
  const found = await check(folder)
  if (found.state === 'none') throw noneIn(folder)
  new Terminal(json).answer({ ...found, kinds: Object.fromEntries(found.kinds) }, () => table(rows(found)))
  if (found.state === 'damaged') process.exitCode = exits.failed
}

function rows({ state, bytes: all, wholeBytes, records, entries, host, life, kinds, durable, closed, pid, aside }: Checked): string[][] {
  const states = {
    none: '', whole: 'whole', torn: `torn within its last record, as a crash leaves it: ${bytes(all - wholeBytes)} are cut off at the next start`,
    damaged: `damaged at byte ${figure(wholeBytes)}: what stands before it is kept`
  }
  const cells = [...kinds].sort().map(([kind, count]) => `${figure(count)} ${plain(kind)}`).join(', ')
  return [
    ['state', states[state]],
    ['host', host === null ? 'not said' : plain(host)],
    ['life', life === null ? 'not said' : plain(life)],
    ['size', `${bytes(all)}, ${figure(entries)} entries in ${figure(records)} records`],
    ['cells', cells === '' ? 'none' : cells],
    ['written', `${durable === 'sync' ? 'to the disk (sync)' : 'in batches'}${pid === null ? closed ? ', and closed' : ', and not closed' : ''}`],
    ...(pid === null ? [] : [['open in', `process ${pid}`]]),
    ...(aside ? [['beside it', 'journal.damaged, a damaged one that was kept']] : [])
  ]
}

/** Writes what a journal holds as lines. */
export async function exportJournal(folder: string, { output, limit }: ExportFlags): Promise<void> {
  const { state, host, wholeBytes } = await check(folder)
  if (state === 'none') throw noneIn(folder)
  const journal = new Snapshot(folder)
  if (host === null) throw new Failure(`the journal in ${folder} does not say whose it is; there is nothing in it to be exported.`)
  const [terminal, store] = [new Terminal(false), createStore({ host, journal, limits: limitsOf(limit), audit: false })]
  try {
    const onProgress = ({ changes }: { changes: number }): void => terminal.progress(`${figure(changes)} changes`)
    const { changes } = output === undefined ? await store.exportTo(unended(process.stdout), { onProgress }) : await toFile(store, output, onProgress)
    if (output !== undefined) terminal.note(`${figure(changes)} changes`)
  } finally {
    terminal.clear()
    await store.close()
  }
  if (journal.damaged) throw new Failure(`the journal in ${folder} is damaged at byte ${wholeBytes}: only what stands before it was exported.`)
}

type Sink = { write(text: string, cb: (error?: Error | null) => void): unknown; end(cb: () => void): unknown }

/** Standard output is not ours to be ended. */
function unended(out: NodeJS.WriteStream): Sink {
  return { write: (text, cb) => out.write(text, cb), end: (cb) => cb() }
}

/** A file has its name when all is in it, and on the disk. */
async function toFile(store: Store, path: string, onProgress: (exported: { changes: number }) => void): Promise<{ changes: number }> {
  const part = `${path}.part`
  const file = createWriteStream(part)
  try {
    await once(file, 'open')
    const exported = await store.exportTo(file, { onProgress })
    const fd = openSync(part, 'r')
    fsyncSync(fd)
    closeSync(fd)
    renameSync(part, path)
    return exported
  } catch (error) {
    file.destroy()
    rmSync(part, { force: true })
    throw new Failure(`cannot write ${path}: ${messageOf(error)}.`)
  }
}

/** Takes lines into a journal. */
export async function importJournal(folder: string, file: string | undefined, { host: said, durable, after, limit, json = false }: ImportFlags): Promise<void> {
  const host = said ?? (await check(folder)).host
  if (host === null) throw new Failure(`the journal in ${folder} does not say whose it is; say --host NAME.`, exits.usage)
  const terminal = new Terminal(json)
  const input = file === undefined ? process.stdin : opened(file)
  const store = await storeIn(folder, host, durable, limitsOf(limit))
  const reading = new Reading(terminal, interrupted())
  try {
    const imported = await reading.from(store, input, after)
    terminal.answer(imported, () => text(imported))
  } finally {
    terminal.clear()
    input.destroy()
    await store.close()
  }
}

function opened(file: string): ReadStream {
  try {
    return createReadStream('', { fd: openSync(file, 'r') })
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${messageOf(error)}.`, exits.usage)
  }
}

async function storeIn(folder: string, host: string, durable: Durable | undefined, limits: Partial<Limits>): Promise<Store> {
  const journal: Journal = await openJournal(folder, { durable, limits })
  try {
    return createStore({ host, journal, limits, audit: false })
  } catch (error) {
    journal.close(() => {})
    throw error
  }
}

/** An import, as it is seen. */
class Reading {
  private lines = 0
  private refused = 0

  constructor(private readonly terminal: Terminal, private readonly signal: AbortSignal) {}

  /** Resolves when all is on the journal. */
  async from(store: Store, input: ReadStream | typeof process.stdin, after = 0): Promise<Imported> {
    try {
      const imported = await store.importFrom(this.pieces(input), {
        after, onProgress: (now) => this.show(now), onRefused: (refused) => this.refuse(refused)
      })
      await store.settled({ disk: true })
      if (imported.lines === 0) throw new Failure('nothing came: an export has a first line.', exits.usage)
      if (this.refused > 0) process.exitCode = exits.failed
      return imported
    } catch (error) {
      if (isGossipError(error) && error.code === 'ERR_IMPORT') throw new Failure(error.message, exits.usage)
      if (this.signal.aborted) {
        await store.settled({ disk: true })
        throw new Failure(`stopped; go on with --after ${this.lines}.`, Number(process.exitCode))
      }
      if (isGossipError(error) || error instanceof Failure) throw error
      throw new Failure(`cannot read what is to be imported: ${messageOf(error)}.`, exits.usage)
    }
  }

  private async *pieces(input: ReadStream | typeof process.stdin): AsyncGenerator<string | Uint8Array> {
    // It may wait for more, which is waited for no longer.
    this.signal.addEventListener('abort', () => input.destroy(), { once: true })
    for await (const piece of input) {
      this.signal.throwIfAborted()
      yield piece as Uint8Array
    }
    this.signal.throwIfAborted()
  }

  private show({ lines, kept }: Imported): void {
    this.lines = lines
    this.terminal.progress(`${figure(lines)} lines, ${figure(kept)} new`)
  }

  private refuse({ line, code }: { line: number; code: string }): void {
    if (code === 'disk') throw new Failure('the journal cannot be written; what it has stays in it. Make room and run this again.')
    this.refused += 1
    if (this.refused <= refusedLinesMax) this.terminal.note(`line ${line} was refused: ${code}`)
    if (this.refused === refusedLinesMax) this.terminal.note('further ones are counted')
  }
}

function text({ lines, kept, duplicates, past, refused }: Imported): string {
  const over = past === 0 ? '' : `, ${figure(past)} of names that are over`
  const no = Object.entries(refused).map(([code, count]) => `, ${figure(count)} refused as ${code}`).join('')
  return `${figure(lines)} lines: ${figure(kept)} new, ${figure(duplicates)} known${over}${no}`
}

function noneIn(folder: string): Failure {
  return new Failure(`there is no journal in ${folder}.`)
}
