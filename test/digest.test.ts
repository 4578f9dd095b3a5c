/**
 * The digest of what is held: counted now and then, whatever happens between, it is what it would be if all were counted anew, and equal where the same is held.
 */
import fc from 'fast-check'
import test from 'tape'
import { bucketBits, Digest } from '../lib/log/digest.js'
import type { Change } from '../lib/log/change.js'
import { latest } from '../lib/log/expire.js'
import type { Expire } from '../lib/log/expire.js'
import { Log } from '../lib/log/log.js'
import { Term } from '../lib/log/name.js'
import { Survey } from '../lib/gossip/survey.js'
import { Rounds, Tally } from '../lib/gossip/tally.js'
import { digitsOf } from '../lib/log/digits.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { Clock } from './clock.js'
import { holds } from './property.js'
import { storeAt } from './stores.js'

const spanMs = 1_000
const kinds = ['counter', 'set'] as const

type Step =
  | { what: 'put'; kind: number; name: number; part: number; author: number; seq: number; body: number }
  | { what: 'drop'; nth: number }
  | { what: 'extend'; kind: number; name: number; end: Expire }
  | { what: 'count' | 'embody'; max: number }
  | { what: 'recount' }

const small = fc.integer({ min: 0, max: 3 })
const seqs = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1))
const ends: fc.Arbitrary<Expire> = fc.oneof(fc.constantFrom(0, 999, 1_000, 5_500), fc.integer({ min: 1, max: 1e13 }))
const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('put' as const), kind: fc.integer({ min: 0, max: 1 }), name: small, part: small, author: small, seq: seqs, body: small }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('drop' as const), nth: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('extend' as const), kind: fc.integer({ min: 0, max: 1 }), name: small, end: ends }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('count' as const), max: fc.nat(6) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('embody' as const), max: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('recount' as const) }) }
), { maxLength: 80, size: 'max' })

/** A log with a digest. */
class Subject {
  readonly log = new Log([0, 0])
  readonly digest = new Digest(spanMs, ({ body }) => body as number)

  constructor() {
    for (const kind of kinds) this.log.digest(kind, this.digest)
  }

  do(step: Step): void {
    if (step.what === 'put') this.put(kinds[step.kind] as string, `n${step.name}`, step.part === 0 ? '' : `p${step.part}`, `a${step.author}~1`, step.seq, step.body)
    else if (step.what === 'extend') this.extend(kinds[step.kind] as string, `n${step.name}`, step.end)
    else if (step.what === 'count') this.log.count(step.max)
    else if (step.what === 'embody') this.log.embody(step.max)
    else if (step.what === 'recount') this.log.recount()
    else if (step.what === 'drop') {
      const cells = [...this.log.cells()]
      const change = cells[step.nth % Math.max(1, cells.length)]
      if (change !== undefined) this.log.drop(change)
    }
  }

  put(kind: string, text: string, part: string, id: string, seq: number, body: number): void {
    const { log } = this
    const author = log.meet(id)
    const found = log.find(kind, text)
    const name = found !== undefined && found.size > 0 ? found : log.create(kind, text)
    if (author === null) throw new Error(`${id} is no author`)
    const old = name.find(author, part)
    // Of one seq the greater body stands, as after an audit.
    if (old === undefined || old.seq < seq || (old.seq === seq && (old.body as number) < body)) log.put(author, seq, name, part, null, body, 0, old)
  }

  /** As the expiry does it. */
  extend(kind: string, text: string, end: Expire): void {
    const name = this.log.find(kind, text)
    if (name === undefined) return
    name.term ??= new Term(name)
    const before = name.term.expire
    name.term.expire = latest(before, end)
    if (name.term.expire !== before) this.digest.extend(name.term)
  }

  /** The same cells and ends, put in backwards, each once. */
  again(): Subject {
    const other = new Subject()
    for (const { name: { kind, text }, part, author, seq, body } of [...this.log.cells()].reverse()) other.put(kind, text, part, author.id, seq, body as number)
    for (const kind of kinds) for (const { text, term, size } of this.log.names(kind)?.values() ?? []) {
      if (term !== null && size > 0) other.extend(kind, text, term.expire)
    }
    return other
  }

  get all(): unknown {
    const { digest, log } = this
    while (!log.embody(1_000));
    const buckets = Array.from({ length: 1 << bucketBits }, (_, i) => digest.bucket(i)).map(({ low, high, cells, bodies }) => [low, high, cells, bodies])
    const spans = [...digest.spans.values()].filter(({ cells }) => cells > 0).map(({ index, low, high, cells, bodies }) => [index, low, high, cells, bodies]).sort((a, b) => (a[0] as number) - (b[0] as number))
    const parts = Array.from({ length: 64 }, (_, i) => digest.part(i)).map(({ low, high, cells, bodies }) => [low, high, cells, bodies].join())
    return { lasting: digest.lastingSum, parts, buckets: buckets.map((one, i) => [i, ...one]).filter(([, ...one]) => one.some((n) => n !== 0)), spans, sum: digest.sumFrom(0) }
  }
}

test('whatever was put, dropped and extended in which order, the digest is that of what is held', (t) => {
  holds(t, 'as counted anew', fc.property(steps, (list) => {
    const subject = new Subject()
    for (const step of list) subject.do(step)
    return JSON.stringify(subject.all) === JSON.stringify(subject.again().all)
  }), 1_000)
  t.end()
})

test('the sum from a span on is that of all that never ends and of the later spans, however it is added up', (t) => {
  holds(t, 'at any cut', fc.property(steps, fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 1e10 })), { minLength: 1, maxLength: 5 }), (list, cuts) => {
    const { digest, ...subject } = new Subject()
    const whole = Object.assign(Object.create(Subject.prototype) as Subject, { digest, ...subject })
    for (const step of list) whole.do(step)
    while (!whole.log.embody(1_000));
    return cuts.every((cut) => {
      const plain = { ...digest.lastingSum }
      for (const { index, low, high, bodies } of digest.spans.values()) {
        if (index >= cut) Object.assign(plain, { low: (plain.low + low) | 0, high: (plain.high + high) | 0, bodies: (plain.bodies + bodies) | 0 })
      }
      return JSON.stringify(digest.sumFrom(cut)) === JSON.stringify(plain)
    })
  }), 500)
  t.end()
})

test('each cell whose body is another shows in the lane of bodies, and in no other', (t) => {
  const seen = new Set<number>()
  const sums = new Set<string>()
  for (let body = 0; body < 1_000; body += 1) {
    const one = new Subject()
    one.put('set', 'n', 'p', 'a~1', 1, body)
    while (!one.log.embody(10));
    const { low, high, bodies } = one.digest.lastingSum
    seen.add(bodies)
    sums.add(`${low} ${high}`)
  }
  t.deepEqual([seen.size, sums.size], [1_000, 1])
  t.end()
})

test('what never changed is not counted twice, and what is said in a cell only once it is asked for', (t) => {
  const asked: number[] = []
  const log = new Log([0, 0])
  log.digest('counter', new Digest(spanMs, ({ body }) => asked.push(body as number)))
  const author = log.meet('α~1')
  if (author === null) return t.fail('that is an author')
  const cells = Array.from({ length: 5 }, (_, i) => log.put(author, i + 1, log.create('counter', `n${i}`), '', null, i, 0, undefined))
  while (!log.count(10));
  t.deepEqual([asked, log.embodiesAll], [[], false])
  while (!log.embody(2));
  t.deepEqual([asked.splice(0), log.embodiesAll], [[0, 1, 2, 3, 4], true])
  const hot = cells[2] as Change
  for (let seq = 6; seq < 20; seq += 1) log.put(author, seq, hot.name, '', null, seq, 0, hot)
  t.deepEqual([asked.splice(0), log.embodiesAll], [[2], false], 'one that is written to often pays once')
  while (!log.embody(2));
  t.deepEqual(asked, [19])
  t.end()
})

test('cells that differ in anything but their bodies count as different things, and those of one place stand together', (t) => {
  const subject = new Subject()
  for (const kind of kinds) for (const text of ['n', 'm']) for (const part of ['', 'p']) for (const id of ['a~1', 'a~2']) for (const seq of [1, 2, 2 ** 32 + 1]) {
    subject.put(kind, text, part, id, seq, 1)
  }
  const seen = new Set<string>()
  const places = new Set<number>()
  for (const kind of kinds) for (const text of ['n', 'm']) for (const part of ['', 'p']) for (const id of ['a~1', 'a~2']) for (const seq of [1, 2, 2 ** 32 + 1]) {
    const one = new Subject()
    one.put(kind, text, part, id, seq, 1)
    const [change] = [...one.log.cells()]
    if (change === undefined) return t.fail('it was not put')
    seen.add(JSON.stringify(one.digest.cell(change)))
    places.add(one.digest.placeOf(change.name, part))
  }
  t.equal(seen.size, 48)
  t.equal(places.size, 8, 'one for each kind, name and part')
  t.end()
})

test('cells of like names and seqs mix to different sums, spread evenly over both lanes and all buckets', (t) => {
  const { log, digest } = new Subject()
  const author = log.meet('α~1')
  const name = log.create('counter', 'x')
  if (author === null) return t.fail('that is an author')
  const change = log.put(author, 1, name, '', null, 0, 0, undefined)
  const lanes = { low: new Set<number>(), high: new Set<number>() }
  const bits = new Int32Array(64)
  for (let seq = 1; seq <= 200_000; seq += 1) {
    change.seq = seq
    const { low, high } = digest.cell(change)
    lanes.low.add(low)
    lanes.high.add(high)
    for (let bit = 0; bit < 32; bit += 1) {
      bits[bit] = (bits[bit] as number) + ((low >>> bit) & 1)
      bits[32 + bit] = (bits[32 + bit] as number) + ((high >>> bit) & 1)
    }
  }
  // By chance alone five of 2^32 meet.
  t.ok(lanes.low.size > 199_960 && lanes.high.size > 199_960, `${lanes.low.size} and ${lanes.high.size} of 200,000 differ`)
  t.ok(bits.every((count) => Math.abs(count - 100_000) < 1_500), 'every bit is set in half of them')
  const counts = new Int32Array(1 << bucketBits)
  for (let i = 0; i < 200_000; i += 1) {
    const at = digest.placeOf(log.create('counter', `name-${i}`), '') >>> (32 - bucketBits)
    counts[at] = (counts[at] as number) + 1
  }
  t.ok(counts.every((count) => count > 10 && count < 110), `from ${Math.min(...counts)} to ${Math.max(...counts)} names a bucket, 49 in the mean`)
  t.end()
})

for (const embodied of [false, true]) {
  test(`what a survey finds at an address adds up to what the digest has there${embodied ? ', bodies and all' : ''}, with its parts`, (t) => {
    const store = storeAt(new Clock(), 'a')
    for (let i = 0; i < 200; i += 1) {
      store.counter(`c${i}`, i % 3 === 0 ? { expire: 'never' } : {}).increment()
      store.set(`s${i % 7}`).add(`e${i}`)
    }
    store.set('s1').extend('never')
    const gossip = gossipOf(store)
    const tally = new Tally([...gossip.digests.values()], embodied)
    while (!gossip.log.embody(100));
    const addresses = Array.from({ length: 64 }, (_, i) => digitsOf(i, 1))
    const survey = new Survey(gossip.log, tally, addresses, 1_000)
    while (!survey.step(10));
    for (const address of addresses) {
      const { low, high } = tally.lasting(address)
      const ground = survey.grounds.get(address)
      const sum = { low: 0, high: 0 }
      for (const place of ground?.places?.values() ?? []) Object.assign(sum, { low: (sum.low + place.low) | 0, high: (sum.high + place.high) | 0 })
      if (sum.low !== low || sum.high !== high) t.fail(`at ${address}`)
      for (let i = 0; i < 64; i += 1) {
        const part = tally.lasting(address + digitsOf(i, 1))
        if (ground?.sumOf(i).low !== part.low || ground.sumOf(i).high !== part.high) t.fail(`at ${address}${digitsOf(i, 1)}`)
      }
    }
    t.equal([...survey.grounds.values()].reduce((count, { places }) => count + (places?.size ?? 0), 0), 401, 'every counter, every element, and the end of a set')
    t.end()
  })
}

test('cells are counted ten thousand at a time, and no oftener than every forty milliseconds', (t) => {
  const asked: number[] = []
  const log = { end: 1, drops: 0, count: (max: number) => asked.push(max) > 10 } as unknown as Log
  const rounds = new Rounds(log, [], { pingMs: 5_000 })
  for (let now = 0; now < 400; now += 1) if (rounds.count(now)) t.fail(`all is counted at ${now}`)
  t.deepEqual(asked, new Array<number>(10).fill(10_000))
  t.ok(rounds.count(400), 'until all is')
  t.end()
})
