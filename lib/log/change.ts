/**
 * One fact by one author, in the cell where it stands.
 *
 * A newer one of the same cell is written over it: a hot cell allocates nothing, and whoever keeps a change for later has to note its
 * `arrival` too, which tells whether it is still the same. Every change has the same shape, whatever its kind, and nothing is allocated
 * beside it: a million of them must fit.
 */
import type { Author } from './author.js'
import type { Expire } from './expire.js'
import type { Seq } from './held.js'
import type { Name } from './name.js'

/** Where a change came from: 0 for our own writes, else the number of the session that brought it. */
export type Origin = number

export type Change = {
  /** Whether it is in its cell: it was not dropped. */
  live: boolean
  /** The next cell of the same name, while there are few of them. */
  next: Change | null
  readonly author: Author
  seq: Seq
  readonly name: Name
  readonly part: string
  expire: Expire
  /** As its kind keeps it, which is not always as it travels. */
  body: unknown
  /** Its place in the order of arrival here: 1, 2, 3… */
  arrival: number
  from: Origin
}

/** A change in a cell of its own. V8 learns of a literal, not of a class, that what it makes lives long, and then moves it about less. */
export function changeOf(
  author: Author, seq: Seq, name: Name, part: string, expire: Expire, body: unknown, arrival: number, from: Origin
): Change {
  return { live: true, next: null, author, seq, name, part, expire, body, arrival, from }
}

/** Whether a thing is a change. */
export function isChange(thing: object): thing is Change {
  return 'arrival' in thing && 'seq' in thing && 'live' in thing
}
