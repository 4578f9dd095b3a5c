/**
 * A store's changes as lines of JSON, one change a line (NDJSON), after a first line that says what they are.
 *
 * They come in order of arrival, each cell's newest. So an export that stopped, or that is to be brought up to date, goes on from a position:
 * what was superseded since comes again behind, and what is read last counts.
 */
import { GossipError, shown } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import { eventKind } from '../kinds/event.js'
import type { Change } from '../log/change.js'
import type { Sink, Source } from '../pull.js'

/** The format of the lines. */
export const exportVersion = 1

/** So much is told in one go: about a millisecond. */
const chunkChars = 1 << 16

/** Where text goes: a pull-stream sink, or what has `write` and `end` as Node's writable streams do. */
export type TextSink = Sink<string> | {
  write(text: string, cb: (error?: Error | null) => void): unknown
  end(cb: () => void): unknown
}

export type Exported = {
  /** Changes told. */
  changes: number
  /** From where another export, of the same start of this host, goes on. */
  position: number
}

export type ExportOptions = {
  /** Leaves out what had arrived by then: the `position` of an export before this one. */
  after?: number | undefined
  /** Told after every piece of some 64 KB. */
  onProgress?: ((exported: Exported) => void) | undefined
}

export class Export {
  private readonly exported: Exported
  private readonly onProgress: (exported: Exported) => void
  private begun = false

  constructor(private readonly gossip: Gossip, { after = 0, onProgress }: ExportOptions) {
    if (!Number.isSafeInteger(after) || after < 0) throw new GossipError('ERR_OPTION', `after must be the position of an export, not ${shown(after)}.`)
    if (onProgress !== undefined && typeof onProgress !== 'function') throw new GossipError('ERR_OPTION', `onProgress must be a function, not ${shown(onProgress)}.`)
    this.exported = { changes: 0, position: after }
    this.onProgress = onProgress ?? ((): void => {})
  }

  /** Resolves when the sink has taken all. Rejects with what it fails with. */
  async to(sink: TextSink): Promise<Exported> {
    if (typeof sink === 'function') await this.pulled(sink)
    else if (typeof sink === 'object' && sink !== null && typeof sink.write === 'function' && typeof sink.end === 'function') await this.written(sink)
    else throw new GossipError('ERR_OPTION', `an export goes to a pull-stream sink or a writable stream, not to ${shown(sink)}.`)
    return { ...this.exported }
  }

  private pulled(sink: Sink<string>): Promise<void> {
    return new Promise((resolve, reject) => {
      const source: Source<string> = (abort, cb) => {
        const text = abort ? null : this.next()
        if (text !== null) return cb(null, text)
        cb(abort || true)
        if (abort instanceof Error) reject(abort)
        else if (abort) reject(new GossipError('ERR_CUT', `the sink ended before it had all; ${this.exported.changes} changes went into it.`))
        else resolve()
      }
      sink(source)
    })
  }

  private async written(sink: Exclude<TextSink, Sink<string>>): Promise<void> {
    for (let text = this.next(); text !== null; text = this.next()) {
      const piece = text
      await new Promise<void>((resolve, reject) => {
        sink.write(piece, (error) => (error == null ? resolve() : reject(error)))
      })
    }
    await new Promise<void>((resolve) => {
      sink.end(resolve)
    })
  }

  /** The next lines; null when there is no more. */
  private next(): string | null {
    const { exported, gossip } = this
    let text = this.begun ? '' : `${JSON.stringify({ pullGossip: 'changes', version: exportVersion, host: gossip.own.host })}\n`
    this.begun = true
    gossip.log.arrivals.after(exported.position, (change) => {
      exported.position = change.arrival
      if (change.name.kind === eventKind) return true
      text += `${this.line(change)}\n`
      exported.changes += 1
      return text.length < chunkChars
    })
    if (text === '') return null
    this.onProgress({ ...exported })
    return text
  }

  private line({ author, seq, name, part, expire, body }: Change): string {
    const known = name.term?.expire ?? null
    return JSON.stringify({
      author: author.id, seq, kind: name.kind, name: name.text, ...(part === '' ? {} : { part }), ...(expire === null ? {} : { expire }),
      ...(known === expire ? {} : { known }), body: this.gossip.kind(name.kind).give(body, part)
    })
  }
}
