/**
 * A transport in the memory of one process, for tests and for nodes that live together: `memory://name`.
 *
 * Each call of `memory()` is a network of its own; nodes that are to meet are given the same one.
 */
import { GossipError } from '../errors.js'
import { joined } from './pipe.js'
import { broken, type Connection } from './socket.js'
import type { Transport } from './transport.js'

type Accept = (connection: Connection, from: string | null) => void

/** Makes a network in memory. */
export function memory(): Transport {
  const listeners = new Map<string, Accept>()
  return {
    async listen(uri, accept) {
      if (listeners.has(uri)) throw new GossipError('ERR_OPTION', `cannot listen: ${uri} is taken; nothing was changed.`)
      listeners.set(uri, accept)
      return { uri, close: () => { listeners.delete(uri) } }
    },
    async connect(uri, signal) {
      // Never in the same turn: who dials is to know of it first.
      await Promise.resolve()
      const accept = listeners.get(uri)
      if (accept === undefined) throw broken(new Error(`nobody listens at ${uri}`))
      if (signal.aborted) throw broken(signal.reason)
      const [left, right] = joined()
      accept(right, null)
      return left
    }
  }
}
