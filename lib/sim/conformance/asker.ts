/**
 * Who reads a source in a trial, and says which of the rules it broke.
 */
import type { Abort, Source } from '../../pull.js'

export type End = Exclude<Abort, null | false>

export type Answer = { end: Abort; count: number }

/** Asks a source, and keeps all its answers in order. */
export class Asker {
  readonly answers: Answer[] = []
  /** The first answer of each question, in the order of answers. */
  readonly log: string[] = []
  readonly broken = new Set<string>()

  constructor(
    private readonly source: Source<unknown>,
    readonly settle: () => Promise<void>
  ) {}

  must(holds: boolean, rule: string): void {
    if (!holds) this.broken.add(rule)
  }

  async ask(what: string, abort: Abort = null): Promise<Answer> {
    const answer: Answer = { end: null, count: 0 }
    this.answers.push(answer)
    this.source(abort, (end) => {
      answer.count += 1
      if (answer.count > 1) return
      answer.end = end
      this.log.push(what)
    })
    await this.settle()
    return answer
  }

  /** Reads until a read stays open, and gives that one; its log begins there. */
  async quiet(): Promise<Answer> {
    for (;;) {
      const answer = await this.ask('read')
      if (answer.count === 0) {
        this.log.length = 0
        return answer
      }
      if (isEnd(answer.end)) throw new Error(`an end before it fell quiet: ${String(answer.end)}`)
    }
  }

  /** Reads in a loop until all is given. */
  async drain(feeder: { readonly done: boolean }): Promise<void> {
    for (let open = false; !open && !feeder.done; ) {
      open = true
      this.source(null, (end) => { open = isEnd(end) })
      if (open) await this.settle()
    }
  }
}

export function isEnd(end: Abort): end is End {
  return end !== null && end !== false
}
