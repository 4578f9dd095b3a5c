/**
 * What peers may do, as the user of a host says it.
 */
import { GossipError, shown } from '../errors.js'
import { openDoor } from '../gossip/door.js'
import type { Door } from '../gossip/door.js'
import type { Peer } from '../gossip/peer.js'
import { Permit } from '../gossip/rights.js'
import type { Rights } from '../gossip/rights.js'
import type { Session } from '../gossip/session.js'

/** Who asks to be let in. */
export type Stranger = {
  /** Who it says it is. */
  host: string
  life: string
  /** The label of its stream: of a node's, the address. */
  id: string | null
  /** Whether something under the stream has proven its host: the stream was made for that host alone (`createStream({ host })`). */
  proven: boolean
}

/** Says what a peer may do: some rights; true is all of them, false none, which ends the session. */
export type Authorize = (peer: Stranger) => Rights | boolean

const keys: readonly (keyof Rights)[] = ['read', 'write', 'relay']

/** How the user is asked what peers may do. What the user's functions throw is told to `complain`, and allows nothing. */
export function authorityOf(authorize: unknown, complain: (error: unknown) => void): Door['authorize'] {
  if (authorize === undefined) return openDoor.authorize
  if (typeof authorize !== 'function') throw new GossipError('ERR_OPTION', `authorize must be a function, not ${shown(authorize)}.`)
  return (session, peer) => permitOf(authorize as Authorize, session, peer, complain)
}

function permitOf(authorize: Authorize, { options }: Session, { host, life }: Peer, complain: (error: unknown) => void): Permit | null {
  const rights = rightsOf(() => checked(authorize({ host, life, id: options.id, proven: options.host !== null })), false, complain)
  if (rights === false) throw new GossipError('ERR_RIGHT', `${host} is allowed nothing here (authorize); the session ended, nothing was told.`)
  if (rights === true) return null
  const { read, write, relay } = rights
  return new Permit(host, { read: guarded(read, complain), write: guarded(write, complain), relay: guarded(relay, complain) })
}

function rightsOf<R>(ask: () => R, unless: R, complain: (error: unknown) => void): R {
  try {
    return ask()
  } catch (error) {
    complain(error)
    return unless
  }
}

/** A misspelt right would be as good as all of it. */
function checked(rights: unknown): Rights | boolean {
  if (typeof rights === 'boolean') return rights
  const unknown = typeof rights === 'object' && rights !== null ? Object.keys(rights).find((key) => !keys.includes(key as keyof Rights)) : shown(rights)
  if (unknown !== undefined) throw new GossipError('ERR_OPTION', `authorize must give true, false, or some of ${keys.join(', ')}, not ${unknown}; the peer was allowed nothing.`)
  const { read, write, relay } = rights as Rights
  for (const [key, right] of Object.entries({ read, write, relay })) {
    const isProper = right === undefined || typeof right === 'boolean' || typeof right === 'function' || (key === 'relay' && Array.isArray(right))
    if (!isProper) throw new GossipError('ERR_OPTION', `${key} must be true, false, a function${key === 'relay' ? ', or an array of hosts' : ''}, not ${shown(right)}; the peer was allowed nothing.`)
  }
  return { read, write, relay }
}

/** A function of the user's that throws allows nothing. */
function guarded<What, Right>(right: Right | ((what: What) => boolean), complain: (error: unknown) => void): Right | ((what: What) => boolean) {
  if (typeof right !== 'function') return right
  const ask = right as (what: What) => boolean
  return (what) => rightsOf(() => ask(what) === true, false, complain)
}
