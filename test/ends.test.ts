/**
 * How a session ends: what is to blame is told by code in a bye, and neither other sessions nor what is held are harmed.
 */
import test, { type Test } from 'tape'
import { hello, met, one, World } from './world.js'

const greeting = hello('a')

/** Ends a session by some frames, the last of which is to blame; the other session and what is held are unharmed. */
function ends(t: Test, code: string, bye: string, frames: unknown[], options: { net?: string } = {}): void {
  const world = new World()
  const b = world.host('b', options)
  b.add('x', 3)
  const other = world.probe(b).say(hello('c', 'other', options.net === undefined ? {} : { net: options.net }))
  other.hear()
  const probe = world.probe(b)
  probe.hear()
  probe.say(...frames.slice(0, -1))
  probe.hear()
  t.deepEqual(b.ends, [], 'open until then')
  probe.say(frames.at(-1))
  t.deepEqual([b.ends, probe.hear(), probe.session.state], [[code], [{ b: bye }], 'closed'], code)
  t.deepEqual([b.read('x'), other.session.state], [3, 'open'])
}

test('a peer that sent more changes than arrived, or fewer, ends the session', (t) => {
  ends(t, 'ERR_LOST', 'lost', [greeting, one(1, 'y'), { a: {}, u: 2 }])
  ends(t, 'ERR_LOST', 'lost', [greeting, one(1, 'y'), { a: {}, u: 0 }])
  const { probe } = met()
  probe.say(one(1, 'y'), { a: {}, u: 1 })
  t.equal(probe.session.state, 'open')
  t.end()
})

test('a link that loses a frame of changes is found out at the next word', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  const link = world.link(a, b)
  world.run(100)
  a.add('x')
  link.free = false
  for (let lost = false; !lost; ) lost = Array.isArray(link.left.pull(world.now))
  link.free = true
  world.run(200)
  t.deepEqual([b.ends, a.ends], [['ERR_LOST'], ['ERR_BYE']])
  world.link(a, b)
  world.run(200)
  t.equal(b.read('x'), 1, 'the next session brings it')
  t.end()
})

test('a peer of another net, of none, or of any where we have none, is sent away and told nothing', (t) => {
  ends(t, 'ERR_NET', 'net', [{ ...greeting, net: 'other' }], { net: 'fleet' })
  ends(t, 'ERR_NET', 'net', [greeting], { net: 'fleet' })
  ends(t, 'ERR_NET', 'net', [{ ...greeting, net: 'fleet' }])
  t.end()
})

test('a peer that has our own name, or not the one that was expected, is sent away', (t) => {
  ends(t, 'ERR_SELF', 'self', [{ ...greeting, h: 'b', i: '9' }])
  const world = new World()
  const b = world.host('b')
  const right = world.probe(b, { host: 'a' }).say(greeting)
  const wrong = world.probe(b, { host: 'c' }).say(greeting)
  t.deepEqual([right.session.state, wrong.session.state, b.ends], ['open', 'closing', ['ERR_HELLO']])
  t.end()
})

test('versions meet at the lower one, or part with a bye that says so', (t) => {
  const world = new World()
  const higher = world.probe(world.host('b')).say({ ...greeting, v: 2 })
  t.equal(higher.session.state, 'open')
  for (const v of [0, 'one', 1.5]) ends(t, 'ERR_VERSION', 'version', [{ ...greeting, v }])
  t.end()
})

test('a second hello, and a word before the first, end the session', (t) => {
  ends(t, 'ERR_FRAME', 'frame', [greeting, greeting])
  for (const early of [one(1, 'x'), { a: {}, u: 0 }, { t: [1, 0, 0] }, { w: {} }]) ends(t, 'ERR_HELLO', 'hello', [early])
  const { probe } = met()
  probe.say({ later: 1 }, { m: 1 })
  t.deepEqual([probe.session.state, probe.session.counts.unknown], ['open', 2])
  t.end()
})

test('what is not known is counted and ignored, before the hello too', (t) => {
  const world = new World()
  const probe = world.probe(world.host('b')).say({ later: 1 }, [{}, { m: null }], greeting)
  t.deepEqual([probe.session.state, probe.session.counts.unknown, probe.session.peer?.host], ['open', 3, 'a'])
  t.end()
})

test('authors that are improper end the session', (t) => {
  const bad: unknown[] = [
    one(1, 'x', [1, 0], { s: 9 }), one(1, 'x', [1, 0], { s: [1, 'c~1'] }), one(1, 'x', [1, 0], { s: [2, 'c'] }),
    one(1, 'x', [1, 0], { s: [2, 'c~LIFE'] }), { a: { 9: 1 }, u: 1 }, { a: { '1~c~1': 1 }, u: 1 }, { w: { c: 1 } }
  ]
  const keys = ['', 'c', '~1', 'c~', '-1~c~1', 'x~c~1', '2~c~1~1', '1.5', '1e0', '01', '0x1', '1 ', '01~a~1', '1e0~a~1',
    '99999999999999999', 'constructor', '__proto__']
  for (const frame of [...bad, ...keys.map((key) => ({ a: Object.fromEntries([[key, 1]]), u: 1 }))]) {
    const { b, probe } = met()
    probe.say(one(1, 'x'), frame)
    t.deepEqual(b.ends, ['ERR_FRAME'], JSON.stringify(frame))
  }
  t.end()
})

test('a host whose name is a number is told from a number', (t) => {
  const { b, probe } = met()
  probe.say(one(1, 'x'), one(1, 'y', [1, 0], { s: [5, '1~c'] }), one(1, 'z', [1, 0], { s: [2, '3~4'] }))
  probe.say({ a: { '1~c': 5, '2~3~4': 6 }, u: 3 }, { a: { 2: 7 }, u: 3 })
  t.deepEqual([probe.session.state, probe.session.peer?.vector.get(b.gossip.log.author('1~c') as never)?.have], ['open', 5])
  t.equal(probe.session.peer?.vector.get(b.gossip.log.author('3~4') as never)?.have, 7)
  t.end()
})

test('a bye ends the session: one that closes without an error, any other with what it said', (t) => {
  for (const [bye, code, left] of [[{ b: 'close' }, null, false], [{ b: 'close', leave: true }, null, true], [{ b: 'lost' }, 'ERR_BYE', false]] as const) {
    const { b, probe } = met()
    probe.say(bye, one(1, 'x'))
    t.deepEqual([b.ends, probe.session.state, probe.session.left, b.read('x')], [[code], 'closed', left, 0])
    t.deepEqual([probe.hear(), b.gossip.sessions.size], [[], 0], 'and nothing is said after it')
  }
  t.end()
})

test('a session that is closed says bye once, and hears nothing more', (t) => {
  const { b, probe } = met()
  probe.session.close('close', true)
  probe.session.close()
  probe.say(one(1, 'x'), { b: 'lost' })
  t.deepEqual([b.ends, probe.hear(), probe.session.state, b.read('x')], [[null], [{ b: 'close', leave: true }], 'closed', 0])
  t.end()
})

test('closing before a hello, hello and bye are the only words', (t) => {
  const world = new World()
  const [a, b] = [world.host('a'), world.host('b')]
  const link = world.link(a, b)
  link.left.close()
  world.run()
  t.deepEqual(link.messages(a).map((message) => Object.keys(message)[0]), ['v', 'b'])
  t.deepEqual([link.right.state, a.ends, b.ends], ['closed', [null], [null]])
  t.end()
})

test('a vector alone makes no author known, and counts once a change of that author has come', (t) => {
  const { b, probe } = met()
  const a = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`stranger${i}~1`, 7]))
  probe.say({ a, u: 0, y: true })
  t.equal(b.gossip.log.author('stranger5~1'), undefined)
  probe.say(one(7, 'x', [1, 0], { s: [1, 'stranger5~1'] }))
  t.equal(b.have('stranger5~1'), 0, 'the claim is believed as far as was seen, which was nothing')
  probe.say({ a: {}, u: 1, y: true })
  t.equal(b.have('stranger5~1'), 7, 'the next one confirms what was stated before')
  t.end()
})
