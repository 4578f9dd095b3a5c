/**
 * Stories: what happens to a network, told in sentences, and what is so at its end.
 */
import test from 'tape'
import { story } from '../lib/sim/index.js'
import type { NetworkOptions, Story } from '../lib/sim/index.js'
import type { Store } from '../index.js'
import { codeOf } from './stores.js'

/** Bounds under which things are noticed within seconds. */
const brisk = { pingMs: 500, timeoutMs: 4_000, helloMs: 2_000, graceMs: 4_000, skewMsMax: 400 }

const calls = (store: Store): number => store.counter('calls').value
const members = (store: Store): string[] => store.set('members').values().sort()
const motd = (store: Store): unknown => store.register('motd').value ?? null
const doubts = (store: Store): string[] => store.doubts().map(({ host, why }) => `${host} ${why}`)

/** A story passes when each of its expectations does: they throw. */
function tale(name: string, tell: (verbs: Story) => void, options: NetworkOptions = {}): void {
  test(name, (t) => {
    t.doesNotThrow(() => tell(story({ seed: 7, hosts: { limits: brisk }, ...options })))
    t.end()
  })
}

tale('what one host writes reaches those who are linked to it through others', ({ host, link, write, wait, expect }) => {
  host('α', 'β', 'γ')
  link('α', 'β', { latencyMs: 50 })
  link('β', 'γ', { latencyMs: 50 })
  write('α', (store) => store.counter('calls').increment(2))
  write('γ', (store) => store.counter('calls').increment(3))
  wait(1_000)
  expect('everyone', calls, 5)
})

tale('two halves that were cut count on by themselves, and come to the sum when they are healed', ({ host, link, cut, heal, write, wait, expect }) => {
  host('α', 'β')
  link('α', 'β')
  write('α', (store) => store.counter('calls').increment())
  wait(500)
  cut('α', 'β')
  write('α', (store) => store.counter('calls').increment(10))
  write('β', (store) => store.counter('calls').increment(100))
  wait(60_000)
  expect('α', calls, 11)
  expect('β', calls, 101)
  heal('α', 'β')
  wait(2_000)
  expect('everyone', calls, 111)
})

tale('who crashes without memory gets its own counts back from others, and counts on', ({ host, link, crash, restart, write, wait, expect }) => {
  host('α', 'β')
  link('α', 'β')
  write('α', (store) => store.counter('calls').increment(5))
  wait(1_000)
  crash('α')
  write('β', (store) => store.counter('calls').increment())
  wait(10_000)
  expect('everyone', calls, 6)
  restart('α')
  write('α', (store) => store.counter('calls').increment(100))
  wait(2_000)
  expect('everyone', calls, 106)
})

tale('a host that says nothing though its connection stays is doubted as silent, and trusted again when it is heard', ({ host, link, silence, heal, wait, expect }) => {
  host('α', 'β')
  link('α', 'β', { streams: [{ expected: true }, { expected: true }] })
  wait(1_000)
  expect('everyone', doubts, [])
  silence('β', 'α')
  wait(2_000)
  expect('α', doubts, ['β silent'])
  heal()
  wait(2_000)
  expect('everyone', doubts, [])
})

tale('an add that the remover had not seen wins, and what it had seen goes', ({ host, link, cut, heal, write, wait, expect }) => {
  host('α', 'β')
  link('α', 'β')
  write('β', (store) => {
    store.set('members').add('ada')
    store.set('members').add('bob')
  })
  wait(500)
  cut('α', 'β')
  write('α', (store) => store.set('members').add('ada'))
  write('β', (store) => {
    store.set('members').delete('ada')
    store.set('members').delete('bob')
  })
  expect('β', members, [])
  heal()
  wait(2_000)
  expect('everyone', members, ['ada'])
})

tale('a write made while its host slept is done when it wakes, and the later one holds', ({ host, link, pause, write, wait, expect }) => {
  host('α', 'β')
  link('α', 'β')
  wait(1_000)
  write('α', (store) => store.register('motd').write('early'))
  wait(100)
  pause('β', 2_000)
  write('α', (store) => store.register('motd').write('late'))
  wait(1_000)
  expect('β', motd, 'early')
  wait(2_000)
  expect('everyone', motd, 'late')
})

tale('the write of a host whose clock is behind holds over what it had seen', ({ host, link, write, wait, expect }) => {
  host('fast', { aheadMs: 300, limits: brisk })
  host('slow', { aheadMs: -100, limits: brisk })
  link('fast', 'slow')
  write('fast', (store) => store.register('motd').write('first'))
  wait(100)
  write('slow', (store) => store.register('motd').write('second'))
  wait(500)
  expect('everyone', motd, 'second')
})

tale('a name ends at hosts that were apart, and stays ended when they meet', ({ network, host, link, cut, heal, write, wait, expect }) => {
  host('α', 'β')
  link('α', 'β')
  write('α', (store) => store.register('motd').write('for a second', { expire: network.clock.date() + 1_000 }))
  wait(500)
  expect('everyone', motd, 'for a second')
  cut('α', 'β')
  wait(1_500)
  expect('everyone', motd, null)
  heal()
  wait(20_000)
  expect('everyone', (store) => store.statistics().cells, 0)
})

test('an expectation that is not so throws a sentence that says who, what, when, and with which seed', (t) => {
  const { host, write, expect } = story({ seed: 9 })
  host('α')
  write('α', (store) => store.counter('calls').increment())
  t.throws(() => expect('α', calls, 2), /^Error: α was expected to give 2 and gave 1 \(at 0 ms, with seed 9\)\.$/)
  t.throws(() => expect('α', () => { throw new Error('no') }, 2), /α was expected to give 2 and failed: "no"/)
  t.throws(() => expect('everyone', () => undefined, null), /was expected to give null and gave nothing/)
  t.end()
})

test('a sentence about who is not there is refused: it would change nothing, silently', (t) => {
  const { host, link, cut, silence, heal, crash, restart, pause, write, expect } = story()
  host('α', 'β', 'γ')
  link('α', 'β')
  const wrong: Record<string, () => void> = {
    'a host twice': () => host('α'), 'a link to nobody': () => link('α', 'δ'), 'a cut where no link is': () => cut('α', 'γ'),
    'a silence where none is': () => silence('γ', 'α'), 'a heal where none is': () => heal('γ'), 'a crash of nobody': () => crash('δ'),
    'a restart of nobody': () => restart('δ'), 'a pause of nobody': () => pause('δ', 1), 'a write by nobody': () => write('δ', calls),
    'an expectation of nobody': () => expect('δ', calls, 0)
  }
  const tell = (sentence: () => void): unknown => {
    try {
      return sentence()
    } catch (error) {
      return codeOf(error)
    }
  }
  for (const [name, sentence] of Object.entries(wrong)) t.equal(tell(sentence), 'ERR_OPTION', name)
  crash('α')
  for (const late of [() => write('α', calls), () => pause('α', 1), () => expect('α', calls, 0)]) t.equal(tell(late), 'ERR_OPTION', 'who has crashed')
  t.equal(tell(() => crash('α')), undefined, 'to crash again is no more than to have crashed')
  t.end()
})

test('the same seed and the same sentences are the same story', (t) => {
  const traceOf = (seed: number): string => {
    const { network, host, link, write, wait } = story({ seed })
    host('α', 'β')
    link('α', 'β', { latencyMs: { mean: 10 } })
    write('α', (store) => store.counter('calls').increment())
    wait(5_000)
    return network.trace
  }
  t.equal(traceOf(3), traceOf(3))
  t.notEqual(traceOf(3), traceOf(4))
  t.end()
})
