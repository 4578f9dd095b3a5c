/**
 * Dial decisions, without IO: one link per pair in many thousands of random rounds, what is decided when, and how many dials it takes to
 * heal a network.
 *
 * ROUNDS=100000 plays more; SEED=… begins elsewhere.
 */
import test from 'tape'
import { Backoff } from '../lib/dial/backoff.js'
import { VirtualClock } from '../lib/sim/clock.js'
import { Chance } from '../lib/sim/chance.js'
import { limits } from '../lib/limits.js'
import { dialBugs } from './dial/bugs.js'
import { Party, World } from './dial/party.js'
import { Record } from './dial/record.js'
import { runRound } from './dial/round.js'
import { plant } from './sim/bugs.js'

const rounds = Number(process.env.ROUNDS ?? 10_000)
const from = Number(process.env.SEED ?? 1)

function wrongOf(seed: number): string[] {
  try {
    return runRound(seed).wrong
  } catch (error) {
    return [String(error)]
  }
}

test(`both ends keep the same single link, and lose none without need, in ${rounds} rounds from seed ${from} on`, (t) => {
  const failed: string[] = []
  for (let seed = from; seed < from + rounds && failed.length < 5; seed += 1) {
    const wrong = wrongOf(seed)
    if (wrong.length > 0) failed.push(`seed ${seed}: ${wrong.join('; ')}`)
  }
  t.deepEqual(failed, [])
  t.end()
})

for (const bug of dialBugs) {
  test(`it is found if ${bug.name}`, (t) => {
    const undo = plant(bug)
    const found = bug.story === undefined ? wrongOf(bug.seed ?? 1).length > 0 : bug.story()
    undo()
    t.ok(found)
    t.notOk(bug.story === undefined ? wrongOf(bug.seed ?? 1).length > 0 : bug.story(), 'and nothing, when it is removed')
    t.end()
  })
}

test('the end of the smaller host decides, and takes the first link; the other takes what it is told', (t) => {
  const [a, b] = [new Record('a'), new Record('b')]
  const [theirs, ours] = [a.accept(), a.accept()]
  a.meet(theirs, 'b', 0)
  a.meet(ours, 'b', 1)
  t.deepEqual(a.done(), ['say 1: 1', 'probe 1'], 'the first stands, and has to prove itself before the second is closed')
  a.dial.answered(theirs, 2)
  t.deepEqual(a.done(), ['close 2: duplicate'])

  const [one, two] = [b.accept(), b.accept()]
  b.meet(one, 'a', 0)
  b.meet(two, 'a', 0)
  t.deepEqual([b.done(), b.dial.link('a')], [['say 1: 0', 'say 2: 0'], null])
  b.dial.hear(two, { choice: 1, keeps: true, uris: [] }, 1)
  t.deepEqual([b.done(), b.dial.link('a')], [['connect a by 2, new'], two], 'and closes nothing by itself')
  t.end()
})

test('hosts are compared as bytes of UTF-8', (t) => {
  const record = new Record('\u{1f600}')
  record.meet(record.accept(), '\uffee', 0)
  t.deepEqual(record.done(), ['say 1: 0'], 'the one beyond the basic plane is the greater, though not in UTF-16')
  t.end()
})

test('a link that does not answer its probe gives way, under the same life or a new one', (t) => {
  for (const life of ['life1', 'life2']) {
    const a = new Record('a', { probeMs: 1_000 })
    const [old, young] = [a.accept(), a.accept()]
    a.meet(old, 'b', 0)
    a.dial.hear(old, { choice: 0, keeps: true, uris: [] }, 0)
    a.meet(young, 'b', 500, life)
    a.dial.hear(young, { choice: 0, keeps: true, uris: [] }, 500)
    a.done()
    a.dial.tick(1_499)
    t.deepEqual([a.done(), a.dial.deadlineAt], [[], 1_500])
    a.dial.tick(1_500)
    t.deepEqual(a.done(), ['close 1: timeout', 'say 2: 2', 'connect b by 2, moved'], life)
  }
  t.end()
})

test('who does not decide asks for a proof, too, when the deciding host comes under another life', (t) => {
  const b = new Record('b')
  const [old, young] = [b.accept(), b.accept()]
  b.meet(old, 'a', 0)
  b.dial.hear(old, { choice: 7, keeps: true, uris: [] }, 0)
  b.meet(young, 'a', 1, 'life2')
  b.done()
  b.dial.hear(young, { choice: 1, keeps: true, uris: [] }, 1)
  t.deepEqual(b.done(), ['probe 1'])
  b.end(old, 2)
  t.equal(b.dial.link('a'), young, 'or takes the other at once when the old is gone')
  t.end()
})

test('a link that neither end keeps is closed when both have said so', (t) => {
  const a = new Record('a')
  const link = a.accept()
  a.meet(link, 'b', 0)
  a.dial.hear(link, { choice: 0, keeps: true, uris: ['m:b'] }, 1)
  t.deepEqual(a.done(), ['say 1: 1', 'connect b by 1, new'])
  a.dial.hear(link, { choice: 0, keeps: false, uris: ['m:b'] }, 2)
  t.deepEqual(a.done(), ['close 1: unkept', 'disconnect b'])
  t.end()
})

test('a host that dialled here is dialled back where it says it listens, if it is kept', (t) => {
  const a = new Record('a')
  const link = a.accept()
  a.meet(link, 'b', 0)
  a.dial.hear(link, { choice: 0, keeps: true, uris: ['m:b'] }, 0)
  a.dial.keep('b', true, 1)
  a.done()
  a.end(link, 2)
  t.deepEqual(a.done(), ['back off from b: 200 ms, 1'])
  a.dial.tick(202)
  t.deepEqual(a.done(), ['dial m:b'])
  t.end()
})

test('one that says that it leaves is kept no longer', (t) => {
  const a = new Record('a')
  a.dial.connect(['m:b'], 0)
  const link = a.dialled()
  a.meet(link, 'b', 0)
  a.dial.hear(link, { choice: 0, keeps: false, uris: [] }, 0)
  a.done()
  a.end(link, 1, { left: true })
  t.deepEqual([a.done(), a.dial.deadlineAt], [['forget b', 'disconnect b'], Infinity])
  t.end()
})

test('an address that leads to oneself is dialled no more', (t) => {
  const a = new Record('a')
  a.dial.connect(['m:a'], 0)
  a.end(a.dialled(), 1, { mirrored: true, error: new Error('self') })
  t.deepEqual([a.done(), a.dial.deadlineAt], [['expect m:a', 'dial m:a', 'forget m:a'], Infinity])
  a.dial.connect(['m:a', 'm:b'], 2)
  a.end(a.dialled(), 3, { mirrored: true, error: new Error('self') })
  t.deepEqual(a.done(), ['expect m:a', 'dial m:a', 'expect m:b', 'forget m:a', 'dial m:b'], 'the others of the same host are')
  t.end()
})

test('an address at which another host is met is the other host\'s', (t) => {
  const a = new Record('a')
  a.dial.connect(['m:x'], 0)
  const first = a.dialled()
  a.meet(first, 'b', 0)
  a.dial.hear(first, { choice: 0, keeps: false, uris: [] }, 0)
  a.end(first, 1)
  a.dial.tick(1_000)
  a.done()
  a.meet(a.dialled(), 'c', 1_001)
  t.deepEqual(a.done(), ['expect c', 'forget b', 'disconnect b', 'say 2: 2 kept'])
  t.deepEqual([a.dial.keeps('b'), a.dial.keeps('c')], [false, true])
  t.end()
})

test('two addresses that lead to one host are one target', (t) => {
  const a = new Record('a')
  a.dial.connect(['m:1'], 0)
  const first = a.dialled()
  a.dial.connect(['m:2'], 0)
  const second = a.dialled()
  a.meet(first, 'b', 1)
  a.meet(second, 'b', 1)
  t.deepEqual([a.dial.addresses('b'), a.dial.hosts()], [['m:1', 'm:2'], ['b']])
  t.end()
})

test('the addresses of a host have their turns, and the bound doubles when all had theirs', (t) => {
  const a = new Record('a')
  a.dial.connect(['m:1', 'm:2'], 0)
  for (let i = 0; i < 4; i += 1) {
    const call = a.calls.at(-1)
    if (call !== undefined) a.dial.failed(call, null, i * 1_000)
    a.dial.tick((i + 1) * 1_000)
  }
  t.deepEqual(a.done().slice(1), [
    'dial m:1', 'back off from m:1: 200 ms, 1', 'dial m:2', 'back off from m:1: 200 ms, 2',
    'dial m:1', 'back off from m:1: 400 ms, 3', 'dial m:2', 'back off from m:1: 400 ms, 4', 'dial m:1'
  ])
  t.end()
})

test('waits are any below their bound, which doubles up to the greatest', (t) => {
  const highest = new Backoff({ backoffMsMin: 100, backoffMsMax: 1_000 }, () => 1)
  t.deepEqual(Array.from({ length: 6 }, () => highest.next(1)), [100, 200, 400, 800, 1_000, 1_000])
  highest.reset()
  t.equal(highest.next(1), 100)
  const lowest = new Backoff({ backoffMsMin: 100, backoffMsMax: 1_000 }, () => 0)
  t.deepEqual(Array.from({ length: 3 }, () => lowest.next(1)), [0, 0, 0])
  const tired = new Backoff(limits, () => 1)
  for (let i = 0; i < 5_000; i += 1) tired.next(1)
  t.equal(tired.next(1), limits.backoffMsMax, 'and after thousands of failures as well')
  t.end()
})

/** Hosts in a ring with chords, each of which keeps the next three. */
function network(size: number): { world: World; parties: Party[]; start: (i: number, life: string) => void } {
  const chance = new Chance(7)
  const clock = new VirtualClock()
  const world = new World(clock, () => chance.next(), 20)
  const parties: Party[] = []
  const start = (i: number, life: string): void => {
    const party = new Party(world, `host ${i}`, life, `m:${i}`)
    parties[i] = party
    for (const step of [1, 2, 5]) party.run(() => party.dial.connect([`m:${(i + step) % size}`], clock.now()))
  }
  for (let i = 0; i < size; i += 1) start(i, 'life1')
  clock.run(30_000)
  return { world, parties, start }
}

function links(parties: readonly Party[]): number {
  return parties.reduce((sum, { ends }) => sum + ends.size, 0) / 2
}

/** The most dials in any tenth of a second. */
function peak(dialledAt: readonly number[]): number {
  const sorted = [...dialledAt].sort((a, b) => a - b)
  return Math.max(0, ...sorted.map((at, i) => sorted.findIndex((other, j) => j >= i && other > at + 100) - i))
}

test('after a two-minute partition everything heals unattended, without a stampede', (t) => {
  const size = 40
  const { world, parties } = network(size)
  t.equal(links(parties), 3 * size, 'all are linked')
  const half = parties.slice(0, size / 2)
  const cut = [...world.wires].filter(({ left, right }) => half.includes(left.party) !== half.includes(right.party))
  for (const party of half) world.cut.add(party)
  for (const wire of cut) wire.die(1, 1)
  world.dialledAt.length = 0
  world.clock.run(120_000)
  const during = world.dialledAt.length
  world.cut.clear()
  world.dialledAt.length = 0
  const healedAt = world.clock.now()
  while (links(parties) < 3 * size && world.clock.now() < healedAt + 120_000) world.clock.run(100)
  const ms = world.clock.now() - healedAt
  t.equal(links(parties), 3 * size, `all are linked again after ${ms} ms`)
  t.ok(ms <= limits.backoffMsMax + limits.dialMs + 1_000, 'no later than the longest wait and a dial')
  t.ok(during <= cut.length * 20, `${during} dials in the two minutes, for ${cut.length} links`)
  t.ok(world.dialledAt.length <= 3 * cut.length, `${world.dialledAt.length} to heal`)
  t.ok(peak(world.dialledAt) <= cut.length / 3, `at most ${peak(world.dialledAt)} in a tenth of a second`)
  t.end()
})

test('when all hosts start anew at once, each link is dialled little more than once', (t) => {
  const size = 40
  const { world, parties, start } = network(size)
  for (const party of [...parties]) party.crash(1)
  world.clock.run(10)
  world.dialledAt.length = 0
  parties.forEach((_, i) => start(i, 'life2'))
  world.clock.run(5_000)
  t.equal(links(parties), 3 * size)
  t.ok(world.dialledAt.length <= 3 * size * 1.5, `${world.dialledAt.length} dials for ${3 * size} links`)
  t.end()
})

test('when one host that all keep starts anew, they do not all come at once', (t) => {
  const chance = new Chance(3)
  const clock = new VirtualClock()
  const world = new World(clock, () => chance.next(), 5)
  let hub = new Party(world, 'hub', 'life1', 'm:hub')
  const spokes = Array.from({ length: 150 }, (_, i) => new Party(world, `spoke ${i}`, 'life1', null))
  for (const spoke of spokes) spoke.run(() => spoke.dial.connect(['m:hub'], clock.now()))
  clock.run(20_000)
  t.equal(hub.ends.size, 150)
  hub.crash(1)
  world.dialledAt.length = 0
  clock.run(2_000)
  hub = new Party(world, 'hub', 'life2', 'm:hub')
  const dials = world.dialledAt.length
  world.dialledAt.length = 0
  clock.run(10_000)
  t.equal(hub.ends.size, 150, 'all are back')
  t.ok(dials < 150 * 8, `${dials} dials while it was down for two seconds`)
  t.ok(peak(world.dialledAt) < 30, `at most ${peak(world.dialledAt)} in a tenth of a second`)
  t.end()
})
