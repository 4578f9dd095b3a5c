/**
 * What is in a folder of a journal, read without a lock and without a change: also while a process uses it.
 */
import { GossipError, shown } from '../errors.js'
import type { Durable } from '../gossip/journal.js'
import { Folder } from './folder.js'
import { holderOf } from './lock.js'
import { look } from './reading.js'
import { readEntry, Scan } from './records.js'

export type Checked = {
  /** How its file is: `none` there is, `whole`, `torn` within its last record, as a crash leaves it, or `damaged` at byte `wholeBytes`. */
  state: 'none' | 'whole' | 'torn' | 'damaged'
  /** Bytes of the file, and of these up to the first that is not as it was written. */
  bytes: number
  wholeBytes: number
  /** Records, and entries that hold: what was superseded or taken away is counted among the records alone. */
  records: number
  entries: number
  /** Whose it is, in which life; null if it does not say. */
  host: string | null
  life: string | null
  /** How many cells it holds of each kind. */
  kinds: Map<string, number>
  /** How it was last written to, and whether it was closed since. */
  durable: Durable | null
  closed: boolean
  /** The process that has it open; null for none. */
  pid: number | null
  /** Whether a damaged file was kept aside before. */
  aside: boolean
}

/**
 * Looks at the journal in a folder. Of one that is being written the last record may be torn.
 *
 * Rejects with `ERR_JOURNAL` if it is of a newer format, `ERR_DISK` if it cannot be read, `ERR_OPTION`.
 */
export async function check(folder: string): Promise<Checked> {
  if (typeof folder !== 'string' || folder === '') throw new GossipError('ERR_OPTION', `a journal is looked for in a folder, not in ${shown(folder)}.`)
  try {
    const disk = new Folder(folder)
    const bytes = disk.read('journal')
    const found = look(bytes ?? new Uint8Array(0))
    const state = bytes === null ? 'none' : found.damaged ? 'damaged' : found.torn ? 'torn' : 'whole'
    const { start, clean, whole } = found
    return {
      state, bytes: bytes?.length ?? 0, wholeBytes: whole.length, ...contents(whole), durable: start?.durable ?? null, closed: clean,
      pid: holderOf(folder), aside: disk.read('journal.damaged') !== null
    }
  } catch (cause) {
    if (cause instanceof GossipError) throw cause
    throw new GossipError('ERR_DISK', `the journal in ${folder} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}

function contents(whole: Uint8Array): Pick<Checked, 'records' | 'entries' | 'host' | 'life' | 'kinds'> {
  const keys = new Set<string>()
  const scan = new Scan(whole)
  let [records, host, life]: [number, string | null, string | null] = [0, null, null]
  for (let mark = scan.next(); mark !== null; mark = scan.next()) {
    records += 1
    if (mark === 'd') keys.delete(scan.text)
    const entry = mark === 'p' ? readEntry(scan.text) : null
    if (entry === null) continue
    keys.add(entry[0])
    if (entry[0] === 'o') [host, life] = JSON.parse(entry[1]) as [string, string]
  }
  const kinds = new Map<string, number>()
  for (const key of keys) {
    if (key[0] !== 'c') continue
    const [kind] = JSON.parse(key.slice(1)) as [string]
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return { records, entries: keys.size, host, life, kinds }
}
