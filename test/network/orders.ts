/**
 * What the story and a host process say to each other.
 */
import { type Json } from '../../index.js'

/** How a host is started. */
export type Start = {
  host: string
  address: string
  /** The hosts that it has a link to. */
  expect: string[]
  /** Where those listen that it dials. */
  dials: string[]
  /** Which of the five plans of work is its own. */
  plan: number
}

/** What a host is told to do. */
export type Order =
  /** Go through its work, from that change on. */
  | { type: 'write'; from: number }
  /** Write no more, wait until a peer claimed what was written, and say how far it went. */
  | { type: 'pause' }
  | { type: 'state' }
  | { type: 'report' }

/** What a host tells. */
export type Told =
  | { type: 'listening' }
  | { type: 'paused'; done: number; claimedBy: string[] }
  | { type: 'state'; state: State }
  | { type: 'report'; report: Report }

/** How a host is. */
export type State = {
  /** Changes of its work that are made. */
  done: number
  /** The peers that it is in step with. */
  peers: string[]
  coherent: boolean
  /** Changes held that some peer has not acknowledged. */
  lag: number
  /** What it holds, as a digest. */
  digest: string
}

/** All that a host holds. */
export type Holding = {
  counters: [name: string, value: number][]
  registers: [name: string, value: Json | undefined][]
  sets: [name: string, elements: string[]][]
}

export type Report = {
  host: string
  holding: Holding
  /** Over this life of the host. */
  traffic: { bytesOut: number; changesIn: number; duplicates: number; refused: number; connections: number; cpuMs: number }
  rttMs: Record<string, number>
}
