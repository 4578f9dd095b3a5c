/**
 * Bounds that nobody can set, at them and one above, and what several bounds do together. Each of `limits` by itself is in
 * edges.test.ts.
 */
import test, { type Test } from 'tape'
import { hello, met, one, World } from './world.js'

/** Says something at a limit, which is kept, and one above, which is refused by its code and harms nothing. */
function bounded(t: Test, code: string, at: object, above: object): void {
  const { b, probe } = met()
  probe.say(at)
  t.deepEqual([b.refused, b.gossip.log.size], [[], 1], 'at the limit')
  probe.say(above)
  t.deepEqual([b.refused, b.gossip.log.size, probe.session.state], [[[code, 1, 'us']], 1, 'open'], 'one above')
}

test('a counter takes the safe integers from zero, and nothing else', (t) => {
  bounded(t, 'body', one(1, 'x', [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]), one(2, 'x', [Number.MAX_SAFE_INTEGER + 1, 0]))
  bounded(t, 'body', one(1, 'x', Number.MAX_SAFE_INTEGER), one(2, 'x', Number.MAX_SAFE_INTEGER + 1))
  for (const body of [[-1, 0], [0, -1], [0.5, 0], ['1', '0'], [1], [1, 0, 0], null, -1, 0.5, '1', true, {}]) {
    bounded(t, 'body', one(1, 'x'), one(2, 'x', body))
  }
  t.end()
})

test('a peer that knows more authors than we have room for is not cut off', (t) => {
  const { b, probe } = met({ authorsMax: 2 })
  for (let i = 1; i <= 5; i += 1) probe.say({ ...one(1, 'x'), s: [i, `host ${i}~1`] })
  t.deepEqual([b.ends, probe.session.state, b.read('x')], [[], 'open', 1])
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
