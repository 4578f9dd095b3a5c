/**
 * HMAC with SHA-256 (RFC 2104, FIPS 198-1): what only somebody can make of some bytes who knows a key.
 */
import { sha256, sha256Bytes } from './sha256.js'

/** Bytes of a block of SHA-256. */
const blockBytes = 64

/** The code of some bytes under a key, as 64 hexadecimal digits. */
export function hmac(key: Uint8Array, bytes: Uint8Array): string {
  const block = new Uint8Array(blockBytes)
  block.set(key.length > blockBytes ? sha256Bytes(key) : key)
  const inner = sha256Bytes(joined(block.map((byte) => byte ^ 0x36), bytes))
  return sha256(joined(block.map((byte) => byte ^ 0x5c), inner))
}

/** Whether two codes are alike. Every character is looked at: how long it takes does not tell where they part. */
export function isSameCode(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i += 1) difference |= a.charCodeAt(i % Math.max(1, a.length)) ^ b.charCodeAt(i)
  return difference === 0
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
