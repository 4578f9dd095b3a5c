/**
 * What a host was, from its journal: its cells, what it held of each author, when names end, and whether its life goes on.
 */
import { GossipError, shown } from '../errors.js'
import { eventKind } from '../kinds/event.js'
import { isLife } from '../log/author.js'
import type { Author } from '../log/author.js'
import type { Change } from '../log/change.js'
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import type { Gossip } from './gossip.js'
import type { Journal } from './journal.js'
import { isMark } from './marks.js'
import { cellKey, heldKey, nameKey } from './news.js'
import type { Rebirth } from './rebirth.js'

/** How the places of events begin. */
const eventPrefix = JSON.stringify([eventKind]).slice(0, -1)

/** What comes after the cells: it is of use only when all of them are there. */
type Rest = {
  life: string | null
  from: Seq | null
  names: Map<string, string>
  held: Map<string, string>
  was: Map<string, string>
  events: Map<string, string>
  marks: Map<string, string>
}

/**
 * Fills a gossip, which is empty, with what a journal holds. If all that its host may have told is there, its life goes on; else it stays the
 * new one that it is, and what it was before is another author's. Tells the keys of what need not be kept any longer; null if the journal is to
 * be written anew, since it lost what it says is there.
 *
 * @throws GossipError `ERR_JOURNAL` if the journal is another host's, or holds what this store cannot.
 */
export function remember(gossip: Gossip, journal: Journal, rebirth: (from: Seq) => Rebirth): string[] | null {
  const rest: Rest = { life: null, from: null, names: new Map(), held: new Map(), was: new Map(), events: new Map(), marks: new Map() }
  journal.load((key, value) => read(gossip, rest, key, value))
  restoreEvents(gossip, rest.events)
  const noted = rest.life === null || journal.doubt !== null ? null : gossip.log.meet(`${gossip.own.host}~${rest.life}`)
  const lost = noted !== null && isShort(noted, rest.held.get(noted.id))
  const stale: string[] = []
  for (const [key, value] of rest.names) {
    const [kind, text] = JSON.parse(key) as [string, string]
    // Of events nothing is left to rest.
    if (kind === eventKind && gossip.log.find(kind, text) === undefined) stale.push(nameKey(kind, text))
    else {
      const end = JSON.parse(value) as Expire | [Expire]
      gossip.remind(gossip.kind(kind), text, Array.isArray(end) ? end[0] : end, Array.isArray(end))
    }
  }
  stale.push(...spare(gossip))
  const before = lost ? null : noted
  stale.push(...gossip.topics.marks.recall(rest.marks, before?.life ?? gossip.own.life))
  for (const id of rest.held.keys()) if (gossip.log.author(id) === undefined) stale.push(heldKey(id))
  for (const author of [...gossip.log.everyAuthor()]) if (author !== gossip.own) hold(gossip, author, rest, journal.damaged || lost)
  if (before === null) return lost ? null : stale
  // Seqs that were given, and are not here, were told to nobody.
  before.held.raise(before.held.seen)
  gossip.expiry.keep(before)
  gossip.become(before)
  gossip.topics.resume()
  gossip.rebirth = rebirth(rest.from ?? before.held.have)
  for (const [key, value] of rest.was) recallWas(gossip, gossip.rebirth, key, value)
  return stale
}

function read(gossip: Gossip, rest: Rest, key: string, value: string | null): void {
  const [mark, rule] = [key[0], key.slice(1)]
  if (mark === 'c' && rule.startsWith(eventPrefix)) put(rest.events, rule, value)
  else if (mark === 'c') cell(gossip, rule, value)
  else if (mark === 'n') put(rest.names, rule, value)
  else if (mark === 'h') put(rest.held, rule, value)
  else if (mark === 'w') put(rest.was, rule, value)
  else if (isMark(key)) put(rest.marks, key, value)
  else if (mark === 'o' && value !== null) own(gossip, rest, value)
}

/** Events in the order in which they arrived: by that it is known which are the oldest. New ones come after all that were. */
function restoreEvents(gossip: Gossip, events: ReadonlyMap<string, string>): void {
  const arrived = [...events].map(([key, value]) => ({ key, value, at: (JSON.parse(value) as [Seq, Expire, unknown, number])[3] }))
  arrived.sort((a, b) => a.at - b.at)
  gossip.log.end = Math.max(gossip.log.end, arrived.at(-1)?.at ?? 0)
  for (const { key, value } of arrived) cell(gossip, key, value)
}

/** A crash may have come between a change and what it made needless. */
function spare(gossip: Gossip): string[] {
  const needless: Change[] = []
  for (const kindName of gossip.log.everyKind()) {
    const kind = gossip.kind(kindName)
    if (kind.spares === undefined) continue
    const cells = [...(gossip.log.names(kindName)?.values() ?? [])].flatMap((name) => [...name.cells()])
    for (const change of cells) if (change.live) for (const one of kind.spares(change)) {
      needless.push(one)
      gossip.drop(one)
    }
  }
  return needless.map(cellKey)
}

/** Whether cells of ours are lost, or how far we were. What an earlier version wrote notes no number, and neither does a batch that was cut short. */
function isShort({ series }: Author, noted: string | undefined): boolean {
  if (noted === undefined) return true
  const [, , cells] = JSON.parse(noted) as [Seq, [Seq, Seq][], number?]
  return cells !== undefined && cells !== series.size
}

function put(map: Map<string, string>, key: string, value: string | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}

function own(gossip: Gossip, rest: Rest, value: string): void {
  const [host, life, from] = JSON.parse(value) as [string, string, Seq | null]
  rest.life = isLife(life) ? life : null
  rest.from = from
  if (host === gossip.own.host) return
  throw new GossipError('ERR_JOURNAL', `the journal is that of the host ${shown(host)}, and this is "${gossip.own.host}"; it was left as it is.`)
}

function cell(gossip: Gossip, key: string, value: string | null): void {
  const [kindName, text, part, id] = JSON.parse(key) as [string, string, string, string]
  const { log } = gossip
  const author = log.meet(id)
  if (author === null) throw unfit(kindName, text)
  const old = log.find(kindName, text)?.find(author, part)
  if (value === null) {
    if (old !== undefined) gossip.drop(old)
    return
  }
  const [seq, expire, body] = JSON.parse(value) as [Seq, Expire, unknown]
  const kind = gossip.kind(kindName)
  const kept = kind.take(body, part)
  if (kept === undefined) throw unfit(kindName, text)
  gossip.restore(author, seq, kind, text, part, expire, kept)
}

/** A change that is here is held, whatever was noted of it. Where the journal is damaged nothing else is known to be. */
function hold(gossip: Gossip, author: Author, { held }: Rest, damaged: boolean): void {
  const { rangesMax } = gossip.limits
  const noted = held.get(author.id)
  if (noted !== undefined && !damaged) {
    const [have, ranges] = JSON.parse(noted) as [Seq, [Seq, Seq][]]
    author.held.raise(have)
    author.held.seen = ranges.at(-1)?.[1] ?? have
    for (const [from, to] of ranges) author.held.take(from, to, rangesMax)
  }
  if (!damaged) author.series.after(0, ({ seq }) => {
    author.held.note(seq, rangesMax)
    return true
  })
  gossip.log.touch(author)
  if (author.series.size === 0) gossip.expiry.miss(author)
}

/** What a cell of ours held, when the life that goes on was last confirmed. */
function recallWas(gossip: Gossip, rebirth: Rebirth, key: string, value: string): void {
  const [kindName, text, part] = JSON.parse(key) as [string, string, string]
  const change = gossip.log.find(kindName, text)?.find(gossip.own, part)
  const [seq, expire, body] = JSON.parse(value) as [Seq, Expire, unknown]
  const kept = gossip.kind(kindName).take(body, part)
  if (change !== undefined && kept !== undefined) rebirth.was.set(change, { seq, expire, body: kept })
}

function unfit(kind: string, text: string): GossipError {
  return new GossipError('ERR_JOURNAL', `the journal holds ${kind} ${shown(text)} as this store cannot hold it: its limits, or its numbers, are not those with which it was written; nothing was changed.`)
}
