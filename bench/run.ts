/**
 * Measures ours and its rivals side by side:
 *
 *     npm run bench                          everything, five times: half an hour
 *     npm run bench -- --quick               smaller, once: two minutes on a quiet machine
 *     npm run bench -- --only store,ring     some rows
 *     npm run bench -- --runs 9              as often
 *     npm run bench -- --out folder          where bench.json and bench.svg go; unless told bench/, or bench/out/ for a part
 *
 * Rivals are installed by `npm ci --prefix bench`; those that are missing are told, and are no fault.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Bench } from './bench.js'
import { chartOf } from './chart.js'
import type { Outcome } from './figures.js'
import { rows } from './rows.js'
import { missingFor, systemNames } from './systems.js'
import { tableOf } from './table.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' }, quick: { type: 'boolean', default: false }, runs: { type: 'string' }, out: { type: 'string' }
  }
})

if (!existsSync(new URL('../dist/esm/index.js', import.meta.url))) throw new Error('there is no dist: run `npm run build` first, as `npm run bench` does.')

const only = values.only?.split(',') ?? Object.keys(rows)
const unknown = only.find((name) => !Object.hasOwn(rows, name))
if (unknown !== undefined) throw new Error(`there is no row "${unknown}"; there are ${Object.keys(rows).join(', ')}.`)

const runs = values.runs === undefined ? (values.quick ? 1 : 5) : Number(values.runs)
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error(`--runs takes a whole number above zero, not ${String(values.runs)}.`)

// The chart that the README shows is of a whole run.
const part = values.quick || values.only !== undefined
const out = values.out ?? fileURLToPath(new URL(part ? 'out' : '.', import.meta.url))

const say = (line: string): void => { process.stderr.write(`${line}\n`) }
const bench = new Bench(values.quick, runs, say)
const missing = new Set(systemNames.flatMap(missingFor))
if (missing.size > 0) say(`not installed, and so not measured: ${[...missing].join(', ')}. Run: npm ci --prefix bench`)

const outcomes: Outcome[] = []
for (const name of only) {
  say(name)
  const row = rows[name]
  if (row !== undefined) outcomes.push(await row(bench))
}
await bench.end()

const [cpu] = cpus()
const about = {
  node: process.version, cpu: cpu?.model ?? '', cpus: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), quick: values.quick, runs,
  missing: [...missing]
}
console.log(tableOf(outcomes))
mkdirSync(out, { recursive: true })
writeFileSync(`${out}/bench.json`, `${JSON.stringify({ about, outcomes }, null, 2)}\n`)
writeFileSync(`${out}/bench.svg`, chartOf(outcomes, about))
process.exit()
