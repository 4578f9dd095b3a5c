/**
 * Two pairs of stores in one process, one with audits and one without, joined in memory by ours, codec and all. They take turns: each counts so many
 * changes and waits until the other end holds them, with pings far more often than they are; and then rests for two pings, in which what was put off is done.
 */
import { setTimeout } from 'node:timers/promises'
import type * as Main from '../index.js'
import { median } from './figures.js'
import { createStore, doubleline } from './systems/ours.js'

export type Names = 'new names' | 'hot names'

const pingMs = 200

/** CPU microseconds that a change takes both ends, with audits and without, until it is held and with the rest behind: medians of so many turns. */
export type Weighed = Record<'with' | 'without' | 'with, and at rest' | 'without, and at rest', number>

export async function audits(names: Names, turns: number, size: number): Promise<Weighed> {
  const pairs = { with: joined(true), without: joined(false) }
  const runs: Record<keyof Weighed, number[]> = { 'with': [], 'without': [], 'with, and at rest': [], 'without, and at rest': [] }
  // The first fifth warms up.
  for (let turn = -Math.ceil(turns / 4); turn < turns; turn += 1) {
    for (const which of turn % 2 === 0 ? ['with', 'without'] as const : ['without', 'with'] as const) {
      const { held, all } = await weighed(pairs[which], names, turn, size)
      if (turn < 0) continue
      runs[which].push(held)
      runs[`${which}, and at rest`].push(all)
    }
  }
  const { rounds } = pairs.with[0].statistics()
  if (rounds < turns) throw new Error(`sums were compared ${rounds} times in ${turns} turns`)
  return Object.fromEntries(Object.entries(runs).map(([part, us]) => [part, median(us)])) as Weighed
}

function joined(audit: boolean): [Main.Store, Main.Store] {
  const [a, b] = ['alpha', 'beta'].map((host) => createStore({ host, audit, pingMs })) as [Main.Store, Main.Store]
  const [left, right] = [a.createStream(), b.createStream()]
  right.sink(doubleline.parse()(doubleline.stringify()(left.source)))
  left.sink(doubleline.parse()(doubleline.stringify()(right.source)))
  return [a, b]
}

async function weighed([a]: [Main.Store, Main.Store], names: Names, turn: number, size: number): Promise<{ held: number; all: number }> {
  globalThis.gc?.()
  const from = process.cpuUsage()
  for (let i = 0; i < size; i += 1) {
    a.counter(names === 'hot names' ? `name-${i % 1_000}` : `name-${turn}-${i}`).increment(1)
    if (i % 1_000 === 999) await setTimeout(0)
  }
  await a.settled()
  const held = process.cpuUsage(from)
  await setTimeout(2.5 * pingMs)
  const all = process.cpuUsage(from)
  return { held: (held.user + held.system) / size, all: (all.user + all.system) / size }
}
