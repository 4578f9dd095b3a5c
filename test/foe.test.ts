/**
 * Hostile peers among honest hosts: each kind of foe alone, then all together. Honest hosts must keep what they are promised: none ends a
 * session with another, none is silenced or grows without bound, and all agree, but on what was forged.
 *
 * Where values are compared, not judged is what the foes themselves wrote down as forged: what stands in the name of an author in whose
 * name a foe sent what that author never said, and names of which a foe said an end or a part; and, until the audit, authors who are lost
 * and of whom a foe made claims.
 */
import test from 'tape'
import { Chance, Network, pairsOf } from '../lib/sim/index.js'
import type { SimHost } from '../lib/sim/index.js'
import { agreement, checks, faultsOf, merge } from '../lib/sim/checks.js'
import type { Check } from '../lib/sim/checks.js'
import { entriesIn } from '../lib/sim/checks/bounds.js'
import { cellsOf, gossipOf } from '../lib/sim/checks/check.js'
import { foeKinds, foes } from '../lib/sim/foe.js'
import type { FoeKind, Foes, FoesOptions } from '../lib/sim/foe.js'
import type { Line } from '../lib/sim/foes/line.js'
import type { Session } from '../lib/gossip/session.js'
import type { Written } from '../lib/kinds/register.js'
import { limits, spareFor } from '../lib/limits.js'
import type { Limits } from '../lib/limits.js'
import { codeOf } from './stores.js'
import { thrown } from './world.js'

const from = Number(process.env['SEED'] ?? 1)

/** Who makes a host think that another is there, or has it refuse for ever what is forged: that is seen in doubts, rightly. */
const doubtful: readonly FoeKind[] = ['poser', 'replayer']

const short: Partial<Limits> = { graceMs: 2_000, skewMsMax: 400, askMs: 200, helloMs: 2_000, timeoutMs: 4_000, pingMs: 500 }

/** A network of honest hosts, and those who are after it. */
class Siege {
  readonly network: Network
  readonly chance: Chance
  readonly all: Record<string, Check>
  readonly gang: Foes

  constructor(seed: number, kinds: readonly FoeKind[], { limits = {}, ...options }: FoesOptions & { limits?: Partial<Limits> } = {}) {
    this.chance = new Chance(seed)
    const { chance } = this
    this.network = new Network({ seed, hosts: { limits: { ...short, ...limits } }, links: { latencyMs: { mean: 10 }, streams: [{ expected: true }, { expected: true }] } })
    this.all = checks(this.network, { spares: (place) => this.gang.spares(place), authorsMax: limits.authorsMax ?? 1_000 })
    if (kinds.some((kind) => doubtful.includes(kind))) delete this.all['doubts']
    // What foes forge differs, and what they hide is found.
    delete this.all['alarms']
    const count = chance.whole(4, 6)
    for (let i = 0; i < count; i += 1) this.network.add(`h${i}`, { aheadMs: chance.whole(0, 300) })
    for (const [a, b] of pairsOf('random:3', count, chance)) this.network.link(`h${a}`, `h${b}`)
    this.gang = foes(this.network, [], options)
    this.work(20)
    for (const kind of kinds) this.gang.add(kind)
  }

  /** Hosts write so often, to a few names of each kind. */
  work(writes: number): void {
    const { chance, network } = this
    for (let i = 0; i < writes; i += 1) {
      const { store } = chance.pick(network.running)
      const name = `n${chance.whole(0, 3)}`
      attempt(() => chance.pick([
        () => store.counter(name).increment(chance.whole(1, 9)), () => store.counter(name).decrement(), () => store.register(name).write(i),
        () => store.set(name).add(`e${chance.whole(0, 3)}`), () => store.set(name).delete(`e${chance.whole(0, 3)}`)
      ])())
      network.run(chance.whole(0, 60))
    }
  }

  /** What hosts do not hear of each other's new writes, whatever else was forged in their names, unless it was these. */
  unheard(when: string): string[] {
    const { network, gang } = this
    const hosts = network.running
    for (const { name, store } of hosts) attempt(() => store.counter(`${when} ${name}`).increment())
    for (const { name, store } of hosts) attempt(() => store.register(`${when} ${name}`).write(name))
    for (const { name, store } of hosts) attempt(() => store.set(`${when} ${name}`).add(name))
    network.run(1_500)
    const spared = (by: SimHost, kind: string): boolean => gang.deeds.touched.has(`${kind} ${when} ${by.name}`)
    return hosts.flatMap((by) => hosts.flatMap(({ name, store }) => [
      ...(spared(by, 'counter') || store.counter(`${when} ${by.name}`).value === 1 ? [] : [`${name} does not know what ${by.name} counted ${when}`]),
      ...(spared(by, 'register') || store.register(`${when} ${by.name}`).value === by.name ? [] : [`${name} does not know what ${by.name} wrote ${when}`]),
      ...(spared(by, 'set') || store.set(`${when} ${by.name}`).has(by.name) ? [] : [`${name} does not know what ${by.name} added ${when}`])
    ]))
  }

  /** Foes go, and what they left is passed on. */
  lift(): void {
    this.gang.stop()
    this.network.run(5_000)
  }
}

/** What only full tables, ended names and forged counts may prevent. */
function attempt(write: () => unknown): void {
  try {
    write()
  } catch (error) {
    if (!['ERR_FULL', 'ERR_EXPIRED', 'ERR_RANGE'].includes(codeOf(error))) throw error
  }
}

/** All that is wrong in one siege. */
function siege(seed: number, kinds: readonly FoeKind[], options: FoesOptions = {}): string[] {
  const world = new Siege(seed, kinds, options)
  world.work(40)
  const during = world.unheard('during it')
  world.lift()
  return [...during, ...world.unheard('after it'), ...faultsOf(world.all)].map((fault) => `seed ${seed}: ${fault}`)
}

const kinds = Object.keys(foeKinds) as FoeKind[]

for (const kind of kinds) {
  test(`honest hosts are none the worse for a ${kind}`, (t) => {
    t.comment(`seeds ${from} and ${from + 1}`)
    t.deepEqual([from, from + 1].flatMap((seed) => siege(seed, [kind])).slice(0, 10), [])
    t.end()
  })
}

test('honest hosts are none the worse for all kinds of foes together', (t) => {
  t.comment(`seeds ${from} and ${from + 1}`)
  t.deepEqual([from, from + 1].flatMap((seed) => siege(seed, kinds, { actMs: 400 })).slice(0, 10), [])
  t.end()
})

test('what a doubler said twice ends as one and the same everywhere, and what hosts that are there wrote as what they wrote', (t) => {
  t.comment(`seeds ${from} to ${from + 5}`)
  let doubled = 0
  for (let seed = from; seed < from + 6; seed += 1) {
    const world = new Siege(seed, ['doubler'], { actMs: 300 })
    const { network, gang } = world
    world.work(40)
    const written = new Map(network.hosts.map(({ name, store }) => [gossipOf(store).own.id, { name, cells: ownOf(store) }]))
    gang.stop()
    doubled += differing(network)
    network.run(60_000)
    const cells = network.hosts.map(({ store }) => cellsOf(store))
    const faults = [...agreement(network).faults(), ...merge(network).faults()]
    for (const [author, { name, cells: own }] of written) for (const [key, body] of own) {
      cells.forEach((all, i) => { if (JSON.stringify(all.get(key)?.body) !== body) faults.push(`h${i} holds ${JSON.stringify(all.get(key)?.body)} of ${author} at ${key}, ${name} wrote ${body}`) })
    }
    t.deepEqual(faults.slice(0, 5), [], `seed ${seed}`)
  }
  t.ok(doubled > 20, `${doubled} cells held one body here and another there`)
  t.end()
})

/** What a host wrote to its counters, by place. */
function ownOf(store: SimHost['store']): Map<string, string> {
  const { own } = gossipOf(store)
  return new Map([...cellsOf(store)].filter(([, { author, kind }]) => author === own.id && kind === 'counter').map(([key, { body }]) => [key, JSON.stringify(body)]))
}

/** How many cells are held under one seq with another body by others. */
function differing({ hosts }: Network): number {
  const bodies = new Map<string, Set<string>>()
  for (const { store } of hosts) for (const [key, { seq, body }] of cellsOf(store)) {
    bodies.set(`${key} ${seq}`, (bodies.get(`${key} ${seq}`) ?? new Set()).add(JSON.stringify(body)))
  }
  return [...bodies.values()].filter(({ size }) => size > 1).length
}

for (const [what, bytesMax] of [['beyond all tables', limits.bytesMax], ['of more bytes than there may be', 100_000]] as const) {
  test(`a flood ${what} leaves all within its bounds, and what was held before goes on`, (t) => {
    t.comment(`seed ${from}`)
    const bounds = { cellsMax: 400, authorsMax: 60, elementsMax: 150, unknownBytesMax: 20_000, bytesMax, authorBytesMax: bytesMax >> 1 }
    const { network, gang, all } = new Siege(from, [], { limits: bounds, actMs: 50 })
    for (const { name, store } of network.hosts) store.counter(`of ${name}`).increment()
    network.run(1_000)
    for (const kind of ['flooder', 'flooder', 'mangler', 'tangler'] as const) gang.add(kind)
    network.run(5_000)
    for (const { name, store } of network.hosts) store.counter(`of ${name}`).increment()
    network.run(2_000)
    t.ok(network.hosts.filter(({ store }) => store.statistics().refused > 0).length > 1, 'some of the flood was refused, by more hosts than one')
    for (const { name, store } of network.hosts) {
      const { cells, authors, bytes } = store.statistics()
      t.ok(cells <= 400 + spareFor(400) && authors <= 60 && bytes <= bytesMax + spareFor(bytesMax), `${name} holds ${cells} cells of ${authors} authors, ${bytes} bytes`)
      t.ok(cells >= 400 || bytes >= 0.8 * bytesMax, `${name} is full`)
      t.deepEqual(network.hosts.map((host) => store.counter(`of ${host.name}`).value), network.hosts.map(() => 2))
    }
    gang.stop()
    t.deepEqual(['bounds', 'sessions', 'rising', 'echoes'].flatMap((name) => (all[name] as Check).faults()), [])
    t.end()
  })
}

/** Three hosts in a line, at rest, and a foe that says to the last of them what it is told to. */
function line(limits: Partial<Limits> = {}): { network: Network; α: SimHost; β: SimHost; γ: SimHost; gang: Foes; hand: Line } {
  const network = new Network({ seed: from, hosts: { limits }, links: { streams: [{ expected: true }, { expected: true }] } })
  const [α, β, γ] = ['α', 'β', 'γ'].map((name) => network.add(name)) as [SimHost, SimHost, SimHost]
  network.link('α', 'β')
  network.link('β', 'γ')
  const gang = foes(network, [])
  const hand = gang.hand('γ')
  α.store.counter('calls').increment()
  network.run(2_000)
  return { network, α, β, γ, gang, hand }
}

const idOf = ({ store }: SimHost): string => gossipOf(store).own.id

test('a forged later seq of a host silences it for no write', async (t) => {
  const { network, α, β, γ, hand } = line()
  hand.say({ s: [1, idOf(α)], k: 'counter', q: [1_000], n: ['junk'], c: [[0, 0]] })
  hand.say({ a: { [idOf(α)]: 1_000 }, u: hand.said, y: 'these' })
  network.run(2_000)
  α.store.counter('calls').increment(9)
  const settled = α.store.settled({ timeoutMs: 5_000 }).catch(codeOf)
  network.run(10_000)
  const values = [α, β, γ].map(({ store }) => store.counter('calls').value)
  t.deepEqual(values, [10, 10, 10])
  t.ok(values[1] === 10 || await settled === 'ERR_TIMEOUT', 'what nobody else holds is not settled')
})

test('a forged seq that was not given yet keeps no write from anybody', (t) => {
  const { network, α, β, γ, hand } = line()
  hand.say({ s: [1, idOf(α)], k: 'counter', q: [2], n: ['junk'], c: [[0, 0]] })
  network.run(2_000)
  α.store.register('motd').write('hello')
  network.run(2_000)
  t.deepEqual([α, β, γ].map(({ store }) => store.register('motd').value), ['hello', 'hello', 'hello'])
  t.end()
})

test('who is passed a part by a foe, and told that it was all, lacks the rest until an audit finds it', (t) => {
  const { network, α, γ, hand } = line()
  network.part(['β'], ['γ'])
  α.store.register('first').write(1)
  α.store.register('second').write(2)
  const second = [...gossipOf(α.store).log.cells()].find(({ name }) => name.text === 'second')
  hand.say({ s: [1, idOf(α)], k: 'register', q: [3], n: ['second'], c: [[(second?.body as Written).stamp, 2]] })
  hand.say({ a: { [idOf(α)]: 3 }, u: hand.said, y: true })
  network.run(2_000)
  network.heal()
  network.run(5_000)
  const read = (): unknown[] => ['first', 'second'].map((name) => γ.store.register(name).value)
  t.deepEqual(read(), [undefined, 2], 'at first')
  network.run(30_000)
  t.deepEqual(read(), [1, 2])
  α.store.register('first').write('again')
  network.run(1_000)
  t.deepEqual(read(), ['again', 2])
  t.end()
})

test('a name is ended by a foe where nobody said an end, as any peer may end it, and by none where somebody said never', (t) => {
  const { network, α, β, γ, hand } = line()
  α.store.counter('for ever').increment(1, { expire: 'never' })
  network.run(1_000)
  const end = Math.floor(network.clock.date()) + 500
  for (const [i, name] of ['calls', 'for ever'].entries()) hand.say({ s: [1, 'hand~1'], k: 'counter', q: [i + 1], n: [name], c: [[0, 0]], e: [end] })
  hand.say({ s: [1, 'hand~1'], k: 'counter', q: [3], n: ['for ever'], c: [[0, 0]], e: [1] })
  network.run(2_000)
  t.deepEqual([α, β, γ].map(({ store }) => [store.counter('calls').value, store.counter('for ever').value]), [[0, 1], [0, 1], [0, 1]])
  t.equal(thrown(() => α.store.counter('calls').increment()), 'ERR_EXPIRED')
  α.store.counter('calls').extend('never')
  network.run(1_000)
  t.deepEqual([α, β, γ].map(({ store }) => store.counter('calls').value), [1, 1, 1], 'within the grace it is revived')
  t.end()
})

test('known, until changes can be signed: what is forged in the name of a host under the last seq there is stands until it starts anew', (t) => {
  const { network, α, β, γ, hand } = line()
  const last = Number.MAX_SAFE_INTEGER
  hand.say({ s: [1, idOf(α)], k: 'counter', q: [last], n: ['calls'], c: [[500, 0]] })
  hand.say({ s: [2, 'hand~1'], k: 'set', q: [1], n: ['tags'], p: [''], c: [[0, { [idOf(α)]: last }, {}]] })
  network.run(2_000)
  const read = (): unknown[] => [α, β, γ].map(({ store }) => [store.counter('calls').value, store.set('tags').has('x')])
  α.store.counter('calls').increment()
  α.store.set('tags').add('x')
  network.run(2_000)
  t.deepEqual(read(), [[2, false], [500, false], [500, false]])
  network.restart('α')
  network.run(2_000)
  α.store.counter('calls').increment()
  α.store.set('tags').add('x')
  network.run(2_000)
  t.deepEqual(read(), [[501, true], [501, true], [501, true]])
  t.end()
})

test('hosts come to be coherent again once the foe is gone that forged what one of them said', (t) => {
  const { network, α, β, gang, hand } = line()
  hand.say({ s: [1, idOf(α)], k: 'counter', q: [1_000], n: ['junk'], c: [[0, 0]] })
  network.run(2_000)
  gang.stop()
  network.run(60_000)
  t.deepEqual([...α.store.doubts(), ...β.store.doubts()].map(({ host, why }) => `${host} ${why}`), [])
  t.end()
})

test('a session takes the changes of any number of authors, as long as they are few at a time', (t) => {
  const { network, α, β, γ, hand } = line({ authorsMax: 50, graceMs: 1_000, skewMsMax: 100 })
  for (let round = 0; round < 2; round += 1) {
    const e = [Math.floor(network.clock.date() + 1_000)]
    for (let i = round * 30; i < round * 30 + 30; i += 1) hand.say({ s: [i, `x${i}~1`], k: 'counter', q: [1], n: [`n${i}`], c: [[1, 0]], e })
    network.run(10_000)
  }
  network.restart('γ')
  network.run(2_000)
  for (let i = 0; i < 5; i += 1) {
    γ.store.counter('calls').increment()
    network.run(1_000)
  }
  t.deepEqual([α, β, γ].map(({ store }) => store.counter('calls').value), [6, 6, 6])
  t.end()
})

test('what a session remembers of refused changes is bounded, whoever made them', (t) => {
  const { network, γ, hand } = line({ authorsMax: 100 })
  const session = [...gossipOf(γ.store).sessions].find(({ peer }) => peer?.host === 'hand') as Session
  for (let i = 0; i < 5_000; i += 1) {
    hand.say({ s: [i, `x${i}~1`], k: 'counter', q: [1], n: ['x'], c: ['none'] })
    if (i % 100 === 0) network.run(100)
  }
  network.run(1_000)
  t.ok(entriesIn(session) < 2_000, `${entriesIn(session)} entries after 5,000 changes that nobody takes`)
  t.end()
})

test('known: registers stand still at hosts whose clocks are behind while a foe stamps as far ahead as others take, and no longer', (t) => {
  const { network, α, γ, gang, hand } = line()
  γ.aheadMs = 30_000
  for (let seq = 1; seq <= 40; seq += 1) {
    hand.say({ s: [1, 'hand~1'], k: 'register', q: [seq], n: ['motd'], c: [[Math.floor(γ.now + 59_900) * 1_024, seq]] })
    network.run(500)
    γ.store.register('motd').write(`honest ${seq}`)
    network.run(500)
  }
  t.equal(α.store.register('motd').value, undefined, 'a foe that is let write holds it up')
  gang.stop()
  network.run(limits.skewMsMax)
  t.equal(α.store.register('motd').value, 'honest 40', 'for skewMsMax at most once it is gone')
  t.end()
})
