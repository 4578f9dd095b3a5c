/**
 * The first sync of a store of a million names by one that has none: beside raw JSON, cut in the middle, and with pings meanwhile.
 */
import type { Bench } from '../bench.js'
import { ratio, verdict, type Outcome } from '../figures.js'
import { pair, transfer } from './pair.js'

export async function first(bench: Bench): Promise<Outcome> {
  const count = bench.size(1_000_000, 100_000)
  const ceiling = 'raw JSON in 16 KiB batches'
  const { figures, notes } = await bench.interleaved(['ours', ceiling], 'names/s', async (subject) => {
    if (subject !== 'ours') return transfer(await pair(bench, subject), { count, names: count })
    const a = await bench.start('ours', 'alpha')
    await a.do('offer', { count })
    const port = await a.do('listen')
    const whole = await sync(bench, a, port, count, false)
    const cut = await sync(bench, a, port, count, true)
    return { '': whole.rate, 'sent in all when cut halfway, of what is needed': cut.share, 'longest turn while syncing, ms': whole.turnMs }
  })
  const share = figures.get('ours: sent in all when cut halfway, of what is needed')
  return {
    row: 'first', title: `first sync of ${count.toLocaleString('en')} names`, figures: [...figures.values()], notes,
    verdicts: [
      ...ratio(`ours / ${ceiling}`, figures.get('ours'), figures.get(ceiling), { sense: '>=', at: 0.5 }),
      ...(share === undefined ? [] : [verdict('changes received when cut halfway / names', share.runs, { sense: '<=', at: 1.1 })])
    ]
  }
}

type Synced = { rate: number; share: number; turnMs: number }

/** A fresh host dials; where it is to be cut, its connection breaks once half has come and it dials again. */
async function sync(bench: Bench, a: Awaited<ReturnType<Bench['start']>>, port: number, count: number, broken: boolean): Promise<Synced> {
  const b = await bench.start('ours', broken ? 'gamma' : 'beta')
  await b.do('watchTurns')
  const reached = b.do('reach', count, count)
  const from = Number(process.hrtime.bigint())
  const connected = b.do('connect', port)
  if (broken) {
    while ((await b.do('received')) < count / 2) await new Promise((resolve) => setTimeout(resolve, 5))
    await b.do('cut')
    await b.do('connect', port)
  } else {
    await connected
  }
  const to = await reached
  const { received } = await b.do('usage')
  const turnMs = await b.do('turnMsMax')
  await b.end()
  void a
  return { rate: count / ((to - from) / 1e9), share: received / count, turnMs }
}
