/**
 * Networks of real stores in which everything fails that can, while all checks look on.
 */
import { checks, faultsOf, Simulation } from '../../lib/sim/index.js'
import type { LinkOptions, SimulationOptions, Topology } from '../../lib/sim/index.js'

export const shapes: readonly Topology[] = ['line', 'ring', 'star', 'mesh', 'sites', 'random:4', 'world:4']

/** The bounds under which names come to all their ends within seconds, and silent links are given up. */
export const brisk = { graceMs: 4_000, skewMsMax: 400, pingMs: 500, timeoutMs: 4_000, helloMs: 2_000 }

/** Slow and narrow links, on which catch-ups take many frames and are cut in the middle. */
const roads: readonly LinkOptions[] = [
  {}, { latencyMs: { mean: 20 }, bytesPerMs: 4, windowBytes: 400 }, { latencyMs: { mean: 100 }, bytesPerMs: 10 }, { latencyMs: 30, bytesPerMs: 2, windowBytes: 200 }
]

/** A network in which everything fails that can, and all bounds are hit. */
export function rough(seed: number): SimulationOptions {
  return {
    hosts: [2, 3, 4, 6][(seed >> 2) % 4] as number, topology: shapes[seed % shapes.length], seed, seconds: 8, rate: 20, settleMs: 60_000,
    work: { names: seed % 2 === 0 ? 3 : 20, weights: seed % 3 === 0 ? { mortal: 30 } : {} }, links: roads[(seed >> 1) % 4], faults: true,
    limits: { ...brisk, haveMs: 20, roundMs: 150, askMs: 200, rangesMax: seed % 5 === 0 ? 3 : 32, batchBytes: [100, 1_000, 65_536][seed % 3] as number }
  }
}

/** Hosts may be in doubt of each other for so long after all is well: a silence is noticed, and the next ping answered. */
const restMs = 3_000

/** All that is wrong in one such network, by check. Its hosts expect those that they are linked with. */
export function checkedNetwork(seed: number, settleMs = 60_000): string[] {
  const options = rough(seed)
  const simulation = new Simulation({ ...options, settleMs, links: { ...options.links, streams: [{ expected: true }, { expected: true }] } })
  const all = checks(simulation.network)
  const { miscounted } = simulation.run()
  simulation.network.run(restMs)
  return [...faultsOf(all), ...(miscounted === 0 ? [] : [`counts: ${miscounted} counters do not hold what was counted`])]
}
