/**
 * What all peers together may make us remember, of which each has a share that is its own: so that one who takes all it can get leaves
 * the others theirs. It is given back when a peer goes.
 */
export class Pool {
  private taken = 0

  constructor(
    private readonly max: number,
    /** Of this much each may be sure. */
    readonly share: number
  ) {}

  take(): boolean {
    if (this.taken >= this.max) return false
    this.taken += 1
    return true
  }

  give(count: number): void {
    this.taken -= count
  }
}

/** What one peer takes. */
export class Share {
  private taken = 0

  constructor(private readonly pool: Pool) {}

  /** Takes one more, if there is one. */
  take(): boolean {
    if (this.taken >= this.pool.share && !this.pool.take()) return false
    this.taken += 1
    return true
  }

  /** Gives some back. */
  give(count: number): void {
    const before = this.taken
    this.taken -= count
    this.pool.give(Math.max(0, before - this.pool.share) - Math.max(0, this.taken - this.pool.share))
  }

  /** Gives all back. */
  release(): void {
    this.give(this.taken)
  }
}
