/**
 * Simulated networks: a thousand random histories, some told on purpose, and what sessions cost.
 *
 * A seed that fails here is replayed by `npm run sim -- --seed N`; with `SEED=N npm test -- sim` the thousand begin elsewhere.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import test from 'tape'
import { Outbound } from '../lib/gossip/outbound.js'
import { holds } from './property.js'
import { flood, frame, reconnect } from './sim/cost.js'
import { uncapped, plant } from './sim/bugs.js'
import { mortalHistory } from './sim/mortal.js'
import type { MortalOptions } from './sim/mortal.js'
import { runSchedule } from './sim/schedule.js'
import type { ScheduleOptions } from './sim/schedule.js'
import { sent } from './sim/sent.js'
import { cutShort, lateArrival, overload, overstated } from './sim/stories.js'

const from = Number(process.env['SEED'] ?? 1)

function run(count: number, options: ScheduleOptions = {}): { failed: number[]; resending: number; faults: string[] } {
  const verdicts = Array.from({ length: count }, (_, i) => runSchedule(from + i, options))
  const bad = verdicts.filter(({ faults }) => faults.length > 0)
  return {
    failed: bad.map(({ seed }) => seed), resending: verdicts.filter(({ resent }) => resent > 0).length,
    faults: bad.flatMap(({ seed, faults }) => faults.map((fault) => `seed ${seed}: ${fault}`)).slice(0, 10)
  }
}

test('a frame that a simulated link carries comes as its JSON would, is as long as that, and is not the frame that was sent', (t) => {
  const odd = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(undefined, -0, 1e15, 1e15 - 1, 999, 1_000, 2 ** 53, '\ud800', '"\n', new Date(0)))
  const text = fc.string({ unit: 'binary' })
  const part = fc.anything({ key: fc.oneof(text, fc.constant('__proto__')), values: [odd, text, fc.boolean(), fc.constant(null)] })
  holds(t, 'whatever JSON can carry', fc.property(fc.array(part), (whole) => {
    const json = JSON.stringify(whole)
    const { frame, length } = sent(whole)
    return JSON.stringify(frame) === json && isDeepStrictEqual(frame, JSON.parse(json)) && length === json.length && !sharesAny(whole, frame)
  }), 500)
  t.end()
})

/** Whether any list or object that is in one is in the other. */
function sharesAny(one: unknown, other: unknown): boolean {
  const all = new Set<unknown>()
  const within = (value: unknown, found: (part: object) => boolean): boolean => {
    return typeof value === 'object' && value !== null && (found(value) || Object.values(value).some((part) => within(part, found)))
  }
  within(one, (part) => { all.add(part); return false })
  return within(other, (part) => all.has(part))
}

test('after a thousand random histories honest survivors agree, counters are exact, and an idle reconnect sends no change', (t) => {
  t.comment(`seeds ${from} to ${from + 999}`)
  const { faults, resending } = run(1_000)
  t.deepEqual(faults, [], 'nothing is lost, differs, or is sent back')
  t.equal(resending, 0, 'idle reconnects send nothing')
  t.end()
})

test('with registers and sets among the names survivors agree, no add is lost that nobody saw and removed, and nothing removed is in', (t) => {
  const { faults, resending } = run(500, { kinds: true })
  t.deepEqual(faults, [])
  t.equal(resending, 0, 'idle reconnects send nothing')
  t.end()
})

test('hosts whose clocks differ agree on names that end, are revived and made anew, as long as no cut outlasts the grace', (t) => {
  const seeds = Array.from({ length: 600 }, (_, i) => from + i)
  t.deepEqual(seeds.flatMap((seed) => mortalHistory(seed).map((fault) => `seed ${seed}: ${fault}`)).slice(0, 10), [])
  t.end()
})

/** How many histories of names that end leave hosts that differ. */
function differing(count: number, options: MortalOptions): number {
  const seeds = Array.from({ length: count }, (_, i) => from + i)
  return seeds.filter((seed) => mortalHistory(seed, options).length > 0).length
}

test('after cuts that outlast the grace hosts agree again on names that one of them extended, and others dropped', (t) => {
  t.equal(differing(100, { cuts: 3.5 }), 0)
  // Whoever brought a cell had dropped it when its name came back; and a host had got an older one of its own back before the newest.
  for (const seed of [159, 304, 415, 602]) t.deepEqual(mortalHistory(seed, { cuts: 3.5 }), [], `seed ${seed}`)
  const without = Array.from({ length: 40 }, (_, i) => from + i).find((seed) => mortalHistory(seed, { cuts: 3.5, audit: false }).length > 0)
  t.notEqual(without, undefined, `without audits they differ after that of seed ${without}`)
  t.end()
})

test('where one without memory writes to names that end before it is in step, hosts agree as well', (t) => {
  t.equal(differing(300, { eager: true }), 0)
  t.deepEqual(mortalHistory(597, { eager: true }), [], 'also where one drops what it sent a moment ago')
  t.end()
})

test('with room for only three ranges an author the survivors agree as well', (t) => {
  const { faults, resending } = run(200, { rangesMax: 3 })
  t.deepEqual(faults, [])
  t.comment(`${resending} of 200 idle reconnects sent changes again`)
  t.end()
})

test('a liar in have un-converges far fewer histories than if claims were not capped by what was seen', (t) => {
  const capped = run(200, { liar: true }).failed.length
  const undo = plant(uncapped)
  let [believed, of] = [0, 0]
  for (; of < 200 && believed <= Math.max(50, 10 * capped); of += 1) believed += runSchedule(from + of, { liar: true }).faults.length > 0 ? 1 : 0
  undo()
  t.comment(`capped ${capped} of 200, not capped ${believed} of ${of}`)
  t.ok(believed > 50, 'the lie would do harm')
  t.ok(capped * 10 < believed, 'and does little')
  t.end()
})

test('a host that holds part of a lost author and is told it holds all gets the rest by an audit', (t) => {
  t.equal(overstated(false), 19, 'without audits it asks nobody')
  t.equal(overstated(true), 0)
  t.end()
})

test('a cell that arrives late, in the middle of a catch-up, keeps no other from being sent', (t) => {
  t.equal(lateArrival(), 0)
  t.end()
})

test('of what came before a cut that claimed nothing only the lowest ranges are sent again, those beyond the bound', (t) => {
  t.equal(cutShort(32, 100, 33), 0)
  t.equal(cutShort(40, 100, 33), 7)
  t.equal(cutShort(40, 100, 3), 37)
  t.end()
})

test('under overload every warm cell is sent, and claims are made', (t) => {
  const { neverSent, claims } = overload()
  t.equal(neverSent, 0)
  t.ok(claims >= 2, `${claims} claims in 20 s`)
  t.end()
})

test('without rounds the same overload starves cells and claims', (t) => {
  const outbound = Outbound.prototype as unknown as { mayBeginRound: () => void }
  const real = outbound.mayBeginRound
  outbound.mayBeginRound = () => {}
  const { neverSent, claims } = overload()
  outbound.mayBeginRound = real
  t.ok(neverSent > 0, `${neverSent} of 1000 cells never sent`)
  t.ok(claims < 2, `${claims} claims`)
  t.end()
})

test('an idle reconnect takes no more than 100 bytes each way beside the names of the hosts, for any number of authors', (t) => {
  for (const lives of [3, 100]) {
    const { changes, bytesEachWay } = reconnect(lives, 0)
    t.equal(changes, 0, `no change at ${lives} authors`)
    t.ok(Math.max(...bytesEachWay) <= 100, `${bytesEachWay.join(' and ')} bytes at ${lives} authors`)
  }
  t.end()
})

test('a reconnect with ten changes sends ten', (t) => {
  for (const lives of [3, 100]) {
    const { changes, bytes } = reconnect(lives, 10)
    t.equal(changes, 10, `${bytes} bytes at ${lives} authors`)
  }
  t.end()
})

test('a change takes at most 100 bytes alone and 30 in a large batch, with a name of 16 bytes', (t) => {
  t.ok(frame(1).bytes <= 100, `${frame(1).bytes} bytes alone`)
  t.ok(frame(1_000).bytesEach <= 30, `${frame(1_000).bytesEach} bytes in a batch`)
  t.end()
})

test('on a ring of eight with chords a write is sent at most 2E − (N − 1) times', (t) => {
  for (const together of [false, true]) {
    const { perWrite, most } = flood(together)
    t.ok(perWrite <= most, `${perWrite} of at most ${most}, ${together ? 'all at once' : 'one by one'}`)
    t.ok(perWrite >= 7, 'and reaches the seven others')
  }
  t.end()
})
