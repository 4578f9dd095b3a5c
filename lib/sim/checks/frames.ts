/**
 * What is said in one direction of one connection, for those who look at the bytes: authors' numbers are theirs to remember.
 */
import type { Json } from '../../json.js'
import type { Changes, Frame, Message } from '../../wire/message.js'

/** A change as it travels. */
export type Carried = { author: string; seq: number; kind: string; name: string; part: string; expire: NonNullable<Changes['e']>[number]; body: Json }

const decoder = new TextDecoder()

/** The messages in one frame's bytes. */
export function messagesIn(bytes: Uint8Array): Message[] {
  const frame = JSON.parse(decoder.decode(bytes)) as Frame
  return Array.isArray(frame) ? frame : [frame]
}

/** Whom the speaker calls by which number. */
export class Hearing {
  private readonly numbers = new Map<string, string>()

  /** Notes whom a message introduces, and gives the changes it carries. */
  changes(message: Message): Carried[] {
    if ('a' in message) for (const key of Object.keys(message.a)) this.author(key)
    if (!('c' in message)) return []
    const { s, k, q, n, p, e, c } = message
    const author = this.author(Array.isArray(s) ? s.join('~') : String(s))
    let seq = 0
    return q.map((step, i) => {
      seq += step
      return { author, seq, kind: k, name: n[i] as string, part: p?.[i] ?? '', expire: e?.[i] ?? null, body: c[i] as Json }
    })
  }

  /** Who is meant by a key of a vector. */
  author(key: string): string {
    const [first, second, third] = key.split('~') as [string, string?, string?]
    if (second === undefined) return this.numbers.get(first) ?? ''
    if (third === undefined) return key
    this.numbers.set(first, `${second}~${third}`)
    return `${second}~${third}`
  }
}
