/**
 * What a host's core and its streams can be told, with what is assumed where they are told nothing.
 */
import { GossipError, shown } from '../errors.js'
import type { Journal } from '../gossip/journal.js'
import type { SessionOptions } from '../gossip/session.js'
import type { Numbers } from '../kinds/numbers.js'
import { tokenBytesMax } from '../limits.js'
import type { Limits } from '../limits.js'
import { isHost } from '../log/author.js'
import { exceeds } from '../log/text.js'
import type { Time } from '../stream/time.js'
import type { Authorize } from './authority.js'
import type { Key } from './key.js'
import { uuidOf } from './life.js'

/** As functions of the `debug` module are: `debug('pull-gossip')`. */
export type Debug = ((format: string, ...args: unknown[]) => void) & { readonly enabled?: boolean }

/** What `createGossip` takes; what `createStore`, `createFlood` and `createBus` take where they make a core of their own. */
export type CoreOptions = {
  /** This host's name, unique in the network: 1–64 bytes of UTF-8, no `~`, no control characters. */
  host: string
  /** The hosts without which an answer is not coherent. */
  expect?: readonly string[] | undefined
  /** The network's name, 1–64 bytes: streams from another network are refused. Default: none. */
  net?: string | undefined
  /**
   * The network's key, 16 bytes or more: a peer that does not know it is shown nothing, and nothing is taken from it. Two of them while one
   * takes the place of the other: a peer that knows either is let in. Default: none, which lets everybody in.
   */
  key?: Key | readonly [Key, Key] | undefined
  /** Says what a peer may do, at its hello and at every `reauthorize()`. Default: everything. */
  authorize?: Authorize | undefined
  /** Milliseconds between pings, instead of `limits.pingMs`. */
  pingMs?: number | undefined
  /** Numbers of your own that counters may count in, beside `integer` and `bigint`. */
  numbers?: readonly Numbers<unknown>[] | undefined
  /** Where this host is remembered: `await openJournal('./data')` of `pull-gossip/journal`. Default: in memory alone. */
  journal?: Journal | undefined
  /** Whether what is held is compared with peers, and what they lack or we do is mended. Default true. */
  audit?: boolean | undefined
  /** Told each frame, as the `debug` module's functions are; one whose `enabled` is false costs nothing. */
  debug?: Debug | undefined
  /** The system's clock, in milliseconds since 1970. */
  now?: (() => number) | undefined
  /** Chance: a number at or above 0 and below 1. Marks this start of the host; where there is a `key`, nobody may foresee it. */
  random?: (() => number) | undefined
  /** Bounds to set otherwise than `limits` does. */
  limits?: Partial<Limits> | undefined
  /** Timers, for simulations. */
  time?: Time | undefined
}

export type StreamOptions = {
  /** A label for this stream: shown, never compared. */
  id?: string | undefined
  /** The host at the other end, if that is known: another one is refused. */
  host?: string | undefined
  /** Whether `coherent` waits for that host from now on. Default: whether an id or a host is given. */
  expected?: boolean | undefined
  /** Whether our changes go out. Default true. Without, we only listen, and claim nothing. */
  send?: boolean | undefined
  /** Whether the peer's changes are taken in. Default true. Without, we only publish. */
  receive?: boolean | undefined
  /** How long what is owed waits before it is sent; what is superseded meanwhile is not sent. Default 0. */
  delayMs?: number | undefined
  /** Called once when the session is over: with null when it was closed or the connection ended, else with the error. */
  onEnd?: ((error: Error | null) => void) | undefined
}

/** Checks a host's name. */
export function checkHost(host: unknown, what: string): string {
  if (isHost(host)) return host
  throw new GossipError('ERR_OPTION', `${what} must be 1–64 bytes of UTF-8 without "~" and control characters, not ${shown(host)}.`)
}

/** The host that a bus or a flood is told, or a random one, which no journal can be of. */
export function hostOf({ host, journal, random }: { host?: string | undefined; journal?: unknown; random?: (() => number) | undefined }): string {
  if (host === undefined && journal !== undefined) throw new GossipError('ERR_OPTION', 'a journal is that of one host; give it a name, { host, journal }.')
  return host ?? uuidOf(random)
}

/** Checks the hosts that are expected. */
export function checkExpected(expect: unknown, self: string): string[] {
  if (!Array.isArray(expect)) throw new GossipError('ERR_OPTION', `expect must be an array of hosts, not ${shown(expect)}.`)
  return expect.map((host: unknown) => {
    if (host === self) throw new GossipError('ERR_OPTION', `"${self}" cannot expect itself.`)
    return checkHost(host, 'an expected host')
  })
}

/** Checks what frames are told to. */
export function checkDebug(debug: unknown): Debug | null {
  if (debug === undefined) return null
  if (typeof debug === 'function') return debug as Debug
  throw new GossipError('ERR_OPTION', `debug must be a function, as the debug module gives them, not ${shown(debug)}.`)
}

/** Checks a journal; null for none. */
export function checkJournal(journal: Journal | undefined): Journal | null {
  if (journal === undefined) return null
  const calls: (keyof Journal)[] = ['load', 'write', 'rewrite', 'close']
  if (typeof journal === 'object' && journal !== null && calls.every((call) => typeof journal[call] === 'function')) return journal
  throw new GossipError('ERR_OPTION', `journal must be a journal, as openJournal of pull-gossip/journal gives it, not ${shown(journal)}.`)
}

/** Checks the name of a network; null for none. */
export function checkNet(net: unknown): string | null {
  if (net === undefined) return null
  if (typeof net === 'string' && net !== '' && !exceeds(net, tokenBytesMax)) return net
  throw new GossipError('ERR_OPTION', `net must be a string of 1–${tokenBytesMax} bytes, not ${shown(net)}.`)
}

/** What `createGossip` can be told. */
export const coreKeys = ['host', 'expect', 'net', 'key', 'authorize', 'pingMs', 'numbers', 'journal', 'audit', 'debug', 'now', 'random', 'limits', 'time']
const streamKeys = ['id', 'host', 'expected', 'send', 'receive', 'delayMs', 'onEnd']

/** Misspelt options would be as good as left out, silently. */
export function checkKeys(given: unknown, known: readonly string[], call: string): void {
  if (typeof given !== 'object' || given === null) throw new GossipError('ERR_OPTION', `${call} takes an object of options, not ${shown(given)}; nothing was changed.`)
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw new GossipError('ERR_OPTION', `${call} has no option ${shown(key)}; it has ${known.join(', ')}; nothing was changed.`)
  }
}

/** A session's options from what a user gave: an id alone, or some of them. */
export function sessionOptions(given: StreamOptions | string = {}): SessionOptions {
  const options: StreamOptions = typeof given === 'string' ? { id: given } : given
  checkKeys(options, streamKeys, 'createStream')
  const { id, host, expected, send, receive, delayMs } = options
  if (delayMs !== undefined && !(Number.isFinite(delayMs) && delayMs >= 0)) {
    throw new GossipError('ERR_OPTION', `delayMs must be a number of milliseconds, not ${String(delayMs)}; no stream was made.`)
  }
  return {
    id: id ?? null,
    host: host === undefined ? null : checkHost(host, 'the host of a stream'),
    expected: expected ?? (id !== undefined || host !== undefined),
    send: send ?? true,
    receive: receive ?? true,
    delayMs: delayMs ?? 0
  }
}

/** A whole number above zero. */
export function checkWhole(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  throw new GossipError('ERR_OPTION', `${name} must be a whole number above zero, not ${shown(value)}.`)
}

/** Yes or no. */
export function checkFlag(name: string, value: unknown, assumed: boolean): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? assumed
  throw new GossipError('ERR_OPTION', `${name} must be true or false, not ${shown(value)}.`)
}
