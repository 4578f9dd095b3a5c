/**
 * When an author began, as far as its life tells: ours begin with the moment, in nine digits of base 36.
 */
import type { Author } from '../log/author.js'

/** Digits of base 36 that hold milliseconds until the year 5188, and those of chance behind them: 46 bits. */
export const timeDigits = 9
export const chanceDigits = 9

/** In milliseconds since 1970 by the author's own clock; 0 for a life that tells nothing. */
export function startOf({ life }: Author): number {
  return life.length === timeDigits + chanceDigits ? parseInt(life.slice(0, timeDigits), 36) : 0
}
