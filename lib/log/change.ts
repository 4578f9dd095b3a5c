/**
 * One fact by one author, and the place where it stands.
 *
 * A change is never altered: a newer one of the same cell takes its place, and it is no longer `live`. Every change has the same
 * shape, whatever its kind, and nothing is allocated beside it: a million of them must fit.
 */
import type { Author } from './author.js'
import type { Expire } from './expire.js'
import type { Seq } from './held.js'
import type { Name } from './name.js'

/** Where a change came from: 0 for our own writes, else the number of the session that brought it. */
export type Origin = number

export class Change {
  /** Whether it is in its cell: no later one is held there, and it was not dropped. */
  live = true
  /** The next cell of the same name, while there are few of them. */
  next: Change | null = null

  constructor(
    readonly author: Author,
    readonly seq: Seq,
    readonly name: Name,
    readonly part: string,
    readonly expire: Expire,
    /** As its kind keeps it, which is not always as it travels. */
    readonly body: unknown,
    /** Its place in the order of arrival here: 1, 2, 3… */
    readonly arrival: number,
    readonly from: Origin
  ) {}
}
