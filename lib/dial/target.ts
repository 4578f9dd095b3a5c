/**
 * A host that is kept, or an address where one is to be met: where to dial, and when.
 */
import type { Backoff } from './backoff.js'
import type { Link } from './link.js'

/** A dial under way; it fails at `at`. */
export type Call = { target: Target; uri: string; at: number }

export class Target {
  /** Addresses that the user gave. */
  readonly uris: Set<string>
  /** Addresses that the host itself told. */
  told: readonly string[] = []
  /** The user keeps the host by its name, whatever its addresses. */
  named = false
  /** When to dial next. */
  dialAt: number
  call: Call | null = null
  /** A link that was dialled and has met nobody yet. */
  link: Link | null = null
  private turn = 0

  constructor(
    /** Null until somebody was met there. */
    public host: string | null,
    uris: Iterable<string>,
    readonly backoff: Backoff,
    now: number
  ) {
    this.uris = new Set(uris)
    this.dialAt = now
  }

  /** How it is called while no host is known. */
  get name(): string {
    return this.host ?? [...this.uris][0] ?? ''
  }

  get addresses(): string[] {
    return [...new Set([...this.uris, ...this.told])]
  }

  /** Whether it waits to be dialled. */
  get idle(): boolean {
    return this.call === null && this.link === null && this.addresses.length > 0
  }

  /** Whether there is no reason any more to keep it: no address of the user's, and no name. */
  get pointless(): boolean {
    return this.uris.size === 0 && !this.named
  }

  /** Takes an address out; says whether it was the user's. */
  forget(uri: string): boolean {
    this.told = this.told.filter((one) => one !== uri)
    return this.uris.delete(uri)
  }

  /** The address whose turn it is. */
  next(): string | undefined {
    const { addresses } = this
    const uri = addresses[this.turn % Math.max(1, addresses.length)]
    this.turn += 1
    return uri
  }

  /** Puts off the next dial; says by how much. */
  wait(now: number): number {
    const waitMs = this.backoff.next(this.addresses.length)
    this.dialAt = now + waitMs
    return waitMs
  }
}
