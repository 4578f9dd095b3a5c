/**
 * The rules of pull-streams, as a suite that any duplex of ours must pass: `conforms(t, make)`. A source alone has `keepsSourceRules`.
 *
 * A made duplex must fall quiet: after what it has to say at first, a read of it stays open until something happens.
 */
import type { Test } from 'tape'
import type { Abort, Duplex, Source, SourceCallback } from '../lib/pull.js'
import { codeOf } from './stores.js'

/** A source to be tried; `settle` lets everything happen that can happen without us. */
export type SourceSubject = { source: Source<unknown>; settle: () => void | Promise<void> }

/** A duplex to be tried. */
export type DuplexSubject = { duplex: Duplex<unknown, unknown>; settle: () => void | Promise<void> }

type Answer = { what: string; end: Abort; count: number }

/** Asks a source, and keeps all its answers in order. */
class Asker {
  readonly answers: Answer[] = []
  /** The first answer of each question, in order of answers. */
  readonly log: string[] = []

  constructor(private readonly source: Source<unknown>, private readonly settle: () => void | Promise<void>) {}

  async ask(what: string, abort: Abort = null): Promise<Answer> {
    const answer: Answer = { what, end: null, count: 0 }
    this.answers.push(answer)
    this.source(abort, (end) => {
      answer.count += 1
      answer.end = end
      if (answer.count === 1) this.log.push(what)
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
      if (answer.end) throw new Error(`the source ended before it fell quiet: ${String(answer.end)}`)
    }
  }

  get twice(): number {
    return this.answers.filter(({ count }) => count > 1).length
  }
}

const reasons: [string, Exclude<Abort, null | false>][] = [['true', true], ['an error', new Error('enough')]]

/** The rules of a source. */
export async function keepsSourceRules(t: Test, make: () => SourceSubject): Promise<void> {
  const start = (): Asker => {
    const { source, settle } = make()
    return new Asker(source, settle)
  }
  for (const [name, reason] of reasons) {
    const early = start()
    t.equal((await early.ask('abort', reason)).end, reason, `an abort with ${name} before the first read is answered with it`)
    t.ok((await early.ask('read')).end, 'a read after it is answered with an end')
    t.ok((await early.ask('abort', true)).end, 'and so is another abort')
    t.equal(early.twice, 0, 'nothing was answered twice')

    const open = start()
    const read = await open.quiet()
    const abort = await open.ask('abort', reason)
    t.ok(read.end, `an abort with ${name} while a read is open ends that read`)
    t.equal(abort.end, reason, 'and is answered with its reason')
    t.deepEqual(open.log, ['read', 'abort'], 'in the order of asking')
    t.ok((await open.ask('read')).end, 'a read after it is answered with an end')
    t.equal(open.twice, 0, 'nothing was answered twice')
  }
  const busy = start()
  const first = await busy.quiet()
  const second = await busy.ask('second')
  t.equal(codeOf(second.end), 'ERR_BUSY', 'a second read while one is open is answered with ERR_BUSY')
  t.equal(first.count, 0, 'and the first stands')
  await busy.ask('abort', true)
  t.equal(first.count, 1, 'until it is answered')
  t.equal(busy.twice, 0, 'nothing was answered twice')
}

/** A source whose answers the suite gives; `asked` is all that was asked of it. */
class Upstream {
  readonly asked: Abort[] = []
  readonly open: SourceCallback<unknown>[] = []
  readonly source: Source<unknown> = (abort, cb) => {
    this.asked.push(abort)
    this.open.push(cb)
  }

  get aborts(): number {
    return this.asked.filter((abort) => abort !== null && abort !== false).length
  }
}

/** The rules of both sides of a duplex whose sides end together. */
export async function conforms(t: Test, make: () => DuplexSubject): Promise<void> {
  await keepsSourceRules(t, () => {
    const { duplex, settle } = make()
    duplex.sink(new Upstream().source)
    return { source: duplex.source, settle }
  })
  await endsWithItsSink(t, make)
  await abortsUpstream(t, make)
  await takesOneSource(t, make)
}

async function endsWithItsSink(t: Test, make: () => DuplexSubject): Promise<void> {
  for (const [name, reason] of reasons) {
    const { duplex, settle } = make()
    const upstream = new Upstream()
    duplex.sink(upstream.source)
    const asker = new Asker(duplex.source, settle)
    const read = await asker.quiet()
    t.deepEqual(upstream.asked, [null], 'the sink asks for one thing at a time')
    upstream.open.shift()?.(reason)
    await settle()
    t.ok(read.end, `when its sink ends with ${name}, an open read of its source ends`)
    t.ok((await asker.ask('read')).end, 'and so does the next')
    t.equal(asker.twice, 0, 'nothing was answered twice')
    t.deepEqual(upstream.asked, [null], 'and upstream is asked no more after its end, nor aborted')
  }
}

async function abortsUpstream(t: Test, make: () => DuplexSubject): Promise<void> {
  const manners: [string, (upstream: Upstream) => void][] = [
    ['that answers both', ({ open }) => { for (const cb of open.splice(0)) cb(true) }],
    ['that answers twice', ({ open }) => { for (const cb of open.splice(0)) for (const end of [true, true, null]) cb(end, {}) }],
    ['that swallows aborts', () => {}]
  ]
  for (const [manner, act] of manners) {
    const { duplex, settle } = make()
    const upstream = new Upstream()
    duplex.sink(upstream.source)
    const asker = new Asker(duplex.source, settle)
    await asker.ask('read')
    t.ok((await asker.ask('abort', true)).end, `an abort of its source is answered with an upstream ${manner}`)
    t.equal(upstream.aborts, 1, 'which was aborted once')
    act(upstream)
    await settle()
    t.equal(upstream.asked.length, 2, 'and asked no more, whatever it then said')
    t.equal(asker.twice, 0, 'nothing was answered twice')
  }
  const { duplex, settle } = make()
  await new Asker(duplex.source, settle).ask('abort', true)
  const late = new Upstream()
  duplex.sink(late.source)
  await settle()
  t.ok(late.asked.length === 1 && late.aborts === 1, 'an upstream that comes after the abort is aborted, and not read')
}

async function takesOneSource(t: Test, make: () => DuplexSubject): Promise<void> {
  const { duplex, settle } = make()
  const first = new Upstream()
  const second = new Upstream()
  duplex.sink(first.source)
  t.throws(() => duplex.sink(second.source), /ERR_BUSY/, 'a sink takes one source: a second throws')
  await settle()
  t.equal(second.asked.length, 0, 'and is not read')
  t.deepEqual(first.asked, [null], 'while the first goes on')
}
