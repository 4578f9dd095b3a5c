/**
 * What a flood can be told.
 */
import { isShared } from '../core/core.js'
import type { Core } from '../core/core.js'
import { checkFlag, checkKeys, checkWhole, coreKeys, hostOf } from '../core/options.js'
import type { CoreOptions } from '../core/options.js'
import type { Gap, StationOptions } from '../core/station.js'
import { GossipError, shown } from '../errors.js'
import type { Json } from '../json.js'
import { limits as defaults } from '../limits.js'

/** What users hear of a flood. What these throw is told as its event `error`. */
export type FloodListeners = {
  /** A message came: from another host, or with `echo` from here. Its parts are frozen. */
  onMessage?: ((message: Json) => void) | undefined
  /** A message is kept no longer: there are `capacity` newer ones, or its time is over. */
  onDrop?: ((message: Json) => void) | undefined
  /** A peer said who it is; by the id of its stream, or else by its host. */
  onConnect?: ((id: string) => void) | undefined
  /** And is gone. */
  onDisconnect?: ((id: string) => void) | undefined
  /** Messages of a host will never come here: nobody keeps them any more. */
  onGap?: ((gap: Gap) => void) | undefined
  /** Messages of one id count as one, as long as one of them is kept. Without it every message is new. */
  id?: ((message: Json) => string) | undefined
}

/** What a flood may be told of its messages. */
export type MessageOptions = FloodListeners & {
  /** How many messages are kept, in `data` and for hosts that are away. Default 100. */
  capacity?: number | undefined
  /** How long a message lives, in milliseconds. Default 15 minutes. */
  timeout?: number | undefined
  /** Whether messages come that were appended before this flood began, as far as others keep them. Default false. */
  replay?: boolean | undefined
  /** Whether `onMessage` is told of what is appended here, as pull-flood's is. Default true. */
  echo?: boolean | undefined
}

/** What `createFlood` takes where it makes a core of its own. */
export type FloodOptions = MessageOptions & Omit<CoreOptions, 'host' | 'numbers'> & {
  /** This host's name, unique in the network. Default: a random UUID; with a journal it is needed. */
  host?: string | undefined
}

/** What `createFlood` takes where it shares one. */
export type SharedFloodOptions = MessageOptions & { gossip: Core }

const calls = ['onMessage', 'onDrop', 'onConnect', 'onDisconnect', 'onGap', 'id'] as const
const messageKeys = [...calls, 'capacity', 'timeout', 'replay', 'echo']

/** Splits the options of a flood from those of its core. */
export function floodOptions(options: FloodOptions | SharedFloodOptions): StationOptions & { core: CoreOptions | { gossip: Core }; listeners: FloodListeners } {
  const shared = isShared(options)
  checkKeys(options, shared ? [...messageKeys, 'gossip'] : [...messageKeys, ...coreKeys.filter((key) => key !== 'numbers'), 'gossip'], shared ? 'createFlood with a gossip' : 'createFlood')
  const { onMessage, onDrop, onConnect, onDisconnect, onGap, id, capacity, timeout, replay, echo, ...core } = options
  const listeners = { onMessage, onDrop, onConnect, onDisconnect, onGap, id }
  for (const call of calls) {
    const given: unknown = listeners[call]
    if (given !== undefined && typeof given !== 'function') throw new GossipError('ERR_OPTION', `${call} must be a function, not ${shown(given)}.`)
  }
  const limits = shared ? options.gossip.limits : options.limits
  return {
    core: shared ? { gossip: options.gossip } : { ...core, host: hostOf(options) }, listeners,
    max: checkWhole('capacity', capacity ?? limits?.capacity ?? defaults.capacity),
    lifeMs: checkWhole('timeout', timeout ?? limits?.bufferMs ?? defaults.bufferMs),
    replay: checkFlag('replay', replay, false), echo: checkFlag('echo', echo, true)
  }
}
