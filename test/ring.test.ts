/**
 * Many events through a ring: all are heard, once and in order, and what is kept does not grow.
 */
import test from 'tape'
import { ring } from './ring.js'

test('50,000 events through a ring of three are heard once, in order, in constant memory', { timeout: 60_000 }, async (t) => {
  const { heard, faults, keptMax } = await ring(50_000)
  t.deepEqual([heard, faults], [[50_000, 50_000], []])
  t.ok(keptMax <= 3_000, `at most ${keptMax} were kept`)
})
