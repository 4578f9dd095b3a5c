/**
 * Changes on their way into one frame, as columns: one message for each author and kind, in order of seq.
 */
import type { Kind } from '../kinds/kind.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Expire } from '../log/expire.js'
import type { Changes } from '../wire/message.js'

/** How an author is written in this session: by number, with its id the first time. */
export type Introduce = (author: Author) => number | [number, string]

/** Some changes, and the `arrival` of each when it was put in. */
type Group = { author: Author; kind: Kind; changes: Change[]; arrivals: number[] }

/** Bytes around one change in its columns: a step of seq, quotes, commas. */
const aroundBytes = 12

/** Bytes around the columns of one author and kind. */
const aroundMessageBytes = 60

export class Batch {
  /** How many changes are in. */
  size = 0
  private bytes = 0
  private readonly groups: Group[] = []
  private last: Group | null = null

  constructor(
    private readonly kindOf: (kind: string) => Kind,
    private readonly limits: { batchBytes: number; batchMessages: number }
  ) {}

  /** Whether the frame is large enough to be sent. */
  get full(): boolean {
    return this.bytes >= this.limits.batchBytes || this.groups.length >= this.limits.batchMessages
  }

  add(change: Change): void {
    const group = this.groupOf(change)
    group.changes.push(change)
    group.arrivals.push(change.arrival)
    this.size += 1
    this.bytes += aroundBytes + change.name.text.length + change.part.length + group.kind.bytes(change.body)
  }

  /** The authors of the changes, each once for each of its kinds. */
  get authors(): Author[] {
    return this.groups.map((group) => group.author)
  }

  /** Whether all changes are still what they were when they were put in, and `test` likes them. */
  every(test: (change: Change) => boolean): boolean {
    return this.groups.every(({ changes, arrivals }) => changes.every((change, i) => change.arrival === arrivals[i] && test(change)))
  }

  /** The messages. A change that was put in twice, asked for and due anyway, is in them once. */
  messages(introduce: Introduce): Changes[] {
    const messages: Changes[] = []
    this.size = 0
    for (const group of this.groups) {
      for (const changes of rising(group.changes)) {
        messages.push(columns(group, changes, introduce))
        this.size += changes.length
      }
    }
    return messages
  }

  private groupOf(change: Change): Group {
    const { author, name } = change
    if (this.last !== null && this.last.author === author && this.last.kind.kind === name.kind) return this.last
    let group = this.groups.find((other) => other.author === author && other.kind.kind === name.kind)
    if (group === undefined) {
      group = { author, kind: this.kindOf(name.kind), changes: [], arrivals: [] }
      this.groups.push(group)
      this.bytes += aroundMessageBytes + author.id.length + name.kind.length
    }
    this.last = group
    return group
  }
}

function columns({ author, kind }: Group, changes: Change[], introduce: Introduce): Changes {
  const message: Changes = { s: introduce(author), k: kind.kind, q: [], n: [], c: [] }
  const parts = changes.some((change) => change.part !== '')
  const expires = changes.some((change) => change.expire !== null || change.name.term !== null)
  if (parts) message.p = changes.map((change) => change.part)
  if (expires) message.e = changes.map(expireOf)
  let before = 0
  for (const change of changes) {
    message.q.push(change.seq - before)
    message.n.push(change.name.text)
    message.c.push(kind.pack === undefined ? kind.give(change.body, change.part) : kind.pack(change.body))
    before = change.seq
  }
  return message
}

/** Who gets this cell alone must not think that its name ends earlier than we know, or never. */
function expireOf({ expire, name }: Change): Expire | [Expire, number] {
  const known = name.term?.expire ?? null
  return known === null || known === expire ? expire : [expire, known]
}

/** By seq, each once; in several lists where a forged change has the seq of a true one. */
function rising(changes: Change[]): Change[][] {
  const seqOf = (i: number): number => (changes[i] as Change).seq
  if (changes.every((_, i) => i === 0 || seqOf(i - 1) < seqOf(i))) return [changes]
  const lists: Change[][] = []
  let [before, alike] = [0, 0]
  for (const change of [...new Set(changes)].sort((a, b) => a.seq - b.seq)) {
    alike = change.seq === before ? alike + 1 : 0
    before = change.seq
    const list = lists[alike]
    if (list === undefined) lists.push([change])
    else list.push(change)
  }
  return lists
}
