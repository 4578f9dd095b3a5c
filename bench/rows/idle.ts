/**
 * A link on which nothing happens, with many names at both ends: bytes and CPU a second.
 */
import { setTimeout } from 'node:timers/promises'
import type { Bench } from '../bench.js'
import { verdict, type Outcome } from '../figures.js'
import { pair } from './pair.js'

export async function idle(bench: Bench): Promise<Outcome> {
  const names = bench.size(100_000, 20_000)
  const seconds = bench.size(20, 6)
  const { figures, notes } = await bench.interleaved(bench.present(['ours', 'scuttlebutt', 'EBT']), 'bytes/s', async (system) => {
    const count = system === 'ours' ? names : 10_000
    const { a } = await pair(bench, system, { count, names: count })
    await setTimeout(1_000)
    const before = await a.do('usage')
    await setTimeout(seconds * 1_000)
    const after = await a.do('usage')
    // Asking for the usage collects garbage, which takes CPU: that of one question is taken off.
    const asked = await a.do('usage')
    const cpuMs = Math.max(0, after.cpuMs - before.cpuMs - (asked.cpuMs - after.cpuMs))
    return { 'out, bytes/s': (after.written - before.written) / seconds, 'in, bytes/s': (after.read - before.read) / seconds, 'CPU, ms/s': cpuMs / seconds }
  })
  const ours = (part: string, at: number) => {
    const figure = figures.get(`ours: ${part}`)
    return figure === undefined ? [] : [verdict(`ours, ${part}`, figure.runs, { sense: '<=', at })]
  }
  return {
    row: 'idle', title: `an idle link with ${names.toLocaleString('en')} names (rivals: 10,000)`, figures: [...figures.values()], notes,
    verdicts: [...ours('out, bytes/s', 100), ...ours('in, bytes/s', 100), ...ours('CPU, ms/s', 5)]
  }
}
