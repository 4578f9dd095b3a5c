/**
 * The rules of pull-streams, as a suite for sources, throughs and duplexes: for ours, and for the transports that users bring.
 *
 * What is tried is made anew for every trial, and must fall quiet: after what it has to say at first, a read of it stays open until
 * something happens. What it breaks comes back in words, none if it keeps all rules. They are those of pull-stream's `docs/spec.md`, and
 * two that streams need which live among others: a read during a read harms nothing, and neither does a neighbour that answers twice.
 */
import type { Duplex, Source, Through } from '../pull.js'
import { isEnd } from './conformance/asker.js'
import type { Asker, End } from './conformance/asker.js'
import { Feeder } from './conformance/feeder.js'
import type { FeedOptions } from './conformance/feeder.js'
import { Suite } from './conformance/suite.js'
import type { Make, Trying } from './conformance/suite.js'
import { Upstream } from './conformance/upstream.js'

export type { FeedOptions, Make, Trying }

export type SourceSubject = Trying & { source: Source<unknown> }
export type ThroughSubject = Trying & { through: Through<never, unknown> }
export type DuplexSubject = Trying & { duplex: Duplex<unknown, never> }

export type DuplexOptions = FeedOptions & {
  /** Whether each direction ends by itself, as those of sockets do. Default false: the end of one is the end of both. */
  halfOpen?: boolean | undefined
}

const reasons: readonly (readonly [string, End])[] = [['true', true], ['an error', new Error('enough')]]

/** So often a subject is given time for what it still has to take. */
const turnsMax = 20_000

/** What a source breaks. */
export async function sourceFaults(make: Make<SourceSubject>): Promise<string[]> {
  const suite = new Suite(make, ({ source }) => source)
  for (const [name, reason] of reasons) {
    await suite.run(`an abort with ${name} before the first read`, async (asker) => {
      await asker.settle()
      const abort = await asker.ask('abort', reason)
      asker.must(abort.end === reason, 'is answered with its reason')
      asker.must(isEnd((await asker.ask('read')).end), 'lets a read after it be answered with an end')
      asker.must(isEnd((await asker.ask('abort', true)).end), 'lets another abort be answered')
    })
    await suite.run(`an abort with ${name} while a read is open`, async (asker) => {
      const read = await asker.quiet()
      const abort = await asker.ask('abort', reason)
      asker.must(isEnd(read.end), 'ends that read')
      asker.must(abort.end === reason, 'is answered with its reason')
      asker.must(asker.log.join() === 'read,abort', 'is answered after that read')
      asker.must(isEnd((await asker.ask('read')).end), 'lets a read after it be answered with an end')
    })
  }
  await suite.run('an abort after the first read', async (asker) => {
    await asker.ask('read')
    asker.must((await asker.ask('abort', true)).end === true, 'is answered with its reason')
    asker.must(isEnd((await asker.ask('read')).end), 'lets a read after it be answered with an end, whatever was still to come')
  })
  await suite.run('a read while one is open', async (asker) => {
    const first = await asker.quiet()
    const second = await asker.ask('second')
    asker.must(second.end instanceof Error, 'is answered with an error')
    asker.must(first.count === 0, 'leaves the first one open')
    await asker.ask('abort', true)
    asker.must(first.count === 1, 'does not keep the first from being answered')
  })
  return suite.faults
}

/** What a through breaks. */
export async function throughFaults(make: Make<ThroughSubject>, feed: FeedOptions = {}): Promise<string[]> {
  const upstreams = new WeakMap<ThroughSubject, Upstream>()
  const suite = new Suite(make, (subject) => {
    const upstream = new Upstream()
    upstreams.set(subject, upstream)
    return subject.through(upstream.source)
  })
  const run = (when: string, trial: (asker: Asker, upstream: Upstream) => Promise<void>): Promise<void> => suite.run(when, async (asker, subject) => {
    const upstream = upstreams.get(subject) as Upstream
    await trial(asker, upstream)
    for (const fault of upstream.faults) asker.must(false, fault)
  })
  for (const [name, reason] of reasons) {
    await run(`an abort with ${name} before the first read`, async (asker, upstream) => {
      const abort = await asker.ask('abort', reason)
      asker.must(upstream.aborts.length === 1 && upstream.aborts[0] === reason, 'goes upstream with its reason, once')
      await upstream.answer(asker, reason)
      asker.must(abort.end === reason, 'is answered with its reason')
      asker.must(isEnd((await asker.ask('read')).end), 'lets a read after it be answered with an end')
    })
    await run(`an abort with ${name} while a read is open`, async (asker, upstream) => {
      const read = await asker.ask('read')
      const abort = await asker.ask('abort', reason)
      asker.must(upstream.aborts.length === 1 && upstream.aborts[0] === reason, 'goes upstream with its reason, once')
      while (upstream.open.length > 0) await upstream.answer(asker, reason)
      asker.must(isEnd(read.end) && isEnd(abort.end), 'ends both')
      asker.must(asker.log.join() === 'read,abort', 'is answered after that read')
    })
    await run(`an end of upstream with ${name}`, async (asker, upstream) => {
      const read = await asker.ask('read')
      await upstream.answer(asker, reason)
      asker.must(read.end === reason, 'is passed on as it is')
      asker.must(isEnd((await asker.ask('read')).end), 'ends the next read, too')
    })
  }
  await run('a read while one is open', async (asker, upstream) => {
    const first = await asker.ask('read')
    const second = await asker.ask('second')
    asker.must(second.end instanceof Error, 'is answered with an error')
    asker.must(first.count === 0, 'leaves the first one open')
    while (upstream.open.length > 0) await upstream.answer(asker, true)
    asker.must(first.count === 1, 'does not keep the first from being answered')
  })
  await run('an upstream that answers twice', async (asker, upstream) => {
    await asker.ask('read')
    await upstream.answer(asker, true, true)
  })
  if (feed.item !== undefined) {
    const fed = new Suite(make, ({ through }) => through(feeder.source))
    const feeder = new Feeder(feed)
    await fed.run('many items at once', async (asker) => {
      await asker.drain(feeder)
      feeder.judge(asker)
    })
    suite.faults.push(...fed.faults)
  }
  return suite.faults
}

/** What a duplex breaks, in either of its directions, or of what binds them. */
export async function duplexFaults(make: Make<DuplexSubject>, { halfOpen = false, ...feed }: DuplexOptions = {}): Promise<string[]> {
  const suite = new Suite(make, ({ duplex }) => duplex.source)
  const faults = await sourceFaults(async () => {
    const subject = await make()
    subject.duplex.sink(new Upstream().source)
    return { ...subject, source: subject.duplex.source }
  })
  await endings(suite, halfOpen)
  if (!halfOpen) await aborts(suite)
  await suite.run('a second source', async (asker, { duplex }) => {
    const [first, second] = [new Upstream(), new Upstream()]
    duplex.sink(first.source)
    try {
      duplex.sink(second.source)
    } catch {
      // To throw is one way to refuse it, to abort it another.
    }
    await asker.settle()
    asker.must(second.reads === 0, 'is not read')
    asker.must(first.aborts.length === 0 && first.reads === 1, 'lets the first go on')
  })
  if (feed.item !== undefined) await suite.run('many items at once', async (asker, { duplex }) => {
    const feeder = new Feeder(feed)
    duplex.sink(feeder.source)
    for (let turns = 0; !feeder.done && turns < turnsMax; turns += 1) await asker.settle()
    feeder.judge(asker)
  })
  return [...faults, ...suite.faults]
}

async function endings(suite: Suite<DuplexSubject>, halfOpen: boolean): Promise<void> {
  for (const [name, reason] of reasons) {
    await suite.run(`an end of what its sink reads, with ${name}`, async (asker, { duplex }) => {
      const upstream = new Upstream()
      duplex.sink(upstream.source)
      const read = await asker.quiet()
      asker.must(upstream.reads === 1, 'was asked for, by one read')
      await upstream.answer(asker, reason)
      if (!halfOpen) {
        asker.must(isEnd(read.end), 'ends an open read of its source')
        asker.must(isEnd((await asker.ask('read')).end), 'ends the next read, too')
      }
      asker.must(upstream.asked === 1, 'lets it ask nothing more, nor abort')
    })
  }
}

/** Neighbours of any manners. */
const manners: readonly (readonly [string, (upstream: Upstream) => void])[] = [
  ['that answers both', ({ open }) => open.splice(0).forEach((cb) => cb(true))],
  ['that answers twice', ({ open }) => open.splice(0).forEach((cb) => [true, true, null].forEach((end) => cb(end)))],
  ['that swallows aborts', () => {}]
]

async function aborts(suite: Suite<DuplexSubject>): Promise<void> {
  for (const [manner, act] of manners) {
    await suite.run(`an abort of its source, with an upstream ${manner}`, async (asker, { duplex }) => {
      const upstream = new Upstream()
      duplex.sink(upstream.source)
      await asker.ask('read')
      asker.must(isEnd((await asker.ask('abort', true)).end), 'is answered')
      asker.must(upstream.aborts.length === 1, 'aborts upstream, once')
      act(upstream)
      await asker.settle()
      asker.must(upstream.asked === 2, 'asks upstream nothing more, whatever that says')
    })
  }
  await suite.run('a source that comes after the abort', async (asker, { duplex }) => {
    await asker.ask('abort', true)
    const late = new Upstream()
    duplex.sink(late.source)
    await asker.settle()
    asker.must(late.reads === 0 && late.aborts.length === 1, 'is aborted, and not read')
  })
}
