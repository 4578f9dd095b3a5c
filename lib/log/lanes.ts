/**
 * Hashes of which sums of what is held are made: fast, known to everybody, and alike at every host.
 */
import type { Seq } from './held.js'

/** Two lanes of 32 bits. */
export type Sum = { low: number; high: number }

/** What places are hashed from. Everybody knows it: digests are compared. */
const placeSeed = 0x70756c6c

/** What the names of a kind are hashed from. */
export function seedOf(kind: string): number {
  return hashFrom(placeSeed, kind)
}

/** What an author counts as. */
export function lanesOf(id: string): Sum {
  const low = hashFrom(placeSeed, id)
  return { low, high: hashFrom(~low, id) }
}

/** A fast hash of a text, two of its UTF-16 units at a time. Whoever likes can make many meet: then more is compared, and nothing is missed. */
export function hashFrom(seed: number, text: string): number {
  let hash = seed ^ text.length
  const last = text.length - 1
  for (let i = 0; i < last; i += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  if ((last & 1) === 0) hash = Math.imul(hash ^ text.charCodeAt(last), 0x9e3779b1)
  return scrambled(hash)
}

/** A sum in 32 bits; which of 2^64 sums meet in that differs with the salt. */
export function shortened({ low, high }: Sum, salt: number): number {
  return scrambled(scrambled(low ^ salt) + high)
}

/** The lanes of what an author said at a place: each a hash of its own of all three. */
export function lowOf(place: number, { low }: Sum, seq: Seq): number {
  return scrambled(place ^ low ^ Math.imul(seq, 0x9e3779b1) ^ aboveOf(seq))
}

export function highOf(place: number, { high }: Sum, seq: Seq): number {
  return scrambled(Math.imul(place, 0x27d4eb2f) + (high ^ Math.imul(seq, 0x165667b1)) + aboveOf(seq))
}

/** The end of murmur3: each bit in moves half of those out. */
export function scrambled(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35)
  return y ^ (y >>> 16)
}

/** Of a whole number, what is beyond 32 bits. */
export function aboveOf(n: number): number {
  return n > 0xffffffff ? Math.imul(Math.floor(n / 0x100000000), 0x85ebca77) : 0
}
