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
 * | code | meaning | what happened to the state | what to do |
 * |---|---|---|---|
 * | `ERR_OPTION` | a call, an option or an argument is not what it must be, or a port is not to be had | nothing was changed; only a connection that was given neither bytes nor text to send was dropped | mend what the sentence names |
 * | `ERR_RANGE` | a write would leave the numbers it is stored in | nothing was changed | count in `store.counter(name, bigint)`, another counter; where that is too small, raise `digitsMax` at every host |
 * | `ERR_FULL` | a write, or an event, would pass one of this host's own limits | nothing was changed | raise the limit that the sentence names, or write to what is there already; for events, wait for `drained()` |
 * | `ERR_CLOSED` | the store, flood, bus or node is closed, or a server was closed before it listened | reads go on; what was written stays written here, the call did nothing more | make a new store, node or server |
 * | `ERR_FRAME` | what came in is no frame, or none that may come now; or a codec was given what it cannot carry | that session ended; what came before is kept, of the frame at most the messages before the bad one | see that the same protocol and codec run at both ends, then connect again: a new session sends what is missing |
 * | `ERR_SIZE` | what came in is beyond `frameBytesMax`, `messagesMax` or `asksMax` | that session ended; nothing of what was too large was taken, what came before is kept | raise that limit here, or have the other end send less at once |
 * | `ERR_CUT` | a byte stream ended inside a frame | that session ended; the frames before were taken | connect again: a new session sends what is missing |
 * | `ERR_VERSION` | the peer speaks no version of the protocol that we speak | that session ended; what is held is untouched | update the older of the two |
 * | `ERR_NET` | the peer belongs to another network (`net`) | that session ended; what is held is untouched | give both stores one `net`, or connect to another |
 * | `ERR_SELF` | the peer has our own host name: a stream led back to us, or two hosts share a name | that session ended; what is held is untouched | mend the address, or give every host a name of its own |
 * | `ERR_HELLO` | the peer did not say hello first, or not within `helloMs`, or is another host than was expected | that session ended; what is held is untouched | see that the address leads to the store that is meant, by the same codec; where links are slow, raise `helloMs` |
 * | `ERR_TIMEOUT` | nothing was heard from the peer for `timeoutMs`, nobody answered a dial for `dialMs`, or what was waited for did not happen in time | what was written or taken stays; a session that timed out ended | connect again; or wait again, for longer or for fewer peers |
 * | `ERR_LOST` | the peer did not send as many changes as arrived: something between us lost a frame, or gave one twice | that session ended; what arrived is kept | look for what is piped between the two, then connect again: a new session sends what is missing |
 * | `ERR_BYE` | the peer ended the session for the reason that the sentence names | that session ended; what came before is kept | look at the other end, where the error is told in full |
 * | `ERR_BUSY` | a pull-stream neighbour asked while its last question was open, or gave a sink a second source | the first question, or source, goes on; the second did nothing | ask when the answer has come; pipe a stream once |
 * | `ERR_RESET` | the connection broke under the stream, or never came to be | what was under way may be lost, what is held is untouched | connect again: a new session sends what is missing |
 * | `ERR_PEERS` | as many streams are open as `peersMax` allows, or a node keeps as many hosts and addresses as `outboundMax` does | no stream was made, nobody else is kept | close others, or raise the limit that the sentence names |
 * | `ERR_EXPIRED` | a write to a name past its `expire`, or with an `expire` that has passed | nothing was changed | give a later `expire` or call `extend` while the name may still be revived, which is for `graceMs` after its `expire`, or use another name; later it can be made anew only once it has been forgotten everywhere: the error says when |
 * | `ERR_DISK` | the journal cannot be written: the disk is full or broken, or its folder may not be written to | nothing was changed by what was refused; what is held is kept in memory, what is not on the disk is told to nobody, reads and peers are served | make room or mend what `cause` names: it is tried again every `diskRetryMs`, and `writable` tells when it works |
 * | `ERR_JOURNAL` | a journal is another host's, of a newer format, or holds what this store may not take | nothing was changed, neither the journal nor what is held | give each host a journal of its own; give the store the `numbers`, and the limits, with which the journal was written |
 * | `ERR_LOCKED` | a living process has the journal open | nothing was changed | end that process, or use another folder |
 * | `ERR_KEY` | the peer does not know the network's key (`key`), or asks for one and we have none | that session ended; nothing was told to it or taken from it | give both the same key: while it is changed, two at once; or connect to another network |
 * | `ERR_RIGHT` | `authorize` allows the peer nothing | that session ended; nothing was told to it or taken from it | let `authorize` give it some right, then connect again |
 * | `ERR_IMPORT` | what is imported is no export of a store, or of a newer format | what was read before is taken in | give `importFrom` what `exportTo` wrote; update this host |
 * | `ERR_REPEAT` | the peer sends the same changes again and again, in one session | that session ended; what came before is kept | mend what runs at the other end: a host of ours does not |
 *
 * `cause` carries what lay under the error, where something did: with `ERR_OPTION` why a server cannot listen, a port cannot be dialled or
 * a socket takes no such data; with `ERR_FRAME` and `ERR_CUT` why bytes are no JSON, or a frame cannot become JSON; with `ERR_RESET` the
 * error of the socket; with `ERR_DISK` that of the system.
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
  | 'ERR_EXPIRED'
  | 'ERR_DISK'
  | 'ERR_JOURNAL'
  | 'ERR_LOCKED'
  | 'ERR_KEY'
  | 'ERR_RIGHT'
  | 'ERR_IMPORT'
  | 'ERR_REPEAT'

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
