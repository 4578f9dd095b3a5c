/**
 * What a store shows of its peers and its traffic.
 */
import type { Session } from '../gossip/session.js'
import type { SessionStream } from '../stream/duplex.js'

/** One peer, as it is at the moment of asking. Counts are of its present stream. */
export type PeerView = {
  host: string
  /** The label given to its stream. */
  id: string | null
  connected: boolean
  /** Nothing was heard for 2.3 ping intervals. */
  silent: boolean
  /** First claims have gone both ways. */
  synced: boolean
  /** How many changes, superseded ones counted too, are held here that this peer has not acknowledged. 0 at rest. */
  lag: number
  /** The last round trip measured; null before the first. */
  rttMs: number | null
  changesIn: number
  changesOut: number
  /** Bytes through our codec; 0 through another. */
  bytesIn: number
  bytesOut: number
  /** Places in which an audit found that it holds something else, and that are not mended yet. */
  differs: number
  /** Changes of this peer's that were held already. */
  duplicates: number
  /** How often it was read more slowly, since it said more than `changesPerSecondMax`. */
  paced: number
  /** Changes of this peer's that we refused, by code. */
  refused: Record<string, number>
  /** Changes of ours that this peer refused and still does not hold, by code. */
  refusedByPeer: Record<string, number>
}

/** Traffic of a whole store since it was made, and what it holds. */
export type Statistics = {
  /** Frames, and the changes in them. */
  recv: number
  recvChanges: number
  sent: number
  sentChanges: number
  recvBytes: number
  sentBytes: number
  duplicates: number
  refused: number
  /** Messages of types not known here, which were ignored. */
  unknown: number
  /** How often it came out that a peer had falsely claimed that we hold a change: somebody forges. */
  misled: number
  /** How often what is held was compared with that of a peer, how often it differed and was looked into, places found, and changes that came of it. */
  rounds: number
  audits: number
  differences: number
  mended: number
  cells: number
  /** Of memory, that these cells are counted as. */
  bytes: number
  authors: number
  peers: number
}

export function peerOf(session: Session, stream: SessionStream | null): PeerView {
  const { counts, peer, pulse, pace, options, refusals, refusedByPeer } = session
  return {
    host: peer?.host ?? '', id: options.id, connected: session.state === 'open', silent: pulse.silent, synced: session.synced,
    get lag() {
      return session.claims && !session.withholds ? session.lag : 0
    },
    rttMs: pulse.rttMs, differs: session.audit.open, changesIn: counts.changesIn, changesOut: counts.changesOut,
    bytesIn: stream?.bytesIn ?? 0, bytesOut: stream?.bytesOut ?? 0, duplicates: counts.duplicates, paced: pace.waits,
    refused: Object.fromEntries(refusals.counts), refusedByPeer: Object.fromEntries(refusedByPeer)
  }
}

/** An expected host that is not there. */
export function absent(host: string): PeerView {
  return {
    host, id: null, connected: false, silent: false, synced: false, lag: 0, rttMs: null, differs: 0, changesIn: 0, changesOut: 0, bytesIn: 0,
    bytesOut: 0, duplicates: 0, paced: 0, refused: {}, refusedByPeer: {}
  }
}

/** The traffic of one stream, or none. */
export function totals(session?: Session, stream?: SessionStream): Statistics {
  let refused = 0
  for (const count of session?.refusals.counts.values() ?? []) refused += count
  return {
    recv: session?.counts.framesIn ?? 0, recvChanges: session?.counts.changesIn ?? 0, sent: session?.counts.framesOut ?? 0,
    sentChanges: session?.counts.changesOut ?? 0, recvBytes: stream?.bytesIn ?? 0, sentBytes: stream?.bytesOut ?? 0,
    duplicates: session?.counts.duplicates ?? 0, refused, unknown: session?.counts.unknown ?? 0, misled: 0, rounds: 0, audits: 0, differences: 0, mended: 0, cells: 0, bytes: 0,
    authors: 0, peers: 0
  }
}

/** Adds `more` into `sum`. */
export function add(sum: Statistics, more: Statistics): Statistics {
  for (const key of Object.keys(sum) as (keyof Statistics)[]) sum[key] += more[key]
  return sum
}
