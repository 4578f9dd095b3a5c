/**
 * What a bus can be told, with verbose's names and defaults.
 */
import type { Core } from '../core/core.js'
import { checkKeys, checkWhole, hostOf } from '../core/options.js'
import type { CoreOptions } from '../core/options.js'
import { limits as defaults, silentPings } from '../limits.js'

/** What a bus may be told of its events. */
export type HearOptions = {
  /** How many events are kept for hosts that are away. Default 1,000. */
  bufferMax?: number | undefined
  /** How long an event lives, in milliseconds, and so how long a host may be away without missing any. Default 15 minutes. */
  bufferTimeout?: number | undefined
  /** Whether events are heard that were emitted before this bus began, as far as others keep them. Default false. */
  replay?: boolean | undefined
  /** Whether this bus hears what it emits itself. Default false. */
  echo?: boolean | undefined
}

/** What `createBus` takes where it makes a core of its own. */
export type BusOptions = HearOptions & Omit<CoreOptions, 'host' | 'net' | 'numbers'> & {
  /** This host's name, unique in the network. Default: a random UUID; with a journal it is needed. */
  host?: string | undefined
  /** Which bus this is: buses of other channels are refused. Default: none, which is a channel, too. */
  channel?: string | undefined
  /** After so many milliseconds without a word a peer is given up. Default 60 s. */
  timeout?: number | undefined
  /** Milliseconds between acknowledgements of what was heard. Default 1 s. */
  acknowledgeInterval?: number | undefined
  /** How many peers there may be. Default 1,000. */
  maxPeers?: number | undefined
  /** Bytes of all events that are kept, beyond which `emit` throws. Default 64 MiB. */
  bufferBytesMax?: number | undefined
}

/** What `createBus` takes where it shares one. */
export type SharedBusOptions = HearOptions & { gossip: Core }

const hearKeys = ['bufferMax', 'bufferTimeout', 'replay', 'echo']

/** What `createBus` can be told. */
export const busKeys = [
  ...hearKeys, 'gossip', 'host', 'channel', 'timeout', 'acknowledgeInterval', 'maxPeers', 'bufferBytesMax', 'expect', 'key', 'authorize', 'pingMs', 'journal', 'audit',
  'debug', 'now', 'random', 'limits', 'time'
]

/** The acknowledgements of a bus, in milliseconds apart. */
const acknowledgeMs = 1_000

/** Checks that nothing is told of a core that is shared. */
export function checkSharedBus(options: SharedBusOptions): void {
  checkKeys(options, [...hearKeys, 'gossip'], 'createBus with a gossip')
}

/** The options of a bus's own core. */
export function coreOptions(options: BusOptions): CoreOptions {
  const { bufferMax: _max, bufferTimeout: _timeout, replay: _replay, echo: _echo, ...rest } = options
  const { host: _host, channel, timeout, acknowledgeInterval, maxPeers, bufferBytesMax, limits, pingMs, ...core } = rest
  const timeoutMs = checkWhole('timeout', timeout ?? limits?.timeoutMs ?? defaults.timeoutMs)
  const peersMax = checkWhole('maxPeers', maxPeers ?? limits?.peersMax ?? defaults.peersMax)
  return {
    ...core, host: hostOf(options), net: channel,
    limits: {
      ...limits, timeoutMs, peersMax, haveMs: checkWhole('acknowledgeInterval', acknowledgeInterval ?? limits?.haveMs ?? acknowledgeMs),
      bufferBytesMax: checkWhole('bufferBytesMax', bufferBytesMax ?? limits?.bufferBytesMax ?? defaults.bufferBytesMax),
      pingMs: pingMs ?? limits?.pingMs ?? Math.max(1, Math.min(defaults.pingMs, Math.floor(timeoutMs / silentPings / 2)))
    }
  }
}
