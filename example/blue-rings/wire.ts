/**
 * What hosts of blue-rings say, in every version whose source is known: bytes to messages, messages to packets, packets to facts.
 *
 * Pure functions over bytes. The formats are those of its sources; no host of blue-rings could be run to compare with. All versions
 * frame by AMP: a byte `1 << 4 | count`, then that many arguments, each a length of four bytes and `s:` text or `j:` JSON. A ping is
 * the empty text; a frame without arguments, one byte long, is the keepalive of the later transport. Ends and totals are absolute.
 */
import type { Json } from '../../index.js'

/** What a ring counts in. Nothing on the wire says which: in text, a total of `integer` is of base 36, one of `bigint` of base 10. */
export type Counting = 'integer' | 'bigint'

/** One thing that a packet says of its name. */
export type Fact =
  | { kind: 'counter'; host: string; way: 'up' | 'down'; total: bigint } // what that host added, or took away, in all
  | { kind: 'ticket'; ticket: string; amount: bigint } // one increment, before 1.1
  | { kind: 'register'; value: Json; stamp: bigint } // nanoseconds since the writer's machine started; 0 if never written
  | { kind: 'set'; element: Element; removed: boolean }

/** An element of a set: a ring could not tell two objects apart, nor know one again. */
export type Element = string | number | boolean

export type Packet = {
  name: string
  /** Milliseconds since 1970; null where nothing was said. */
  expire: number | null
  facts: Fact[]
  /** What of it could not be read, as JSON. */
  unread: string[]
}

export type Message = {
  packets: Packet[]
  /** What was no packet. */
  unread: string[]
}

const decoder = new TextDecoder('utf-8', { fatal: true })
const digitsMax = 1_000

/** Cuts bytes into messages. What is unfinished is held, and joined once. */
export class Frames {
  private chunks: Uint8Array[] = []
  private bytes = 0
  private needed = 1
  private state: 'head' | 'length' | 'body' = 'head'
  private left = 0
  private isFirst = true

  constructor(private readonly messageBytesMax = 1 << 26) {}

  /** Whether bytes of an unfinished frame are held. */
  get open(): boolean {
    return this.bytes > 0 || this.state !== 'head'
  }

  /**
   * The messages that are whole now; bytes may be cut anywhere. Of several arguments only the first is a message, as it was there.
   *
   * Throws at bytes that are no AMP, after which nothing of this connection can be read.
   */
  put(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = []
    this.chunks.push(chunk)
    this.bytes += chunk.length
    while (this.bytes >= this.needed) this.step(this.take(this.needed), messages)
    return messages
  }

  private step(bytes: Uint8Array, messages: Uint8Array[]): void {
    if (this.state === 'head') return this.begin(bytes[0] ?? 0)
    if (this.state === 'length') {
      const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
      const { messageBytesMax } = this
      if (length > messageBytesMax) throw new Error(`a message of ${length} bytes was announced, more than ${messageBytesMax}`)
      return this.expect('body', length)
    }
    if (this.isFirst) messages.push(bytes)
    this.isFirst = false
    this.left -= 1
    if (this.left > 0) this.expect('length', 4)
    else this.expect('head', 1)
  }

  private begin(head: number): void {
    if (head >> 4 !== 1) throw new Error(`a frame begins with the byte ${head}, which is no AMP`)
    this.left = head & 15
    this.isFirst = true
    if (this.left > 0) this.expect('length', 4)
  }

  private expect(state: 'head' | 'length' | 'body', bytes: number): void {
    this.state = state
    this.needed = bytes
  }

  private take(length: number): Uint8Array {
    const whole = this.chunks.length === 1 ? this.chunks[0] : undefined
    const bytes = whole ?? Buffer.concat(this.chunks)
    this.bytes -= length
    this.chunks = this.bytes > 0 ? [bytes.subarray(length)] : []
    return bytes.subarray(0, length)
  }
}

/** What a message says. Never throws: what cannot be read is given back as such. */
export function readMessage(bytes: Uint8Array, counting: Counting): Message {
  const message: Message = { packets: [], unread: [] }
  const given = argumentOf(bytes)
  if (given === '') return message
  const packets: unknown[] = typeof given === 'object' && Array.isArray(given) ? given : [given]
  for (const json of packets) {
    const packet = packetOf(json, counting)
    if (packet === null) message.unread.push(shown(json))
    else message.packets.push(packet)
  }
  return message
}

/** Text or JSON; undefined for anything else. */
function argumentOf(bytes: Uint8Array): unknown {
  try {
    const text = decoder.decode(bytes)
    if (text.startsWith('s:')) return text.slice(2)
    return text.startsWith('j:') ? JSON.parse(text.slice(2)) : undefined
  } catch {
    return undefined
  }
}

function packetOf(json: unknown, counting: Counting): Packet | null {
  if (typeof json !== 'object' || json === null) return null
  const { n: name, e: expire = null, c: changes, t: tickets } = json as { n?: unknown; e?: unknown; c?: unknown; t?: unknown }
  if (typeof name !== 'string' || !(expire === null || typeof expire === 'number')) return null
  const said: unknown = changes === undefined ? tickets : changes
  if (!Array.isArray(said)) return null
  const packet: Packet = { name, expire, facts: [], unread: [] }
  for (const one of said as unknown[]) {
    const fact = changes === undefined ? ticketOf(one, counting) : changeOf(one, counting)
    if (fact === null) packet.unread.push(shown(one))
    else packet.facts.push(fact)
  }
  return packet
}

/** One increment of 1.0 and before: `"amount time host"`, then `[amount, "time host"]`, then `["time host", amount]`. */
function ticketOf(ticket: unknown, counting: Counting): Fact | null {
  const pair = typeof ticket === 'string' ? split(ticket) : ticket
  if (!Array.isArray(pair) || pair.length !== 2) return null
  const [first, last] = pair as unknown[]
  const isKeyed = typeof first === 'string' && first.includes(' ')
  const [key, amount] = isKeyed ? [first, last] : [last, first]
  const number = numberOf(amount, counting, 36)
  if (typeof key !== 'string' || number === null) return null
  // Where they were keyed, a second ticket of one key took the first one's place; elsewhere only what is alike in all was one.
  return { kind: 'ticket', ticket: isKeyed ? key : `${String(amount)} ${key}`, amount: number }
}

function split(ticket: string): [string, string] {
  const space = ticket.indexOf(' ')
  return [ticket.slice(0, Math.max(space, 0)), ticket.slice(space + 1)]
}

/**
 * One change, of 1.1 and later: `["+", host, total]` in 1.1, `["C", "+", host, total]` in 2.x, `[1, 1, host, total]` after that, and
 * `[1, [1, host, total]]` in 3.x.
 */
function changeOf(change: unknown, counting: Counting): Fact | null {
  if (!Array.isArray(change)) return null
  const [type, ...rest] = change as unknown[]
  if (type === '+' || type === '-') return counterOf(change as unknown[], counting, 36)
  const said: unknown[] = rest.length === 1 && Array.isArray(rest[0]) ? rest[0] : rest
  switch (type) {
    case 'C': return counterOf(said, counting, 36)
    case 1: return counterOf(said, counting, 10)
    case 'R':
    case 2: return registerOf(said)
    case 'S':
    case 3: return elementOf(said)
    default: return null
  }
}

function counterOf([sign, host, total, ...more]: unknown[], counting: Counting, base: 10 | 36): Fact | null {
  const way = wayOf(sign)
  const number = numberOf(total, counting, base)
  if (way === null || typeof host !== 'string' || number === null || number < 0n || more.length > 0) return null
  return { kind: 'counter', host, way, total: number }
}

function registerOf([value, stamp, ...more]: unknown[]): Fact | null {
  if (value === undefined || typeof stamp !== 'string' || !/^\d{1,40}$/.test(stamp) || more.length > 0) return null
  return { kind: 'register', value: value as Json, stamp: BigInt(stamp) }
}

function elementOf([sign, element, ...more]: unknown[]): Fact | null {
  const way = wayOf(sign)
  if (way === null || !isElement(element) || more.length > 0) return null
  return { kind: 'set', element, removed: way === 'down' }
}

function isElement(json: unknown): json is Element {
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean'
}

function wayOf(sign: unknown): 'up' | 'down' | null {
  if (sign === '+' || sign === 1) return 'up'
  return sign === '-' || sign === 2 ? 'down' : null
}

/** A whole number as that ring wrote it: `integer` as text of base 36, later as a JSON number; `bigint` as text of base 10. */
function numberOf(json: unknown, counting: Counting, base: 10 | 36): bigint | null {
  if (counting === 'bigint') return typeof json === 'string' && isDigits(json, /^-?[0-9]+$/) ? BigInt(json) : null
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : null
  return base === 36 && typeof json === 'string' && isDigits(json, /^-?[0-9a-z]+$/) ? ofBase36(json) : null
}

function isDigits(text: string, pattern: RegExp): boolean {
  return text.length <= digitsMax && pattern.test(text)
}

function ofBase36(text: string): bigint {
  let number = 0n
  for (const digit of text.replace('-', '')) number = number * 36n + BigInt(parseInt(digit, 36))
  return text.startsWith('-') ? -number : number
}

/** A value as people are shown it: short. */
function shown(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? 'what is neither text nor JSON'
    return text.length > 80 ? `${text.slice(0, 80)}…` : text
  } catch {
    return 'what is nested too deep'
  }
}
