/**
 * The rules of pull-streams, as a suite for sources, throughs and duplexes: for ours, and for the transports that users bring.
 *
 * What is tried is made anew for every trial, and must fall quiet: after what it has to say at first, a read of it stays open until
 * something happens. What it breaks comes back in words, none if it keeps all rules. They are those of pull-stream's `docs/spec.md`, and
 * two that streams need which live among others: a read during a read harms nothing, and neither does a neighbour that answers twice.
 */
import type { Abort, Duplex, Source, SourceCallback, Through } from '../pull.js'

/** What every subject may bring. */
export type Trying = {
  /** Lets everything happen that can happen without us. Default: a turn of promises. */
  settle?: (() => void | Promise<void>) | undefined
  /** Called when its trial is over. */
  close?: (() => void | Promise<void>) | undefined
}

export type SourceSubject = Trying & { source: Source<unknown> }
export type ThroughSubject = Trying & { through: Through<never, unknown> }
export type DuplexSubject = Trying & { duplex: Duplex<unknown, never> }

/** Makes what is tried. */
export type Make<Subject> = () => Subject | Promise<Subject>

export type FeedOptions = {
  /** What it is fed, of which each is taken; without, it is not fed. */
  item?: ((i: number) => unknown) | undefined
  /** How many it is fed, one in each answer and each at once. Default 1,000,000. */
  items?: number | undefined
}

export type DuplexOptions = FeedOptions & {
  /** Whether each direction ends by itself, as those of sockets do. Default false: the end of one is the end of both. */
  halfOpen?: boolean | undefined
}

type End = Exclude<Abort, null | false>

const reasons: readonly (readonly [string, End])[] = [['true', true], ['an error', new Error('enough')]]

/** Reads may be nested a little, where one wakes another; not as deep as there are items. */
const depthMax = 10

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

/** Runs trials, and keeps what was broken in them. */
class Suite<Subject extends Trying> {
  readonly faults: string[] = []

  constructor(
    private readonly make: Make<Subject>,
    private readonly sourceOf: (subject: Subject) => Source<unknown>
  ) {}

  async run(when: string, trial: (asker: Asker, subject: Subject) => Promise<void>): Promise<void> {
    const subject = await this.make()
    const asker = new Asker(this.sourceOf(subject), async () => { await subject.settle?.() })
    try {
      await trial(asker, subject)
    } catch (error) {
      asker.must(false, `throws ${String(error)}`)
    } finally {
      await subject.close?.()
    }
    if (asker.answers.some(({ count }) => count > 1)) asker.must(false, 'lets a question be answered twice')
    this.faults.push(...[...asker.broken].map((rule) => `${when}: not so that it ${rule}`))
  }
}

type Answer = { end: Abort; count: number }

/** Asks a source, and keeps all its answers in order. */
class Asker {
  readonly answers: Answer[] = []
  /** The first answer of each question, in the order of answers. */
  readonly log: string[] = []
  readonly broken = new Set<string>()

  constructor(
    private readonly source: Source<unknown>,
    readonly settle: () => Promise<void>
  ) {}

  must(holds: boolean, rule: string): void {
    if (!holds) this.broken.add(rule)
  }

  async ask(what: string, abort: Abort = null): Promise<Answer> {
    const answer: Answer = { end: null, count: 0 }
    this.answers.push(answer)
    this.source(abort, (end) => {
      answer.count += 1
      if (answer.count > 1) return
      answer.end = end
      this.log.push(what)
    })
    await this.settle()
    return answer
  }

  /** Reads until a read stays open, and gives that one; its log begins there. */
  async quiet(): Promise<Answer> {
    for (;;) {
      const answer = await this.ask('read')
      if (answer.count === 0) {
        this.log.length = 0
        return answer
      }
      if (isEnd(answer.end)) throw new Error(`an end before it fell quiet: ${String(answer.end)}`)
    }
  }

  /** Reads in a loop for as long as there are items. */
  async drain(feeder: Feeder): Promise<void> {
    for (let open = false; !open && !feeder.done; ) {
      open = true
      this.source(null, (end) => { open = isEnd(end) })
      if (open) await this.settle()
    }
  }
}

/** A source whose answers the suite gives; it notes what is asked of it that must not be. */
class Upstream {
  asked = 0
  reads = 0
  readonly aborts: Abort[] = []
  readonly open: SourceCallback<never>[] = []
  readonly faults = new Set<string>()
  private ended = false

  readonly source: Source<never> = (abort, cb) => {
    this.asked += 1
    if (this.ended) this.faults.add('asks upstream nothing after its end')
    if (isEnd(abort)) this.aborts.push(abort)
    else {
      if (this.open.length > 0) this.faults.add('asks upstream for one thing at a time')
      this.reads += 1
    }
    this.open.push(cb)
  }

  /** Answers the oldest question with an end: once, or twice. */
  async answer({ settle }: Asker, end: End, twice = false): Promise<void> {
    const cb = this.open.shift()
    this.ended = true
    cb?.(end)
    if (twice) cb?.(end)
    await settle()
  }
}

/** A source that gives many items, each at once; and notes how deep its readers nest. */
class Feeder {
  private given = 0
  private depth = 0
  private deepest = 0
  private readonly items: number
  private readonly item: (i: number) => unknown

  constructor({ item = (i) => i, items = 1_000_000 }: FeedOptions) {
    this.item = item
    this.items = items
  }

  get done(): boolean {
    return this.given === this.items || this.deepest > depthMax
  }

  readonly source: Source<never> = (abort, cb) => {
    if (isEnd(abort)) return cb(abort)
    if (this.done) return
    this.depth += 1
    this.deepest = Math.max(this.deepest, this.depth)
    this.given += 1
    // Who made the items says that they are what is taken.
    cb(null, this.item(this.given - 1) as never)
    this.depth -= 1
  }

  judge(asker: Asker): void {
    asker.must(this.deepest <= depthMax, 'reads without the stack growing')
    asker.must(this.done, `takes all of them (it took ${this.given})`)
  }
}

function isEnd(end: Abort): end is End {
  return end !== null && end !== false
}
