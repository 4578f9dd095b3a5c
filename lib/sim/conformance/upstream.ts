/**
 * What a through or a sink reads in a trial.
 */
import type { Abort, Source, SourceCallback } from '../../pull.js'
import { isEnd } from './asker.js'
import type { Asker, End } from './asker.js'

/** A source whose answers the suite gives; it notes what is asked of it that must not be. */
export class Upstream {
  asked = 0
  reads = 0
  readonly aborts: Abort[] = []
  readonly open: SourceCallback<never>[] = []
  readonly faults = new Set<string>()
  private ended = false

  readonly source: Source<never> = (abort, cb) => {
    this.asked += 1
    if (this.ended) this.faults.add('asks upstream nothing after its end')
    if (isEnd(abort)) this.aborts.push(abort)
    else {
      if (this.open.length > 0) this.faults.add('asks upstream for one thing at a time')
      this.reads += 1
    }
    this.open.push(cb)
  }

  /** Answers the oldest question with an end: once, or twice. */
  async answer({ settle }: Asker, end: End, twice = false): Promise<void> {
    const cb = this.open.shift()
    this.ended = true
    cb?.(end)
    if (twice) cb?.(end)
    await settle()
  }
}
