/**
 * One host with 64 peers: what one change costs it for each, beside what it costs with one. All in one process, so that only the hub's
 * own work is timed: the ends read bytes and throw them away.
 */
import type { Bench } from '../bench.js'
import { ratio, verdict, type Outcome } from '../figures.js'

export async function fan(bench: Bench): Promise<Outcome> {
  const rounds = bench.size(20_000, 4_000)
  const { figures, notes } = await bench.interleaved(['1 peer', '64 peers'], 'µs a change', async (subject) => {
    const hub = await bench.start('ours', 'hub')
    return hub.do('fan', Number(subject.split(' ')[0]), rounds)
  })
  const [one, many] = [figures.get('1 peer'), figures.get('64 peers')]
  const extra = many?.runs.map((us, run) => (us - (one?.runs[run] ?? NaN)) / 63)
  const each = extra === undefined ? undefined : { subject: 'each further peer', unit: 'µs a change', runs: extra }
  return {
    row: 'fan', title: 'one change to 64 peers of one host', figures: [...figures.values(), ...(each === undefined ? [] : [each])], notes,
    verdicts: [...ratio('a further peer / the first', each, one, { sense: '<=', at: 1 / 3 }), ...(extra === undefined ? [] : [verdict('µs a further peer', extra)])]
  }
}
