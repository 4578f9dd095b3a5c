/**
 * The audit: what two hosts hold is compared, and what one of them lacks is mended, whatever their vectors say.
 */
import test from 'tape'
import { Network } from '../lib/sim/index.js'
import type { SimHost } from '../lib/sim/index.js'
import { cellsOf, gossipOf } from '../lib/sim/checks/check.js'
import type { Change } from '../lib/log/change.js'

const brisk = { pingMs: 500, timeoutMs: 4_000, helloMs: 2_000, graceMs: 4_000, skewMsMax: 400 }

/** Hosts in a line, in step, that expect their neighbours. */
function line(names: string, seed = 1): { network: Network; hosts: SimHost[] } {
  const network = new Network({ seed, hosts: { limits: brisk }, links: { streams: [{ expected: true }, { expected: true }] } })
  const hosts = [...names].map((name) => network.add(name))
  for (let i = 1; i < hosts.length; i += 1) network.link(names[i - 1] as string, names[i] as string)
  network.run(1_000)
  return { network, hosts }
}

/** A host loses cells, and does not know it: its vector says that it holds them. */
function lose({ store }: SimHost, share = 1, kinds: readonly string[] = ['counter', 'register', 'set']): Change[] {
  const { log } = gossipOf(store)
  const lost = [...log.cells()].filter(({ name }, i) => kinds.includes(name.kind) && i % Math.round(1 / share) === 0)
  for (const change of lost) log.drop(change)
  return lost
}

function equal(hosts: readonly SimHost[]): boolean {
  const [first, ...others] = hosts.map(({ store }) => [...cellsOf(store)].map(([key, { seq, body }]) => `${key} ${seq} ${JSON.stringify(body)}`).sort().join('\n'))
  return others.every((one) => one === first)
}

for (const [count, share] of [[1, 1], [10, 0.5], [200, 0.01], [200, 1], [3_000, 0.001], [3_000, 0.2], [3_000, 1]] as const) {
  test(`of ${count} names a host lost ${share === 1 ? 'all' : `one in ${Math.round(1 / share)}`}: they come back, and nobody is in doubt any more`, (t) => {
    const { network, hosts } = line('ab')
    const [a, b] = hosts as [SimHost, SimHost]
    for (let i = 0; i < count; i += 1) {
      a.store.counter(`calls-${i}`).increment()
      if (i % 10 === 0) b.store.set(`members-${i}`).add('x')
      if (i % 7 === 0) b.store.register(`motd-${i}`).write(i)
    }
    network.run(20_000)
    t.ok(equal(hosts) && a.store.coherent && b.store.coherent, 'before')
    const lost = lose(b, share)
    t.notOk(equal(hosts), `${lost.length} cells are lost`)
    const found: number[] = []
    for (const { store } of hosts) store.on('differs', ({ count: places }) => found.push(places))
    network.run(10_000)
    t.ok(equal(hosts), 'after')
    t.deepEqual(hosts.map(({ store }) => store.doubts()), [[], []])
    t.comment(`${found.join(' and ')} found; ${JSON.stringify(a.store.statistics())}`)
    t.end()
  })
}
