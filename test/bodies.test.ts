/**
 * The audit of bodies: where hosts hold another body under one seq, that is found once they rest, and mended by one rule.
 */
import fc from 'fast-check'
import test from 'tape'
import type { Json } from '../lib/json.js'
import { canonical, compared, hashOf, hashSaid } from '../lib/kinds/body.js'
import type { Said } from '../lib/kinds/body.js'
import { CounterKind } from '../lib/kinds/counter.js'
import type { Kind } from '../lib/kinds/kind.js'
import { bigint, integer } from '../lib/kinds/numbers.js'
import { RegisterKind } from '../lib/kinds/register.js'
import { SetKind } from '../lib/kinds/set.js'
import { limits } from '../lib/limits.js'
import type { Change } from '../lib/log/change.js'
import type { Expire } from '../lib/log/expire.js'
import { StampClock } from '../lib/log/stamp.js'
import { Network } from '../lib/sim/index.js'
import type { SimHost } from '../lib/sim/index.js'
import { foes } from '../lib/sim/foe.js'
import { cellsOf, gossipOf } from '../lib/sim/checks/check.js'
import { holds } from './property.js'
import { doubleHistory } from './sim/doubles.js'

const from = Number(process.env['SEED'] ?? 1)

const brisk = { pingMs: 500, timeoutMs: 4_000, helloMs: 2_000, graceMs: 4_000, skewMsMax: 400 }

/** So many rounds that all that is said is counted, twice, and what differs is found where it stands still. */
const mendMs = 40 * brisk.pingMs

/** Hosts in a line, that expect their neighbours. */
function line(names: string): { network: Network; hosts: SimHost[]; found: string[] } {
  const network = new Network({ seed: 1, hosts: { limits: brisk }, links: { streams: [{ expected: true }, { expected: true }] } })
  const hosts = [...names].map((name) => network.add(name))
  for (let i = 1; i < hosts.length; i += 1) network.link(names[i - 1] as string, names[i] as string)
  const found: string[] = []
  for (const { name, store } of hosts) store.on('differs', ({ peer, count }) => found.push(`${name} ${peer.host} ${count}`))
  network.run(1_000)
  return { network, hosts, found }
}

/** A host's memory fails: what it holds there from an author is another body now. */
function flip({ store }: SimHost, by: string, text: string, body: Json): Change {
  const gossip = gossipOf(store)
  const change = [...gossip.log.cells()].find(({ name, author }) => name.text === text && author.host === by)
  if (change === undefined) throw new Error(`${store.host} holds nothing of ${by} in ${text}`)
  change.body = gossip.kind(change.name.kind).take(body, change.part)
  return change
}

function bodies(hosts: readonly SimHost[], text: string): (string | undefined)[] {
  return hosts.map(({ store }) => [...cellsOf(store).values()].filter(({ name }) => name === text).map(({ body }) => JSON.stringify(body)).sort().join())
}

for (const expire of [undefined, 1_000_000]) {
  test(`of two bodies under one seq of an author who is gone the greater stands everywhere, ${expire === undefined ? 'where names do not end' : 'and of names that end'}`, (t) => {
    const { network, hosts, found } = line('abcd')
    const [, b, c] = hosts as [SimHost, SimHost, SimHost]
    const lost = network.add('lost')
    network.link('lost', 'b')
    lost.store.counter('calls', expire === undefined ? {} : { expire: lost.now + expire }).increment(5)
    lost.store.counter('other').increment(5)
    network.run(2_000)
    network.crash('lost')
    flip(b, 'lost', 'calls', [3, 0])
    flip(c, 'lost', 'other', [7, 0])
    network.run(mendMs)
    t.deepEqual([bodies(hosts, 'calls'), bodies(hosts, 'other')], [Array(4).fill('[5,0]'), Array(4).fill('[7,0]')])
    t.ok(found.length > 0, found.join('; '))
    t.deepEqual(hosts.flatMap(({ store }) => store.doubts().filter(({ host }) => host !== 'lost')), [])
    t.end()
  })
}

test('what an author who is there said stands, whatever others hold: it is said again', (t) => {
  const { network, hosts, found } = line('abc')
  const [a, b, c] = hosts as [SimHost, SimHost, SimHost]
  a.store.counter('calls').increment(5)
  network.run(2_000)
  flip(b, 'a', 'calls', [9, 0])
  flip(c, 'a', 'calls', [9, 0])
  network.run(mendMs)
  t.deepEqual(bodies(hosts, 'calls'), Array(3).fill('[5,0]'))
  t.equal(gossipOf(a.store).own.held.have, 2, 'once')
  t.comment(found.join('; '))
  t.end()
})

test('what stands of two bodies under one seq is kept in the journal, and so is what was said again', (t) => {
  const { network, hosts: [a] } = line('a')
  const lost = network.add('lost')
  const [b, c] = [network.add('b', { journal: {} }), network.add('c')]
  for (const name of ['lost', 'a', 'c']) network.link(name, 'b')
  b.store.counter('ours').increment(2)
  lost.store.counter('calls').increment(5)
  network.run(2_000)
  network.crash('lost')
  for (const host of [c, a as SimHost]) {
    flip(host, 'lost', 'calls', [7, 0])
    flip(host, 'b', 'ours', [1, 0])
  }
  network.run(mendMs)
  network.part(['a', 'c'], ['b'])
  network.restart('b')
  network.run(100)
  t.deepEqual([b.lives, b.store.counter('calls').value, b.store.counter('ours').value], [2, 7, 2])
  t.deepEqual([...cellsOf(b.store).values()].map(({ author, seq }) => `${author.slice(0, 1)} ${seq}`).sort(), ['b 2', 'l 1'])
  t.end()
})

test('while one end does not take the greater of two bodies, the two differ and say so', (t) => {
  const { network, hosts: [a] } = line('a')
  const [lost, b] = [network.add('lost'), network.add('b', { limits: { ...brisk, bodyBytesMax: 20 } })]
  for (const name of ['lost', 'b']) network.link(name, 'a')
  lost.store.register('motd').write('short')
  network.run(2_000)
  network.crash('lost')
  flip(a as SimHost, 'lost', 'motd', [2 ** 50, 'longer than b takes'])
  network.run(mendMs)
  t.deepEqual([a as SimHost, b].map(({ store }) => store.register('motd').value), ['longer than b takes', 'short'])
  t.deepEqual([b, a as SimHost].map(({ store }) => store.doubts().filter(({ host }) => host !== 'lost').map(({ host, why }) => `${host} ${why}`)), [['a differs'], ['b differs']])
  const before = a?.store.statistics().audits ?? 0
  network.run(160 * brisk.pingMs)
  const audits = (a?.store.statistics().audits ?? 0) - before
  t.ok(audits > 4 && audits <= 12, `${audits} audits in 160 rounds`)
  b.core.limits.bodyBytesMax = 100
  network.run(20 * brisk.pingMs)
  t.deepEqual([b.store.register('motd').value, b.store.doubts()], ['longer than b takes', []])
  t.end()
})

test('a duplicate with another body that no audit brings changes nothing', (t) => {
  const { network, hosts } = line('ab')
  const [a, b] = hosts as [SimHost, SimHost]
  a.store.counter('calls').increment(5)
  network.run(600)
  const hand = foes(network, []).hand('b')
  hand.say({ s: [1, gossipOf(a.store).own.id], k: 'counter', q: [1], n: ['calls'], c: [[900, 0]] })
  network.run(600)
  t.deepEqual([b.store.counter('calls').value, gossipOf(b.store).sessions.size], [5, 2])
  t.end()
})

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>

/** The same value, its keys in another order. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value as Record<string, Json>).reverse().map(([key, item]) => [key, turned(item)]))
}

test('a hash of JSON is that of the value: the order of keys is of no matter, anything else is', (t) => {
  holds(t, 'turned', fc.property(json, (value) => hashOf(value) === hashOf(turned(value)) && canonical(value) === canonical(turned(value))), 2_000)
  holds(t, 'another', fc.property(json, json, (a, b) => (canonical(a) === canonical(b)) === (hashOf(a) === hashOf(b))), 5_000)
  t.equal(canonical({ b: [1, null], 9: '"', 10: {}, a: -0 }), '{"10":{},"9":"\\"","a":0,"b":[1,null]}', 'also keys that engines put first')
  t.equal(hashOf([-0, 0]), hashOf([0, -0]), 'JSON knows one zero')
  const alike: Json[] = [
    null, false, true, 0, 1, -1, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), 2 ** 53 - 1, 0.5, 1e300, '', '0', '1', 'null', [], [[]], [0], [1], [0, 0], [0, 1], [1, 0], [[0], 1], [0, [1]],
    {}, [{}], { a: 0 }, { a: 1 }, { b: 0 }, { a: 0, b: 1 }, { a: 1, b: 0 }, { a: {}, b: [] }, { a: [], b: {} }, { a: null }, { a: { b: 0 } }, { a: 'b' }, { b: 'a' }
  ]
  t.equal(new Set(alike.map(hashOf)).size, alike.length)
  const numbers = new Set(Array.from({ length: 100_000 }, (_, i) => hashOf([i % 1_000, Math.floor(i / 1_000)])))
  t.ok(numbers.size >= 99_990, `${numbers.size} of 100,000 pairs differ`)
  t.end()
})

const kinds: readonly Kind[] = [new CounterKind(integer), new CounterKind(bigint), new SetKind(limits), new RegisterKind(new StampClock(limits), limits)]
const count = fc.oneof(fc.nat(3), fc.maxSafeNat())
const wire: fc.Arbitrary<{ kind: Kind; body: Json; part: string }> = fc.oneof(
  fc.tuple(count, count).map((body) => ({ kind: kinds[0] as Kind, body, part: '' })),
  fc.tuple(count, count).map((body) => ({ kind: kinds[1] as Kind, body: body.map(String), part: '' })),
  fc.tuple(count, fc.constantFrom({}, { 'a~1': 3 })).map((body) => ({ kind: kinds[2] as Kind, body, part: '=x' })),
  fc.constantFrom({}, { 'a~1': 3 }).map((removed) => ({ kind: kinds[2] as Kind, body: [0, removed, {}], part: '' })),
  fc.tuple(count, json).map((body) => ({ kind: kinds[3] as Kind, body, part: '' }))
)
const ends: fc.Arbitrary<Expire> = fc.constantFrom(null, 0, 1, 2, 2 ** 40)

function kept({ kind, body, part }: { kind: Kind; body: Json; part: string }, expire: Expire): Change & Said {
  return { body: kind.take(body, part), part, expire } as unknown as Change & Said
}

test('what is said in a cell has the hash of its form on the wire, however its kind keeps it', (t) => {
  holds(t, 'as given', fc.property(wire, (one) => {
    const change = kept(one, null)
    return change.body !== undefined && hashSaid(one.kind, change) === hashOf(one.kind.give(change.body, one.part))
  }), 1_000)
  holds(t, 'and of the end that came with it', fc.property(wire, ends, ends, (one, a, b) => (hashSaid(one.kind, kept(one, a)) === hashSaid(one.kind, kept(one, b))) === (a === b)), 500)
  t.end()
})

test('of what is said of one cell one is the greater, and the same for all', (t) => {
  const among = fc.constantFrom(...kinds.keys()).chain((i) => fc.tuple(...[1, 2, 3].map(() => fc.tuple(wire.filter(({ kind, part }) => kind === kinds[i] && part !== '=x'), ends))))
  holds(t, 'an order', fc.property(among, (three) => {
    const { kind, part } = (three[0] as [{ kind: Kind; part: string }, Expire])[0]
    const [a, b, c] = three.map(([one, end]) => kept(one, end)) as [Change, Change, Change]
    const order = (one: Change, other: Change): number => Math.sign(compared(kind, part, one, other))
    const isSame = hashSaid(kind, a) === hashSaid(kind, b)
    return order(a, b) === 0 - order(b, a) && (order(a, b) === 0) === isSame && (order(a, b) <= 0 || order(b, c) <= 0 || order(a, c) > 0)
  }), 2_000)
  const [counter] = kinds as [Kind]
  const of = (body: Json, expire: Expire): Change => kept({ kind: counter, body, part: '' }, expire)
  t.ok(compared(counter, '', of([1, 0], 5), of([9, 0], null)) > 0 && compared(counter, '', of([1, 0], 0), of([9, 0], 5)) > 0, 'a later end is greater')
  t.ok(compared(counter, '', of([10, 0], null), of([9, 0], null)) > 0 && compared(counter, '', of([9, 1], null), of([9, 0], null)) > 0, 'then the longer text, then the later')
  t.end()
})

test('after random histories of doubles everybody holds the same, of authors that live what they wrote, and nothing was found where nothing was forged', (t) => {
  t.comment(`seeds ${from} to ${from + 79}`)
  const seeds = Array.from({ length: 80 }, (_, i) => from + i)
  t.deepEqual(seeds.flatMap((seed) => doubleHistory(seed).map((fault) => `seed ${seed}: ${fault}`)).slice(0, 10), [])
  t.end()
})

test('where changes flow it is not counted what is said in cells, and an idle host counts it once', (t) => {
  const { network, hosts: [a] } = line('ab')
  if (a === undefined) return t.fail('there is a host')
  const { log, digests } = gossipOf(a.store)
  for (let i = 0; i < 100; i += 1) a.store.counter(`calls-${i}`).increment()
  let hashed = 0
  for (const digest of digests.values()) {
    const { embody, take } = digest
    Object.assign(digest, {
      embody: (change: Change) => { hashed += 1; embody.call(digest, change) },
      take: (change: Change, embodied: boolean) => { hashed += Number(embodied); take.call(digest, change, embodied) }
    })
  }
  for (let i = 0; i < 400; i += 1) {
    a.store.counter(`calls-${i % 10}`).increment()
    network.run(25)
  }
  t.deepEqual([hashed, log.embodiesAll], [0, false], 'in twenty rounds')
  network.run(3 * brisk.pingMs)
  t.deepEqual([hashed, log.embodiesAll], [100, true])
  for (let i = 0; i < 50; i += 1) a.store.counter('calls-1').increment()
  t.equal(hashed, 101, 'what is written to often pays once')
  network.run(3 * brisk.pingMs)
  t.equal(hashed, 102)
  t.end()
})
