/**
 * What bounds against strangers must not do: strike or slow down honest hosts, however hard they work. The bounds on repeats stand at one
 * here, beyond two for each change; the others as they are.
 */
import test from 'tape'
import { Network, pairsOf } from '../../lib/sim/index.js'
import { sessions } from '../../lib/sim/checks.js'
import { gossipOf } from '../../lib/sim/checks/check.js'
import type { HostOptions } from '../../lib/sim/host.js'

const limits = { repeatsMax: 1, roundMs: 200, askMs: 200, graceMs: 2_000, skewMsMax: 400 }

/** A network that works hard for a while; what struck whom, and how much was sent again. */
function hard(seed: number, hosts: HostOptions, work: (network: Network, i: number) => void): { faults: string[]; repeats: number; rounds: number; paced: number; agree: boolean } {
  const network = new Network({ seed, hosts: { limits, ...hosts }, links: { latencyMs: { mean: 20 }, bytesPerMs: 40, windowBytes: 1 << 14, streams: [{ expected: true }, { expected: true }] } })
  const fair = sessions(network)
  let [repeats, rounds, paced] = [0, 0, 0]
  network.watch({ chunk: (_, __, bytes) => { if (Buffer.from(bytes).includes('"y":"these"')) rounds += 1 } })
  const look = (): void => {
    for (const { store } of network.running) {
      for (const session of gossipOf(store).sessions) repeats = Math.max(repeats, session.repeats.count)
      for (const peer of store.peers()) paced += peer.paced
    }
    network.clock.after(100, look)
  }
  look()
  for (let i = 0; i < 6; i += 1) network.add(`h${i}`)
  for (const [a, b] of pairsOf('random:3', 6, network.chance)) network.link(`h${a}`, `h${b}`)
  for (let i = 0; i < 600; i += 1) {
    work(network, i)
    network.run(10)
  }
  network.run(20_000)
  const [first] = network.hosts
  const names = first?.store.names() ?? []
  const agree = names.length > 0 && network.hosts.every(({ store }) => names.every(({ name }) => store.counter(name).value === first?.store.counter(name).value))
  return { faults: fair.faults(), repeats, rounds, paced, agree }
}

test('hosts whose links never drain, so that they make rounds over hot names, are not struck for what these send twice', (t) => {
  const { faults, repeats, rounds, paced, agree } = hard(1, {}, (network) => {
    for (let j = 0; j < 60; j += 1) network.chance.pick(network.hosts).store.counter(`hot ${network.chance.whole(0, 2_000)}`).increment()
  })
  t.ok(rounds > 10, `${rounds} rounds; ${repeats} changes were sent again in the session with most of them`)
  t.deepEqual([faults, paced, agree], [[], 0, true])
  t.end()
})

test('hosts whose links break and whose stores are full, so that they ask again and again, are not struck', (t) => {
  const { faults, repeats, paced } = hard(2, { limits: { ...limits, cellsMax: 150, rangesMax: 2 } }, (network, i) => {
    const { store } = network.chance.pick(network.hosts)
    try {
      store.counter(`n${network.chance.whole(0, 199)}`, { expire: network.clock.date() + 3_000 }).increment()
    } catch {
      // It is full, or the name is at its end.
    }
    if (i % 20 === 0) network.chance.pick(network.links).lose('both', true)
    if (i % 150 === 149) network.restart(network.chance.pick(network.hosts).name)
  })
  t.comment(`${repeats} changes were sent again in the session with most of them`)
  t.deepEqual([faults, paced], [[], 0])
  t.end()
})

test('hosts whose rights change all the time are not struck for what is served anew', (t) => {
  let narrow = false
  const { faults, repeats, paced, agree } = hard(3, { authorize: () => (narrow ? { read: ({ name }) => name.startsWith('hot 1') } : true) }, (network, i) => {
    for (let j = 0; j < 5; j += 1) network.chance.pick(network.hosts).store.counter(`hot ${(i * 5 + j) % 200}`).increment()
    if (i % 30 !== 29) return
    narrow = !narrow && i < 560
    for (const { core } of network.hosts) core.reauthorize()
  })
  t.comment(`${repeats} changes were sent again in the session with most of them`)
  t.deepEqual([faults, paced, agree], [[], 0, true])
  t.end()
})

test('a host that catches up with 100,000 changes at once is neither slowed down nor struck', (t) => {
  const network = new Network({ seed: 4, links: { bytesPerMs: 100_000, windowBytes: 1 << 22 } })
  const fair = sessions(network)
  const [a, b] = [network.add('a'), network.add('b')]
  for (let i = 0; i < 100_000; i += 1) a.store.counter(`name ${i}`).increment()
  network.link('a', 'b')
  t.ok(network.until(() => b.store.statistics().cells === 100_000, 20_000))
  t.deepEqual([fair.faults(), b.store.peers()[0]?.paced, b.store.peers()[0]?.duplicates], [[], 0, 0])
  t.end()
})
