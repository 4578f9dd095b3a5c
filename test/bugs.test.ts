/**
 * Planted bugs: each is found by a history, or a checker is missing.
 */
import test from 'tape'
import { auditBugs } from './sim/auditbugs.js'
import { doubleBugs } from './sim/doublebugs.js'
import { bugs as others, faultsAt, find, type Bug } from './sim/bugs.js'
import { asksOthers, doubtsLiars, doubtsWriters, endedApart, foundAtEnds, hidden, keptAgain, lateArrival, mended, servesAll, tooFarAhead, unknownEnd } from './sim/stories.js'

const seedMax = 2_000
const bugs = [...others, ...auditBugs, ...doubleBugs]

/** The histories that found them, each once. */
const finders = new Map<string, { seed: number; bug: Bug }>()

for (const bug of bugs) {
  test(`the simulator finds it when ${bug.name}`, (t) => {
    const found = find(bug, seedMax)
    t.notEqual(found, null, found === null ? `no history up to ${seedMax} finds it` : `found by ${found === 'story' ? 'a story' : `seed ${found}`}`)
    if (typeof found === 'number') finders.set(JSON.stringify([bug.history, bug.options, found]), { seed: found, bug })
    t.end()
  })
}

test('without a bug the histories that found them pass', (t) => {
  for (const { seed, bug } of finders.values()) t.deepEqual(faultsAt(seed, bug), [], `${bug.history ?? 'plain'} seed ${seed}`)
  t.notOk(tooFarAhead() || lateArrival() > 0 || !asksOthers() || !servesAll() || keptAgain() > 0, 'and so do the stories')
  t.ok(mended('left') && mended('right') && hidden() && unknownEnd() && doubtsLiars() && !doubtsWriters() && foundAtEnds() === 0 && endedApart('neighbour') === 0, 'those of audits too')
  t.end()
})
