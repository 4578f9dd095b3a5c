/**
 * What there is room for at a host: bounds of names and parts, of cells, of bytes in all and of one author, and of kinds that it does not know.
 */
import type { Kind } from '../kinds/kind.js'
import { spareFor, strangersEach } from '../limits.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Name } from '../log/name.js'
import { bytesOf, exceeds, isWellFormed } from '../log/text.js'
import type { Gossip } from './gossip.js'
import { growth, Load, weightOf } from './load.js'
import { Pool } from './pool.js'
import type { Refusal, RefusalCode } from './refusals.js'

/** What a cell costs beside its strings, counted against `unknownBytesMax`. */
const cellBytes = 200

/** A bound that a change can be one too many for. */
export type RoomBound = 'cellsMax' | 'bytesMax' | 'authorBytesMax'

export class Room {
  /** What peers make us remember of authors of whom we hold nothing. */
  readonly strangers: Pool
  /** What all that is held takes. */
  readonly load = new Load()
  /** Moves when there is room again for what was refused. */
  moves = 0
  private unknownBytes = 0

  constructor(private readonly gossip: Gossip) {
    this.strangers = new Pool(gossip.limits.strangersMax, strangersEach)
  }

  /**
   * The bound that a cell would pass with a body in the place of what it holds, if any. What only takes something away may pass each by an eighth,
   * as it makes room; what takes no more than was there passes none.
   */
  passed(kind: Kind, author: Author, text: string, part: string, kept: unknown, old: Change | undefined): RoomBound | null {
    const { load, gossip: { log, limits } } = this
    const more = growth(kind, text, part, old?.body, kept)
    if (more <= 0) return null
    const spare = kind.removes?.(kept) === true ? spareFor : none
    if (old === undefined && log.size >= limits.cellsMax + spare(limits.cellsMax)) return 'cellsMax'
    if (load.bytes + more > limits.bytesMax + spare(limits.bytesMax)) return 'bytesMax'
    return load.of(author) + more > limits.authorBytesMax + spare(limits.authorBytesMax) ? 'authorBytesMax' : null
  }

  /** Why a name and a part are none, if so. */
  misfit(text: string, part: string): RefusalCode | null {
    const { nameBytesMax, partBytesMax } = this.gossip.limits
    if (text === '' || exceeds(text, nameBytesMax) || !isWellFormed(text)) return 'name'
    return exceeds(part, partBytesMax) || !isWellFormed(part) ? 'part' : null
  }

  /** Why a change that its kind takes is not kept, if so; one that is kept is counted. */
  refusal(kind: Kind, author: Author, text: string, part: string, kept: unknown, name: Name | undefined, old: Change | undefined): RefusalCode | null {
    const { recorder, expiry, clock } = this.gossip
    if (recorder?.failure != null) return 'disk'
    const aheadMs = kind.aheadMs?.(kept, clock()) ?? 0
    if (aheadMs > 0) {
      expiry.retry(clock() + aheadMs)
      return 'skew'
    }
    const passed = this.passed(kind, author, text, part, kept, old)
    if (passed !== null) return passed === 'authorBytesMax' ? 'share' : 'room'
    if (old === undefined && kind.crowds?.(name, part, kept) === true) return 'elements'
    return this.take(kind, text, part, old?.body, kept) ? null : 'unknown'
  }

  /** Whether a change that was refused has come to be held some other way. */
  holds(id: string, { seq, kind, text, part, until }: Refusal): boolean {
    const { log, expiry } = this.gossip
    const author = log.author(id)
    if (author?.held.covers(seq) === true) return true
    const name = log.find(kind, text)
    if (expiry.isPast(name, until)) return true
    const successor = author === undefined ? undefined : name?.find(author, part)
    return successor !== undefined && successor.seq >= seq
  }

  /** Counts what a cell holds in the place of what it held, bounds or not: it was kept before. */
  restore(kind: Kind, text: string, part: string, before: unknown, kept: unknown): void {
    if (!this.gossip.knowsKind(kind.kind)) this.unknownBytes = this.bytesWith(kind, text, part, before, kept)
  }

  /** A change has come into its cell, in the place of what that held before, if anything. */
  enter(kind: Kind, { author, name, part, body }: Change, before: unknown): void {
    const more = growth(kind, name.text, part, before, body)
    this.load.add(author, more)
    if (more < 0) this.moves += 1
  }

  /** A cell was let go of. */
  release(kind: Kind, change: Change): void {
    const { author, name, part, body } = change
    this.load.add(author, -weightOf(kind, change))
    this.rest(name)
    if (!this.gossip.knowsKind(kind.kind)) this.unknownBytes = this.bytesWith(kind, name.text, part, body, undefined)
  }

  /** Nothing of a name is held any longer, if so. */
  rest(name: Name): void {
    if (this.rests(name)) this.load.rest(name.text)
  }

  /** What is known of a name's end is forgotten, and it may be made anew. */
  rouse(name: Name): void {
    if (this.rests(name)) this.load.rouse(name.text)
  }

  /** Whether nothing of a name is held but that it has ended. Those of events go at once. */
  rests({ kind, size, term }: Name): boolean {
    return size === 0 && term !== null && this.gossip.kind(kind).fleeting !== true
  }

  /** Whether a change of a kind that we do not know still fits; if so it is counted, and what it supersedes no more. */
  private take(kind: Kind, text: string, part: string, before: unknown, kept: unknown): boolean {
    if (this.gossip.knowsKind(kind.kind)) return true
    const bytes = this.bytesWith(kind, text, part, before, kept)
    if (bytes > this.gossip.limits.unknownBytesMax) return false
    if (bytes < this.unknownBytes) this.moves += 1
    this.unknownBytes = bytes
    return true
  }

  /** The bytes of unknown kinds once a cell holds one body in the place of another; undefined is none. */
  private bytesWith(kind: Kind, text: string, part: string, before: unknown, after: unknown): number {
    const weigh = (body: unknown): number => (body === undefined ? 0 : cellBytes + kind.kind.length + bytesOf(text) + bytesOf(part) + kind.bytes(body))
    return this.unknownBytes - weigh(before) + weigh(after)
  }
}

function none(): number {
  return 0
}
