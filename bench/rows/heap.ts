/**
 * Heap a cell at a million cells of 16-byte names: test/heap.ts in a process of its own.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from '../bench.js'
import { verdict, type Outcome } from '../figures.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function heap(bench: Bench): Promise<Outcome> {
  const cells = bench.size(1_000_000, 200_000)
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', 'test/heap.ts', String(cells)], { cwd: root })
  const { first, own, second } = JSON.parse(stdout) as { first: number; own: number; second: number }
  const figures = Object.entries({ 'ours, learnt': first, 'ours, written here': own, 'ours, a second author of the same names': second })
    .map(([subject, bytes]) => ({ subject, unit: 'bytes a cell', runs: [bytes] }))
  return {
    row: 'heap', title: `heap a cell at ${cells.toLocaleString('en')} cells`, figures, notes: [],
    verdicts: [verdict('learnt', [first], { sense: '<=', at: 300 }), verdict('written here', [own], { sense: '<=', at: 300 })]
  }
}
