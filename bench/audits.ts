/**
 * Two pairs of stores in one process, one with audits and one without, joined in memory by ours, codec and all. They take turns: each counts so many
 * changes, waits until the other end holds them, and then rests for two pings, in which sums are told, so that what was put off is weighed too.
 */
import { setTimeout } from 'node:timers/promises'
import type * as Main from '../index.js'
import { median } from './figures.js'
import { createStore, doubleline } from './systems/ours.js'

export type Names = 'new names' | 'hot names'

const pingMs = 200

/** CPU microseconds that a change takes both ends, with audits and without: medians of so many turns. */
export async function audits(names: Names, turns: number, size: number): Promise<{ with: number; without: number }> {
  const pairs = { with: joined(true), without: joined(false) }
  const runs: { with: number[]; without: number[] } = { with: [], without: [] }
  // The first fifth warms up.
  for (let turn = -Math.ceil(turns / 4); turn < turns; turn += 1) {
    for (const which of turn % 2 === 0 ? ['with', 'without'] as const : ['without', 'with'] as const) {
      const us = await weighed(pairs[which], names, turn, size)
      if (turn >= 0) runs[which].push(us)
    }
  }
  const { rounds } = pairs.with[0].statistics()
  if (rounds < turns) throw new Error(`sums were compared ${rounds} times in ${turns} turns`)
  return { with: median(runs.with), without: median(runs.without) }
}

function joined(audit: boolean): [Main.Store, Main.Store] {
  const [a, b] = ['alpha', 'beta'].map((host) => createStore({ host, audit, pingMs })) as [Main.Store, Main.Store]
  const [left, right] = [a.createStream(), b.createStream()]
  right.sink(doubleline.parse()(doubleline.stringify()(left.source)))
  left.sink(doubleline.parse()(doubleline.stringify()(right.source)))
  return [a, b]
}

async function weighed([a]: [Main.Store, Main.Store], names: Names, turn: number, size: number): Promise<number> {
  globalThis.gc?.()
  const from = process.cpuUsage()
  for (let i = 0; i < size; i += 1) {
    a.counter(names === 'hot names' ? `name-${i % 1_000}` : `name-${turn}-${i}`).increment(1)
    if (i % 1_000 === 999) await setTimeout(0)
  }
  await a.settled()
  await setTimeout(2.5 * pingMs)
  const { user, system } = process.cpuUsage(from)
  return (user + system) / size
}
