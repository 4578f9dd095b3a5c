/**
 * Stamps of registers (a hybrid logical clock): they rise whatever the system's clock does, stay near it, and follow what was seen.
 */
import fc from 'fast-check'
import test from 'tape'
import { StampClock, stampMax, stampsPerMs, type Stamp } from '../lib/log/stamp.js'
import { holds } from './property.js'

const skewMsMax = 1_000
const noon = 1_700_000_000_000

function newClock(): StampClock {
  return new StampClock({ skewMsMax })
}

/** The first stamp of a millisecond. */
function at(ms: number): Stamp {
  return ms * stampsPerMs
}

/** What a clock shows that jumps back and forth by less than clocks may differ, fractions of a millisecond included. */
const jump = fc.oneof(fc.nat(skewMsMax - 2), fc.double({ min: 0, max: skewMsMax - 2, noNaN: true }))
const jumps = fc.array(jump, { minLength: 1, maxLength: 200 })

test('the first stamp is that of the clock, in whole milliseconds', (t) => {
  t.equal(newClock().issue(noon, 0), at(noon))
  t.equal(newClock().issue(noon + 0.999, 0), at(noon))
  t.equal(newClock().issue(0, 0), 1, 'at the very beginning of time it is above what was never stamped')
  t.end()
})

test('stamps rise strictly though the clock jumps back and forth, and stay at most as far ahead as it jumped', (t) => {
  holds(t, 'within what clocks may differ', fc.property(jumps, (offsets) => {
    const clock = newClock()
    let last = 0
    return offsets.every((offset) => {
      const now = noon + offset
      const stamp = clock.issue(now, 0)
      const fine = stamp > last && Number.isSafeInteger(stamp) && stamp >= at(Math.floor(now)) && clock.aheadMs(stamp, now) === 0
      last = stamp
      return fine
    })
  }), 500)
  t.end()
})

test('the stamps of one register rise strictly, wherever the clock goes', (t) => {
  const anywhere = fc.array(fc.oneof(fc.nat(5_000), fc.maxSafeNat().map((n) => n % (2 * noon))), { maxLength: 100 })
  holds(t, 'from any moment to any other', fc.property(anywhere, (moments) => {
    const clock = newClock()
    let last = 0
    return moments.every((now) => {
      const stamp = clock.issue(now, last)
      const fine = stamp > last && stamp >= at(now)
      last = stamp
      return fine
    })
  }), 500)
  t.end()
})

test('a stamp follows every one that was witnessed, and one that is behind changes nothing', (t) => {
  const clock = newClock()
  clock.witness(at(noon + 500) + 7)
  t.equal(clock.issue(noon, 0), at(noon + 500) + 8)
  clock.witness(at(noon))
  t.equal(clock.issue(noon, 0), at(noon + 500) + 9)
  t.equal(clock.issue(noon + 501, 0), at(noon + 501), 'and the clock leads again once it has come by')
  t.end()
})

test('a stamp follows the one it is to replace, and so do those after it', (t) => {
  const clock = newClock()
  t.equal(clock.issue(noon, at(noon + 3)), at(noon + 3) + 1)
  t.equal(clock.issue(noon, 0), at(noon + 3) + 2)
  t.equal(clock.issue(noon, at(noon) - 1), at(noon + 3) + 3, 'one that is behind is followed already')
  t.end()
})

test('more than 1,024 stamps in one millisecond run over into the next, and the clock takes up from there', (t) => {
  const clock = newClock()
  const stamps = Array.from({ length: 2_500 }, () => clock.issue(noon, 0))
  t.equal(stampsPerMs, 1_024)
  t.deepEqual([stamps[0], stamps[1_023], stamps[1_024], stamps[2_499]], [at(noon), at(noon + 1) - 1, at(noon + 1), at(noon) + 2_499])
  t.equal(new Set(stamps).size, 2_500)
  t.equal(clock.issue(noon + 1, 0), at(noon) + 2_500, 'a clock that has not come by yet waits')
  t.equal(clock.issue(noon + 3, 0), at(noon + 3))
  t.end()
})

test('a stamp skewMsMax ahead is not too far ahead, and one stamp above it is', (t) => {
  const clock = newClock()
  const most = at(noon + skewMsMax)
  t.equal(clock.aheadMs(most, noon), 0)
  t.equal(clock.aheadMs(most + 1, noon), 1, 'by a millisecond begun')
  t.equal(clock.aheadMs(most + stampsPerMs, noon), 1)
  t.equal(clock.aheadMs(most + stampsPerMs + 1, noon), 2)
  t.equal(clock.aheadMs(0, noon), 0, 'and what is behind is not')
  t.deepEqual([clock.aheadMs(most, noon + 0.9), clock.aheadMs(most + 1, noon + 0.9)], [0, 1], 'by whole milliseconds of the clock')
  t.end()
})

test('after as many milliseconds as a stamp is too far ahead, it no longer is, and not before', (t) => {
  const clock = newClock()
  const stamps = fc.integer({ min: at(noon), max: at(noon + 10 * skewMsMax) })
  const fractions = fc.double({ min: 0, max: 0.999, noNaN: true })
  holds(t, 'whatever the fraction of the clock', fc.property(stamps, fractions, (stamp, fraction) => {
    const now = noon + fraction
    const ahead = clock.aheadMs(stamp, now)
    return clock.aheadMs(stamp, now + ahead) === 0 && (ahead === 0 || clock.aheadMs(stamp, now + ahead - 1) > 0)
  }), 500)
  t.end()
})

test('a clock set back by skewMsMax keeps its lead, and set back by more it forgets it', (t) => {
  const back = (ms: number): StampClock => {
    const clock = newClock()
    clock.issue(noon + ms, 0)
    return clock
  }
  t.equal(back(skewMsMax).issue(noon, 0), at(noon + skewMsMax) + 1)
  const clock = back(skewMsMax + 1)
  t.equal(clock.issue(noon, 0), at(noon))
  t.equal(clock.issue(noon, 0), at(noon) + 1, 'and rises from there')
  t.equal(back(1e9).issue(noon, at(noon + 7)), at(noon + 7) + 1, 'though not behind what is to be replaced')
  t.end()
})

test('a stamp of today is a safe integer, and will be until the year 2248', (t) => {
  t.equal(new Date(Math.floor(stampMax / stampsPerMs)).getUTCFullYear(), 2248)
  t.ok(at(noon) < stampMax)
  t.end()
})

/** Something a host does: it writes, it tells another where it is, or it hears what was told to it. Time passes before. */
const what = fc.constantFrom('write', 'tell', 'hear')
const step = fc.record({ host: fc.nat(4), what, to: fc.nat(4), after: fc.nat(3), jitter: fc.nat(100) })

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Plays a schedule; says whether each write was stamped after all that had happened before it, and nothing told was too far ahead. */
function isCausal(skews: readonly number[], steps: readonly Step[]): boolean {
  const hosts = skews.map((skew) => ({ skew, clock: newClock(), past: 0, mail: [] as Stamp[] }))
  let now = noon
  let fine = true
  for (const { host, what, to, after, jitter } of steps) {
    now += after
    const me = hosts[host % hosts.length] as (typeof hosts)[number]
    // Clocks are not only apart, they are also set a little now and then.
    const mine = now + Math.max(0, me.skew - jitter)
    if (what === 'write') {
      const stamp = me.clock.issue(mine, 0)
      fine &&= stamp > me.past
      me.past = stamp
    } else if (what === 'tell') {
      hosts[to % hosts.length]?.mail.push(me.past)
    } else {
      for (const stamp of me.mail.splice(0)) {
        fine &&= me.clock.aheadMs(stamp, mine) === 0
        me.clock.witness(stamp)
        me.past = Math.max(me.past, stamp)
      }
    }
  }
  return fine
}

test('what happened before is stamped before, at whatever host, while clocks differ by less than skewMsMax', (t) => {
  const skews = fc.array(fc.nat(skewMsMax - 2), { minLength: 2, maxLength: 5 })
  holds(t, 'in any schedule of writes and messages', fc.property(skews, fc.array(step, { maxLength: 300 }), isCausal), 1_000)
  t.end()
})
