/**
 * A peer that is stopped, as a machine is that swaps, while the other end goes on writing to 1,000 names: what that costs the writer.
 */
import type { Bench } from '../bench.js'
import { ratio, verdict, type Outcome } from '../figures.js'
import type { SystemName } from '../systems.js'
import { pair } from './pair.js'

const names = 1_000
const mebi = 1 << 20

export async function stalled(bench: Bench): Promise<Outcome> {
  const few = bench.size(1_000_000, 200_000)
  const subjects = ['ours', 'ours, ten times as many', ...bench.present(['scuttlebutt', 'axon', 'masterless', 'EBT'])]
  const { figures, notes } = await bench.interleaved(subjects, 'MiB', async (subject) => {
    const system = subject.split(',')[0] as SystemName
    const count = system !== 'ours' ? few / 2 : subject === 'ours' ? few : 10 * few
    const { a, b } = await pair(bench, system)
    const before = await a.do('usage')
    b.signal('SIGSTOP')
    await a.do('offer', { count, names, heedless: true })
    const after = await a.do('usage')
    b.signal('SIGCONT')
    await b.do('reach', 20_000 + count, 2 * names)
    const { received } = await b.do('usage')
    return { '': (after.heapBytes + after.outsideBytes - before.heapBytes - before.outsideBytes) / mebi, 'changes sent, of those offered': received / (20_000 + count) }
  })
  const [once, tenfold] = [figures.get('ours'), figures.get('ours, ten times as many')]
  return {
    row: 'stalled', title: `a stopped peer and ${few.toLocaleString('en')} updates (rivals: half) of ${names.toLocaleString('en')} names`, figures: [...figures.values()], notes,
    verdicts: [
      ...(tenfold === undefined ? [] : [verdict('ours, heap grown, ten times as many updates, MiB', tenfold.runs, { sense: '<=', at: 8 })]),
      ...ratio('heap grown, scuttlebutt / ours', figures.get('scuttlebutt'), once)
    ]
  }
}
