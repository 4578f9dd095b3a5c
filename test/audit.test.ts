/**
 * The audit: what two hosts hold is compared, and what one of them lacks is mended, whatever their vectors say.
 */
import test from 'tape'
import { integer, type Numbers } from '../index.js'
import { Network } from '../lib/sim/index.js'
import type { SimHost } from '../lib/sim/index.js'
import { codeOf } from './stores.js'
import { cellsOf, gossipOf } from '../lib/sim/checks/check.js'
import type { Change } from '../lib/log/change.js'
import { endedApart } from './sim/stories.js'

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

/** Everything went through both ends of a link in so long, in bytes a second, to either. */
function bytesPerSecond(network: Network, [a, b]: readonly [SimHost, SimHost], seconds: number): number[] {
  const bytes = new Map<SimHost, number>([[a, 0], [b, 0]])
  network.watch({ chunk: (_, to, chunk) => bytes.set(to, (bytes.get(to) ?? 0) + chunk.length) })
  network.run(seconds * 1_000)
  return [...bytes.values()].map((sum) => sum / seconds)
}

test('an idle link takes fewer than 100 bytes a second each way, and no audit begins', (t) => {
  const network = new Network({ seed: 1, links: { streams: [{ expected: true }, { expected: true }] } })
  const [a, b] = ['a', 'b'].map((name) => network.add(name)) as [SimHost, SimHost]
  network.link('a', 'b')
  for (let i = 0; i < 100; i += 1) a.store.counter(`calls-${i}`, i % 2 === 0 ? {} : { expire: a.now + 86_400_000 }).increment()
  network.run(30_000)
  const { audits, rounds } = a.store.statistics()
  const idle = bytesPerSecond(network, [a, b], 100)
  t.ok(Math.max(...idle) < 100, `${idle.join(' and ')} bytes a second`)
  t.equal(a.store.statistics().audits, audits)
  t.ok(a.store.statistics().rounds >= rounds + 20, 'while sums are compared')
  t.end()
})

/** How long ago each peer of a host was last shown to hold what it holds, on the session that showed it last. */
function provenMsAgo({ store }: SimHost, network: Network): number[] {
  const best = new Map<string, number>()
  for (const { peer, audit: { standing } } of gossipOf(store).sessions) {
    if (peer !== null) best.set(peer.host, Math.max(best.get(peer.host) ?? -Infinity, standing.equalAt ?? -Infinity))
  }
  return [...best.values()].map((at) => network.clock.now() - at)
}

test('two rounds after everything failed, and all is linked and idle, every host is proven to hold what its peers hold', (t) => {
  const late: string[] = []
  for (let seed = 1; seed <= 60; seed += 1) {
    const { network, hosts } = line('abcd', seed)
    const { chance } = network
    for (let i = 0; i < 30; i += 1) {
      const { store } = chance.pick(hosts)
      store.counter(`calls-${chance.whole(0, 9)}`, chance.odds(0.3) ? { expire: network.clock.date() + 100_000 } : {}).increment()
      if (chance.odds(0.3)) store.set('members').add(store.host)
      if (chance.odds(0.1)) network.part(['a', 'b'], ['c', 'd'], chance.pick(['both', 'none'] as const))
      if (chance.odds(0.2)) network.heal()
      network.run(chance.whole(0, 800))
    }
    network.heal()
    // Links are dialled again, and what is missing goes from end to end.
    network.run(1_500)
    network.run(2 * brisk.pingMs)
    const proven = hosts.flatMap((host) => provenMsAgo(host, network))
    if (hosts.some(({ store }) => !store.coherent) || proven.length !== 6 || proven.some((ms) => ms > brisk.pingMs + 100)) late.push(`seed ${seed}: ${proven.join()}`)
  }
  t.deepEqual(late, [])
  t.end()
})

test('stores that are written to all the time, at both ends of slow links, stay coherent', (t) => {
  const network = new Network({ seed: 1, hosts: { limits: brisk }, links: { latencyMs: 300, streams: [{ expected: true }, { expected: true }] } })
  const hosts = [...'abc'].map((name) => network.add(name))
  network.link('a', 'b')
  network.link('b', 'c')
  network.run(3_000)
  const told: string[] = []
  for (const { name, store } of hosts) store.on('incoherent', (doubts) => told.push(`${name} ${doubts.map(({ why }) => why).join()}`))
  for (let i = 0; i < 3_000; i += 1) {
    for (const { name, store } of hosts) store.counter(`calls-${name === 'a' ? i % 7 : i}`).increment()
    network.run(20)
  }
  t.deepEqual([told, hosts.map(({ store }) => store.coherent)], [[], [true, true, true]])
  network.run(600 + 2 * brisk.pingMs)
  t.ok(hosts.every((host) => host.store.coherent && provenMsAgo(host, network).every((ms) => ms <= brisk.pingMs + 300)), 'and are proven to be the same when they are not')
  t.end()
})

for (const [what, lie, doubt] of [['tells no sums', () => undefined, 'unproven'], ['tells sums of something else', (sum: [number, string]) => [sum[0], `0000${sum[1].slice(4)}`], 'differs'], ['tells sums of other bodies', (sum: [number, string]) => [...sum, '00000000'], 'differs']] as const) {
  test(`a peer that ${what} is ${doubt}, once nothing moved for a while, and no longer when it does not`, (t) => {
    const { network, hosts } = line('ab')
    const [a, b] = hosts as [SimHost, SimHost]
    a.store.counter('calls').increment()
    const [session] = gossipOf(b.store).sessions
    if (session === undefined) return t.fail('b has a session')
    const real = session.audit.sum.bind(session.audit)
    session.audit.sum = (...args) => {
      const sum = real(...args)
      return sum === undefined ? undefined : lie([sum[0], sum[1]]) as never
    }
    network.run(1_000)
    t.ok(a.store.coherent, 'not at once')
    network.run(2_000)
    t.deepEqual(a.store.doubts().map(({ host, why, count }) => [host, why, count]), [['b', doubt, doubt === 'differs' ? 0 : undefined]])
    t.ok(b.store.coherent, 'whose sum was the same')
    session.audit.sum = real
    network.run(2 * brisk.pingMs)
    t.ok(a.store.coherent)
    t.end()
  })
}

/** Two hosts, the second with options of its own, that hold what `fill` writes at the first; they are given a minute. */
function pair(fill: (host: SimHost) => void, second: Parameters<Network['add']>[1], streams = [{}, {}]): { network: Network; a: SimHost; b: SimHost; told: string[] } {
  const network = new Network({ seed: 1, hosts: { limits: brisk }, links: { streams: streams.map((one) => ({ expected: true, ...one })) as [object, object] } })
  const [a, b] = [network.add('a'), network.add('b', second)]
  network.link('a', 'b')
  const told: string[] = []
  for (const { name, store } of [a, b]) store.on('differs', ({ count }) => told.push(`${name} ${count}`))
  fill(a)
  network.run(60_000)
  return { network, a, b, told }
}

const ten = ({ store }: SimHost): void => {
  for (let i = 0; i < 10; i += 1) store.counter(`calls-${i}`).increment()
}

test('what was refused is refused, and no open difference; audits of it come ever more seldom', (t) => {
  const { network, a, b, told } = pair(ten, { limits: { ...brisk, cellsMax: 4 } })
  t.deepEqual([...a.store.doubts(), ...b.store.doubts()].map(({ host, why }) => `${host} ${why}`), ['b refused', 'a refused'])
  t.deepEqual(told, [])
  const before = a.store.statistics().audits
  network.run(80_000)
  const audits = a.store.statistics().audits - before
  t.ok(audits > 5 && audits <= 12, `${audits} audits in 160 rounds`)
  b.core.limits.cellsMax = 100
  gossipOf(b.store).retry()
  network.run(60_000)
  t.ok(equal([a, b]) && a.store.coherent && b.store.coherent, 'until there is room')
  t.end()
})

for (const bounds of [{ bytesMax: 2_000 }, { authorBytesMax: 2_000 }]) {
  test(`so is what ${Object.keys(bounds)} has no room for`, (t) => {
    const { network, a, b, told } = pair(ten, { limits: { ...brisk, ...bounds } })
    t.deepEqual([...a.store.doubts(), ...b.store.doubts()].map(({ host, why }) => `${host} ${why}`), ['b refused', 'a refused'])
    t.deepEqual([told, b.store.statistics().cells], [[], 4])
    Object.assign(b.core.limits, { bytesMax: 1e9, authorBytesMax: 1e9 })
    gossipOf(b.store).retry()
    network.run(60_000)
    t.ok(equal([a, b]) && a.store.coherent && b.store.coherent, 'until there is room')
    t.end()
  })
}

for (const [what, streams] of [['sends nothing', [{ send: false }, {}]], ['takes nothing', [{}, { receive: false }]]] as const) {
  test(`a session in which one end ${what} is not audited`, (t) => {
    const { a, b, told } = pair(ten, {}, [...streams])
    const { rounds, audits } = a.store.statistics()
    t.deepEqual([told, rounds, audits, equal([a, b])], [[], 0, 0, false])
    t.end()
  })
}

const money: Numbers<number> = {
  ...integer, name: 'money', decode: (json) => (typeof json === 'number' && json >= 0 ? json : undefined), encode: (n) => n
}

test('of numbers that one end does not know nothing is compared; of those that both know it is', (t) => {
  for (const knows of [false, true]) {
    const network = new Network({ seed: 1, hosts: { limits: brisk } })
    const a = network.add('a', { numbers: [money] })
    const b = network.add('b', knows ? { numbers: [money] } : {})
    network.link('a', 'b')
    a.store.counter('fees', money).increment(3)
    network.run(5_000)
    const lost = lose(b, 1, ['counter:money'])
    network.run(10_000)
    t.deepEqual([lost.length, cellsOf(b.store).size, a.store.statistics().differences], knows ? [1, 1, 1] : [1, 0, 0])
  }
  t.end()
})

test('a relay that withholds a change, and is told of it by the sum of its own, gives it', (t) => {
  const { network, hosts } = line('abc')
  const [a, b, c] = hosts as [SimHost, SimHost, SimHost]
  const outbound = [...gossipOf(b.store).sessions].find(({ peer }) => peer?.host === 'c')?.outbound
  if (outbound === undefined) return t.fail('b has a session with c')
  const { feed } = outbound as unknown as { feed: { owes: (change: Change) => boolean } }
  const owes = feed.owes
  feed.owes = (change) => change.name.text !== 'secret' && owes(change)
  a.store.counter('secret').increment()
  a.store.counter('calls').increment()
  network.run(600)
  t.deepEqual([c.store.counter('secret').value, c.store.counter('calls').value], [0, 1])
  network.run(3_000)
  t.equal(c.store.counter('secret').value, 1)
  t.ok(equal(hosts))
  t.end()
})

test('a part of a journal that was lost, and not missed, comes back', (t) => {
  const network = new Network({ seed: 1, hosts: { limits: brisk }, links: { redialMs: 20 } })
  const [a, b] = [network.add('a'), network.add('b', { journal: {} })]
  network.link('a', 'b')
  for (let i = 0; i < 50; i += 1) {
    a.store.counter(`calls-${i}`).increment()
    b.store.set('members').add(`m${i}`)
  }
  network.run(5_000)
  network.crash('b')
  const gone = [...b.shelf?.copy().keys() ?? []].filter((key) => key.startsWith('c') && !key.includes('"b~')).filter((_, i) => i % 5 === 0)
  b.shelf?.lose((key) => gone.includes(key))
  network.restart('b')
  network.run(500)
  t.ok(gone.length === 10 && !equal([a, b]), `${gone.length} cells of another are lost, and the vector says that they are held`)
  network.run(5_000)
  t.ok(equal([a, b]))
  t.equal(b.lives, 2)
  t.equal([...gossipOf(b.store).log.everyAuthor()].length, 2, 'in the same life')
  t.end()
})

test('a name that was forgotten too early comes back whole', (t) => {
  const { network, hosts } = line('ab')
  const [a, b] = hosts as [SimHost, SimHost]
  a.store.counter('lease', { expire: a.now + 100_000 }).increment(2)
  b.store.counter('lease').increment(3)
  network.run(2_000)
  lose(b)
  network.run(500)
  t.equal(b.store.counter('lease').value, 0)
  network.run(5_000)
  t.deepEqual(hosts.map(({ store }) => [store.counter('lease').value, store.counter('lease').expire]), Array(2).fill([5, a.store.counter('lease').expire]))
  t.end()
})

test('of a name of whose end it alone knew a host gets back what it dropped, though it learns of the next too late for an audit', (t) => {
  t.equal(endedApart('other'), 0, 'which comes through a neighbour')
  t.equal(endedApart('neighbour'), 0, 'which the neighbour says itself')
  t.end()
})

test('what the last of a line lost, and what the first alone holds, is mended from host to host', (t) => {
  const { network, hosts } = line('abcd')
  const [a] = hosts as [SimHost]
  for (let i = 0; i < 30; i += 1) a.store.counter(`calls-${i}`).increment()
  network.run(2_000)
  for (const host of hosts.slice(1)) lose(host)
  network.run(15_000)
  t.ok(equal(hosts) && hosts.every(({ store }) => store.coherent))
  t.end()
})

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
  t.deepEqual(await ask('motd'), [['b', false, true]], 'another body under the same seq')
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
