/**
 * A host in a process of its own, that counts as fast as its journal takes it and says what it does, line by line, until it is killed, or told
 * to stop by the end of its input.
 *
 *     start N     it begins, and N is what it counted in its earlier lives
 *     try N       it is about to have counted N
 *     sure N      that N is kept was acknowledged
 *     heard A     a change of another host: author, seq, content
 *     event H N   an event of host H, which it emitted when it counted N
 *     gap H       a gap in what was emitted by H
 *     end A       all that it holds, and its life's authors, when all is in step
 */
import { journalIn } from '../../lib/journal/index.js'
import { createNode } from '../../lib/node/index.js'

const [host = '', port = '', folder = '', durable = 'batch', ...others] = process.argv.slice(2)


const node = createNode({
  host, journal: journalIn(folder, { durable: durable as 'batch', limits: { journalBytesMin: 20_000, syncMs: 20 } }),
  listen: `tcp://127.0.0.1:${port}`, connect: others.map((other) => `tcp://127.0.0.1:${other}`),
  expect: ['a', 'b', 'c'].filter((other) => other !== host), limits: { backoffMsMin: 5, backoffMsMax: 50, haveMs: 5, graceMs: 5_000, bufferMax: 100_000 }
})
const { store } = node
store.on('error', () => {})
node.on('error', () => {})
store.on('change', ({ author, seq, name, body }, from) => {
  if (from !== null) say(`heard ${author} ${seq} ${name} ${JSON.stringify(body)}`)
})

const { bus } = node
bus.on('counted', (from, count) => say(`event ${String(from)} ${String(count)}`))
bus.stream.on('gap', ({ host: of, from, to }) => say(`gap ${of} ${from}-${to}`))

const names = ['x', 'y', 'z']
let counted = names.reduce((sum, name) => sum + share(name), 0)
const end = { told: false }
process.stdin.on('end', () => { end.told = true }).resume()
say(`start ${counted}`)

while (!end.told) {
  const more = 1 + (counted % 7)
  say(`try ${counted + more}`)
  for (let i = 0; i < more; i += 1) store.counter(names[(counted + i) % 3] as string).increment()
  counted += more
  bus.emit('counted', host, counted)
  const now = counted
  const kept = store.settled({ disk: true }).then(() => say(`sure ${now}`))
  // Some batches are waited for; others follow at once, and are written together.
  if (counted % 3 === 0) await kept
  await new Promise((resolve) => setTimeout(resolve, counted % 5))
}
while (!store.coherent) await new Promise((resolve) => setTimeout(resolve, 5))
await store.settled({ peers: 'all', disk: true })
await new Promise((resolve) => setTimeout(resolve, 200))
say(`end ${JSON.stringify(names.map((name) => [name, store.counter(name).value, cells(name)]))}`)
await node.close()
process.exit(0)

/** What this host counted of a name, in all its lives. */
function share(name: string): number {
  return cells(name).reduce((sum, [author, plus]) => sum + (author.startsWith(`${host}~`) ? plus : 0), 0)
}

function cells(name: string): [author: string, plus: number][] {
  return store.explain(name).flatMap(({ cells: all }) => all.map(({ author, body }): [string, number] => [author, (body as [number, number])[0]])).sort()
}

function say(line: string): void {
  console.log(line)
}
