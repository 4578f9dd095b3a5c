/**
 * A fresh mark for a start of a host: lives of one host must never be alike, whatever the clock does.
 */
import { GossipError } from '../errors.js'

/** Digits of base 36 that hold milliseconds until the year 5188, and those of chance: 46 bits. */
const timeDigits = 9
const chanceDigits = 9

/** Time, so that lives sort by age, then chance, so that two of one moment differ. */
export function lifeOf(now: number, random: () => number = unforeseen): string {
  if (!Number.isSafeInteger(Math.floor(now)) || now < 0) throw new GossipError('ERR_OPTION', `now() must give milliseconds since 1970, not ${String(now)}.`)
  const chance = Math.floor(random() * 36 ** chanceDigits)
  if (!Number.isSafeInteger(chance) || chance < 0) throw new GossipError('ERR_OPTION', 'random() must give a number at or above 0 and below 1.')
  return Math.floor(now).toString(36).padStart(timeDigits, '0') + chance.toString(36).padStart(chanceDigits, '0')
}

/** The platform's good chance: two machines cloned from one image must not draw alike. */
function unforeseen(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number]
  return ((high >>> 6) * 0x8000000 + (low >>> 5)) / 2 ** 53
}
