/**
 * The audit: what two hosts hold is compared, and what one of them lacks is mended, whatever their vectors say.
 */
import test from 'tape'
import { Network } from '../lib/sim/index.js'
import type { SimHost } from '../lib/sim/index.js'
import { codeOf } from './stores.js'
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

test('a name is proven to be the same where it is, bodies and all, and not where it is not', async (t) => {
  const { network, hosts } = line('ab')
  const [a, b] = hosts as [SimHost, SimHost]
  for (const { store } of hosts) {
    store.counter('calls').increment()
    store.set('calls').add(store.host)
    store.register('motd').write(store.host)
  }
  network.run(1_000)
  const ask = async (name: string): Promise<[string, boolean, boolean][]> => {
    const proving = a.store.prove(name)
    network.run(1_000)
    return (await proving).map(({ host, equal, at }) => [host, equal, at > network.clock.date() - 2_000 && at <= network.clock.date()])
  }
  t.deepEqual(await ask('calls'), [['b', true, true]])
  t.deepEqual(await ask('nothing'), [['b', true, true]], 'neither holds anything of it')
  const mine = [...gossipOf(b.store).log.cells()].find(({ name, author }) => name.text === 'motd' && author.host === 'a')
  if (mine === undefined) return t.fail('b holds what a wrote')
  mine.body = gossipOf(b.store).kind('register').take([1, 'forged'], '')
  t.deepEqual(await ask('motd'), [['b', false, true]], 'another body under the same seq: that no digest sees')
  network.part(['a'], ['b'], 'none')
  const asking = a.store.prove('calls', { timeoutMs: 100 })
  network.run(1_000)
  t.deepEqual(await asking, [], 'who does not answer is not there')
})

/** Lets time pass until a promise is settled; gives what it resolves with, or the code of its error. */
async function settled<Value>(network: Network, promise: Promise<Value>): Promise<Value | string> {
  let fate: { is: Value | string } | null = null
  promise.then((value) => { fate = { is: value } }, (error: unknown) => { fate = { is: codeOf(error) } })
  for (let i = 0; i < 400; i += 1) {
    network.run(25)
    for (let j = 0; j < 20; j += 1) await Promise.resolve()
    if (fate !== null) return (fate as { is: Value | string }).is
  }
  return 'never'
}

test('a read waits until peers hold the same, and says who', async (t) => {
  const { network, hosts } = line('abc')
  const [a, b, c] = hosts as [SimHost, SimHost, SimHost]
  b.store.counter('calls').increment(3)
  a.store.counter('calls').increment()
  t.deepEqual(await settled(network, a.store.counter('calls').read({ peers: 'all' })), { coherent: true, value: 4, confirmed: ['b'] })
  t.deepEqual(await settled(network, b.store.counter('calls').read({ peers: 2, timeoutMs: 5_000 })), { coherent: true, value: 4, confirmed: ['a', 'c'] })
  t.deepEqual(await settled(network, c.store.set('calls').read({ peers: 1 })), { coherent: true, value: [], confirmed: ['b'] })
  t.deepEqual(await settled(network, c.store.register('calls').read({ peers: 1 })), { coherent: true, value: undefined, confirmed: ['b'] })
  t.equal(await settled(network, c.store.counter('calls').read({ peers: 2, timeoutMs: 300 })), 'ERR_TIMEOUT', 'c has one peer')
  for (const options of [{ peers: 0 }, { peers: 1, timeoutMs: -1 }, { peers: 1, timeout: 1 }]) {
    t.equal(await settled(network, c.store.counter('calls').read(options)), 'ERR_OPTION', JSON.stringify(options))
  }
  const waiting = c.store.counter('calls').read({ peers: 2 })
  network.run(100)
  void c.core.close()
  t.equal(await settled(network, waiting), 'ERR_CLOSED')
  t.equal(await settled(network, c.store.prove('calls')), 'ERR_CLOSED')
})
