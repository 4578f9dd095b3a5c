/**
 * The program's doors under attack: as many connections, as much time and as large a batch as may be, and no more; pages of other origins;
 * and what the program says of secrets, which is nothing.
 */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type Test } from 'tape'
import { batchNamesMax, connectionsMax } from '../../lib/cli/bounds.js'
import { Host } from '../../lib/cli/host.js'
import { Door } from '../../lib/cli/server/server.js'
import { createNode } from '../../lib/node/index.js'
import { hosted, listening, run } from '../built.js'

/** A host whose HTTP may write; closed with the test. */
async function opened(t: Test): Promise<{ host: Host; port: number; ask: (path: string, more?: RequestInit) => Promise<Response> }> {
  const host = new Host(createNode({ host: 'α' }))
  t.teardown(() => host.close())
  await host.open({ socket: null, http: { address: '127.0.0.1', port: 0, write: true, names: [] } }, null)
  const ask = (path: string, more: RequestInit = {}): Promise<Response> => fetch(`${host.url ?? ''}${path}`, more)
  return { host, port: Number(new URL(host.url ?? '').port), ask }
}

function dial(t: Test, port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  return socket.on('error', () => {})
}

test('so many connections are served at once; one more is dropped, until one ends', async (t) => {
  const { port } = await opened(t)
  const sockets = Array.from({ length: connectionsMax }, () => dial(t, port))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const served = async (socket: Socket): Promise<boolean> => {
    socket.write('GET /stats HTTP/1.1\r\nhost: localhost\r\n\r\n')
    return await Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)])
  }
  t.ok(await served(sockets.at(-1) as Socket), 'the last of them is answered')
  t.notOk(await served(dial(t, port)), 'one more is not')
  sockets[0]?.destroy()
  let again = false
  for (let i = 0; i < 100 && !again; i += 1) again = await served(dial(t, port))
  t.ok(again, 'when one has ended the next is')
})

test('a request has so long to arrive; one that takes longer is answered by 408, and nobody waits for it', async (t) => {
  const door = new Door({ routes: [() => ({ json: 'served' })], writer: false, guard: null, patienceMs: 400 })
  t.teardown(() => door.close())
  const port = await door.listen('127.0.0.1', 0)
  const ask = async (waitMs: number): Promise<string> => {
    const socket = dial(t, port)
    let text = ''
    socket.setEncoding('utf8').on('data', (more: string) => { text += more })
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
    const timer = setTimeout(() => socket.write('1\r\nconnection: close\r\n\r\n'), waitMs)
    await once(socket, 'close')
    clearTimeout(timer)
    return text
  }
  t.match(await ask(50), /^HTTP\/1\.1 200 [^]*"served"/)
  t.match(await ask(60_000), /^HTTP\/1\.1 (408|400) /)
})

test('a batch has as many names as it may, and not one more, of which none is then counted', async (t) => {
  const { host, ask } = await opened(t)
  const post = async (count: number): Promise<number> => {
    const counts = Array.from({ length: count }, (_, i) => [`n${i}`, 1])
    return (await ask('/batch', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ counts }) })).status
  }
  t.equal(await post(batchNamesMax), 200, 'at the limit')
  t.equal(host.node.store.counter(`n${batchNamesMax - 1}`).value, 1)
  t.equal(await post(batchNamesMax + 1), 400, 'one above')
  t.equal(host.node.store.counter('n0').value, 1)
})

test('a page of another port of this machine, which is of the same site, has no access either', async (t) => {
  const { port } = await opened(t)
  const status = async (site: string): Promise<string> => {
    const socket = dial(t, port)
    socket.write(`GET /stats HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: ${site}\r\nconnection: close\r\n\r\n`)
    return String((await once(socket, 'data'))[0]).slice(9, 12)
  }
  t.deepEqual([await status('same-origin'), await status('none'), await status('same-site'), await status('cross-site')], ['200', '200', '403', '403'])
})

test('hosts with a key find each other by it, and neither they nor one with another key say a word of keys or of what is written', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pg-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [key, old, wrong] = ['sesame-of-this-network', 'sesame-until-now-0123', 'sesame-of-another-one']
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const { host: alpha, uri } = await listening(t, 'k-alpha', '--key-file', file('both', `${old}\n${key}\n`))
  const beta = await hosted(t, 'k-beta', '--connect', uri, '--key-file', file('one', `${key}\n`))
  const stranger = await hosted(t, 'k-stranger', '--connect', uri, '--key-file', file('wrong', wrong))
  await beta.says(/coherent: everyone/)
  await stranger.says(/does not answer/)
  await run(['register', 'set', 'password', '"hunter2"', '--host', 'k-alpha'])
  let read = ''
  for (let i = 0; i < 20 && read !== 'hunter2'; i += 1) read = (await run(['register', 'get', 'password', '--host', 'k-beta'])).out.trim()
  t.equal(read, 'hunter2', 'what is written at one is read at the other')
  t.equal((await run(['register', 'get', 'password', '--host', 'k-stranger'])).out.trim(), '', 'and not at who has another key')
  for (const [name, { out, err }] of Object.entries({ alpha, beta, stranger })) {
    t.notOk(/sesame|hunter2/.test(out + err), `${name} says nothing of them`)
  }
})

test('a key that is none, and a token that anybody would bear, are refused, and not repeated', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pg-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const wrong: [string, string, RegExp][] = [['short', 'sesame', /must have one line or two, each a key of 16 bytes or more/], ['empty', '\n', /must have one line or two/], ['many', `${'sesame-0123456789\n'.repeat(3)}`, /must have one line or two/]]
  for (const [name, text, told] of wrong) {
    writeFileSync(join(folder, name), text)
    const { code, out, err } = await run(['host', '--key-file', join(folder, name), '--no-socket'])
    t.deepEqual([code, told.test(err), /sesame/.test(out + err)], [2, true, false], name)
  }
  t.match((await run(['host', '--key-file', join(folder, 'nowhere'), '--no-socket'])).err, /cannot read the key/)
  const { code, err } = await run(['host', '--http', '0.0.0.0:0', '--http-write', '--http-token', '', '--no-socket'])
  t.deepEqual([code, /--http-token is empty/.test(err)], [2, true])
})

test('links that were refused are counted for Prometheus, by the bound that one more would have passed', async (t) => {
  const host = new Host(createNode({ host: 'α', listen: 'tcp://127.0.0.1:0', limits: { pendingMax: 1 } }))
  t.teardown(() => host.close())
  await host.open({ socket: null, http: { address: '127.0.0.1', port: 0, write: false, names: [] } }, null)
  await host.node.ready()
  const port = Number(host.node.info()?.split(':').at(-1))
  await once(dial(t, port), 'connect')
  for (let i = 0; i < 3; i += 1) await once(dial(t, port).resume(), 'close')
  const metrics = await (await fetch(`${host.url ?? ''}/metrics`)).text()
  t.match(metrics, /^# TYPE pull_gossip_links_refused_total counter$/m)
  t.match(metrics, /^pull_gossip_links_refused_total\{bound="pendingMax",host="α"\} 3$/m)
})
