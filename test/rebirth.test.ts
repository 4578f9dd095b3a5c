/**
 * An old copy of a journal that was put back in place: the host learns from its peers that they know more of its life, begins a new one, and
 * issues again what it wrote since and told nobody. Nothing that anybody has is lost, and nothing counts twice.
 */
import test, { type Test } from 'tape'
import { createStore, link, type Store } from '../index.js'
import { Rebirth } from '../lib/gossip/rebirth.js'
import { Session } from '../lib/gossip/session.js'
import { CounterKind } from '../lib/kinds/counter.js'
import { agreement, echoes } from '../lib/sim/checks.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { Network, type SimHost } from '../lib/sim/index.js'
import { Chance } from '../lib/sim/chance.js'
import { Shelf } from '../lib/sim/journal.js'
import { Clock } from './clock.js'
import { plant } from './sim/bugs.js'
import { hello, made } from './world.js'
import { Hand } from './stores.js'

const limits = { pingMs: 500, timeoutMs: 4_000, haveMs: 20, askMs: 200 }

/** What is wrong after one random history of a host whose journal is put back. */
function putBack(seed: number): string[] {
  const network = new Network({ seed, links: { latencyMs: 5, redialMs: 20 }, hosts: { limits, journal: { writeMs: 1 } } })
  const [a, b] = [network.add('a'), network.add('b')]
  network.add('c')
  network.link('a', 'b')
  network.link('b', 'c')
  const { chance } = network
  const faults: string[] = []
  const heard = new Map<string, string>()
  let lives = 0
  const counted = new Map<string, number>()
  const sets = new Map<string, boolean>()
  const write = (host: SimHost): void => {
    const roll = chance.next()
    const [name, element] = [`n${chance.whole(0, 2)}`, `e${chance.whole(0, 3)}`]
    if (roll < 0.5) {
      const n = chance.whole(-3, 9)
      host.store.counter(name).increment(n)
      counted.set(name, (counted.get(name) ?? 0) + n)
    } else if (roll < 0.6) host.store.register(name).write(chance.whole(0, 99))
    else if (roll < 0.8) {
      const next = gossipOf(host.store).nextSeq
      host.store.set(name).add(element)
      // Where it is in already, as far as the copy knows, nothing is written.
      if (gossipOf(host.store).nextSeq > next) sets.set(`${name} ${element}`, true)
    } else if (roll < 0.95) {
      host.store.set(name).delete(element)
      sets.set(`${name} ${element}`, false)
    } else {
      host.store.set(name).clear()
      for (const key of sets.keys()) if (key.startsWith(`${name} `)) sets.set(key, false)
    }
  }
  const some = (host: SimHost, most: number): void => {
    for (let i = chance.whole(0, most); i > 0; i -= 1) {
      write(host)
      network.run(chance.pick([0, 1, 30]))
    }
  }
  network.watch({
    start: (host, store) => store.on('life', () => { lives += host === a ? 1 : 100 }),
    change: (_, { author, seq, kind, name, part, body }, from) => {
      if (from === null) return
      const [key, content] = [`${author} ${seq}`, JSON.stringify([kind, name, part, body])]
      if ((heard.get(key) ?? content) !== content) faults.push(`twice: ${key} is ${heard.get(key)}, and ${content}`)
      heard.set(key, content)
    }
  })
  some(a, 10)
  network.run(500)
  const backup = a.shelf?.copy() ?? new Map<string, string>()
  if (backup.size === 0) return []
  some(a, 10)
  some(b, 4)
  network.run(1_000)
  for (const link of network.between('a')) link.cut()
  network.crash('a')
  a.shelf?.putBack(backup, true)
  network.restart('a')
  // Of sets, what is alone judged is what was there to be seen: the copy shows what it showed then.
  sets.clear()
  for (const name of ['n0', 'n1', 'n2']) for (const host of [b]) for (const element of host.store.set(name).values()) sets.set(`${name} ${element}`, true)
  const before = new Map(sets)
  some(a, 10)
  if (chance.odds(0.4)) {
    network.run(100)
    network.restart('a')
    some(a, 4)
  }
  network.heal()
  network.run(5_000)
  faults.push(...agreement(network).faults(), ...echoes(network).faults())
  for (const [name, sum] of counted) for (const host of network.hosts) {
    if (host.store.counter(name).value !== sum) faults.push(`counted was ${sum} of ${name}, and ${host.name} reads ${host.store.counter(name).value}`)
  }
  for (const [key, isIn] of sets) {
    const [name = '', element = ''] = key.split(' ')
    if (isIn && before.get(key) !== true && !b.store.set(name).has(element)) faults.push(`${element} was added to ${name}, and is gone`)
  }
  if (lives > 1) faults.push(`${lives} lives were begun`)
  return faults
}

const histories = Number(process.env['HISTORIES'] ?? 60)
const seed = Number(process.env['SEED'] ?? 1)

function faultsOf(count: number): string[] {
  const all: string[] = []
  for (let i = seed; i < seed + count; i += 1) all.push(...putBack(i).map((fault) => `seed ${i}: ${fault}`))
  return all
}

test('after an old journal was put back in place nothing is lost and nothing counts twice', (t) => {
  t.deepEqual(faultsOf(histories).slice(0, 10), [], `${histories} histories from seed ${seed}`)
  t.end()
})

function found(t: Test, name: string, lay: Parameters<typeof plant>[0]['lay']): void {
  const undo = plant({ name, lay })
  try {
    t.ok(faultsOf(25).length > 0, `it is found when ${name}`)
  } finally {
    undo()
  }
}

test('what one would get wrong is found', (t) => {
  found(t, 'a peer that knows more is told what we wrote since', (over) => over(Session.prototype, 'doubts', () => () => false))
  found(t, 'what was written is issued again whole', (over) => over(CounterKind.prototype, 'reissue', () => (kept: unknown) => kept))
  found(t, 'no new life is begun', (over) => over(Rebirth.prototype, 'begin', () => () => {}))
  t.end()
})

test('a liar can have one new life begun in a start, and none of a host that peers have confirmed', (t) => {
  const network = new Network({ hosts: { limits, journal: { writeMs: 1 } } })
  const a = network.add('a')
  a.store.counter('x').increment()
  network.run(100)
  network.restart('a')
  const lives: string[] = []
  a.store.on('life', ({ author }) => lives.push(author))
  const lie = (life: string): void => {
    const hand = new Hand(a.store.createStream())
    hand.say(hello('liar')).say({ a: { [`1~a~${life}`]: 9 }, u: 0 }).say(made(1, [9], ['x'], [[100, 0]]))
    network.run(100)
  }
  const first = gossipOf(a.store).own.life
  lie(first)
  t.equal(lives.length, 1)
  lie(gossipOf(a.store).own.life)
  t.equal(lives.length, 1, 'once per start')
  network.restart('a')
  t.notEqual(gossipOf(a.store).own.life, first, 'the new life goes on')
  const b = network.add('b')
  network.link('a', 'b')
  network.run(1_000)
  a.store.on('life', ({ author }) => lives.push(author))
  lie(gossipOf(a.store).own.life)
  t.deepEqual([lives.length, b.store.counter('x').value], [1, 100], 'a peer has confirmed')
  t.end()
})

/** A host and a clone of its disk, as of virtual machines, which no file tells apart; and their peer, with what is told. */
function twins(): { clock: Clock; one: Store; two: Store; peer: Store; told: string[] } {
  const clock = new Clock()
  const time = { time: clock, now: clock.date }
  const [shelf, clone] = [new Shelf(new Chance(1), { writeMs: 0.01 }), new Shelf(new Chance(2), { writeMs: 0.01 })]
  const peer = createStore({ host: 'b', ...time })
  const before = createStore({ host: 'a', journal: shelf.open(clock), ...time })
  const cut = link(before, peer)
  for (const name of ['x', 'y']) before.counter(name).increment()
  clock.run(1_000)
  cut()
  shelf.crash()
  clone.putBack(shelf.copy(), true)
  const [one, two] = [shelf, clone].map((from) => createStore({ host: 'a', journal: from.open(clock), ...time })) as [Store, Store]
  const told: string[] = []
  for (const [name, store] of Object.entries({ one, two, peer })) for (const event of ['life', 'impostor'] as const) store.on(event, () => told.push(`${name} ${event}`))
  return { clock, one, two, peer, told }
}

test('of two clones the one that meets a peer later begins a new life, and both count', (t) => {
  const { clock, one, two, peer, told } = twins()
  link(one, peer)
  one.counter('x').increment(10)
  clock.run(1_000)
  two.counter('x').increment(100)
  two.counter('y').increment(1_000)
  link(two, peer)
  clock.run(10_000)
  t.deepEqual([one, two, peer].map((store) => [store.counter('x').value, store.counter('y').value]), [[111, 1_001], [111, 1_001], [111, 1_001]])
  t.deepEqual(told, ['two life'])
  t.end()
})

test('two clones that both met their peer before one of them wrote are not told apart, which the README says; it is told as an impostor', (t) => {
  const { clock, one, two, peer, told } = twins()
  link(one, peer)
  link(two, peer)
  clock.run(1_000)
  one.counter('x').increment(10)
  two.counter('x').increment(100)
  two.counter('y').increment(1_000)
  clock.run(10_000)
  t.ok(peer.counter('x').value < 111, `of 110 that were counted the peer has ${peer.counter('x').value - 1}`)
  t.deepEqual([...new Set(told)], ['one impostor'])
  t.end()
})
