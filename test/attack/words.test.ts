/**
 * What one peer can say to a host: whatever it is, it ends that one session or is refused, costs no more than its bounds, and changes nothing
 * that others say. Foes that lie and forge among many hosts are in test/foe.test.ts; what a peer says without the key is in test/key.test.ts.
 */
import test from 'tape'
import { createStore, limits, type Json } from '../../index.js'
import { Hand } from '../stores.js'
import { changes, far, Target } from './target.js'

test('the words that every object knows are names, authors, parts and kinds like any other, and change no object', (t) => {
  const target = new Target()
  const words = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']
  const foe = target.foe()
  let said = 0
  for (const [i, word] of words.entries()) {
    const frames = [
      { s: [i + 2, `${word}~1`], k: 'counter', q: [1], n: [word], c: [[1, 0]] }, { s: i + 2, k: 'register', q: [2], n: [word], c: [[1, JSON.parse(`{"${word}":{"polluted":1}}`) as Json]] },
      { s: i + 2, k: 'set', q: [3], n: [word], p: [`=${word}`], c: [[3, JSON.parse(`{"${word}~1":1}`) as Json]] }, { s: i + 2, k: word, q: [4], n: [word], p: [word], c: [JSON.parse(`{"${word}":1}`) as Json] },
      { s: i + 2, k: 'event', q: [5], n: [`${word}:zzzzzzzz`], p: ['1'], e: [2_821_109_907_455], c: [[word, word]] }
    ]
    for (const frame of frames) foe.say(frame)
    said += frames.length
    foe.say(JSON.parse(`{"a":{"${word}~1":9,"${i + 2}":5},"d":{"${word}~1":[[11,12]]},"u":${said},"r":{"${word}":1},"${word}":1}`)).say(JSON.parse(`{"w":{"${word}~1":0},"n":[["${word}","${word}"]]}`))
  }
  target.clock.run(500)
  t.deepEqual(target.ends, [])
  for (const word of words) {
    t.deepEqual([target.honest.counter(word).value, target.honest.set(word).has(word), Object.keys(target.honest.register(word).value as object)], [1, true, [word]], word)
  }
  t.deepEqual([({} as { polluted?: number }).polluted, Object.keys(Object.prototype)], [undefined, []])
  target.stands(t, 'afterwards')
  t.end()
})

test('authors and lives invented without end fill the table of authors, and nobody who is known is put out of it', (t) => {
  const target = new Target({ authorsMax: 500 })
  const foe = target.foe()
  for (let i = 0; i < 300; i += 1) {
    foe.say(Array.from({ length: 100 }, (_, j) => ({ s: [i * 100 + j, `x${i}-${j}~1`], k: 'counter', q: [1], n: ['junk'], c: [[1, 0]] })))
    if (i % 50 === 0) target.stands(t, `after ${i} hundred`)
  }
  target.clock.run(500)
  const { authors } = target.store.statistics()
  t.ok(authors <= 500 && (target.refused.get('authors') ?? 0) > 29_000, `${authors} authors, ${target.refused.get('authors') ?? 0} refused`)
  for (let i = 0; i < 20; i += 1) {
    foe.say({ s: [1_000_000 + i, `honest~burnt${i}`], k: 'counter', q: [far], n: ['honest'], c: [[0, 0]] })
  }
  target.stands(t, 'with lives of the honest host burnt')
  t.end()
})

test('stamps and ends of the far future, and counts at the edge, are refused or taken as far ahead as may be, and harm no later write', (t) => {
  const target = new Target()
  const foe = target.foe()
  const now = target.clock.date()
  foe.say(changes(1, 'motd', [far, 'mine for ever'], 'register')).say(changes(2, 'motd', [(now + 61_000) * 1_024, 'mine for long'], 'register'))
  foe.say(changes(3, 'calls', [far, 0], 'counter', { e: [far] })).say(changes(4, 'calls', [far + 1, 0])).say(changes(5, 'calls', [-1, 0])).say(changes(6, 'big', ['9'.repeat(2_000), '0'], 'counter:bigint'))
  target.clock.run(500)
  t.deepEqual([...target.refused], [['skew', 2], ['body', 3]])
  target.store.register('motd').write('ours')
  t.ok((target.store.counter('calls').expire as number) <= target.clock.date() + limits.horizonMs)
  target.store.counter('calls').increment(5)
  target.clock.run(500)
  t.deepEqual([target.honest.register('motd').value, target.honest.counter('calls').value], ['ours', far + 5], 'a sum beyond the safe integers is the nearest number')
  target.stands(t, 'afterwards')
  t.end()
})

test('what was recorded does not bring back a name that ended, nor undo what came later, however late it is said again', (t) => {
  const target = new Target({ graceMs: 2_000, skewMsMax: 500 })
  const e = [target.clock.date() + 1_000]
  const tape = [changes(1, 'brief', [5, 0], 'counter', { e }), changes(2, 'motd', [1, 'old'], 'register'), changes(3, 'tags', [3, {}], 'set', { p: ['=x'] })]
  const foe = target.foe()
  for (const frame of tape) foe.say(frame)
  target.clock.run(200)
  target.store.register('motd').write('new')
  target.store.set('tags').delete('x')
  for (let i = 0; i < 40; i += 1) {
    for (const frame of tape) foe.say(frame)
    target.clock.run(200)
    t.deepEqual([target.store.register('motd').value, target.store.set('tags').has('x'), target.store.counter('brief').value], ['new', false, i < 3 ? 5 : 0], `again, the ${i + 1}th time`)
  }
  t.notOk(target.store.names().some(({ name }) => name === 'brief'))
  t.end()
})

test('changes of our own life that others say are taken for what they are: held already, or an impostor\'s, and cost us no write', (t) => {
  const target = new Target()
  let impostors = 0
  target.store.on('impostor', () => { impostors += 1 })
  target.store.counter('target').increment()
  const foe = target.foe()
  target.clock.run(200)
  const own = /"\d+~(target~[^"]*)"/.exec(JSON.stringify(foe.heard))?.[1] ?? ''
  foe.say({ s: [9, own], k: 'counter', q: [1], n: ['target'], c: [[1, 0]] })
  for (const seq of [2, 3, 100, far]) foe.say({ s: [9, own], k: 'counter', q: [seq], n: ['target'], c: [[900, 0]] })
  foe.say({ a: { [own]: far }, u: 5, y: true })
  target.clock.run(500)
  t.deepEqual([impostors, target.store.counter('target').value], [4, 1])
  target.stands(t, 'afterwards')
  t.end()
})

test('asks and pings without end are answered no more often than once for all that came at once, and nobody else waits', (t) => {
  const target = new Target()
  for (let i = 0; i < 200; i += 1) target.store.counter(`name ${i}`).increment()
  const foe = target.foe()
  target.clock.run(500)
  const own = /"\d+~(target~[^"]*)"/.exec(JSON.stringify(foe.heard))?.[1] ?? ''
  foe.heard.length = 0
  for (let i = 0; i < 50; i += 1) {
    foe.say(Array.from({ length: 200 }, () => ({ w: { [own]: 0 }, n: Array.from({ length: 20 }, (_, j) => ['counter', `name ${j}`]) })))
    foe.say(Array.from({ length: 1_000 }, (_, j) => ({ t: [i * 1_000 + j + 1, 0, 0] })))
  }
  target.clock.settle()
  const said = foe.heard.flat()
  const served = said.reduce((sum, message) => sum + ('c' in message ? message.c.length : 0), 0)
  t.ok(said.filter((message) => 't' in message).length <= 60, 'a ping for each frame of a thousand')
  t.ok(served <= 50 * 440, `${served} changes for 10,000 asks for all of 200 names`)
  target.stands(t, 'meanwhile')
  t.end()
})

test('who sends the same changes again and again is parted from, and a host that brings what others brought before it is not', (t) => {
  const target = new Target({ repeatsMax: 1_000 })
  const foe = target.foe()
  foe.say(changes(1, 'x', [1, 0]))
  for (let i = 0; i < 2_000; i += 1) foe.say(changes(1, 'x', [1, 0]))
  target.clock.run(500)
  t.deepEqual([target.ends, foe.heard.flat().at(-1)], [['ERR_REPEAT'], { b: 'repeat' }])

  const slow = new Target()
  for (let i = 0; i < 5_000; i += 1) slow.honest.counter(`name ${i % 100}`).increment()
  slow.clock.run(500)
  const honest = slow.honest.statistics()
  const tape: object[] = []
  const ear = new Hand(slow.honest.createStream()).hello('ear').say({ a: {}, u: 0 })
  slow.clock.run(500)
  const author = /"(\d+)~(honest~[^"]*)"/.exec(JSON.stringify(ear.heard)) ?? []
  for (const message of ear.heard.flat()) if ('c' in message) tape.push({ ...message, s: [Number(author[1]), author[2]] })
  const echo = slow.foe()
  for (const frame of tape) echo.say(frame)
  slow.clock.run(500)
  t.ok(honest.cells >= 100 && slow.store.peers().some(({ host, duplicates }) => host === 'foe' && duplicates >= 100), 'all that it brought was held already')
  t.deepEqual(slow.ends, [])
  t.end()
})

test('who sends the same refused changes again and again is parted from as well, whatever they are refused for, and however many they are', (t) => {
  const refused = [
    [changes(1, '', [1, 0])], [changes(1, 'x', [-1, 0])], [changes(1, 'x', [far, 'mine'], 'register')], [changes(1, 'x', [1, 0], 'set', { p: ['x'.repeat(300)] })],
    Array.from({ length: 20 }, (_, i) => changes(i + 1, `x${i}`, [1, 0])), Array.from({ length: 20 }, (_, i) => changes(i + 1, `x${i}`, [1, 0], 'counter', { s: [3, 'other~1'] }))
  ]
  for (const [i, frames] of refused.entries()) {
    const target = new Target({ repeatsMax: 1_000, refusalsMax: 4, ...(i === 4 ? { bytesMax: 900 } : i === 5 ? { authorsMax: 1 } : {}) })
    const foe = target.foe()
    const said = Math.ceil(2_000 / frames.length) * frames.length
    for (let n = 0; n < said; n += frames.length) for (const frame of frames) foe.say(frame)
    target.clock.run(500)
    t.deepEqual([target.ends, foe.heard.flat().at(-1)], [['ERR_REPEAT'], { b: 'repeat' }], [...target.refused.keys()].join())
  }
  t.end()
})

test('nor is that excused by audits that never end: what they find may be sent again a few times, not each time that they say so', (t) => {
  const target = new Target({ repeatsMax: 1_000 })
  const foe = target.foe({ f: ['g'] })
  for (let i = 0; i < 20; i += 1) foe.say(changes(i + 1, `x${i}`, [1, 0]))
  for (let i = 0; i < 2_000; i += 1) foe.say({ g: [0, 0], d: i % 2 }).say(changes(i % 20 + 1, `x${i % 20}`, [1, 0]))
  target.clock.run(500)
  t.deepEqual(target.ends, ['ERR_REPEAT'])
  t.end()
})

test('words of audits without end are answered one at a time, all is served again at most every so often, and nobody else waits', (t) => {
  const target = new Target({ roundMs: 100_000 })
  for (let i = 0; i < 200; i += 1) target.store.counter(`name ${i}`).increment()
  const foe = target.foe({ f: ['g'] })
  target.clock.run(500)
  foe.say({ a: {}, u: 0, y: true })
  target.clock.run(500)
  foe.heard.length = 0
  for (let i = 0; i < 50; i += 1) {
    const word = (more: object): object => ({ g: [0, i], ...more })
    foe.say(Array.from({ length: 100 }, () => [word({ n: [['', 'AAAAA'.repeat(64)]] }), word({ x: 'all' }), word({ x: 'ends' }), word({ r: ['name 1', ['counter']] }), word({ q: [['', 'AAAAA']] })]).flat())
  }
  target.clock.settle()
  const said = foe.heard.flat()
  const served = said.reduce((sum, message) => sum + ('c' in message ? message.c.length : 0), 0)
  t.ok(said.filter((message) => 'g' in message && !('t' in message)).length <= 50 * 10, `${said.filter((message) => 'g' in message).length} answers to 25,000 words`)
  t.ok(served <= 2 * 201, `${served} changes served of 200`)
  t.deepEqual(target.ends, [])
  target.stands(t, 'meanwhile')
  t.end()
})

test('who passes on what others wrote and alters it changes nothing that was heard, and nothing that its author writes from then on', (t) => {
  const target = new Target()
  target.honest.counter('calls').increment(3)
  target.honest.register('motd').write('true')
  target.honest.set('tags').add('x')
  target.clock.run(500)
  const ear = new Hand(target.honest.createStream()).hello('ear').say({ a: {}, u: 0 })
  target.clock.run(500)
  const author = /"(\d+)~(honest~[^"]*)"/.exec(JSON.stringify(ear.heard)) ?? []
  const foe = target.foe()
  const altered = { counter: [900, 0], register: [far - 1, 'false'], set: [0, {}] } as Record<string, Json>
  for (const message of ear.heard.flat()) {
    if (!('c' in message)) continue
    foe.say({ ...message, s: [Number(author[1]), author[2]], c: message.c.map(() => altered[message.k] ?? null) })
    foe.say({ ...message, s: Number(author[1]), n: message.n.map((name) => `${name}, renamed`) })
  }
  target.clock.run(500)
  t.deepEqual([target.store.counter('calls').value, target.store.register('motd').value, target.store.set('tags').values()], [3, 'true', ['x']])
  target.honest.counter('calls').increment()
  target.honest.register('motd').write('truer')
  target.honest.set('tags').add('y')
  target.clock.run(500)
  t.deepEqual([target.store.counter('calls').value, target.store.register('motd').value, target.store.set('tags').values()], [4, 'truer', ['x', 'y']])
  target.stands(t, 'afterwards')
  t.end()
})

test('a host whose names are all taken by a foe within every bound still counts, reads and ends', (t) => {
  const target = new Target({ cellsMax: 300, unknownBytesMax: 20_000 })
  const foe = target.foe()
  for (let seq = 1; seq <= 2_000; seq += 1) foe.say(changes(seq, `junk ${seq}`, [1, 0], seq % 2 === 0 ? 'counter' : 'later'))
  target.clock.run(1_000)
  t.ok(target.store.statistics().cells <= 300, `${target.store.statistics().cells} cells`)
  t.ok([...target.refused.values()].reduce((sum, n) => sum + n, 0) >= 1_700, 'the rest was refused, and told')
  const own = createStore({ host: 'own' })
  t.equal(own.counter('calls').increment().value, 1, 'another host of the same process knows nothing of it')
  void own.close()
  t.end()
})
