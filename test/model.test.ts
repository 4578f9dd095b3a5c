/**
 * Kinds against models: what replicas come to does not depend on the order in which they learn changes, nor by whom, nor how often; and
 * it is what a plain reading of the history says.
 *
 * Random histories by two to four authors for every kind, then all that there are in small universes. SEED=… replays a random part.
 */
import fc from 'fast-check'
import test, { type Test } from 'tape'
import { latest, momentOf, type Expire } from '../lib/log/expire.js'
import { epoch, History, kindNames, placeOf, reading, Replica, type Fact, type KindName, type Meaning } from './model.js'
import { holds } from './property.js'

/** One step of a random history: somebody hears of something, then does something. */
type Step = { by: number; hear: readonly number[] | 'all'; act: number; name: number; element: number; n: number; end: number; odd: boolean }

const hosts = ['a', 'b', 'ab', 'é'] as const
const names = ['x', 'y'] as const
const elements = ['e', 'f', ''] as const
/** Beyond the safe integers. */
const unit = 10n ** 20n
const ends: readonly Expire[] = [null, null, null, epoch + 1_000_000, epoch + 2_000_000, 0]

const step: fc.Arbitrary<Step> = fc.record({
  by: fc.nat(3), hear: fc.oneof(fc.constant('all' as const), fc.array(fc.nat(30), { maxLength: 4 })), act: fc.nat(9),
  name: fc.constantFrom(0, 0, 0, 0, 0, 1), element: fc.constantFrom(0, 0, 0, 0, 1, 2), n: fc.nat(5), end: fc.nat(5), odd: fc.boolean()
})
const story = fc.record({
  authors: fc.integer({ min: 2, max: 4 }), steps: fc.array(step, { maxLength: 14 }), clocks: fc.array(fc.integer({ min: -29_000, max: 29_000 }), { minLength: 4, maxLength: 4 })
})
/** Numbers by which things are put in order, chosen and said twice. */
const dice = fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 })

/** Writes as a step says, and says what was meant; what a step cannot do is left out. */
function write(replica: Replica, kind: KindName, { act, name: n, element: e, n: amount, end, odd }: Step): Meaning {
  const [name, element, expire] = [names[n] as string, elements[e] as string, ends[end] ?? null]
  if (act === 9) {
    replica.extend(replica.gossip.kind(kind), name, expire)
    return { act: 'extend' }
  }
  if (kind === 'set') return change(replica, name, element, act, odd, expire)
  if (kind === 'register') {
    const value = act === 0 ? null : { n: amount }
    replica.assign(name, value, expire)
    return { act: 'assign', value }
  }
  if (kind === 'counter') replica.count(replica.counter, name, odd ? amount : 0, odd ? 0 : amount, expire)
  else replica.count(replica.big, name, odd ? BigInt(amount) * unit : 0n, odd ? 0n : BigInt(amount) * unit, expire)
  return { act: 'count', n: (kind === 'counter' ? 1n : unit) * BigInt(odd ? amount : -amount) }
}

function change(replica: Replica, name: string, element: string, act: number, odd: boolean, expire: Expire): Meaning {
  if (act < 5) return replica.add(name, element, odd, expire) ? { act: 'add', element } : { act: 'extend' }
  if (act < 8) {
    replica.delete(name, element, odd)
    return { act: 'delete', element }
  }
  replica.clear(name)
  return { act: 'clear' }
}

type Story = { authors: number; steps: Step[]; clocks: number[] }

/** The history that a story tells, of one kind or, step by step, of all. */
function told({ authors, steps, clocks }: Story, kind: KindName | 'all'): History {
  const history = new History(hosts.slice(0, authors), clocks)
  steps.forEach((one, i) => {
    const by = one.by % authors
    const news = history.news(by)
    const heard = one.hear === 'all' ? news : [...new Set(one.hear.flatMap((pick) => (news.length > 0 ? [news[pick % news.length] as number] : [])))]
    for (const deed of heard) history.hear(by, deed)
    history.act(by, (replica) => write(replica, kind === 'all' ? kindNames[(i + one.n) % kindNames.length] as KindName : kind, one))
  })
  return history
}

/** The same things in an order that the dice say. */
function shuffled<T>(items: readonly T[], dice: readonly number[], salt = 0): T[] {
  const rank = (i: number): number => (((dice[(i + salt) % dice.length] as number) + 1) * (2 * salt + 7919)) % 1_000_003
  return items.map((item, i) => ({ item, rank: rank(i) })).sort((a, b) => a.rank - b.rank).map(({ item }) => item)
}

function readings(replica: Replica): string {
  return kindNames.flatMap((kind) => names.map((name) => `${kind} ${name}: ${replica.read(kind, name)}`)).join('\n')
}

function expected(history: History, known: Iterable<number>): string {
  const all = [...known]
  return kindNames.flatMap((kind) => names.map((name) => `${kind} ${name}: ${reading(history, all, kind, name)}`)).join('\n')
}

/** Fails with both, which tells more than a mere no. */
function same(one: string, other: string, what: string): void {
  if (one !== other) throw new Error(`${what}:\n${one}\n-- is not --\n${other}`)
}

/** A property of histories of each kind, and of histories of all kinds at once. */
function ofHistories(t: Test, sentence: string, check: (history: History, dice: number[]) => void, runs = 150): void {
  for (const kind of [...kindNames, 'all'] as const) {
    holds(t, `${kind}: ${sentence}`, fc.property(story, dice, (one, rolled) => check(told(one, kind), rolled)), runs)
  }
  t.end()
}

function whole(history: History): Replica {
  return new Replica('r').learnAll(history.facts)
}

test('replicas that learn the same changes come to the same, in whatever order', (t) => {
  ofHistories(t, 'any order', (history, dice) => {
    const { facts } = history
    const one = whole(history)
    const other = new Replica('r').learnAll(shuffled(facts, dice))
    same(one.state(), other.state(), 'cells')
    for (const author of one.gossip.log.everyAuthor()) {
      const { have } = other.gossip.log.author(author.id)?.held ?? { have: -1 }
      if (have !== author.held.have) throw new Error(`${author.id} is held up to ${author.held.have} and to ${have}`)
    }
  })
})

test('what is learnt reads as the history says', (t) => {
  ofHistories(t, 'all of it', (history, dice) => {
    same(readings(new Replica('r').learnAll(shuffled(history.facts, dice))), expected(history, history.deeds.keys()), 'readings')
  })
})

/** Some of a history, as the dice say. */
function part(history: History, dice: readonly number[], salt: number): Fact[] {
  return history.facts.filter((_, i) => (dice[(i + salt) % dice.length] as number) % 3 > 0)
}

/** A replica that learns what others hold, of each cell only what its author said, or with what is known of its name's end. */
function fed(from: readonly Replica[], dice: readonly number[]): Replica {
  const knows = (dice[0] as number) % 2 > 0
  const cells = from.flatMap((one) => one.live().map((fact) => ({ fact, known: one.find(fact.kind, fact.name)?.term?.expire ?? null })))
  const replica = new Replica('r')
  for (const { fact, known } of shuffled(cells, dice, 1)) replica.learn(fact, knows ? known : null)
  return replica
}

test('who brings a change makes no difference, nor what else was learnt before', (t) => {
  ofHistories(t, 'a part of it, then the rest, or through replicas that forward what they hold', (history, dice) => {
    const state = whole(history).state()
    const some = part(history, dice, 3)
    const rest = history.facts.filter((fact) => !some.includes(fact) || (dice[fact.seq] as number) % 4 === 0)
    same(new Replica('r').learnAll(some).learnAll(rest).state(), state, 'some, then the rest')
    same(new Replica('r').learnAll(rest).learnAll(some).state(), state, 'the rest, then some')
    const [left, right] = [new Replica('l').learnAll(shuffled(some, dice)), new Replica('r').learnAll(shuffled(rest, dice))]
    same(fed([left, right], dice).state(), state, 'what two others hold')
    same(fed([right, fed([left], dice)], dice).state(), state, 'through one more')
    same(fed([whole(history)], dice).state(), state, 'what one holds who learnt all')
    same(right.learnAll(left.live()).state(), state, 'what one learnt, and what another holds')
  })
})

test('a change that comes again, superseded or pruned as it may be, changes nothing', (t) => {
  ofHistories(t, 'each twice, at once and late', (history, dice) => {
    const replica = new Replica('r')
    for (const fact of shuffled(history.facts, dice)) {
      replica.learn(fact)
      const before = replica.state()
      replica.learn(fact)
      same(replica.state(), before, `after ${JSON.stringify(fact)} came twice`)
    }
    const state = replica.state()
    for (const fact of shuffled(history.facts, dice, 2)) {
      replica.learn(fact)
      same(replica.state(), state, `after ${JSON.stringify(fact)} came late`)
    }
    const moves = replica.gossip.log.moves
    replica.learnAll(replica.live())
    if (replica.gossip.log.moves !== moves) throw new Error('what is held was news')
  })
})

test('authors that heard of everything agree with those that heard of it from them', (t) => {
  ofHistories(t, 'every author', (history, dice) => {
    const state = whole(history).state()
    history.replicas.forEach((replica, by) => {
      for (const deed of shuffled(history.news(by), dice)) history.hear(by, deed)
      same(replica.state(), state, replica.host)
    })
  })
})

test('who has heard of all that somebody had heard of, reads what the history says', (t) => {
  ofHistories(t, 'any past, in any order', (history, dice) => {
    const past = [...history.past([...history.deeds.keys()].filter((i) => (dice[i] as number) % 5 === 0))]
    const one = new Replica('r').learnAll(shuffled(past, dice).map((i) => history.deedAt(i).fact))
    same(readings(one), expected(history, past), 'readings')
    same(one.state(), new Replica('r').learnAll(shuffled(past, dice, 4).map((i) => history.deedAt(i).fact)).state(), 'cells')
  })
})

test('a state never goes back', (t) => {
  ofHistories(t, 'in any order the seq of a cell only rises, and the shares of counters only grow', (history, dice) => {
    const replica = new Replica('r')
    const before = new Map<string, Fact>()
    for (const fact of shuffled([...history.facts, ...part(history, dice, 5)], dice)) {
      replica.learn(fact)
      const live = new Map(replica.live().map((cell) => [placeOf(cell), cell]))
      for (const [place, old] of before) {
        const cell = live.get(place)
        if (cell === undefined ? old.kind !== 'set' : cell.seq < old.seq) throw new Error(`${place} went from ${JSON.stringify(old)} to ${JSON.stringify(cell)}`)
        if (cell !== undefined && cell.kind.startsWith('counter')) growing(old, cell)
      }
      before.clear()
      for (const [place, cell] of live) before.set(place, cell)
    }
  })
})

function growing(old: Fact, cell: Fact): void {
  const [before, after] = [old.body, cell.body].map((body) => (body as (string | number)[]).map(BigInt)) as [bigint[], bigint[]]
  if (before.some((share, i) => share > (after[i] as bigint))) throw new Error(`${placeOf(cell)} went from ${String(before)} to ${String(after)}`)
}

test('of a set nothing comes back that is out, while changes come in the order of what their authors had heard', (t) => {
  holds(t, 'reading after every change what the history says', fc.property(story, dice, (one, rolled) => {
    const history = told(one, 'set')
    const replica = new Replica('r')
    const known = new Set<number>()
    for (const wanted of shuffled([...history.deeds.keys()], rolled)) {
      const past = [...history.past([wanted])].filter((i) => !known.has(i)).sort((a, b) => a - b)
      for (const i of past) {
        replica.learn(history.deedAt(i).fact)
        known.add(i)
        same(readings(replica), expected(history, known), `after ${i}`)
      }
    }
  }))
  t.end()
})

test('what is written to a register is later than all that its host had heard of, whatever the clocks', (t) => {
  holds(t, 'stamps rise with what was heard', fc.property(story, (one) => {
    const { deeds } = told(one, 'register')
    return deeds.every(({ fact, meaning, seen }) => meaning.act !== 'assign' || [...seen].every((i) => {
      const { fact: other } = deeds[i] as { fact: Fact }
      return (other.body as [number])[0] < (fact.body as [number])[0]
    }))
  }))
  t.end()
})

/** All orders of so many things. */
function orders(size: number): number[][] {
  if (size === 0) return [[]]
  return orders(size - 1).flatMap((order) => Array.from({ length: size }, (_, at) => order.toSpliced(at, 0, size - 1)))
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]])
}

/** One deed of a small universe: who does it, what it hears of first, and what it does. */
type Move = { by: number; hear: readonly number[]; what: { act: 'add' | 'delete' | 'fold' | 'clear'; element: string } }

/** The history of these moves, or null where one of them does nothing. */
function played(moves: readonly Move[], authors: readonly string[]): History | null {
  const history = new History(authors)
  for (const { by, hear, what: { act, element } } of moves) {
    for (const deed of hear) history.hear(by, deed)
    const wrote = history.act(by, (replica): Meaning => {
      if (act === 'clear') replica.clear('s')
      else if (act === 'add') replica.add('s', element)
      else replica.delete('s', element, act === 'fold')
      return act === 'clear' ? { act } : { act: act === 'fold' ? 'delete' : act, element }
    })
    if (!wrote) return null
  }
  return history
}

/** Every history of up to `max` moves that do something: each author may have heard of any of the others' moves, or none. */
function* histories(
  max: number, authors: readonly string[], whats: readonly Move['what'][], moves: readonly Move[] = []
): Generator<History, void, undefined> {
  const history = played(moves, authors)
  if (history === null) return
  if (moves.length > 0) yield history
  if (moves.length === max) return
  for (const by of authors.keys()) {
    for (const hear of subsets(history.news(by))) {
      for (const what of whats) yield* histories(max, authors, whats, [...moves, { by, hear, what }])
    }
  }
}

/** Tries every order of every history; histories in which the same was written are tried once. Says how many of both there were. */
function tryAll(max: number, authors: readonly string[], whats: readonly Move['what'][]): { histories: number; deliveries: number } {
  const ways = Array.from({ length: max + 1 }, (_, size) => orders(size))
  const tried = new Map<string, string>()
  const counts = { histories: 0, deliveries: 0 }
  for (const history of histories(max, authors, whats)) {
    counts.histories += 1
    const wanted = reading(history, history.deeds.keys(), 'set', 's')
    const written = JSON.stringify(history.facts)
    const before = tried.get(written)
    if (before === undefined) counts.deliveries += deliver(history.facts, wanted, ways[history.facts.length] as number[][])
    else same(before, wanted, `two readings of ${written}`)
    tried.set(written, wanted)
  }
  return counts
}

/** Has these changes learnt in each of the orders. */
function deliver(facts: readonly Fact[], wanted: string, ways: readonly number[][]): number {
  const first = new Replica('r').learnAll(facts)
  const state = first.state()
  same(first.learnAll(facts).state(), state, 'learnt once more')
  for (const order of ways) {
    const replica = new Replica('r').learnAll(order.map((i) => facts[i] as Fact))
    const what = `${JSON.stringify(facts)} in the order ${order.join()}`
    same(replica.read('set', 's'), wanted, what)
    same(replica.state(), state, what)
  }
  return ways.length
}

test('of sets every small history comes to what it says, in every order', (t) => {
  const on = (element: string): Move['what'][] => (['add', 'delete', 'fold'] as const).map((act) => ({ act, element }))
  const clear = { act: 'clear', element: '' } as const
  const universes: [what: string, authors: string[], whats: Move['what'][]][] = [
    ['two authors on one element', ['a', 'b'], [...on('e'), clear]],
    ['two authors on two elements', ['a', 'b'], [...on('e'), ...on('f'), clear]],
    ['three authors on one element', ['a', 'b', 'c'], [{ act: 'add', element: 'e' }, { act: 'delete', element: 'e' }, clear]]
  ]
  for (const [what, authors, whats] of universes) {
    const { histories: count, deliveries } = tryAll(4, authors, whats)
    t.ok(count > 2_000 && deliveries > 15_000, `up to 4 moves of ${what}: ${count} histories, ${deliveries} orders`)
  }
  t.end()
})

/** Learns facts in every order, and says in how many ways; all must come to one state that reads as `wanted`. */
function always(facts: readonly Fact[], kind: KindName, wanted: string): number {
  const ways = orders(facts.length)
  let state: string | null = null
  for (const order of ways) {
    const replica = new Replica('r').learnAll(order.map((i) => facts[i] as Fact))
    const what = `${JSON.stringify(facts)} in the order ${order.join()}`
    same(replica.read(kind, 'x'), wanted, what)
    same(replica.state(), state ?? replica.state(), what)
    state = replica.state()
  }
  return ways.length
}

function fact(author: string, seq: number, kind: KindName, body: Fact['body']): Fact {
  return { author, seq, kind, name: 'x', part: '', expire: null, body }
}

/** Any two of these facts of which not both stand at one seq of one author: which of them stand. */
function* pairs(facts: readonly Fact[]): Generator<{ both: [Fact, Fact]; standing: Fact[] }, void, undefined> {
  for (const one of facts) {
    for (const other of facts) {
      if (one.author !== other.author) yield { both: [one, other], standing: [one, other] }
      else if (one.seq !== other.seq) yield { both: [one, other], standing: [one.seq > other.seq ? one : other] }
    }
  }
}

test('any two changes of a counter come to the sum of what stands, in either order', (t) => {
  const most = Number.MAX_SAFE_INTEGER
  const counts = [0, 1, 7, most]
  for (const [kind, text] of [['counter', (n: number) => n], ['counter:bigint', String]] as const) {
    const bodies = counts.flatMap((plus) => counts.map((minus) => [text(plus), text(minus)]))
    const facts = ['a~1', 'b~1'].flatMap((author) => [1, 2].flatMap((seq) => bodies.map((body) => fact(author, seq, kind, body))))
    let tried = 0
    for (const { both, standing } of pairs(facts)) {
      const sum = standing.reduce((all, { body }) => all + BigInt((body as string[])[0] as string) - BigInt((body as string[])[1] as string), 0n)
      tried += always(both, kind, kind === 'counter' ? String(Number(sum)) : String(sum))
    }
    t.ok(tried > 3_000, `${kind}: ${tried} cases`)
  }
  t.end()
})

const writers = ['a~1', 'a~10', 'ab~1', 'é~1', '\u{1f600}~1', '\uff5e~1']

/** By stamp, then by the bytes of the author. */
function wins(one: Fact, other: Fact): boolean {
  const [a, b] = [one, other].map(({ body }) => (body as [number])[0]) as [number, number]
  return a === b ? Buffer.compare(Buffer.from(one.author), Buffer.from(other.author)) > 0 : a > b
}

function valueOf({ body }: Fact): string {
  const [, value] = body as [number, string?]
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

test('of any two changes of a register the later one holds, in either order', (t) => {
  const stamps = [0, 1, 2, epoch * 1_024]
  const facts = writers.slice(0, 3).flatMap((author) => [1, 2].flatMap((seq) => stamps.flatMap((stamp) => [[stamp], [stamp, `${author} ${seq}`]]
    .map((body) => fact(author, seq, 'register', body)))))
  let tried = 0
  for (const { both, standing } of pairs(facts)) {
    const [one, other = one] = standing as [Fact, Fact?]
    tried += always(both, 'register', valueOf(one === other || wins(one, other) ? one : other))
  }
  t.ok(tried > 3_000, `${tried} cases`)
  t.end()
})

test('registers choose by a total order: whoever is asked first, and whoever is left out', (t) => {
  const written = writers.flatMap((author) => [0, 1, 2].map((stamp) => fact(author, 1, 'register', [stamp, `${author} ${stamp}`])))
  const chosen = (...facts: Fact[]): string => new Replica('r').learnAll(facts).read('register', 'x')
  let tried = 0
  for (const [i, a] of written.entries()) {
    for (const [j, b] of written.slice(0, i).entries()) {
      if (a.author === b.author) continue
      const first = chosen(a, b)
      tried += 1
      if (first !== chosen(b, a) || first !== valueOf(wins(a, b) ? a : b)) throw new Error(`${JSON.stringify([a, b])} are not in order`)
      for (const c of written.slice(0, j)) {
        if (c.author === a.author || c.author === b.author) continue
        tried += 1
        const winner = [a, b].find((one) => valueOf(one) === first) as Fact
        for (const three of [[a, b, c], [b, c, a], [c, a, b]]) same(chosen(...three), chosen(winner, c), JSON.stringify(three))
      }
    }
  }
  t.ok(tried > 500, `${tried} pairs and triples of ${writers.length} authors and 3 stamps`)
  t.end()
})

test('the later of two ends is a join: whatever the order and the grouping, never is the last and nothing said the first', (t) => {
  const all: Expire[] = [null, 0, 1, 2, epoch, Number.MAX_SAFE_INTEGER]
  const rank = (one: Expire): number => (one === null ? -1 : momentOf(one))
  let tried = 0
  for (const a of all) {
    t.deepEqual([latest(a, a), latest(a, null), latest(null, a), latest(a, 0)], [a, a, a, 0], `${String(a)} alone`)
    for (const b of all) {
      tried += 1
      if (latest(a, b) !== latest(b, a) || ![a, b].includes(latest(a, b)) || rank(latest(a, b)) !== Math.max(rank(a), rank(b))) throw new Error(`${a} and ${b}`)
      for (const c of all) if (latest(latest(a, b), c) !== latest(a, latest(b, c))) throw new Error(`${a}, ${b} and ${c}`)
    }
  }
  t.equal(tried, all.length ** 2, `${tried} pairs, and all triples`)
  t.end()
})
