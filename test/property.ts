/**
 * Properties inside tape: one assertion each, with the seed that replays it (`SEED=… node --import tsx test/x.test.ts`).
 */
import fc from 'fast-check'
import type { Test } from 'tape'

/** Asserts that a property holds for random inputs. */
export function holds<Inputs>(t: Test, sentence: string, property: fc.IProperty<Inputs>, runs = 200): void {
  const { SEED } = process.env
  const seed = SEED === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(SEED)
  const result = fc.check(property, { seed, numRuns: runs })
  t.notOk(result.failed, `${sentence} (${result.numRuns} runs, SEED=${seed})`)
  if (result.failed) t.comment(fc.defaultReportMessage(result) ?? 'no report')
}
