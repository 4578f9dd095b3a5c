/**
 * What peers may do: what they are shown, what is taken from them, and whom they may speak for; at the hello, and while they are there.
 */
import test, { type Test } from 'tape'
import { createStore, type Authorize, type Rights, type Store, type StoreOptions } from '../index.js'
import { Inbound } from '../lib/gossip/inbound.js'
import { Outbound } from '../lib/gossip/outbound.js'
import { Session } from '../lib/gossip/session.js'
import { Clock } from './clock.js'
import { codeOf, Hand, join } from './stores.js'
import { plant, type Bug } from './sim/bugs.js'
import { thrown } from './world.js'

/** A host that lets others do what it is told to, and what happened there. */
class Court {
  readonly clock: Clock
  readonly store: Store
  readonly refused: [code: string, count: number, by: string][] = []
  readonly errors: string[] = []
  readonly ends: (string | null)[] = []

  constructor(authorize: Authorize | undefined, options: Partial<StoreOptions> = {}, clock = new Clock()) {
    this.clock = clock
    this.store = createStore({ host: 'court', time: clock, now: clock.date, ...(authorize === undefined ? {} : { authorize }), ...options })
    this.store.on('refused', ({ code, count, by }) => this.refused.push([code, count, by]))
    this.store.on('error', (error) => this.errors.push(codeOf(error)))
    this.store.on('disconnect', (_, error) => this.ends.push(error === null ? null : codeOf(error)))
  }

  /** Another host, which lets everybody do everything, linked to this one. */
  guest(host = 'guest', authorize?: Authorize): Court {
    const guest = new Court(authorize, { host, expect: ['court'] }, this.clock)
    this.join(guest)
    return guest
  }

  join(guest: Court): void {
    join(this.store.createStream({ id: guest.store.host, expected: true }), guest.store.createStream())
    this.clock.run(300)
  }

  doubts(): string[] {
    return this.store.doubts().map(({ host, why }) => `${host} ${why}`)
  }
}

const named = (prefix: string) => ({ name }: { name: string }): boolean => name.startsWith(prefix)

/** What is read of some names. */
function values(store: Store, ...names: string[]): number[] {
  return names.map((name) => store.counter(name).value)
}

function count(store: Store, ...names: string[]): void {
  for (const name of names) store.counter(name).increment()
}

test('a peer is shown the names that it may read and no others, from its first frame on and live, and both are in step', (t) => {
  const court = new Court(() => ({ read: named('public') }))
  count(court.store, 'public a', 'secret a')
  const guest = court.guest()
  t.deepEqual(values(guest.store, 'public a', 'secret a'), [1, 0])
  count(court.store, 'public b', 'secret b', 'secret a')
  court.clock.run(300)
  t.deepEqual([values(guest.store, 'public b', 'secret b'), guest.store.statistics().cells], [[1, 0], 2])
  t.deepEqual([guest.doubts(), court.doubts(), guest.store.coherent], [[], [], true])
  count(guest.store, 'from the guest')
  court.clock.run(300)
  t.deepEqual(values(court.store, 'from the guest'), [1], 'what it may not read does not keep it from writing')
  t.end()
})

test('nobody who is kept from something is told that it holds all: a third host gives it the rest', (t) => {
  const court = new Court(({ host }) => (host === 'guest' ? { read: named('public') } : true))
  const other = new Court(undefined, { host: 'other' }, court.clock)
  court.join(other)
  const guest = court.guest()
  for (let i = 0; i < 5; i += 1) count(court.store, `secret ${i}`, `public ${i}`)
  court.clock.run(300)
  t.equal(guest.store.statistics().cells, 5)
  other.join(guest)
  t.equal(guest.store.statistics().cells, 10)
  t.deepEqual([values(guest.store, 'secret 0', 'public 4'), guest.doubts()], [[1, 1], []])
  t.end()
})

test('an ask shows nothing more: neither by author nor by name', (t) => {
  const court = new Court(() => ({ read: named('public') }))
  count(court.store, 'public', 'secret')
  const hand = new Hand(court.store.createStream()).hello().say({ a: {}, u: 0 })
  court.clock.run(300)
  const told = JSON.stringify(hand.heard)
  const author = /"1~(court~[^"]*)"/.exec(told)?.[1] ?? ''
  hand.say({ w: { [author]: 0 }, n: [['counter', 'secret'], ['counter', 'public']] })
  court.clock.run(300)
  t.equal(JSON.stringify(hand.heard).split('"public"').length, 3, 'what may be read was sent again')
  t.notOk(JSON.stringify(hand.heard).includes('secret'))
  t.notOk(hand.heard.flat().some((message) => 'y' in message), 'and nothing was ever claimed')
  t.ok(hand.heard.flat().some((message) => 'p' in message), 'but that all was served that may be')
  t.end()
})

test('what a peer may not write is refused, counted and told at both ends, and held nowhere behind it', (t) => {
  const court = new Court(({ host }) => (host === 'guest' ? { write: named('public') } : true))
  const other = new Court(undefined, { host: 'other' }, court.clock)
  court.join(other)
  const guest = court.guest()
  count(guest.store, 'public', 'secret')
  court.clock.run(500)
  t.deepEqual([values(court.store, 'public', 'secret'), values(other.store, 'public', 'secret')], [[1, 0], [1, 0]])
  t.deepEqual([court.refused, guest.refused], [[['right', 1, 'us']], [['right', 1, 'peer']]])
  t.deepEqual(court.store.peers().find(({ host }) => host === 'guest')?.refused, { right: 1 })
  t.deepEqual([court.doubts(), guest.doubts()], [[], ['court refused']], 'who refuses by right is in no doubt; whose write does not arrive is')
  t.end()
})

test('a peer speaks for itself, and for the hosts that it may relay', (t) => {
  const rights: [Rights['relay'], number[]][] = [
    [undefined, [1, 1, 1]], [true, [1, 1, 1]], [false, [1, 0, 0]], [['far'], [1, 1, 0]], [(host) => host === 'further', [1, 0, 1]]
  ]
  for (const [relay, expected] of rights) {
    const court = new Court(() => ({ relay }))
    const guest = court.guest()
    const far = new Court(undefined, { host: 'far' }, court.clock)
    const further = new Court(undefined, { host: 'further' }, court.clock)
    guest.join(far)
    guest.join(further)
    count(guest.store, 'of guest')
    count(far.store, 'of far')
    count(further.store, 'of further')
    court.clock.run(500)
    t.deepEqual(values(court.store, 'of guest', 'of far', 'of further'), expected, String(relay))
  }
  t.end()
})

test('who is allowed nothing is told so, and shown nothing', (t) => {
  const court = new Court(() => false)
  count(court.store, 'secret')
  const hand = new Hand(court.store.createStream()).hello().say({ s: [1, 'hand~1'], k: 'counter', q: [1], n: ['planted'], c: [[1, 0]] })
  court.clock.run(300)
  t.deepEqual([hand.heard.flat().slice(1), court.errors, values(court.store, 'planted')], [[{ b: 'right' }], ['ERR_RIGHT'], [0]])
  t.end()
})

test('authorize is told who asks, and whether the stream was made for that host alone', (t) => {
  const asked: unknown[] = []
  const court = new Court((peer) => {
    asked.push(peer)
    return true
  })
  new Hand(court.store.createStream('label')).hello('a')
  new Hand(court.store.createStream({ host: 'b' })).hello('b')
  court.clock.run(10)
  t.deepEqual(asked, [{ host: 'a', life: '1', id: 'label', proven: false }, { host: 'b', life: '1', id: null, proven: true }])
  t.end()
})

test('rights that change take effect on open streams: what was kept back is served, what was refused is asked for', (t) => {
  let rights: Rights | boolean = { read: named('public'), write: named('public') }
  const court = new Court(() => rights)
  count(court.store, 'public', 'secret')
  const guest = court.guest()
  count(guest.store, 'public too', 'secret too')
  court.clock.run(500)
  t.deepEqual([values(guest.store, 'secret'), values(court.store, 'secret too')], [[0], [0]])

  rights = true
  court.store.reauthorize()
  court.clock.run(10_000)
  t.deepEqual([values(guest.store, 'public', 'secret'), values(court.store, 'public too', 'secret too')], [[1, 1], [1, 1]])
  t.deepEqual([court.doubts(), guest.doubts(), court.ends], [[], [], []], 'and the stream stayed')

  rights = { read: named('public'), write: false }
  court.store.reauthorize()
  count(court.store, 'secret', 'public')
  count(guest.store, 'public too')
  court.clock.run(500)
  t.deepEqual([values(guest.store, 'public', 'secret'), values(court.store, 'public too')], [[2, 1], [1]])

  rights = false
  court.store.reauthorize()
  court.clock.run(500)
  t.deepEqual([court.ends, guest.ends, court.store.peers().filter(({ connected }) => connected)], [['ERR_RIGHT'], ['ERR_BYE'], []])
  t.end()
})

test('a right that is widened amid rounds, with writes that never stop, leaves nothing out', (t) => {
  let rights: Rights | boolean = { read: named('public') }
  const court = new Court(() => rights, { limits: { roundMs: 200 } })
  for (let i = 0; i < 50; i += 1) count(court.store, `public ${i}`, `secret ${i}`)
  const guest = court.guest()
  for (let i = 0; i < 200; i += 1) {
    if (i % 40 === 20) {
      rights = i % 80 === 20 ? true : { read: named('public') }
      court.store.reauthorize()
    }
    count(court.store, `public ${i % 50}`, `secret ${i % 7}`)
    court.clock.run(11)
  }
  rights = true
  court.store.reauthorize()
  court.clock.run(3_000)
  const names = court.store.names().map(({ name }) => name)
  t.deepEqual(values(guest.store, ...names), values(court.store, ...names))
  t.ok(guest.store.coherent)
  t.end()
})

test('settled waits for nobody from whom something is kept, and lag is told of none', async (t) => {
  const court = new Court(({ host }) => (host === 'guest' ? { read: named('public') } : true))
  const guest = court.guest()
  const other = court.guest('other')
  count(court.store, 'secret')
  const settled = court.store.settled({ timeoutMs: 5_000 })
  court.clock.run(6_000)
  t.deepEqual(await settled, ['other'])
  t.deepEqual(court.store.peers().map(({ host, lag }) => [host, lag]), [['guest', 0], ['other', 0]])
  t.deepEqual(values(other.store, 'secret').concat(values(guest.store, 'secret')), [1, 0])
})

test('what authorize and its functions throw is told, and allows nothing', (t) => {
  const faults: unknown[] = []
  const told = (authorize: Authorize): Court => {
    const court = new Court(authorize)
    court.store.on('error', (error) => faults.push(error))
    count(court.store, 'secret')
    return court
  }
  const broken = (): never => {
    throw new Error('broken')
  }
  const first = told(broken)
  t.deepEqual([first.guest().store.statistics().cells, first.errors], [0, ['Error: broken', 'ERR_RIGHT']])
  const second = told(() => ({ read: broken, write: broken }))
  const guest = second.guest()
  count(guest.store, 'planted')
  second.clock.run(300)
  t.deepEqual([values(guest.store, 'secret'), values(second.store, 'planted')], [[0], [0]])
  for (const wrong of [{ reads: false }, null, undefined, 1, { read: 'all' }, { write: [] }, { relay: 'all' }]) {
    const court = told(() => wrong as Rights)
    t.deepEqual([court.guest().store.statistics().cells, court.errors], [0, ['ERR_OPTION', 'ERR_RIGHT']], JSON.stringify(wrong))
  }
  t.ok(faults.length > 3)
  t.equal(thrown(() => createStore({ host: 'a', authorize: true as unknown as Authorize })), 'ERR_OPTION')
  t.end()
})

test('what a session remembers of what it refuses by right is bounded, whatever it is called', (t) => {
  const court = new Court(() => ({ write: false }))
  const hand = new Hand(court.store.createStream()).hello()
  for (let i = 1; i <= 600; i += 1) hand.say({ s: [1, 'hand~1'], k: 'counter', q: [i], n: ['x'.repeat(i % 2 === 0 ? 100_000 : 5)], c: [[1, 0]] })
  court.clock.run(300)
  const [peer] = court.store.peers()
  t.deepEqual(peer?.refused, { right: 300, name: 300 })
  t.end()
})

/** Whether somebody gets what it may not have, or lacks what it may. */
function isBroken(run: (t: Test) => void): boolean {
  let failed = false
  const look = (ok: boolean): void => { failed ||= !ok }
  const equal = (a: unknown, b: unknown): void => look(JSON.stringify(a) === JSON.stringify(b))
  run({ deepEqual: equal, equal, ok: (value: unknown) => look(Boolean(value)), notOk: (value: unknown) => look(!value), end: () => {} } as unknown as Test)
  return failed
}

function thirdHost(t: Test): void {
  const court = new Court(({ host }) => (host === 'guest' ? { read: named('public') } : true))
  const guest = court.guest()
  for (let i = 0; i < 5; i += 1) count(court.store, `secret ${i}`, `public ${i}`)
  court.clock.run(300)
  const other = new Court(undefined, { host: 'other' }, court.clock)
  court.join(other)
  other.join(guest)
  t.deepEqual(guest.store.statistics().cells, 10)
}

function widened(t: Test): void {
  let rights: Rights | boolean = { read: named('public'), write: named('public') }
  const court = new Court(() => rights)
  count(court.store, 'public', 'secret')
  const guest = court.guest()
  count(guest.store, 'secret too')
  court.clock.run(500)
  rights = true
  court.store.reauthorize()
  court.clock.run(10_000)
  t.deepEqual([values(guest.store, 'secret'), values(court.store, 'secret too'), guest.store.coherent], [[1], [1], true])
}

const bugs: (Bug & { run: (t: Test) => void })[] = [
  {
    name: 'a session that withholds claims all the same', run: thirdHost,
    lay: (over) => over(Session.prototype, 'withholds', () => () => false)
  },
  {
    name: 'what was refused by right is not asked for when there is one', run: widened,
    lay: (over) => over(Outbound.prototype, 'reconsider', () => () => undefined)
  },
  {
    name: 'a right to write is not looked at', run: (t) => {
      const court = new Court(() => ({ write: false }))
      count(court.guest().store, 'planted')
      court.clock.run(300)
      t.deepEqual(values(court.store, 'planted'), [0])
    },
    lay: (over) => over(Inbound.prototype, 'forbids', () => () => null)
  },
  {
    name: 'what was kept back is not served when it may be', run: widened,
    lay: (over) => over(Session.prototype, 'allow', () => function (this: Session, permit: Session['permit']) {
      this.permit = permit
      this.outbound.reconsider()
      this.refusals.reconsider()
      this.wake()
    })
  }
]

for (const bug of bugs) {
  test(`it is found out when ${bug.name}`, (t) => {
    t.notOk(isBroken(bug.run), 'all is well')
    const undo = plant(bug)
    t.ok(isBroken(bug.run), 'and then not')
    undo()
    t.end()
  })
}
