/**
 * One host with 64 peers: the CPU that one change costs it for each, beside what it costs for the first. All in one process, so that only
 * the hub's own work is measured: the other ends read bytes and throw them away.
 */
import type { Bench } from '../bench.js'
import { ratio, type Figure, type Outcome } from '../figures.js'

const unit = 'CPU-µs a change'
const many = 64

export async function fan(bench: Bench): Promise<Outcome> {
  const rounds = bench.size(20_000, 4_000)
  const { figures, notes } = await bench.interleaved(['0 peers', '1 peer', `${many} peers`], unit, async (subject) => {
    const hub = await bench.start('ours', 'hub')
    return hub.do('fan', Number(subject.split(' ')[0]), rounds)
  })
  const [none, one, all] = ['0 peers', '1 peer', `${many} peers`].map((subject) => figures.get(subject)?.runs ?? [])
  const first = difference('the first peer', one, none, 1)
  const further = difference('each further peer', all, one, many - 1)
  return {
    row: 'fan', title: `one change to ${many} peers of one host`, figures: [...figures.values(), first, further], notes,
    verdicts: ratio('a further peer / the first', further, first, { sense: '<=', at: 1 / 3 })
  }
}

function difference(subject: string, more: number[] = [], less: number[] = [], by: number): Figure {
  return { subject, unit, runs: more.map((us, run) => (us - (less[run] ?? NaN)) / by) }
}
