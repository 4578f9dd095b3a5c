/**
 * Two hosts of one system, joined and warm.
 */
import type { Bench } from '../bench.js'
import type { Host } from '../host.js'
import type { SystemName } from '../systems.js'

const warmUp = { count: 20_000, names: 1_000, prefix: 'warm' }

export type Pair = { a: Host; b: Host; sum: number; names: number }

/** `a` writes, `b` dialled it. What was written to warm up counts in what `b` comes to. */
export async function pair(bench: Bench, system: SystemName, warm: { count: number; names: number } = warmUp): Promise<Pair> {
  const [a, b] = await Promise.all([bench.start(system, 'alpha'), bench.start(system, 'beta')])
  await b.do('connect', await a.do('listen'))
  await a.do('joined')
  if (warm.count > 0) {
    const warmed = b.do('reach', warm.count, warm.names)
    await a.do('offer', { ...warm, prefix: 'warm' })
    await warmed
    await a.do('settled')
  }
  return { a, b, sum: warm.count, names: warm.count > 0 ? warm.names : 0 }
}

/** Adds a second, from the first until the other end holds all, and has said so where the system can tell. */
export async function transfer(joined: Pair, offer: { count: number; names: number }): Promise<number> {
  return (await weighed(joined, offer)).perSecond
}

/** The same, and the CPU that the end took which took more: on a machine that does other things that says more than the time does. */
export async function weighed({ a, b, sum, names }: Pair, offer: { count: number; names: number }): Promise<{ perSecond: number; busierUs: number }> {
  const cpuMs = (): Promise<number[]> => Promise.all([a.do('cpuMs'), b.do('cpuMs')])
  const before = await cpuMs()
  const reached = b.do('reach', sum + offer.count, names + offer.names)
  const { from } = await a.do('offer', offer)
  // Who can tell by itself when all is held is only asked for the sum afterwards.
  const held = await a.do('settled') ?? await reached
  const after = await cpuMs()
  await reached
  const busierMs = Math.max(...after.map((ms, i) => ms - (before[i] ?? 0)))
  return { perSecond: offer.count / ((held - from) / 1e9), busierUs: busierMs * 1e3 / offer.count }
}
