/**
 * Names that end: what may be said of an end and by whom, what is read and written before and after it, what others hear of it, and
 * that nothing of a name is left when its time is over.
 *
 * The lives of names are short here, and time is virtual.
 */
import fc from 'fast-check'
import test, { type Test } from 'tape'
import { bigint, link, type CellView, type Limits, type Store, type StoreOptions, type Until, type WriteOptions } from '../index.js'
import { Gossip, type Observer } from '../lib/gossip/gossip.js'
import { CounterKind } from '../lib/kinds/counter.js'
import { integer } from '../lib/kinds/numbers.js'
import { withLimits } from '../lib/limits.js'
import { Clock } from './clock.js'
import { Program } from './program.js'
import { holds } from './property.js'
import { codeOf, Hand, storeAt } from './stores.js'

const graceMs = 10_000
const skewMsMax = 1_000
/** How long what was written is kept after the end. */
const keptMs = 2 * graceMs + skewMsMax
/** How long after its end a name may be made anew. */
const newMs = keptMs + skewMsMax
const lifeMs = 5_000

function mortal(clock: Clock, host: string, options: Partial<StoreOptions> = {}, limits: Partial<Limits> = {}): Store {
  return storeAt(clock, host, { ...options, limits: { graceMs, skewMsMax, ...limits } })
}

/** Stores in a row, each linked to the next, in step. */
function chain<Hosts extends string[]>(clock: Clock, ...hosts: Hosts): { [I in keyof Hosts]: Store } {
  const stores = hosts.map((host) => mortal(clock, host))
  for (let i = 1; i < stores.length; i += 1) link(stores[i - 1] as Store, stores[i] as Store)
  clock.run(500)
  return stores as { [I in keyof Hosts]: Store }
}

/** Lets time go on until that moment of the day. */
function goTo(clock: Clock, at: number): void {
  clock.runUntil(at - clock.epoch)
}

function phaseOf(store: Store, name = 'n'): string {
  return store.explain(name)[0]?.phase ?? 'unknown'
}

/** The end of a name as `explain` tells it, whatever became of it. */
function endOf(store: Store, name = 'n'): Until | null {
  return store.explain(name)[0]?.expire ?? null
}

function cellsOf(...stores: Store[]): number[] {
  return stores.map((store) => store.statistics().cells)
}

/** The ends that a store tells of, as `kind name`. */
function ends(store: Store): string[] {
  const told: string[] = []
  store.on('expire', ({ kind, name }) => told.push(`${kind} ${name}`))
  return told
}

/** How many changes a store keeps from now on. */
function changes(store: Store): { count: number } {
  const told = { count: 0 }
  store.on('change', () => { told.count += 1 })
  return told
}

function refuses(t: Test, run: () => unknown, code: string, what: string): void {
  try {
    run()
    t.fail(`${what}: nothing was thrown`)
  } catch (error) {
    t.equal(codeOf(error), code, what)
  }
}

/** The code of what is thrown. */
function thrown(run: () => void): string {
  try {
    run()
    return 'nothing'
  } catch (error) {
    return codeOf(error)
  }
}

/** Lets promises that are due run. */
async function ripple(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve()
}

/** Passes anything as an end, as users of plain JavaScript can. */
function anyhow(until: unknown): Until {
  return until as Until
}

/** The name `n` of one kind, as tests of every kind use it. */
type Sort = {
  kind: string
  /** What is read of a name that is absent. */
  nothing: unknown
  /** Writes something of the host's own. */
  write(store: Store, options?: WriteOptions, handle?: WriteOptions): void
  read(store: Store): unknown
  extend(store: Store, until: Until): void
  expire(store: Store): Until | null
}

const sorts: Sort[] = [
  {
    kind: 'counter', nothing: 0, write: (store, options, handle) => store.counter('n', handle).increment(1, options),
    read: (store) => store.counter('n').value, extend: (store, until) => store.counter('n').extend(until),
    expire: (store) => store.counter('n').expire
  },
  {
    kind: 'counter:bigint', nothing: 0n, write: (store, options, handle) => store.counter('n', bigint, handle).increment(1n, options),
    read: (store) => store.counter('n', bigint).value, extend: (store, until) => store.counter('n', bigint).extend(until),
    expire: (store) => store.counter('n', bigint).expire
  },
  {
    kind: 'register', nothing: undefined, write: (store, options, handle) => store.register('n', handle).write(store.host, options),
    read: (store) => store.register('n').value, extend: (store, until) => store.register('n').extend(until),
    expire: (store) => store.register('n').expire
  },
  {
    kind: 'set', nothing: '', write: (store, options, handle) => store.set('n', handle).add(store.host, options),
    read: (store) => store.set('n').values().sort().join(), extend: (store, until) => store.set('n').extend(until),
    expire: (store) => store.set('n').expire
  }
]

// What is said of an end

test('a name of each kind ends at the moment that was said with a write, or by its handle, at every host', (t) => {
  for (const { kind, nothing, write, read, expire } of sorts) {
    for (const how of ['write', 'handle']) {
      const clock = new Clock()
      const stores = chain(clock, 'α', 'β')
      const end = clock.date() + lifeMs
      if (how === 'write') write(stores[0], { expire: end })
      else write(stores[0], undefined, { expire: end })
      goTo(clock, end - 1)
      const before = stores.map(read)
      t.deepEqual(stores.map(expire), [end, end], `${kind}, said by a ${how}`)
      goTo(clock, end)
      t.notOk(before.includes(nothing), 'it lives a millisecond before')
      t.deepEqual(stores.map(read), [nothing, nothing], 'and no more then')
    }
  }
  t.end()
})

test('a write’s own word goes before that of its handle, which goes with every other write', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const [early, late] = [clock.date() + lifeMs, clock.date() + 2 * lifeMs]
  const counter = store.counter('n', { expire: late })
  counter.increment(1, { expire: early })
  t.equal(counter.expire, early)
  counter.increment()
  t.equal(counter.expire, late)
  const set = store.set('s', { expire: late })
  store.set('s').add('x', { expire: early })
  store.set('s').add('y')
  set.delete('x')
  t.equal(set.expire, late, 'deletes too')
  t.end()
})

test('a name about which nobody says anything lives for ever, and so does one that never ends', (t) => {
  const clock = new Clock()
  const stores = chain(clock, 'α', 'β')
  const [a, b] = stores
  const timers = clock.pending
  a.counter('unsaid').increment()
  a.counter('never').increment(1, { expire: 'never' })
  b.counter('never').increment(1, { expire: clock.date() + lifeMs })
  clock.run(500)
  t.deepEqual(stores.map((store) => [store.counter('unsaid').expire, store.counter('never').expire]), [[null, 'never'], [null, 'never']])
  clock.run(10 * newMs)
  t.equal(clock.pending, timers, 'nothing waits for an end that does not come')
  t.deepEqual(stores.map((store) => [store.counter('unsaid').value, store.counter('never').value]), [[1, 2], [1, 2]])
  t.end()
})

test('the greatest end that anybody said holds at all hosts, in whatever order it was said and heard', (t) => {
  const minutes = fc.integer({ min: 1, max: 9 }).map((n) => n * 60_000)
  const said = fc.oneof(minutes, fc.constant(undefined), fc.constantFrom('never' as const, undefined))
  const step = fc.record({ host: fc.nat(2), said, cut: fc.boolean(), sort: fc.constantFrom(...sorts) })
  holds(t, 'after cuts', fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
    const clock = new Clock()
    const stores = ['α', 'β', 'γ'].map((host) => mortal(clock, host))
    const [a, b, c] = stores as [Store, Store, Store]
    link(a, b)
    let cut: (() => void) | null = null
    const greatest = new Map<Sort, number>()
    for (const { host, said, cut: isCut, sort } of steps) {
      if (cut === null) cut = link(b, c)
      if (isCut) {
        cut()
        cut = null
      }
      const until = typeof said === 'number' ? clock.date() + said : said
      sort.write(stores[host] as Store, until === undefined ? {} : { expire: until })
      if (until !== undefined) greatest.set(sort, Math.max(greatest.get(sort) ?? 0, until === 'never' ? Infinity : until))
      clock.run(100)
    }
    if (cut === null) link(b, c)
    clock.run(500)
    return sorts.every((sort) => {
      const end = greatest.get(sort) ?? null
      return stores.every((store) => sort.expire(store) === (end === Infinity ? 'never' : end))
    })
  }), 150)
  t.end()
})

test('a write that says nothing makes no name immortal, and what its author said before stays in its cell', (t) => {
  for (const { kind, write, read, expire, nothing } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    clock.run(500)
    write(stores[1])
    write(stores[0])
    clock.run(500)
    const said = stores.map((store) => store.explain('n')[0]?.cells.map((cell) => [cell.author.split('~')[0], cell.expire]).sort())
    t.deepEqual(said, [[['α', end], ['β', null]], [['α', end], ['β', null]]], `${kind}: what each said`)
    t.deepEqual(stores.map(expire), [end, end])
    goTo(clock, end)
    t.deepEqual(stores.map(read), [nothing, nothing])
  }
  t.end()
})

test('an end is never brought nearer', (t) => {
  for (const { kind, write, extend, expire } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    clock.run(500)
    for (const store of stores) {
      write(store, { expire: end - 1 })
      write(store, undefined, { expire: end - 1 })
      extend(store, end - 1)
    }
    clock.run(500)
    t.deepEqual(stores.map(expire), [end, end], kind)
  }
  t.end()
})

test('an end that has passed, be it this very moment, is refused with ERR_EXPIRED, and nothing is changed', (t) => {
  for (const { kind, write, extend } of sorts) {
    const clock = new Clock()
    const store = mortal(clock, 'α')
    const told = changes(store)
    const codes = [clock.date(), clock.date() - 1, 1].flatMap((past) => [
      thrown(() => write(store, { expire: past })), thrown(() => write(store, undefined, { expire: past })),
      thrown(() => extend(store, past))
    ])
    t.deepEqual(codes, codes.map(() => 'ERR_EXPIRED'), kind)
    t.deepEqual([told.count, cellsOf(store), store.explain('n')], [0, [0], []])
    write(store, { expire: clock.date() + 1 })
    t.equal(phaseOf(store), 'live', 'a millisecond from now is taken')
  }
  t.end()
})

test('a part of a millisecond from now is no life: it is refused like what has passed', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  refuses(t, () => store.counter('n').increment(1, { expire: clock.date() + 0.5 }), 'ERR_EXPIRED', 'half a millisecond')
  t.deepEqual(cellsOf(store), [0])
  t.end()
})

test('what is no end is refused with ERR_OPTION, wherever it is said, and nothing is changed', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const told = changes(store)
  const wrong: unknown[] = [
    NaN, -1, 0, -0, 0.5, Infinity, -Infinity, Number.MAX_SAFE_INTEGER + 1, '5', '', 'Never', `${clock.date() + lifeMs}`, null, true,
    1n, [], {},
    new Date(clock.date() + lifeMs)
  ]
  for (const { kind, write, extend } of sorts) {
    const calls: ((until: Until) => void)[] = [
      (until) => write(store, { expire: until }), (until) => write(store, undefined, { expire: until }), (until) => extend(store, until)
    ]
    t.deepEqual(wrong.map((until) => calls.map((call) => `${String(until)}: ${thrown(() => call(anyhow(until)))}`)),
      wrong.map((until) => calls.map(() => `${String(until)}: ERR_OPTION`)), `${kind}: written, by a handle, extended`)
    refuses(t, () => extend(store, anyhow(undefined)), 'ERR_OPTION', 'extended until nothing')
  }
  t.deepEqual([told.count, cellsOf(store), store.names()], [0, [0], []])
  const set = store.set('n')
  set.add('x')
  const codes = wrong.map((until) => thrown(() => set.add('x', { expire: anyhow(until) })))
  t.deepEqual(codes, wrong.map(() => 'ERR_OPTION'), 'of what stands')
  t.equal(told.count, 1)
  t.end()
})

test('an end as far ahead as horizonMs is said as it is; one above is said, or shown where others say it, as that far', (t) => {
  const clock = new Clock()
  const horizonMs = 1_000_000
  const [a, b] = [mortal(clock, 'α', {}, { horizonMs }), mortal(clock, 'β')]
  link(a, b)
  clock.run(500)
  const far = clock.date() + horizonMs
  for (const [above, name] of [[0, 'at'], [1, 'above'], [Number.MAX_SAFE_INTEGER - far, 'greatest']] as const) {
    a.counter(name).increment(1, { expire: far + above })
    t.deepEqual([a.counter(name).expire, endOf(a, name)], [far, far], name)
  }
  b.counter('of others').increment(1, { expire: far + 5_000 })
  clock.run(500)
  t.deepEqual([a.counter('of others').expire, b.counter('of others').expire], [far + 500, far + 5_000])
  clock.run(5_000)
  t.equal(a.counter('of others').expire, far + 5_000, 'until it is near enough')
  t.end()
})

test('a default life is no longer than horizonMs either, and harms no session', (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α', { expireDefault: Number.MAX_SAFE_INTEGER }), mortal(clock, 'β')]
  const codes: string[] = []
  b.on('disconnect', (_, error) => codes.push(codeOf(error)))
  link(a, b)
  clock.run(500)
  a.counter('n').increment()
  clock.run(500)
  t.deepEqual([codes, b.counter('n').value], [[], 1])
  t.ok((endOf(a) as number) <= clock.date() + 316_224_000_000)
  t.end()
})

test('a default life is said where the user says nothing and the name is new or absent, and nowhere else', (t) => {
  for (const { kind, write, extend, expire, read, nothing } of sorts) {
    const clock = new Clock()
    const [a, b] = [mortal(clock, 'α', { expireDefault: lifeMs }), mortal(clock, 'β')]
    link(a, b)
    clock.run(500)
    const end = clock.date() + lifeMs
    write(a)
    t.equal(expire(a), end, `${kind}: new`)
    clock.run(1_000)
    write(a)
    t.equal(expire(a), end, 'alive')
    goTo(clock, end + 100)
    t.deepEqual([read(a), read(b)], [nothing, nothing])
    write(a)
    t.equal(expire(a), end + 100 + lifeMs, 'absent: revived by any write')
    write(a, { expire: end + 200 + lifeMs })
    clock.run(500)
    t.equal(expire(b), end + 200 + lifeMs, 'what the user says')
    extend(a, 'never')
    write(a)
    t.equal(expire(a), 'never', 'and a default changes nothing of that')
  }
  t.end()
})

test('a default life is not said of a name that others keep for ever', (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α', { expireDefault: lifeMs }), mortal(clock, 'β')]
  b.counter('n').increment()
  link(a, b)
  clock.run(500)
  a.counter('n').increment()
  clock.run(500)
  t.deepEqual([a.counter('n').expire, b.counter('n').expire], [null, null])
  refuses(t, () => mortal(clock, 'γ', { expireDefault: 0 }), 'ERR_OPTION', 'a default of nothing')
  t.end()
})

// After the end

test('a name goes through its phases, each to the millisecond, and is then forgotten', (t) => {
  for (const { kind, write } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    const edges: [at: number, before: string, after: string, cells: number][] = [
      [end, 'live', 'absent', 1], [end + graceMs, 'absent', 'dying', 1],
      [end + keptMs, 'dying', 'resting', 0], [end + newMs, 'resting', 'unknown', 0]
    ]
    const seen = edges.map(([at]) => {
      goTo(clock, at - 1)
      const before = stores.map((store) => phaseOf(store))
      goTo(clock, at)
      return [before, stores.map((store) => phaseOf(store)), cellsOf(...stores)]
    })
    t.deepEqual(seen, edges.map(([, before, after, cells]) => [[before, before], [after, after], [cells, cells]]), kind)
  }
  t.end()
})

test('a name that has ended reads as never written: zero, undefined, nothing in it, no name, no end', (t) => {
  const clock = new Clock()
  const [store] = chain(clock, 'α')
  const end = clock.date() + lifeMs
  for (const { write } of sorts) write(store, { expire: end })
  store.counter('other').increment()
  t.equal(store.names().length, 5)
  for (const at of [end, end + graceMs, end + keptMs, end + newMs]) {
    goTo(clock, at)
    t.deepEqual(sorts.map(({ read }) => read(store)), sorts.map(({ nothing }) => nothing), `${at - end} ms after`)
    t.deepEqual(sorts.map(({ expire }) => expire(store)), [null, null, null, null])
    const set = store.set('n')
    const reads = [set.size, set.has('α'), set.read(), store.register('n').read().value]
    t.deepEqual(reads, [0, false, { coherent: true, value: [] }, undefined])
    t.deepEqual(store.names(), [{ kind: 'counter', name: 'other' }])
  }
  t.end()
})

test('what would change nothing of an absent name writes nothing, and is no error', (t) => {
  const clock = new Clock()
  const [store] = chain(clock, 'α')
  for (const { write } of sorts) write(store, { expire: clock.date() + lifeMs })
  const told = changes(store)
  for (const wait of [lifeMs, graceMs, graceMs + skewMsMax]) {
    clock.run(wait)
    const [counter, set, register] = [store.counter('n'), store.set('n'), store.register('n')]
    t.deepEqual([counter.increment(0).value, set.delete('α'), set.clear(), register.clear().value], [0, false, undefined, undefined])
  }
  t.equal(told.count, 0)
  t.end()
})

test('the end of a name is told once at each host that saw it alive, and once more after each revival', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const told = [ends(a), ends(b)]
  const end = clock.date() + lifeMs
  for (const { write } of sorts) write(a, { expire: end })
  goTo(clock, end - 1)
  t.deepEqual(told, [[], []])
  goTo(clock, end)
  const all = sorts.map(({ kind }) => `${kind} n`).sort()
  t.deepEqual(told.map((one) => one.sort()), [all, all])
  goTo(clock, end + graceMs - 1)
  b.counter('n').extend(clock.date() + lifeMs)
  clock.run(lifeMs - 1)
  t.deepEqual(told.map(({ length }) => length), [4, 4])
  clock.run(1)
  t.deepEqual(told.map((one) => one.slice(4)), [['counter n'], ['counter n']])
  clock.run(2 * newMs)
  t.deepEqual(told.map(({ length }) => length), [5, 5])
  t.end()
})

test('a name that was extended in time tells no end but its last', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const told = [ends(a), ends(b)]
  a.counter('n').increment(1, { expire: clock.date() + lifeMs })
  for (let i = 0; i < 5; i += 1) {
    clock.run(lifeMs - 100)
    b.counter('n').extend(clock.date() + lifeMs)
  }
  t.deepEqual([told, a.counter('n').value], [[[], []], 1])
  clock.run(lifeMs)
  t.deepEqual(told, [['counter n'], ['counter n']])
  t.end()
})

test('a host that hears of a name only after its end tells none, nor one that says nothing of it', (t) => {
  const clock = new Clock()
  const [a] = chain(clock, 'α')
  const late = mortal(clock, 'γ')
  const told = ends(late)
  a.counter('n').increment(1, { expire: clock.date() + lifeMs })
  clock.run(lifeMs + 100)
  link(a, late)
  clock.run(2 * newMs)
  t.deepEqual([told, late.counter('n').value], [[], 0])
  t.end()
})

test('whoever hears of an end may revive the name at once', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  let left = 3
  a.on('expire', ({ name }) => {
    if (left > 0) a.counter(name).increment(1, { expire: clock.date() + lifeMs })
    left -= 1
  })
  a.counter('n').increment(1, { expire: clock.date() + lifeMs })
  clock.run(3 * lifeMs + 1_000)
  t.deepEqual([a.counter('n').value, b.counter('n').value], [4, 4])
  clock.run(lifeMs)
  t.deepEqual([a.counter('n').value, b.counter('n').value, left], [0, 0, -1])
  t.end()
})

test('an end that comes while the process was asleep is told when it wakes, however long that was', (t) => {
  for (const sleptMs of [lifeMs, lifeMs + graceMs, lifeMs + keptMs, lifeMs + 2 * newMs]) {
    const clock = new Clock()
    let slept = 0
    const store = mortal(clock, 'α', { now: () => clock.date() + slept })
    const told = ends(store)
    store.counter('n').increment(1, { expire: clock.date() + lifeMs })
    slept = sleptMs
    clock.run(60_000)
    t.deepEqual([told, store.counter('n').value], [['counter n'], 0], `after ${sleptMs} ms`)
  }
  t.end()
})

// Revival

/** Ways to say a later end in the grace, for a host with a cell and for one without. */
const means: [what: string, revive: (sort: Sort, store: Store, until: number) => void][] = [
  ['a write that says a later end', ({ write }, store, until) => write(store, { expire: until })],
  ['a write of a handle that does', ({ write }, store, until) => write(store, undefined, { expire: until })],
  ['an extension', ({ extend }, store, until) => extend(store, until)],
  ['one for ever', ({ extend }, store) => extend(store, 'never')]
]

test('in the grace each way of saying a later end brings the whole name back, at all hosts', (t) => {
  for (const sort of sorts) {
    for (const [what, revive] of means) {
      for (const late of [0, graceMs - 1]) {
        const clock = new Clock()
        const stores = chain(clock, 'α', 'β', 'γ')
        sort.write(stores[0], { expire: clock.date() + lifeMs })
        clock.run(500)
        sort.write(stores[1])
        clock.run(500)
        const before = sort.read(stores[0])
        for (const reviver of [stores[1], stores[2]]) {
          const end = endOf(stores[0])
          if (end === 'never') break
          goTo(clock, (end as number) + late)
          const absent = stores.map(sort.read)
          revive(sort, reviver, clock.date() + lifeMs)
          clock.run(500)
          const after = stores.map(sort.read)
          const wasAbsent = absent.every((value) => value === sort.nothing)
          const isBack = wasAbsent && after.every((value) => value === after[0] && holdsAll(value, before))
          t.ok(isBack, `${sort.kind}, ${late} ms late, ${what} by ${reviver.host}: ${String(before)}, now ${after.join(' ')}`)
        }
      }
    }
  }
  t.end()
})

/** Whether what is read now holds all that was read before: a later word of a register takes its place. */
function holdsAll(now: unknown, before: unknown): boolean {
  if (typeof now === 'string') return now === before || now.includes(String(before)) || ['β', 'γ'].includes(now)
  return (now as number | bigint) >= (before as number | bigint)
}

test('an extension alone brings back exactly what was there', (t) => {
  for (const { kind, write, read, extend } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β', 'γ')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    clock.run(100)
    write(stores[1])
    clock.run(100)
    const before = stores.map(read)
    goTo(clock, end + graceMs - 1)
    extend(stores[2], clock.date() + lifeMs)
    clock.run(500)
    t.deepEqual(stores.map(read), before, kind)
  }
  t.end()
})

test('a default life revives what has ended, with all that was there', (t) => {
  for (const sort of sorts) {
    const clock = new Clock()
    const [a, b] = [mortal(clock, 'α'), mortal(clock, 'β', { expireDefault: lifeMs })]
    link(a, b)
    sort.write(a, { expire: clock.date() + lifeMs })
    clock.run(lifeMs + graceMs - 1)
    t.deepEqual([sort.read(a), sort.read(b)], [sort.nothing, sort.nothing])
    sort.write(b)
    clock.run(500)
    const now = sort.read(a)
    t.ok(now === sort.read(b) && holdsAll(now, sort.kind.startsWith('counter') ? 2 : 'α'), `${sort.kind}: ${String(now)}`)
  }
  t.end()
})

test('what was taken out of a set before its end is not in when it comes back', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const end = clock.date() + lifeMs
  for (const element of ['x', 'y', 'z']) a.set('n').add(element, { expire: end })
  clock.run(500)
  b.set('n').delete('x')
  a.set('n').delete('y')
  clock.run(500)
  goTo(clock, end + 100)
  b.set('n').add('new', { expire: clock.date() + lifeMs })
  clock.run(500)
  t.deepEqual([a, b].map((store) => store.set('n').values().sort()), [['new', 'z'], ['new', 'z']])
  goTo(clock, endOf(a) as number)
  clock.run(100)
  a.set('n').extend('never')
  clock.run(500)
  t.deepEqual([a, b].map((store) => store.set('n').values().sort()), [['new', 'z'], ['new', 'z']])
  t.end()
})

test('a remove says as late an end as what it removes, whose cell it then frees', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  for (const element of ['x', 'y']) a.set('n').add(element, { expire: clock.date() + lifeMs })
  clock.run(500)
  b.set('n').delete('x')
  clock.run(500)
  t.deepEqual(cellsOf(a, b), [2, 2])
  b.set('n').clear({ expire: clock.date() + 1_000 })
  clock.run(500)
  t.deepEqual(cellsOf(a, b), [1, 1], 'also one that is told an earlier end')
  t.end()
})

test('an extension that travels revives a name that another host holds for dead already', (t) => {
  for (const { kind, write, read, extend } of sorts) {
    const clock = new Clock()
    const [a, b] = chain(clock, 'α', 'β')
    const c = mortal(clock, 'γ')
    let cut = link(b, c)
    const end = clock.date() + lifeMs
    write(a, { expire: end })
    clock.run(100)
    write(c)
    clock.run(500)
    const before = read(a)
    cut()
    goTo(clock, end + graceMs - 1)
    extend(a, end + 3 * graceMs)
    goTo(clock, end + 2 * graceMs)
    t.deepEqual([phaseOf(a), phaseOf(c)], ['live', 'dying'], kind)
    refuses(t, () => write(c, { expire: end + 4 * graceMs }), 'ERR_EXPIRED', 'γ itself cannot')
    cut = link(b, c)
    clock.run(500)
    t.deepEqual([a, b, c].map(read), [before, before, before], 'with the share of each')
    cut()
  }
  t.end()
})

// Too late

test('an absent name takes no write without a later end; one that is dying or rests takes none; nothing is changed', (t) => {
  for (const { kind, write, extend } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    clock.run(500)
    const later = { expire: end + 10 * newMs }
    const tries: [what: string, absent: boolean, run: (store: Store) => void][] = [
      ['a write', true, (store) => write(store)], ['an end that has passed', true, (store) => write(store, { expire: end })],
      ['an extension until then', true, (store) => extend(store, end)],
      ['a write with a later end', false, (store) => write(store, later)],
      ['a handle with a later end', false, (store) => write(store, undefined, later)],
      ['an extension', false, (store) => extend(store, later.expire)],
      ['never', false, (store) => extend(store, 'never')]
    ]
    const moments = [[end, 'absent'], [end + graceMs, 'dying'], [end + keptMs, 'resting'], [end + newMs - 1, 'resting']] as const
    for (const [at, phase] of moments) {
      goTo(clock, at)
      const before = JSON.stringify(stores.map((store) => store.explain('n')))
      const told = stores.map(changes)
      const run = tries.filter(([, absent]) => absent || phase !== 'absent')
      const codes = run.flatMap(([what, , attempt]) => stores.map((store) => `${what}: ${thrown(() => attempt(store))}`))
      t.deepEqual(codes, run.flatMap(([what]) => stores.map(() => `${what}: ERR_EXPIRED`)), `${kind}, ${phase}`)
      clock.run(0)
      t.deepEqual([JSON.stringify(stores.map((store) => store.explain('n'))), told.map(({ count }) => count)], [before, [0, 0]])
    }
  }
  t.end()
})

test('a default life helps no name that is dying or rests', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α', { expireDefault: lifeMs })
  for (const { write } of sorts) write(store)
  for (const wait of [lifeMs + graceMs, graceMs + skewMsMax, skewMsMax - 1]) {
    clock.run(wait)
    for (const { kind, write } of sorts) refuses(t, () => write(store), 'ERR_EXPIRED', `${kind}, ${phaseOf(store)}`)
  }
  t.end()
})

test('the error says when a name can be made anew, and then it can, from nothing at all hosts', (t) => {
  for (const { kind, write, read, extend, nothing, expire } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    write(stores[1])
    goTo(clock, end + newMs - 1)
    try {
      write(stores[1])
      t.fail('nothing was thrown')
    } catch (error) {
      t.ok(String(error).includes(new Date(end + newMs).toISOString()), `${kind}: ${String(error)}`)
    }
    clock.run(1)
    write(stores[1])
    clock.run(500)
    const first = kind === 'counter' ? 1 : kind === 'counter:bigint' ? 1n : 'β'
    t.deepEqual([stores.map(read), stores.map(expire)], [[first, first], [null, null]])
    const anew = clock.date() + lifeMs
    extend(stores[0], anew)
    goTo(clock, anew)
    t.deepEqual(stores.map(read), [nothing, nothing], 'and ends again')
  }
  t.end()
})

test('a host whose clock is ahead makes a name anew, and one that still lets it rest takes that', (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α', { now: () => clock.date() + skewMsMax }), mortal(clock, 'β')]
  link(a, b)
  clock.run(500)
  const end = clock.date() + lifeMs
  b.counter('n').increment(5, { expire: end })
  goTo(clock, end + newMs - skewMsMax)
  t.deepEqual([phaseOf(a), phaseOf(b)], ['unknown', 'resting'])
  a.counter('n').increment()
  clock.run(500)
  t.deepEqual([a.counter('n').value, b.counter('n').value, b.counter('n').expire], [1, 1, null])
  t.deepEqual([b.counter('n').increment().value], [2], 'and counts on in it')
  clock.run(2 * newMs)
  t.deepEqual([a.counter('n').value, b.counter('n').value], [2, 2], 'the end of what was there before is forgotten')
  t.end()
})

// Extensions

test('a name that nobody wrote to begins with its extension, and counts for nothing', (t) => {
  for (const { kind, read, extend, expire, nothing } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    extend(stores[0], end)
    clock.run(500)
    t.deepEqual([stores.map(read), stores.map(expire), cellsOf(...stores)], [[nothing, nothing], [end, end], [1, 1]], kind)
    t.deepEqual(stores.map((store) => store.names()), [[{ kind, name: 'n' }], [{ kind, name: 'n' }]])
    goTo(clock, end)
    t.deepEqual(stores.map((store) => store.names()), [[], []])
    goTo(clock, end + keptMs)
    t.deepEqual(cellsOf(...stores), [0, 0])
  }
  t.end()
})

test('who has written nothing extends by an empty cell, and who has by its own cell as it is', (t) => {
  for (const { kind, write, read, extend, expire } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β', 'γ')
    write(stores[0])
    clock.run(100)
    write(stores[1], { expire: clock.date() + lifeMs })
    clock.run(500)
    const before = stores.map(read)
    const cells = (): CellView[] => stores[2].explain('n')[0]?.cells ?? []
    const bodies = (): string => JSON.stringify(cells().map(({ author, part, body }) => [author, part, body]).sort())
    const written = bodies()
    const [, , c] = stores
    let end = clock.date() + 2 * lifeMs
    extend(c, end)
    clock.run(500)
    t.deepEqual([stores.map(read), stores.map(expire)], [before, [end, end, end]], `${kind}: by γ`)
    if (kind !== 'set') {
      end += lifeMs
      const extended = bodies()
      extend(stores[0], end)
      clock.run(500)
      t.deepEqual([stores.map(read), stores.map(expire)], [before, [end, end, end]], 'by α')
      t.ok(bodies() === extended && written !== extended, 'with no cell more')
    }
  }
  t.end()
})

test('a set is extended at the place of its clears, which goes on saying what it said', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  a.set('n').add('x', { expire: clock.date() + lifeMs })
  a.set('n').add('y')
  clock.run(500)
  b.set('n').clear()
  b.set('n').add('z')
  clock.run(500)
  for (const store of [b, a, b]) {
    store.set('n').extend((store.set('n').expire as number) + lifeMs)
    clock.run(500)
    t.deepEqual([a, b].map((one) => one.set('n').values()), [['z'], ['z']], `by ${store.host}`)
  }
  t.ok(cellsOf(a, b).every((cells) => cells <= 3), `in ${cellsOf(a, b).join(' and ')} cells`)
  t.end()
})

test('an extension that extends nothing writes nothing', (t) => {
  for (const { kind, write, extend } of sorts) {
    const clock = new Clock()
    const stores = chain(clock, 'α', 'β')
    const end = clock.date() + lifeMs
    write(stores[0], { expire: end })
    clock.run(500)
    const told = stores.map(changes)
    for (const store of stores) for (const until of [end, end - 1, clock.date() + 1]) extend(store, until)
    clock.run(500)
    t.deepEqual([told.map(({ count }) => count), cellsOf(...stores)], [[0, 0], [1, 1]], kind)
    extend(stores[1], 'never')
    extend(stores[1], 'never')
    extend(stores[1], end)
    clock.run(500)
    t.deepEqual(told.map(({ count }) => count), [1, 1])
  }
  t.end()
})

test('a closed store extends nothing', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  for (const { write } of sorts) write(store, { expire: clock.date() + lifeMs })
  void store.close()
  for (const { kind, extend } of sorts) {
    for (const until of [clock.date() + lifeMs, clock.date() + 2 * lifeMs, 'never'] as const) {
      refuses(t, () => extend(store, until), 'ERR_CLOSED', `${kind} until ${until}`)
    }
  }
  clock.run(lifeMs)
  t.deepEqual(sorts.map(({ read }) => read(store)), sorts.map(({ nothing }) => nothing), 'and its names end all the same')
  t.end()
})

// Nothing is left

test('dropped names free their cells, and what was refused for want of room is asked for and taken', (t) => {
  const clock = new Clock()
  const [full, other] = [mortal(clock, 'full', {}, { cellsMax: 4 }), mortal(clock, 'other')]
  link(full, other)
  clock.run(500)
  const end = clock.date() + lifeMs
  for (const { write } of sorts) write(full, { expire: end })
  clock.run(500)
  for (const name of ['later', 'later still']) other.counter(name).increment()
  clock.run(500)
  t.deepEqual([cellsOf(full), full.names('later'), other.doubts().map(({ why }) => why)], [[4], [], ['refused']])
  goTo(clock, end + keptMs - 1)
  t.deepEqual([cellsOf(full), full.names('later')], [[4], []])
  clock.run(10_000)
  t.deepEqual([cellsOf(full), full.names().length, full.counter('later').value], [[2], 2, 1])
  t.deepEqual([full.doubts(), other.doubts()], [[], []])
  t.end()
})

test('names of a kind that is not known here end as well, and pass on their ends', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  const told = ends(b)
  const end = clock.date() + lifeMs
  const said = { s: [1, 'z~1'], k: 'mood', q: [1, 1], n: ['n', 'm'], e: [end, null], c: ['well', 'so'] }
  new Hand(a.createStream()).hello().say({ a: {}, u: 0 }).say(said)
  clock.run(500)
  t.deepEqual([b.names().map(({ name }) => name).sort(), endOf(b)], [['m', 'n'], end])
  goTo(clock, end)
  t.deepEqual([b.names(), told], [[{ kind: 'mood', name: 'm' }], ['mood n']])
  goTo(clock, end + keptMs)
  t.deepEqual(cellsOf(a, b), [1, 1])
  t.end()
})

test('an author of whom nothing is left is forgotten after the keeping time, and heard when it writes again', (t) => {
  const clock = new Clock()
  const stores = chain(clock, 'α', 'β', 'γ')
  const [a, , c] = stores
  const authors = (): number[] => stores.map((store) => store.statistics().authors)
  const end = clock.date() + lifeMs
  for (const { write } of sorts) write(a, { expire: end })
  c.counter('stays').increment()
  goTo(clock, end + 2 * keptMs - 1)
  t.deepEqual([authors(), cellsOf(...stores)], [[2, 3, 2], [1, 1, 1]], 'as long as something of it may be under way')
  clock.run(1)
  t.deepEqual(authors(), [2, 2, 1], 'in sessions that stay open; nobody forgets itself')
  for (let i = 1; i <= 3; i += 1) {
    a.counter('again').increment(1, { expire: clock.date() + lifeMs })
    clock.run(500)
    t.deepEqual(stores.map((store) => store.counter('again').value), [i, i, i])
  }
  t.deepEqual([authors(), stores.map((store) => store.peers().map(({ lag }) => lag))], [[2, 3, 2], [[0], [0, 0], [0]]])
  t.deepEqual(stores.map((store) => [store.coherent, store.peers().every(({ connected }) => connected)]), stores.map(() => [true, true]))
  clock.run(lifeMs + 2 * keptMs)
  t.deepEqual(authors(), [2, 2, 1], 'and is forgotten once more')
  t.end()
})

test('an author that writes again before it would be forgotten is not', (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α'), mortal(clock, 'β')]
  let cut = link(a, b)
  for (const { write } of sorts) write(a, { expire: clock.date() + lifeMs })
  clock.run(lifeMs + keptMs + 1_000)
  a.counter('again').increment()
  clock.run(2 * keptMs)
  t.deepEqual([b.statistics().authors, b.peers().map(({ lag }) => lag)], [2, [0]])
  const sent = a.statistics().sentChanges
  cut()
  clock.run(1)
  cut = link(a, b)
  clock.run(500)
  t.deepEqual([a.statistics().sentChanges - sent, b.counter('again').value], [0, 1])
  a.counter('again').increment()
  clock.run(500)
  t.equal(b.counter('again').value, 2)
  cut()
  t.end()
})

test('of hosts that came, wrote what ends, and went, no cell and no author is left', (t) => {
  const clock = new Clock()
  const hub = mortal(clock, 'hub')
  hub.counter('own').increment()
  const authors = (): number => hub.statistics().authors
  let most = 0
  for (let i = 0; i < 60; i += 1) {
    const guest = mortal(clock, 'guest')
    link(guest, hub)
    guest.counter(`visit ${i}`).increment(1, { expire: clock.date() + lifeMs })
    guest.set(`guest ${i}`).add('here', { expire: clock.date() + lifeMs })
    clock.run(1_000)
    void guest.close()
    clock.run(2_000)
    most = Math.max(most, authors())
  }
  t.ok(most < 25, `at most ${most} of 60 at a time`)
  clock.run(lifeMs + 2 * keptMs)
  t.deepEqual([authors(), cellsOf(hub), hub.names()], [1, [1], [{ kind: 'counter', name: 'own' }]])
  t.end()
})

test('an author whose only add another host removed is known as long as that is said, or no clear could cover it', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  store.set('n').add('stays')
  const peer = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  peer.say({ s: [1, 'z~1'], k: 'set', q: [1], n: ['n'], p: ['=x'], c: [[1, {}]] })
  clock.run(100)
  store.set('n').delete('x')
  t.equal(store.statistics().authors, 2)
  clock.run(keptMs + 1)
  t.equal(store.statistics().authors, 2)
  peer.say({ s: 1, k: 'set', q: [2], n: ['n'], p: ['=x'], c: [[2, {}]] })
  clock.run(100)
  t.deepEqual(store.set('n').values(), ['stays', 'x'], 'and heard when it adds again')
  t.end()
})

test('once names were dropped peers owe each other nothing, also after a reconnect', (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α'), mortal(clock, 'β')]
  const cut = link(a, b)
  clock.run(500)
  a.counter('stays').increment()
  a.counter('n').increment(1, { expire: clock.date() + lifeMs })
  clock.run(lifeMs + keptMs)
  t.deepEqual([a, b].map((store) => store.peers().map(({ lag }) => lag)), [[0], [0]])
  cut()
  clock.run(10)
  b.counter('meanwhile').increment()
  link(a, b)
  clock.run(10_000)
  t.deepEqual([a, b].map((store) => store.peers().map(({ lag }) => lag)), [[0], [0]])
  t.end()
})

// What others hear of it

/** The columns of ends in what was heard, by the host whose changes they were; undefined where there was none. */
function heardEnds(peer: Hand): Map<string, unknown> {
  const hosts = new Map<number, string>()
  const heard = new Map<string, unknown>()
  for (const message of peer.heard.flat()) {
    if ('a' in message) for (const key of Object.keys(message.a)) hosts.set(Number(key.split('~')[0]), key.split('~')[1] ?? '')
    if (!('c' in message)) continue
    const [number, id] = Array.isArray(message.s) ? message.s : [message.s, '']
    if (id !== '') hosts.set(number, id.split('~')[0] ?? '')
    heard.set(hosts.get(number) ?? '', message.e)
  }
  return heard
}

test('an end goes out as its author said it, in a pair with the greatest that is known where that is another', (t) => {
  const clock = new Clock()
  const [early, late] = [clock.date() + lifeMs, clock.date() + 2 * lifeMs]
  const cases: [what: string, alpha: Until | undefined, beta: Until | undefined, gamma: Until | undefined, e: unknown[]][] = [
    ['nobody said anything', undefined, undefined, undefined, [undefined, undefined, undefined]],
    ['one said', early, undefined, undefined, [[early], [[null, early]], [[null, early]]]],
    ['two said', early, late, undefined, [[[early, late]], [late], [[null, late]]]],
    ['all said the same', early, early, early, [[early], [early], [early]]],
    ['one said never', early, 'never', undefined, [[[early, 0]], [0], [[null, 0]]]]
  ]
  for (const [what, ...rest] of cases) {
    const e = rest.pop() as unknown[]
    const stores = chain(clock, 'α', 'β', 'γ')
    stores.forEach((store, i) => store.counter(what).increment(1, { expire: rest[i] as Until | undefined }))
    clock.run(100)
    const peer = new Hand(stores[1].createStream()).hello().say({ a: {}, u: 0 })
    clock.run(100)
    const heard = heardEnds(peer)
    t.deepEqual(['α', 'β', 'γ'].map((host) => heard.get(host)), e, what)
  }
  t.end()
})

test('of one author’s names only those with an end take room for it', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const end = clock.date() + lifeMs
  store.counter('a').increment()
  store.counter('b').increment(1, { expire: end })
  store.counter('c').increment(1, { expire: 'never' })
  const peer = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  clock.run(100)
  t.deepEqual(heardEnds(peer).get('α'), [null, end, 0])
  t.end()
})

test('improper ends are a peer’s own doing: they end its session with ERR_FRAME, and nothing of the frame is taken', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const ended: string[] = []
  store.on('disconnect', (_, error) => ended.push(codeOf(error)))
  const end = clock.date() + lifeMs
  const wrong: unknown[] = [
    null, 5, 'never', {}, [], [end, end], [-1], [0.5], ['5'], [true], [{}], [Number.MAX_SAFE_INTEGER + 1], [[]], [[end]],
    [[end, end, end]],
    [[end, -1]], [[-1, end]], [[end, '5']], [[end, [end]]], [[[end, end], end]], [[end, 0.5]], [[end, true]]
  ]
  for (const e of wrong) {
    const peer = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
    peer.say({ s: [1, 'z~1'], k: 'counter', q: [1], n: ['n'], e, c: [[1, 0]] })
    clock.run(100)
    t.deepEqual([ended.splice(0), peer.heard.at(-1)], [['ERR_FRAME'], { b: 'frame' }], JSON.stringify(e))
  }
  t.deepEqual([store.names(), store.statistics().authors], [[], 1])
  t.end()
})

test('a lone cell with an old end, whose pair says that a later one is known, is kept, and lives as long', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const [old, later] = [clock.date() - keptMs, clock.date() + lifeMs]
  const peer = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  const e = [old, [old, old], [old, later], [null, later], [old, null], [null, 0], [old, 0], [1, later]]
  peer.say({ s: [1, 'z~1'], k: 'counter', q: e.map(() => 1), n: e.map((_, i) => `${i}`), e, c: e.map(() => [1, 0]) })
  clock.run(100)
  t.deepEqual(store.names().map(({ name }) => name).sort(), ['2', '3', '5', '6', '7'])
  t.deepEqual(['2', '3', '5', '6', '7'].map((name) => store.counter(name).expire), [later, later, 'never', 'never', later])
  t.equal(store.explain('2')[0]?.cells[0]?.expire, old, 'what the author said is passed on as it was said')
  goTo(clock, later)
  t.deepEqual(store.names().map(({ name }) => name).sort(), ['5', '6'])
  t.end()
})

test('a change that is long past counts as held: it is no refusal, no doubt, no author, and is not asked for', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const told: unknown[] = []
  store.on('refused', (refusal) => told.push(refusal))
  const past = clock.date() - keptMs
  const peer = new Hand(store.createStream({ host: 'hand' })).hello().say({ a: {}, u: 0 })
  peer.say({ s: [1, 'z~1'], k: 'counter', q: [1], n: ['n'], e: [past], c: [[1, 0]] })
  peer.say({ s: [2, 'y~1'], k: 'counter', q: [1, 1, 1], n: ['m', 'n', 'o'], e: [null, past, null], c: [[1, 0], [1, 0], [1, 0]] })
  clock.run(1_000)
  const held = peer.heard.flat().flatMap((message) => ('a' in message ? [JSON.stringify([message.a, message.d])] : []))
  t.ok(held.some((text) => text.includes('~y~1":3},null]')), `of a known author it is acknowledged: ${held.join(' ')}`)
  peer.say({ a: { 1: 1, 2: 3 }, u: 4, y: true })
  clock.run(10_000)
  const { authors, duplicates } = store.statistics()
  t.deepEqual([told, store.names().map(({ name }) => name).sort(), authors, duplicates], [[], ['m', 'o'], 2, 2])
  t.deepEqual(store.doubts(), [])
  t.notOk(JSON.stringify(peer.heard).includes('"w":'), 'nothing is asked for')
  t.end()
})

test('a change a millisecond before it is long past is kept, dying as it is', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const peer = new Hand(store.createStream()).hello().say({ a: {}, u: 0 })
  peer.say({ s: [1, 'z~1'], k: 'counter', q: [1], n: ['n'], e: [clock.date() + 1 - keptMs], c: [[1, 0]] })
  clock.settle()
  t.deepEqual([phaseOf(store), cellsOf(store)], ['dying', [1]])
  clock.run(5)
  t.deepEqual([phaseOf(store), cellsOf(store)], ['resting', [0]])
  t.end()
})

test('what of an earlier life of a name comes late does not mix into what was made anew', (t) => {
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const end = clock.date() + lifeMs
  const late = { s: [1, 'z~1'], k: 'counter', q: [1], n: ['n'], e: [end], c: [[7, 0]] }
  new Hand(store.createStream()).hello().say({ a: {}, u: 0 }).say(late)
  clock.run(100)
  t.equal(store.counter('n').value, 7)
  goTo(clock, end + newMs)
  store.counter('n').increment()
  new Hand(store.createStream()).hello('late').say({ a: {}, u: 0 }).say(late)
  clock.run(100)
  t.deepEqual([store.counter('n').value, store.counter('n').expire, cellsOf(store)], [1, null, [1]])
  t.end()
})

test('after names have come and gone an idle reconnect sends no change', (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α'), mortal(clock, 'β')]
  let cut = link(a, b)
  const sent = (): number => a.statistics().sentChanges + b.statistics().sentChanges
  a.counter('first').increment()
  for (const { write } of sorts) for (const store of [a, b]) write(store, { expire: clock.date() + lifeMs })
  b.counter('last').increment()
  for (const wait of [500, lifeMs, graceMs, graceMs + skewMsMax, skewMsMax, 2 * keptMs]) {
    clock.run(wait)
    const before = sent()
    cut()
    clock.run(1)
    cut = link(a, b)
    clock.run(1)
    t.deepEqual([sent() - before, a.coherent, b.coherent], [0, true, true], `${wait} ms later`)
  }
  t.end()
})

// Who waits, and who doubts

/** What a promise came to, if it did. */
function outcome(promise: Promise<unknown>): { is: unknown } {
  const told: { is: unknown } = { is: 'pending' }
  promise.then((value) => { told.is = value }, (error: unknown) => { told.is = codeOf(error) })
  return told
}

test('what was written and has ended meanwhile settles with the rest', async (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α', { expect: ['β'] }), mortal(clock, 'β')]
  a.counter('stays').increment()
  a.counter('n').increment(1, { expire: clock.date() + lifeMs })
  const told = outcome(a.settled())
  clock.run(lifeMs + keptMs)
  await ripple()
  t.equal(told.is, 'pending')
  link(a, b)
  clock.run(500)
  await ripple()
  t.deepEqual([told.is, cellsOf(a, b)], [['β'], [1, 1]])
  t.end()
})

test('where nothing is left of what was written, the first host that is in step confirms it', async (t) => {
  const clock = new Clock()
  const [a, b] = [mortal(clock, 'α', { expect: ['β'] }), mortal(clock, 'β')]
  a.counter('n').increment(1, { expire: clock.date() + lifeMs })
  const early = outcome(a.settled())
  clock.run(lifeMs + keptMs)
  const late = outcome(a.settled())
  await ripple()
  t.deepEqual([early.is, late.is], ['pending', 'pending'], 'nobody is there')
  link(a, b)
  clock.run(60_000)
  await ripple()
  t.deepEqual([early.is, late.is, b.names(), b.statistics().recvChanges, a.coherent], [['β'], ['β'], [], 0, true])
  t.end()
})

test('what a peer refuses settles with the end of its name', async (t) => {
  const clock = new Clock()
  const [full, other] = [mortal(clock, 'full', {}, { cellsMax: 1 }), mortal(clock, 'other')]
  full.counter('stays').increment()
  link(full, other)
  clock.run(500)
  other.counter('n').increment(1, { expire: clock.date() + lifeMs })
  const told = outcome(other.settled())
  clock.run(lifeMs + keptMs - 1)
  await ripple()
  t.equal(told.is, 'pending')
  clock.run(10_000)
  await ripple()
  t.deepEqual(told.is, ['full'])
  t.end()
})

test('a refused change makes no doubt any more once its name is over', (t) => {
  const clock = new Clock()
  const [full, other] = [mortal(clock, 'full', {}, { cellsMax: 1 }), mortal(clock, 'other')]
  full.counter('stays').increment()
  link(full, other)
  clock.run(500)
  const end = clock.date() + lifeMs
  for (const { write } of sorts) write(other, { expire: end })
  clock.run(500)
  const doubts = (): string[][] => [full, other].map((store) => store.doubts().map(({ why }) => why))
  goTo(clock, end + keptMs - 1)
  t.deepEqual([doubts(), cellsOf(full, other)], [[['refused'], ['refused']], [1, 5]])
  clock.run(10_001)
  t.deepEqual([doubts(), cellsOf(full, other), full.coherent, other.coherent], [[[], []], [1, 1], true, true])
  t.end()
})

// The sweep

const silence: Observer = {
  change: () => {}, expire: () => {}, connect: () => {}, sync: () => {}, disconnect: () => {}, refused: () => {}, impostor: () => {},
  acknowledge: () => {}, differ: () => {}, review: () => {},
  fault: (error) => { throw error }
}

/** More than is done in one sweep; what is done is a small part of it. */
const sweepMax = 2_000

/** Sweeps until nothing is due at that moment; gives how much each sweep did. */
function sweepAll(gossip: Gossip, now: number, done: () => number): number[] {
  const steps: number[] = []
  for (let before = done(); gossip.expiry.nextAt <= now; before = done()) {
    gossip.expiry.sweep()
    steps.push(Math.abs(done() - before))
    if (steps.length > 100_000) throw new Error('sweeping never ends')
  }
  return steps
}

function total(steps: number[]): number {
  return steps.reduce((sum, n) => sum + n, 0)
}

test('of 200,000 names that are due at once each sweep does a bounded part, and in the end all are gone', (t) => {
  const count = 200_000
  const counter = new CounterKind(integer)
  let now = 1_700_000_000_000
  let ended = 0
  const gossip = new Gossip({
    host: 'α', life: '1', net: null, limits: withLimits({ graceMs, skewMsMax }), kinds: [counter],
    clock: () => now, hashKey: [0, 0], soon: (wake) => wake(),
    observer: { ...silence, expire: () => { ended += 1 } }
  })
  const end = now + lifeMs
  for (let i = 0; i < count; i += 1) gossip.write(counter, `n${i}`, '', end, 1)
  const stages: [what: string, at: number, done: () => number][] = [
    ['told', end, () => ended], ['dropped', end + keptMs, () => gossip.log.size],
    ['forgotten', end + newMs, () => gossip.log.names('counter')?.size ?? 0]
  ]
  for (const [what, at, done] of stages) {
    now = at - 1
    t.deepEqual(sweepAll(gossip, now, done), [], `none is ${what} too early`)
    now = at
    const steps = sweepAll(gossip, now, done)
    t.ok(Math.max(...steps) <= sweepMax && total(steps) === count, `${total(steps)} ${what} in ${steps.length} sweeps`)
  }
  t.deepEqual([gossip.log.size, gossip.log.names('counter'), gossip.expiry.nextAt], [0, undefined, Infinity])
  t.end()
})

test('one name of 50,000 cells is dropped a bounded part at a time as well', (t) => {
  const count = 50_000
  const clock = new Clock()
  const store = mortal(clock, 'α')
  const end = clock.date() + lifeMs
  store.set('n').add('first', { expire: end })
  for (let i = 1; i < count; i += 1) store.set('n').add(`${i}`)
  goTo(clock, end + keptMs - 1)
  const steps: number[] = []
  for (let before = store.statistics().cells; before > 0; before = store.statistics().cells) {
    clock.run(1)
    steps.push(before - store.statistics().cells)
    if (steps.length > 100_000) break
  }
  t.ok(Math.max(...steps) <= sweepMax && total(steps) === count, `${total(steps)} cells, at most ${Math.max(...steps)} at a time`)
  clock.run(newMs)
  t.deepEqual([store.explain('n'), store.set('n').add('anew'), store.set('n').size], [[], true, 1])
  t.end()
})

test('a name that is due is absent, and long past is forgotten, before any sweep comes to it', (t) => {
  let ahead = 0
  const clock = new Clock()
  const store = mortal(clock, 'α', { now: () => clock.date() + ahead })
  const told = ends(store)
  const count = 3_000
  for (let i = 0; i < count; i += 1) store.counter(`n${i}`).increment(1, { expire: clock.date() + lifeMs })
  for (const { write } of sorts) write(store, { expire: clock.date() + lifeMs })
  ahead = lifeMs
  t.deepEqual([store.names(), store.counter('n5').value, store.counter('n5').expire, told], [[], 0, null, []])
  t.deepEqual(sorts.map(({ read }) => read(store)), sorts.map(({ nothing }) => nothing))
  refuses(t, () => store.counter('n5').increment(), 'ERR_EXPIRED', 'a write')
  ahead = lifeMs + newMs
  t.deepEqual([store.names(), cellsOf(store)], [[], [count + 4]])
  for (const { write } of sorts) write(store)
  t.deepEqual(sorts.map(({ read }) => read(store)), [1, 1n, 'α', 'α'], 'what is made anew counts from nothing')
  clock.run(60_000)
  t.deepEqual([cellsOf(store), sorts.map(({ read }) => read(store))], [[4], [1, 1n, 'α', 'α']], 'and no sweep takes it for what it was')
  t.deepEqual([told.length, new Set(told).size], [count + 4, count + 4], 'the end of each was told, once')
  t.end()
})

// Clocks and timers

test('a clock that is set forward, or back, while a name lives is noticed within a minute', (t) => {
  const hourMs = 3_600_000
  const cases = [['forward', 2 * hourMs - 30_000, 0, 60_000], ['back', -hourMs, 3 * hourMs - 10_001, 1 + 60_000]] as const
  for (const [what, setMs, notYet, over] of cases) {
    const clock = new Clock()
    let set = 0
    const store = storeAt(clock, 'α', { now: () => clock.date() + set, limits: { graceMs: hourMs, skewMsMax: 60_000 } })
    const told = ends(store)
    store.counter('n').increment(1, { expire: clock.date() + 2 * hourMs })
    clock.run(10_000)
    set = setMs
    clock.run(notYet)
    t.deepEqual([told, store.counter('n').value], [[], 1], `${what}: not yet`)
    clock.run(over)
    t.deepEqual([told, store.counter('n').value, store.names()], [['counter n'], 0, []], what)
  }
  t.end()
})

test('a clock that is set back over an end brings the name back, whose end is told no second time', (t) => {
  const clock = new Clock()
  let set = 0
  const store = mortal(clock, 'α', { now: () => clock.date() + set })
  const told = ends(store)
  store.counter('n').increment(1, { expire: clock.date() + lifeMs })
  clock.run(lifeMs)
  t.deepEqual([told, store.counter('n').value], [['counter n'], 0])
  set = -lifeMs
  t.equal(store.counter('n').value, 1)
  clock.run(newMs + lifeMs + 60_000)
  t.deepEqual([told, store.counter('n').value, cellsOf(store)], [['counter n'], 0, [0]])
  t.end()
})

test('a closed store leaves no timer, whatever is due', (t) => {
  const clock = new Clock()
  const [a, b] = chain(clock, 'α', 'β')
  for (const { write } of sorts) for (const store of [a, b]) write(store, { expire: clock.date() + lifeMs })
  clock.run(500)
  a.counter('soon').increment(1, { expire: clock.date() + 5 })
  t.ok(clock.pending > 0)
  void a.close()
  void b.close()
  clock.run(1)
  t.equal(clock.pending, 0)
  const told = ends(a)
  clock.run(2 * newMs)
  t.deepEqual([clock.pending, told, a.counter('n').value], [0, [], 0])
  t.end()
})

test('a store with names that will end keeps no process alive', async (t) => {
  const code = `
    import { createStore } from './index.ts'
    const store = createStore({ host: 'α', expireDefault: 3_600_000 })
    store.counter('n').increment()
    store.set('s').add('x', { expire: Date.now() + 1_000_000 })
    console.log(store.names().length, 'names')
  `
  const program = new Program(t, '--input-type=module', '--eval', code)
  t.deepEqual([await program.end, program.out], [{ code: 0, signal: null }, '2 names\n'])
  t.end()
})
