/**
 * What audits cost a store that is written to: CPU a change at both ends, with them and without, in one process by turns.
 */
import type { Names } from '../audits.js'
import type { Bench } from '../bench.js'
import { ratio, type Outcome } from '../figures.js'

const unit = 'CPU-µs a change'

export async function audit(bench: Bench): Promise<Outcome> {
  const [turns, size] = [bench.size(10, 3), bench.size(30_000, 5_000)]
  const { figures, notes } = await bench.interleaved<Names>(['new names', 'hot names'], unit, async (names) => {
    const host = await bench.start('ours', 'audits')
    return host.do('audits', names, turns, size)
  })
  return {
    row: 'audit', title: 'changes from store to store, with audits and without', figures: [...figures.values()], notes,
    verdicts: (['new names', 'hot names'] as const).flatMap((names) => [
      ...ratio(`${names}, until they are held: with / without`, figures.get(`${names}: with`), figures.get(`${names}: without`), { sense: '<=', at: 1.03 }),
      // What is put off until nothing moves is no cost of the changes that flow; but it is one.
      ...ratio(`${names}, with what is put off`, figures.get(`${names}: with, and at rest`), figures.get(`${names}: without, and at rest`))
    ])
  }
}
