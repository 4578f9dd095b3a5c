/**
 * How much memory what is held takes, in all and of each author: by rules rather than measured, so that what something was counted as is given
 * back exactly, in whatever order things come and go. The rules are upper bounds of what was measured for the kinds of ours, within a few bytes
 * in a hundred; most takes a good deal less. A kind that is not known and has but one cell takes more: those have a bound of their own.
 *
 * A counter's cell is counted alike whatever it holds, so that counting costs nothing here.
 */
import type { Kind } from '../kinds/kind.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'

/** A cell with a name of its own that ends; one that does not end takes some 250. */
const cellBytes = 400

/** A name that has ended, and of which nothing is left but when it may be made anew. */
const restBytes = 250

/** A character may take two bytes, and so all of its text does. */
const charBytes = 2

export class Load {
  /** What all takes. */
  bytes = 0

  /** The cells of an author take so much more, or less. */
  add(author: Author, bytes: number): void {
    this.bytes += bytes
    author.bytes += bytes
  }

  /** A name rests from now on. */
  rest(text: string): void {
    this.bytes += restOf(text)
  }

  /** One that rested does so no longer. */
  rouse(text: string): void {
    this.bytes -= restOf(text)
  }
}

/** What a cell takes. */
export function weightOf(kind: Kind, { name, part, body }: Change): number {
  return growth(kind, name.text, part, undefined, body)
}

/** How much more a cell takes once it holds one body in the place of another; undefined is none. */
export function growth(kind: Kind, text: string, part: string, before: unknown, after: unknown): number {
  if (before === undefined) return cellBytes + charBytes * (text.length + part.length) + kind.weight(after)
  return typeof before === 'number' && typeof after === 'number' ? 0 : kind.weight(after) - kind.weight(before)
}

/** What a name that rests takes. */
export function restOf(text: string): number {
  return restBytes + charBytes * text.length
}
