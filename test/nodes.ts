/**
 * Nodes for tests: closed when the test is over, waited for by their events, on wires that can be frozen.
 */
import { type Test } from 'tape'
import { createNode, memory, type Connection, type GossipNode, type NodeEvents, type NodeOptions, type Transport } from '../lib/node/index.js'
import type { Source } from '../lib/pull.js'

export const deadlineMs = 10_000
export const loopback = 'tcp://127.0.0.1:0'

/** A node that is closed when the test ends. */
export function nodeOf(t: Test, host: string, options: Partial<NodeOptions> = {}): GossipNode {
  const node = createNode({ host, ...options })
  t.teardown(() => node.close())
  return node
}

/** A node on a network that is given, named after its address there. */
export function memberOf(t: Test, network: Transport, host: string, options: Partial<NodeOptions> = {}): GossipNode {
  return nodeOf(t, host, { listen: `memory://${host}`, transports: { memory: network }, ...options })
}

/** What an event comes with, the next time that it does; with a deadline. */
export function next<E extends keyof NodeEvents>(node: GossipNode, event: E): Promise<NodeEvents[E]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${node.host} told of no ${event}`)), deadlineMs)
    node.once(event, (...args: NodeEvents[E]) => {
      clearTimeout(timer)
      resolve(args)
    })
  })
}

/** Resolves when something holds, which is looked at again and again. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const startedAt = performance.now()
  while (!holds()) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** All that a node tells, as text. */
export function told(node: GossipNode, ...events: (keyof NodeEvents)[]): string[] {
  const lines: string[] = []
  for (const event of events) node.on(event, (...args: unknown[]) => { lines.push([event, ...args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)))].join(' ')) })
  return lines
}

/** A network in memory whose connections can be frozen: nothing passes any more, and nobody is told. */
export function frozen(): Transport & { freeze: () => void } {
  const network = memory()
  const frosts = new Set<() => void>()
  const chill = (connection: Connection): Connection => {
    let cold = false
    const freeze = (): void => { cold = true }
    frosts.add(freeze)
    const slow = <T>(read: Source<T>): Source<T> => (abort, cb) => {
      if (abort) return cold ? cb(abort) : read(abort, cb)
      if (!cold) read(null, (end, data) => { if (!cold) cb(end, data) })
    }
    return { source: slow(connection.source), sink: (read) => connection.sink(slow(read)), destroy: (error) => connection.destroy(error) }
  }
  return {
    listen: (uri, accept) => network.listen(uri, (connection, from) => accept(chill(connection), from)),
    connect: async (uri, signal) => chill(await network.connect(uri, signal)),
    freeze: () => {
      for (const freeze of frosts) freeze()
      frosts.clear()
    }
  }
}
