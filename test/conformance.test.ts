/**
 * The rules of pull-streams: every stream that we make keeps them, and each rule finds somebody who breaks it.
 */
import test from 'tape'
import pull from 'pull-stream'
import { doubleline } from '../lib/wire/codec.js'
import { duplexFaults, sourceFaults, throughFaults, VirtualClock } from '../lib/sim/index.js'
import type { DuplexSubject, SourceSubject } from '../lib/sim/index.js'
import { Pipe } from '../lib/sim/pipe.js'
import type { Abort, Duplex, Source, SourceCallback } from '../lib/pull.js'
import { duplexOf } from '../lib/transport/socket.js'
import { Clock } from './clock.js'
import { pair } from './loopback.js'
import { codeOf, Hand, storeAt } from './stores.js'

const hello = { v: 1, h: 'hand', i: '1', x: 'nothing' }

/** A frame of a session that counts: the first ones begin it. */
function frameOf(i: number): unknown {
  if (i === 0) return hello
  if (i === 1) return { a: {}, u: 0 }
  return { s: i === 2 ? [1, 'x~1'] : 1, k: 'counter', q: [i - 1], n: ['n'], c: [[i - 1, 0]] }
}

function session(): DuplexSubject {
  const clock = new Clock()
  const store = storeAt(clock, 'α')
  store.counter('n').increment()
  return { duplex: store.createStream(), settle: () => clock.settle() }
}

test('a session keeps the rules of pull-streams', async (t) => {
  t.deepEqual(await duplexFaults(session, { item: frameOf }), [])
})

test('a session in the middle of its talk keeps the rules too', async (t) => {
  t.deepEqual(await sourceFaults(() => {
    const clock = new Clock()
    const store = storeAt(clock, 'α')
    for (let i = 0; i < 10; i += 1) store.counter(`n${i}`).increment()
    const stream = store.createStream()
    new Hand(stream, { deaf: true }).hello().say({ a: {}, u: 0 })
    return { source: stream.source, settle: () => clock.settle() }
  }), [])
})

test('a reader of changes keeps the rules of pull-streams', async (t) => {
  for (const old of [true, false]) {
    t.deepEqual(await sourceFaults(() => {
      const clock = new Clock()
      const store = storeAt(clock, 'α')
      for (let i = 0; i < 3; i += 1) store.counter(`n${i}`).increment()
      return { source: store.changes({ old, live: true }), settle: () => clock.settle() }
    }), [], old ? 'of old ones' : 'of new ones')
  }
})

test('a read during a read of a session or a reader is answered with ERR_BUSY', (t) => {
  const store = storeAt(new Clock(), 'α')
  for (const source of [store.createStream().source, store.changes({ live: true })] as Source<unknown>[]) {
    const ends: Abort[] = []
    for (let i = 0; i < 9 && ends.at(-1) == null; i += 1) source(null, (end) => ends.push(end))
    t.equal(codeOf(ends.at(-1)), 'ERR_BUSY')
  }
  t.end()
})

test('both throughs of the codec keep the rules of pull-streams', async (t) => {
  const spaces = { item: () => '\n' }
  t.deepEqual(await throughFaults(() => ({ through: doubleline.parse() }), spaces), [], 'parse, of items that come to nothing')
  t.deepEqual(await throughFaults(() => ({ through: doubleline.parse() }), { item: (i) => `[${i}]\n\n` }), [], 'parse')
  t.deepEqual(await throughFaults(() => ({ through: doubleline.stringify() }), { item: (i) => [i] }), [], 'stringify')
})

test('a connection over a socket keeps the rules of pull-streams', async (t) => {
  const bytes = new Uint8Array(1)
  const make = async (): Promise<DuplexSubject> => {
    const { peer, socket } = await pair(t)
    peer.resume()
    return {
      duplex: duplexOf(socket), settle: () => new Promise((resolve) => { setImmediate(resolve) }),
      close: () => { for (const one of [peer, socket]) one.destroy() }
    }
  }
  // Never more than fill the socket's buffer are taken at once: 16,384 of them, again and again.
  t.deepEqual(await duplexFaults(make, { halfOpen: true, item: () => bytes, items: 100_000 }), [])
})

test('both directions of a simulated connection keep the rules of pull-streams', async (t) => {
  const road = { latencyMs: () => 10, bytesPerMs: 1e9, windowBytes: 1_000 }
  const bytes = new Uint8Array(1)
  const make = (): SourceSubject => {
    const clock = new VirtualClock()
    const said = [bytes, bytes]
    const from: Source<Uint8Array> = (abort, cb) => {
      if (abort) cb(abort)
      else if (said.length > 0) cb(null, said.pop())
    }
    return { source: new Pipe(clock, road, from, () => {}).source, settle: () => clock.run(100) }
  }
  t.deepEqual(await sourceFaults(make), [])
})

/** A source that falls quiet at once, and keeps the rules. */
class Quiet {
  protected waiting: SourceCallback<unknown> | null = null
  protected ended: Abort = null

  readonly source: Source<unknown> = (abort, cb) => {
    if (abort) return this.abort(abort, cb)
    if (this.ended) return cb(this.ended)
    if (this.waiting !== null) return this.busy(cb)
    this.waiting = cb
  }

  protected abort(abort: Abort, cb: SourceCallback<unknown>): void {
    this.end(abort)
    cb(abort)
  }

  protected busy(cb: SourceCallback<unknown>): void {
    cb(new Error('busy'))
  }

  end(reason: Abort): void {
    this.ended = reason
    const cb = this.waiting
    this.waiting = null
    cb?.(reason)
  }
}

test('each rule of a source finds somebody who breaks it', async (t) => {
  t.deepEqual(await sourceFaults(() => new Quiet()), [], 'who keeps them is not accused')
  const rude: Record<string, Quiet> = {}
  const accused = async (Rude: new () => Quiet, ...rules: RegExp[]): Promise<void> => {
    const faults = (await sourceFaults(() => new Rude())).join('\n')
    for (const rule of rules) t.match(faults, rule, `${Rude.name}: ${String(rule)}`)
    rude[Rude.name] = new Rude()
  }
  await accused(class Forgetful extends Quiet {
    protected override abort(abort: Abort, cb: SourceCallback<unknown>): void { cb(abort) }
  }, /while a read is open: not so that it ends that read/)
  await accused(class Hasty extends Quiet {
    protected override abort(abort: Abort, cb: SourceCallback<unknown>): void {
      cb(abort)
      this.end(abort)
    }
  }, /is answered after that read/)
  await accused(class Vague extends Quiet {
    protected override abort(_: Abort, cb: SourceCallback<unknown>): void { super.abort(true, cb) }
  }, /with an error before the first read: not so that it is answered with its reason/)
  await accused(class Mute extends Quiet {
    protected override abort(abort: Abort): void { this.end(abort) }
  }, /lets another abort be answered/)
  await accused(class Twice extends Quiet {
    protected override abort(abort: Abort, cb: SourceCallback<unknown>): void {
      super.abort(abort, cb)
      cb(abort)
    }
  }, /lets a question be answered twice/)
  await accused(class Greedy extends Quiet {
    protected override busy(cb: SourceCallback<unknown>): void { this.waiting = cb }
  }, /is answered with an error/, /the first from being answered/)
  await accused(class Undead extends Quiet {
    override end(reason: Abort): void {
      super.end(reason)
      this.ended = null
    }
  }, /lets a read after it be answered with an end/)
  t.equal(Object.keys(rude).length, 7)
})

/** A duplex that keeps the rules: what its sink hears is forgotten. */
class Deaf extends Quiet implements Duplex<unknown, never> {
  protected read: Source<never> | null = null
  protected open = false

  readonly sink = (read: Source<never>): void => {
    if (this.read !== null) return this.second(read)
    this.read = read
    if (this.ended) read(this.ended, () => {})
    else this.pump(read)
  }

  protected second(read: Source<never>): void {
    read(new Error('one is enough'), () => {})
  }

  protected pump(read: Source<never>): void {
    for (let again = true; again; ) {
      again = false
      let within = true
      this.ask(read, (end) => {
        if (end) this.over(end)
        else if (within) again = true
        else this.pump(read)
      })
      within = false
    }
  }

  protected ask(read: Source<never>, cb: (end: Abort) => void): void {
    this.open = true
    let answered = false
    read(null, (end) => {
      if (answered || this.ended) return
      answered = true
      cb(end)
    })
  }

  protected over(end: Abort): void {
    this.read = () => {}
    this.end(end)
  }

  protected override abort(abort: Abort, cb: SourceCallback<unknown>): void {
    const { read, ended } = this
    super.abort(abort, cb)
    if (!ended) read?.(abort, () => {})
  }
}

test('each rule of a duplex finds somebody who breaks it', async (t) => {
  const items = { item: (i: number) => i, items: 100_000 }
  t.deepEqual(await duplexFaults(() => ({ duplex: new Deaf() }), items), [], 'who keeps them is not accused')
  const accused = async (Rude: new () => Deaf, ...rules: RegExp[]): Promise<void> => {
    const faults = (await duplexFaults(() => ({ duplex: new Rude() }), items)).join('\n')
    for (const rule of rules) t.match(faults, rule, `${Rude.name}: ${String(rule)}`)
  }
  await accused(class Torn extends Deaf { protected override over(): void {} }, /an end of what its sink reads, with true: not so that it ends an open read/)
  await accused(class Deep extends Deaf {
    protected override pump(read: Source<never>): void { this.ask(read, (end) => (end ? this.over(end) : this.pump(read))) }
  }, /reads without the stack growing/)
  await accused(class Careless extends Deaf {
    protected override abort(abort: Abort, cb: SourceCallback<unknown>): void { Quiet.prototype['abort'].call(this, abort, cb) }
  }, /aborts upstream, once/)
  await accused(class Anyone extends Deaf {
    protected override second(read: Source<never>): void { this.pump(read) }
  }, /a second source: not so that it is not read/)
  await accused(class Trusting extends Deaf {
    protected override ask(read: Source<never>, cb: (end: Abort) => void): void { read(null, cb) }
  }, /asks upstream nothing more, whatever that says/)
  await accused(class Waiting extends Deaf {
    protected override abort(abort: Abort, cb: SourceCallback<unknown>): void {
      if (this.read === null || this.ended) return super.abort(abort, cb)
      this.read(abort, () => super.abort(abort, cb))
    }
  }, /an upstream that swallows aborts: not so that it is answered/)
  await accused(class Pushing extends Deaf {
    protected override over(end: Abort): void {
      this.read?.(end, () => {})
      super.over(end)
    }
  }, /lets it ask nothing more, nor abort/)
  await accused(class Slow extends Deaf {
    private left = 5
    protected override ask(read: Source<never>, cb: (end: Abort) => void): void {
      if (this.left > 0) super.ask(read, cb)
      this.left -= 1
    }
  }, /takes all of them \(it took 5\)/)
})

test('each rule of a through finds somebody who breaks it', async (t) => {
  const identity = (read: Source<unknown>): Source<unknown> => (abort, cb) => read(abort, cb)
  const faults = (await throughFaults(() => ({ through: identity }), { item: (i) => i, items: 1_000 })).join('\n')
  t.match(faults, /a read while one is open: not so that it is answered with an error/, 'who only passes on reads during a read')
  t.match(faults, /an upstream that answers twice: not so that it lets a question be answered twice/)
  const swallowing = (read: Source<unknown>): Source<unknown> => (_, cb) => read(null, cb)
  const swallowed = (await throughFaults(() => ({ through: swallowing }))).join('\n')
  t.match(swallowed, /an abort with true before the first read: not so that it goes upstream with its reason, once/)
  const filtered = pull.filter(() => false) as (read: Source<unknown>) => Source<unknown>
  t.doesNotMatch((await throughFaults(() => ({ through: filtered }), { item: (i) => i, items: 1_000 })).join('\n'), /stack/, 'a filter of pull-stream loops')
  const recursive = (read: Source<unknown>): Source<unknown> => {
    const next: Source<unknown> = (abort, cb) => read(abort, (end) => (end ? cb(end) : next(null, cb)))
    return next
  }
  t.match((await throughFaults(() => ({ through: recursive }), { item: (i) => i, items: 1_000 })).join('\n'), /reads without the stack growing/)
})
