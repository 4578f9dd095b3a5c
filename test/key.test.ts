/**
 * The network's key: whoever does not know it is shown nothing, and nothing is taken from it, whatever it saw of others who do.
 *
 * What a proof is of is written down here a second time, on node:crypto, as a second implementation would have it.
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import test, { type Test } from 'tape'
import { createStore, type Frame, type Store, type StoreOptions } from '../index.js'
import { Handshake } from '../lib/gossip/handshake.js'
import { Inbound } from '../lib/gossip/inbound.js'
import { hmac, isSameCode } from '../lib/log/hmac.js'
import { type Session } from '../lib/gossip/session.js'
import { Clock } from './clock.js'
import { holds } from './property.js'
import { codeOf, Hand, join } from './stores.js'
import { plant, type Bug } from './sim/bugs.js'
import { thrown } from './world.js'

const key = 'the key of this network'
const other = 'the key of another one'
const encoder = new TextEncoder()

type Hello = { v: number; h: string; i: string; x: string; net?: string; nonce?: string; f?: string[] }

const netstring = (text: string): string => `${Buffer.byteLength(text)}:${text},`

const fields = ({ v, h, i, net = '', x, f = [], nonce = '' }: Hello): string[] => [String(v), h, i, net, x, f.map(netstring).join(''), nonce]

/** What proves to the verifier that the prover knows a key. */
function proofOf(secret: string, prover: Hello, verifier: Hello): string {
  return createHmac('sha256', secret).update(['pull-gossip key 1', ...fields(prover), ...fields(verifier)].map(netstring).join('')).digest('hex')
}

/** A keyed host that holds a secret, and all that its peers do. */
class Fort {
  readonly clock: Clock
  readonly store: Store
  readonly errors: string[] = []
  readonly connected: string[] = []

  constructor(options: Partial<StoreOptions> = {}, clock = new Clock()) {
    this.clock = clock
    this.store = createStore({ host: 'fort', key, time: this.clock, now: this.clock.date, ...options })
    this.store.counter('secret').increment(7)
    this.store.on('error', (error) => this.errors.push(codeOf(error)))
    this.store.on('connect', ({ host }) => this.connected.push(host))
  }

  /** Somebody connects. */
  hand(): Hand {
    const hand = new Hand(this.store.createStream())
    this.clock.run(10)
    return hand
  }

  /** Lets time pass, and gives what somebody was told. */
  told({ heard }: Hand): Record<string, unknown>[] {
    this.clock.run(200)
    return heard.flat()
  }

  /** That nothing is shown to somebody, nothing taken from it, and that nobody is told of it as of a peer. */
  holdsOut(t: Test, hand: Hand, code: string, why: string): void {
    hand.say(change).say({ a: {}, u: 1 }).say({ w: {}, n: [['counter', 'secret']] })
    const told = this.told(hand)
    t.deepEqual(told.filter((message) => !('v' in message) && !('proof' in message)), [{ b: code }], `${why}: nothing but hello, proof and bye is said`)
    t.deepEqual([this.store.counter('planted').value, this.connected, this.store.statistics().authors], [0, [], 1], `${why}: nothing is taken`)
    t.deepEqual(this.errors, [`ERR_${code.toUpperCase()}`], `${why}: it is told here`)
  }
}

const nonce = '0123456789abcdef0123456789abcdef'
const change = { s: [1, 'guest~1'], k: 'counter', q: [1], n: ['planted'], c: [[1, 0]] }
const guest: Hello = { v: 1, h: 'guest', i: '1', x: 'none', nonce }

function helloOf({ heard }: Hand): Hello {
  return heard.flat()[0] as Hello
}

function proofIn(told: readonly Frame[]): string[] {
  return told.flat().flatMap((message) => ('proof' in message ? message.proof : []))
}

test('HMAC with SHA-256 is that of RFC 4231, and of the platform for any key and any bytes', (t) => {
  t.equal(hmac(encoder.encode('Jefe'), encoder.encode('what do ya want for nothing?')), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  const long = new Uint8Array(131).fill(0xaa)
  t.equal(hmac(long, encoder.encode('Test Using Larger Than Block-Size Key - Hash Key First')), '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54')
  const bytes = fc.uint8Array({ maxLength: 300 })
  holds(t, 'as the platform has it', fc.property(bytes, bytes, (secret, text) => hmac(secret, text) === createHmac('sha256', secret).update(text).digest('hex')))
  t.end()
})

test('two codes are compared to the last character, wherever they part, and alike only when they are', (t) => {
  const codes = fc.stringMatching(/^[0-9a-f]{0,8}$/)
  holds(t, 'alike when they are', fc.property(codes, codes, (a, b) => isSameCode(a, b) === (a === b) && isSameCode(a, a)))
  for (const wrong of ['x', 'bcdef', 'abcdex', 'abcdef']) {
    let looks = 0
    const counting = { length: 6, charCodeAt: (i: number) => (looks += 1, wrong.charCodeAt(i)) } as unknown as string
    isSameCode(counting, 'abcdef')
    t.equal(looks, 6, `${wrong}: all six are looked at`)
  }
  t.end()
})

test('two hosts that know the key come to the same, as without one', (t) => {
  const { clock, store } = new Fort()
  const guest = createStore({ host: 'guest', key: encoder.encode(key), time: clock, now: clock.date, expect: ['fort'] })
  guest.counter('secret').increment(1)
  join(store.createStream(), guest.createStream())
  clock.run(500)
  t.deepEqual([store.counter('secret').read(), guest.counter('secret').read()], [{ coherent: true, value: 8 }, { coherent: true, value: 8 }])
  t.end()
})

test('a proof is what docs/protocol.md says: a peer made up by hand is let in by it, and can check ours', (t) => {
  const fort = new Fort({ net: 'nét' })
  const hand = fort.hand()
  const hello = helloOf(hand)
  t.match(hello.nonce ?? '', /^[0-9a-f]{32}$/)
  const ours: Hello = { ...guest, net: 'nét', f: ['later', 'ünknown'] }
  hand.say(ours)
  t.deepEqual(fort.told(hand).slice(1), [{ proof: [proofOf(key, hello, ours)] }], 'our hello is answered by a proof, and nothing else')
  hand.say({ proof: [proofOf(key, ours, hello)] }).say({ a: {}, u: 0 }).say(change)
  const told = fort.told(hand)
  t.ok(told.some((message) => 'c' in message), 'then all is shown')
  t.deepEqual([fort.store.counter('planted').value, fort.errors, fort.connected], [1, [], ['guest']], 'and taken')
  t.end()
})

test('the golden session of a keyed network has the proofs that it says, and so has docs/protocol.md', (t) => {
  const text = readFileSync(new URL('golden/session-4.ndjson', import.meta.url), 'utf8')
  const said = text.trimEnd().split('\n').map((line) => JSON.parse((JSON.parse(line) as { text: string }).text) as Hello & { proof?: string[] })
  const [β, α] = said as [Hello, Hello]
  t.deepEqual(said[2]?.proof, [proofOf('the key of the example', α, β)])
  t.deepEqual(said[3]?.proof, ['the key to come: 2', 'the key of the example'].map((secret) => proofOf(secret, β, α)))
  t.ok(readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8').includes(`\n${said[2]?.proof?.[0] ?? '?'}\n`))
  t.end()
})

test('a peer is shown nothing, and nothing is taken from it, that has no key, another one, or says no proof', (t) => {
  for (const [why, code, say] of [
    ['no nonce', 'key', (hand: Hand) => hand.say({ ...guest, nonce: undefined })],
    ['no proof', 'key', (hand: Hand) => hand.say(guest)],
    ['a wrong key', 'key', (hand: Hand) => hand.say(guest).say({ proof: [proofOf(other, guest, helloOf(hand))] })],
    ['a proof of nothing', 'frame', (hand: Hand) => hand.say(guest).say({ proof: [] })],
    ['a short proof', 'frame', (hand: Hand) => hand.say(guest).say({ proof: [''] })],
    ['many proofs', 'frame', (hand: Hand) => hand.say(guest).say({ proof: Array.from({ length: 3 }, () => '0'.repeat(64)) })],
    ['a ping in its place', 'key', (hand: Hand) => hand.say(guest).say({ t: [1, 0, 0] })],
    ['a proof before the hello', 'hello', (hand: Hand) => hand.say({ proof: ['0'.repeat(64)] })],
    ['all in one frame', 'key', (hand: Hand) => hand.say([guest, change, { a: {}, u: 1 }])],
    ['two hellos', 'frame', (hand: Hand) => hand.say(guest).say(guest)]
  ] as const) {
    const fort = new Fort()
    const hand = fort.hand()
    say(hand)
    fort.holdsOut(t, hand, code, why)
  }
  t.end()
})

test('who withholds its proof is given up after helloMs, having been shown nothing', (t) => {
  const fort = new Fort({ limits: { helloMs: 1_000 } })
  const hand = fort.hand().say(guest)
  fort.clock.run(2_000)
  t.deepEqual([hand.heard.flat().at(-1), fort.errors, fort.connected], [{ b: 'hello' }, ['ERR_HELLO'], []])
  t.end()
})

test('a host without a key and one with one part, and both say why', (t) => {
  const fort = new Fort()
  const open = new Fort({ host: 'open', key: undefined }, fort.clock)
  join(fort.store.createStream(), open.store.createStream())
  fort.clock.run(500)
  t.deepEqual([fort.errors, open.errors, fort.connected, open.connected], [['ERR_KEY'], ['ERR_KEY'], [], []])
  const hand = open.hand().say(guest)
  t.deepEqual(open.told(hand).at(-1), { b: 'key' })
  t.end()
})

test('a proof that was heard in another session is worth nothing', (t) => {
  const fort = new Fort({ random: undefined })
  const first = fort.hand()
  const proof = { proof: [proofOf(key, guest, helloOf(first))] }
  first.say(guest).say(proof)
  t.equal(fort.told(first).filter((message) => 'a' in message).length > 0, true, 'it was good once')
  first.stop()
  fort.clock.run(100)
  fort.connected.length = 0
  const second = fort.hand().say(guest).say(proof)
  fort.holdsOut(t, second, 'key', 'said again')
  t.end()
})

test('our own proof said back to us proves nothing, whichever hello we were made to prove it to', (t) => {
  const fort = new Fort()
  const hand = fort.hand()
  hand.say({ ...guest, nonce: helloOf(hand).nonce })
  fort.told(hand)
  hand.say({ proof: proofIn(hand.heard) })
  fort.holdsOut(t, hand, 'key', 'in one session')

  const two = new Fort()
  const [first, second] = [two.hand(), two.hand()]
  first.say({ ...guest, nonce: helloOf(second).nonce })
  second.say({ ...guest, nonce: helloOf(first).nonce })
  two.told(first)
  two.told(second)
  first.say({ proof: proofIn(second.heard) })
  two.holdsOut(t, first, 'key', 'across two sessions')
  t.end()
})

test('whatever a hello says is proven with it: who changes any of it on the way breaks the proof', (t) => {
  const changes: [string, (hello: Hello) => Hello][] = [
    ['host', (hello) => ({ ...hello, h: `${hello.h}x` })], ['life', (hello) => ({ ...hello, i: `${hello.i}0` })], ['digest', (hello) => ({ ...hello, x: 'another' })],
    ['net', (hello) => ({ ...hello, net: 'b' })], ['features', (hello) => ({ ...hello, f: ['mute'] })], ['version', (hello) => ({ ...hello, v: 2 })],
    ['nonce', (hello) => ({ ...hello, nonce: 'f'.repeat(32) })]
  ]
  for (const [what, changed] of changes) {
    const fort = new Fort(what === 'net' ? { net: 'b' } : {})
    const hand = fort.hand()
    hand.say(changed(guest)).say({ proof: [proofOf(key, guest, helloOf(hand))] })
    fort.holdsOut(t, hand, 'key', `the prover's ${what}`)
    const second = new Fort()
    const caught = second.hand()
    caught.say(guest).say({ proof: [proofOf(key, guest, changed(helloOf(caught)))] })
    second.holdsOut(t, caught, 'key', `the verifier's ${what}`)
  }
  t.end()
})

test('two networks of one key are not joined by who sits between them and says each its own name', (t) => {
  const clock = new Clock()
  const [a, b] = [new Fort({ host: 'a', net: 'a' }, clock), new Fort({ host: 'b', net: 'b' }, clock)]
  const [left, right] = [a.store.createStream(), b.store.createStream()]
  const renamed = (from: string, to: string, read: typeof left.source): typeof left.source => (abort, cb) => read(abort, (end, frame) => {
    cb(end, frame === undefined ? frame : JSON.parse(JSON.stringify(frame).replace(`"net":"${from}"`, `"net":"${to}"`)) as Frame)
  })
  left.sink(renamed('b', 'a', right.source))
  right.sink(renamed('a', 'b', left.source))
  clock.run(500)
  t.ok(a.errors.includes('ERR_KEY') || b.errors.includes('ERR_KEY'))
  t.deepEqual([a.connected, b.connected], [[], []])
  t.end()
})

test('a key takes the place of another without a moment in which hosts cannot meet, and without a restart', (t) => {
  const [old, fresh] = ['the key until now', 'the key from now on'] as const
  const meets = (left: Store, right: Store, clock: Clock): boolean => {
    const [a, b] = [left.createStream(), right.createStream()]
    join(a, b)
    clock.run(200)
    const met = left.peers().some(({ host, connected }) => host === right.host && connected)
    a.source(true, () => {})
    clock.run(2_000)
    return met
  }
  const stages: (readonly [string, string] | string)[] = [old, [old, fresh], [fresh, old], fresh]
  for (const [i, left] of stages.entries()) {
    for (const [j, right] of stages.entries()) {
      const clock = new Clock()
      const [a, b] = [new Fort({ host: 'a', key: left }, clock), new Fort({ host: 'b', key: right }, clock)]
      t.equal(meets(a.store, b.store, clock), !(i === 0 && j === 3) && !(i === 3 && j === 0), `stage ${i} meets stage ${j}`)
    }
  }
  const clock = new Clock()
  const [a, b] = [new Fort({ host: 'a', key: old }, clock), new Fort({ host: 'b', key: fresh }, clock)]
  t.notOk(meets(a.store, b.store, clock))
  a.store.rekey([old, fresh])
  t.ok(meets(a.store, b.store, clock))
  t.equal(thrown(() => a.store.rekey('short')), 'ERR_OPTION')
  t.ok(meets(a.store, b.store, clock), 'what is no key changes nothing')
  t.equal(thrown(() => createStore({ host: 'open' }).rekey(old)), 'ERR_OPTION', 'a network without a key is not given one so')
  t.end()
})

test('a key has 16 bytes or more, there are one or two, and no error shows any of them', (t) => {
  const refusal = (given: unknown): string => {
    try {
      void createStore({ host: 'a', key: given as string }).close()
      return 'none'
    } catch (error) {
      return String(error)
    }
  }
  for (const good of ['é'.repeat(8), new Uint8Array(16), ['0123456789abcdef', new Uint8Array(1_000)]]) t.equal(refusal(good), 'none')
  const secret = 'sesame'
  for (const bad of [secret, `${secret}56789abcde`.slice(0, 15), new Uint8Array(15), [], ['0123456789abcdef', secret], Array(3).fill('0123456789abcdef'), 5, null, {}]) {
    const told = refusal(bad)
    t.match(told, /ERR_OPTION/)
    t.notOk(told.includes(secret), 'and says nothing of it')
  }
  t.end()
})

test('what debug is told of a session with a key does not show the key', (t) => {
  const lines: unknown[] = []
  const fort = new Fort({ debug: (...args) => { lines.push(args) } })
  const guest = createStore({ host: 'guest', key, time: fort.clock, now: fort.clock.date })
  join(fort.store.createStream(), guest.createStream())
  fort.clock.run(500)
  t.ok(lines.length > 3)
  t.notOk(JSON.stringify(lines).includes(key))
  t.end()
})

/** Whether somebody without the key gets in by one of the ways that were tried above. */
function isBroken(): boolean {
  const ways: ((fort: Fort, hand: Hand) => void)[] = [
    (_, hand) => hand.say(guest).say(change),
    (_, hand) => hand.say(guest).say({ proof: [proofOf(other, guest, helloOf(hand))] }).say(change),
    (fort, hand) => {
      hand.say(guest)
      fort.told(hand)
      hand.say({ proof: proofIn(hand.heard) }).say(change)
    },
    (fort, hand) => {
      const before = fort.hand()
      before.say(guest).say({ proof: proofsSeen(fort, before) })
      hand.say(guest).say({ proof: proofsSeen(fort, before) }).say(change)
    }
  ]
  return ways.some((way) => {
    const fort = new Fort()
    const hand = fort.hand()
    way(fort, hand)
    const told = fort.told(hand)
    return fort.store.counter('planted').value > 0 || told.some((message) => 'c' in message || 'a' in message) || fort.connected.includes('impostor')
  })
}

/** What a host that knows the key said in an earlier session: made by the code under test, so that its bugs are in it. */
const seen = new WeakMap<Hand, string[]>()
function proofsSeen(fort: Fort, hand: Hand): string[] {
  const known = seen.get(hand)
  if (known !== undefined) return known
  const theirs = new Handshake({ keys: [encoder.encode(key)], nonce: () => nonce })
  const { v, h, i, x, f, nonce: its = null } = helloOf(hand)
  theirs.say({ version: 1, host: 'guest', life: '1', net: null, digest: 'none', features: new Set(), nonce })
  theirs.hear({ version: v, host: h, life: i, net: null, digest: x, features: new Set(f), nonce: its })
  const proofs = theirs.prove() ?? []
  seen.set(hand, proofs)
  fort.clock.run(10)
  return proofs
}

type Codes = (prover: object, verifier: object) => string[]

const bugs: Bug[] = [
  {
    name: 'a proof is not of the nonces',
    lay: (over) => over(Handshake.prototype, 'codes', (real) => function (this: Handshake, prover: object, verifier: object) {
      return (real as unknown as Codes).call(this, { ...prover, nonce: null }, { ...verifier, nonce: null })
    })
  },
  {
    name: 'a proof is not of the verifier\'s nonce',
    lay: (over) => over(Handshake.prototype, 'codes', (real) => function (this: Handshake, prover: object, verifier: object) {
      return (real as unknown as Codes).call(this, prover, { ...verifier, nonce: null })
    })
  },
  {
    name: 'a proof does not say whose it is',
    lay: (over) => over(Handshake.prototype, 'codes', (real) => function (this: Handshake, prover: { host: string }, verifier: { host: string }) {
      const [first, second] = prover.host < verifier.host ? [prover, verifier] : [verifier, prover]
      return (real as unknown as Codes).call(this, first, second)
    })
  },
  {
    name: 'any proof will do',
    lay: (over) => over(Handshake.prototype, 'accepts', () => () => true)
  },
  {
    name: 'a peer is met at its hello, before its proof',
    lay: (over) => over(Inbound.prototype, 'hello', (real) => function (this: { session: Session; greet: (message: unknown) => void }, message: unknown) {
      ;(real as unknown as (message: unknown) => void).call(this, message)
      if (this.session.peer === null) this.greet(message)
    } as never)
  }
]

for (const bug of bugs) {
  test(`it is found out when ${bug.name}`, (t) => {
    t.notOk(isBroken(), 'nobody gets in')
    const undo = plant(bug)
    t.ok(isBroken(), 'somebody gets in')
    undo()
    t.end()
  })
}
