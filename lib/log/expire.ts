/**
 * Until when a name lives: the greatest `expire` that anybody said about it.
 *
 * A name about which nobody said anything lives for ever; so does one that somebody said never ends. Said is said: what was heard
 * of a name only ever rises.
 */

/** As an author said: milliseconds since 1970, 0 for never, null for nothing said. */
export type Expire = number | null

/** The greater of two: nothing said, then moments, then never. */
export function latest(a: Expire, b: Expire): Expire {
  if (a === null || b === null) return a ?? b
  return a === 0 || b === 0 ? 0 : Math.max(a, b)
}

/** The moment itself; `Infinity` where there is none. */
export function momentOf(expire: Expire): number {
  return expire === null || expire === 0 ? Infinity : expire
}

/** As users see it. */
export function shownExpire(expire: Expire): number | 'never' | null {
  return expire === 0 ? 'never' : expire
}
