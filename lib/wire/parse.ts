/**
 * The one door for foreign data: a frame comes in as anything, and goes on as checked messages or as a coded error.
 *
 * Checked here is what the peer itself built: message shapes, columns of equal length, numbers that can be counted with. What is
 * inside one change (how long its name is, whether its kind takes its body) is its author's doing, and judged later: else one bad
 * change that an honest relay passed on would cut two honest hosts apart.
 */
import { GossipError, shown } from '../errors.js'
import { isNestedBeyond } from '../json.js'
import type { Json } from '../json.js'
import { codeDigits, keysMax, nonceDigits, tokenBytesMax, uriBytesMax, urisMax } from '../limits.js'
import type { Limits } from '../limits.js'
import { isHost, isLife } from '../log/author.js'
import type { Expire } from '../log/expire.js'
import type { Seq } from '../log/held.js'
import { areDigits, depthOf } from '../log/digits.js'
import { exceeds } from '../log/text.js'

/** What is stated of one author. */
export type Stated = { key: string; have: Seq; dots: [Seq, Seq][] }

/** As the authors said, and the greatest known where any sender knew a greater. */
export type Expires = { said: Expire[]; known: Expire[] | null }

/** A message that was checked. */
export type Parsed =
  | { type: 'hello'; version: number; host: string; life: string; net: string | null; digest: string; features: ReadonlySet<string>; nonce: string | null }
  | { type: 'proof'; proofs: string[] }
  | {
      type: 'have'; stated: Stated[]; sent: number; refused: ReadonlyMap<string, number> | null
      claim: 'all' | 'these' | null; partial: boolean; more: boolean
    }
  | {
      type: 'change'; number: number; id: string | null; kind: string; seqs: number[]; names: string[]
      parts: string[] | null; expires: Expires | null; bodies: unknown[]
    }
  | { type: 'ping'; sentAt: number; echo: number; held: number; sum: { from: number; text: string; bodies: string | null } | null }
  | { type: 'ask'; stated: Stated[]; names: [kind: string, name: string][] }
  | { type: 'packet'; packet: Json }
  | { type: 'bye'; code: string; leave: boolean }
  | { type: 'link'; choice: number; keeps: boolean; uris: string[] }
  | ParsedAudit
  | { type: 'unknown' }

type Fields = Record<string, unknown>

/** Texts by their addresses. */
type Addressed = [address: string, text: string][]

/** A word of an audit. */
export type ParsedAudit = {
  type: 'audit'; from: number; salt: number; bodies: boolean
  nodes: Addressed; lists: Addressed; wanted: Addressed
  spans: { spanMs: number; from: number; to: number; sums: Map<number, string> } | null
  found: number | null; serve: 'all' | 'ends' | null
  asked: { name: string; kinds: string[] } | null
  held: string | null
}

/**
 * The messages of one frame.
 *
 * @throws GossipError `ERR_FRAME` for what is no frame, `ERR_SIZE` for one with more messages than `messagesMax`, or a packet of more levels than `depthMax`.
 */
export function parse(frame: unknown, limits: Limits): Parsed[] {
  if (!Array.isArray(frame)) return [parseMessage(frame, limits)]
  if (frame.length > limits.messagesMax) {
    throw new GossipError('ERR_SIZE', `a frame held ${frame.length} messages, more than messagesMax ${limits.messagesMax}; none was taken.`)
  }
  return frame.map((message) => parseMessage(message, limits))
}

function parseMessage(message: unknown, limits: Limits): Parsed {
  if (!isFields(message)) throw bad('a message was no object')
  if ('v' in message) return parseHello(message)
  if ('a' in message) return parseHave(message)
  if ('c' in message) return parseChange(message)
  if ('t' in message) return parsePing(message)
  if ('m' in message) return parsePacket(message, limits)
  if ('w' in message) return parseAsk(message)
  if ('b' in message) return parseBye(message)
  if ('l' in message) return parseLink(message)
  if ('g' in message) return parseAudit(message, limits)
  if ('proof' in message) return parseProof(message)
  return { type: 'unknown' }
}

function parseHello({ v, h, i, net, x, f, nonce }: Fields): Parsed {
  if (!isCount(v) || v < 1) throw new GossipError('ERR_VERSION', `the peer speaks version ${shown(v)}, we speak 1; the session ended, nothing was told.`)
  if (!isHost(h)) throw bad('a hello without a proper host')
  if (!isLife(i)) throw bad('a hello without a proper life')
  if (!isToken(x)) throw bad('a hello without a proper digest')
  if (net !== undefined && !isToken(net)) throw bad('a hello with an improper net')
  const features = f === undefined ? [] : f
  if (!Array.isArray(features) || features.length > 64 || !features.every(isToken)) throw bad('a hello with improper features')
  if (nonce !== undefined && !isHex(nonce, nonceDigits)) throw bad('a hello with an improper nonce')
  return { type: 'hello', version: v, host: h, life: i, net: net ?? null, digest: x, features: new Set(features), nonce: nonce ?? null }
}

/** Whoever it is for may write it again, and writing recurses. */
function parsePacket({ m }: Fields, { depthMax }: Limits): Parsed {
  if (!isNestedBeyond(m, depthMax)) return { type: 'packet', packet: m as Json }
  throw new GossipError('ERR_SIZE', `a packet was nested deeper than depthMax ${depthMax} levels; it was not taken.`)
}

function parseProof({ proof }: Fields): Parsed {
  const isProper = Array.isArray(proof) && proof.length > 0 && proof.length <= keysMax && proof.every((code) => isHex(code, codeDigits))
  if (!isProper) throw bad('an improper proof')
  return { type: 'proof', proofs: proof }
}

function parseHave({ a, d, u = 0, r, y, p, o }: Fields): Parsed {
  if (!isCount(u)) throw bad('a have whose count is none')
  if (y !== undefined && y !== true && y !== 'these') throw bad('a have with an improper claim')
  return {
    type: 'have', stated: parseStated(a, d), sent: u, refused: r === undefined ? null : parseRefused(r),
    claim: y === undefined ? null : y === true ? 'all' : 'these', partial: p === true && y === undefined, more: o === true
  }
}

function parseStated(a: unknown, d: unknown): Stated[] {
  if (!isFields(a) || (d !== undefined && !isFields(d))) throw bad('a vector that is no object')
  const stated: Stated[] = []
  for (const [key, have] of Object.entries(a)) {
    if (!isCount(have)) throw bad('a vector with an improper seq')
    const dots = d !== undefined && Object.hasOwn(d, key) ? parseRanges(d[key], have) : []
    stated.push({ key, have, dots })
  }
  return stated
}

function parseRanges(ranges: unknown, have: Seq): [Seq, Seq][] {
  if (!Array.isArray(ranges)) throw bad('ranges that are no array')
  let below = have
  for (const range of ranges as unknown[]) {
    if (!Array.isArray(range) || range.length !== 2) throw bad('a range that is no pair')
    const [from, to] = range as unknown[]
    if (!isCount(from) || !isCount(to) || from <= below || to < from) throw bad('ranges out of order')
    below = to
  }
  return ranges as [Seq, Seq][]
}

function parseRefused(r: unknown): Map<string, number> {
  if (!isFields(r)) throw bad('refusals that are no object')
  const refused = new Map<string, number>()
  for (const [code, count] of Object.entries(r)) {
    if (!isToken(code) || !isCount(count) || refused.size === 64) throw bad('improper refusals')
    refused.set(code, count)
  }
  return refused
}

function parseChange({ s, k, q, n, p, e, c }: Fields): Parsed {
  const pair = Array.isArray(s) ? (s as unknown[]) : null
  const number = pair === null ? s : pair[0]
  const id = pair === null ? null : pair[1]
  if (!isCount(number) || (pair !== null && (pair.length !== 2 || typeof id !== 'string'))) throw bad('changes of no author')
  if (!isToken(k)) throw bad('changes of no kind')
  if (!Array.isArray(q) || !Array.isArray(n) || !Array.isArray(c)) throw bad('changes without their columns')
  if (q.length === 0 || n.length !== q.length || c.length !== q.length) throw bad('columns of unequal length')
  if (!areSteps(q)) throw bad('seqs that do not rise')
  if (!areStrings(n)) throw bad('a name that is no string')
  return {
    type: 'change', number, id: id as string | null, kind: k, seqs: q as number[], names: n as string[], parts: parseParts(p, q.length),
    expires: parseExpires(e, q.length), bodies: c
  }
}

function parseParts(p: unknown, length: number): string[] | null {
  if (p === undefined) return null
  if (!Array.isArray(p) || p.length !== length || !areStrings(p)) throw bad('improper parts')
  return p as string[]
}

function parseExpires(e: unknown, length: number): Expires | null {
  if (e === undefined) return null
  if (!Array.isArray(e) || e.length !== length) throw bad('improper expires')
  if (e.every(isExpire)) return { said: e, known: null }
  const pairs = e.map((entry: unknown) => (Array.isArray(entry) ? (entry as unknown[]) : [entry, null]))
  if (!pairs.every((pair) => pair.length === 2 && pair.every(isExpire))) throw bad('improper expires')
  return { said: pairs.map(([said]) => said as Expire), known: pairs.map(([, known]) => known as Expire) }
}

function parsePing({ t, g }: Fields): Parsed {
  if (!Array.isArray(t) || t.length !== 3 || !t.every((ms) => Number.isFinite(ms) && Math.abs(ms as number) <= Number.MAX_SAFE_INTEGER)) {
    throw bad('a ping without its times')
  }
  const [sentAt, echo, held] = t as [number, number, number]
  return { type: 'ping', sentAt, echo, held, sum: parseSum(g) }
}

/** What is no sum may be what a later version says there. */
function parseSum(g: unknown): { from: number; text: string; bodies: string | null } | null {
  if (!Array.isArray(g) || g.length < 2) return null
  const [from, text, bodies] = g as unknown[]
  return isCount(from) && isToken(text) ? { from, text, bodies: isHex(bodies, laneDigits) ? bodies : null } : null
}

function parseAudit({ g, o, n, e, p, q, d, x, r, h }: Fields, { auditEntriesMax }: Limits): Parsed {
  if (!Array.isArray(g) || g.length !== 2 || !g.every(isCount)) throw bad('a word of an audit without its moment')
  if (d !== undefined && !isCount(d)) throw bad('a word of an audit with an improper count')
  if (h !== undefined && !isToken(h)) throw bad('an improper proof')
  const [from, salt] = g as [number, number]
  const entries = [n, p, q, Array.isArray(e) ? e[3] : undefined].reduce((sum: number, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
  if (entries > auditEntriesMax) {
    throw new GossipError('ERR_SIZE', `a word of an audit held ${entries} entries, more than auditEntriesMax ${auditEntriesMax}; the session ended.`)
  }
  return {
    type: 'audit', from, salt, bodies: o === 1, nodes: parseNodes(n), lists: parsePlaces(p, 3), wanted: parsePlaces(q, 0),
    spans: e === undefined ? null : parseSpans(e), found: d ?? null, serve: x === 'all' || x === 'ends' ? x : null,
    asked: r === undefined ? null : parseAsked(r), held: h ?? null
  }
}

/** Hexadecimal digits of a lane of 32 bits. */
const laneDigits = 8

const addressPattern = /^(?:[0-9]{1,16}\.)?[A-Za-z0-9_-]{0,4}$/

/** Sums of the parts of addresses: five digits or dots for each of 64. */
function parseNodes(n: unknown): Addressed {
  const nodes = parseAddressed(n)
  if (!nodes.every(([, sums]) => /^(?:[A-Za-z0-9_-]{5}|\.{5}){64}$/.test(sums))) throw bad('a word of an audit with improper sums')
  return nodes
}

/** Places at addresses: what is left of the five digits of each, and `more`. */
function parsePlaces(list: unknown, more: number): Addressed {
  const entries = parseAddressed(list)
  const areProper = ([address, places]: [string, string]): boolean => areDigits(places) && places.length % (5 - depthOf(address) + more) === 0
  if (!entries.every(areProper)) throw bad('a word of an audit with improper places')
  return entries
}

function parseAddressed(list: unknown): Addressed {
  if (list === undefined) return []
  if (!Array.isArray(list)) throw bad('a word of an audit with improper entries')
  for (const entry of list as unknown[]) {
    if (!Array.isArray(entry) || entry.length !== 2 || !areStrings(entry) || !addressPattern.test(entry[0] as string)) throw bad('a word of an audit with an improper entry')
  }
  return list as Addressed
}

function parseSpans(e: unknown): ParsedAudit['spans'] {
  if (!Array.isArray(e) || e.length !== 4) throw bad('improper spans')
  const [spanMs, from, to, list] = e as unknown[]
  if (!isCount(spanMs) || !isCount(from) || !isCount(to) || !Array.isArray(list)) throw bad('improper spans')
  const sums = new Map<number, string>()
  for (const entry of list as unknown[]) {
    const [index, sum] = Array.isArray(entry) && entry.length === 2 ? (entry as unknown[]) : []
    if (!isCount(index) || typeof sum !== 'string' || !/^(?:[A-Za-z0-9_-]{5}|\.{5})$/.test(sum)) throw bad('improper spans')
    sums.set(index, sum)
  }
  return { spanMs, from, to, sums }
}

function parseAsked(r: unknown): { name: string; kinds: string[] } {
  if (!Array.isArray(r) || r.length !== 2) throw bad('an improper question for a proof')
  const [name, kinds] = r as unknown[]
  if (typeof name !== 'string' || !Array.isArray(kinds) || kinds.length > 64 || !kinds.every(isToken)) throw bad('an improper question for a proof')
  return { name, kinds }
}

function parseAsk({ w, d, n }: Fields): Parsed {
  const names = n === undefined ? [] : n
  if (!Array.isArray(names)) throw bad('an ask with improper names')
  for (const name of names as unknown[]) {
    if (!Array.isArray(name) || name.length !== 2 || !areStrings(name)) throw bad('an ask with improper names')
  }
  return { type: 'ask', stated: parseStated(w, d), names: names as [string, string][] }
}

function parseBye({ b, leave }: Fields): Parsed {
  if (!isToken(b)) throw bad('a bye without its code')
  return { type: 'bye', code: b, leave: leave === true }
}

function parseLink({ l, keep, uris = [] }: Fields): Parsed {
  if (!isCount(l)) throw bad('a word about the link without its count')
  if (!Array.isArray(uris) || uris.length > urisMax || !uris.every(isUri)) throw bad('a word about the link with improper addresses')
  return { type: 'link', choice: l, keeps: keep === true, uris }
}

function areSteps(q: unknown[]): boolean {
  let seq = 0
  for (const step of q) {
    if (!isCount(step) || step < 1) return false
    seq += step
  }
  return Number.isSafeInteger(seq)
}

function areStrings(column: unknown[]): boolean {
  for (const item of column) if (typeof item !== 'string') return false
  return true
}

function isExpire(e: unknown): e is Expire {
  return e === null || isCount(e)
}

function isCount(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) >= 0
}

function isToken(text: unknown): text is string {
  return typeof text === 'string' && text.length > 0 && !exceeds(text, tokenBytesMax)
}

function isHex(text: unknown, digits: number): text is string {
  return typeof text === 'string' && text.length === digits && /^[0-9a-f]*$/.test(text)
}

function isUri(text: unknown): text is string {
  return typeof text === 'string' && text.length > 0 && !exceeds(text, uriBytesMax)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bad(what: string): GossipError {
  return new GossipError('ERR_FRAME', `the peer sent ${what}; the session ended, nothing of that frame was taken.`)
}
