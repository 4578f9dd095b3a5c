/**
 * Connects and disconnects leave nothing behind: 10,000 in memory and 1,000 over TCP, or as many as VISITS says; and with all nodes closed,
 * a dead peer at one of them, the process ends by itself.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'tape'
import { argsOf } from './program.js'

type Figures = { grown: number; before: Record<string, number>; after: Record<string, number> }

const run = promisify(execFile)

const [ofMemory, ofTcp] = [['memory', process.env.VISITS ?? '10000'], ['tcp', process.env.VISITS ?? '1000']].map(async (args) => {
  const { stdout } = await run(process.execPath, ['--expose-gc', ...argsOf('test/leaks.ts'), ...args], { timeout: 200_000 })
  return JSON.parse(stdout) as Figures
}) as [Promise<Figures>, Promise<Figures>]

for (const [scheme, figures] of [['memory', ofMemory], ['tcp', ofTcp]] as const) {
  test(`connects and disconnects over ${scheme} leave handles and heap where they were, and the process ends`, async (t) => {
    const { grown, before, after } = await figures
    t.deepEqual(after, before)
    t.ok(grown < 1_500_000, `the heap grew by ${grown} bytes in all`)
  })
}
