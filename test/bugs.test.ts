/**
 * Planted bugs: each is found by a history, or a checker is missing.
 */
import test from 'tape'
import { bugs, find } from './sim/bugs.js'
import { mortalHistory } from './sim/mortal.js'
import { runSchedule } from './sim/schedule.js'

const seedMax = 2_000

for (const bug of bugs) {
  test(`the simulator finds it when ${bug.name}`, (t) => {
    const found = find(bug, seedMax)
    t.notEqual(found, null, found === null ? `no history up to ${seedMax} finds it` : `found by ${found === 'story' ? 'a story' : `seed ${found}`}`)
    t.end()
  })
}

test('without a bug the histories that found them pass', (t) => {
  for (const { seed, options, mortal } of bugs) {
    if (seed === undefined) continue
    t.deepEqual(mortal === true ? mortalHistory(seed) : runSchedule(seed, options).faults, [], `seed ${seed}`)
  }
  t.end()
})
