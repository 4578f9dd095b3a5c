/**
 * Whether our life goes on rightly: an old copy of the journal may have been put back, or two of them run.
 *
 * Until a peer has shown that it knows no more of our life than we do, what we write is told to nobody who says that it knows more, and what our
 * cells held before is remembered. When a change comes that our life gave and we do not know, a new life is begun: what was written since is
 * issued again under that, and taken back from the old one, whose true changes are then another author's. Once per start, so that a liar cannot
 * have us begin life after life.
 */
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import { latest } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import type { Gossip } from './gossip.js'

/** What a cell of ours held before. */
export type Was = { readonly seq: Seq; readonly expire: Expire; readonly body: unknown }

export class Rebirth {
  /** What our cells held when their first write since came, in order of these writes. */
  readonly was = new Map<Change, Was>()

  /** What others made needless that we wrote since: they may mean what our life gave as those seqs before. */
  private readonly rescued: Change[] = []

  constructor(
    /** What we gave up to this seq was ours before the first start that no peer confirmed. */
    readonly from: Seq,
    /** A life that never was. */
    private readonly life: () => string,
    /** Told when a new life has begun. */
    private readonly onBegin: (before: Author, now: Author) => void
  ) {}

  /** A cell of ours is about to be written to. */
  note(change: Change): void {
    const { seq, expire, body } = change
    if (seq <= this.from) this.was.set(change, { seq, expire, body })
  }

  /** Another's change makes one needless, of ours or not. */
  rescue(change: Change): void {
    if (change.seq > this.from) this.rescued.push(change)
  }

  /** Begins a new life. What is told of it waits for the journal, which is written anew as a whole. */
  begin(gossip: Gossip): void {
    const { log, own: before } = gossip
    const now = log.meet(`${before.host}~${this.life()}`) as Author
    const written = this.rescued.filter(({ author }) => author === before)
    before.series.after(this.from, (change) => written.push(change) > 0)
    written.sort((a, b) => a.seq - b.seq)
    gossip.rebirth = null
    gossip.own = now
    // Taken back first: what was written would make what is issued needless.
    const drafts = written.map((change) => this.draft(gossip, change))
    gossip.topics.renew(before, this.from, () => {
      for (const change of written) gossip.revert(change, this.was.get(change))
      for (const issue of drafts) issue(before.id)
    })
    before.held.forget()
    before.held.have = before.held.seen = this.from
    gossip.moved(before)
    gossip.recorder?.renew()
    this.onBegin(before, now)
  }

  /** What was written, to be issued again once it is taken back: its cell is another change by then, and its name may be gone. */
  private draft(gossip: Gossip, change: Change): (author: string) => void {
    const { name, part, expire, body } = change
    const kind = gossip.kind(name.kind)
    const was = this.was.get(change)?.body
    const known = name.term?.expire ?? null
    return (author) => {
      const again = kind.reissue?.(body, was, gossip.nextSeq, { author, upto: this.from }) ?? body
      const until = gossip.log.find(kind.kind, name.text) === name && name.size > 0 ? expire : latest(expire, known)
      if (kind.fleeting === true) gossip.topics.again(change, (number) => gossip.write(kind, name.text, number, until, again))
      else gossip.write(kind, name.text, part, until, again)
    }
  }
}
