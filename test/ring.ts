/**
 * Events through a ring of three buses, as many as are asked for, by an emitter that waits when it is told to.
 *
 *     node --import tsx test/ring.ts 1000000
 *
 * Fails if one is not heard, is heard twice or out of order, or if more is kept than `bufferMax` and what is under way.
 */
import { isMainThread } from 'node:worker_threads'
import { createBus, link, type Bus } from '../index.js'

/** What it came to. */
export type Ring = { heard: number[]; faults: string[]; keptMax: number; heapMaxMb: number }

export async function ring(count: number, bufferMax = 1_000): Promise<Ring> {
  const buses = ['a', 'b', 'c'].map((host) => createBus({ host, bufferMax, expect: ['a', 'b', 'c'].filter((other) => other !== host) }))
  const [a, b, c] = buses as [Bus, Bus, Bus]
  for (const [left, right] of [[a, b], [b, c], [c, a]] as const) link(left, right)
  const heard = [0, 0]
  const faults: string[] = []
  ;[b, c].forEach((bus, i) => {
    bus.on('n', (n) => {
      const due = (heard[i] ?? 0) + 1
      if (n !== due && faults.length < 10) faults.push(`${bus.host} heard ${String(n)} when ${due} was due`)
      heard[i] = due
    })
    bus.stream.on('gap', ({ from, to }) => faults.push(`${bus.host} was told of a gap from ${from} to ${to}`))
  })
  let [keptMax, heapMaxMb] = [0, 0]
  for (let n = 1; n <= count; n += 1) {
    if (!a.emit('n', n)) await a.drained()
    if (n % 10_000 !== 0) continue
    for (const { statistics } of buses.map((bus) => ({ statistics: keptBy(bus) }))) keptMax = Math.max(keptMax, statistics)
    heapMaxMb = Math.max(heapMaxMb, Math.round(process.memoryUsage().heapUsed / 1e6))
  }
  await a.settled({ peers: 2 })
  await Promise.all(buses.map((bus) => bus.end()))
  return { heard, faults, keptMax, heapMaxMb }
}

/** How many events a bus keeps. */
function keptBy(bus: Bus): number {
  return bus['core'].statistics().cells
}

if (isMainThread && process.argv[1]?.endsWith('ring.ts') === true) {
  const count = Number(process.argv[2] ?? 1_000_000)
  const { heard, faults, keptMax, heapMaxMb } = await ring(count)
  console.log(`${count} events; heard ${heard.join(' and ')}; at most ${keptMax} kept; heap at most ${heapMaxMb} MB; ${faults.length === 0 ? 'all well' : faults.join('\n')}`)
  process.exitCode = faults.length === 0 && heard.every((one) => one === count) ? 0 : 1
}
