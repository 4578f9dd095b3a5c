/**
 * Every bound and default, with its reason.
 *
 * All of them are on unless the user says otherwise (`createStore({ limits: { … } })`). A bound on what a peer may send is counted
 * in bytes where memory is meant; what passes a bound is refused and told, never silently dropped.
 */
import { GossipError } from './errors.js'

/** The bounds of one store. Units come last in the names; `Ms` is milliseconds. */
export interface Limits {
  /** Bytes of one frame that a codec accepts; a codec is told by itself (`doubleline.parse({ frameBytesMax })`). A frame is held whole while it is parsed; ours are far smaller (`batchBytes`). */
  frameBytesMax: number
  /** Levels of arrays and objects in a frame that a codec parses. One of at most twice as many bytes is not looked through, as ours are not. */
  frameDepthMax: number
  /** Bytes after which a frame of ours is closed. Large enough to make a system call cheap, small enough to keep pings flowing. */
  batchBytes: number
  /** Messages after which a frame of ours is closed: far below `messagesMax`, whatever the authors and kinds. */
  batchMessages: number
  /** Messages in one frame that are accepted. A frame carries one message for each author and kind, and a few of the session's own. */
  messagesMax: number
  /** Authors that a store remembers. Each costs about 200 bytes, and some 40 in a full vector. */
  authorsMax: number
  /** Cells that a store holds, and an eighth more that only take away. A cell takes under 300 bytes with a short name. */
  cellsMax: number
  /** Bytes of memory that all cells take, and an eighth more of those that only take away: 400 for each, two for each character of its name, part and body, some 100 for each host that a set's cell names. Hardly anything takes more than that; a counter that does not end takes some 250. */
  bytesMax: number
  /** Of these, bytes of the cells of one author. Three quarters: one host may well write most of what there is, but not so much that nobody else has room. Against strangers it is no help, who invent authors: `bytesMax` is. */
  authorBytesMax: number
  /** Bytes of UTF-8 of a name. Names are kept in memory and travel with every change. */
  nameBytesMax: number
  /** Bytes of UTF-8 of a part. */
  partBytesMax: number
  /** Bytes of the JSON of one body. Must stay well under every peer's `frameBytesMax`. */
  bodyBytesMax: number
  /** Decimal digits of one number of a `bigint` counter: bounds the cost of a sum, and of parsing (quadratic). */
  digitsMax: number
  /** Bytes of all changes whose kind this host does not know, which it keeps only for others. */
  unknownBytesMax: number
  /** Ranges of seqs remembered above `have`, for each author. Beyond it the lowest are forgotten, which costs a re-send. */
  rangesMax: number
  /** Refused changes that a session remembers one by one; beyond it claims for their authors, and beyond so many of those all claims, are ignored to the session's end. */
  refusalsMax: number
  /** Changes that a peer may send again in one session, though it sent them or newer ones of their cells before, kept or refused, beyond two for each that it sent for the first time. What others brought before it does not count: on a slow link of a flood that is all there is. */
  repeatsMax: number
  /** Changes and messages a second that are read of one peer in the long run, more than a process takes in today. Nothing is refused: a peer that goes faster is read more slowly, so that it waits and others have their turn. */
  changesPerSecondMax: number
  /** And so many at once. */
  changesBurstMax: number
  /** Authors of whom all peers together speak and of whom no change is held, beyond a thousand for each peer: some 400 bytes each. What is stated beyond it is not remembered, and changes of an author introduced beyond it are refused as `authors`. */
  strangersMax: number
  /** Names that one `ask` may name. */
  asksMax: number
  /** Addresses and spans in one word of an audit. */
  auditEntriesMax: number
  /** Places that an audit compares, or mends, at a time: some 100 bytes each until they are. */
  auditPlacesMax: number
  /** Streams open at once. Each costs about 2 kB and 100 bytes an author. */
  peersMax: number
  /** Cells of one set: its elements by each author that added them, and what is remembered of the removed. */
  elementsMax: number
  /** Bytes of JSON in which one change of a set names what it removes: some 40 for each life of a host. Must stay well under every peer's `frameBytesMax`. */
  removedBytesMax: number
  /** Levels of arrays and objects in a value: JSON writers recurse. */
  depthMax: number
  /** Events of one topic that are kept for those who are away, beyond what some connected peer was not served yet (verbose). */
  bufferMax: number
  /** Bytes of all events that are kept, some 300 around each counted as well: the hard end. Beyond it nothing is emitted here, and what others emit takes the place of the oldest. */
  bufferBytesMax: number
  /** How long an event lives: nobody keeps it, or takes it in, any longer (verbose). */
  bufferMs: number
  /** Messages of a flood that are kept (pull-flood). */
  capacity: number
  /** How long after its `expire` a name can be revived, and how long hosts may be cut off from each other without losing an extension. */
  graceMs: number
  /** How far the clocks of two hosts may be apart. A register's stamp further ahead is refused. */
  skewMsMax: number
  /** How far ahead an `expire` may lie: a later one of ours is said as this far ahead, one of others is shown as this. Ten years. */
  horizonMs: number
  /** How long a peer may take to say hello. */
  helloMs: number
  /** How often a ping is sent. An idle link costs about 100 bytes a ping and its answer. */
  pingMs: number
  /** After so long without a frame the link is given up. */
  timeoutMs: number
  /** The least time between two `have` of a session: acknowledgements wait for each other. */
  haveMs: number
  /** A session that could not drain for so long makes a round, so that hot cells do not starve the others. */
  roundMs: number
  /** The least time between two `ask` of a session. */
  askMs: number
  /** How long `close()` waits for peers to read the bye. */
  closeMs: number
  /** Links that others dialled, of a node. With `outboundMax` no more than `peersMax`. */
  inboundMax: number
  /** Of these, links from one address. Several hosts may share one. */
  inboundAddressMax: number
  /** Of these, links whose dialler has not said hello yet: each may cost a frame of `frameBytesMax` before anything is known of it. */
  pendingMax: number
  /** And of these, from one address. */
  pendingAddressMax: number
  /** Sessions from one address that may end by a fault of the peer's (no frame, no key, repeats) within `shunMs`; after one more, nobody is accepted from there for `shunMs`. */
  faultsMax: number
  /** How long an address is not accepted from. */
  shunMs: number
  /** Hosts and addresses that a node keeps. */
  outboundMax: number
  /** Dials of a node under way at once; others wait their turn. */
  dialsMax: number
  /** How long one dial may take; then the next address has its turn. */
  dialMs: number
  /** How long a link that stands may take to answer when its peer comes by another one; then the other takes its place. */
  probeMs: number
  /** What a node waits before it dials again is at most this, twice as much after every failure; by chance, so that many do not come at once. */
  backoffMsMin: number
  /** But never more than this. */
  backoffMsMax: number
  /** After so long a link is stable: what it waited for it before is forgotten. */
  stableMs: number
  /** Packets to one host that wait for a link, or for the host's confirmation. */
  packetsMax: number
  /** Bytes of these as JSON. Must stay under every peer's `frameBytesMax`. */
  packetBytesMax: number
  /** How long a journal lets what the system has wait until it is put on the disk, when it is written in batches; a journal is told by itself (`openJournal`). */
  syncMs: number
  /** How many times as large as what holds a journal's file may be before it is written anew; also told by itself. */
  journalRatio: number
  /** Bytes below which it is not written anew; also told by itself. */
  journalBytesMin: number
  /** How long after a journal could not be written it is tried again. */
  diskRetryMs: number
}

/** The defaults. */
export const limits: Readonly<Limits> = Object.freeze({
  frameBytesMax: 1 << 20,
  frameDepthMax: 32_768,
  batchBytes: 1 << 16,
  batchMessages: 256,
  messagesMax: 4_096,
  authorsMax: 100_000,
  cellsMax: 4_000_000,
  bytesMax: 1_600 << 20,
  authorBytesMax: 1_200 << 20,
  nameBytesMax: 256,
  partBytesMax: 256,
  bodyBytesMax: 16_384,
  digitsMax: 1_000,
  unknownBytesMax: 16 << 20,
  rangesMax: 32,
  refusalsMax: 256,
  repeatsMax: 100_000,
  changesPerSecondMax: 2_000_000,
  changesBurstMax: 2_000_000,
  strangersMax: 200_000,
  asksMax: 1_000,
  auditEntriesMax: 256,
  auditPlacesMax: 65_536,
  peersMax: 1_000,
  elementsMax: 100_000,
  removedBytesMax: 262_144,
  depthMax: 64,
  bufferMax: 1_000,
  bufferBytesMax: 64 << 20,
  bufferMs: 900_000,
  capacity: 100,
  graceMs: 900_000,
  skewMsMax: 60_000,
  horizonMs: 316_224_000_000,
  helloMs: 10_000,
  pingMs: 5_000,
  timeoutMs: 60_000,
  haveMs: 50,
  roundMs: 1_000,
  askMs: 5_000,
  closeMs: 1_000,
  inboundMax: 800,
  inboundAddressMax: 200,
  pendingMax: 100,
  pendingAddressMax: 50,
  faultsMax: 100,
  shunMs: 30_000,
  outboundMax: 200,
  dialsMax: 16,
  dialMs: 10_000,
  probeMs: 3_000,
  backoffMsMin: 200,
  backoffMsMax: 30_000,
  stableMs: 10_000,
  packetsMax: 1_000,
  packetBytesMax: 1_000_000,
  syncMs: 100,
  journalRatio: 2,
  journalBytesMin: 1 << 20,
  diskRetryMs: 1_000
})

/** A peer is silent when nothing was heard for so many of our ping intervals: two pings may be late, not three (blue-rings). */
export const silentPings = 2.3

/** How many cells that only take away are let in beyond a bound of cells: what is full can be emptied, since what they remove makes room. */
export function spareFor(max: number): number {
  return Math.max(8, Math.floor(max / 8))
}

/** Bytes of UTF-8 of a host's name. Part of the protocol: an author is written into every vector. */
export const hostBytesMax = 64

/** Characters of a life. Part of the protocol. */
export const lifeBytesMax = 32

/** Addresses in a word about a link. Part of the protocol. */
export const urisMax = 8

/** Bytes of one of these. Part of the protocol. */
export const uriBytesMax = 256

/** Bytes of a kind, of a network's name, of a feature or a code. Part of the protocol. */
export const tokenBytesMax = 64

/** Strangers that each peer may speak of, however many the others do: see `strangersMax`. */
export const strangersEach = 1_000

/** Keys of a network at once: one, and the one that takes its place. Part of the protocol. */
export const keysMax = 2

/** Bytes of a key at least. Whoever connects can try keys at leisure on a proof that it was given: what can be guessed is no key. */
export const keyBytesMin = 16

/** Hexadecimal digits of a nonce, and of a code that proves a key. Part of the protocol. */
export const nonceDigits = 32
export const codeDigits = 64

/**
 * The defaults with `overrides` laid over them.
 *
 * @throws GossipError `ERR_OPTION` for an unknown bound, or one that is not a whole number above zero.
 */
export function withLimits(overrides: Partial<Limits> = {}): Limits {
  const all: Limits = { ...limits }
  for (const [name, value] of Object.entries(overrides) as [keyof Limits, number | undefined][]) {
    if (!Object.hasOwn(limits, name)) throw new GossipError('ERR_OPTION', `there is no limit "${name}"; see Limits for their names.`)
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new GossipError('ERR_OPTION', `limit ${name} must be a whole number above zero, not ${String(value)}.`)
    }
    all[name] = value
  }
  return all
}
