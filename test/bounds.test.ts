/**
 * Every bound that applies to a session: at the limit, and one above.
 */
import test, { type Test } from 'tape'
import { silentPings, type Limits } from '../lib/limits.js'
import { hello, met, one, World, type Host } from './world.js'

/** Says something at a limit, which is kept, and one above, which is refused by its code and harms nothing. */
function bounded(t: Test, limits: Partial<Limits>, code: string, at: object, above: object): void {
  const { b, probe } = met(limits)
  probe.say(at)
  t.deepEqual([b.refused, b.gossip.log.size], [[], 1], 'at the limit')
  probe.say(above)
  t.deepEqual([b.refused, b.gossip.log.size, probe.session.state], [[[code, 1, 'us']], 1, 'open'], 'one above')
}

test('a name of nameBytesMax is kept, one byte above is refused, and so is an empty one', (t) => {
  bounded(t, {}, 'name', one(1, 'é'.repeat(128)), one(2, 'é'.repeat(128) + 'x'))
  bounded(t, { nameBytesMax: 1 }, 'name', one(1, 'x'), one(2, ''))
  t.end()
})

test('a part of partBytesMax is kept, one byte above is refused', (t) => {
  bounded(t, {}, 'part', one(1, 'x', [1, 0], { p: ['é'.repeat(128)] }), one(2, 'x', [1, 0], { p: ['é'.repeat(128) + 'x'] }))
  t.end()
})

test('a body of bodyBytesMax of a kind not known is kept, one byte above is refused', (t) => {
  bounded(t, {}, 'body', one(1, 'x', 'é'.repeat(8_191), { k: 'later' }), one(2, 'x', 'é'.repeat(8_191) + 'x', { k: 'later' }))
  t.end()
})

test('a body of a kind not known may be 64 deep, not 65', (t) => {
  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)])
  bounded(t, {}, 'body', one(1, 'x', deep(64), { k: 'later' }), one(2, 'x', deep(65), { k: 'later' }))
  t.end()
})

test('a bigint of digitsMax digits is kept, one more is refused', (t) => {
  const kind = { k: 'counter:bigint' }
  bounded(t, {}, 'body', one(1, 'x', ['9'.repeat(1_000), '0'], kind), one(2, 'x', ['9'.repeat(1_001), '0'], kind))
  t.end()
})

test('a counter takes the safe integers from zero, and nothing else', (t) => {
  bounded(t, {}, 'body', one(1, 'x', [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]), one(2, 'x', [Number.MAX_SAFE_INTEGER + 1, 0]))
  for (const body of [[-1, 0], [0, -1], [0.5, 0], ['1', '0'], [1], [1, 0, 0], null, 1, {}]) {
    bounded(t, {}, 'body', one(1, 'x'), one(2, 'x', body))
  }
  t.end()
})

test('cellsMax cells are held, one more is refused, and a cell that is there is still written', (t) => {
  const { b, probe } = met({ cellsMax: 3 })
  probe.say(one(1, 'x'), one(2, 'y'), one(3, 'z'))
  t.deepEqual([b.refused, b.gossip.log.size], [[], 3])
  probe.say(one(4, 'w'), one(5, 'x', [9, 0]))
  t.deepEqual([b.refused, b.gossip.log.size, b.read('x'), b.read('w')], [[['room', 1, 'us']], 3, 9, 0])
  t.end()
})

test('authorsMax authors are known, those above are refused, and nothing that the session claims is believed any more', (t) => {
  const { b, probe } = met({ authorsMax: 3 })
  probe.say(one(2, 'x'), { ...one(1, 'x'), s: [2, 'c~1'] })
  t.deepEqual([b.refused, b.gossip.log.authorsSize, b.read('x')], [[], 3, 2])
  probe.say({ ...one(1, 'x'), s: [3, 'd~1'] }, { a: { 1: 2 }, u: 3, y: true })
  t.deepEqual([b.refused, b.gossip.log.authorsSize, b.read('x'), b.have('a~1')], [[['authors', 1, 'us']], 3, 2, 0])
  t.deepEqual(probe.hear().at(-1)?.r, { authors: 1 })
  t.end()
})

test('a peer that knows more authors than we have room for is not cut off', (t) => {
  const { b, probe } = met({ authorsMax: 2 })
  for (let i = 1; i <= 5; i += 1) probe.say({ ...one(1, 'x'), s: [i, `host ${i}~1`] })
  t.deepEqual([b.ends, probe.session.state, b.read('x')], [[], 'open', 1])
  t.end()
})

test('unknownBytesMax bytes of kinds not known are kept, one above is refused, and what shrinks makes room', (t) => {
  const body = 'x'.repeat(98)
  const later = (seq: number, name: string, text: string): object => one(seq, name, text, { k: 'later' })
  const bytes = 2 * (200 + 'later'.length + 1 + 100)
  const { b, probe } = met({ unknownBytesMax: bytes })
  probe.say(later(1, 'x', body), later(2, 'y', body))
  t.deepEqual([b.refused, b.gossip.log.size], [[], 2], 'at the limit')
  probe.say(later(3, 'y', body + 'x'), one(4, 'known'))
  t.deepEqual([b.refused, b.gossip.log.size], [[['unknown', 1, 'us']], 3], 'one above; a known kind is not counted')
  probe.say(later(5, 'x', body.slice(1)), later(6, 'y', body + 'x'))
  t.deepEqual([b.refused.length, b.gossip.log.find('later', 'y')?.find(b.gossip.log.meet('a~1') as never, '')?.seq], [1, 6])
  t.end()
})

test('rangesMax ranges are remembered; of one more the lowest is forgotten, which costs a re-send and no change', (t) => {
  const { b, probe } = met({ rangesMax: 3 })
  probe.say(one(2, '2'), one(4, '4'), one(6, '6'))
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [[2, 2], [4, 4], [6, 6]])
  probe.say(one(8, '8'))
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [[4, 4], [6, 6], [8, 8]])
  probe.say(one(2, '2'))
  t.deepEqual([b.gossip.log.size, b.refused, probe.session.counts.duplicates], [4, [], 1])
  t.end()
})

test('refusalsMax refused changes are remembered one by one; for the author of one more nothing is believed to the end', (t) => {
  const refuseTwo = (refusalsMax: number): Host => {
    const { b, probe } = met({ refusalsMax })
    probe.say(one(1, 'x', [-1, 0]), one(2, 'y', [-1, 0]), one(3, 'x'), one(4, 'y'), { a: { 1: 4 }, u: 4, y: true })
    return b
  }
  t.equal(refuseTwo(2).have('a~1'), 4, 'at the limit: successors are held, so the claim is believed')
  t.equal(refuseTwo(1).have('a~1'), 0, 'one above')
  t.end()
})

test('an ask may name asksMax names; one more ends the session', (t) => {
  const names = (count: number): unknown => ({ w: {}, n: Array.from({ length: count }, (_, i) => ['counter', `${i}`]) })
  const { b, probe } = met({ asksMax: 3 })
  probe.say(names(3))
  t.equal(probe.session.state, 'open')
  probe.say(names(4))
  t.deepEqual(b.ends, ['ERR_SIZE'])
  t.end()
})

test('a frame of messagesMax messages is taken; one more ends the session', (t) => {
  const pings = (count: number): unknown => Array(count).fill({ t: [1, 0, 0] })
  const { b, probe } = met({ messagesMax: 3 })
  probe.say(pings(3))
  t.equal(probe.session.state, 'open')
  probe.say(pings(4))
  t.deepEqual(b.ends, ['ERR_SIZE'])
  t.end()
})

test('a frame of ours never holds more messages than a peer with our limits takes', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  const probe = world.probe(a).say(hello('c'))
  for (let i = 0; i < 5_000; i += 1) probe.say({ s: i === 0 ? [1, 'c~1'] : 1, k: `k${i}`, q: [i + 1], n: ['x'], c: [1] })
  world.link(a, b)
  world.run(1_000)
  t.deepEqual([b.ends, b.gossip.log.size], [[], 5_000])
  t.end()
})

test('a vector of more authors than one frame holds comes in several, and is served when it is whole', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  for (const host of [a, b]) {
    const probe = world.probe(host).say(hello('z'))
    for (let i = 0; i < 600; i += 1) probe.say({ s: [i, `n${i}~1`], k: 'counter', q: [1], n: ['x'], c: [[1, 0]] })
  }
  a.add('x')
  const link = world.link(a, b)
  world.run(200)
  t.deepEqual([link.changes(), b.read('x'), link.left.synced, link.right.synced], [1, 601, true, true])
  t.deepEqual(link.messages(a).filter((message) => message.o === true).length, 2)
  t.end()
})

test('a peer that says no hello for helloMs is given up, not a moment earlier', (t) => {
  const world = new World()
  const b = world.host('b')
  const { session } = world.probe(b)
  t.equal(session.deadlineAt, world.now + b.gossip.limits.helloMs)
  session.tick(world.now + b.gossip.limits.helloMs - 1)
  t.equal(session.state, 'open')
  session.tick(world.now + b.gossip.limits.helloMs)
  t.deepEqual([session.state, b.ends], ['closing', ['ERR_HELLO']])
  const words = Array.from({ length: 4 }, () => session.pull(world.now))
  t.deepEqual(words.slice(1), [{ b: 'hello' }, 'ended', 'ended'])
  t.ok((words[0] as object).hasOwnProperty('v'), 'the first word is a hello all the same')
  t.end()
})

test('a peer is silent after 2.3 of our pings, no longer when it is heard, and given up after timeoutMs', (t) => {
  const { world, b, probe } = met()
  const { pingMs, timeoutMs } = b.gossip.limits
  const { session } = probe
  const from = world.now
  t.equal(session.deadlineAt, from + silentPings * pingMs)
  session.tick(from + 11_499)
  t.notOk(session.pulse.silent)
  session.tick(from + 11_500)
  t.ok(session.pulse.silent)
  t.deepEqual(b.doubts().map(({ host, why }) => [host, why]), [['a', 'silent']])
  world.now = from + 12_000
  probe.say([])
  t.notOk(session.pulse.silent, 'an empty frame is life')
  t.deepEqual(b.doubts().map(({ why }) => why), ['unclaimed'])
  session.tick(from + 12_000 + timeoutMs - 1)
  t.deepEqual([session.state, session.pulse.silent], ['open', true])
  session.tick(from + 12_000 + timeoutMs)
  t.deepEqual([session.state, b.ends], ['closing', ['ERR_TIMEOUT']])
  t.deepEqual(probe.hear(), [{ b: 'timeout' }])
  t.end()
})

