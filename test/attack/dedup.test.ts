/**
 * Who says that it is another host: what it wins and what it does not, when one link per pair is chosen.
 */
import test, { type Test } from 'tape'
import { memory, type Connection, type GossipNode, type NodeOptions, type Transport } from '../../lib/node/index.js'
import { Pair } from '../../lib/dial/pair.js'
import type { Link } from '../../lib/dial/link.js'
import { limits } from '../../lib/limits.js'
import { Clock } from '../clock.js'
import { Record } from '../dial/record.js'
import { next, nodeOf, until } from '../nodes.js'
import { plant, type Bug } from '../sim/bugs.js'
import { Hand, storeAt } from '../stores.js'

/** A link on which somebody says to be a host, proven or not. */
function met(node: Record, host: string, proven: boolean, life = 'life1'): Link {
  const link = node.accept()
  link.proven = proven
  node.meet(link, host, 0, life)
  return link
}

const word = { keeps: true, uris: [] }

/** That who only says to be a host does not evict one that has proven it, at the end that decides (a) and at the other (z). */
function standsFirm(): string[] {
  const faults: string[] = []
  for (const [self, other] of [['a', 'm'], ['z', 'm']] as const) {
    for (const life of ['life1', 'life2']) {
      const node = new Record(self)
      const proven = met(node, other, true)
      node.dial.hear(proven, { ...word, choice: 1 }, 0)
      const spoof = met(node, other, false, life)
      node.dial.hear(spoof, { ...word, choice: Number.MAX_SAFE_INTEGER }, 1)
      for (let now = 0; now < 100_000; now += 1_000) node.dial.tick(now)
      if (node.dial.link(other) !== proven) faults.push(`${self} gave ${other} up for a newcomer of ${life}`)
      if (node.done().some((act) => act.startsWith('close 1'))) faults.push(`${self} closed the link of ${other}`)
    }
  }
  return faults
}

test('a link whose host is proven is never given up for one that only says that name, whatever life and choice it says', (t) => {
  t.deepEqual(standsFirm(), [])
  t.end()
})

test('a proven host takes its place from whoever only said its name, at once, however well that answers', (t) => {
  for (const [self, other] of [['a', 'm'], ['z', 'm']] as const) {
    const node = new Record(self)
    const spoof = met(node, other, false)
    node.dial.hear(spoof, { ...word, choice: 7 }, 0)
    node.done()
    const proven = met(node, other, true, 'life2')
    node.dial.hear(proven, { ...word, choice: 1 }, 1)
    node.dial.answered(spoof, 2)
    t.equal(node.dial.link(other), proven, `at ${self}`)
    t.ok(node.done().includes('close 1: duplicate'), 'and the other is closed')
  }
  t.end()
})

test('where nobody is proven, a newcomer that says the name of a host is closed as long as the host answers', (t) => {
  const node = new Record('a')
  const honest = met(node, 'm', false)
  node.dial.hear(honest, { ...word, choice: 0 }, 0)
  for (let i = 0; i < 20; i += 1) {
    met(node, 'm', false, `life${i}`)
    node.dial.answered(honest, 1)
  }
  t.equal(node.dial.link('m'), honest)
  t.equal(node.done().filter((act) => act.endsWith('duplicate')).length, 20)
  t.end()
})

test('nor does it evict one that answers at the end that does not decide, by its life and a later choice; where that is dead it has the place', (t) => {
  const node = new Record('z')
  const honest = met(node, 'm', false)
  node.dial.hear(honest, { ...word, choice: 3 }, 0)
  node.done()
  for (let i = 0; i < 20; i += 1) {
    const spoof = met(node, 'm', false)
    node.dial.hear(spoof, { keeps: false, uris: ['m:elsewhere'], choice: Number.MAX_SAFE_INTEGER }, 1)
    t.ok(node.done().includes('probe 1'), 'the honest link is asked')
    node.dial.answered(honest, 1)
    t.deepEqual(node.done(), [`close ${spoof.number}: duplicate`])
  }
  node.dial.keep('m', true, 1)
  t.deepEqual([node.dial.link('m'), node.dial.addresses('m')], [honest, []], 'nobody else says where it is dialled')
  const leaving = met(node, 'm', false)
  node.end(leaving, 2, { left: true })
  t.ok(node.dial.keeps('m'), 'nor that it leaves')
  const later = met(node, 'm', false)
  node.dial.hear(later, { ...word, choice: 4 }, 10)
  node.dial.tick(10 + limits.probeMs)
  t.equal(node.dial.link('m'), later, 'one that does not answer gives way')
  t.end()
})

test('who says in the name of a host that is there that it leaves changes nothing: it stays expected', (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'z', { expect: ['m'] })
  const honest = new Hand(store.createStream({ host: 'm' })).hello('m')
  new Hand(store.createStream()).hello('m').say({ b: 'close', leave: true })
  clock.run(100)
  honest.stop()
  clock.run(100)
  t.deepEqual(store.doubts().map(({ host, why }) => [host, why]), [['m', 'disconnected']])
  new Hand(store.createStream({ host: 'm' })).hello('m').say({ b: 'close', leave: true })
  clock.run(100)
  t.deepEqual(store.doubts(), [], 'until it says so itself')
  t.end()
})

const bugs: Bug[] = [
  {
    name: 'a proof makes no difference among links',
    lay: (over) => over(Pair.prototype, 'unmask', () => () => undefined)
  },
  {
    name: 'the later choice holds, whoever said it, unless the other answers',
    lay: (over) => over(Pair.prototype, 'settle', (real) => function (this: Pair, now: number) {
      const proven = [...this.links].filter((link) => link.proven)
      for (const link of proven) link.proven = false
      ;(real as unknown as (now: number) => void).call(this, now)
      for (const link of proven) link.proven = true
    })
  }
]

/** That, and that a proven host gets its own place. */
function faults(): string[] {
  const node = new Record('a')
  met(node, 'm', false)
  const proven = met(node, 'm', true)
  return [...standsFirm(), ...(node.dial.link('m') === proven ? [] : ['a proven host has no place'])]
}

for (const bug of bugs) {
  test(`it is found out when ${bug.name}`, (t) => {
    t.deepEqual(faults(), [])
    const undo = plant(bug)
    t.notDeepEqual(faults(), [])
    undo()
    t.end()
  })
}

/** A network in memory whose connections carry who has proven itself at their other end, as certificates would. */
function certified(inner: Transport, self: string | null, others: Map<string, string | null>): Transport {
  const shown = (connection: Connection, host: string | null): Connection => (host === null ? connection : Object.assign(connection, { host }))
  return {
    listen: (uri, accept) => inner.listen(uri, (connection, from) => accept(shown(connection, others.get('last') ?? null), from)),
    connect: (uri, signal) => {
      others.set('last', self)
      return inner.connect(uri, signal)
    }
  }
}

test('a node takes the word of its transport: another name in the hello ends the session, and who has a link keeps it', async (t: Test) => {
  const [inner, others] = [memory(), new Map<string, string | null>()]
  const node = (host: string, certificate: string | null, options: Partial<NodeOptions> = {}): GossipNode => {
    return nodeOf(t, host, { transports: { memory: certified(inner, certificate, others) }, ...options })
  }
  const α = node('α', 'α', { listen: 'memory://α' })
  const errors: string[] = []
  α.store.on('error', (error) => errors.push(String(error)))
  await α.ready()
  const β = node('β', 'β', { connect: 'memory://α' })
  await β.ready()
  const liar = node('β', 'γ', { connect: 'memory://α' })
  liar.store.on('error', () => {})
  await until('the liar is found out', () => errors.some((error) => /ERR_HELLO.*"γ" was expected/.test(error)))
  await liar.close()

  const unproven = node('β', null, { connect: 'memory://α' })
  await next(unproven, 'backoff')
  t.deepEqual(α.peers().map(({ host, connected }) => [host, connected]), [['β', true]], 'a node that has proven nothing is turned away')
  β.store.counter('calls').increment()
  await β.store.settled({ peers: 1, timeoutMs: 5_000 })
  t.equal(α.store.counter('calls').value, 1, 'and the true one goes on')
})
