/**
 * What is new for a journal beside what arrived, and under which keys things stand there.
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Term } from '../log/name.js'

/** What is new since the last batch, beside what arrived. */
export type News = {
  over: Change[]
  needless: Change[]
  names: Map<string, { kind: string; text: string }>
  forgotten: Set<string>
  /** What is to be written under a key, or null, as it is then. */
  notes: Map<string, () => string | null>
}

/** Nothing yet. */
export function fresh(): News {
  return { over: [], needless: [], names: new Map(), forgotten: new Set(), notes: new Map() }
}

/** What was not written, and what came since. */
export function joined(a: News, b: News): News {
  return {
    over: [...a.over, ...b.over], needless: [...a.needless, ...b.needless],
    names: new Map([...a.names, ...b.names]), forgotten: new Set([...a.forgotten, ...b.forgotten]),
    notes: new Map([...a.notes, ...b.notes])
  }
}

/** The keys of a cell, of what it held before, of a name's end, and of what is held of an author. */
export function cellKey({ author, part, name: { kind, text } }: Change): string {
  return `c${JSON.stringify([kind, text, part, author.id])}`
}

export function wasKey(change: Change): string {
  return `w${cellKey(change).slice(1)}`
}

export function nameKey(kind: string, text: string): string {
  return `n${JSON.stringify([kind, text])}`
}

export function heldKey(id: string): string {
  return `h${id}`
}

/** What is known of a name's end. */
export function endOf({ expire, ended }: Term): string {
  return JSON.stringify(ended ? [expire] : expire)
}

/** What is held of an author, as an entry; of ourselves also how many cells of ours a journal holds, if that is known. */
export function held({ id, held: { have }, held: all }: Author, cells?: number): [string, string] {
  return [heldKey(id), JSON.stringify(cells === undefined ? [have, all.ranges()] : [have, all.ranges(), cells])]
}
