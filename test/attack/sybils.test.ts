/**
 * Twenty hostile sessions for each honest host, in four ways; `npm run sybils` is the same with 200 hosts and 4,000 sessions.
 */
import test from 'tape'
import { Gossip } from '../../lib/gossip/gossip.js'
import type { Author } from '../../lib/log/author.js'
import { plant, uncapped, type Bug } from '../sim/bugs.js'
import { behaviours, siegeOf, type Behaviour } from './sybils.js'

const size = { hosts: 20, sessions: 400, seconds: 4, rate: 8, seed: Number(process.env.SEED ?? 1) }

/** GossipSub v1.1's figure for the 99th percentile under attack, in virtual time. */
const p99MsMax = 1_600

for (const behaviour of Object.keys(behaviours) as Behaviour[]) {
  test(`twenty times as many sybils, ${behaviours[behaviour]}, keep no change from any honest host, nor make it late, nor cost more than the bounds`, (t) => {
    t.comment(`SEED=${size.seed}`)
    const { delivered, missed, p50Ms, p99Ms, maxMs, cells, authors, entries, open, faults } = siegeOf({ ...size, behaviour })
    t.comment(`${delivered} delivered: half within ${p50Ms} ms, 99 of 100 within ${p99Ms}, all within ${maxMs}; ${entries} entries in all sessions of a host, ${open} sybils stayed`)
    t.deepEqual([missed, faults], [0, []])
    t.ok(p99Ms <= p99MsMax, `${p99Ms} ms`)
    t.ok(cells <= 60 && authors <= size.hosts, `${cells} cells of ${authors} authors`)
    t.ok(entries < 200 * 30, `${entries} entries`)
    t.end()
  })
}

/** Sound among honest hosts, and fatal among these. */
const credulous: Bug = {
  name: 'what a peer claims is believed, and what is believed to be held is not taken',
  lay: (over) => {
    uncapped.lay(over)
    over(Gossip.prototype, 'learn', (real) => function (this: Gossip, ...args: never[]) {
      const [author, seq] = args as unknown as [Author, number]
      return author.held.covers(seq) ? 'duplicate' : real.apply(this, args)
    })
  }
}

test(`it is found out when ${credulous.name}`, (t) => {
  const calm = { ...size, seconds: 2 }
  const undo = plant(credulous)
  const [alone, besieged] = [siegeOf({ ...calm, behaviour: null }), siegeOf({ ...calm, behaviour: 'silent' })]
  undo()
  t.equal(alone.missed, 0, 'not among honest hosts')
  t.ok(besieged.missed > 0, `but ${besieged.missed} changes never came among sybils`)
  t.end()
})
