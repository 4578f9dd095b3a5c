/**
 * `pull-gossip bench`: what this machine makes of it: writes, a pair of nodes over TCP on the loopback, and how long one change takes.
 *
 * A measure for one machine and one version beside another; ours beside its rivals is measured in the repository's bench folder.
 */
import { createNode, type GossipNode } from '../node/node.js'
import { createStore } from '../store/store.js'
import { Terminal } from './terminal.js'
import { figure, table } from './text.js'

/** What `bench` is told. */
export type BenchFlags = { changes: number; json?: boolean }

type Row = { name: string; value: number; unit: string }

/** Runs the command. */
export async function bench({ changes, json }: BenchFlags): Promise<void> {
  const terminal = new Terminal(json === true)
  const rows = [...writes(changes), ...await pair(changes)]
  terminal.answer(Object.fromEntries(rows.map(({ name, value, unit }) => [name, { value, unit }])), () => {
    return table(rows.map(({ name, value, unit }) => [name, `${value < 100 ? value.toFixed(2) : figure(Math.round(value))} ${unit}`]))
  })
}

function writes(changes: number): Row[] {
  const store = createStore({ host: 'bench' })
  const fresh = perSecond(changes, (i) => void store.counter(`name${i}`).increment())
  const counter = store.counter('hot')
  const hot = perSecond(changes, () => void counter.increment())
  void store.close()
  return [{ name: 'increments of new names', value: fresh, unit: '/s' }, { name: 'increments of one name', value: hot, unit: '/s' }]
}

function perSecond(times: number, run: (i: number) => void): number {
  const startedAt = performance.now()
  for (let i = 0; i < times; i += 1) run(i)
  return (times * 1_000) / (performance.now() - startedAt)
}

async function pair(changes: number): Promise<Row[]> {
  const left = createNode({ host: 'left', listen: 'tcp://127.0.0.1:0', expect: ['right'] })
  const uri = await new Promise<string>((resolve, reject) => left.once('listening', resolve).once('error', reject))
  const right = createNode({ host: 'right', connect: uri })
  try {
    await right.ready()
    for (let i = 0; i < changes; i += 1) left.store.counter(`name${i}`).increment()
    const startedAt = performance.now()
    await left.store.settled()
    const ms = performance.now() - startedAt
    const trips = await latencies(left, right, Math.min(1_000, changes))
    const at = (share: number): number => trips[Math.floor((trips.length - 1) * share)] ?? 0
    return [
      { name: 'changes to a peer, confirmed', value: (changes * 1_000) / ms, unit: '/s' },
      { name: 'one change, median', value: at(0.5), unit: 'ms' },
      { name: 'one change, 99th percentile', value: at(0.99), unit: 'ms' }
    ]
  } finally {
    await Promise.all([left.close(), right.close()])
  }
}

/** How long single changes took, sorted. */
async function latencies(left: GossipNode, right: GossipNode, times: number): Promise<number[]> {
  const trips: number[] = []
  for (let i = 0; i < times; i += 1) {
    const startedAt = performance.now()
    const came = new Promise((resolve) => right.store.once('change', resolve))
    left.store.counter('trip').increment()
    await came
    trips.push(performance.now() - startedAt)
  }
  return trips.sort((a, b) => a - b)
}
