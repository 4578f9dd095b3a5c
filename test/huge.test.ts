/**
 * What it costs to find out what differs, in bytes and words: where nothing was known beside a first sync, and where one thing is wrong; among
 * a million names with NAMES=1000000.
 */
import test from 'tape'
import type { Gossip } from '../lib/gossip/gossip.js'
import { CounterKind } from '../lib/kinds/counter.js'
import { integer } from '../lib/kinds/numbers.js'
import type { Author } from '../lib/log/author.js'
import type { Change } from '../lib/log/change.js'
import { Network } from '../lib/sim/index.js'
import type { SimHost } from '../lib/sim/index.js'
import { gossipOf } from '../lib/sim/checks/check.js'
import { messagesIn } from '../lib/sim/checks/frames.js'

/** What went over a link: bytes, and those of words of audits with how many these are; and changes. */
type Cost = { bytes: number; words: number; wordBytes: number; changes: number; audits: Audited[] }

/** The words of one audit. */
type Audited = { salt: number; words: number; bytes: number }

const counter = new CounterKind(integer)

const count = 10_000

class Pair {
  readonly network = new Network({ seed: 1, links: { bytesPerMs: 10_000 } })
  readonly full: SimHost
  readonly other: SimHost
  private cost: Cost = { bytes: 0, words: 0, wordBytes: 0, changes: 0, audits: [] }

  constructor(count: number, audit = true) {
    this.full = this.network.add('full', { audit })
    this.other = this.network.add('other', { audit })
    for (let i = 0; i < count; i += 1) this.full.store.counter(`calls-${i}`).increment()
    this.network.watch({ chunk: (_, __, bytes) => this.see(bytes) })
  }

  /** What linking them costs, until they are in step for long. */
  join(): Cost {
    this.network.link('full', 'other')
    return this.run(60_000)
  }

  /** The other was told one change, and lied to that it holds all before it: only an audit can find that. */
  deceive(): void {
    const [full, other] = [this.full, this.other].map(({ store }) => gossipOf(store)) as [Gossip, Gossip]
    const last = [...full.log.cells()].at(-1) as Change
    const author = other.log.meet(full.own.id) as Author
    other.learn(author, last.seq, counter, last.name.text, '', null, null, counter.give(last.body), null)
    author.held.raise(last.seq)
  }

  /** What it costs that one loses what it holds of such names, and does not know it. */
  lose(isLost: (name: string) => boolean): Cost {
    const { log } = gossipOf(this.other.store)
    for (const change of [...log.cells()]) if (isLost(change.name.text)) log.drop(change)
    return this.run(60_000)
  }

  get equal(): boolean {
    const [full, other] = [this.full, this.other].map(({ store }) => [...gossipOf(store).log.cells()].map(({ author, name, seq }) => `${author.id} ${name.text} ${seq}`).sort())
    return full?.join() === other?.join()
  }

  private run(ms: number): Cost {
    this.cost = { bytes: 0, words: 0, wordBytes: 0, changes: 0, audits: [] }
    this.network.run(ms)
    return this.cost
  }

  private see(bytes: Uint8Array): void {
    this.cost.bytes += bytes.length
    for (const message of messagesIn(bytes)) {
      if ('c' in message) this.cost.changes += message.q.length
      if (!('g' in message) || 't' in message) continue
      this.cost.words += 1
      const { length } = JSON.stringify(message)
      this.cost.wordBytes += length
      const { audits } = this.cost
      const [, salt] = message.g
      if (audits.at(-1)?.salt !== salt) audits.push({ salt, words: 0, bytes: 0 })
      const last = audits.at(-1) as Audited
      last.words += 1
      last.bytes += length
    }
  }
}

test('a first sync costs as much with audits as without, but for the sums in pings', (t) => {
  const [audited, plain] = [true, false].map((audit) => {
    const pair = new Pair(count, audit)
    const cost = pair.join()
    t.ok(pair.equal)
    return cost
  }) as [Cost, Cost]
  t.deepEqual([audited.words, audited.changes, plain.changes], [0, count, count], 'no audit begins')
  t.ok(audited.bytes <= plain.bytes + 2_500, `${audited.bytes} bytes, ${plain.bytes} without, however many names there are`)
  t.end()
})

test('where a host holds nothing, and its vector says that it holds all, the audit takes hardly more than a first sync', (t) => {
  const first = new Pair(count)
  const sync = first.join()
  const lost = first.lose(() => true)
  t.ok(first.equal)
  const deceived = new Pair(count)
  deceived.deceive()
  const lied = deceived.join()
  t.ok(deceived.equal)
  for (const [name, { bytes, words, wordBytes, changes }] of Object.entries({ lost, lied })) {
    t.ok(changes <= count, 'each change is served once')
    t.ok(words <= 8 && wordBytes <= 2_000, `${name}: ${words} words, of ${wordBytes} bytes`)
    t.ok(bytes <= 1.05 * sync.bytes, `${bytes} bytes, ${sync.bytes} of a first sync`)
  }
  t.end()
})

test('where a host lost every second of many names, each end serves all that it holds, at most once', (t) => {
  const pair = new Pair(count)
  pair.join()
  const { changes } = pair.lose((name) => /[02468]$/.test(name))
  t.ok(pair.equal)
  t.ok(changes <= 1.5 * count, `${changes} changes`)
  t.end()
})

test('one thing that is wrong among many is found in two round trips of some 900 bytes; among a million in half a one more', (t) => {
  const more = process.env.NAMES === undefined ? [] : [Number(process.env.NAMES)]
  for (const names of [1_000, count, ...more]) {
    const pair = new Pair(names)
    pair.join()
    const cost = pair.lose((name) => name === 'calls-7')
    t.ok(pair.equal)
    t.equal(cost.changes, 1)
    const found = cost.audits.at(-1) as Audited
    const [words, bytes] = names > 100_000 ? [5, 1_300] : [4, 1_000]
    t.ok(found.words === words && found.bytes <= bytes, `of ${names} names: ${found.words} words, ${found.bytes} bytes`)
    t.ok(cost.words <= 2 * words, `${cost.words} with those that found nothing, since what was touched within two rounds is passed over`)
  }
  t.end()
})
