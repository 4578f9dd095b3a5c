/**
 * Frames as bytes and back: JSON, and two newlines after each.
 *
 * The bytes are those of pull-json-doubleline, so either end may use it. Ours takes bytes cut anywhere, bounds a frame before it
 * is parsed, passes aborts upstream, and says what went wrong by code. Every byte is looked at once and copied at most a few times,
 * however small the pieces it comes in. A frame is encoded once, however many sessions send it: it must not be changed after that.
 */
import { GossipError } from '../errors.js'
import { withLimits } from '../limits.js'
import type { Through } from '../pull.js'
import { isDeeper } from './depth.js'
import { none, through, type Step } from './through.js'

/** What a parser may be told. */
export interface ParseOptions {
  /** Bytes of one frame, its two newlines not counted; 1 MiB unless told. */
  frameBytesMax?: number
  /** Levels of arrays and objects in a frame; 32,768 unless told. */
  frameDepthMax?: number
}

/** A pair of throughs: frames to bytes, and bytes to frames. */
export interface Codec {
  /** Makes a through that ends with `ERR_FRAME`, `ERR_SIZE` or `ERR_CUT` at the first thing that is no frame. */
  parse(options?: ParseOptions): Through<Uint8Array | string, unknown>
  /** Makes a through that ends with `ERR_FRAME` at the first thing that JSON cannot carry. */
  stringify(): Through<unknown, Uint8Array>
}

/** The codec every session begins with. */
export const doubleline: Codec = {
  parse(options = {}) {
    const { frameBytesMax, frameDepthMax } = withLimits(options)
    return (read) => through(read, new Parser(frameBytesMax, frameDepthMax))
  },
  stringify() {
    return (read) => through(read, new Stringifier())
  }
}

/** Bytes of a frame that was parsed or stringified here, its two newlines not counted. */
export function sizeOf(frame: object): number | undefined {
  const bytes = encoded.get(frame)
  return bytes ? bytes.length - 2 : sizes.get(frame)
}

const newline = 10
const blank = /^[ \t\r\n]*$/
const nothing = new Uint8Array(0)
const encoder = new TextEncoder()
// A byte order mark is not JSON: ignoring "ignore" keeps it, so that it is refused and not dropped.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoded = new WeakMap<object, Uint8Array>()
const sizes = new WeakMap<object, number>()

class Stringifier implements Step<unknown, Uint8Array> {
  private bytes: Uint8Array | typeof none = none

  put(frame: unknown): void {
    this.bytes = encode(frame)
  }

  take(): Uint8Array | typeof none {
    const bytes = this.bytes
    this.bytes = none
    return bytes
  }

  close(): void {}
}

function encode(frame: unknown): Uint8Array {
  const key = typeof frame === 'object' ? frame : null
  const known = key && encoded.get(key)
  if (known) return known
  const bytes = encoder.encode(textOf(frame) + '\n\n')
  if (key) encoded.set(key, bytes)
  return bytes
}

function textOf(frame: unknown): string {
  let cause: unknown
  try {
    const text = JSON.stringify(frame) as string | undefined
    if (text !== undefined) return text
  } catch (e) {
    cause = e
  }
  throw new GossipError('ERR_FRAME', `a frame of type ${typeof frame} cannot be written as JSON; nothing of it was sent.`, { cause })
}

/** Cuts bytes at two newlines. What is unfinished is held in one buffer, which doubles and never outgrows a frame. */
class Parser implements Step<Uint8Array | string, unknown> {
  private chunk: Uint8Array = nothing
  private at = 0
  private held: Uint8Array = nothing
  private heldBytes = 0
  private half = ''
  private last: unknown = none

  constructor(
    private readonly frameBytesMax: number,
    private readonly frameDepthMax: number
  ) {}

  put(chunk: Uint8Array | string): void {
    this.chunk = typeof chunk === 'string' ? this.bytesOf(chunk) : viewOf(chunk)
    this.at = 0
  }

  take(): unknown {
    if (this.last !== none) return this.takeLast()
    if (this.heldBytes === 0) this.skipNewlines()
    if (this.at === this.chunk.length) return none
    const { chunk, at, heldBytes } = this
    if (chunk[at] === newline && this.held[heldBytes - 1] === newline) {
      this.at += 1
      return this.takeHeld(heldBytes - 1)
    }
    const stop = seam(chunk, at)
    const whole = stop >= 0
    const rest = whole ? stop : chunk.length
    // The last newline of what is unfinished may be the first of the two that follow the frame.
    const open = !whole && chunk[rest - 1] === newline ? 1 : 0
    const bytes = heldBytes + rest - at - open
    if (bytes > this.frameBytesMax) throw this.oversize()
    this.at = whole ? stop + 2 : rest
    if (whole && heldBytes === 0) return this.decode(chunk.subarray(at, stop))
    this.hold(chunk.subarray(at, rest))
    if (whole) return this.takeHeld(bytes)
    // It may be a small view of something large.
    this.chunk = nothing
    this.at = 0
    return none
  }

  /** Takes a whole frame that lacks only its newlines, as the published module does. */
  close(): void {
    const bytes = this.held.subarray(0, this.heldBytes)
    try {
      if (this.half !== '') throw new TypeError('half a character')
      if (!blank.test(decoder.decode(bytes))) this.last = this.decode(bytes)
    } catch (cause) {
      throw new GossipError('ERR_CUT', `the stream ended ${bytes.length} bytes into a frame; all frames before it were taken.`, { cause })
    }
  }

  private takeLast(): unknown {
    const frame = this.last
    this.last = none
    return frame
  }

  private takeHeld(bytes: number): unknown {
    const frame = this.held.subarray(0, bytes)
    this.heldBytes = 0
    // A small buffer serves the next frame as well; a large one is not kept for every quiet peer.
    if (this.held.length > 4_096) this.held = nothing
    return this.decode(frame)
  }

  private decode(bytes: Uint8Array): unknown {
    if (!isDeeper(bytes, this.frameDepthMax)) return decode(bytes)
    throw new GossipError('ERR_SIZE', `a frame nested deeper than ${this.frameDepthMax} levels came in; it was not read. See limits.frameDepthMax.`)
  }

  private skipNewlines(): void {
    while (this.chunk[this.at] === newline) this.at += 1
  }

  private hold(bytes: Uint8Array): void {
    const needed = this.heldBytes + bytes.length
    if (needed > this.held.length) {
      const grown = new Uint8Array(Math.min(Math.max(needed, 2 * this.held.length, 256), this.frameBytesMax + 1))
      grown.set(this.held.subarray(0, this.heldBytes))
      this.held = grown
    }
    this.held.set(bytes, this.heldBytes)
    this.heldBytes = needed
  }

  /** Text may be cut between the two halves of a character, too. */
  private bytesOf(chunk: string): Uint8Array {
    const text = this.half + chunk
    const end = text.charCodeAt(text.length - 1)
    this.half = end >= 0xd800 && end <= 0xdbff ? text.slice(-1) : ''
    return encoder.encode(this.half ? text.slice(0, -1) : text)
  }

  private oversize(): GossipError {
    const max = this.frameBytesMax
    return new GossipError('ERR_SIZE', `a frame of more than ${max} bytes came in; it was not read. See limits.frameBytesMax.`)
  }
}

/** A Buffer stays one: Node finds a byte in it many times as fast. */
function viewOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (!ArrayBuffer.isView(chunk)) throw new GossipError('ERR_FRAME', `a parser was given ${typeof chunk}, which is neither bytes nor text.`)
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

function seam(bytes: Uint8Array, from: number): number {
  for (let i = bytes.indexOf(newline, from); i >= 0; i = bytes.indexOf(newline, i + 2)) {
    if (bytes[i + 1] === newline) return i
  }
  return -1
}

function decode(bytes: Uint8Array): unknown {
  try {
    const frame: unknown = JSON.parse(decoder.decode(bytes))
    if (typeof frame === 'object' && frame !== null) sizes.set(frame, bytes.length)
    return frame
  } catch (cause) {
    throw new GossipError('ERR_FRAME', `${bytes.length} bytes came in that are no JSON; all frames before them were taken.`, { cause })
  }
}
