/**
 * The one error type of this module.
 *
 * Every error has a `code` to branch on and a sentence that says what was wrong with what, what happened to the state, and what
 * the caller can do. Codes are only ever added. Ask `isGossipError(e)` rather than `instanceof`: the ESM and the CommonJS build
 * may both be loaded in one process.
 */

/**
 * What went wrong, for programs. ONLY APPEND TO THIS LIST.
 *
 * | code | meaning |
 * |---|---|
 * | `ERR_OPTION` | a call or an option was misused; nothing was changed |
 * | `ERR_RANGE` | a write would leave the numbers it is stored in; nothing was changed |
 * | `ERR_FULL` | a write would pass one of this store's own limits; nothing was changed |
 * | `ERR_CLOSED` | the store is closed: reads go on, writes and new streams do not |
 * | `ERR_FRAME` | a peer sent a frame that is none; that session ended, what came before is kept |
 * | `ERR_SIZE` | a peer sent a frame beyond a limit; that session ended, the state is untouched |
 * | `ERR_CUT` | a byte stream ended inside a frame; what came before it was taken |
 * | `ERR_VERSION` | the peer speaks no version of the protocol that we speak |
 * | `ERR_NET` | the peer belongs to another network (`net`) |
 * | `ERR_SELF` | the peer has our own host name: a stream led back to us, or two hosts share a name |
 * | `ERR_HELLO` | the peer did not say hello first, or not in time |
 * | `ERR_TIMEOUT` | nothing was heard from the peer, or what was waited for did not happen, in time |
 * | `ERR_LOST` | the peer sent more changes than arrived: something between us lost a frame |
 * | `ERR_BYE` | the peer ended the session and said why |
 * | `ERR_BUSY` | a pull-stream neighbour asked while its last question was open |
 * | `ERR_RESET` | the connection broke under the stream |
 * | `ERR_PEERS` | too many streams are open at once |
 */
export type GossipErrorCode =
  | 'ERR_OPTION'
  | 'ERR_RANGE'
  | 'ERR_FULL'
  | 'ERR_CLOSED'
  | 'ERR_FRAME'
  | 'ERR_SIZE'
  | 'ERR_CUT'
  | 'ERR_VERSION'
  | 'ERR_NET'
  | 'ERR_SELF'
  | 'ERR_HELLO'
  | 'ERR_TIMEOUT'
  | 'ERR_LOST'
  | 'ERR_BYE'
  | 'ERR_BUSY'
  | 'ERR_RESET'
  | 'ERR_PEERS'

const brand = Symbol.for('pull-gossip.error')

/** An error of this module; `code` says which, `cause` carries what lay under it. */
export class GossipError extends Error {
  override readonly name = 'GossipError'
  readonly code: GossipErrorCode
  readonly [brand] = true

  constructor(code: GossipErrorCode, message: string, options?: { cause?: unknown }) {
    super(`${code}: ${message}`, options)
    this.code = code
  }
}

/** A value as our messages show it: short, and never a cause of another error. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Whether `e` is a `GossipError`, of whichever build of this module. */
export function isGossipError(e: unknown): e is GossipError {
  return typeof e === 'object' && e !== null && brand in e
}
