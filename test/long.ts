/**
 * The night's work: random histories, checked networks, sieges by foes, frames gone wrong and a large network, each from a seed that moves
 * on, for as long as there is time. Prints what was run and how much virtual time went by; stops at the first fault, which it names
 * together with the command that replays it, and fails.
 *
 *     npm run test:long                        an hour
 *     npm run test:long -- --minutes 480       a night
 *     npm run test:long -- --from 5000         from other seeds; without, they begin anywhere
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { simulate, VirtualClock } from '../lib/sim/index.js'
import { behaviours, siegeOf, type Behaviour } from './attack/sybils.js'
import { checkedNetwork } from './sim/checked.js'
import { mortalHistory } from './sim/mortal.js'
import { runSchedule } from './sim/schedule.js'
import { theftHistory } from './sim/theft.js'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, from: { type: 'string' } } })
const minutes = positive('minutes', values.minutes)
const from = values.from === undefined ? 1 + (Date.now() % 1_000_000_000) : positive('from', values.from)

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} must be a number above 0, not "${text}".`)
}

/** How much virtual time went by on all clocks of this process. */
let virtualMs = 0
const runUntil = Object.getOwnPropertyDescriptor(VirtualClock.prototype, 'runUntil')?.value as (this: VirtualClock, at: number) => void
VirtualClock.prototype.runUntil = function (at) {
  const before = this.now()
  runUntil.call(this, at)
  virtualMs += this.now() - before
}

/** One sort of work, for its share of the time. */
type Sort = {
  name: string
  share: number
  /** What is wrong at a seed. */
  faults: (seed: number) => string[]
  /** What replays it. */
  replay: (seed: number) => string
}

/** Runs a file of tests with more than it has in `npm test`; its output is shown where it failed. */
function file(path: string, env: Record<string, string>): string[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', path], { env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 28 })
  return status === 0 ? [] : [...stdout.split('\n').filter((line) => line.startsWith('not ok')), stderr.slice(-2_000)]
}

/** A network of a thousand hosts without faults. */
function thousand(seed: number): string[] {
  const { missed, miscounted, hops, redundancy } = simulate({ hosts: 1_000, topology: 'random:8', seconds: 2, seed })
  const wrong = missed > 0 || miscounted !== 0 || hops.greatest >= 15
  return wrong ? [`missed ${missed}, miscounted ${miscounted}, last hop ${hops.greatest}, redundancy ${redundancy}`] : []
}

/** What 200 honest hosts lack, or have too late, among 4,000 hostile sessions. */
function sybils(seed: number): string[] {
  return (Object.keys(behaviours) as Behaviour[]).flatMap((behaviour) => {
    const { missed, p99Ms, faults } = siegeOf({ behaviour, hosts: 200, sessions: 4_000, seed })
    return [...faults, ...(missed > 0 || p99Ms > 1_600 ? [`${behaviour}: missed ${missed}, 99 of 100 within ${p99Ms} ms`] : [])]
  })
}

const million = { FUZZ: '1000000' }

const sorts: readonly Sort[] = [
  { name: 'frames gone wrong, a million each', share: 1, faults: (seed) => file('test/fuzz.test.ts', { ...million, SEED: String(seed) }), replay: (seed) => `FUZZ=1000000 SEED=${seed} node --import tsx test/fuzz.test.ts` },
  { name: 'histories', share: 1, faults: (seed) => runSchedule(seed).faults, replay: (seed) => `npm run sim -- --seed ${seed}` },
  { name: 'histories of all kinds', share: 2, faults: (seed) => runSchedule(seed, { kinds: true }).faults, replay: (seed) => `npm run sim -- --kinds --seed ${seed}` },
  { name: 'histories with three ranges', share: 1, faults: (seed) => runSchedule(seed, { rangesMax: 3 }).faults, replay: (seed) => `npm run sim -- --ranges 3 --seed ${seed}` },
  { name: 'histories of names that end', share: 1, faults: mortalHistory, replay: (seed) => `npm run sim -- --history mortal --seed ${seed}` },
  { name: 'histories with thieves', share: 1, faults: theftHistory, replay: (seed) => `npm run sim -- --history theft --seed ${seed}` },
  { name: 'networks in which everything fails', share: 4, faults: (seed) => checkedNetwork(seed), replay: (seed) => `npm run sim -- --history network --seed ${seed}` },
  { name: 'sieges by every kind of foe', share: 2, faults: (seed) => file('test/foe.test.ts', { SEED: String(seed) }), replay: (seed) => `SEED=${seed} node --import tsx test/foe.test.ts` },
  { name: 'sessions gone wrong over sockets, five thousand each', share: 1, faults: (seed) => file('test/attack/fuzz.test.ts', { FUZZ: '5000', SEED: String(seed) }), replay: (seed) => `FUZZ=5000 SEED=${seed} node --import tsx test/attack/fuzz.test.ts` },
  { name: '4,000 sybils around 200 hosts', share: 1, faults: sybils, replay: (seed) => `npm run sybils -- --seed ${seed}` },
  { name: 'three hosts with journals, killed a hundred times', share: 1, faults: (seed) => file('test/kill.test.ts', { KILLS: '100', SEED: String(seed) }), replay: (seed) => `KILLS=100 SEED=${seed} node --import tsx test/kill.test.ts` },
  { name: 'hosts with journals in virtual time', share: 1, faults: (seed) => file('test/journaled.test.ts', { HISTORIES: '300', SEED: String(seed) }), replay: (seed) => `HISTORIES=300 SEED=${seed} node --import tsx test/journaled.test.ts` },
  { name: 'models of the kinds', share: 1, faults: (seed) => file('test/model.test.ts', { SEED: String(seed) }), replay: (seed) => `SEED=${seed} node --import tsx test/model.test.ts` },
  { name: 'networks of a thousand hosts', share: 1, faults: thousand, replay: (seed) => `npm run sim -- --hosts 1000 --seconds 2 --seed ${seed}` }
]

/** Runs one sort of work until its time is over, once at least; says whether all was well. */
function work({ name, share, faults, replay }: Sort): boolean {
  const startedAt = performance.now()
  const endAt = startedAt + (minutes * 60_000 * share) / sorts.reduce((all, one) => all + one.share, 0)
  let seed = from
  do {
    const found = faultsOrThrown(faults, seed)
    if (found.length > 0) {
      console.log([`FAIL ${name}, seed ${seed}:`, ...found.slice(0, 20), `replay: ${replay(seed)}`].join('\n  '))
      return false
    }
    seed += 1
  } while (performance.now() < endAt)
  console.log(`ok   ${name}: seeds ${from} to ${seed - 1}, ${seed - from} in ${Math.round((performance.now() - startedAt) / 1_000)} s`)
  return true
}

/** What breaks down is a fault as well. */
function faultsOrThrown(faults: (seed: number) => string[], seed: number): string[] {
  try {
    return faults(seed)
  } catch (error) {
    return [error instanceof Error ? error.stack ?? error.message : String(error)]
  }
}

console.log(`${minutes} minutes from seed ${from}`)
const well = sorts.map(work).every(Boolean)
const hours = virtualMs / 3_600_000
console.log(`${hours.toFixed(1)} virtual hours, ${(hours / 8_766).toFixed(3)} years, beside what fuzzing, sieges and models take`)
process.exitCode = well ? 0 : 1
