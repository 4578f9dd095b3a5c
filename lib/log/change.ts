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

export class Change {
  /** Whether it is in its cell: it was not dropped. */
  live = true
  /** The next cell of the same name, while there are few of them. */
  next: Change | null = null

  constructor(
    readonly author: Author,
    public seq: Seq,
    readonly name: Name,
    readonly part: string,
    public expire: Expire,
    /** As its kind keeps it, which is not always as it travels. */
    public body: unknown,
    /** Its place in the order of arrival here: 1, 2, 3… */
    public arrival: number,
    public from: Origin
  ) {}
}
