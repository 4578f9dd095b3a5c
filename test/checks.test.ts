/**
 * Checks in networks where everything fails: nothing is wrong in any of them, and each check finds a bug that is planted for it.
 *
 * A seed that fails is replayed by `npm run sim -- --history network --seed N`.
 */
import test from 'tape'
import type { Session } from '../lib/gossip/session.js'
import { Name } from '../lib/log/name.js'
import { entriesIn } from '../lib/sim/checks/bounds.js'
import { checks, Network } from '../lib/sim/index.js'
import { auditBugs } from './sim/auditbugs.js'
import { bugs, plant, faultsAt } from './sim/bugs.js'
import { checkedNetwork } from './sim/checked.js'
import { eventfulNetwork } from './sim/eventful.js'
import { tooFarAhead } from './sim/stories.js'

const from = Number(process.env['SEED'] ?? 1)
const count = 40

/** Seeds that found a mistake, in a night's work. */
const found = [68, 212, 239, 815, 548_535_573]

const foundInEvents = [819, 974]

test('whatever fails, all checks hold in every step and at rest', (t) => {
  t.comment(`seeds ${from} to ${from + count - 1}`)
  const seeds = [...found, ...Array.from({ length: count }, (_, i) => from + i)]
  t.deepEqual(seeds.flatMap((seed) => checkedNetwork(seed).map((fault) => `seed ${seed}: ${fault}`)).slice(0, 10), [])
  t.end()
})

test('whatever fails, events are heard once, in order, or told as gaps', (t) => {
  const seeds = [...foundInEvents, ...Array.from({ length: count / 2 }, (_, i) => from + i)]
  t.deepEqual(seeds.flatMap((seed) => eventfulNetwork(seed).map((fault) => `seed ${seed}: ${fault}`)).slice(0, 10), [])
  t.end()
})

/** A bug for each check, by which it is found. */
const planted: Record<string, string> = {
  agreement: 'a claim is made in the middle of the catch-up',
  merge: 'all cells of an element are dropped once it is out',
  sums: 'a claim is made in the middle of the catch-up',
  kept: 'changes of our own earlier lives are refused',
  rising: 'what is counted down is taken off what was counted up',
  ends: 'a name reads as live until it can be revived no more',
  echoes: 'changes are forwarded to where they came from',
  bounds: 'ranges are kept however many there are',
  sessions: 'an author is introduced once, not once in each session',
  doubts: 'silence is never noticed',
  stamps: 'a stamp is taken however far it is ahead',
  newest: 'ranges that are too many are forgotten from the top',
  events: 'events are told as they arrive',
  alarms: 'parts that do not stand still are compared as well',
  counts: 'what is counted down is taken off what was counted up'
}

/** The seeds at which they are found, where it is not the first. */
const foundAt: Record<string, number> = { merge: 4, sums: 4, bounds: 10, doubts: 2, newest: 5 }

test('each check finds a bug that is planted for it', (t) => {
  t.deepEqual(Object.keys(checks(new Network())).filter((check) => !(check in planted)), [], 'none is left out')
  for (const [check, name] of Object.entries(planted)) {
    const bug = [...bugs, ...auditBugs].find((one) => one.name === name)
    if (bug === undefined) throw new Error(`there is no bug "${name}"`)
    const undo = plant(bug)
    // An audit begins where nothing moved for a while.
    const first = check === 'alarms' ? bug.seed : foundAt[check]
    const faults = (seed: number): string[] => (check === 'events' ? eventfulNetwork(seed) : check === 'alarms' ? faultsAt(seed, bug) : checkedNetwork(seed, 5_000))
    const isFound = (seed: number): boolean => (check === 'stamps' ? tooFarAhead() : faults(seed).some((fault) => fault.startsWith(`${check}: `)))
    const seed = [...(first === undefined ? [] : [first]), ...Array.from({ length: 40 }, (_, i) => i + 1)].find(isFound)
    undo()
    t.notEqual(seed, undefined, `${check}: ${name}, at seed ${seed}`)
  }
  t.end()
})

test('what a session remembers is counted, to the last entry, but for what all sessions share', (t) => {
  const shared = Object.assign(new Name('counter', 'calls'), { more: [1, 2, 3] })
  const key = { list: [1, 2] }
  const session = { map: new Map<unknown, unknown>([[key, new Set([1, 2, 3])], [shared, 5]]), list: [shared, [[4]]], alone: 5 } as unknown as Session
  t.equal(entriesIn(session), 2 + 2 + 3 + 2 + 1 + 1, 'a map, the list in its key, the set in it, and three lists in each other')
  t.end()
})
