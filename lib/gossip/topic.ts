/**
 * The events of one topic that a host keeps: the newest, and all that a healthy peer was not served yet.
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Seq } from '../log/held.js'

/** How far readers were told an author's events: the number of the last, null where it is not known which that is, and its seq. */
export type Mark = { readonly number: number | null; readonly seq: Seq }

/** Told of an event that was let go of although somebody who is away had not got it. */
export type Lost = (event: Change) => void

export class Topic {
  /** How many events are kept beyond those that some connected, not silent peer was not served yet. */
  max: number
  /** How many events are held. */
  kept = 0
  /** The number of our own latest event. */
  number = 0
  /** Up to which number our own events were let go of. */
  gone = 0
  /** Whether somebody reads it in this process. */
  read = false
  /** When its first reader began, in this process or in one that a journal remembers; null if there was none. Whether a peer was met since. */
  since: number | null = null
  met = false
  /** Whether a journal tells how far it was heard. */
  remembered = false
  /** How far readers were told, by the ids of authors. */
  readonly heard = new Map<string, Mark>()
  /** Up to where, in order of arrival, nothing is left of this topic. */
  from = 0
  /** How many events some healthy peer was not served, as last counted; and whether that is to be counted anew. */
  owed = 0
  stale = true
  /** Up to which seq of each author events were let go of: those that come again are not taken in again. */
  readonly spent = new Map<Author, Seq>()
  /** The seq of each author's latest event. */
  readonly latest = new Map<Author, Seq>()
  /** Latest events of their authors that are kept although their turn was over: by them others see what they missed. */
  readonly passed = new Map<Author, Change>()
  /** Who is told of events that are let go of: of all, and of those that somebody lacks. */
  readonly onDrop = new Set<Lost>()
  readonly onLoss = new Set<Lost>()

  constructor(
    /** Null for all topics that nobody reads here. */
    readonly name: string | null,
    max: number
  ) {
    this.max = max
  }

  /** How many events are kept that count against `max`. */
  get counted(): number {
    return this.kept - this.passed.size
  }

  forget(author: Author): void {
    this.spent.delete(author)
    this.latest.delete(author)
    this.passed.delete(author)
  }
}
