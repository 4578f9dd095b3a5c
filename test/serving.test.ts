/**
 * Who is served what and when: shared frames, what a peer showed, slow links, delays, and the pings between.
 */
import test from 'tape'
import { Batch } from '../lib/gossip/batch.js'
import { Feed } from '../lib/gossip/feed.js'
import type { Session } from '../lib/gossip/session.js'
import type { Author } from '../lib/log/author.js'
import { Log } from '../lib/log/log.js'
import { Clock } from './clock.js'
import { join, storesAt } from './stores.js'
import { countChanges, counter, hello, made, nothing, together, World, type Link } from './world.js'

test('sessions at one position share one frame, but not the one that brought a change', (t) => {
  const world = new World()
  const hub = world.host('hub')
  const peers = ['a', 'b', 'c'].map((name) => world.host(name))
  const links = peers.map((peer) => world.link(hub, peer))
  world.run(200)
  peers[1]?.add('from b')
  hub.add('own')
  world.run(200)
  const frames = (): unknown[] => links.map(({ left }) => {
    for (;;) {
      const frame = left.pull(world.now)
      if (frame === null || Array.isArray(frame)) return frame
    }
  })
  hub.add('own')
  const [first, second, third] = frames()
  t.ok(Array.isArray(first) && first === second && second === third, 'an own write')
  hub.add('own')
  links[1]?.left.receive(made([1, 'b~1'], [2], ['x']), world.now)
  const [toA, toB, toC] = frames() as object[][]
  t.ok(toA === toC && toA !== toB)
  t.deepEqual([countChanges(toA as Record<string, unknown>[]), countChanges(toB as Record<string, unknown>[])], [2, 1])
  t.end()
})

test('a frame that was built is not sent to who brought what it holds, though another has superseded it since', (t) => {
  const world = new World()
  const hub = world.host('hub')
  const peers = ['a', 'b', 'c'].map((name) => world.host(name))
  const [toA, toB, toC] = peers.map((peer) => world.link(hub, peer).left) as [Session, Session, Session]
  world.run(200)
  peers[1]?.add('from b')
  world.run(200)
  const seqs = (session: Session): unknown[] => {
    for (;;) {
      const frame = session.pull(world.now) as Record<string, unknown>[] | object | null
      if (frame === null || Array.isArray(frame)) return (frame ?? []).map(({ q }) => q)
    }
  }
  toB.receive(made([1, 'b~1'], [2], ['x']), world.now)
  t.deepEqual(seqs(toA), [[2]], 'a is sent what b brought')
  toC.receive(made([9, 'b~1'], [3], ['x'], [[2, 0]]), world.now)
  t.deepEqual(seqs(toB), [[3]], 'b only what c did')
  t.end()
})

test('a change is not sent to a peer that already showed it', (t) => {
  const world = new World()
  const [a, b, c] = [world.host('a'), world.host('b'), world.host('c')]
  const links = [world.link(a, b), world.link(b, c), world.link(c, a)]
  world.run(200)
  links.forEach((link) => { link.free = false })
  a.add('x')
  const [ab, bc, ca] = links as [Link, Link, Link]
  const flush = (link: Link, from: Link['left']): void => { while (link.pass(from) !== null); }
  flush(ab, ab.left)
  flush(ca, ca.right)
  flush(bc, bc.left)
  flush(bc, bc.right)
  const before = [bc.changes(b), bc.changes(c)]
  t.deepEqual(before, [1, 0], 'b told c, who held it and had not told b yet')
  flush(ca, ca.left)
  flush(ab, ab.right)
  t.deepEqual([ca.changes(c), ab.changes(b)], [0, 0], 'nor back to where it came from')
  t.equal(bc.right.counts.duplicates, 1)
  t.end()
})

test('a slow link makes a round: it claims `these` though it is never drained, and no cell starves', (t) => {
  const world = new World()
  const [a, b] = [world.host('a', { limits: { batchBytes: 100 } }), world.host('b')]
  const link = world.link(a, b)
  world.run(100)
  link.free = false
  for (let i = 0; i < 20; i += 1) a.add(`warm ${i}`)
  for (let i = 0; i < 400; i += 1) {
    for (let hot = 0; hot < 10; hot += 1) a.add(`hot ${hot}`)
    link.pass(link.left)
    world.now += 20
  }
  const these = link.messages(a).filter(({ y }) => y === 'these')
  t.ok(these.length > 2, `${these.length} rounds`)
  t.ok(b.have('a~1') > 500, 'the claims are believed')
  for (let i = 0; i < 20; i += 1) if (b.read(`warm ${i}`) !== 1) t.fail(`warm ${i} starved`)
  t.end()
})

test('words about our vector do not keep changes from a link that takes one frame in haveMs', (t) => {
  const world = new World()
  const { a, b, link } = together(world)
  link.free = false
  for (let i = 0; i < 10; i += 1) {
    a.add('x')
    world.now += a.gossip.limits.haveMs
    link.pass(link.left)
  }
  t.ok(b.read('x') > 0, `${link.changes(a)} changes in ${link.sent.length} frames`)
  t.end()
})

test('a round ends when each cell, or what superseded it meanwhile, was served: only then is what was noted claimed', (t) => {
  const log = new Log([0, 0])
  const put = (id: string, seq: number): void => {
    const author = log.meet(id) as Author
    const name = log.find('counter', 'x') ?? log.create('counter', 'x')
    log.put(author, seq, name, '', null, seq, 0, name.find(author, ''))
  }
  const feed = new Feed(log, () => true, () => true, () => false)
  const served: string[] = []
  const fill = (): boolean => {
    const batch = new Batch(() => counter, { batchBytes: 1, batchMessages: 256 })
    const over = feed.fill(batch)
    served.push(...batch.authors.map(({ id }) => id))
    return over
  }
  put('a~1', 1)
  put('b~1', 1)
  feed.startAt(0)
  feed.beginRound()
  fill()
  const [first] = served
  put(first === 'a~1' ? 'b~1' : 'a~1', 2)
  while (!fill());
  t.deepEqual(served.sort(), ['a~1', 'b~1'])
  t.end()
})

test('a write after a quiet while is served at once and claimed as a whole: a round is for sessions that cannot keep up', (t) => {
  const world = new World()
  const { a, link } = together(world)
  a.add('x')
  world.run(3_000)
  a.add('x')
  world.run(1_000)
  t.deepEqual(link.messages(a).filter(({ y }) => y === 'these'), [])
  t.end()
})

test('what is owed waits for delayMs, and what is superseded meanwhile is never sent', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  const link = world.link(a, b, { delayMs: 300 })
  world.run(100)
  for (let i = 0; i < 10; i += 1) {
    a.add('x')
    world.run(20)
  }
  t.deepEqual([link.changes(a), b.read('x')], [0, 0])
  world.run(150)
  t.deepEqual([link.changes(a), b.read('x'), b.have('a~1')], [1, 10, 10])
  t.end()
})

test('both ends learn the round trip, whoever pings first', (t) => {
  const world = new World()
  const { a, b, link } = together(world)
  link.cut()
  const slow = world.link(a, b)
  slow.free = false
  for (let i = 0; i < 200; i += 1) {
    const frames = [slow.left.pull(world.now), slow.right.pull(world.now)]
    world.now += 40
    if (frames[0] !== null) slow.right.receive(JSON.parse(JSON.stringify(frames[0])), world.now)
    if (frames[1] !== null) slow.left.receive(JSON.parse(JSON.stringify(frames[1])), world.now)
    world.now += 60
  }
  const asked = world.probe(a).say(hello('c', nothing))
  asked.hear()
  world.now += a.gossip.limits.pingMs
  const [ping] = asked.hear() as { t: number[] }[]
  world.now += 70
  asked.say({ t: [5, ping?.t[0] ?? 0, 30] })
  t.equal(asked.session.pulse.rttMs, 40, 'less what the other held it')
  const rtts = [slow.left.pulse.rttMs, slow.right.pulse.rttMs]
  t.ok(rtts.every((rtt) => rtt !== null && rtt > 0 && rtt <= 200), `${rtts.join(' and ')} ms`)
  t.end()
})

test('both ends learn the round trip when one of them always pings first', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b', { limits: { pingMs: 7_000 } })]
  const link = world.link(a, b)
  world.run(60_000)
  t.deepEqual([link.left.pulse.rttMs, link.right.pulse.rttMs], [0, 0])
  t.end()
})

test('a ping that answers none of ours is answered at once, and one that does is not', (t) => {
  const world = new World()
  const a = world.host('a')
  const probe = world.probe(a).say(hello('b', nothing))
  probe.hear()
  world.now += 1_000
  probe.say({ t: [77, 0, 0] })
  t.deepEqual(probe.hear(), [{ t: [world.now, 77, 0] }])
  world.now += a.gossip.limits.pingMs
  const [ping] = probe.hear() as { t: number[] }[]
  t.deepEqual(ping, { t: [world.now, 77, a.gossip.limits.pingMs] })
  probe.say({ t: [78, world.now, 0] })
  t.deepEqual(probe.hear(), [])
  t.end()
})


/** What is to run soon, a turn at a time. */
class Turns extends Clock {
  private queue: (() => void)[] = []

  override soon(run: () => void): void {
    this.queue.push(run)
  }

  step(): void {
    for (const run of this.queue.splice(0)) run()
  }
}

test('a change is one host further with every turn, and takes along what was said of its name in the turn of its writing', (t) => {
  const turns = new Turns()
  const stores = storesAt(turns, 'a', 'b', 'c', 'd')
  const [a, b, c, d] = stores
  for (const [left, right] of [[a, b], [b, c], [c, d]] as const) join(left.createStream(), right.createStream())
  for (let left = 50; left > 0; left -= 1) turns.step()
  const until = turns.date() + 60_000
  a.register('motd').write('hi', { expire: until })
  for (let hop = 0; hop < stores.length; hop += 1) {
    const held = stores.map((store) => store.register('motd')).filter(({ expire }) => expire === until).map(({ value }) => value)
    t.deepEqual(held, Array.from({ length: hop + 1 }, () => 'hi'), `after ${hop} turns ${hop} others hold it`)
    turns.step()
  }
  t.end()
})
