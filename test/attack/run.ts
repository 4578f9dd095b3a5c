/**
 * The figures under sybils: 200 honest hosts, 4,000 hostile sessions.
 *
 *     npm run sybils                                         all four ways, and none for comparison
 *     npm run sybils -- --hosts 50 --sessions 1000 --seed 7
 */
import { parseArgs } from 'node:util'
import { behaviours, siegeOf, type Behaviour } from './sybils.js'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '200' }, sessions: { type: 'string', default: '4000' }, seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' }
  }
})
const [hosts, sessions, seconds, rate, seed] = [values.hosts, values.sessions, values.seconds, values.rate, values.seed].map(Number) as [number, number, number, number, number]
console.log(`${hosts} honest hosts, ${sessions} hostile sessions, ${rate} writes a second for ${seconds} s of virtual time, seed ${seed}`)
let failed = false
for (const behaviour of [null, ...Object.keys(behaviours)] as (Behaviour | null)[]) {
  const { delivered, missed, p50Ms, p99Ms, maxMs, cells, authors, entries, faults } = siegeOf({ behaviour, hosts, sessions, seconds, rate, seed })
  const name = behaviour === null ? 'nobody' : behaviours[behaviour]
  console.log(`${name.padEnd(13)} delivered ${delivered}, missed ${missed}; p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms; ${cells} cells, ${authors} authors, ${entries} entries in the sessions of a host`)
  for (const fault of faults) console.log(`  ${fault}`)
  failed ||= missed > 0 || faults.length > 0 || p99Ms > 1_600
}
process.exitCode = failed ? 1 : 0
