/**
 * What a cell costs in memory: counted in a process of its own, at the heap after a full collection.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'tape'
import { argsOf } from './program.js'

/** What test/heap.ts prints. */
type Figures = { cells: number; first: number; second: number; own: number; rewritten: number; hotAuthor: number; unknownKind: number }

test('a counter cell with a 16-byte name takes at most 300 bytes of heap, and what was superseded is let go', async (t) => {
  const args = ['--expose-gc', ...argsOf('test/heap.ts'), '200000']
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 })
  const { cells, first, second, own, rewritten, hotAuthor, unknownKind } = JSON.parse(stdout) as Figures
  t.equal(cells, 200_000)
  t.comment(`learnt: ${first} bytes a cell; a second author of the same names: ${second}; written here: ${own}; rewritten often: ${rewritten} more`)
  t.ok(first <= 300, `${first} bytes for a cell learnt from a peer`)
  t.ok(own <= 300, `${own} bytes for a cell written here`)
  t.ok(second <= first, `${second} bytes for a second author's cell of the same name`)
  t.ok(rewritten <= second, `${rewritten} bytes more for a cell written again: the dead are never more than the living`)
  t.ok(hotAuthor <= 2_000, `${hotAuthor} bytes for an author with one cell that it wrote 500 times`)
  t.ok(unknownKind <= 1_200, `${unknownKind} bytes for a kind of one cell: a peer may name as many as unknownBytesMax has room for`)
})
