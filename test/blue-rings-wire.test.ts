/**
 * Moving from blue-rings: its packets of every version are read, from bytes cut anywhere and from hostile ones; what several hosts say
 * is merged as they would; and what a ring holds comes into a store once, however often the script runs.
 *
 * The frames are made here after the formats in the sources of blue-rings. No host of it could be run.
 */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import fc from 'fast-check'
import pull from 'pull-stream'
import test, { type Test } from 'tape'
import { bigint, createStore, link, type Store } from '../index.js'
import { createServer } from '../lib/transport/tcp.js'
import { doubleline } from '../lib/wire/codec.js'
import { Merged, sumsOf, type Named } from '../example/blue-rings/merged.js'
import { Transfer, type Summary } from '../example/blue-rings/transfer.js'
import { Frames, readMessage, type Counting, type Message, type Packet } from '../example/blue-rings/wire.js'
import { Clock } from './clock.js'
import { freePort } from './loopback.js'
import { Program } from './program.js'
import { holds } from './property.js'
import { storeAt } from './stores.js'

const later = 4_000_000_000_000
const ping = Buffer.from([0x11, 0, 0, 0, 2, 0x73, 0x3a])
const keepalive = Buffer.from([0x10])

/** One frame of AMP with these arguments. */
function amp(...parts: (string | Uint8Array)[]): Buffer {
  const chunks = [Buffer.from([(1 << 4) | parts.length])]
  for (const part of parts) {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    chunks.push(length, bytes)
  }
  return Buffer.concat(chunks)
}

/** A frame as JSON is put into it. */
function said(json: unknown): Buffer {
  return amp(`j:${JSON.stringify(json)}`)
}

/** What a connection comes to that brings these chunks. */
function heard(chunks: Iterable<Uint8Array>, counting: Counting = 'integer'): Message {
  const frames = new Frames()
  const all: Message = { packets: [], unread: [] }
  for (const chunk of chunks) {
    for (const bytes of frames.put(chunk)) {
      const { packets, unread } = readMessage(bytes, counting)
      all.packets.push(...packets)
      all.unread.push(...unread)
    }
  }
  return all
}

function* cut(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

type Version = { version: string; counting: Counting; message: unknown; packets: Packet[] }

function packet(name: string, expire: number | null, ...facts: Packet['facts']): Packet {
  return { name, expire, facts, unread: [] }
}

const up = (host: string, total: bigint) => ({ kind: 'counter', host, way: 'up', total }) as const
const down = (host: string, total: bigint) => ({ kind: 'counter', host, way: 'down', total }) as const
const ticket = (text: string, amount: bigint) => ({ kind: 'ticket', ticket: text, amount }) as const
const written = (value: string | null, stamp: bigint) => ({ kind: 'register', value, stamp }) as const
const element = (value: string | number | boolean, removed = false) => ({ kind: 'set', element: value, removed }) as const

const hash = { type: 'Buffer', data: [9, 200, 16] }

/** One message of each version, as its sources write it, and what it says. */
const versions: Version[] = [
  {
    version: 'the first draft, tickets as text and a hash', counting: 'integer',
    message: { n: 'calls', e: later, h: '\u00e9\u0001', t: ['a 3f2k 1z alpha'] },
    packets: [packet('calls', later, ticket('a 3f2k 1z alpha', 10n))]
  },
  {
    version: '1.0, tickets as text, bigint its default', counting: 'bigint',
    message: { n: 'calls', e: later, v: '7', t: ['10 3f2k alpha', '-3 3f2l be ta'], h: 'alpha' },
    packets: [packet('calls', later, ticket('10 3f2k alpha', 10n), ticket('-3 3f2l be ta', -3n))]
  },
  {
    version: '1.0 of integer, in base 36, without an end', counting: 'integer',
    message: { n: 'calls', v: '7', t: ['zz 3f2k alpha', '-3 3f2l beta'], s: 'beta', h: 'alpha' },
    packets: [packet('calls', null, ticket('zz 3f2k alpha', 1_295n), ticket('-3 3f2l beta', -3n))]
  },
  {
    version: 'after 1.0, tickets as text and a hash that is a Buffer', counting: 'integer',
    message: { n: 'calls', e: later, H: hash, t: ['1 3f2k alpha'], s: 'alpha', h: 'alpha' },
    packets: [packet('calls', later, ticket('1 3f2k alpha', 1n))]
  },
  {
    version: 'after 1.0, tickets as pairs, the amount first', counting: 'integer',
    message: { n: 'calls', e: later, H: hash, t: [['1c', '3f2k alpha']], s: 'alpha', h: 'alpha' },
    packets: [packet('calls', later, ticket('1c 3f2k alpha', 48n))]
  },
  {
    version: 'after 1.0, tickets as pairs, the amount last', counting: 'integer',
    message: { n: 'calls', e: later, H: hash, t: [['3f2k alpha', -12]], s: 'alpha', h: 'beta' },
    packets: [packet('calls', later, ticket('3f2k alpha', -12n))]
  },
  {
    version: 'the same, of bigint', counting: 'bigint',
    message: { n: 'calls', e: later, H: hash, t: [['3f2k alpha', '36893488147419103232']], s: 'alpha', h: 'beta' },
    packets: [packet('calls', later, ticket('3f2k alpha', 2n ** 65n))]
  },
  {
    version: '1.1.0, totals in base 36', counting: 'integer',
    message: { n: 'calls', e: later, c: [['+', 'alpha', '10'], ['-', 'be ta', 'a']], s: 'alpha', h: 'alpha' },
    packets: [packet('calls', later, up('alpha', 36n), down('be ta', 10n))]
  },
  {
    version: '1.1.1, totals in base 36 and a path', counting: 'integer',
    message: { n: 'calls', e: later, c: [['+', 'alpha', '10']], s: 'alpha', R: ['beta', 'alpha'] },
    packets: [packet('calls', later, up('alpha', 36n))]
  },
  {
    version: '1.1.1 of bigint', counting: 'bigint',
    message: { n: 'calls', e: later, c: [['+', 'alpha', '10']], s: 'alpha', R: ['alpha'] },
    packets: [packet('calls', later, up('alpha', 10n))]
  },
  {
    version: '2.0, a counter', counting: 'integer',
    message: { n: 'calls', e: later, c: [['C', '+', 'alpha', '10'], ['C', '-', 'alpha', '2']], s: 'alpha', R: ['alpha'] },
    packets: [packet('calls', later, up('alpha', 36n), down('alpha', 2n))]
  },
  {
    version: '2.0, a register', counting: 'integer',
    message: { n: 'owner', e: later, c: [['R', 'α', '123456789012345678']], s: 'alpha', R: ['alpha'] },
    packets: [packet('owner', later, written('α', 123_456_789_012_345_678n))]
  },
  {
    version: '2.1, a set', counting: 'integer',
    message: { n: 'trunks', e: later, c: [['S', '+', 'a'], ['S', '+', 7], ['S', '-', 'a']], s: 'alpha', R: ['alpha'] },
    packets: [packet('trunks', later, element('a'), element(7), element('a', true))]
  },
  {
    version: 'after 2.2.1, flat and in numbers', counting: 'integer',
    message: {
      n: 'all', e: later, c: [[1, 1, 'alpha', 10], [1, 2, 'beta', 4], [2, 'x', '5'], [3, 1, 'a'], [3, 2, 'a']], s: 'alpha', R: ['alpha']
    },
    packets: [packet('all', later, up('alpha', 10n), down('beta', 4n), written('x', 5n), element('a'), element('a', true))]
  },
  {
    version: 'the same, of bigint', counting: 'bigint',
    message: { n: 'calls', e: later, c: [[1, 1, 'alpha', '10']], s: 'alpha', R: ['alpha'] },
    packets: [packet('calls', later, up('alpha', 10n))]
  },
  {
    version: '3.x, one write', counting: 'integer',
    message: { n: 'calls', e: later, c: [[1, [1, 'alpha', 10]]], s: 'alpha', R: ['alpha'] },
    packets: [packet('calls', later, up('alpha', 10n))]
  },
  {
    version: '3.x, several packets at once', counting: 'integer',
    message: [
      { n: 'calls', e: later, c: [[1, [1, 'alpha', 10]], [1, [2, 'beta', 4]]], s: 'alpha', R: ['alpha'] },
      { n: 'owner', e: later, c: [[2, [null, '0']]], s: 'alpha', R: ['alpha'] },
      { n: 'trunks', e: later, c: [[3, [1, 'a']], [3, [2, 'a']]], s: 'beta', R: ['alpha', 'beta'] },
      { n: 'empty', e: later, c: [], s: 'alpha', R: ['alpha'] }
    ],
    packets: [
      packet('calls', later, up('alpha', 10n), down('beta', 4n)), packet('owner', later, written(null, 0n)),
      packet('trunks', later, element('a'), element('a', true)), packet('empty', later)
    ]
  },
  {
    version: '3.x of bigint', counting: 'bigint',
    message: { n: 'calls', e: later, c: [[1, [1, 'alpha', '36893488147419103232']]], s: 'alpha', R: ['alpha'] },
    packets: [packet('calls', later, up('alpha', 2n ** 65n))]
  }
]

for (const { version, counting, message, packets } of versions) {
  test(`${version}: is read, whole, byte by byte and in threes, with pings and keepalives between`, (t) => {
    const bytes = Buffer.concat([keepalive, ping, said(message), keepalive, keepalive, said(message), ping])
    for (const size of [bytes.length, 1, 3]) {
      t.deepEqual(heard(cut(bytes, size), counting), { packets: [...packets, ...packets], unread: [] }, `${size} bytes at a time`)
    }
    t.end()
  })
}

test('a frame that is not complete is waited for', (t) => {
  const frames = new Frames()
  const bytes = said({ n: 'calls', e: later, c: [] })
  t.equal(frames.open, false)
  for (const byte of cut(bytes.subarray(0, -1), 1)) t.deepEqual(frames.put(byte), [])
  t.equal(frames.open, true)
  t.equal(frames.put(bytes.subarray(-1)).length, 1)
  t.equal(frames.open, false)
  t.end()
})

test('of several arguments the first is the message; empty ones are passed over like others', (t) => {
  const { packets, unread } = heard([Buffer.concat([amp('j:{"n":"a","c":[]}', '', 's:b'), said({ n: 'c', c: [] })])])
  t.deepEqual([packets.map(({ name }) => name), unread], [['a', 'c'], []])
  t.end()
})

test('what is no AMP, or too long, ends the reading of that connection', (t) => {
  for (const head of [0x00, 0x01, 0x20, 0x7b, 0xff]) t.throws(() => new Frames().put(Buffer.from([head])), /no AMP/, String(head))
  t.throws(() => new Frames(10).put(Buffer.from([0x11, 0, 0, 0, 11])), /a message of 11 bytes was announced, more than 10/)
  t.throws(() => new Frames().put(Buffer.from([0x11, 0xff, 0xff, 0xff, 0xff])), /announced/)
  t.equal(new Frames(10).put(Buffer.concat([Buffer.from([0x11, 0, 0, 0, 10]), Buffer.alloc(10)])).length, 1)
  t.end()
})

const strangers = [
  's:calls', 'calls', 'j:', 'j:{', 'j:1', 'j:null', 'j:"x"', 'j:{}', 'j:{"n":1,"c":[]}', 'j:{"n":"a"}', 'j:{"n":"a","c":{}}',
  'j:{"n":"a","c":null}', 'j:{"n":"a","e":"soon","c":[]}', 'j:[[]]', 'j:[1]', 'x:{"n":"a","c":[]}'
]

test('a message that says nothing known is told, and what follows is read', (t) => {
  const noText = Buffer.concat([Buffer.from('j:{"n":"'), Buffer.from([0xff]), Buffer.from('","c":[]}')])
  for (const stranger of [...strangers, noText]) {
    const { packets, unread } = heard([amp(stranger), said({ n: 'calls', e: later, c: [] })])
    t.deepEqual([packets.length, unread.length], [1, 1], String(stranger))
  }
  t.deepEqual(heard([said([{ n: 'a', c: [] }, 7, { n: 'b', c: [] }])]).packets.map(({ name }) => name), ['a', 'b'])
  t.end()
})

test('a change that says nothing known is told with its name, and the others of its packet are read', (t) => {
  const strange: unknown[] = [
    null, 1, 'x', {}, [], [null], ['X', '+', 'alpha', '1'], [4, [1, 'a', 1]], ['+'], ['+', 1, '1'], ['+', 'alpha'], ['+', 'alpha', '-1'],
    ['+', 'alpha', '0.i'], ['+', 'alpha', ''], ['+', 'alpha', 'A'], ['+', 'alpha', '1', 2], ['+', 'alpha', 0.5],
    ['+', 'alpha', 'z'.repeat(1_001)], ['C', '*', 'alpha', '1'], [1, 3, 'alpha', 1], [1, [1, 'alpha', '1']], [1, [1, 'alpha', -1]],
    [1, [1, 'alpha', 1e300]], [1, [1, 'alpha', null]], [1, [1, 'alpha', 1, 1]], ['R', 'x'], ['R', 'x', 5], ['R', 'x', '-5'],
    [2, ['x', '5'.repeat(41)]], [2, [['x']]], ['S', '+'], ['S', '+', null], ['S', '+', ['a']], [3, [1, { a: 1 }]], [3, [0, 'a']]
  ]
  for (const one of strange) {
    const [told] = heard([said({ n: 'x', e: later, c: [one, ['+', 'beta', '1']] })]).packets
    t.deepEqual([told?.facts, told?.unread.length], [[up('beta', 1n)], 1], told?.unread[0])
  }
  const keyed: unknown[] = [['3f2k alpha'], ['3f2k alpha', null], ['3f2k alpha', 0.5], [1, 2]]
  const tickets: unknown[] = [null, 1, '', 'x', ' 3f2k alpha', '0.5 3f2k alpha', ...keyed]
  for (const one of tickets) t.equal(heard([said({ n: 'x', e: later, t: [one] })]).packets[0]?.unread.length, 1, JSON.stringify(one))
  t.end()
})

test('a ring of bigint is not read as one of integer, nor the other way, where packets tell them apart', (t) => {
  const asIs = (total: unknown, counting: Counting): number | undefined => {
    return heard([said({ n: 'x', e: later, c: [[1, [1, 'alpha', total]]] })], counting).packets[0]?.unread.length
  }
  t.deepEqual([asIs(10, 'integer'), asIs('10', 'bigint'), asIs('10', 'integer'), asIs(10, 'bigint')], [0, 0, 1, 1])
  t.end()
})

test('deep and large JSON, and keys that mean something to objects, are data like others', (t) => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  t.equal(heard([amp(`j:${deep}`)]).unread.length, 1)
  t.equal(heard([amp(`j:{"n":"x","c":[${deep}]}`)]).packets[0]?.unread.length, 1)
  const { packets } = heard([amp('j:{"n":"__proto__","__proto__":{"c":[]},"c":[[1,[1,"__proto__",3]]]}')])
  const merged = new Merged()
  for (const one of packets) merged.take(one, 0)
  t.deepEqual([...merged.names.keys()], ['__proto__'])
  t.deepEqual(sumsOf(counts(merged, '__proto__')), { plus: 3n, minus: 0n })
  t.end()
})

test('any bytes are read or refused, never more', (t) => {
  holds(t, 'bytes give messages or an error', fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
    try {
      heard(chunks)
    } catch (error) {
      return error instanceof Error && /no AMP|announced/.test(error.message)
    }
    return true
  }))
  const countings = fc.constantFrom<Counting>('integer', 'bigint')
  holds(t, 'any JSON gives packets or is told', fc.property(fc.jsonValue({ maxDepth: 5 }), countings, (json, counting) => {
    const { packets, unread } = heard([said({ n: 'x', c: [json], e: later }), said({ n: 'x', t: [json] }), said(json)], counting)
    return packets.length + unread.length >= 2
  }))
  t.end()
})

/** Several packets, taken in this order. */
function merged(now: number, ...messages: unknown[]): Merged {
  const all = new Merged()
  for (const message of messages) for (const one of heard([said(message)]).packets) all.take(one, now)
  return all
}

function named(all: Merged, name: string): Named {
  const found = all.names.get(name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

function counts(all: Merged, name: string): NonNullable<Named['counter']> {
  const { counter } = named(all, name)
  if (counter === null) throw new Error(`${name} is no counter`)
  return counter
}

test('of what several hosts say the greatest totals, the latest value, the removals and the latest end hold, in any order', (t) => {
  const messages = [
    { n: 'calls', e: 100, c: [[1, [1, 'alpha', 10]], [1, [1, 'beta', 2]], [1, [2, 'beta', 7]]] },
    { n: 'calls', e: 300, c: [[1, [1, 'alpha', 8]], [1, [1, 'beta', 5]]] },
    { n: 'owner', e: 100, c: [[2, ['late', '9']]] },
    { n: 'owner', e: 100, c: [[2, ['early', '8']]] },
    { n: 'trunks', e: 100, c: [[3, [1, 'a']], [3, [1, 'b']]] },
    { n: 'trunks', e: 100, c: [[3, [2, 'b']]] }
  ]
  for (const order of [messages, [...messages].reverse()]) {
    const all = merged(50, ...order, ...order)
    t.deepEqual(sumsOf(counts(all, 'calls')), { plus: 15n, minus: 7n })
    t.equal(named(all, 'calls').expire, 300)
    t.deepEqual(named(all, 'owner').register, { value: 'late', stamp: 9n })
    t.deepEqual([...(named(all, 'trunks').elements?.removed ?? [])], ['b'])
  }
  t.end()
})

test('a ticket counts once, whoever brings it', (t) => {
  const said = [['2 1 alpha', '-1 2 alpha'], ['2 1 alpha', '2 1 beta'], [['1 alpha', 2], ['1 alpha', 3]]]
  const all = merged(50, ...said.map((tickets) => ({ n: 'x', t: tickets })))
  t.deepEqual(sumsOf(counts(all, 'x')), { plus: 6n, minus: 1n })
  t.end()
})

test('packets that had ended when they came are left out and noted, as there', (t) => {
  const all = merged(50, { n: 'calls', e: 49, c: [[1, [1, 'alpha', 10]]] }, { n: 'other', e: 50, c: [[1, [1, 'alpha', 1]]] })
  t.deepEqual([[...all.names.keys()], [...all.ended]], [['other'], ['calls']])
  t.end()
})

test('a packet that brings nothing new says so', (t) => {
  const all = new Merged()
  const take = (message: unknown): boolean[] => heard([said(message)]).packets.map((one) => all.take(one, 0))
  const messages = [
    { n: 'x', e: 100, c: [] }, { n: 'x', e: 101, c: [] }, { n: 'x', e: 100, c: [[1, [1, 'alpha', 1]]] },
    { n: 'x', e: 100, c: [[1, [1, 'alpha', 2]]] }, { n: 'x', e: 100, c: [[2, ['v', '1']]] }, { n: 'x', e: 100, c: [[3, [1, 'a']]] },
    { n: 'x', e: 100, c: [[3, [2, 'a']]] }, { n: 'x', t: ['1 1 alpha'] }
  ]
  for (const message of messages) t.deepEqual([take(message), take(message)], [[true], [false]], JSON.stringify(message))
  t.end()
})

/** Stores in virtual time that an import comes to: start after start under one name, each joined to the store and gone again. */
class Move {
  readonly clock = new Clock()
  readonly store = storeAt(this.clock, 'alpha')

  /** The import of messages. */
  run(messages: unknown[], counting: Counting = 'integer'): Summary {
    const store = storeAt(this.clock, 'import')
    const cut = link(store, this.store)
    this.clock.run(1_000)
    const all = new Merged()
    for (const message of messages) for (const one of heard([said(message)], counting).packets) all.take(one, this.clock.date())
    const summary = new Transfer(store, counting, this.clock.date()).write(all)
    this.clock.run(1_000)
    cut()
    this.clock.run(1_000)
    return summary
  }

  /** Milliseconds since 1970, that long from now. */
  in(ms: number): number {
    return this.clock.date() + ms
  }
}

const nothing: Summary = {
  counters: 0, registers: 0, added: 0, removed: 0, extended: 0, same: 0, empty: 0, ended: 0, left: [], unread: [], unwritten: []
}

test('what a ring holds is written once, and what came since when it is run again', (t) => {
  const move = new Move()
  const { store } = move
  const e = move.in(3_600_000)
  const before = [
    { n: 'calls', e, c: [[1, [1, 'alpha', 10]], [1, [2, 'beta', 4]]] }, { n: 'owner', e, c: [[2, [{ at: 'alpha' }, '5']]] },
    { n: 'trunks', e, c: [[3, [1, 'a']], [3, [1, 'b']], [3, [2, 'b']]] }
  ]
  t.deepEqual(move.run(before), { ...nothing, counters: 1, registers: 1, added: 1 })
  t.deepEqual([store.counter('calls').value, store.register('owner').value, store.set('trunks').values()], [6, { at: 'alpha' }, ['a']])
  t.deepEqual([store.counter('calls').expire, store.register('owner').expire, store.set('trunks').expire], [e, e, e])
  const cells = store.statistics().cells
  t.deepEqual(move.run(before), { ...nothing, same: 3 })
  t.equal(store.statistics().cells, cells, 'nothing more is held')
  store.counter('calls').increment(100)
  const after = [
    { n: 'calls', e: e + 1, c: [[1, [1, 'alpha', 12]], [1, [2, 'beta', 5]]] }, { n: 'owner', e, c: [[2, ['beta', '6']]] },
    { n: 'trunks', e, c: [[3, [1, 'a']], [3, [1, 'c']], [3, [2, 'a']]] }
  ]
  t.deepEqual(move.run(after), { ...nothing, counters: 1, registers: 1, added: 1, removed: 1 })
  t.deepEqual([store.counter('calls').value, store.register('owner').value, store.set('trunks').values()], [107, 'beta', ['c']])
  t.equal(store.counter('calls').expire, e + 1)
  t.deepEqual(move.run(after), { ...nothing, same: 3 })
  t.end()
})

test('where only the end is later, the end is written; one further ahead than a store says becomes never', (t) => {
  const move = new Move()
  const [soonest, last] = [move.in(1_000_000), move.in(2_000_000)]
  const messages = (e: number): unknown[] => [
    { n: 'calls', e, c: [[1, [1, 'alpha', 1]]] }, { n: 'owner', e, c: [[2, ['x', '1']]] }, { n: 'trunks', e, c: [[3, [1, 'a']]] }
  ]
  move.run(messages(soonest))
  t.deepEqual(move.run(messages(last)), { ...nothing, extended: 3 })
  t.deepEqual(move.run(messages(soonest)), { ...nothing, same: 3 })
  t.equal(move.store.register('owner').expire, last)
  t.deepEqual(move.run(messages(move.in(1e12))), { ...nothing, extended: 3 })
  t.equal(move.store.set('trunks').expire, 'never')
  t.deepEqual(move.run(messages(move.in(1e12))), { ...nothing, same: 3 })
  t.end()
})

test('names that have ended are skipped and counted, also those that ended while it listened', (t) => {
  const move = new Move()
  const c = [[1, [1, 'alpha', 1]]]
  const messages = [{ n: 'gone', e: move.in(-1), c }, { n: 'going', e: move.in(1_000), c }]
  const store = storeAt(move.clock, 'import')
  const all = merged(move.clock.date(), ...messages)
  move.clock.run(1_000)
  t.deepEqual(new Transfer(store, 'integer', move.clock.date()).write(all), { ...nothing, ended: 2 })
  t.deepEqual(store.names(), [])
  t.end()
})

test('names that ended in the store before the ring gave them a later end live again, with all that they were', (t) => {
  const move = new Move()
  const messages = (e: number): unknown[] => [
    { n: 'calls', e, c: [[1, [1, 'alpha', 7]]] }, { n: 'owner', e, c: [[2, ['x', '1']]] }, { n: 'trunks', e, c: [[3, [1, 'a']]] }
  ]
  move.run(messages(move.in(60_000)))
  move.clock.run(100_000)
  t.deepEqual(move.store.names(), [])
  t.deepEqual(move.run(messages(move.in(60_000))), { ...nothing, extended: 1, registers: 1, added: 1 })
  const { store } = move
  t.deepEqual([store.counter('calls').value, store.register('owner').value, store.set('trunks').values()], [7, 'x', ['a']])
  t.end()
})

test('names that nobody wrote to are counted, not made', (t) => {
  const move = new Move()
  const summary = move.run([{ n: 'a', e: move.in(1e6), c: [] }, { n: 'b', e: move.in(1e6), c: [[2, [null, '0']]] }])
  t.deepEqual([summary, move.store.names()], [{ ...nothing, empty: 2 }, []])
  t.end()
})

test('a ring that counts in bigint is written to counters of bigint', (t) => {
  const move = new Move()
  const message = { n: 'cents', e: move.in(1e6), c: [[1, [1, 'alpha', '36893488147419103232']], [1, [2, 'alpha', '1']]] }
  t.deepEqual(move.run([message], 'bigint'), { ...nothing, counters: 1 })
  t.equal(move.store.counter('cents', bigint).value, 2n ** 65n - 1n)
  t.deepEqual(move.run([message], 'bigint'), { ...nothing, same: 1 })
  t.end()
})

test('less than was written before is left and told: part of the ring was not heard', (t) => {
  const move = new Move()
  const e = move.in(1e6)
  move.run([{ n: 'calls', e, c: [[1, [1, 'alpha', 10]], [1, [2, 'beta', 4]]] }])
  const { left, counters } = move.run([{ n: 'calls', e, c: [[1, [1, 'alpha', 12]]] }])
  t.deepEqual([counters, left], [0, ['counter "calls": +12 -0 were read and +10 -4 written before, which stand']])
  t.equal(move.store.counter('calls').value, 6)
  t.end()
})

test('a register that another host wrote stands, unless it is what the ring says', (t) => {
  const move = new Move()
  const message = (value: string) => ({ n: 'owner', e: move.in(1e6), c: [[2, [value, '5']]] })
  move.run([message('ring')])
  move.store.register('owner').write('new')
  const { left, registers } = move.run([message('ring, later')])
  t.deepEqual([registers, left, move.store.register('owner').value], [0, ['register "owner": another host wrote it'], 'new'])
  t.deepEqual(move.run([message('new')]), { ...nothing, same: 1 })
  t.end()
})

test('a register that only got a later end from another host is still written; one that the ring set to null is cleared', (t) => {
  const move = new Move()
  const message = (value: string | null, stamp: string) => ({ n: 'owner', e: move.in(1e6), c: [[2, [value, stamp]]] })
  t.deepEqual(move.run([message(null, '1')]), { ...nothing, same: 1 }, 'there is nothing to clear')
  move.run([message('one', '2')])
  move.store.register('owner').extend(move.in(1e9))
  t.deepEqual(move.run([message('two', '3')]), { ...nothing, registers: 1 })
  t.equal(move.store.register('owner').value, 'two')
  t.deepEqual(move.run([message(null, '4')]), { ...nothing, registers: 1 })
  t.equal(move.store.register('owner').value, undefined)
  t.end()
})

test('an element that another host removed, or cleared, since does not come back; a new one does', (t) => {
  const move = new Move()
  const { store } = move
  const message = (...elements: string[]) => ({ n: 'trunks', e: move.in(1e6), c: elements.map((one) => [3, [1, one]]) })
  move.run([message('a', 'b')])
  store.set('trunks').delete('a')
  t.deepEqual(move.run([message('a', 'b', 'c')]), { ...nothing, added: 1, left: ['set "trunks": another host removed "a"'] })
  t.deepEqual(store.set('trunks').values(), ['b', 'c'])
  store.set('trunks').clear()
  t.equal(move.run([message('a', 'b', 'c')]).left.length, 3)
  t.deepEqual(store.set('trunks').values(), [])
  t.end()
})

test('what the import took out itself, or others took from a host of a like name, does not keep new elements out', (t) => {
  const move = new Move()
  const message = (element: string, ...more: unknown[]) => ({ n: 'trunks', e: move.in(1e6), c: [[3, [1, element]], ...more] })
  move.run([message('a')])
  t.equal(move.run([message('a', [3, [2, 'a']])]).removed, 1)
  t.deepEqual(move.run([message('b')]), { ...nothing, added: 1 })
  const like = storeAt(move.clock, 'import 2')
  link(like, move.store)
  for (const one of ['c', 'd']) like.set('trunks').add(one)
  move.clock.run(1_000)
  move.store.set('trunks').delete('c')
  t.deepEqual(move.run([message('c')]), { ...nothing, added: 1 })
  t.deepEqual(move.store.set('trunks').values().sort(), ['b', 'c', 'd'])
  t.end()
})

test('an element that another host added too stays when the ring removes it', (t) => {
  const move = new Move()
  const e = move.in(1e6)
  move.run([{ n: 'trunks', e, c: [[3, [1, 'a']], [3, [1, 'b']]] }])
  move.store.set('trunks').add('a')
  t.equal(move.run([{ n: 'trunks', e, c: [[3, [1, 'a']], [3, [1, 'b']], [3, [2, 'a']], [3, [2, 'b']]] }]).removed, 1)
  t.deepEqual(move.store.set('trunks').values(), ['a'])
  t.end()
})

test('what cannot be written, and names that were not read whole, are told and left out; the others are written', (t) => {
  const move = new Move()
  const e = move.in(1e6)
  const summary = move.run([
    { n: 'x'.repeat(257), e, c: [[1, [1, 'alpha', 1]]] }, { n: '\ud800', e, c: [[1, [1, 'alpha', 1]]] },
    { n: 'large', e, c: [[1, [1, 'alpha', 2 ** 53 - 1]], [1, [1, 'beta', 1]]] }, { n: 'long', e, c: [[2, ['x'.repeat(20_000), '1']]] },
    { n: 'trunks', e, c: [[3, [1, 7]], [3, [1, 'a']]] },
    { n: 'half', e, c: [[1, [1, 'alpha', 0.5]], [1, [1, 'beta', 1]]] },
    { n: 'calls', e, c: [[1, [1, 'alpha', 1]]] }
  ])
  t.deepEqual([summary.counters, summary.added, summary.unwritten.length], [1, 1, 5])
  t.deepEqual(summary.unread, ['"half" is not written: [1,[1,"alpha",0.5]]'])
  t.deepEqual(move.store.names().map(({ name }) => name).sort(), ['calls', 'trunks'])
  t.end()
})

test('a name that hosts of a ring held as two types is written as both', (t) => {
  const move = new Move()
  const e = move.in(1e6)
  const summary = move.run([{ n: 'x', e, c: [[1, [1, 'alpha', 1]]] }, { n: 'x', e, c: [[2, ['v', '1']]] }])
  t.deepEqual(summary, { ...nothing, counters: 1, registers: 1 })
  t.deepEqual([move.store.counter('x').value, move.store.register('x').value], [1, 'v'])
  t.end()
})

/** A host of the old ring as its last version spoke: on every connection all that it holds, with keepalives and pings, then its end. */
async function oldHost(t: Test, say: () => unknown[]): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.end(Buffer.concat([keepalive, ping, ...say().flatMap((message) => [said(message), keepalive]), ping]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A store that serves whoever dials. */
async function served(t: Test, store: Store): Promise<string> {
  const server = createServer((tcp) => pull(tcp, doubleline.parse(), store.createStream(), doubleline.stringify(), tcp))
  const error = await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.equal(error, null)
  t.teardown(async () => {
    await store.close()
    server.close()
  })
  return `127.0.0.1:${server.address()?.port}`
}

const script = 'example/from-blue-rings.ts'

test('the script reads several hosts, writes what they hold, writes nothing when run again, and then what came since', async (t) => {
  const e = Date.now() + 3_600_000
  const fleet = createStore({ host: 'alpha' })
  let calls = 10
  const to = await served(t, fleet)
  const first = await oldHost(t, () => [
    [
      { n: 'calls', e, c: [[1, [1, 'alpha', calls]], [1, [2, 'beta', 4]]], s: 'alpha', R: ['alpha'] },
      { n: 'gone', e: e - 7_200_000, c: [[1, [1, 'alpha', 1]]], s: 'alpha', R: ['alpha'] },
      { n: 'odd', e, c: [[9, ['?']]], s: 'alpha', R: ['alpha'] }
    ],
    { n: 'trunks', e, c: [[3, [1, 'a']], [3, [1, 'ü']], [3, [2, 'a']]], s: 'alpha', R: ['alpha'] }
  ])
  const second = await oldHost(t, () => [[
    { n: 'calls', e, c: [[1, [1, 'alpha', 9]], [1, [1, 'beta', 5]]], s: 'beta', R: ['beta'] },
    { n: 'owner', e, c: [[2, ['beta', '77']]], s: 'beta', R: ['beta'] }
  ]])
  const run = async (): Promise<string> => {
    const program = new Program(t, script, first, second, '--to', to, '--seconds', '25')
    t.deepEqual([await program.end, program.err], [{ code: 0, signal: null }, ''])
    return program.out
  }
  const out = await run()
  t.deepEqual([fleet.counter('calls').value, fleet.register('owner').value, fleet.set('trunks').values()], [11, 'beta', ['ü']])
  t.deepEqual([fleet.counter('calls').expire, fleet.names().length], [e, 3])
  t.match(out, /^tcp:\/\/127\.0\.0\.1:\d+: 4 packets, the last news after [\d.]+ s; it ended the connection$/m)
  t.match(out, /^written: 1 counters, 1 registers, 1 elements added, 0 removed, 0 ends$/m)
  t.match(out, /^not to be written: 0 there already, 0 never written to, 1 ended$/m)
  t.match(out, /^could not be read: 1\n {2}"odd" is not written: \[9,\["\?"\]\]$/m)
  const { cells, recvChanges } = fleet.statistics()
  t.match(await run(), /^written: 0 counters, 0 registers, 0 elements added, 0 removed, 0 ends$/m)
  t.deepEqual([fleet.statistics().cells, fleet.statistics().recvChanges], [cells, recvChanges], 'nothing came')
  calls = 13
  t.match(await run(), /^written: 1 counters, 0 registers, 0 elements added, 0 removed, 0 ends$/m)
  t.equal(fleet.counter('calls').value, 14)
})

test('a host that is not there, that speaks no AMP, or that ends within a message, is told; the others are read', async (t) => {
  const fleet = createStore({ host: 'alpha' })
  const to = await served(t, fleet)
  const raw = async (bytes: Uint8Array): Promise<string> => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.end(bytes)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const good = await oldHost(t, () => [{ n: 'calls', e: Date.now() + 3_600_000, c: [[1, [1, 'alpha', 10]]] }, 7])
  const [strange, half] = [await raw(Buffer.from('HTTP/1.1 400')), await raw(said({ n: 'x', c: [] }).subarray(0, -1))]
  const program = new Program(t, script, `tcp://127.0.0.1:${await freePort()}`, strange, half, good, '--to', to)
  t.deepEqual(await program.end, { code: 0, signal: null })
  t.match(program.out, /: not reached, connect ECONNREFUSED/)
  t.match(program.out, /: 0 packets, .*; a frame begins with the byte 72, which is no AMP$/m)
  t.match(program.out, /: 0 packets, .*; it ended within a message$/m)
  t.match(program.out, /: 1 packets, 1 could not be read, /)
  t.equal(fleet.counter('calls').value, 10)
})

test('a host that goes on for ever is listened to until time is up', async (t) => {
  const to = await served(t, createStore({ host: 'alpha' }))
  const server = net.createServer((socket) => socket.on('error', () => {}).write(ping)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const program = new Program(t, script, `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, '--to', to, '--seconds', '0.3')
  t.deepEqual(await program.end, { code: 0, signal: null })
  t.match(program.out, /: 0 packets, .*; time was up$/m)
})

test('without an old host, without a store, or asked for what it has not, it writes nothing and says why', async (t) => {
  const fails = async (said: RegExp, ...args: string[]): Promise<void> => {
    const program = new Program(t, script, ...args)
    t.deepEqual([(await program.end).code, said.test(program.err)], [1, true], program.err)
  }
  const nobody = `127.0.0.1:${await freePort()}`
  const host = await oldHost(t, () => [])
  await Promise.all([
    fails(/say which old hosts/, '--to', nobody),
    fails(/say which old hosts/, host),
    fails(/is no tcp:/, 'udp4://127.0.0.1:4000', '--to', nobody),
    fails(/is no tcp:/, host, '--to', '5000'),
    fails(/--seconds/, host, '--to', nobody, '--seconds', '0'),
    fails(/--counting/, host, '--to', nobody, '--counting', 'float'),
    fails(/no old host could be reached/, `tcp://${nobody}`, '--to', nobody),
    fails(/ERR_RESET/, host, '--to', nobody)
  ])
})
