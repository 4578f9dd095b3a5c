/**
 * As many changes on 1,000 hot names: what is superseded before the peer asks is never sent.
 */
import type { Bench } from '../bench.js'
import { ratio, type Outcome } from '../figures.js'
import { pair, transfer } from './pair.js'

const names = 1_000

export async function hot(bench: Bench): Promise<Outcome> {
  const count = bench.size(300_000, 100_000)
  // As warm as the row beside which it stands: a third as many go before, of the same sort.
  const warm = Math.floor(count / 3)
  const { figures, notes } = await bench.interleaved(['hot names', 'distinct names'], 'changes/s', async (subject) => {
    const namesOf = (some: number): number => (subject === 'hot names' ? names : some)
    return transfer(await pair(bench, 'ours', { count: warm, names: namesOf(warm) }), { count, names: namesOf(count) })
  })
  return {
    row: 'hot', title: `the same on ${names.toLocaleString('en')} hot names`, figures: [...figures.values()], notes,
    verdicts: ratio('hot / distinct names', figures.get('hot names'), figures.get('distinct names'), { sense: '>=', at: 2 })
  }
}
