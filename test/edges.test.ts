/**
 * Every bound of `limits`, set small: at it, and one above; of a span, a millisecond before its end, and at it.
 *
 * A bound that has no entry here fails, and so does an entry that is no bound. What several bounds do together, and bounds that
 * nobody can set, are in bounds.test.ts.
 */
import pull from 'pull-stream'
import test, { type Test } from 'tape'
import { createBus, createFlood, link } from '../index.js'
import type { Abort, Bus, Frame, Json, Source, Store } from '../index.js'
import { write } from '../lib/journal/conformance.js'
import { FileJournal } from '../lib/journal/file.js'
import { limits, withLimits, type Limits } from '../lib/limits.js'
import { Survey } from '../lib/gossip/survey.js'
import { Tally } from '../lib/gossip/tally.js'
import { Chance } from '../lib/sim/chance.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { FaultyDisk } from '../lib/sim/disk.js'
import { Shelf } from '../lib/sim/journal.js'
import { GossipError, type GossipErrorCode } from '../lib/errors.js'
import { doubleline } from '../lib/wire/codec.js'
import { Outbox } from '../lib/dial/outbox.js'
import { Clock } from './clock.js'
import { Record as Recorded } from './dial/record.js'
import { codeOf, Hand, storeAt } from './stores.js'
import { hello, made, met, one, thrown, type Host, type Probe } from './world.js'

type Edge = { sentence: string; run: (t: Test) => void | Promise<void> }

const edges = new Map<string, Edge>()

/** Says what happens at a bound and beyond it, and does it; its test ends when it does. */
function edge(bound: string, sentence: string, run: Edge['run']): void {
  edges.set(bound, { sentence, run })
}

type Refused = [code: string, count: number, by: string]

/** A store under some limits and a peer `a`, played by hand, that said hello; what was refused, and how sessions ended. */
function visited(bounds: Partial<Limits>): { clock: Clock; store: Store; hand: Hand; refused: Refused[]; ends: string[] } {
  const clock = new Clock()
  const store = storeAt(clock, 'b', { limits: bounds })
  const refused: Refused[] = []
  const ends: string[] = []
  store.on('refused', ({ code, count, by }) => refused.push([code, count, by]))
  const hand = new Hand(store.createStream({ host: 'a', onEnd: (error) => ends.push(codeOf(error)) })).hello('a')
  return { clock, store, hand, refused, ends }
}

/** A store with so many counters. */
function storeWith(counters: number): Store {
  const store = storeAt(new Clock(), 'a')
  for (let i = 0; i < counters; i += 1) store.counter(`n${i}`).increment()
  return store
}

/** All messages of some frames. */
function messages(frames: readonly Frame[]): Record<string, unknown>[] {
  return frames.flat()
}

/** How many messages of one type a peer heard, by the key that no other has. */
function heard({ heard: frames }: Hand, key: string): number {
  return messages(frames).filter((message) => key in message).length
}

/** Says a change at a limit, which is kept, and one above, which is refused by its code and told, and ends nothing. */
function refuses(t: Test, bounds: Partial<Limits>, code: string, at: object, above: object): void {
  const { clock, store, hand, refused, ends } = visited(bounds)
  hand.say(at)
  clock.run(1_000)
  t.deepEqual([refused, store.statistics().cells], [[], 1], `${JSON.stringify(bounds)}: at the limit it is kept`)
  hand.say(above)
  clock.run(1_000)
  t.deepEqual([refused, store.statistics().cells, ends], [[[code, 1, 'us']], 1, []], 'one above it is refused, which ends nothing')
  t.deepEqual(messages(hand.heard).filter(({ r }) => r !== undefined).map(({ r }) => r), [{ [code]: 1 }], 'and the peer is told')
}

/** The frames in which a store passes on the changes of one peer to another. */
function passedOn(bounds: Partial<Limits>, changes: readonly object[]): Frame[] {
  const { clock, store, hand } = visited(bounds)
  for (const change of changes) hand.say(change)
  clock.run(1_000)
  const reader = new Hand(store.createStream()).hello('c').say({ a: {}, u: 0 })
  clock.run(1_000)
  return reader.heard.filter((frame) => messages([frame]).some((message) => 'c' in message))
}

/** The frames in some bytes, and how they ended. */
function parsed(text: string, frameBytesMax: number): { frames: unknown[]; end: string } {
  const frames: unknown[] = []
  let end: Abort = null
  const read = doubleline.parse({ frameBytesMax })(pull.values([text]))
  pull(read, pull.drain((frame: unknown) => { frames.push(frame) }, (e) => { end = e ?? true }))
  return { frames, end: codeOf(end) }
}

/** Reads frames only when it is told to: as many as there are, and the one that comes next. */
function asking(source: Source<Frame>): { said: Frame[]; ask: () => void } {
  const said: Frame[] = []
  let open = false
  const ask = (): void => {
    while (!open) {
      open = true
      source(null, (_, frame) => {
        open = false
        if (frame !== undefined) said.push(frame)
      })
    }
  }
  return { said, ask }
}

/** What is counted for a change of a kind that is not known, with a name of one byte and such a body. */
function unknownBytes(body: string): number {
  return 200 + 'later'.length + 1 + JSON.stringify(body).length
}

/** A change of a kind that is not known here, unless it is told. */
function later(seq: number, name: string, body: unknown, kind = 'later'): object {
  return one(seq, name, body, { k: kind })
}

edge('frameBytesMax', 'a frame of so many bytes passes a codec; one byte above ends the stream', (t) => {
  t.deepEqual(parsed('"éé"\n\n"ééé"\n\n', 8), { frames: ['éé', 'ééé'], end: 'true' })
  t.deepEqual(parsed('"éé"\n\n"éééx"\n\n', 8), { frames: ['éé'], end: 'ERR_SIZE' })
})

edge('frameDepthMax', 'a frame of so many levels passes a codec; one level above ends the stream, and it is not parsed', (t) => {
  const deep = (levels: number): string => `${'[{"[":'.repeat(levels / 2)}"]}"${'}]'.repeat(levels / 2)}\n\n`
  const endOf = (text: string): [number, string] => {
    let frames = 0
    let end: Abort = null
    pull(doubleline.parse({ frameDepthMax: 8 })(pull.values([text])), pull.drain(() => { frames += 1 }, (e) => { end = e ?? true }))
    return [frames, codeOf(end)]
  }
  t.deepEqual(endOf(deep(8)), [1, 'true'])
  t.deepEqual(endOf(`1\n\n${deep(10)}`), [1, 'ERR_SIZE'])
  t.deepEqual(endOf(`["\\"${'['.repeat(20)}"]\n\n`), [1, 'true'], 'what is in a string is none')
})

edge('batchBytes', 'a frame of ours is closed once it is so large, by no more than one change', (t) => {
  const batchBytes = 1_000
  const frames = passedOn({ batchBytes }, Array.from({ length: 40 }, (_, i) => later(i + 1, `${i}`, 'x'.repeat(98))))
  const sizes = frames.map((frame) => JSON.stringify(frame).length)
  t.ok(sizes.length > 3, `${sizes.length} frames: ${sizes.join(', ')} bytes`)
  for (const size of sizes.slice(0, -1)) t.ok(Math.abs(size - batchBytes) < 110, `${size} bytes are no change of 110 bytes off`)
  t.equal(passedOn({ batchBytes: 1 }, [later(1, 'x', 1), later(2, 'y', 1)]).length, 2, 'and holds one change at least')
})

edge('batchMessages', 'a frame of ours is closed with so many messages; one more is in the next', (t) => {
  const sizes = (kinds: number): number[] => {
    const changes = Array.from({ length: kinds }, (_, i) => later(i + 1, 'x', 1, `k${i}`))
    return passedOn({ batchMessages: 3 }, changes).map((frame) => messages([frame]).length)
  }
  t.deepEqual([sizes(3), sizes(4), sizes(7)], [[3], [3, 1], [3, 3, 1]])
})

edge('messagesMax', 'a frame of so many messages is taken; one more ends the session', (t) => {
  const { clock, store, hand, ends } = visited({ messagesMax: 3 })
  hand.say([one(1, 'x'), one(2, 'y'), one(3, 'z')])
  clock.run(100)
  t.deepEqual([store.statistics().cells, ends], [3, []], 'at the limit')
  hand.say([one(4, 'v'), one(5, 'w'), one(6, 'x'), one(7, 'y')])
  clock.run(100)
  t.deepEqual([store.statistics().cells, ends, hand.heard.at(-1)], [3, ['ERR_SIZE'], { b: 'size' }], 'one above: none is taken')
})

edge('authorsMax', 'so many authors are known; those above are refused, and nothing that the session claims is believed any more', (t) => {
  const { b, probe } = met({ authorsMax: 3 })
  probe.say(one(2, 'x'), { ...one(1, 'x'), s: [2, 'c~1'] })
  t.deepEqual([b.refused, b.gossip.log.authorsSize, b.read('x')], [[], 3, 2])
  probe.say({ ...one(1, 'x'), s: [3, 'd~1'] }, { a: { 1: 2 }, u: 3, y: true })
  t.deepEqual([b.refused, b.gossip.log.authorsSize, b.read('x'), b.have('a~1')], [[['authors', 1, 'us']], 3, 2, 0])
  t.deepEqual(probe.hear().at(-1)?.r, { authors: 1 })
})

edge('cellsMax', 'so many cells are held; one more is refused, and a cell that is there is still written', (t) => {
  const { clock, store, hand, refused } = visited({ cellsMax: 3 })
  store.counter('z').increment()
  hand.say(one(1, 'x')).say(one(2, 'y'))
  clock.run(100)
  t.deepEqual([refused, store.statistics().cells], [[], 3], 'at the limit')
  hand.say(one(3, 'w')).say(one(4, 'x', [9, 0]))
  clock.run(100)
  t.deepEqual([refused, store.statistics().cells, store.counter('x').value], [[['room', 1, 'us']], 3, 9], 'one above, from a peer')
  const alone = visited({ cellsMax: 1 }).store
  t.equal(alone.counter('x').increment().value, 1)
  t.equal(thrown(() => alone.counter('y').increment()), 'ERR_FULL', 'one above, written here')
  t.equal(alone.counter('x').increment().value, 2)
})

/** Bytes that a counter of one letter is counted as, and a register of one letter that holds text of so many characters. */
const counterBytes = 402
const registerBytes = (characters: number): number => counterBytes + 64 + 2 * (characters + 2)

/** A register that `a` wrote, with text of so many characters. */
function written(seq: number, name: string, characters: number): object {
  return later(seq, name, [seq, 'x'.repeat(characters)], 'register')
}

edge('bytesMax', 'cells take so many bytes; more is refused, in a new cell or in one that is there, and what shrinks or goes makes room', (t) => {
  const { clock, store, hand, refused } = visited({ bytesMax: 2 * counterBytes + registerBytes(10), askMs: 100 })
  store.counter('z').increment()
  hand.say({ a: {}, u: 0 }).say(one(1, 'x')).say(written(2, 'r', 10))
  clock.run(100)
  t.deepEqual([refused, store.statistics().bytes], [[], 2 * counterBytes + registerBytes(10)], 'at the limit')
  hand.say(written(3, 'r', 11)).say(one(4, 'y')).say(one(5, 'x', [9, 9]))
  clock.run(100)
  t.deepEqual([refused, store.statistics().cells], [[['room', 1, 'us'], ['room', 1, 'us']], 3], 'one above, and a cell more; a counter goes on')
  t.deepEqual([store.counter('x').value, store.register('r').value], [0, 'x'.repeat(10)])
  t.equal(thrown(() => store.counter('v').increment()), 'ERR_FULL', 'written here')
  t.equal(store.counter('z').decrement(3).value, -2)
  hand.say(written(6, 'r', 9))
  clock.run(200)
  t.equal(heard(hand, 'w'), 1, 'what shrinks makes room: what was refused is asked for')
  t.equal(store.statistics().bytes, 2 * counterBytes + registerBytes(9))
})

edge('authorBytesMax', 'cells of one author take so many bytes; more of its are refused, while those of others are taken', (t) => {
  const { clock, store, hand, refused } = visited({ authorBytesMax: 2 * counterBytes })
  hand.say(one(1, 'x')).say(one(2, 'y'))
  clock.run(100)
  t.deepEqual([refused, store.statistics().cells], [[], 2], 'at the limit')
  hand.say(one(3, 'z')).say({ ...one(1, 'z'), s: [2, 'c~1'] })
  clock.run(100)
  t.deepEqual([refused, store.statistics().cells, store.counter('z').value], [[['share', 1, 'us']], 3, 1], 'one above; another author has a share of its own')
  t.deepEqual(messages(hand.heard).filter(({ r }) => r !== undefined).map(({ r }) => r), [{ share: 1 }], 'and the peer is told')
  store.counter('v').increment()
  store.counter('w').increment()
  t.equal(thrown(() => store.counter('u').increment()), 'ERR_FULL', 'written here')
})

edge('nameBytesMax', 'a name of so many bytes is kept; one byte above is refused, and so is an empty one', (t) => {
  refuses(t, { nameBytesMax: 4 }, 'name', one(1, 'éé'), one(2, 'ééx'))
  refuses(t, { nameBytesMax: 1 }, 'name', one(1, 'x'), one(2, ''))
  const { store } = visited({ nameBytesMax: 4 })
  t.equal(store.counter('éé').increment().value, 1)
  t.equal(thrown(() => store.counter('ééx')), 'ERR_OPTION', 'and written here')
})

edge('partBytesMax', 'a part of so many bytes is kept; one byte above is refused', (t) => {
  refuses(t, { partBytesMax: 4 }, 'part', { ...later(1, 'x', 1), p: ['éé'] }, { ...later(2, 'x', 1), p: ['ééx'] })
})

edge('bodyBytesMax', 'a body of so many bytes, of a kind not known, is kept; one byte above is refused', (t) => {
  refuses(t, { bodyBytesMax: 8 }, 'body', later(1, 'x', 'ééé'), later(2, 'x', 'éééx'))
})

edge('removedBytesMax', 'a change of a set names what it removes in so many bytes of JSON; one above is refused', (t) => {
  const remove = (seq: number, upto: number): object => ({ ...later(seq, 'x', [0, { 'host~1': upto }], 'set'), p: [`=${seq}`] })
  const removedBytesMax = JSON.stringify([0, { 'host~1': 7 }, {}]).length
  refuses(t, { removedBytesMax }, 'body', remove(1, 7), remove(2, 77))
  const { clock, store, hand } = visited({ removedBytesMax: JSON.stringify([0, { 'a~1': 1 }, {}]).length - 1 })
  hand.say({ ...later(1, 'x', [1, {}], 'set'), p: ['=e'] })
  clock.settle()
  t.equal(thrown(() => store.set('x').delete('e')), 'ERR_FULL', 'written here')
})

edge('digitsMax', 'a bigint of so many digits is kept; one digit more is refused', (t) => {
  const big = (seq: number, plus: string, minus: string): object => later(seq, 'x', [plus, minus], 'counter:bigint')
  refuses(t, { digitsMax: 3 }, 'body', big(1, '999', '999'), big(2, '1000', '0'))
  refuses(t, { digitsMax: 3 }, 'body', big(1, '0', '0'), big(2, '0', '1000'))
})

edge('unknownBytesMax', 'so many bytes of kinds not known are kept; one above is refused, and what shrinks makes room', (t) => {
  const body = 'x'.repeat(98)
  const { b, probe } = met({ unknownBytesMax: 2 * unknownBytes(body) })
  probe.say(later(1, 'x', body), later(2, 'y', body))
  t.deepEqual([b.refused, b.gossip.log.size], [[], 2], 'at the limit')
  probe.say(later(3, 'y', body + 'x'), one(4, 'known'))
  t.deepEqual([b.refused, b.gossip.log.size], [[['unknown', 1, 'us']], 3], 'one above; a known kind is not counted')
  probe.say(later(5, 'x', body.slice(1)), later(6, 'y', body + 'x'))
  t.deepEqual([b.refused.length, b.gossip.log.find('later', 'y')?.find(b.gossip.log.meet('a~1') as never, '')?.seq], [1, 6])
})

edge('rangesMax', 'so many ranges are remembered; of one more the lowest is forgotten, which costs a re-send and no change', (t) => {
  const { b, probe } = met({ rangesMax: 3 })
  probe.say(one(2, '2'), one(4, '4'), one(6, '6'))
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [[2, 2], [4, 4], [6, 6]])
  probe.say(one(8, '8'))
  t.deepEqual(b.gossip.log.author('a~1')?.held.ranges(), [[4, 4], [6, 6], [8, 8]])
  probe.say(one(2, '2'))
  t.deepEqual([b.gossip.log.size, b.refused, probe.session.counts.duplicates], [4, [], 1])
})

edge('refusalsMax', 'so many refused changes are remembered one by one; for the author of one more nothing is believed to the end', (t) => {
  const refuseTwo = (refusalsMax: number): Host => {
    const { b, probe } = met({ refusalsMax })
    probe.say(one(1, 'x', [-1, 0]), one(2, 'y', [-1, 0]), one(3, 'x'), one(4, 'y'), { a: { 1: 4 }, u: 4, y: true })
    return b
  }
  t.equal(refuseTwo(2).have('a~1'), 4, 'at the limit: successors are held, so the claim is believed')
  t.equal(refuseTwo(1).have('a~1'), 0, 'one above')
})

edge('repeatsMax', 'so many changes may be sent again, beyond two for each that was new; one more ends the session', (t) => {
  const { clock, store, hand, ends } = visited({ repeatsMax: 3 })
  hand.say(one(1, 'x')).say(one(2, 'y'))
  for (let i = 0; i < 7; i += 1) hand.say(one(i % 2 + 1, i % 2 === 0 ? 'x' : 'y'))
  clock.run(100)
  t.deepEqual([ends, store.peers()[0]?.duplicates], [[], 7], 'at the limit')
  hand.say(one(1, 'x'))
  clock.run(100)
  t.deepEqual([ends, hand.heard.at(-1), store.statistics().cells], [['ERR_REPEAT'], { b: 'repeat' }, 2], 'one above')
})

/** How much of what a peer says at once is read before time moves on, and by when all of it is. */
function paced(bounds: Partial<Limits>, changes: number): { at: number; by: number; waits: number } {
  const { clock, store, hand } = visited({ pingMs: 1_000, ...bounds })
  clock.run(1_000)
  const changesIn = (): number => store.statistics().recvChanges
  for (let seq = 1; seq <= changes; seq += 1) hand.say(one(seq, 'x'))
  clock.settle()
  const at = changesIn()
  const began = clock.now()
  while (changesIn() < changes) clock.run(1)
  return { at, by: clock.now() - began, waits: store.peers()[0]?.paced ?? 0 }
}

edge('changesBurstMax', 'so many changes and messages are read at once; then a peer is read at its pace', (t) => {
  const bounds = { changesBurstMax: 20, changesPerSecondMax: 100 }
  t.deepEqual(paced(bounds, 10), { at: 10, by: 0, waits: 0 }, 'at the limit: ten, and a message around each')
  const { at, waits } = paced(bounds, 15)
  t.deepEqual([at, waits > 0], [11, true], 'above')
})

edge('changesPerSecondMax', 'so many are read a second in the long run, nothing is lost, and who only waits is not taken for dead', (t) => {
  const { by } = paced({ changesBurstMax: 20, changesPerSecondMax: 100 }, 510)
  t.ok(Math.abs(by - 10_000) < 100, `1,020, 20 of them at once, took ${by} ms`)
  const slow = visited({ pingMs: 1_000, timeoutMs: 3_000, changesBurstMax: 1, changesPerSecondMax: 1 })
  slow.hand.say(made([1, 'a~1'], Array.from({ length: 100 }, (_, i) => i + 1), Array.from({ length: 100 }, () => 'x')))
  for (let i = 0; i < 20; i += 1) {
    slow.hand.say([])
    slow.clock.run(1_000)
  }
  t.deepEqual(slow.ends, [])
})

edge('strangersMax', 'so many authors of whom nothing is held are remembered of all peers, beyond a thousand for each; what is stated of one more is not', (t) => {
  const { world, b, probe } = met({ strangersMax: 3 })
  const vector = (name: string, count: number): object => ({ a: Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}~1`, 1])), u: 0 })
  const known = (one: Probe): number => [...one.session.peer?.reach() ?? []].length
  probe.say(vector('x', 1_002))
  const second = world.probe(b).say(hello('c'), vector('y', 1_003))
  t.deepEqual([known(probe), known(second)], [1_002, 1_001], 'of the three that are left to all, one took two, the other one')
  const third = world.probe(b).say(hello('d'), vector('z', 1_001))
  t.equal(known(third), 1_000, 'each has its thousand')
  probe.session.end(null)
  third.say(vector('z', 1_005))
  t.equal(known(third), 1_002, 'and what one had is there for others when it is gone')
})

edge('asksMax', 'an ask may name so many names; one more ends the session', (t) => {
  const names = (count: number): unknown => ({ w: {}, n: Array.from({ length: count }, (_, i) => ['counter', `${i}`]) })
  const { clock, hand, ends } = visited({ asksMax: 3 })
  hand.say({ a: {}, u: 0 }).say(names(3))
  clock.run(100)
  t.deepEqual(ends, [], 'at the limit')
  hand.say(names(4))
  clock.run(100)
  t.deepEqual([ends, hand.heard.at(-1)], [['ERR_SIZE'], { b: 'size' }], 'one above')
})

edge('auditEntriesMax', 'a word of an audit has so many entries; one more ends the session', (t) => {
  const word = (count: number): unknown => ({ g: [0, 0], q: Array.from({ length: count }, () => ['AA', 'AAA']) })
  const { clock, hand, ends } = visited({ auditEntriesMax: 3 })
  hand.say({ a: {}, u: 0 }).say(word(3))
  clock.run(100)
  t.deepEqual(ends, [], 'at the limit')
  hand.say(word(4))
  clock.run(100)
  t.deepEqual([ends, hand.heard.at(-1)], [['ERR_SIZE'], { b: 'size' }], 'one above')
})

edge('auditPlacesMax', 'an audit tells so many places apart; where there is one more it goes by the sums of parts', (t) => {
  const { log, digests } = gossipOf(storeWith(4))
  const placesAt = (placesMax: number): number | undefined => {
    const survey = new Survey(log, new Tally([...digests.values()]), [''], placesMax)
    while (!survey.step(1));
    return survey.grounds.get('')?.places?.size
  }
  t.equal(placesAt(4), 4, 'at the limit')
  t.equal(placesAt(3), undefined, 'one above')
})

edge('peersMax', 'so many streams are open; one more is not made, until one ends', (t) => {
  const { clock, store, hand } = visited({ peersMax: 2 })
  store.createStream()
  t.equal(thrown(() => store.createStream()), 'ERR_PEERS', 'one above')
  hand.stop()
  clock.run(100)
  t.equal(thrown(() => store.createStream()), null, 'there is room again')
  t.equal(thrown(() => store.createStream()), 'ERR_PEERS', 'for one')
})

edge('elementsMax', 'a set has so many cells; one more is refused, and what is in can be taken out', (t) => {
  const add = (seq: number, element: string): object => ({ ...later(seq, 'x', [seq, {}], 'set'), p: [`=${element}`] })
  refuses(t, { elementsMax: 1 }, 'elements', add(1, 'one'), add(2, 'two'))
  const { clock, store, hand } = visited({ elementsMax: 2 })
  const set = store.set('x')
  hand.say(add(1, 'one'))
  clock.settle()
  t.ok(set.add('two'))
  t.equal(thrown(() => set.add('three')), 'ERR_FULL', 'one above, written here')
  t.ok(set.delete('one'))
  t.deepEqual(set.values(), ['two'])
})

edge('depthMax', 'a value of so many levels is kept; one level deeper is refused', (t) => {
  const deep = (levels: number): Json => (levels === 0 ? 1 : [deep(levels - 1)])
  refuses(t, { depthMax: 3 }, 'body', later(1, 'x', deep(3)), later(2, 'x', deep(4)))
  refuses(t, {}, 'body', later(1, 'x', deep(64)), later(2, 'x', deep(65)))
  const register = visited({ depthMax: 3 }).store.register('x')
  t.deepEqual(register.write(deep(3)).value, deep(3))
  t.equal(thrown(() => register.write(deep(4))), 'ERR_OPTION', 'one above, written here')
  t.deepEqual(register.value, deep(3))
  const { clock, hand, ends } = visited({ depthMax: 3 })
  hand.say({ m: deep(3) })
  clock.run(10)
  t.deepEqual(ends, [], 'a packet of so many levels comes in')
  hand.say({ m: deep(4) })
  clock.run(10)
  t.deepEqual([ends, hand.heard.at(-1)], [['ERR_SIZE'], { b: 'size' }], 'one above ends the session')
})

edge('graceMs', 'a name can be revived for so long after its expire, and no longer', (t) => {
  const revived = (ms: number): number | string => {
    const { clock, store } = visited({ graceMs: 1_000 })
    const counter = store.counter('x')
    counter.increment(1, { expire: clock.date() + 500 })
    clock.run(500 + ms)
    t.deepEqual([counter.value, thrown(() => counter.increment())], [0, 'ERR_EXPIRED'], 'it is absent')
    return thrown(() => counter.increment(1, { expire: clock.date() + 500 })) ?? counter.value
  }
  t.deepEqual([revived(999), revived(1_000)], [2, 'ERR_EXPIRED'])
})

edge('skewMsMax', 'a stamp so far ahead of our clock is taken; one further ahead is refused, and asked for when its time has come', (t) => {
  const { clock, store, hand, refused } = visited({ skewMsMax: 300 })
  const written = (seq: number, aheadMs: number): object => later(seq, 'x', [(clock.date() + aheadMs) * 1_024, seq], 'register')
  hand.say({ a: {}, u: 0 }).say(written(1, 300)).say(written(2, 301))
  clock.settle()
  t.deepEqual([refused, store.register('x').value], [[['skew', 1, 'us']], 1])
  t.equal(heard(hand, 'w'), 0)
  clock.run(100)
  t.equal(heard(hand, 'w'), 1)
})

edge('horizonMs', 'an expire so far ahead is taken as it is; one further ahead is taken as this far', (t) => {
  const { clock, store, hand, refused } = visited({ horizonMs: 1_000 })
  const [near, far] = [clock.date() + 1_000, clock.date() + 1_001]
  const expireOf = (name: string, expire: number): unknown => {
    store.counter(name).extend(expire)
    return store.counter(name).expire
  }
  t.deepEqual([expireOf('near', near), expireOf('far', far)], [near, near], 'as written here')
  hand.say({ ...one(1, 'x'), e: [near] }).say({ ...one(2, 'y'), e: [far] })
  clock.settle()
  t.deepEqual([store.counter('x').expire, store.counter('y').expire, refused], [near, near, []], 'and by a peer')
  clock.run(500)
  t.equal(store.counter('far').expire, near, 'what was written here stays so')
})

edge('helloMs', 'a peer that says no hello for so long is given up, not a moment earlier', (t) => {
  const clock = new Clock()
  const ends: string[] = []
  const store = storeAt(clock, 'b', { limits: { helloMs: 300 } })
  const hand = new Hand(store.createStream({ onEnd: (error) => ends.push(codeOf(error)) }))
  clock.run(299)
  t.deepEqual([ends, hand.heard.length], [[], 1], 'a millisecond earlier it is waited for')
  clock.run(1)
  t.deepEqual([ends, hand.heard.slice(1)], [['ERR_HELLO'], [{ b: 'hello' }]])
  t.equal(heard(hand, 'v'), 1, 'the first word was a hello all the same')
})

edge('pingMs', 'pings are sent so far apart, and a peer not heard for 2.3 of them is silent', (t) => {
  const { clock, store, hand } = visited({ pingMs: 1_000 })
  clock.run(999)
  t.equal(heard(hand, 't'), 0)
  clock.run(1)
  t.equal(heard(hand, 't'), 1)
  clock.run(999)
  t.equal(heard(hand, 't'), 1)
  clock.run(1)
  t.equal(heard(hand, 't'), 2)
  clock.run(299)
  t.notOk(store.peers()[0]?.silent)
  clock.run(1)
  t.ok(store.peers()[0]?.silent)
  t.deepEqual(store.doubts().map(({ host, why }) => [host, why]), [['a', 'silent']])
})

edge('timeoutMs', 'a peer not heard for so long is given up; any frame of its, an empty one too, is life', (t) => {
  const { clock, store, hand, ends } = visited({ pingMs: 1_000, timeoutMs: 3_000 })
  clock.run(2_999)
  t.ok(store.peers()[0]?.silent)
  hand.say([])
  t.notOk(store.peers()[0]?.silent, 'an empty frame is life')
  t.deepEqual(store.doubts().map(({ why }) => why), ['unclaimed'])
  clock.run(2_999)
  t.deepEqual([ends, store.peers()[0]?.silent], [[], true], 'a millisecond earlier it may come back')
  clock.run(1)
  t.deepEqual([ends, hand.heard.at(-1)], [['ERR_TIMEOUT'], { b: 'timeout' }])
})

edge('haveMs', 'an acknowledgement waits so long for others after the last, and no longer', (t) => {
  const { clock, hand } = visited({ haveMs: 200 })
  clock.run(1_000)
  const before = heard(hand, 'a')
  hand.say(one(1, 'x'))
  clock.settle()
  t.equal(heard(hand, 'a') - before, 1, 'the first comes at once')
  hand.say(one(2, 'x')).say(one(3, 'x'))
  clock.run(199)
  t.equal(heard(hand, 'a') - before, 1)
  clock.run(1)
  t.equal(heard(hand, 'a') - before, 2)
  t.deepEqual(messages(hand.heard).at(-1)?.['a'], { 2: 3 }, 'one for both')
})

edge('roundMs', 'a session that could not drain for so long makes a round, not a moment earlier', (t) => {
  const rounds = (ms: number): number => {
    const clock = new Clock()
    const store = storeAt(clock, 'b', { limits: { roundMs: 1_000, batchBytes: 1 } })
    const { source, sink } = store.createStream()
    const { said, ask } = asking(source)
    new Hand({ source, sink }, { deaf: true }).hello().say({ a: {}, u: 0 })
    ask()
    for (const name of ['x', 'y', 'z']) store.counter(name).increment()
    clock.run(ms)
    ask()
    t.equal(store.peers()[0]?.changesOut, 3, 'all is served')
    return messages(said).filter(({ y }) => y === 'these').length
  }
  t.deepEqual([rounds(999), rounds(1_000)], [0, 1])
})

edge('askMs', 'a question for what was refused waits so long after the last, and no longer', (t) => {
  const long = 'x'.repeat(10)
  const { clock, hand, refused } = visited({ askMs: 2_000, unknownBytesMax: 2 * unknownBytes(long) })
  hand.say({ a: {}, u: 0 }).say(later(1, 'x', long)).say(later(2, 'y', long)).say(later(3, 'z', long))
  clock.run(1_000)
  t.deepEqual([refused, heard(hand, 'w')], [[['unknown', 1, 'us']], 0])
  hand.say(later(4, 'x', long.slice(1)))
  clock.settle()
  t.equal(heard(hand, 'w'), 1, 'the first comes at once when there is room')
  clock.run(1_999)
  hand.say(later(5, 'y', long.slice(1)))
  clock.settle()
  t.equal(heard(hand, 'w'), 1)
  clock.run(1)
  t.equal(heard(hand, 'w'), 2)
})

edge('closeMs', 'close waits so long for a peer that never reads the bye, and no longer', async (t) => {
  const clock = new Clock()
  const store = storeAt(clock, 'b', { limits: { closeMs: 300 } })
  const hand = new Hand(store.createStream(), { deaf: true }).hello()
  let closed = false
  const closing = store.close().then(() => { closed = true })
  clock.run(299)
  await Promise.resolve()
  t.deepEqual([closed, hand.aborted], [false, null])
  clock.run(1)
  await closing
  t.deepEqual([closed, codeOf(hand.aborted), clock.pending], [true, 'ERR_TIMEOUT', 0])
})

edge('inboundMax', 'so many links that others dialled are accepted; one more is refused, until one is gone', (t) => {
  const node = new Recorded('b', { inboundMax: 2 })
  const [first] = [node.accept(), node.accept()]
  t.equal(node.dial.accept(null, 0), 'inboundMax')
  node.end(first, 1)
  node.accept()
  t.equal(node.dial.accept(null, 0), 'inboundMax')
})

edge('inboundAddressMax', 'so many are accepted from one address; one more is refused, one from another is not', (t) => {
  const node = new Recorded('b', { inboundAddressMax: 1 })
  const first = node.accept('10.0.0.1')
  t.equal(node.dial.accept('10.0.0.1', 0), 'inboundAddressMax')
  node.accept('10.0.0.2')
  node.meet(first, 'a', 1)
  t.equal(node.dial.accept('10.0.0.1', 0), 'inboundAddressMax', 'a hello makes no room')
  node.end(first, 2)
  node.accept('10.0.0.1')
})

edge('pendingMax', 'so many are accepted of whom nothing was heard; one more is refused, until one said hello', (t) => {
  const node = new Recorded('b', { pendingMax: 1 })
  const first = node.accept()
  t.equal(node.dial.accept(null, 0), 'pendingMax')
  node.meet(first, 'a', 1)
  const second = node.accept()
  t.equal(node.dial.accept(null, 0), 'pendingMax')
  node.end(first, 2)
  t.equal(node.dial.accept(null, 0), 'pendingMax', 'one that had said hello makes no room')
  node.end(second, 3)
  node.accept()
})

edge('pendingAddressMax', 'so many of these are accepted from one address; one more is refused, one from another is not, until one said hello', (t) => {
  const node = new Recorded('b', { pendingAddressMax: 1 })
  const first = node.accept('10.0.0.1')
  t.equal(node.dial.accept('10.0.0.1', 0), 'pendingAddressMax')
  node.accept('10.0.0.2')
  node.meet(first, 'a', 1)
  const second = node.accept('10.0.0.1')
  t.equal(node.dial.accept('10.0.0.1', 0), 'pendingAddressMax')
  node.end(second, 2)
  node.accept('10.0.0.1')
})

/** A session from an address ends by a code. */
function fault(node: Recorded, address: string, now: number, code: GossipErrorCode = 'ERR_FRAME'): void {
  node.end(node.accept(address, now), now, { error: new GossipError(code, 'a fault') })
}

edge('faultsMax', 'so many sessions from one address may end by a fault of the peer; after one more none is accepted from there', (t) => {
  const node = new Recorded('b', { faultsMax: 2, shunMs: 1_000 })
  for (let i = 0; i < 5; i += 1) fault(node, '10.0.0.1', 0, 'ERR_RESET')
  for (let i = 0; i < 2; i += 1) fault(node, '10.0.0.1', 0)
  node.end(node.accept('10.0.0.1', 0), 0)
  fault(node, '10.0.0.1', 0)
  t.equal(node.dial.accept('10.0.0.1', 1), 'faultsMax')
  node.accept('10.0.0.2', 1)
  const slow = new Recorded('b', { faultsMax: 2, shunMs: 1_000 })
  for (let i = 0; i < 9; i += 1) fault(slow, '10.0.0.1', i * 500)
  slow.accept('10.0.0.1', 4_500)
})

edge('shunMs', 'an address is shunned for so long after the last fault, and no longer; a link that it has goes on', (t) => {
  const node = new Recorded('b', { faultsMax: 1, shunMs: 1_000 })
  const honest = node.accept('10.0.0.1')
  node.meet(honest, 'a', 0)
  node.dial.hear(honest, { choice: 1, keeps: true, uris: [] }, 0)
  for (const at of [100, 200]) fault(node, '10.0.0.1', at)
  t.equal(node.dial.accept('10.0.0.1', 1_199), 'faultsMax')
  node.accept('10.0.0.1', 1_200)
  t.equal(node.dial.link('a'), honest)
})

edge('outboundMax', 'so many hosts and addresses are kept; one more is refused at the call', (t) => {
  const node = new Recorded('b', { outboundMax: 2 })
  node.dial.connect(['m:1'], 0)
  t.notOk(node.dial.full)
  node.dial.keep('c', true, 0)
  t.ok(node.dial.full, 'the node refuses what comes then: node.test.ts')
})

edge('dialsMax', 'so many dials are under way at once; one more waits for its turn', (t) => {
  const node = new Recorded('b', { dialsMax: 2 })
  for (const uri of ['m:1', 'm:2', 'm:3']) node.dial.connect([uri], 0)
  t.deepEqual(node.calls.map(({ uri }) => uri), ['m:1', 'm:2'])
  const [first] = node.calls
  if (first !== undefined) node.dial.failed(first, null, 1)
  t.deepEqual(node.calls.map(({ uri }) => uri), ['m:1', 'm:2', 'm:3'])
})

edge('dialMs', 'a dial may take so long; then it is given up', (t) => {
  const node = new Recorded('b', { dialMs: 1_000 })
  node.dial.connect(['m:1'], 0)
  node.done()
  node.dial.tick(999)
  t.deepEqual([node.done(), node.dial.deadlineAt], [[], 1_000])
  node.dial.tick(1_000)
  t.deepEqual(node.done(), ['hang up m:1', 'back off from m:1: 200 ms, 1'])
})

edge('probeMs', 'the link that stands has so long to answer; then the other takes its place', (t) => {
  const node = new Recorded('a', { probeMs: 1_000 })
  for (const at of [0, 10]) node.meet(node.accept(), 'b', at)
  node.done()
  node.dial.tick(1_009)
  t.deepEqual(node.done(), [])
  node.dial.tick(1_010)
  t.deepEqual(node.done(), ['close 1: timeout', 'say 2: 2'])
})

edge('backoffMsMin', 'the first wait is any below this, and no longer', (t) => {
  for (const [random, waitMs] of [[0.001, 1], [0.5, 500], [0.999, 999]] as const) {
    const node = new Recorded('b', { backoffMsMin: 1_000 }, () => random)
    node.dial.connect(['m:1'], 0)
    const [call] = node.calls
    if (call !== undefined) node.dial.failed(call, null, 0)
    t.equal(node.done().at(-1), `back off from m:1: ${waitMs} ms, 1`)
    node.dial.tick(waitMs - 1)
    t.equal(node.calls.length, 1)
    node.dial.tick(waitMs)
    t.equal(node.calls.length, 2)
  }
})

edge('backoffMsMax', 'no wait is longer than this, however often it failed', (t) => {
  const node = new Recorded('b', { backoffMsMin: 1_000, backoffMsMax: 3_000 }, () => 1)
  node.dial.connect(['m:1'], 0)
  const waits: (string | undefined)[] = []
  for (let i = 1; i <= 4; i += 1) {
    const call = node.calls.at(-1)
    if (call !== undefined) node.dial.failed(call, null, i * 10_000)
    waits.push(node.done().at(-1))
    node.dial.tick((i + 1) * 10_000 - 1)
  }
  t.deepEqual(waits, [1, 2, 3, 3].map((seconds, i) => `back off from m:1: ${seconds}000 ms, ${i + 1}`))
})

edge('stableMs', 'a link that stood for so long begins the waits anew; a millisecond less does not', (t) => {
  for (const [ms, failures] of [[999, 3], [1_000, 1]] as const) {
    const node = new Recorded('b', { stableMs: 1_000 })
    node.dial.connect(['m:1'], 0)
    for (let i = 0; i < 2; i += 1) {
      const call = node.calls.at(-1)
      if (call !== undefined) node.dial.failed(call, null, i * 10_000)
      node.dial.tick((i + 1) * 10_000)
    }
    const link = node.dialled()
    node.meet(link, 'c', 20_000)
    node.end(link, 20_000 + ms)
    t.match(node.done().at(-1) ?? '', new RegExp(`^back off from c: .* ms, ${failures}$`), `after ${ms} ms`)
  }
})

edge('packetsMax', 'so many packets wait for a host, or for its word; one more is not taken', (t) => {
  const letter = { packet: 1, frame: { m: 1 }, bytes: 1 }
  const outbox = new Outbox({ packetsMax: 2, packetBytesMax: 100 })
  t.deepEqual([outbox.put(letter), outbox.put(letter), outbox.put(letter)], [true, true, false])
  const taken = outbox.take()
  t.notOk(outbox.put(letter), 'one that is under way makes no room')
  if (taken !== null) outbox.settle(taken)
  t.deepEqual([outbox.put(letter), outbox.put(letter)], [true, false], 'one that arrived does')
})

edge('packetBytesMax', 'so many bytes of them wait; one more is not taken', (t) => {
  const letter = (bytes: number) => ({ packet: 1, frame: { m: 1 }, bytes })
  const outbox = new Outbox({ packetsMax: 10, packetBytesMax: 10 })
  t.deepEqual([outbox.put(letter(4)), outbox.put(letter(7)), outbox.put(letter(6)), outbox.put(letter(1))], [true, false, true, false])
  t.deepEqual([outbox.clear().length, outbox.size, outbox.put(letter(10))], [2, 0, true])
})

/** A bus or a flood on a clock, with nobody to send to. */
function lonely(bounds: Partial<Limits>): { clock: Clock; bus: Bus } {
  const clock = new Clock()
  return { clock, bus: createBus({ host: 'a', time: clock, now: clock.date, limits: bounds }) }
}

/** What a host that comes now hears of what a bus keeps. */
function keptBy(clock: Clock, bus: Bus): Json[][] {
  const heard: Json[][] = []
  const late = createBus({ host: 'late', time: clock, now: clock.date, replay: true })
  late.onAny((event, ...args) => heard.push([event, ...args]))
  link(bus, late)
  clock.run(3_000)
  return heard
}

edge('bufferMax', 'so many events are kept for those who are away; with one more the oldest is dropped, and emit says so', (t) => {
  const { clock, bus } = lonely({ bufferMax: 3 })
  const dropped: Json[][] = []
  bus.stream.on('drop', (event) => dropped.push(event))
  t.deepEqual([1, 2, 3].map((n) => bus.emit('n', n)), [true, true, false], 'false from the bound on')
  t.deepEqual(dropped, [])
  bus.emit('n', 4)
  t.deepEqual(dropped, [['n', 1]])
  t.deepEqual(keptBy(clock, bus), [['n', 2], ['n', 3], ['n', 4]])
})

edge('bufferBytesMax', 'so many bytes of events are kept for a peer that does not take them; beyond it emit throws, and nothing is emitted', (t) => {
  const { clock, bus } = lonely({ bufferMax: 1, bufferBytesMax: 3 * (300 + '["n",1]'.length) })
  const hand = new Hand(bus.createStream(), { deaf: true }).hello('b').say({ a: {}, u: 0 })
  clock.run(100)
  for (const n of [1, 2, 3]) bus.emit('n', n)
  t.throws(() => bus.emit('n', 4), /ERR_FULL/)
  hand.stop()
  clock.run(2_000)
  t.doesNotThrow(() => bus.emit('n', 4), 'nobody is to be served any more')
})

edge('bufferMs', 'an event lives so long, and up to a sixteenth of it longer; then it is kept no more', (t) => {
  for (const [ms, left] of [[16_000, 1], [17_000, 0]] as const) {
    const { clock, bus } = lonely({ bufferMs: 16_000 })
    bus.emit('n', 1)
    clock.run(ms - 1)
    t.equal(keptBy(clock, bus).length, left, `after ${ms} ms`)
  }
})

edge('capacity', 'so many messages of a flood are kept; with one more the oldest is dropped', (t) => {
  const clock = new Clock()
  const dropped: Json[] = []
  const flood = createFlood({ host: 'a', time: clock, now: clock.date, limits: { capacity: 2 }, onDrop: (message) => dropped.push(message) })
  flood.append(1)
  flood.append(2)
  t.deepEqual([Object.values(flood.data), dropped], [[1, 2], []])
  flood.append(3)
  t.deepEqual([Object.values(flood.data), dropped], [[2, 3], [1]])
})

edge('syncMs', 'what was written in batches is put on the disk after so long, and no sooner', async (t) => {
  const clock = new Clock()
  const disk = new FaultyDisk(new Chance(1))
  const journal = new FileJournal(disk, { durable: 'batch', boot: null, limits: withLimits({ syncMs: 300 }), after: (ms, run) => clock.after(ms, run) })
  await write(journal, [['a', '1']])
  const before = disk.calls.sync
  clock.run(299)
  await write(journal, [])
  t.equal(disk.calls.sync, before)
  clock.run(1)
  await write(journal, [])
  t.equal(disk.calls.sync, before + 1)
  clock.run(1_000)
  await write(journal, [])
  t.equal(disk.calls.sync, before + 1, 'and not again, as nothing was written since')
})

/** How often a journal of entries of 24 bytes was written anew after each of some writes to one key. */
async function renewals(bounds: Partial<Limits>, writes: number): Promise<number[]> {
  const disk = new FaultyDisk(new Chance(1))
  const journal = new FileJournal(disk, { durable: 'batch', boot: null, limits: withLimits(bounds), after: () => () => {} })
  journal.source = { size: 1, entries: () => new Map([['key', '1234567']]).entries() }
  await write(journal, [['key', '1234567']])
  const counts: number[] = []
  for (let i = 0; i < writes; i += 1) {
    await write(journal, [['key', '1234567']])
    for (let turns = 0; turns < 50; turns += 1) await Promise.resolve()
    await write(journal, [])
    counts.push(disk.calls.rename - 1)
  }
  return counts
}

/** Bytes of a journal file of one entry: its head, and its start. */
const headBytes = 2 * 12 + '{"version":1,"file":"1:1"}h{"boot":null,"durable":"batch"}s'.length + 24

edge('journalBytesMin', 'a file of so many bytes is left as it is; one byte more, and it is written anew', async (t) => {
  t.deepEqual(await renewals({ journalBytesMin: headBytes + 2 * 24, journalRatio: 1 }, 3), [0, 0, 1])
  t.deepEqual(await renewals({ journalBytesMin: headBytes + 2 * 24 - 1, journalRatio: 1 }, 3), [0, 1, 1])
})

edge('journalRatio', 'a file that takes so many times what holds is left as it is; above, it is written anew', async (t) => {
  const times = Math.ceil(headBytes / 24)
  t.deepEqual(await renewals({ journalBytesMin: 1, journalRatio: times + 1 }, 2), [0, 1])
  t.deepEqual(await renewals({ journalBytesMin: 1, journalRatio: times + 2 }, 2), [0, 0])
})

edge('diskRetryMs', 'a journal that could not be written is tried again after so long, and no sooner', (t) => {
  const clock = new Clock()
  const shelf = new Shelf(new Chance(1), { writeMs: 0.001 })
  const store = storeAt(clock, 'b', { journal: shelf.open(clock), limits: { diskRetryMs: 300 } })
  const turns: string[] = []
  store.on('unwritable', () => turns.push('unwritable')).on('writable', () => turns.push('writable'))
  shelf.full = true
  store.counter('x').increment()
  clock.run(1)
  shelf.full = false
  t.deepEqual([turns, thrown(() => store.counter('x').increment())], [['unwritable'], 'ERR_DISK'])
  clock.run(298)
  t.deepEqual([turns, store.counter('x').value], [['unwritable'], 1])
  clock.run(2)
  t.deepEqual([turns, store.counter('x').increment().value], [['unwritable', 'writable'], 2])
})

for (const bound of Object.keys(limits)) {
  const known = edges.get(bound)
  test(known === undefined ? `${bound} has an entry` : `${bound}: ${known.sentence}`, async (t) => {
    if (known === undefined) t.fail(`nothing tests ${bound} at it and one above: write an entry for it in test/edges.test.ts`)
    else await known.run(t)
  })
}

test('every entry is of a bound that there is', (t) => {
  const others = [...edges.keys()].filter((bound) => !Object.hasOwn(limits, bound))
  t.deepEqual(others, [], others.length === 0 ? 'there is no other' : `${others.join(', ')}: an entry in test/edges.test.ts, and no bound`)
  t.end()
})
