/**
 * What is said in a cell, as audits compare it: the body in its form on the wire, and the end that came with it.
 *
 * It is hashed without being written out, since that is done for each cell of a store that rests; and ordered by its text, since that is done for
 * two that differ, which hardly ever are.
 */
import type { Json } from '../json.js'
import type { Change } from '../log/change.js'
import { latest } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import { aboveOf, hashFrom, scrambled } from '../log/lanes.js'
import { byBytes, bytesOf } from '../log/text.js'
import type { Kind } from './kind.js'

const emptyHash = 0x6e756c6c
const [falseHash, trueHash] = [0x66616c73, 0x74727565]
const [numberSeed, textSeed, listSeed, keySeed, objectSeed] = [0x6e756d62, 0x74657874, 0x6c697374, 0x6b657973, 0x6f626a65]

const float = new Float64Array(1)
const halves = new DataView(float.buffer)

/** A hash of JSON: the same for the same value, in whatever order the keys of objects come. */
export function hashOf(value: Json): number {
  if (typeof value === 'number') return hashOfNumber(value)
  if (typeof value === 'string') return hashFrom(textSeed, value)
  if (value === null) return emptyHash
  if (typeof value === 'boolean') return value ? trueHash : falseHash
  if (Array.isArray(value)) {
    let hash = listSeed ^ value.length
    for (const item of value as readonly Json[]) hash = after(hash, hashOf(item))
    return hash
  }
  let sum = objectSeed
  for (const [key, item] of Object.entries(value as Record<string, Json>)) sum = (sum + after(hashFrom(keySeed, key), hashOf(item))) | 0
  return scrambled(sum)
}

/** The hash of a list of two, by theirs. */
export function hashOfPair(first: number, second: number): number {
  return after(after(listSeed ^ 2, first), second)
}

/** The hash of what is said in a cell. */
export function hashSaid(kind: Kind, { body, part, expire }: Change): number {
  const hash = kind.hash?.(body, part) ?? hashOf(kind.give(body, part))
  return expire === null ? hash : after(hash, hashOfNumber(expire))
}

/** A value as JSON text that is the same wherever the value is: without spaces, the keys of objects in the order of their bytes. */
export function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join()}]`
  const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => byBytes(a, b))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`
}

/** What is said in a cell, as its kind keeps it. */
export type Said = { expire: Expire; body: unknown }

/**
 * Which of two that were said of one cell under one seq is the greater: above zero if the first is, zero if they are the same. A later end is
 * greater; of the same end the body is whose JSON, with sorted keys, is longer, or else later in the order of bytes: so more digits are more.
 */
export function compared(kind: Kind, part: string, a: Said, b: Said): number {
  if (a.expire !== b.expire) return latest(a.expire, b.expire) === a.expire ? 1 : -1
  const [one, other] = [a, b].map(({ body }) => canonical(kind.give(body, part))) as [string, string]
  // Mostly they are: an audit brings again what stands beside what differs.
  if (one === other) return 0
  return bytesOf(one) - bytesOf(other) || byBytes(one, other)
}

/** The hash of a number. */
export function hashOfNumber(n: number): number {
  if (Number.isSafeInteger(n) && n >= 0) return scrambled(numberSeed ^ (n | 0) ^ aboveOf(n))
  float[0] = n + 0
  return scrambled(after(~numberSeed ^ halves.getInt32(0, true), halves.getInt32(4, true)))
}

/** A hash with one more put behind it. */
function after(hash: number, next: number): number {
  return scrambled((Math.imul(hash, 0x9e3779b1) + next) | 0)
}
