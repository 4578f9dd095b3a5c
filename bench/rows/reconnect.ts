/**
 * Two hosts that hold the same names, cut apart and joined again: what travels when nothing changed, and when ten names did.
 */
import type { Bench } from '../bench.js'
import { verdict, type Outcome } from '../figures.js'
import type { Host } from '../host.js'
import type { SystemName } from '../systems.js'
import { pair } from './pair.js'

/** Long enough for acknowledgements, too short for a ping. */
const quietMs = 1_500

/** So many names: rivals that send all of them again are given fewer. */
const rivals: SystemName[] = ['scuttlebutt', 'yjs', 'EBT', 'automerge']

export async function reconnect(bench: Bench): Promise<Outcome> {
  const subjects = bench.present(['ours', ...rivals])
  const many = bench.size(100_000, 20_000)
  const { figures, notes } = await bench.interleaved(subjects, 'bytes', async (system) => {
    const count = system === 'ours' ? many : system === 'automerge' ? 1_000 : 10_000
    const { a, b } = await pair(bench, system, { count, names: count })
    const nothing = await again(a, b, 0)
    const ten = await again(a, b, 10)
    return {
      'nothing changed, out': nothing.out, 'nothing changed, in': nothing.in, '10 changed, out': ten.out, '10 changed, in': ten.in,
      'ms until in step': nothing.ms
    }
  })
  const of = (part: string): number[] => figures.get(`ours: ${part}`)?.runs ?? []
  const [quiet, ten] = [of('nothing changed, out'), of('10 changed, out')]
  // The names of the hosts, "alpha" and "beta", are 9 bytes; each of the ten names 16.
  return {
    row: 'reconnect', title: `reconnect with ${many.toLocaleString('en')} synced names (rivals: 10,000; automerge 1,000)`, figures: [...figures.values()], notes,
    verdicts: [
      verdict('ours, nothing changed, out, beside the names of the hosts', quiet.map((bytes) => bytes - 9), { sense: '<=', at: 100 }),
      verdict('ours, 10 changed, out: bytes a change beside its name', ten.map((bytes, run) => (bytes - (quiet[run] ?? 0)) / 10 - 16), { sense: '<=', at: 25 })
    ]
  }
}

async function again(a: Host, b: Host, changes: number): Promise<{ out: number; in: number; ms: number }> {
  await b.do('cut')
  await new Promise((resolve) => setTimeout(resolve, 200))
  if (changes > 0) await a.do('offer', { count: changes, prefix: 'warm' })
  const before = await a.do('usage')
  const at = performance.now()
  await b.do('connect', await a.do('listen'))
  const ms = performance.now() - at
  await new Promise((resolve) => setTimeout(resolve, quietMs))
  const after = await a.do('usage')
  return { out: after.written - before.written, in: after.read - before.read, ms }
}
