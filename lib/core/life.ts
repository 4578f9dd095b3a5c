/**
 * A fresh mark for a start of a host: lives of one host must never be alike, whatever the clock does.
 */
import { GossipError } from '../errors.js'
import { chanceDigits, timeDigits } from '../gossip/age.js'
import type { HashKey } from '../log/hash.js'

/** Time, so that lives sort by age, then chance, so that two of one moment differ. */
export function lifeOf(now: number, random: () => number = unforeseen): string {
  if (!Number.isSafeInteger(Math.floor(now)) || now < 0) throw new GossipError('ERR_OPTION', `now() must give milliseconds since 1970, not ${String(now)}.`)
  const chance = Math.floor(random() * 36 ** chanceDigits)
  if (!Number.isSafeInteger(chance) || chance < 0) throw new GossipError('ERR_OPTION', 'random() must give a number at or above 0 and below 1.')
  return Math.floor(now).toString(36).padStart(timeDigits, '0') + chance.toString(36).padStart(chanceDigits, '0')
}

/** 64 bits that nobody else knows. */
export function unforeseenKey(): HashKey {
  return crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number]
}

/** The platform's good chance: two machines cloned from one image must not draw alike. */
export function unforeseen(): number {
  const [high, low] = unforeseenKey()
  return ((high >>> 6) * 0x8000000 + (low >>> 5)) / 2 ** 53
}

/** A random UUID (RFC 9562, version 4), for a host that nobody gave a name. */
export function uuidOf(random: () => number = unforeseen): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16))
  digits[12] = '4'
  digits[16] = (8 + Math.floor(random() * 4)).toString(16)
  return digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
