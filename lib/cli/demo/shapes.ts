/**
 * What the demo's page is shown of all hosts at once.
 */
import type { PeerView } from '../../core/view.js'

/** One host's link with another, as it sees it. */
export type DemoPeer = Pick<
  PeerView,
  'host' | 'connected' | 'silent' | 'synced' | 'lag' | 'rttMs' | 'changesIn' | 'changesOut' | 'bytesIn' | 'bytesOut'
>

/** One host of the demo. */
export type DemoHost = {
  name: string
  /** Its process; null while it is down. */
  pid: number | null
  coherent: boolean
  lag: number
  /** What it counted in this life. */
  words: number
  /** What all hosts counted, as far as it knows: the sum over all words. */
  total: number
  peers: DemoPeer[]
}

export type DemoView = {
  hosts: DemoHost[]
  /** The cables, and whether they are cut. */
  cables: { a: string; b: string; cut: boolean }[]
  /** Whether the hosts count. */
  working: boolean
}
