/**
 * Trials of one sort of subject, each with one made anew.
 */
import type { Source } from '../../pull.js'
import { Asker } from './asker.js'

/** What every subject may bring. */
export type Trying = {
  /** Lets everything happen that can happen without us. Default: a turn of promises. */
  settle?: (() => void | Promise<void>) | undefined
  /** Called when its trial is over. */
  close?: (() => void | Promise<void>) | undefined
}

/** Makes what is tried. */
export type Make<Subject> = () => Subject | Promise<Subject>

/** Runs trials, and keeps what was broken in them. */
export class Suite<Subject extends Trying> {
  readonly faults: string[] = []

  constructor(
    private readonly make: Make<Subject>,
    private readonly sourceOf: (subject: Subject) => Source<unknown>
  ) {}

  async run(when: string, trial: (asker: Asker, subject: Subject) => Promise<void>): Promise<void> {
    const subject = await this.make()
    const asker = new Asker(this.sourceOf(subject), async () => { await subject.settle?.() })
    try {
      await trial(asker, subject)
    } catch (error) {
      asker.must(false, `throws ${String(error)}`)
    } finally {
      await subject.close?.()
    }
    if (asker.answers.some(({ count }) => count > 1)) asker.must(false, 'lets a question be answered twice')
    this.faults.push(...[...asker.broken].map((rule) => `${when}: not so that it ${rule}`))
  }
}
