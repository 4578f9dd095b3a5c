/**
 * All sessions of a host over one log: who learns what from whom.
 *
 * Every change comes in by one of two doors, `write` (ours) or `learn` (a peer's), and goes out through every session but the one
 * that brought it. Nothing here does IO, waits, or looks at a clock: changes are pushed in, frames are pulled out.
 */
import type { Kind } from '../kinds/kind.js'
import { UnknownKind } from '../kinds/unknown.js'
import type { Limits } from '../limits.js'
import type { Author } from '../log/author.js'
import type { Change, Expire } from '../log/change.js'
import type { Seq } from '../log/held.js'
import { Log } from '../log/log.js'
import { bytesOf, exceeds } from '../log/text.js'
import type { Changes } from '../wire/message.js'
import type { Batch } from './batch.js'
import { digestOf } from './digest.js'
import type { RefusalCode } from './refusals.js'
import type { Session } from './session.js'

/** What became of a change that a peer sent. */
export type Outcome = 'kept' | 'duplicate' | RefusalCode

/** Who is told what happens. None of these may throw. */
export interface Observer {
  /** A change was kept: ours if `from` is null. */
  change(change: Change, from: Session | null): void
  connect(session: Session): void
  /** First claims have gone both ways. */
  sync(session: Session): void
  disconnect(session: Session, error: Error | null): void
  /** Changes were refused: by us, or by the peer. */
  refused(session: Session, code: string, count: number, by: 'us' | 'peer'): void
  /** A peer sent a change of our own life that we never made. */
  impostor(session: Session, author: string, seq: Seq): void
  /** What a peer says it holds moved. */
  acknowledge(session: Session): void
  /** Something moved on which coherence depends. */
  review(): void
  /** A mistake of our own: it ended one session, and must not go unheard. */
  fault(error: unknown): void
}

/** A frame that several sessions at the same position may send. */
export type Shared = { from: number; to: number; frame: Changes[]; batch: Batch }

export type GossipOptions = {
  host: string
  life: string
  net: string | null
  limits: Limits
  kinds: readonly Kind[]
  observer: Observer
  /** Runs a function once, soon: sessions are woken once a turn, not once a change. */
  soon: (wake: () => void) => void
}

/** What a cell costs beside its strings, counted against `unknownBytesMax`. */
const cellBytes = 200

export class Gossip {
  readonly log = new Log()
  readonly own: Author
  readonly net: string | null
  readonly limits: Limits
  readonly observer: Observer
  readonly sessions = new Set<Session>()
  /** The last live frame that was built, for the next session at the same position. */
  shared: Shared | null = null
  /** Moves when there is room again for what was refused. */
  roomMoves = 0
  private readonly kinds = new Map<string, Kind>()
  private readonly soon: (wake: () => void) => void
  private stirred = false
  private digested: { text: string; moves: number } | null = null
  private unknownBytes = 0
  private sessionsMade = 0

  constructor({ host, life, net, limits, kinds, observer, soon }: GossipOptions) {
    this.own = this.log.meet(`${host}~${life}`) as Author
    this.net = net
    this.limits = limits
    this.observer = observer
    this.soon = soon
    for (const kind of kinds) this.kinds.set(kind.kind, kind)
  }

  /** The kind of that name; one that is not known here is kept as it comes. */
  kind(name: string): Kind {
    return this.kinds.get(name) ?? new UnknownKind(name, this.limits.bodyBytesMax)
  }

  /** A change of our own: it is kept, and owed to every peer. */
  write(kind: Kind, text: string, part: string, expire: Expire, body: unknown): Change {
    const { log, own } = this
    const seq = own.held.have + 1
    const name = log.find(kind.kind, text) ?? log.create(kind.kind, text)
    const change = log.put(own, seq, name, part, expire, body, 0, name.find(own, part))
    this.note(own, seq)
    this.observer.change(change, null)
    return change
  }

  /** One change from one peer: keep it if it is new, owe it to everyone else, tell the readers. */
  learn(author: Author, seq: Seq, kind: Kind, text: string, part: string, expire: Expire, body: unknown, from: Session): Outcome {
    const { log } = this
    const misfit = this.misfit(text, part)
    if (misfit !== null) return misfit
    if (author === this.own && seq > author.held.have) return 'impostor'
    const name = log.find(kind.kind, text)
    const old = name?.find(author, part)
    if (old !== undefined && old.seq >= seq) {
      this.note(author, seq)
      return 'duplicate'
    }
    const kept = kind.take(body)
    if (kept === undefined) return 'body'
    if (old === undefined && log.size >= this.limits.cellsMax) return 'room'
    if (!this.kinds.has(kind.kind) && !this.weigh(kind, text, part, kept, old)) return 'unknown'
    const change = log.put(author, seq, name ?? log.create(kind.kind, text), part, expire, kept, from.number, old)
    this.note(author, seq)
    this.observer.change(change, from)
    this.stir()
    return 'kept'
  }

  /** The digest of what is held now. */
  get digest(): string {
    if (this.digested?.moves !== this.log.moves) this.digested = { text: digestOf(this.log), moves: this.log.moves }
    return this.digested.text
  }

  /** What we hold of an author moved. */
  moved(author: Author): void {
    this.log.touch(author)
    this.stir()
  }

  /** Wakes every session, once this turn is over. */
  stir(): void {
    if (this.stirred) return
    this.stirred = true
    this.soon(() => {
      this.stirred = false
      for (const session of this.sessions) session.wake()
    })
  }

  /** There is room again: sessions that refused for want of it ask anew. */
  retry(): void {
    this.roomMoves += 1
    this.stir()
  }

  open(session: Session): number {
    this.sessions.add(session)
    this.sessionsMade += 1
    return this.sessionsMade
  }

  close(session: Session): void {
    this.sessions.delete(session)
  }

  /** Only now, when it is kept, is a change noted as held. */
  private note(author: Author, seq: Seq): void {
    if (author.held.note(seq, this.limits.rangesMax)) this.moved(author)
  }

  private misfit(text: string, part: string): RefusalCode | null {
    if (text === '' || exceeds(text, this.limits.nameBytesMax)) return 'name'
    return exceeds(part, this.limits.partBytesMax) ? 'part' : null
  }

  /** Whether a change of a kind that we do not know still fits; if so it is counted, and what it supersedes no more. */
  private weigh(kind: Kind, text: string, part: string, kept: unknown, old: Change | undefined): boolean {
    const fixed = cellBytes + kind.kind.length + bytesOf(text) + bytesOf(part)
    const before = old === undefined ? 0 : fixed + kind.bytes(old.body)
    const after = this.unknownBytes - before + fixed + kind.bytes(kept)
    if (after > this.limits.unknownBytesMax) return false
    if (after < this.unknownBytes) this.roomMoves += 1
    this.unknownBytes = after
    return true
  }
}
