/**
 * A hub of ours with peers that are played by hand: they say hello, take every frame as bytes, and acknowledge nothing.
 */
import { setImmediate } from 'node:timers/promises'
import type { System } from './system.js'
import { doubleline, type Ours } from './systems/ours.js'

type Read = (abort: boolean | null, cb: (end: Error | boolean | null, bytes?: Uint8Array) => void) => void

/** Microseconds of CPU that a change takes the hub, its peers and the turns between included. */
export async function fan(system: System, peers: number, rounds: number): Promise<number> {
  const { store } = system as Ours
  for (let i = 0; i < peers; i += 1) {
    const stream = store.createStream()
    const frames: unknown[] = [{ v: 1, h: `p${i}`, i: '1', x: '0'.repeat(32), f: ['mute'] }, { a: {}, u: 0 }]
    stream.sink((abort, cb) => {
      if (abort) cb(abort)
      else if (frames.length > 0) cb(null, frames.shift())
    })
    take(doubleline.stringify()(stream.source))
  }
  const counter = store.counter('hot')
  let from = process.cpuUsage()
  // The first fifth warms up.
  for (let round = -rounds / 4; round < rounds; round += 1) {
    if (round === 0) from = process.cpuUsage()
    counter.increment(1)
    // Sessions are woken, and then served, when the turn is over.
    for (let turns = 0; turns < 3; turns += 1) await setImmediate()
  }
  const { user, system: kernel } = process.cpuUsage(from)
  const { sentChanges } = store.statistics()
  if (sentChanges < rounds * peers) throw new Error(`${sentChanges} changes were sent, not ${rounds} to each of ${peers}`)
  return (user + kernel) / rounds
}

function take(read: Read): void {
  const next = (): void => read(null, (end) => { if (end === null || end === false) next() })
  next()
}
