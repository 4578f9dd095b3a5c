/**
 * Increments over 1,000 names on one of two hosts, until the other has converged; and the heap of the writer meanwhile.
 */
import type { Bench } from '../bench.js'
import { median, ratio, verdict, type Outcome } from '../figures.js'
import type { SystemName } from '../systems.js'
import { pair, transfer } from './pair.js'

const names = 1_000
const mebi = 1 << 20

/** So many of them: rivals are given fewer, as they take longer. */
const counts: Partial<Record<SystemName, number>> = { ours: 1_000_000, scuttlebutt: 100_000, yjs: 100_000, automerge: 10_000 }

export async function increments(bench: Bench): Promise<Outcome> {
  const subjects = bench.present(['ours', 'scuttlebutt', 'yjs', 'automerge'])
  const { figures, notes } = await bench.interleaved(subjects, 'increments/s', async (system) => {
    const hosts = await pair(bench, system)
    const before = await hosts.a.do('usage')
    const rate = await transfer(hosts, { count: bench.size(1, 0.2) * (counts[system] ?? 0), names })
    const after = await hosts.a.do('usage')
    return { '': rate, 'heap grown, MiB': (after.heapBytes - before.heapBytes) / mebi }
  })
  const best = subjects.slice(1).map((name) => figures.get(name)).filter((figure) => figure !== undefined)
    .sort((a, b) => median(b.runs) - median(a.runs))[0]
  const heap = figures.get('ours: heap grown, MiB')
  return {
    row: 'increments', title: `increments over ${names.toLocaleString('en')} names until the other host has converged`,
    figures: [...figures.values()], notes,
    verdicts: [
      ...ratio(`ours / ${best?.subject ?? 'best rival'}, the best rival`, figures.get('ours'), best, { sense: '>=', at: 4 }),
      ...(heap === undefined ? [] : [verdict('heap that the writer grew by, MiB', heap.runs, { sense: '<=', at: 8 })])
    ]
  }
}
