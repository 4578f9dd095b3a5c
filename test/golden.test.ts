/**
 * The wire as data: every golden frame is what it is said to be, and real sessions still say what they said.
 *
 * Red here means that the protocol changed. See test/golden/README.md; to write a session that has no file yet: GOLDEN=write.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import test, { type Test } from 'tape'
import pull from 'pull-stream'
import type { Abort } from '../lib/pull.js'
import { limits } from '../lib/limits.js'
import { digestOf } from '../lib/gossip/digest.js'
import { Log } from '../lib/log/log.js'
import { createStore, type Frame, type Source, type Store } from '../index.js'
import { lifeOf } from '../lib/core/life.js'
import { doubleline } from '../lib/wire/codec.js'
import { parse } from '../lib/wire/parse.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { Clock } from './clock.js'
import { Hand, storeAt } from './stores.js'
import { big, codeOf, World, type Host, type Link, type Sent } from './world.js'

type Golden = {
  name: string; frame: string; types?: string[]; error?: string; refused?: string; ends?: string; knows?: string[]; valid: boolean
}

const folder = new URL('./golden/', import.meta.url)
const golden = lines<Golden>('v1.ndjson')

function lines<Line>(file: string): Line[] {
  return readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Line)
}

/** The frames in some text, or the code of the error it ends with. */
function decoded(text: string): unknown[] | string | null {
  const frames: unknown[] = []
  let ended: Abort = null
  pull(pull.values([text]), doubleline.parse(), pull.drain((frame: unknown) => { frames.push(frame) }, (end) => { ended = end ?? true }))
  return ended === true ? frames : codeOf(ended)
}

function frameOf(name: string): unknown {
  const found = golden.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no golden frame "${name}"`)
  return JSON.parse(found.frame)
}

/** A frame's types, or the code of the error. */
function typesOf({ frame }: Golden): string[] | string | null {
  const frames = decoded(`${frame}\n\n`)
  if (!Array.isArray(frames)) return frames
  try {
    return frames.flatMap((one) => parse(one, limits)).map(({ type }) => type)
  } catch (error) {
    return codeOf(error)
  }
}

test('every golden frame parses as it is said to, and every other one is refused by its code', (t) => {
  for (const one of golden) t.deepEqual(typesOf(one), one.valid ? one.types : one.error, one.name)
  t.equal(new Set(golden.map(({ name }) => name)).size, golden.length, 'no two share a name')
  t.end()
})

test('every valid golden frame is taken by a session', (t) => {
  for (const { name, frame, types, refused, ends } of golden.filter(({ valid, knows }) => valid && knows === undefined)) {
    const world = new World()
    const parsed = JSON.parse(frame) as { net?: string; nonce?: string }
    const isHello = types?.[0] === 'hello'
    const lock = { keys: [new Uint8Array(16)], nonce: () => '0'.repeat(32) }
    const host = world.host('β', isHello ? { ...(parsed.net === undefined ? {} : { net: parsed.net }), ...(parsed.nonce === undefined ? {} : { lock }) } : {})
    const probe = world.probe(host)
    if (!isHello) probe.say(frameOf('hello'), frameOf('change that introduces its author'))
    probe.hear()
    probe.say(parsed)
    const bye = types?.includes('bye') === true
    const over = bye || ends !== undefined
    t.deepEqual([probe.session.state, host.ends], over ? [bye ? 'closed' : 'closing', [ends ?? null]] : ['open', []], name)
    t.deepEqual(host.refused.filter(([, , by]) => by === 'us'), refused === undefined ? [] : [[refused, 1, 'us']])
    probe.hear()
    t.equal(probe.session.state, over ? 'closed' : 'open')
  }
  t.end()
})

test('a host takes the golden frames of registers, sets and events, or refuses the change as it is said', (t) => {
  for (const { name, frame, refused, knows = [] } of golden.filter(({ knows }) => knows !== undefined)) {
    const clock = new Clock()
    const store = storeAt(clock, 'β')
    const codes: string[] = []
    store.on('refused', ({ code }) => codes.push(code))
    const hand = new Hand(store.createStream()).say(frameOf('hello')).say(frameOf('change that introduces its author')).say(JSON.parse(frame))
    clock.settle()
    t.deepEqual([hand.ended, codes], [null, refused === undefined ? [] : [refused]], name)
    const { n: [named] } = JSON.parse(frame) as { n: [string] }
    const held = store.explain(named).map(({ kind, cells }) => [kind, cells.length])
    t.deepEqual(held, knows.map((kind) => [kind, refused === undefined ? 1 : 0]))
  }
  t.end()
})

test('a frame that is none ends the session with its code, and the bye tells it', (t) => {
  for (const { name, frame, error = '' } of golden.filter(({ valid }) => !valid)) {
    if (typeof decoded(`${frame}\n\n`) === 'string') continue
    const world = new World()
    const host = world.host('β')
    const probe = world.probe(host).say(frameOf('hello'))
    probe.hear()
    probe.say(JSON.parse(frame))
    t.deepEqual(host.ends, [error], name)
    t.deepEqual(probe.hear(), [{ b: error.slice(4).toLowerCase() }])
  }
  t.end()
})

test('the digest is that of the worked example', (t) => {
  const log = new Log([0, 0])
  t.equal(digestOf(log), '47DEQpj8HBSa+/TImW+5JC', 'of nothing')
  const put = (id: string, seqs: number[]): void => {
    const author = log.meet(id)
    for (const seq of seqs) {
      if (author === null) return t.fail(`${id} is no author`)
      log.put(author, seq, log.find('k', `${seq}`) ?? log.create('k', `${seq}`), '', null, 1, 0, undefined)
      author.held.note(seq, 32)
    }
  }
  put('β~2', [1, 2, 3, 5, 6, 9])
  put('α~1', [1, 2])
  log.meet('γ~3')?.held.note(4, 32)
  t.equal(digestOf(log), 'YkeAkC4iLHmncJhAyLB8Yt')
  t.end()
})

test('the lines of a digest are in the order of their bytes, not of their UTF-16', (t) => {
  const ids = ['a b~1', 'a~1', 'a~10', '\uff5e~1', '\u{1f600}~1', 'é~1', 'z~1'].reverse()
  const log = new Log([0, 0])
  for (const id of ids) {
    const author = log.meet(id)
    if (author === null) t.fail(`${id} is no author`)
    else log.put(author, 1, log.find('k', 'n') ?? log.create('k', 'n'), '', null, 1, 0, undefined)
  }
  const lines = ids.map((id) => Buffer.from(`${id} 0\n`)).sort((a, b) => Buffer.compare(a, b))
  t.equal(digestOf(log), createHash('sha256').update(Buffer.concat(lines)).digest('base64').slice(0, 22))
  t.end()
})

/** Compares what passed with what was written down, byte by byte. */
function compare(t: Test, { sent }: { sent: readonly Sent[] }, file: string): void {
  const text = sent.map((one) => `${JSON.stringify(one)}\n`).join('')
  const url = new URL(file, folder)
  if (process.env.GOLDEN === 'write' && !existsSync(url)) writeFileSync(url, text)
  t.equal(text, readFileSync(url, 'utf8'), file)
}

/** Frames take two milliseconds, one way after the other, until nothing is left to say. */
function talk(world: World, link: Link): void {
  for (let quiet = 0; quiet < 2; ) {
    quiet += 1
    for (const end of [link.left, link.right]) {
      world.turn()
      if (link.pass(end) === null) continue
      world.now += 2
      quiet = 0
    }
  }
}

function pair(leftLimits = {}, rightLimits = {}): { world: World; α: Host; β: Host } {
  const world = new World()
  const host = (name: string, chance: number, limits: object): Host => world.host(name, { life: lifeOf(world.now, () => chance), limits })
  return { world, α: host('α', 0.25, leftLimits), β: host('β', 0.75, rightLimits) }
}

test('a session says what it said when it was written down', (t) => {
  const { world, α, β } = pair()
  α.add('calls', 2)
  α.add('minutes', 30)
  α.add('calls')
  β.add('calls', 5)
  const link = world.link(α, β)
  link.free = false
  const pause = (ms: number): void => {
    world.now += ms
    for (const end of [link.left, link.right]) end.tick(world.now)
    talk(world, link)
  }
  talk(world, link)
  pause(100)
  β.add('minutes')
  pause(0)
  pause(100)
  pause(5_000)
  link.left.close('close', true)
  talk(world, link)
  t.deepEqual([α.read('calls'), β.read('calls'), α.read('minutes'), β.read('minutes')], [8, 8, 31, 31])
  compare(t, link, 'session-1.ndjson')
  t.end()
})

test('a session in which something is refused, asked for and sent again says what it said', (t) => {
  const { world, α, β } = pair({}, { cellsMax: 2 })
  for (const name of ['a', 'b', 'c']) α.add(name)
  α.gossip.write(big, 'large', '', 1_800_000_000_000, big.keep(2n ** 64n, 1n))
  const link = world.link(α, β)
  link.free = false
  talk(world, link)
  world.now += 100
  talk(world, link)
  β.gossip.limits.cellsMax = 9
  β.gossip.retry()
  talk(world, link)
  world.now += 100
  talk(world, link)
  link.right.close()
  talk(world, link)
  t.equal(β.gossip.log.size, 4)
  compare(t, link, 'session-2.ndjson')
  t.end()
})

/** What a store says, on its way to the other: it takes two milliseconds, and is noted. */
function noted({ host, clock, sent }: { host: string; clock: Clock; sent: Sent[] }, read: Source<Frame>): Source<unknown> {
  return (abort, cb) => read(abort, (end, frame) => {
    if (end) return cb(end)
    const text = JSON.stringify(frame)
    sent.push({ from: host, text })
    clock.after(2, () => cb(null, JSON.parse(text)))
  })
}

test('two stores that hold counters, registers, sets and names that end say what they said', (t) => {
  const clock = new Clock()
  const sent: Sent[] = []
  const [α, β] = [['α', 0.25], ['β', 0.75]].map(([host, chance]) => {
    return createStore({ host: String(host), time: clock, now: clock.date, random: () => Number(chance), audit: false })
  }) as [Store, Store]
  const until = clock.date() + 3_600_000
  const both = (read: (store: Store) => unknown): void => t.deepEqual(read(α), read(β), JSON.stringify(read(α)))

  α.counter('calls', { expire: until }).increment(2)
  α.register('motd').write({ text: 'hello' })
  for (const tag of ['x', 'y', 'z']) α.set('tags').add(tag)
  clock.run(1_000)
  β.counter('calls', { expire: until + 60_000 }).increment(3)
  β.register('motd').write('good bye')
  β.set('tags').add('y')
  const [left, right] = [α.createStream(), β.createStream()]
  left.sink(noted({ host: 'β', clock, sent }, right.source))
  right.sink(noted({ host: 'α', clock, sent }, left.source))
  clock.run(100)
  both((store) => [store.counter('calls').value, store.register('motd').value, store.set('tags').values().sort()])

  // Its cell says one end, and α has heard of a later one.
  α.counter('calls').increment()
  β.register('motd').clear()
  // What α adds again meanwhile survives; what it takes out is out.
  for (const tag of ['x', 'y']) β.set('tags').delete(tag)
  for (const tag of ['x', 'z']) α.set('tags').delete(tag)
  α.set('tags').add('x')
  clock.run(100)
  both((store) => [store.counter('calls').value, store.register('motd').value, store.set('tags').values()])
  t.deepEqual(β.set('tags').values(), ['x'])

  β.set('tags').clear()
  α.set('tags').extend(until)
  clock.run(100)
  both((store) => [store.set('tags').values(), store.set('tags').expire, store.statistics().cells])

  void β.close({ leave: true })
  clock.run(100)
  compare(t, { sent }, 'session-3.ndjson')
  t.end()
})

test('a session of a keyed network says what it said', (t) => {
  const clock = new Clock()
  const sent: Sent[] = []
  const [α, β] = [['α', 0.25, 'the key of the example'], ['β', 0.75, ['the key to come: 2', 'the key of the example']]].map(([host, chance, key]) => {
    return createStore({ host: String(host), net: 'lab', key: key as string, time: clock, now: clock.date, random: () => Number(chance) })
  }) as [Store, Store]
  α.counter('calls').increment(2)
  const [left, right] = [α.createStream(), β.createStream({ send: false })]
  left.sink(noted({ host: 'β', clock, sent }, right.source))
  right.sink(noted({ host: 'α', clock, sent }, left.source))
  clock.run(100)
  t.equal(β.counter('calls').value, 2)
  void α.close()
  clock.run(100)
  compare(t, { sent }, 'session-4.ndjson')
  t.end()
})

/** Two stores that are linked, and hold nothing. */
function linked(): { clock: Clock; sent: Sent[]; α: Store; β: Store } {
  const clock = new Clock()
  const sent: Sent[] = []
  const [α, β] = [['α', 0.25], ['β', 0.75]].map(([host, chance]) => {
    return createStore({ host: String(host), time: clock, now: clock.date, random: () => Number(chance), pingMs: 1_000 })
  }) as [Store, Store]
  const [left, right] = [α.createStream(), β.createStream()]
  left.sink(noted({ host: 'β', clock, sent }, right.source))
  right.sink(noted({ host: 'α', clock, sent }, left.source))
  return { clock, sent, α, β }
}

test('two stores that differ say what they said until they do not', (t) => {
  const { clock, sent, α, β } = linked()
  for (const name of ['calls', 'minutes', 'bytes']) α.counter(name).increment()
  clock.run(4_000)
  const { log } = gossipOf(β)
  for (const change of [...log.cells()]) if (change.name.text === 'minutes') log.drop(change)
  clock.run(4_500)
  t.equal(β.counter('minutes').value, 1)
  compare(t, { sent }, 'session-5.ndjson')
  t.end()
})

test('two stores that hold another body under one seq say what they said until they do not', (t) => {
  const { clock, sent, α, β } = linked()
  for (const name of ['calls', 'minutes']) α.counter(name).increment()
  clock.run(500)
  const { log } = gossipOf(β)
  for (const change of log.cells()) if (change.name.text === 'minutes') change.body = 7
  clock.run(6_000)
  t.deepEqual([α, β].map((store) => store.counter('minutes').value), [1, 1])
  compare(t, { sent }, 'session-6.ndjson')
  t.end()
})

test('the sessions that docs/protocol.md shows are the golden ones', (t) => {
  const page = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8')
  for (const file of ['session-1.ndjson', 'session-3.ndjson']) {
    const shown = lines<{ from: string; text: string }>(file).map(({ from, text }) => `${from === 'α' ? '>' : '<'} ${text}\n`)
    t.ok(page.includes(`\`\`\`\n${shown.join('')}\`\`\``), file)
  }
  t.end()
})
