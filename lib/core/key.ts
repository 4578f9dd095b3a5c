/**
 * The key of a network, as users give it.
 */
import { GossipError } from '../errors.js'
import type { Lock } from '../gossip/handshake.js'
import { keyBytesMin, keysMax, nonceDigits } from '../limits.js'
import { unforeseen } from './life.js'

/** A secret of 16 bytes or more that nobody can guess: bytes, or text, which counts by its UTF-8. */
export type Key = string | Uint8Array

const encoder = new TextEncoder()

/** What a network is locked with by a key, or by two; null without one. Nothing of a key is ever told, not even here. */
export function lockOf(key: unknown, random: () => number = unforeseen): Lock | null {
  if (key === undefined) return null
  const given: unknown[] = Array.isArray(key) ? key : [key]
  const keys = given.map(bytesOf)
  if (keys.length === 0 || keys.length > keysMax || keys.some((one) => one === null || one.length < keyBytesMin)) {
    throw new GossipError('ERR_OPTION', `key must be a string or a Uint8Array of at least ${keyBytesMin} bytes, or an array of one or two of them.`)
  }
  const nonce = (): string => Array.from({ length: nonceDigits }, () => Math.floor(random() * 16).toString(16)).join('')
  return { keys: keys as Uint8Array[], nonce }
}

/** A copy: what its owner does to it later is no matter here. */
function bytesOf(key: unknown): Uint8Array | null {
  if (typeof key === 'string') return encoder.encode(key)
  return key instanceof Uint8Array ? key.slice() : null
}
