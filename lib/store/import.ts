/**
 * Takes in the lines of an export, or of several, one change a line.
 *
 * Each is judged by its cell, as what a peer sends is: what is superseded here is a duplicate, what breaks a bound is refused. Nothing is concluded
 * but what a line says, so that a line may be missing, come twice, or be damaged; and the same export may be read again, from its beginning or from
 * a line on.
 */
import { GossipError, shown } from '../errors.js'
import type { Gossip, Outcome } from '../gossip/gossip.js'
import type { RefusalCode } from '../gossip/refusals.js'
import { eventKind } from '../kinds/event.js'
import { tokenBytesMax } from '../limits.js'
import { readAuthor } from '../log/author.js'
import type { Expire } from '../log/expire.js'
import { exceeds } from '../log/text.js'
import type { Source } from '../pull.js'
import { isDeeper } from '../wire/depth.js'
import { exportVersion } from './export.js'

/** Where lines come from, in pieces of any size: a pull-stream source, or what can be iterated, as Node's readable streams can. */
export type TextSource = Source<string | Uint8Array> | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/** Why a line was not taken in: as changes are refused, or since it is no change. */
export type LineCode = RefusalCode | 'line'

export type Imported = {
  /** Lines read, from which `after` goes on. */
  lines: number
  /** Changes that were new, that were superseded or here already, and that came after the end of their names. */
  kept: number
  duplicates: number
  past: number
  /** How many lines were refused, by code. */
  refused: Partial<Record<LineCode, number>>
}

export type ImportOptions = {
  /** So many lines are passed over, but for the first: the `lines` of an import that stopped. */
  after?: number | undefined
  /** Told after every piece of a thousand lines. */
  onProgress?: ((imported: Imported) => void) | undefined
  /** Told of each line that is refused. */
  onRefused?: ((refused: { line: number; code: LineCode }) => void) | undefined
}

/** Lines between which others have their turn. */
const linesMax = 1_000

type Line = { author: string; seq: number; kind: string; name: string; part: string; expire: Expire; known: Expire; body: unknown }

export class Import {
  private readonly imported: Imported = { lines: 0, kept: 0, duplicates: 0, past: 0, refused: {} }
  private readonly after: number
  private readonly encoder = new TextEncoder()
  private rest = ''
  /** Whether the line that has begun is too long. */
  private long = false

  constructor(private readonly gossip: Gossip, private readonly options: ImportOptions, private readonly pause: () => Promise<void>) {
    const { after = 0 } = options
    if (!Number.isSafeInteger(after) || after < 0) throw new GossipError('ERR_OPTION', `after must be a number of lines, not ${shown(after)}.`)
    for (const call of ['onProgress', 'onRefused'] as const) {
      const given: unknown = options[call]
      if (given !== undefined && typeof given !== 'function') throw new GossipError('ERR_OPTION', `${call} must be a function, not ${shown(given)}.`)
    }
    this.after = after
  }

  /** Resolves when all is read. */
  async from(source: TextSource): Promise<Imported> {
    const decoder = new TextDecoder()
    for await (const piece of pieces(source)) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) throw new GossipError('ERR_IMPORT', `an import is text or bytes, not ${shown(piece)}; what was read before it is taken in.`)
      await this.take(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))
    }
    await this.take(`${decoder.decode()}\n`)
    this.options.onProgress?.(this.report)
    return this.report
  }

  private get report(): Imported {
    return { ...this.imported, refused: { ...this.imported.refused } }
  }

  private async take(text: string): Promise<void> {
    const max = 2 * this.gossip.limits.frameBytesMax
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.rest + text.slice(from, end)
      this.rest = ''
      from = end + 1
      if (line !== '' || this.long) {
        this.line(this.long || line.length > max ? null : line)
        if (this.imported.lines % linesMax === 0) {
          this.options.onProgress?.(this.report)
          await this.pause()
        }
      }
      this.long = false
    }
    this.rest += text.slice(from)
    if (this.rest.length <= max) return
    this.rest = ''
    this.long = true
  }

  private line(text: string | null): void {
    const { imported } = this
    imported.lines += 1
    const value = read(text === null || this.isDeep(text) ? null : text)
    if (imported.lines === 1 || 'pullGossip' in value) return this.head(value)
    if (imported.lines <= this.after) return
    const line = change(value)
    const outcome = line === null ? 'line' : this.learn(line)
    if (outcome === 'kept' || outcome === 'past') imported[outcome] += 1
    else if (outcome === 'duplicate' || outcome === 'repeat') imported.duplicates += 1
    else {
      imported.refused[outcome] = (imported.refused[outcome] ?? 0) + 1
      this.options.onRefused?.({ line: imported.lines, code: outcome })
    }
  }

  /** A line is nested no deeper than a frame may be: parsing it takes memory for every level. */
  private isDeep(text: string): boolean {
    const { frameDepthMax } = this.gossip.limits
    return text.length >= 2 * frameDepthMax && isDeeper(this.encoder.encode(text), frameDepthMax)
  }

  private head({ pullGossip, version }: Record<string, unknown>): void {
    if (pullGossip === 'changes' && version === exportVersion) return
    const what = pullGossip === 'changes' ? `an export of version ${shown(version)}, and this version reads ${exportVersion}` : 'no export of a store'
    throw new GossipError('ERR_IMPORT', `line ${this.imported.lines} says that this is ${what}; what was read before it is taken in.`)
  }

  private learn({ author: id, seq, kind, name, part, expire, known, body }: Line): Outcome {
    const { gossip } = this
    const { log, limits } = gossip
    const author = log.author(id) ?? (log.authorsSize < limits.authorsMax ? log.meet(id) : null)
    if (author === null) return 'authors'
    const outcome = gossip.learn(author, seq, gossip.kind(kind), name, part, expire, known, body, null)
    // As of a peer's: authors of whom nothing is kept must not fill our table.
    if (author.series.size === 0 && author.movedAt === 0 && author !== gossip.own) log.forget(author)
    return outcome
  }
}

/** What comes of a source, whichever it is. */
function pieces(source: TextSource): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof source === 'function') return pulled(source)
  if (typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source)) return source
  throw new GossipError('ERR_OPTION', `an import reads a pull-stream source, or what can be iterated, not ${shown(source)}.`)
}

async function* pulled(source: Source<unknown>): AsyncGenerator<unknown, void, undefined> {
  let wanted = true
  const next = (): Promise<{ piece: unknown } | null> => new Promise((resolve, reject) => source(null, (end, piece) => {
    if (end) wanted = false
    if (end instanceof Error) reject(end)
    else resolve(end ? null : { piece })
  }))
  try {
    for (let one = await next(); one !== null; one = await next()) yield one.piece
  } finally {
    if (wanted) source(true, () => {})
  }
}

/** A line as an object, with nothing in it if it is none. */
function read(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A change that a line tells; null if it tells none. */
function change({ author, seq, kind, name, part = '', expire = null, known = expire, body }: Record<string, unknown>): Line | null {
  if (kind === eventKind || typeof author !== 'string' || readAuthor(author) === null || typeof name !== 'string' || typeof part !== 'string' || body === undefined) return null
  if (!Number.isSafeInteger(seq) || (seq as number) < 1 || typeof kind !== 'string' || kind === '' || exceeds(kind, tokenBytesMax)) return null
  return isExpire(expire) && isExpire(known) ? { author, seq: seq as number, kind, name, part, expire, known, body } : null
}

function isExpire(value: unknown): value is Expire {
  return value === null || (Number.isSafeInteger(value) && (value as number) >= 0)
}
