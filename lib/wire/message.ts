/**
 * What two hosts say to each other: the shapes on the wire, as docs/protocol.md states them.
 *
 * A frame is one message or an array of them. A message's type is its one key that no other has: `v a c t m w b l g proof`. Fields are only
 * ever added, and unknown ones are ignored. Everything here is plain JSON.
 */
import type { Json } from '../json.js'

/** An author as a key: its id, its number with its id (`3~α~life`, which introduces it), or its number alone. */
export type AuthorKey = string

/** The first frame each way. */
export type Hello = {
  /** The highest version spoken. */
  v: number
  h: string
  i: string
  net?: string
  /** Digest of the sender's vector. */
  x: string
  /** Codecs that the sender could change to. */
  z?: string[]
  /** Features: `mute` sends no changes, `deaf` takes none, `node` takes packets and words about the link. */
  f?: string[]
  /** Of a keyed network: 32 hexadecimal digits, other ones in each session. */
  nonce?: string
}

/** That the sender knows the network's key: a code for each key that it has. */
export type KeyProof = { proof: string[] }

/** Where the sender is; with `y` a claim. */
export type Have = {
  a: Record<AuthorKey, number>
  d?: Record<AuthorKey, [number, number][]>
  /** Changes sent so far in this session. */
  u?: number
  /** Changes of this session refused and still not held, by code. */
  r?: Record<string, number>
  /** `true` confirms all that was stated in this session, `these` only what this message carries. */
  y?: true | 'these'
  /** All was served that the receiver may have, and it may not have all: no claim. */
  p?: true
  /** More of this vector follows in the next `have`. */
  o?: true
}

/** Changes of one author and kind, in columns, in order of seq. */
export type Changes = {
  s: number | [number, string]
  k: string
  /** The first seq, then differences. */
  q: number[]
  n: string[]
  p?: string[]
  /** Until when the name lives, as the author said; in a pair with the greatest that the sender knows, where that is another. */
  e?: (number | null | [said: number | null, known: number])[]
  c: Json[]
}

export type Ping = {
  t: [sentAt: number, echo: number, held: number]
  /** The sum of all that the sender holds, but for what ends before that moment; and of what is said in it, once that is counted. */
  g?: [from: number, sum: string] | [from: number, sum: string, bodies: string]
}

/** Where something of what is held stands: digits of its place, behind the index of a span and a dot if it ends. */
export type Address = string

/** A word of an audit: where two hosts differ. */
export type Audit = {
  /** What ends before that moment is left out; the salt of all sums here. */
  g: [from: number, salt: number]
  /** All sums here are of what is said in cells, too. */
  o?: 1
  /** Sums of the 64 parts of an address, five digits each; dots for one that does not stand still. */
  n?: [Address, string][]
  /** Sums of spans, five digits each, of all from one index to another, that long. */
  e?: [spanMs: number, from: number, to: number, sums: [index: number, sum: string][]]
  /** All that stands at an address: the digits of each place behind those of the address, and three of its sum. */
  p?: [Address, string][]
  /** Places of a list that the sender lacks, or has otherwise. */
  q?: [Address, string][]
  /** How many places were found to differ. */
  d?: number
  /** Serve everything again, or all that ends. */
  x?: 'all' | 'ends'
  /** Say what you hold of all names of that text, of these kinds. */
  r?: [name: string, kinds: string[]]
  /** What is held of the name that was asked for. */
  h?: string
}

/** Serve these authors again from this vector, or these names whole. */
export type Ask = { w: Record<AuthorKey, number>; d?: Record<AuthorKey, [number, number][]>; n?: [kind: string, name: string][] }

/** A direct message of a node. */
export type Packet = { m: Json }

/** A node's word about the link: sent after the hello, and anew when it no longer holds. */
export type Link = {
  /** Of the end that decides which link stays: the number of its choice, 1 and up. Of the other: 0. */
  l: number
  /** The sender keeps the other end's host: it dials again when the link is gone. */
  keep?: true
  /** Where the sender listens. */
  uris?: string[]
}

export type Bye = { b: string; leave?: true }

export type Message = Hello | KeyProof | Have | Changes | Ping | Ask | Packet | Bye | Link | Audit

/** One message, or several at once. */
export type Frame = Message | Message[]
