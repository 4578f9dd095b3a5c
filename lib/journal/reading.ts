/**
 * What a file of a journal says, record by record, and how far it is as it was written.
 */
import { GossipError } from '../errors.js'
import type { Durable } from '../gossip/journal.js'
import { Scan } from './records.js'
import { doubtAfter } from './turns.js'

/** The format of the files. One that is newer is not touched. */
export const version = 1

type Head = { version: number; file: string }
type Start = { boot: string | null; durable: Durable }

export type Found = {
  whole: Uint8Array
  torn: boolean
  damaged: boolean
  head: Head | null
  start: Start | null
  /** Whether the last process to write said that it ended. */
  clean: boolean
  puts: number
  putBytes: number
}

/** Looks at a file, record by record. */
export function look(bytes: Uint8Array): Found {
  const scan = new Scan(bytes)
  const found: Found = { whole: bytes, torn: false, damaged: false, head: null, start: null, clean: false, puts: 0, putBytes: 0 }
  let end = 0
  for (let mark = scan.next(); mark !== null && note(found, mark, scan); mark = scan.next()) end = scan.at
  found.damaged = end < scan.at || scan.ending === 'damaged' || (found.head === null && bytes.length > 0)
  found.torn = !found.damaged && scan.ending === 'torn'
  found.whole = bytes.subarray(0, end)
  return found
}

/** Notes what a record says; false if no journal of ours says that there. */
function note(found: Found, mark: string, scan: Scan): boolean {
  if ((mark === 'h') !== (found.head === null)) return false
  found.clean = mark === 'e'
  if (mark === 'h') found.head = readHead(scan.text)
  else if (mark === 's') found.start = readStart(scan.text)
  else if (mark === 'p') {
    found.puts += 1
    found.putBytes += scan.size
    return scan.hasKey
  }
  return mark === 'h' ? found.head !== null : mark === 's' ? found.start !== null : mark === 'd' || mark === 'e'
}

/** @throws GossipError `ERR_JOURNAL` for a newer format. */
function readHead(text: string): Head | null {
  const head = read(text)
  if (typeof head['version'] !== 'number' || typeof head['file'] !== 'string') return null
  if (head['version'] === version) return { version, file: head['file'] }
  throw new GossipError('ERR_JOURNAL', `the journal is of format ${head['version']}, and this version knows ${version}; it was left as it is. Use the version that wrote it, or a newer one.`)
}

function readStart(text: string): Start | null {
  const { boot, durable } = read(text)
  if ((typeof boot !== 'string' && boot !== null) || (durable !== 'sync' && durable !== 'batch')) return null
  return { boot, durable }
}

function read(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Whether what was told may not be here, though the file is whole as far as it goes. */
export function doubtOf({ start, clean }: Found, moved: boolean, boot: string | null): string | null {
  if (moved) return 'the journal is a copy, or was put back from one'
  return start === null ? null : doubtAfter(start, clean, boot)
}
