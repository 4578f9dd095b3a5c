/**
 * The bytes of a journal file: one record after the other, each with a checksum.
 *
 *     length  4 bytes, little-endian, of the text
 *     check   4 bytes, the CRC-32 of these four
 *     check   4 bytes, the CRC-32 of the text
 *     text    UTF-8: a mark, and what the mark says
 *
 * The length has a check of its own, so that a record cut short can be told from a damaged one: only what a crash cut short was surely never
 * told to anybody.
 */
import { crc32 } from './crc.js'

/** What a record is: `h` head of the file, `s` start of a process, `e` its clean end, `p` key and value, `d` a key that is taken away. */
export type Mark = 'h' | 's' | 'e' | 'p' | 'd'

/** How a file ends: as it was written, within a record, or at bytes that are not what was written. */
export type Ending = 'whole' | 'torn' | 'damaged'

const headBytes = 12
const encoder = new TextEncoder()
const newline = 10

/** Records to be written. */
export class Records {
  private bytes = new Uint8Array(1_024)
  private view = new DataView(this.bytes.buffer)
  /** Bytes in all. */
  size = 0
  /** Records with a key and a value, and their bytes. */
  puts = 0
  putBytes = 0

  add(mark: Mark, text: string): this {
    const at = this.size
    this.fit(at + headBytes + 1 + 3 * text.length)
    const { bytes, view } = this
    const start = at + headBytes
    bytes[start] = mark.charCodeAt(0)
    const length = 1 + encoder.encodeInto(text, bytes.subarray(start + 1)).written
    view.setUint32(at, length, true)
    view.setUint32(at + 4, crc32(bytes, at, at + 4), true)
    view.setUint32(at + 8, crc32(bytes, start, start + length), true)
    this.size = start + length
    return this
  }

  entry(key: string, value: string | null): this {
    const before = this.size
    this.add(value === null ? 'd' : 'p', value === null ? key : `${key}\n${value}`)
    if (value === null) return this
    this.puts += 1
    this.putBytes += this.size - before
    return this
  }

  /** The same once more, to be written elsewhere. */
  copy(): Records {
    const copy = new Records()
    copy.fit(this.size)
    copy.bytes.set(this.bytes.subarray(0, this.size))
    copy.size = this.size
    copy.puts = this.puts
    copy.putBytes = this.putBytes
    return copy
  }

  /** The bytes, which nobody writes into any more. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.size)
    this.bytes = new Uint8Array(1_024)
    this.view = new DataView(this.bytes.buffer)
    this.size = 0
    return taken
  }

  private fit(size: number): void {
    if (size <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(size, 2 * this.bytes.length))
    larger.set(this.bytes.subarray(0, this.size))
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}

/** Reads records, as far as they are whole. */
export class Scan {
  /** Where the next record begins: all before it is whole. */
  at = 0
  ending: Ending = 'whole'
  private readonly view: DataView
  /** The same bytes, of which texts are made without a copy of them. */
  private readonly buffer: Buffer
  private length = 0

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Goes to the next record and tells its mark; null at the end, of which `ending` then tells. */
  next(): string | null {
    const { bytes, view, at } = this
    const left = bytes.length - at
    if (left === 0) return null
    if (left < headBytes) return this.end('torn')
    const length = view.getUint32(at, true)
    if (view.getUint32(at + 4, true) !== crc32(bytes, at, at + 4)) return this.end(this.isBlank(at) ? 'torn' : 'damaged')
    if (length > left - headBytes) return this.end('torn')
    const start = at + headBytes
    if (length === 0 || view.getUint32(at + 8, true) !== crc32(bytes, start, start + length)) return this.end('damaged')
    this.length = length
    this.at = start + length
    return String.fromCharCode(bytes[start] as number)
  }

  /** The text of the record that `next` went to, without its mark. */
  get text(): string {
    return this.buffer.toString('utf8', this.at - this.length + 1, this.at)
  }

  /** Whether that record has a key, as one with a mark `p` must. */
  get hasKey(): boolean {
    const at = this.bytes.indexOf(newline, this.at - this.length + 1)
    return at >= 0 && at < this.at
  }

  /** Bytes of that record. */
  get size(): number {
    return headBytes + this.length
  }

  private end(ending: Ending): null {
    this.ending = ending
    return null
  }

  /** What the system never wrote, though the file had been made longer, reads as zeros. */
  private isBlank(from: number): boolean {
    return this.bytes.subarray(from).every((byte) => byte === 0)
  }
}

/** Tells the entries of whole records, in order; null for what is taken away. */
export function tell(bytes: Uint8Array, each: (key: string, value: string | null) => void): void {
  const scan = new Scan(bytes)
  for (let mark = scan.next(); mark !== null; mark = scan.next()) {
    if (mark === 'd') each(scan.text, null)
    else if (mark === 'p') each(...(readEntry(scan.text) as [string, string]))
  }
}

/** Key and value of a record `p`; null if there is no key. */
export function readEntry(text: string): [key: string, value: string] | null {
  const mark = text.indexOf('\n')
  return mark < 0 ? null : [text.slice(0, mark), text.slice(mark + 1)]
}
