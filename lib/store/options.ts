/**
 * What a store can be told, with what is assumed where it is told nothing.
 */
import type { Core } from '../core/core.js'
import { coreKeys } from '../core/options.js'
import type { CoreOptions } from '../core/options.js'
import { GossipError, shown } from '../errors.js'
import { exceeds, isWellFormed } from '../log/text.js'

/** What a store may be told of its names. */
export type NameOptions = {
  /** How long a new name lives, in milliseconds, where nothing is said. Default: for ever. */
  expireDefault?: number | undefined
}

/** What `createStore` takes where it makes a core of its own. */
export type StoreOptions = CoreOptions & NameOptions

/** What `createStore` takes where it shares one. */
export type SharedStoreOptions = NameOptions & { gossip: Core }

/** What `createStore` can be told. */
export const storeKeys = [...coreKeys, 'expireDefault', 'gossip']

/** Checks the name of a counter, register or set. */
export function checkName(name: unknown, bytesMax: number): void {
  if (typeof name === 'string' && name !== '' && !exceeds(name, bytesMax) && isWellFormed(name)) return
  throw new GossipError('ERR_OPTION', `a name must be a string of 1–${bytesMax} bytes of UTF-8, not ${shown(name)}.`)
}

/** Checks how long new names live; null for ever. */
export function checkExpireDefault(ms: unknown): number | null {
  if (ms === undefined) return null
  if (typeof ms === 'number' && ms >= 1 && ms <= Number.MAX_SAFE_INTEGER) return ms
  throw new GossipError('ERR_OPTION', `expireDefault must be a span of milliseconds, not ${shown(ms)}.`)
}
