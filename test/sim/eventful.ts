/**
 * Networks of buses in which everything fails that can: in some of them there is room for all events, in the others little.
 */
import { checks, faultsOf, Simulation } from '../../lib/sim/index.js'
import { rough } from './checked.js'

/** All that is wrong in one such network. */
export function eventfulNetwork(seed: number): string[] {
  const roomy = seed % 2 === 0
  const options = rough(seed)
  const bounds = roomy ? {} : { bufferMax: [5, 30][(seed >> 1) % 2] as number, ...(seed % 5 === 0 ? { bufferBytesMax: 12_000 } : {}) }
  const simulation = new Simulation({
    ...options, work: { ...options.work, weights: { ...options.work?.weights, emit: 20 } }, limits: { ...options.limits, ...bounds, batchBytes: [100, 1_000, 4_000][seed % 3] as number },
    links: { ...options.links, streams: [{ expected: true }, { expected: true }] }
  })
  // Doubts are looked at where links carry less: here one frame may take longer than a peer may be silent.
  const { doubts: _, ...all } = checks(simulation.network, { roomy })
  simulation.run()
  simulation.network.run(restMs)
  return faultsOf(all)
}

/** Questions are asked, and answered, until then. */
const restMs = 10_000
