/**
 * The flood: pull-flood's README between processes, and what it keeps, drops and tells.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import pull from 'pull-stream'
import test, { type Test } from 'tape'
import { createFlood, link, type FloodOptions, type Gap, type Json } from '../index.js'
import { doubleline } from '../lib/wire/codec.js'
import { connect, createServer } from '../lib/transport/tcp.js'
import { Clock } from './clock.js'
import { argsOf } from './program.js'
import { codeOf } from './stores.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A process that floods what it is told, and says what it hears. */
class Peer {
  private out = ''
  private readonly child
  private ears: (() => void)[] = []

  constructor(t: Test, ...args: string[]) {
    this.child = spawn(process.execPath, [...argsOf('test/flood/peer.ts'), ...args], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
      for (const ear of this.ears) ear()
    })
    t.teardown(() => this.child.kill('SIGKILL'))
  }

  append(message: string): void {
    this.child.stdin.write(`${message}\n`)
  }

  stop(): void {
    this.child.kill('SIGSTOP')
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = pattern.exec(this.out)
        if (found !== null) resolve(found)
      }
      this.ears.push(look)
      look()
    })
  }
}

test("pull-flood's README runs between processes, through the published modules", { timeout: 30_000 }, async (t) => {
  const server = new Peer(t)
  const [, port = ''] = await server.says(/port (\d+)/)
  const [one, other] = [new Peer(t, port), new Peer(t, port)]
  await Promise.all([one.says(/connected/), other.says(/connected/), server.says(/connected[^]*connected/)])
  one.append('hello')
  await Promise.all([one, server, other].map((peer) => peer.says(/received hello/)))
  other.append('and back')
  await Promise.all([one, server, other].map((peer) => peer.says(/received and back/)))
  one.kill()
  await server.says(/disconnected/)
  t.pass('all three heard both')
})

test('the same in our form, over our TCP', { timeout: 30_000 }, async (t) => {
  const heard: Json[] = []
  let got: (() => void) | null = null
  const all = new Promise<void>((resolve) => { got = resolve })
  const alpha = createFlood({ host: 'alpha', onConnect: () => alpha.append('hello'), onMessage: (message) => { if (heard.push(message) === 2) got?.() } })
  const beta = createFlood({ host: 'beta', onMessage: (message) => { if (message === 'hello') beta.append({ hello: 'back' }) } })
  const server = createServer((tcp) => pull(tcp, doubleline.parse(), alpha.createStream(), doubleline.stringify(), tcp))
  server.listen(0, '127.0.0.1', () => {
    const tcp = connect(server.address()?.port ?? 0, '127.0.0.1')
    pull(tcp, doubleline.parse(), beta.createStream('alpha'), doubleline.stringify(), tcp)
  })
  await all
  t.deepEqual(heard, ['hello', { hello: 'back' }])
  await Promise.all([alpha.close(), beta.close()])
  server.close()
})

type Told = { messages: Json[]; dropped: Json[]; gaps: Gap[]; links: string[] }

/** A flood on a clock, and what it was told. */
function floodAt(clock: Clock, host: string, options: FloodOptions = {}): Told & { flood: ReturnType<typeof createFlood> } {
  const told: Told = { messages: [], dropped: [], gaps: [], links: [] }
  const flood = createFlood({
    host, time: clock, now: clock.date, onMessage: (message) => told.messages.push(message), onDrop: (message) => told.dropped.push(message),
    onGap: (gap) => told.gaps.push(gap), onConnect: (id) => told.links.push(`+${id}`), onDisconnect: (id) => told.links.push(`-${id}`), ...options
  })
  return { ...told, flood }
}

test('messages missed while a link was down come when it is back; what nobody keeps is a gap', (t) => {
  const clock = new Clock()
  const [a, b] = [floodAt(clock, 'a', { capacity: 3 }), floodAt(clock, 'b')]
  const cut = link(a.flood, b.flood)
  a.flood.append(0)
  clock.run(1_000)
  cut()
  clock.run(100)
  for (const n of [1, 2, 3, 4, 5]) a.flood.append(n)
  link(a.flood, b.flood)
  clock.run(2_000)
  t.deepEqual(b.messages, [0, 3, 4, 5])
  t.deepEqual(b.gaps.map(({ host, from, to }) => [host, from, to]), [['a', 2, 3]])
  t.deepEqual(a.dropped, [0, 1, 2], 'what is kept no longer is told as dropped, also where all had it')
  t.deepEqual([a.links, b.links], [['+b', '-b', '+b'], ['+a', '-a', '+a']])
  t.end()
})

test('data holds what is kept, by the time of its receipt: live, with unique keys, and not to be written to', (t) => {
  const clock = new Clock()
  const [a, b] = [floodAt(clock, 'a', { capacity: 4 }), floodAt(clock, 'b')]
  link(a.flood, b.flood)
  const { data } = a.flood
  a.flood.append('x')
  a.flood.append('x')
  clock.run(1_000)
  b.flood.append({ of: ['b'] })
  clock.run(1_000)
  t.deepEqual(Object.values(data), ['x', 'x', { of: ['b'] }])
  const keys = Object.keys(data)
  t.deepEqual([new Set(keys).size, [...keys].sort((m, n) => Number(m) - Number(n))], [3, keys], 'keys are unique and rise')
  t.ok(keys.every((key) => Math.abs(Number(key) - clock.date()) < 3_000), 'and are times')
  t.throws(() => { (data as Record<string, Json>)['x'] = 1 }, TypeError)
  t.throws(() => { delete (data as Record<string, Json>)[keys[0] ?? ''] }, TypeError)
  t.throws(() => { (data[keys[2] ?? ''] as { of: Json[] }).of.push('mine') }, TypeError)
  for (const n of [1, 2, 3]) a.flood.append(n)
  t.deepEqual(Object.values(data), [{ of: ['b'] }, 1, 2, 3])
  t.end()
})

test('contents of one id count as one, as long as one of them is kept', (t) => {
  const clock = new Clock()
  const id = (message: Json): string => JSON.stringify(message)
  const [a, b, c] = ['a', 'b', 'c'].map((host) => floodAt(clock, host, { id, capacity: 3 })) as [ReturnType<typeof floodAt>, ReturnType<typeof floodAt>, ReturnType<typeof floodAt>]
  link(a.flood, b.flood)
  link(b.flood, c.flood)
  clock.run(100)
  a.flood.append({ n: 1 })
  c.flood.append({ n: 1 })
  a.flood.append({ n: 1 })
  clock.run(1_000)
  t.deepEqual([a, b, c].map(({ messages }) => messages), [[{ n: 1 }], [{ n: 1 }], [{ n: 1 }]])
  for (const n of [2, 3, 4]) b.flood.append({ n })
  clock.run(1_000)
  a.flood.append({ n: 1 })
  clock.run(1_000)
  t.deepEqual(c.messages.at(-1), { n: 1 }, 'one that is kept no longer is new again')
  t.end()
})

test('what throws, and what cannot be, is told to who did it', (t) => {
  const clock = new Clock()
  const errors: unknown[] = []
  const a = createFlood({ host: 'a', time: clock, now: clock.date, onMessage: () => { throw new Error('mine') } })
  a.on('error', (error) => errors.push(error))
  a.append(1)
  t.deepEqual(errors.map(String), ['Error: mine'])
  t.throws(() => a.append({ at: undefined } as never), /message\.at is undefined/)
  t.throws(() => createFlood({ capacty: 1 } as never), /no option "capacty"/)
  t.throws(() => createFlood({ capacity: 0 }), /capacity must be/)
  t.throws(() => createFlood({ onDrop: 1 } as never), /onDrop must be a function/)
  void a.close()
  t.equal(codeOf(thrownBy(() => a.append(1))), 'ERR_CLOSED')
  t.end()
})

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}
