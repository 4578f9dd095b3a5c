/**
 * Runs simulations from the command line.
 *
 * Random histories of the protocol: `npm run sim -- --seed 7`, or `--from 1 --count 10000 [--ranges 3] [--liar] [--kinds] [--history mortal] [--bug name]`.
 * With `--history mortal` names end in them, with `theft` there are thieves; with `network` a history is a network of stores in which everything fails, while all checks look on.
 * One network of stores, with `--hosts` or `--topology`: `npm run sim -- --hosts 1000 --topology random:8 --seed 7 [--seconds 10] [--writers 10]
 * [--rate 5] [--faults] [--limit graceMs=4000]… [--json] [--svg FILE]`; it fails if anything is missed or miscounted.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isGossipError } from '../../lib/errors.js'
import { drawing, Simulation, text, topologyOf } from '../../lib/sim/index.js'
import type { SimulationOptions } from '../../lib/sim/index.js'
import { auditBugs } from './auditbugs.js'
import { bugs as others, histories, plant } from './bugs.js'
import { doubleBugs } from './doublebugs.js'
import { runSchedule } from './schedule.js'
import type { ScheduleOptions } from './schedule.js'

const bugs = [...others, ...auditBugs, ...doubleBugs]

const { values } = parseArgs({
  options: {
    seed: { type: 'string' }, from: { type: 'string', default: '1' }, count: { type: 'string', default: '1000' },
    ranges: { type: 'string', default: '32' }, liar: { type: 'boolean', default: false }, kinds: { type: 'boolean', default: false },
    history: { type: 'string' }, bug: { type: 'string' },
    hosts: { type: 'string' }, topology: { type: 'string' }, seconds: { type: 'string' }, writers: { type: 'string' }, rate: { type: 'string' },
    faults: { type: 'boolean', default: false }, limit: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false }, svg: { type: 'string' }
  }
})

function number(said: string | undefined): number | undefined {
  return said === undefined ? undefined : Number(said)
}

/** One network; says whether all went well. */
function runNetwork(): boolean {
  const limits = Object.fromEntries(values.limit.map((one) => one.split('=')).map(([name, value]) => [name, Number(value)]))
  const options: SimulationOptions = {
    hosts: number(values.hosts) ?? 5, topology: values.topology === undefined ? undefined : topologyOf(values.topology), seed: number(values.seed),
    seconds: number(values.seconds), writers: number(values.writers), rate: number(values.rate), faults: values.faults, limits
  }
  const simulation = new Simulation(options)
  const report = simulation.run()
  if (values.svg !== undefined) writeFileSync(values.svg, drawing(simulation.network, report, simulation.reporter.spreads.widest))
  console.log(values.json ? JSON.stringify(report, null, 2) : text(report))
  return report.missed === 0 && report.miscounted === 0
}

function isHistory(text: string): text is keyof typeof histories {
  return Object.hasOwn(histories, text)
}

/** A history of the sort that was asked for. */
function runHistory(seed: number, options: ScheduleOptions): { faults: string[]; resent: number } {
  const { history } = values
  if (history === undefined) return runSchedule(seed, options)
  if (!isHistory(history)) throw new Error(`there is no history "${history}"; there are: ${Object.keys(histories).join(', ')}`)
  return { faults: histories[history](seed), resent: 0 }
}

/** Random histories; says whether all went well. */
function runHistories(): boolean {
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
    const { faults, resent: changes } = runHistory(seed, options)
    resent += changes
    if (changes > 0) resending += 1
    if (faults.length === 0) continue
    failed += 1
    if (failed <= 5) console.log([`seed ${seed}:`, ...faults.slice(0, 5)].join('\n  '))
  }
  console.log(`${count} histories from seed ${from}: ${failed} failed; ${resending} sent ${resent} changes at an idle reconnect`)
  return failed === 0
}

try {
  const well = values.hosts !== undefined || values.topology !== undefined ? runNetwork() : runHistories()
  process.exitCode = well ? 0 : 1
} catch (error) {
  if (!isGossipError(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
