/**
 * Both dial at once, over sockets: a thousand rounds, or as many as ROUNDS says, of eight pairs. One link is left, the same at both ends;
 * no change is lost, and none told twice.
 */
import test, { type Test } from 'tape'
import type { GossipNode } from '../lib/node/index.js'
import { loopback, next, nodeOf, until } from './nodes.js'

const pairs = 8
const rounds = Math.ceil(Number(process.env.ROUNDS ?? 1_000) / pairs)

type Count = { changes: number; connect: number; disconnect: number; reconnect: number }

/** Looks again and again, without a pause at first, whether something holds. */
async function soon(what: string, holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 2_000; turns += 1) {
    if (holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until(what, holds)
}

const links = (node: GossipNode): number => node.store.peers().filter(({ connected }) => connected).length
const stands = (node: GossipNode): boolean => links(node) === 1 && node.peers()[0]?.connected === true

/** A node at two addresses, and what it tells. */
async function counted(t: Test, host: string): Promise<{ node: GossipNode; uris: string[]; count: Count }> {
  const node = nodeOf(t, host, { listen: [loopback, loopback] })
  const count = { changes: 0, connect: 0, disconnect: 0, reconnect: 0 }
  const uris: string[] = []
  node.on('listening', (uri) => uris.push(uri))
  await next(node, 'listening')
  await until('it listens twice', () => uris.length === 2)
  node.store.on('change', (_, from) => { if (from !== null) count.changes += 1 })
  for (const event of ['connect', 'disconnect', 'reconnect'] as const) node.on(event, () => { count[event] += 1 })
  return { node, uris, count }
}

/** Plays the rounds of one pair; gives in how many there were several links for a while. */
async function play(t: Test, left: string, right: string): Promise<{ several: number; counts: Count[] }> {
  const [one, other] = [await counted(t, left), await counted(t, right)]
  const both = [one.node, other.node]
  let several = 0
  for (let round = 1; round <= rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? [one, other] : [other, one]
    // Every third time three dial at once.
    for (const uri of second.uris.slice(0, round % 3 === 0 ? 2 : 1)) first.node.connect(uri)
    second.node.connect(first.uris[0] ?? '')
    for (const { store } of both) store.counter('n').increment()
    let most = 0
    await soon('one link', () => {
      most = Math.max(most, ...both.map(links))
      return both.every((node) => stands(node) && node.store.counter('n').value === 2 * round)
    })
    if (most > 1) several += 1
    const dialled = both.filter(({ store }) => store.peers()[0]?.id?.startsWith('tcp:') === true).length
    if (dialled !== 1) throw new Error(`round ${round}: ${left} and ${right} do not hold the same link`)
    one.node.disconnect(right)
    other.node.disconnect(left)
    await soon('no link', () => both.every((node) => node.store.statistics().peers === 0 && links(node) === 0))
  }
  return { several, counts: [one.count, other.count] }
}

test(`of two or three dials at once one link stays, in ${pairs * rounds} rounds`, async (t) => {
  const all = await Promise.all(Array.from({ length: pairs }, (_, i) => play(t, `a ${i}`, `b ${i}`)))
  const counts = all.flatMap((one) => one.counts)
  t.deepEqual([...new Set(counts.map(({ changes }) => changes))], [rounds], 'each change of the other was told once')
  t.equal(Math.max(...counts.map(({ reconnect }) => reconnect)), 0, 'no link was lost')
  t.deepEqual(counts.map(({ connect }) => connect), counts.map(({ disconnect }) => disconnect))
  const several = all.reduce((sum, one) => sum + one.several, 0)
  t.ok(several > (pairs * rounds) / 4, `in ${several} rounds there were several links for a while`)
})
