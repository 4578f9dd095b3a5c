/**
 * The main entry is for browsers, too: it bundles for them as it stands, and in a page of a real headless Chromium its store replicates
 * with one in Node, over the WebSocket of test/websocket.ts, whose own manners are tried first.
 *
 * Chromium is the machine's own (PULL_GOSSIP_CHROMIUM names another, or, if empty, none); without one its tests are skipped.
 */
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { chromium, type Browser, type Page } from 'playwright-core'
import pull from 'pull-stream'
import test, { type Test } from 'tape'
import { WebSocket } from 'ws'
import { createStore, limits, type Abort, type Duplex, type Source, type Store, type StoreEvents } from '../index.js'
import { doubleline } from '../lib/wire/codec.js'
import { until } from './arrival.js'
import { args, bundle, deadlineMs, executablePath, host, inPage, inTime, pageOf, pageOfCode, served, skip } from './chromium.js'
import { ask, codeOf, deferred, Manual, readAll } from './loopback.js'
import { duplexOf, type Bytes } from './websocket.js'

let started: Promise<Browser> | null = null
test.onFinish(() => void started?.then((browser) => browser.close()))

/** Both ends of a WebSocket that is open. */
async function pair(t: Test): Promise<{ near: WebSocket; far: WebSocket }> {
  const accepted = deferred<WebSocket>()
  const near = new WebSocket(`ws://${host}:${await served(t, {}, accepted.resolve)}`)
  t.teardown(() => { near.terminate() })
  await inTime('a WebSocket was open', once(near, 'open'))
  return { near, far: await accepted.promise }
}

/** One read. */
function read({ source }: Duplex<Bytes, Bytes>): ReturnType<typeof ask> {
  return ask(source as Source<Uint8Array>)
}

/** The next event of a store. */
function told<E extends keyof StoreEvents & string>(store: Store, event: E): Promise<StoreEvents[E]> {
  return inTime(`${store.host} told ${event}`, new Promise((resolve) => store.once(event, (...args) => resolve(args))))
}

/** The store "node", and a page with the store "page" that is connected to it. */
async function opened(t: Test): Promise<{ node: Store; page: Page }> {
  const node = createStore({ host: 'node' })
  t.teardown(() => node.close())
  const port = await served(t, await pageOfCode('test/page/page.ts'), (socket) => {
    const duplex = duplexOf(socket)
    const stream = node.createStream()
    stream.sink(doubleline.parse()(duplex.source))
    duplex.sink(doubleline.stringify()(stream.source))
  })
  started ??= chromium.launch({ executablePath, args, headless: true, timeout: deadlineMs })
  const context = await (await started).newContext()
  t.teardown(() => inTime('the context was closed', context.close()))
  const page = await pageOf(t, context)
  const connected = told(node, 'connect')
  await page.goto(`http://${host}:${port}`, { timeout: deadlineMs })
  await connected
  return { node, page }
}

test('the main entry and the codec bundle for browsers, and draw in nothing of Node', async (t) => {
  for (const [name, path, most] of [['the main entry', 'index.ts', 190_000], ['the codec alone', 'lib/wire/codec.ts', 12_000]] as const) {
    const { code, files, complaints, imports } = await bundle(path)
    const { length } = Buffer.from(code)
    t.comment(`${name}: ${length} bytes minified, ${gzipSync(code, { level: 9 }).length} gzipped, from ${files.length} files`)
    t.deepEqual(complaints, [], `${name} bundles without complaint`)
    t.deepEqual(files.filter((file) => !/^(index\.ts$|lib\/)/.test(file)), [], 'from files of its own')
    t.deepEqual(imports, [], 'and needs nothing beside them')
    t.ok(length > 1_000 && length < most, `in fewer than ${most} bytes`)
  }
  const refused = await bundle('lib/transport/tcp.ts').catch(String)
  t.match(String(refused), /Could not resolve "node:net"/, 'which a bundle with a part of Node in it could not')
})

test('bytes and text go both ways over a WebSocket, and the end of one way is the end of both', async (t) => {
  const { near, far } = await pair(t)
  const [left, right] = [duplexOf(near), duplexOf(far)]
  const upstream = new Manual()
  left.sink(upstream.source)
  pull(pull.values<Bytes>(['from ', new TextEncoder().encode('the right')]), right.sink)
  t.deepEqual(await readAll(left.source as Source<Uint8Array>), { end: true, bytes: 14, text: 'from the right' })
  t.equal(await inTime('upstream was told', upstream.aborted.promise), true)
  t.equal((await read(right)).end, true)
})

test('a WebSocket that breaks is ERR_RESET at both ends, and so is one that was closed because of an error', async (t) => {
  const acts: Record<string, (socket: WebSocket, upstream: Manual) => void> = {
    broken: (socket) => socket.terminate(),
    failed: (_, upstream) => upstream.open(new Error('enough'))
  }
  for (const [how, act] of Object.entries(acts)) {
    const { near, far } = await pair(t)
    const [left, right] = [duplexOf(near), duplexOf(far)]
    const [here, there] = [new Manual(), new Manual()]
    left.sink(here.source)
    right.sink(there.source)
    here.open(null, 'before')
    t.equal((await read(right)).text, 'before')
    act(near, here)
    const { end } = await read(right)
    t.equal(codeOf(end), 'ERR_RESET', how)
    t.equal(await inTime('upstream was told', there.aborted.promise), end, 'and upstream is told the same')
    t.equal(codeOf((await read(left)).end), 'ERR_RESET')
  }
})

test('a WebSocket whose source was aborted lets its sink say a last word, and closes if it says none', async (t) => {
  for (const word of ['bye', '']) {
    const { near, far } = await pair(t)
    const [left, right] = [duplexOf(near), duplexOf(far)]
    const [here, there] = [new Manual(), new Manual()]
    left.sink(here.source)
    right.sink(there.source)
    t.equal((await ask(left.source as Source<Uint8Array>, true)).end, true)
    there.open(null, 'unheard')
    t.equal((await read(left)).end, true, 'nothing more is read')
    if (word !== '') here.open(null, word)
    t.deepEqual(await readAll(right.source as Source<Uint8Array>), { end: true, bytes: word.length, text: word })
  }
})

test('what goes out over a WebSocket waits while much is under way', async (t) => {
  const ears = new Map<string, (event: { code: number; data: unknown }) => void>()
  const socket = {
    binaryType: '',
    readyState: 0,
    bufferedAmount: 0,
    send: ({ length }: Bytes) => { socket.bufferedAmount += length },
    close: () => {},
    addEventListener: (type: string, hear: (event: { code: number; data: unknown }) => void) => { ears.set(type, hear) }
  }
  const tell = (type: string): void => ears.get(type)?.({ code: 1000, data: null })
  let asked = 0
  const tenth = deferred<void>()
  const aborted = deferred<Abort>()
  duplexOf(socket).sink((abort, cb) => {
    if (abort) return aborted.resolve(abort)
    asked += 1
    if (asked === 10) tenth.resolve()
    cb(asked > 100 ? true : null, new Uint8Array(limits.batchBytes / 4))
  })
  t.equal(asked, 0, 'before it is open')
  socket.readyState = 1
  tell('open')
  t.equal(asked, 5, 'while more than a batch is')
  socket.bufferedAmount = 0
  await inTime('it went on', tenth.promise)
  t.equal(asked, 10, 'and no longer than that')
  tell('close')
  t.equal(await inTime('upstream was told', aborted.promise), true)
})

test('two stores replicate between a page and Node over a WebSocket in a real headless Chromium', { skip }, async (t) => {
  const { node, page } = await opened(t)
  const clicks = node.counter('clicks')
  clicks.increment(2)
  await inPage(page, 'clicks.increment(3)')
  t.deepEqual(await inPage(page, 'store.settled()'), ['node'])
  t.deepEqual(await inTime('Node had settled', node.settled()), ['page'])
  t.equal(clicks.value, 5)
  await inPage(page, 'reads(5)')
  t.deepEqual(await inPage(page, 'clicks.read()'), { coherent: true, value: 5 })

  const came = inTime('the write of the page had come', until(node, () => clicks.value === 15))
  await inPage(page, 'clicks.increment(10)')
  await came
  t.pass('a later write of the page comes to Node')
  clicks.decrement(20)
  await inPage(page, 'reads(-5)')
  t.pass('and one of Node to the page')

  // More than one frame and than the transport lets be under way, with characters of several bytes.
  const names = Array.from({ length: 5_000 }, (_, i) => `Zähler für Seite № ${i}`).sort()
  for (const name of names) node.counter(name).increment()
  await inTime('Node had settled', node.settled())
  t.deepEqual(await inPage(page, "store.names('Zähler').map(({ name }) => name)"), names, 'and many, with their names as they were')
})

test('a page that is loaded anew gets back what its earlier life counted, and counts on', { skip }, async (t) => {
  const { node, page } = await opened(t)
  await inPage(page, 'clicks.increment(3)')
  await inPage(page, 'store.settled()')
  const gone = told(node, 'disconnect')
  await page.reload({ timeout: deadlineMs })
  const [{ host }, error] = await gone
  t.deepEqual([host, error], ['page', null], 'its first life is gone')
  await inPage(page, 'reads(3)')
  t.deepEqual(await inPage(page, 'clicks.increment(4)'), { coherent: true, value: 7 })
  t.deepEqual(await inPage(page, 'store.settled()'), ['node'])
  t.equal(node.counter('clicks').value, 7)
  t.equal(node.statistics().authors, 3, 'each life is an author beside Node')
})

test('Node is told when a page is closed, and keeps what it counted', { skip }, async (t) => {
  const { node, page } = await opened(t)
  await inPage(page, 'clicks.increment(3)')
  await inPage(page, 'store.settled()')
  const gone = told(node, 'disconnect')
  await inTime('the page was closed', page.close())
  const [{ host }, error] = await gone
  t.deepEqual([host, error], ['page', null])
  t.equal(node.counter('clicks').value, 3)
})
