/**
 * A real network: five hosts, each a process in a network namespace of its own, on ways that are late, lossy and out of order, through
 * a split that nobody is told of and a host that is killed; within 15 s of its healing all hold the same.
 *
 * What is asserted is what they hold. How long things took and what they cost is told in comments.
 */
import { readlinkSync } from 'node:fs'
import { setTimeout as ms } from 'node:timers/promises'
import test from 'tape'
import { probe } from './network/network.js'
import { type Holding } from './network/orders.js'
import { hosts, plans, Story } from './network/story.js'
import { changesMax, changesPerKind, differences, Expected } from './network/work.js'
import { Program } from './program.js'

const splitMs = 6_000
/** The promise that is tested. */
const healMs = 15_000
const goneMs = 5_000

const machine = await probe()
const mustRun = process.env['CI'] !== undefined
const skip = mustRun ? false : lackOf(machine) ?? false

const spoilers = {
  netem: 'netem', wire: 'test/network/wire.ts, since there is no netem', none: 'nothing, since there is neither netem nor VXLAN'
}

/** Why there can be no such network here. Where it must run, one that nothing spoils is none. */
function lackOf(found: typeof machine): string | null {
  if ('missing' in found) return `there can be no network of our own: ${found.missing}`
  return mustRun && found.shaping === 'none' ? 'there is nothing to spoil the ways with, neither netem nor VXLAN' : null
}

/** Whether a process is in a namespace. One that is over, but that nobody has asked after yet, is not. */
function isInside(pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== ''
  } catch {
    return false
  }
}

test('five hosts on a bad network hold the same within 15 s of a split being healed', { skip }, async (t) => {
  const lack = lackOf(machine)
  if ('missing' in machine || lack !== null) return t.fail(`${lack}. It takes Linux, iproute2, and root or users who may have namespaces.`)
  t.comment(`frames are spoilt by ${spoilers[machine.shaping]}`)
  const story = await Story.begin(t, machine.shaping)
  await story.inStep(hosts)
  story.allWrite()
  await story.wrote(hosts, changesMax / 5)

  story.split('delta', 'epsilon')
  await Promise.all([story.inStep(['alpha', 'beta', 'gamma']), story.inStep(['delta', 'epsilon'])])
  story.tell('both sides have given up the links across the split')
  const { done, claimedBy } = await story.killOnceClaimed('epsilon')
  story.tell(`epsilon is killed, which has made ${done} changes`)
  t.deepEqual(claimedBy, ['delta'], 'what epsilon wrote is held by the one peer that it could reach')
  await story.start('epsilon')
  await story.inStep(['delta', 'epsilon'])
  story.write('epsilon', done)
  await story.wrote(['epsilon'], Math.min(changesMax, done + changesMax / 10))
  await story.lasted(splitMs)

  story.heal()
  const same = await story.same(healMs)
  t.ok(same, 'all hold the same within 15 s')
  if (same) await story.atRest()
  story.tell(same ? 'all changes are made and held by all, and all know it' : 'it is given up')
  const reports = await story.reports()

  const expected = new Expected(plans)
  for (const { host, holding } of reports) {
    t.deepEqual(expected.wrongCounters(holding), [], `${host} counts what all lives of all hosts counted`)
    t.deepEqual(expected.wrongRegisters(holding), [], `${host} holds in every register what somebody wrote last`)
    t.deepEqual(expected.wrongElements(holding), [], `${host} holds the elements of one host as that host left them`)
  }
  for (const [i, { host, holding }] of reports.slice(1).entries()) {
    t.deepEqual(differences(holding, reports[i]?.holding), [], `${host} holds what ${reports[i]?.host} holds`)
  }
})

test('nothing is left of a network whose program was killed', { skip }, async (t) => {
  if ('missing' in machine) return t.fail(machine.missing)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    const program = new Program(t, 'test/network/lost.ts', machine.shaping)
    const [, pids = ''] = await program.says(/^processes: (.+)$/m)
    program.signal(signal)
    const endAt = Date.now() + goneMs
    let left = pids.split(' ').filter(isInside)
    for (; left.length > 0 && Date.now() < endAt; left = left.filter(isInside)) await ms(20)
    t.deepEqual(left, [], signal)
  }
})

test('the work of a host is 2,000 changes of each kind', (t) => {
  for (const [i, plan] of plans.entries()) {
    const count = (kind: string): number => plan.filter((change) => change.kind === kind).length
    t.deepEqual(['counter', 'register', 'set'].map(count), [changesPerKind, changesPerKind, changesPerKind], hosts[i])
  }
  t.end()
})

test('whatever is wrong at a host is found', (t) => {
  const expected = new Expected([
    [{ kind: 'counter', name: 'a', by: 1 }, { kind: 'register', name: 'b', value: 'x' }, { kind: 'set', name: 'c', element: 'd', isIn: true }],
    [{ kind: 'counter', name: 'a', by: 2 }, { kind: 'register', name: 'b', value: 'y' }, { kind: 'set', name: 'c', element: 'all/1', isIn: true }]
  ])
  const right: Holding = { counters: [['a', 3]], registers: [['b', 'y']], sets: [['c', ['all/1', 'd']]] }
  const wrong: Holding = { counters: [['a', 4]], registers: [['b', 'z']], sets: [['c', ['all/1']]] }
  const empty: Holding = { counters: [], registers: [], sets: [] }
  const more: Holding = { counters: [...right.counters, ['e', 0]], registers: [...right.registers, ['e', 1]], sets: [...right.sets, ['e', ['f']]] }
  for (const [name, holding] of Object.entries({ right, wrong, empty, more })) {
    const found = [
      expected.wrongCounters(holding), expected.wrongRegisters(holding), expected.wrongElements(holding), differences(holding, right),
      differences(right, holding)
    ]
    t.deepEqual(found.map((faults) => faults.length > 0), found.map(() => name !== 'right'), name)
  }
  t.end()
})
