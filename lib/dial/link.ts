/**
 * A connection as dial decisions see it: who dialled it, where to, who was met, and what was said about it.
 */

/** What a node says about a link, as docs/protocol.md has it. */
export type Word = { choice: number; keeps: boolean; uris: readonly string[] }

/** Who is at the other end. One that is no node says no words. */
export type Met = { host: string; life: string; node: boolean }

/** Why a link is closed. */
export type Reason = 'close' | 'duplicate' | 'unkept' | 'timeout'

export class Link {
  /** Who is at the other end; null until its hello. */
  met: Met | null = null
  /** What the other end said last. */
  word: Word | null = null
  /** Whether what carries the link has proven who is at the other end. */
  proven = false
  /** Since when it is the one link to its host. */
  chosenAt = -Infinity

  constructor(
    /** Rises with every link of this node. */
    readonly number: number,
    /** Where it was dialled from here; null if the other end dialled. */
    readonly uri: string | null,
    /** Where the other end is, for bounds by address. */
    readonly address: string | null
  ) {}

  /** Whether the other end keeps our host, as far as it said. One that is no node came, or was dialled, to stay. */
  get kept(): boolean | null {
    if (this.met?.node === false) return true
    return this.word?.keeps ?? null
  }
}
