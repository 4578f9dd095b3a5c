/**
 * What the demo and its host processes say to each other.
 */
import type { DemoPeer } from './shapes.js'
import type { Find } from './words.js'

/** What a host is told to do. */
export type Order =
  /** Keep a link to a neighbour, which listens there. */
  | { type: 'dial'; port: number }
  /** Count the words of these files, which lie under that folder; for ever, or once. */
  | { type: 'count'; folder: string; files: string[]; forever: boolean }
  /** Wait with counting, or go on. */
  | { type: 'hold'; on: boolean }
  /** Stop behind the present file, wait until a peer claimed all that was counted, and say how far it went. */
  | { type: 'pause' }
  /** Drop the link to a neighbour, as a cut cable would, and leave it down. */
  | { type: 'cut'; port: number }
  /** The cable is whole again; nobody is told to dial. */
  | { type: 'heal'; port: number }
  /** Say when every peer acknowledged all that is held here. */
  | { type: 'rest' }
  | { type: 'report' }
  | { type: 'close' }

/** What a host tells. */
export type Told =
  | { type: 'listening'; port: number }
  | { type: 'progress'; progress: Progress }
  | { type: 'paused'; counted: number; claimedBy: string[] }
  | { type: 'rested' }
  | { type: 'report'; report: Report }
  | { type: 'note'; text: string }

/** How far a host is. */
export type Progress = {
  /** Files counted here, and words in them. */
  files: number
  words: number
  /** Whether all files given were counted. */
  done: boolean
  /** Changes held that some peer has not acknowledged. */
  lag: number
  coherent: boolean
  /** What all hosts counted, as far as it is known here. */
  total: number
  peers: DemoPeer[]
}

/** What a host holds at the end. */
export type Report = {
  host: string
  coherent: boolean
  counts: [word: string, count: number][]
  /** What the one counter of all words says. */
  total: number
  /** The files that somebody counted words in, and those that somebody has still to count. */
  files: string[]
  todo: string[]
  /** The longest word that each host found. */
  longest: [host: string, find: Find][]
  /** The file that was counted last, by whichever host. */
  last: string | undefined
  links: Traffic[]
}

/** What went over the link to a peer, over all of its connections. */
export type Traffic = {
  peer: string
  connections: number
  bytesIn: number
  bytesOut: number
  changesIn: number
  changesOut: number
  duplicates: number
}
