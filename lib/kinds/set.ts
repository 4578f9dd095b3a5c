/**
 * Sets of strings: an add survives a remove that had not seen it (an observed-remove set, Shapiro et al. 2011; without tombstones for
 * what was removed as a whole, after Bieniusa et al. 2012).
 *
 * An element `e` has one cell an author, at part `=e`, of body `[added, removed]`: the seq at which the author added it, 0 if its add no
 * longer stands, and up to which seq of every other author it removed it. The empty part is for `clear()`: `[0, have, seen]`, all that
 * was held of each author then, and the adds seen above that. An element is in when somebody's `added` is above all that was removed.
 */
import type { Json } from '../json.js'
import { spareFor } from '../limits.js'
import { readAuthor } from '../log/author.js'
import type { Change } from '../log/change.js'
import { latest } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import type { Name } from '../log/name.js'
import { byBytes, bytesOf } from '../log/text.js'
import { hashOf, hashOfNumber, hashOfPair } from './body.js'
import type { Kind } from './kind.js'

/** Up to which seq of each author, by its id. */
export type Upto = ReadonlyMap<string, Seq>

/** What one author says of an element, or of all; one that only added is kept as the bare seq. */
export class Removal {
  constructor(
    readonly added: Seq,
    readonly removed: Upto,
    /** Of a clear: the adds above `removed` that were seen, by author. */
    readonly seen: ReadonlyMap<string, readonly Seq[]>
  ) {}
}

const nothing = new Map<string, never>()

/** Of what was removed, where nothing was. */
const hashOfNone = hashOf({})

/** The cell of a clear. */
export const clearPart = ''

export function partOf(element: string): string {
  return `=${element}`
}

export class SetKind implements Kind {
  readonly kind = 'set'
  readonly empty = 0

  constructor(private readonly limits: { removedBytesMax: number; elementsMax: number }) {}

  take(body: unknown, part: string): unknown {
    if (!Array.isArray(body)) return undefined
    const [added, removed, seen] = body as unknown[]
    const clears = part === clearPart
    if (!clears && !part.startsWith('=')) return undefined
    if (body.length !== (clears ? 3 : 2) || !isSeq(added) || (clears && added !== 0)) return undefined
    const upto = readUpto(removed)
    const above = clears ? readSeen(seen) : nothing
    if (upto === null || above === null) return undefined
    const kept = keep(added, upto, above)
    return this.fits(kept) ? kept : undefined
  }

  give(kept: unknown, part: string): Json {
    const removed = Object.fromEntries(removedOf(kept))
    return part === clearPart ? [0, removed, Object.fromEntries(seenOf(kept))] : [addedOf(kept), removed]
  }

  /** Of one who only added, which most are. */
  hash(kept: unknown, part: string): number | undefined {
    return typeof kept === 'number' && part !== clearPart ? hashOfPair(hashOfNumber(kept), hashOfNone) : undefined
  }

  bytes(kept: unknown): number {
    return typeof kept === 'number' ? 26 : bytesOf(JSON.stringify([addedOf(kept), Object.fromEntries(removedOf(kept)), Object.fromEntries(seenOf(kept))]))
  }

  weight(kept: unknown): number {
    if (!(kept instanceof Removal)) return 0
    let bytes = 250
    for (const id of kept.removed.keys()) bytes += 64 + 2 * id.length
    for (const [id, seqs] of kept.seen) bytes += 128 + 2 * id.length + 16 * seqs.length
    return bytes
  }

  fits(kept: unknown): boolean {
    return typeof kept === 'number' || this.bytes(kept) <= this.limits.removedBytesMax
  }

  /** Whether a body only takes away: it makes room, and is let into a store that is full. */
  removes(kept: unknown): boolean {
    return addedOf(kept) === 0
  }

  /** An add is one at the new seq. What its author took away by writing over it, an add before, is removed by name. */
  reissue(kept: unknown, was: unknown, seq: Seq, { author, upto }: { author: string; upto: Seq }): unknown {
    const removed = new Map(removedOf(kept))
    removed.set(author, Math.min(upto, Math.max(removed.get(author) ?? 0, addedOf(kept) === addedOf(was) ? 0 : addedOf(was))))
    if (removed.get(author) === 0) removed.delete(author)
    const seen = new Map([...seenOf(kept)].map(([id, seqs]): [string, readonly Seq[]] => [id, id === author ? seqs.filter((one) => one <= upto) : seqs]))
    if (seen.get(author)?.length === 0) seen.delete(author)
    return keep(addedOf(kept) > upto ? seq : 0, removed, seen)
  }

  /** Whom a body names: only of one who is known can a clear say that all was seen. */
  mentions(kept: unknown): Iterable<string> {
    return removedOf(kept).keys()
  }

  /** What removes may pass the bound by an eighth, or a few: in a full set it makes room. A clear always may. */
  crowds(name: Name | undefined, part: string, kept: unknown): boolean {
    const { elementsMax } = this.limits
    const spare = addedOf(kept) > 0 ? 0 : spareFor(elementsMax)
    return name !== undefined && part !== clearPart && name.size >= elementsMax + spare
  }

  /**
   * What need not be kept: the cell of an author who removed nothing, and all of whose adds another removed; and what a clear says too.
   * Nothing else: were all cells dropped once their element is out, an old add that comes late would bring it back.
   */
  spares(change: Change): Change[] {
    const { name, part } = change
    const clears = cellsAt(name, clearPart)
    const outdoes = part === clearPart ? covers : removesAll
    const spares: Change[] = []
    const look = (cell: Change): void => {
      if (cell !== change && outdoes(change, cell)) spares.push(cell)
    }
    // What others say of each other was looked at when they came.
    if (part === clearPart) name.each(look)
    else name.eachAt(part, look)
    const outdone = part !== clearPart && cellsAt(name, part).some((other) => other !== change && removesAll(other, change))
    if (outdone || clears.some((clear) => covers(clear, change))) spares.push(change)
    return spares
  }

  has(name: Name, element: string): boolean {
    return this.standing(name, partOf(element)).length > 0
  }

  /** The elements that are in, as they came in here. */
  elements(name: Name): string[] {
    const cells = new Map<string, Change[]>()
    name.each((change) => {
      const known = cells.get(change.part)
      if (known === undefined) cells.set(change.part, [change])
      else known.push(change)
    })
    const clears = cells.get(clearPart) ?? []
    const adds = [...cells.values()].flatMap((same) => standingOf(same, clears)).sort((a, b) => a.arrival - b.arrival)
    return [...new Set(adds.map(({ part }) => part.slice(1)))]
  }

  /** The cells at a part whose adds stand. */
  standing(name: Name, part: string): Change[] {
    return standingOf(cellsAt(name, part), cellsAt(name, clearPart))
  }

  /** An add at `seq`, by an author whose cell holds `mine`. */
  add(mine: unknown, seq: Seq): unknown {
    return keep(seq, removedOf(mine), nothing)
  }

  /** A remove of `adds`, by the author `own` whose cell holds `mine`. */
  remove(mine: unknown, adds: readonly Change[], own: string): unknown {
    const removed = new Map(removedOf(mine))
    for (const { author, body } of adds) if (author.id !== own) raise(removed, author.id, addedOf(body))
    return keep(0, removed, nothing)
  }

  /** A remove of all that is held of a name; `have` tells up to where all of an author is held. */
  clear(name: Name, have: (author: string) => Seq): unknown {
    const removed = new Map<string, Seq>()
    const adds: [string, Seq][] = []
    name.each(({ author, part, body }) => {
      raise(removed, author.id, have(author.id))
      for (const [id, upto] of removedOf(body)) raise(removed, id, part === clearPart ? Math.max(upto, have(id)) : have(id))
      for (const [id, seqs] of seenOf(body)) for (const seq of seqs) adds.push([id, seq])
      if (addedOf(body) > 0) adds.push([author.id, addedOf(body)])
    })
    const seen = new Map<string, Seq[]>()
    for (const [id, seq] of adds) if (seq > (removed.get(id) ?? 0)) seen.set(id, [...(seen.get(id) ?? []), seq])
    for (const [id, seqs] of seen) seen.set(id, [...new Set(seqs)].sort((a, b) => a - b))
    return keep(0, removed, seen)
  }
}

/** The seq of an author's add that stands as far as the author itself knows; 0 for none. */
export function addedOf(kept: unknown): Seq {
  return kept instanceof Removal ? kept.added : typeof kept === 'number' ? kept : 0
}

function removedOf(kept: unknown): Upto {
  return kept instanceof Removal ? kept.removed : nothing
}

function seenOf(kept: unknown): Removal['seen'] {
  return kept instanceof Removal ? kept.seen : nothing
}

function keep(added: Seq, removed: Upto, seen: Removal['seen']): unknown {
  return removed.size === 0 && seen.size === 0 ? added : new Removal(added, removed, seen)
}

/** Of the cells of one element those whose adds stand. */
function standingOf(cells: readonly Change[], clears: readonly Change[]): Change[] {
  const adds = cells.filter(({ body }) => addedOf(body) > 0)
  const removers = adds.length === 0 ? [] : [...cells, ...clears].filter(({ body }) => body instanceof Removal)
  return adds.filter(({ author, body }) => !removers.some((by) => removes(by.body, author.id, addedOf(body))))
}

/** Whether a body removes an author's add at `seq`. */
function removes(by: unknown, author: string, seq: Seq): boolean {
  return (removedOf(by).get(author) ?? 0) >= seq || seenOf(by).get(author)?.includes(seq) === true
}

/** Whether a cell of the same element removed all the adds of one that removed nothing itself, and says as late an end. */
function removesAll(by: Change, cell: Change): boolean {
  return typeof cell.body === 'number' && (removedOf(by.body).get(cell.author.id) ?? 0) >= hiddenBy(cell) && lasts(by, cell.expire)
}

/** Up to where no add of a cell's author can come late and stand: the cell has taken their place. */
function hiddenBy({ body, seq }: Change): Seq {
  return addedOf(body) > 0 ? addedOf(body) : seq
}

/** Whether a clear says all that a cell says: its add, or all adds that it took the place of, what it removed, and as late an end. */
function covers(clear: Change, cell: Change): boolean {
  if (clear === cell || !lasts(clear, cell.expire) || !includes(clear, cell)) return false
  // Two clears that say the same: one of them is kept, everywhere the same one.
  return cell.part !== clearPart || !includes(cell, clear) || !lasts(cell, clear.expire) || byBytes(clear.author.id, cell.author.id) > 0
}

function includes(clear: Change, cell: Change): boolean {
  const { part, body } = cell
  const upto = removedOf(clear.body)
  if (part !== clearPart && (upto.get(cell.author.id) ?? 0) < hiddenBy(cell)) return false
  for (const [id, removed] of removedOf(body)) if ((upto.get(id) ?? 0) < removed) return false
  for (const [id, seqs] of seenOf(body)) if (!seqs.every((one) => removes(clear.body, id, one))) return false
  return true
}

function lasts(by: Change, expire: Change['expire']): boolean {
  return latest(by.expire, expire) === by.expire
}

function cellsAt(name: Name, part: string): Change[] {
  const cells: Change[] = []
  name.eachAt(part, (change) => cells.push(change))
  return cells
}

function raise(upto: Map<string, Seq>, id: string, seq: Seq): void {
  if (seq > (upto.get(id) ?? 0)) upto.set(id, seq)
}

function isSeq(value: unknown): value is Seq {
  return Number.isSafeInteger(value) && (value as Seq) >= 0
}

function readUpto(value: unknown): Upto | null {
  return readEntries(value, (seq) => (isSeq(seq) && seq > 0 ? seq : null))
}

function readSeen(value: unknown): Removal['seen'] | null {
  return readEntries(value, (seqs) => (Array.isArray(seqs) && seqs.length > 0 && areRising(seqs) ? seqs.slice() : null))
}

function areRising(seqs: unknown[]): seqs is Seq[] {
  return seqs.every((seq, i) => isSeq(seq) && seq > (i === 0 ? 0 : (seqs[i - 1] as Seq)))
}

function readEntries<Value>(value: unknown, read: (entry: unknown) => Value | null): Map<string, Value> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const entries = new Map<string, Value>()
  for (const [id, entry] of Object.entries(value)) {
    const known = readAuthor(id) === null ? null : read(entry)
    if (known === null) return null
    entries.set(id, known)
  }
  return entries
}
