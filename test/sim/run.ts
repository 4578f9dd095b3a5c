/**
 * Runs simulated histories from the command line: `npm run sim -- --seed 7`, or `--from 1 --count 10000 [--ranges 3] [--liar] [--kinds] [--mortal] [--bug name]`.
 */
import { parseArgs } from 'node:util'
import { bugs as planted, plant, uncapped } from './bugs.js'
import { mortalHistory } from './mortal.js'
import { runSchedule } from './schedule.js'
import type { ScheduleOptions } from './schedule.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' }, from: { type: 'string', default: '1' }, count: { type: 'string', default: '1000' },
    ranges: { type: 'string', default: '32' }, liar: { type: 'boolean', default: false }, kinds: { type: 'boolean', default: false },
    mortal: { type: 'boolean', default: false }, bug: { type: 'string' }
  }
})

const bugs = [...planted, uncapped]
const options: ScheduleOptions = { rangesMax: Number(values.ranges), liar: values.liar, kinds: values.kinds }
const from = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.count) : 1
const bug = bugs.find(({ name }) => name === values.bug)
if (values.bug !== undefined && bug === undefined) throw new Error(`there is no bug "${values.bug}"; there are: ${bugs.map(({ name }) => name).join(', ')}`)
if (bug !== undefined) plant(bug)

let failed = 0
let resending = 0
let resent = 0
for (let seed = from; seed < from + count; seed += 1) {
  const { faults, resent: changes } = values.mortal ? { faults: mortalHistory(seed), resent: 0 } : runSchedule(seed, options)
  resent += changes
  if (changes > 0) resending += 1
  if (faults.length === 0) continue
  failed += 1
  if (failed <= 5) console.log([`seed ${seed}:`, ...faults.slice(0, 5)].join('\n  '))
}
console.log(`${count} histories from seed ${from}: ${failed} failed; ${resending} sent ${resent} changes at an idle reconnect`)
process.exitCode = failed === 0 ? 0 : 1
