/**
 * Who made a change: a host in one of its lives.
 *
 * Only that author ever writes under that name. A host that starts without memory of what it told others is a new author, so that
 * nothing it says now is taken for something it said before.
 */
import { hostBytesMax, lifeBytesMax } from '../limits.js'
import type { Due } from './deadlines.js'
import { Held } from './held.js'
import type { Seq } from './held.js'
import { lanesOf } from './lanes.js'
import type { Sum } from './lanes.js'
import { Series } from './order.js'
import { exceeds, isWellFormed } from './text.js'

export class Author implements Due, Sum {
  /** What this host holds of the author. */
  readonly held = new Held()
  /** The author's live changes by seq. */
  readonly series = new Series()
  /** The highest seq of an event that was let go of, and until when that is remembered; 0 if none was. */
  spent: Seq = 0
  spentUntil = 0
  /** What its cells take. */
  bytes = 0
  /** When `held` last moved, on the log's count of moves. */
  movedAt = 0
  /** Neighbours in the log's list of authors, latest moved first. */
  newer: Author | null = null
  older: Author | null = null
  /** When it is forgotten, if nothing of it is live then. */
  at = Infinity
  place = -1
  /** What it counts as in a digest. */
  readonly low: number
  readonly high: number

  constructor(
    /** `host~life` */
    readonly id: string,
    readonly host: string,
    readonly life: string,
    /** This store's own number for the author: 1, 2, 3… */
    readonly number: number
  ) {
    const { low, high } = lanesOf(id)
    this.low = low
    this.high = high
  }

  /** The author's highest live seq, 0 if nothing is live: no digest goes further. */
  get highest(): Seq {
    return this.series.last()?.seq ?? 0
  }

  /** How far vectors tell of the author: up to what is live, or was let go of lately. */
  get told(): Seq {
    return Math.max(this.highest, this.spent)
  }
}

const lifePattern = new RegExp(`^[0-9a-z]{1,${lifeBytesMax}}$`)
const controls = /[\u0000-\u001f\u007f-\u009f~]/

/** Whether a string can be a host: 1–64 bytes of UTF-8, no `~`, no control characters, no lone surrogates. */
export function isHost(host: unknown): host is string {
  return typeof host === 'string' && host.length > 0 && !exceeds(host, hostBytesMax) &&
    !controls.test(host) && isWellFormed(host)
}

/** Whether a string can be a life: 1–32 of `0-9a-z`. */
export function isLife(life: unknown): life is string {
  return typeof life === 'string' && lifePattern.test(life)
}

/** Host and life of an author's id, or null if it is none. */
export function readAuthor(id: string): { host: string; life: string } | null {
  const mark = id.indexOf('~')
  if (mark < 1) return null
  const host = id.slice(0, mark)
  const life = id.slice(mark + 1)
  return isHost(host) && isLife(life) ? { host, life } : null
}
