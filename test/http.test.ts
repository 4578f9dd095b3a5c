/**
 * The HTTP of a host, with requests that mean no good: who may ask, what may come in, how much, and what it costs when nobody reads.
 */
import { connect } from 'node:net'
import { request } from 'node:http'
import test, { type Test } from 'tape'
import { argsMax, patternMax, requestBytesMax, requestDepthMax, settleMsMax, watchersMax } from '../lib/cli/bounds.js'
import { Host, type Doors } from '../lib/cli/host.js'
import { matches } from '../lib/cli/server/pattern.js'
import { createNode, type GossipNode } from '../lib/node/index.js'

type Http = NonNullable<Doors['http']>
type Answer = { status: number; body: string; headers: Record<string, unknown> }

/** A host with HTTP, closed with the test. */
async function opened(t: Test, more: Partial<Http> = {}, expect: string[] = []): Promise<{ host: Host; node: GossipNode; port: number }> {
  const node = createNode({ host: 'α', expect })
  const host = new Host(node)
  t.teardown(() => host.close())
  await host.open({ socket: null, http: { address: '127.0.0.1', port: 0, write: false, names: [], ...more } }, null)
  return { host, node, port: Number(new URL(host.url ?? '').port) }
}

type Asked = { method?: string; headers?: Record<string, string>; body?: string | Buffer }

function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const post = (port: number, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
  return ask(port, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
}

/** What comes back for bytes as they are. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => { text += String(chunk) })
    socket.on('close', () => resolve(text))
    socket.on('error', () => {})
  })
}

test('values are read and written as JSON, with coherence, and names are whatever names can be', async (t) => {
  const { port } = await opened(t, { write: true }, ['β'])
  const doubts = [{ host: 'β', why: 'disconnected' }]
  const told = async (answer: Promise<Answer>): Promise<unknown> => JSON.parse((await answer).body, (key, value: unknown) => (key === 'since' ? undefined : value)) as unknown
  t.deepEqual(await told(post(port, '/counters/calls', { increment: 5 })), { name: 'calls', value: 5, coherent: false, doubts })
  t.deepEqual(await told(post(port, '/counters/calls', { decrement: 2 })), { name: 'calls', value: 3, coherent: false, doubts })
  t.deepEqual(await told(post(port, '/counters/big?numbers=bigint', { increment: '9'.repeat(30) })), { name: 'big', value: '9'.repeat(30), coherent: false, doubts })
  t.deepEqual(await told(post(port, '/registers/a%2Fb', { value: { x: [1] }, expire: 'never' })), { name: 'a/b', value: { x: [1] }, coherent: false, doubts, written: true })
  t.deepEqual(await told(post(port, '/registers/a%2Fb', { clear: true })), { name: 'a/b', value: null, coherent: false, doubts, written: false })
  t.deepEqual(await told(post(port, '/sets/s', { add: ['x', 'y', '__proto__'], delete: ['z'] })), { name: 's', value: 3, coherent: false, doubts, changed: 3 })
  t.deepEqual(await told(ask(port, '/sets/s')), { name: 's', value: ['x', 'y', '__proto__'], coherent: false, doubts })
  t.deepEqual(await told(ask(port, '/sets/s?has=y')), { name: 's', value: true, coherent: false, doubts })
  t.deepEqual(await told(post(port, '/sets/s', { clear: true })), { name: 's', value: 0, coherent: false, doubts, changed: 3 })
  for (const name of ['__proto__', 'constructor', '<img src=x onerror=alert(1)>', '../../etc/passwd', 'ä\u0000\n']) {
    const { body } = await post(port, `/counters/${encodeURIComponent(name)}`, { increment: 1 })
    t.equal((JSON.parse(body) as { name: string }).name, name)
  }
  const health = await ask(port, '/health')
  t.deepEqual([health.status, (JSON.parse(health.body) as { coherent: boolean }).coherent], [503, false], 'health says what is wrong')
  t.equal((await ask((await opened(t)).port, '/health')).status, 200, 'and nothing else')
})

test('pages of others, names that were pointed here, and whoever lacks the token get nothing', async (t) => {
  const { port } = await opened(t, { write: true, names: ['gossip.lan'] })
  const status = async (headers: Record<string, string>, path = '/stats'): Promise<number> => (await ask(port, path, { headers })).status
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '[::1]:80', '10.1.2.3', 'gossip.lan', 'GOSSIP.lan:80']) t.equal(await status({ host }), 200, host)
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', 'gossip.lan@evil.example', 'a:b:c']) t.equal(await status({ host }), 421, host)
  t.equal(await status({ origin: `http://127.0.0.1:${port}` }), 200)
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${port + 1}`, `http://127.0.0.1.evil.example:${port}`]) t.equal(await status({ origin }), 403, origin)
  t.equal(await status({ 'sec-fetch-site': 'cross-site' }), 403)
  t.equal((await post(port, '/counters/x', { increment: 1 }, { origin: 'http://evil.example' })).status, 403)
  // What a page of another origin can send without being asked first is no JSON.
  t.equal((await ask(port, '/counters/x', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"increment":1}' })).status, 415)

  const locked = await opened(t, { token: 'sësame' })
  const bearing = async (authorization?: string): Promise<number> => (await ask(locked.port, '/stats', { headers: authorization === undefined ? {} : { authorization } })).status
  for (const wrong of [undefined, 'Bearer', 'Bearer x', 'Basic c2VzYW1l', 'Bearer sesame ']) t.equal(await bearing(wrong), 401, wrong ?? 'none')
  t.equal(await bearing(`Bearer ${Buffer.from('sësame').toString('latin1')}`), 401)
  t.equal(await bearing(Buffer.from('Bearer sësame').toString('latin1')), 401, 'as bytes that are no token')
  const plain = await opened(t, { token: 'open' })
  t.equal((await ask(plain.port, '/stats', { headers: { authorization: 'bearer open' } })).status, 200)
  for (const path of ['/stats', '/events', '/bus', '/view', '/metrics', '/health', '/counters/x', '/nothing']) t.equal((await ask(plain.port, path)).status, 401, path)
})

test('writes are off unless they were turned on, and what is improper changes nothing', async (t) => {
  const shut = await opened(t)
  for (const path of ['/counters/x', '/registers/x', '/sets/x', '/bus/x', '/batch']) {
    const { status, body } = await post(shut.port, path, { increment: 1 })
    t.deepEqual([status, /writes are off/.test(body)], [403, true], path)
  }
  const { node, port } = await opened(t, { write: true })
  const improper: [string, unknown, number][] = [
    ['/counters/x', { increment: 1, decrement: 1 }, 400], ['/counters/x', {}, 400], ['/counters/x', [], 400], ['/counters/x', null, 400],
    ['/counters/x', { increment: '1' }, 400], ['/counters/x', { increment: 1.5 }, 400], ['/counters/x', { increment: 1e300 }, 400],
    ['/counters/x', { increment: 1, wat: 1 }, 400], ['/counters/x', { increment: 1, expire: 1 }, 409], ['/counters/x', { increment: 1, expire: {} }, 400],
    ['/counters/x?numbers=roman', { increment: 1 }, 400], ['/counters/x?numbers=bigint', { increment: '1e3' }, 400],
    [`/counters/${'x'.repeat(257)}`, { increment: 1 }, 400], ['/counters/', { increment: 1 }, 400],
    ['/registers/x', { value: 'x'.repeat(20_000) }, 400], ['/registers/x', { value: 1, clear: true }, 400],
    ['/sets/x', { add: 'x' }, 400], ['/sets/x', { add: [1] }, 400], ['/sets/x', { add: ['x'.repeat(300)] }, 400],
    ['/batch', { counts: { x: 1 } }, 400], ['/batch', { counts: [['x', 'y']] }, 400], ['/batch', { counts: [['x', 1], ['', 1]] }, 400],
    ['/batch', { counts: [['x', 1]], position: { name: 'p' } }, 400], ['/batch', { counts: [['x', 1]], position: { name: 'p', before: 1, after: 2 } }, 409],
    ['/nothing/x', { increment: 1 }, 404]
  ]
  for (const [path, body, status] of improper) t.equal((await post(port, path, body)).status, status, `${path.slice(0, 40)} ${JSON.stringify(body).slice(0, 60)}`)
  t.equal((await ask(port, '/counters/x', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"increment":' })).status, 400)
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) t.equal((await ask(port, '/counters/x', { method })).status, 405, method)
  for (const path of ['/counters/%', '/counters/%ff', '/names?limit=-1', '/names?limit=501', '/names?offset=x']) t.equal((await ask(port, path)).status, 400, path)
  for (const path of ['/counters', '/counters/a/b', '/page/../server.js', '/..%2f..%2fpackage.json']) t.equal((await ask(port, path)).status, 404, path)
  t.equal(node.store.counter('x').value, 0, 'nothing was counted')
  t.equal(node.store.register('x').value, undefined)
})

test('a batch is taken once, with its position', async (t) => {
  const { node, port } = await opened(t, { write: true })
  const batch = (before: unknown, after: unknown): Promise<Answer> => post(port, '/batch', { counts: [['a', 2], ['b', 1]], position: { name: 'p', before, after } })
  t.equal((await batch(null, { at: 10 })).status, 200)
  t.equal((await batch(null, { at: 10 })).status, 200, 'again, as after a lost answer')
  t.equal((await batch({ at: 5 }, { at: 20 })).status, 409, 'from another position')
  t.deepEqual([node.store.counter('a').value, node.store.counter('b').value, node.store.register('p').value], [2, 1, { at: 10 }])
})

test('a body has as many bytes as it may, and not one more, whatever it says of its length', async (t) => {
  const { port } = await opened(t, { write: true })
  const sized = (bytes: number, headers: Record<string, string>): Promise<Answer> => {
    const body = `{"value":1,"pad":"${'x'.repeat(bytes - 20)}"}`
    return ask(port, '/registers/r', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  }
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    t.equal((await sized(requestBytesMax, headers)).status, 400, 'read, and found improper')
    t.equal((await sized(requestBytesMax + 1, headers)).status, 413)
  }
  const deep = async (levels: number): Promise<number> => {
    const body = `{"value":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    return (await ask(port, '/registers/r', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status
  }
  t.deepEqual([await deep(65), await deep(requestDepthMax), await deep(requestDepthMax + 1), await deep(500_000)], [200, 400, 413, 413], 'and as many levels')
  for (const bytes of ['\u0000\u0001\u0002\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'GET / HTTP/1.1\r\n\r\n']) {
    t.match(await raw(port, bytes), /^HTTP\/1\.1 (400|431) /, JSON.stringify(bytes.slice(0, 30)))
  }
  t.equal((await ask(port, '/stats')).status, 200, 'the host goes on')
})

test('the page may run its own script and no other, and nothing is cached or framed', async (t) => {
  const { port } = await opened(t)
  const { headers } = await ask(port, '/stats')
  const policy = String(headers['content-security-policy'])
  t.match(policy, /default-src 'none'/)
  t.match(policy, /script-src 'self';/)
  t.match(policy, /frame-ancestors 'none'/)
  t.notOk(/unsafe|https?:|\*/.test(policy), policy)
  t.deepEqual([headers['x-content-type-options'], headers['cache-control'], headers['referrer-policy']], ['nosniff', 'no-store', 'no-referrer'])
  const head = await ask(port, '/stats', { method: 'HEAD' })
  t.deepEqual([head.status, head.body], [200, ''])
})

test('metrics are in the text format of Prometheus, with the figures of each peer', async (t) => {
  const { node, port } = await opened(t, {}, ['β'])
  const other = createNode({ host: 'β', listen: 'tcp://127.0.0.1:0' })
  t.teardown(() => other.close())
  node.connect(await new Promise<string>((resolve) => other.once('listening', resolve)))
  await node.ready()
  node.store.counter('calls').increment()
  await node.store.settled()
  const { body, headers } = await ask(port, '/metrics')
  t.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const value = (name: string): number => Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (.*)$`, 'm').exec(body)?.[1])
  t.equal(value('pull_gossip_coherent{host="α"}'), 1)
  t.equal(value('pull_gossip_names{kind="counter",host="α"}'), 1)
  t.equal(value('pull_gossip_peer_connected{peer="β",host="α"}'), 1)
  t.equal(value('pull_gossip_peer_sent_changes_total{peer="β",host="α"}'), 1)
  t.equal(value('pull_gossip_peer_lag_changes{peer="β",host="α"}'), 0)
  t.ok(value('pull_gossip_sent_bytes_total{host="α"}') > 100)
  t.match(body, /^# TYPE pull_gossip_sent_bytes_total counter$/m)
  t.equal(value('pull_gossip_held_bytes{host="α"}'), node.store.statistics().bytes)
  const lines = body.trim().split('\n').filter((line) => line !== '' && !/^(# (HELP|TYPE) [a-z\d_:]+ .+|[a-z\d_]+(\{.*\})? [-+.e\dNaInf]+)$/.test(line))
  t.deepEqual(lines, [], 'every line is a comment or a figure')
})

/** Reads events until told to stop. */
function events(t: Test, port: number, path: string): { response: Promise<import('node:http').IncomingMessage>; text: () => string } {
  let text = ''
  const response = new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path }, resolve).on('error', reject)
    sent.end()
    t.teardown(() => sent.destroy())
  })
  void response.then((answer) => answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('error', () => {}))
  return { response, text: () => text }
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('a reader that stalls costs no queue: it gets the newest of each name, and then what comes', async (t) => {
  const { node, port } = await opened(t)
  const { response, text } = events(t, port, '/events?names=n*&kind=counter')
  const answer = await response
  await until(() => text().includes('event: host'))
  answer.pause()
  const [names, rounds] = [500, 200]
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < names; i += 1) node.store.counter(`n${i}-${'x'.repeat(200)}`).increment()
    node.store.counter('other').increment()
    // A turn for the sockets, so that all that would be written is.
    await new Promise((resolve) => setImmediate(resolve))
  }
  answer.resume()
  const values = (): Map<string, string> => new Map([...text().matchAll(/"name":"(n\d+)-x*".*?"value":"(\d+)"/g)].map(([, name = '', value = '']) => [name, value]))
  await until(() => [...values().values()].filter((value) => value === String(rounds)).length === names)
  t.equal([...values().values()].filter((value) => value === String(rounds)).length, names, 'the newest of every name came')
  const told = text().match(/event: change/g)?.length ?? 0
  t.ok(told < (names * rounds) / 2, `${told} of ${names * rounds} changes were told`)
  t.notOk(text().includes('"other"'), 'and of the names that were asked for only')
  node.store.counter('n-late').increment()
  await until(() => text().includes('n-late'))
  t.ok(text().includes('n-late'))
})

type HeardEvent = { name: string; args: unknown[]; host: string }

/** The events in a stream of a bus. */
function heardIn(text: string): HeardEvent[] {
  return [...text.matchAll(/^event: heard\ndata: ([^\n]*)\n\n/gm)].map(([, json = '']) => JSON.parse(json) as HeardEvent)
}

test('events are posted and heard, by patterns of their names, and those held already where that is asked for', async (t) => {
  const { node, port } = await opened(t, { write: true })
  const [all, some] = [events(t, port, '/bus'), events(t, port, '/bus?names=c*l')]
  await until(() => [all, some].every(({ text }) => text() === 'event: host\ndata: {"host":"α"}\n\n'))
  const { status, body } = await post(port, '/bus/call', { args: ['é\n\u2028', { __proto__: 1, deep: [null] }] })
  t.deepEqual([status, JSON.parse(body)], [200, { name: 'call', connected: 0, drained: true, settled: null, coherent: true }])
  for (const name of ['a/b', '__proto__', 'error', '<img src=x onerror=alert(1)>', 'ä\u0000\n', 'cool']) t.equal((await post(port, `/bus/${encodeURIComponent(name)}`, {})).status, 200)
  await until(() => heardIn(all.text()).length === 7 && heardIn(some.text()).length === 2)
  t.deepEqual(heardIn(all.text()).map(({ name }) => name), ['call', 'a/b', '__proto__', 'error', '<img src=x onerror=alert(1)>', 'ä\u0000\n', 'cool'])
  t.deepEqual(heardIn(some.text()).map(({ name, args, host }) => [name, args, host]), [['call', ['é\n\u2028', { deep: [null] }], 'α'], ['cool', [], 'α']])
  const old = events(t, port, '/bus?old=1&names=cool')
  await until(() => heardIn(old.text()).length === 1)
  t.equal(heardIn(old.text())[0]?.name, 'cool')
  t.deepEqual(node.store.names(), [], 'and no name of the store came of it')
  const { body: figures } = await ask(port, '/metrics')
  const figure = (name: string): string | undefined => new RegExp(`^pull_gossip_bus_${name}_events_total.* (\\d+)$`, 'm').exec(figures)?.[1]
  t.deepEqual(['emitted', 'heard', 'missed', 'dropped'].map(figure), ['7', '7', '0', '0'])
})

test('events that are improper are refused, and none is emitted', async (t) => {
  const { node, port } = await opened(t, { write: true })
  const deep = JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown
  const improper: [string, unknown, number][] = [
    ['/bus/x', [], 400], ['/bus/x', null, 400], ['/bus/x', { args: {} }, 400], ['/bus/x', { args: 'a' }, 400], ['/bus/x', { arg: [] }, 400],
    ['/bus/x', { args: ['x'.repeat(20_000)] }, 400], ['/bus/x', { args: [deep] }, 400], ['/bus/x', { args: Array.from({ length: argsMax + 1 }, () => 1) }, 400],
    [`/bus/${'x'.repeat(16_384)}`, { args: [] }, 400], ['/bus/', { args: [] }, 400], ['/bus/x', { settleMs: 0 }, 400], ['/bus/x', { settleMs: settleMsMax + 1 }, 400],
    ['/bus/x', { settleMs: '5' }, 400], ['/bus', { args: [] }, 405], ['/bus/x/y', { args: [] }, 404], ['/bus/x', { args: ['x'.repeat(requestBytesMax)] }, 413]
  ]
  for (const [path, body, status] of improper) t.equal((await post(port, path, body)).status, status, `${path.slice(0, 20)} ${JSON.stringify(body).slice(0, 40)}`)
  t.equal((await ask(port, '/bus/x')).status, 405, 'one event is not read')
  t.equal((await ask(port, `/bus?names=${'*'.repeat(patternMax + 1)}`)).status, 400)
  t.equal((await ask(port, '/bus/x', { method: 'DELETE' })).status, 405)
  t.equal((await ask(port, '/bus', { method: 'HEAD' })).status, 405)
  t.equal(node.store.statistics().cells, 0)
})

test('a listener that stalls costs no queue: it is told how many of its events it lost, and hears the newest', async (t) => {
  const { host, port } = await opened(t)
  const [slow, quick] = [events(t, port, '/bus?names=e'), events(t, port, '/bus')]
  const answer = await slow.response
  await until(() => [slow, quick].every(({ text }) => text() !== ''))
  answer.pause()
  const count = 24_000
  for (let i = 1; i <= count; i += 1) {
    host.watch.heard.emit('e', [i, 'x'.repeat(1_000)])
    if (i % 4 === 0) host.watch.heard.emit('other', [])
    // A turn for the sockets now and then, so that all that would be written is.
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve))
  }
  await until(() => quick.text().includes(`[${count},`))
  t.equal(heardIn(quick.text()).length, count * 1.25, 'who keeps up hears all')
  t.notOk(quick.text().includes('skipped'))
  answer.resume()
  await until(() => slow.text().includes(`[${count},`))
  const numbers = heardIn(slow.text()).map(({ args }) => Number(args[0]))
  const skips = [...slow.text().matchAll(/event: skipped\ndata: \{"events":(\d+)\}/g)].map(([, events]) => Number(events))
  t.equal(skips.length, 1)
  t.equal(numbers.length + (skips[0] ?? 0), count, `${skips[0]} were lost, and told`)
  t.ok(numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? 0)), 'in order')
  t.notOk(slow.text().includes('"other"'), 'and what it did not ask for is neither told nor counted')
})

test('a burst of another host is heard whole, and what it let go of is told as a gap', async (t) => {
  const { host, node, port } = await opened(t)
  const other = createNode({ host: 'β', listen: 'tcp://127.0.0.1:0' })
  t.teardown(() => other.close())
  const at = await new Promise<string>((resolve) => other.once('listening', resolve))
  node.connect(at)
  await node.ready()
  const listener = events(t, port, '/bus?names=n')
  await until(() => listener.text() !== '')
  const burst = 20_000
  for (let i = 1; i <= burst; i += 1) other.bus.emit('n', i)
  await until(() => heardIn(listener.text()).length >= burst)
  const numbers = heardIn(listener.text()).filter(({ host }) => host === 'β').map(({ args }) => Number(args[0]))
  t.equal(numbers.length, burst)
  t.ok(numbers.every((n, i) => n === i + 1), 'in order')
  t.notOk(listener.text().includes('skipped'))

  // While they are apart, more than is kept.
  const gone = new Promise((resolve) => other.store.once('disconnect', resolve))
  node.disconnect('β')
  await gone
  for (let i = 1; i <= 1_500; i += 1) other.bus.emit('n', -i)
  node.connect(at)
  await until(() => listener.text().includes('[-1500]'))
  const [, gap = '{}'] = /event: gap\ndata: (.*)/.exec(listener.text()) ?? []
  const { from, to, host: whose } = JSON.parse(gap) as { from: number; to: number; host: string }
  t.deepEqual([whose, from, to, host.watch.heard.missed], ['β', burst + 1, burst + 500, 500])
})

test('so many may watch, and not one more', async (t) => {
  const { port } = await opened(t)
  const all = Array.from({ length: watchersMax }, (_, i) => events(t, port, ['/events', '/view', '/bus'][i % 3] ?? '').response)
  t.ok((await Promise.all(all)).every(({ statusCode }) => statusCode === 200), `${watchersMax} watch`)
  t.equal((await ask(port, '/events')).status, 503)
  const first = await all[0]
  first?.destroy()
  let status = 503
  for (let i = 0; i < 100 && status !== 200; i += 1) status = (await events(t, port, '/view').response).statusCode ?? 0
  t.equal(status, 200, 'one that went made room')
})

test('100,000 names are searched by the host, which gives a window of them', async (t) => {
  const { node, port } = await opened(t)
  for (let i = 0; i < 100_000; i += 1) node.store.counter(`calls/${String(i).padStart(6, '0')}`).increment()
  type Window = { total: number; found: number; offset: number; rows: { name: string; value: string }[] }
  const names = async (query: string): Promise<Window> => JSON.parse((await ask(port, `/names?${query}`)).body) as Window
  const all = await names('offset=99990&limit=50')
  t.deepEqual([all.total, all.found, all.rows.length, all.rows.at(-1)?.name], [100_000, 100_000, 10, 'calls/099999'])
  const some = await names('search=LLS/0123&limit=2')
  t.deepEqual([some.found, some.rows.map(({ name }) => name)], [100, ['calls/012300', 'calls/012301']])
  node.store.counter('aaa').increment()
  node.store.set('zzz').add('x')
  const more = await names('limit=1')
  t.deepEqual([more.total, more.rows[0]?.name], [100_002, 'aaa'], 'a new name has its place at once')
  t.equal((await names('kind=set')).found, 1)
})

test('patterns match whole names, and a hostile one takes no longer than its length', (t) => {
  for (const [pattern, name] of [['*', ''], ['a*c', 'abbc'], ['a?c', 'abc'], ['*b*', 'abc'], ['?', '𝒳'], ['**x', 'xx'], ['', '']] as const) t.ok(matches(pattern, name), `${pattern} ${name}`)
  for (const [pattern, name] of [['a', 'ab'], ['a*c', 'ab'], ['?', ''], ['a?c', 'ac'], ['*.log', 'log'], ['A', 'a']] as const) t.notOk(matches(pattern, name), `${pattern} ${name}`)
  t.notOk(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(256)))
  t.end()
})
