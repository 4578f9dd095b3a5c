/**
 * Hosts with journals that crash, in virtual time: what was acknowledged as kept is never lost, no seq is ever two changes, no life is begun
 * without need; and each rule that looks right, and is not, is found.
 */
import test from 'tape'
import { journaled, type JournaledOptions } from './sim/journaled.js'
import { journalBugs } from './sim/journalbugs.js'
import { find } from './sim/bugs.js'

const histories = Number(process.env['HISTORIES'] ?? 40)
const seed = Number(process.env['SEED'] ?? 1)

/** What is wrong in some histories, by seed. */
function faults(options: JournaledOptions): string[] {
  const all: string[] = []
  for (let i = seed; i < seed + histories; i += 1) all.push(...journaled(i, options).map((fault) => `seed ${i}: ${fault}`))
  return all
}

const sorts: Record<string, JournaledOptions> = {
  'crashes': {}, 'crashes and full disks': { full: true }, 'crashes and names that end': { mortal: true, full: true }, 'losses of power amid batches': { power: true }, 'losses of power and full disks': { power: true, full: true },
  'crashes and keys that are lost': { lost: true }, 'crashes, full disks, names that end and keys that are lost': { lost: true, full: true, mortal: true },
  'crashes and events': { events: true }, 'crashes, full disks and events': { events: true, full: true }, 'crashes and few events kept': { events: true, tight: true }, 'crashes and events that end soon': { events: true, brief: true },
  'losses of power and events': { events: true, power: true }
}

for (const [sort, options] of Object.entries(sorts)) {
  test(`${sort}: nothing acknowledged is lost, and all come to the same`, (t) => {
    t.deepEqual(faults(options), [], `${histories} histories from seed ${seed}`)
    t.end()
  })
}

test('an author of whom only what is over comes after a restart is heard on from where it was', (t) => {
  t.deepEqual(journaled(86, { events: true, brief: true }), [])
  t.end()
})

for (const bug of journalBugs) {
  test(`it is found when ${bug.name}`, (t) => {
    // An audit would mend what some of them break.
    const faultsAt = (i: number): string[] => journaled(i, { ...bug.journal, audit: false })
    const found = find(bug, 400, faultsAt)
    t.notEqual(found, null, found === null ? 'no history up to 400 finds it' : `found by seed ${found}`)
    if (typeof found === 'number') t.deepEqual(faultsAt(found), [], 'without it that history passes')
    t.end()
  })
}
