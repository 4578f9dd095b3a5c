/**
 * What there is room for at a host: bounds of names and parts, of cells, and of the bytes of kinds that it does not know.
 */
import type { Kind } from '../kinds/kind.js'
import { spareFor, strangersEach } from '../limits.js'
import type { Change } from '../log/change.js'
import type { Name } from '../log/name.js'
import { bytesOf, exceeds, isWellFormed } from '../log/text.js'
import type { Gossip } from './gossip.js'
import { Pool } from './pool.js'
import type { Refusal, RefusalCode } from './refusals.js'

/** What a cell costs beside its strings, counted against `unknownBytesMax`. */
const cellBytes = 200

export class Room {
  /** What peers make us remember of authors of whom we hold nothing. */
  readonly strangers: Pool
  /** Moves when there is room again for what was refused. */
  moves = 0
  private unknownBytes = 0

  constructor(private readonly gossip: Gossip) {
    this.strangers = new Pool(gossip.limits.strangersMax, strangersEach)
  }

  /** Whether there is room for a new cell; for one that only takes something away there is an eighth more, as it makes room. */
  fits(kind: Kind, kept: unknown): boolean {
    const { log, limits: { cellsMax } } = this.gossip
    return log.size < cellsMax || (kind.removes?.(kept) === true && log.size < cellsMax + spareFor(cellsMax))
  }

  /** Why a name and a part are none, if so. */
  misfit(text: string, part: string): RefusalCode | null {
    const { nameBytesMax, partBytesMax } = this.gossip.limits
    if (text === '' || exceeds(text, nameBytesMax) || !isWellFormed(text)) return 'name'
    return exceeds(part, partBytesMax) || !isWellFormed(part) ? 'part' : null
  }

  /** Why a change that its kind takes is not kept, if so; one that is kept is counted. */
  refusal(kind: Kind, text: string, part: string, kept: unknown, name: Name | undefined, old: Change | undefined): RefusalCode | null {
    const { recorder, expiry, clock } = this.gossip
    if (recorder?.failure != null) return 'disk'
    const aheadMs = kind.aheadMs?.(kept, clock()) ?? 0
    if (aheadMs > 0) {
      expiry.retry(clock() + aheadMs)
      return 'skew'
    }
    if (old === undefined && !this.fits(kind, kept)) return 'room'
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

  /** A cell is let go of. */
  release(kind: Kind, { name, part, body }: Change): void {
    if (!this.gossip.knowsKind(kind.kind)) this.unknownBytes = this.bytesWith(kind, name.text, part, body, undefined)
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
