/**
 * A → B at full speed: 300,000 counter changes on distinct names, until B holds and has claimed all; rivals carry messages of 112 bytes.
 */
import type { Bench } from '../bench.js'
import { ratio, type Outcome } from '../figures.js'
import type { SystemName } from '../systems.js'
import { pair, transfer } from './pair.js'

const ceiling = 'raw JSON in 16 KiB batches'

const rivals: SystemName[] = [
  ceiling, 'raw JSON with Nagle', 'raw JSON', 'msgpackr', 'cbor-x', 'doubleline', 'axon', 'masterless', 'ws', 'zeromq', 'NATS', 'Redis', 'gossipsub',
  'gossipsub unsigned', 'scuttlebutt', 'yjs'
]

/** Those that are too slow, or grow too fast, for the whole number. */
const small: Partial<Record<SystemName, number>> = { 'scuttlebutt': 100_000, 'yjs': 100_000, 'gossipsub': 10_000, 'gossipsub unsigned': 30_000 }

export async function store(bench: Bench): Promise<Outcome> {
  const count = bench.size(300_000, 100_000)
  const subjects = bench.present(['ours', ...rivals])
  const { figures, notes } = await bench.interleaved(subjects, 'changes/s', async (system) => {
    const some = Math.min(count, small[system] ?? count)
    // New names take another way through a store than known ones: a third as many go before, so that both ends are warm.
    const warm = Math.floor(some / 3)
    return transfer(await pair(bench, system, { count: warm, names: warm }), { count: some, names: some })
  })
  const ours = figures.get('ours')
  return {
    row: 'store', title: `A → B, ${count.toLocaleString('en')} changes on distinct names`, figures: [...figures.values()], notes,
    verdicts: [
      ...ratio(`ours / ${ceiling}`, ours, figures.get(ceiling), { sense: '>=', at: 0.9 }),
      ...subjects.filter((name) => name !== 'ours' && name !== ceiling && !name.startsWith('raw'))
        .flatMap((name) => ratio(`ours / ${name}`, ours, figures.get(name), { sense: '>=', at: 1 }))
    ]
  }
}
