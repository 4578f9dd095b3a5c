/**
 * One host of the story, a process in a namespace of its own: goes through its plan of work at an even pace, and gossips meanwhile.
 *
 * Started by network.ts as `host.ts <Start as JSON>`, and told by the story what to do (orders.ts).
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createStore } from '../../index.js'
import { createServer } from '../../lib/transport/tcp.js'
import { join, keep } from './link.js'
import { type Order, type Report, type Start, type State, type Told } from './orders.js'
import { changesMax, holdingOf, make, planOf } from './work.js'

const port = 7_000
const turnMs = 20
const changesPerMs = 0.45

const { host, address, expect, dials, plan } = JSON.parse(process.argv[2] ?? '') as Start
// What is lost without a word is noticed in seconds, not in a minute.
const store = createStore({ host, expect, limits: { pingMs: 500, timeoutMs: 3_000, helloMs: 3_000 } })
const server = createServer((connection) => join(connection, store))
const changes = planOf(host, plan)
let done = 0
let connections = 0
const pausing = new AbortController()
let writing: Promise<void> = Promise.resolve()

/** Goes by the clock, so that a busy machine does not make it late. */
async function write(from: number): Promise<void> {
  const beganAt = Date.now()
  done = from
  while (done < changesMax && !pausing.signal.aborted) {
    const due = Math.min(changesMax, from + Math.ceil((Date.now() - beganAt) * changesPerMs))
    for (const change of changes.slice(done, due)) make(change, store)
    done = due
    await wait(turnMs)
  }
}

/** From its answer on nothing is written here, and all that was written is with a peer. */
async function pause(): Promise<void> {
  pausing.abort()
  await writing
  const claimedBy = await store.settled({ peers: 1 })
  tell({ type: 'paused', done, claimedBy })
}

function state(): State {
  const peers = store.peers().filter(({ synced }) => synced)
  const digest = createHash('sha256').update(JSON.stringify(holdingOf(store))).digest('hex')
  return {
    done, coherent: store.coherent, digest, peers: [...new Set(peers.map((peer) => peer.host))].sort(),
    lag: Math.max(0, ...peers.map(({ lag }) => lag))
  }
}

function report(): Report {
  const { sentBytes, recvChanges, duplicates, refused } = store.statistics()
  const { user, system } = process.cpuUsage()
  return {
    host,
    holding: holdingOf(store),
    traffic: { bytesOut: sentBytes, changesIn: recvChanges, duplicates, refused, connections, cpuMs: Math.round((user + system) / 1_000) },
    rttMs: Object.fromEntries(store.peers().map((peer) => [peer.host, Math.round(peer.rttMs ?? 0)]))
  }
}

function tell(told: Told): void {
  process.send?.(told)
}

function obey(order: Order): void {
  switch (order.type) {
    case 'write': {
      writing = write(order.from)
      return
    }
    case 'pause': {
      void pause()
      return
    }
    case 'state': return tell({ type: 'state', state: state() })
    case 'report': return tell({ type: 'report', report: report() })
  }
}

store.on('connect', () => { connections += 1 })
// Without its parent a host has nothing to live for.
process.on('disconnect', () => process.exit(0))
process.on('message', obey)
server.listen(port, address, (error) => {
  if (error !== null) throw error
  for (const neighbour of dials) keep(store, neighbour, port)
  tell({ type: 'listening' })
})
