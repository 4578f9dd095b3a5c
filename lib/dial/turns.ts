/**
 * One thing after another: what was decided is done once all is decided, and what comes in meanwhile has its turn after that.
 *
 * Doing may call listeners of the user's, and these may ask for more: nothing of it happens in the middle of a decision.
 */
export class Turns {
  private readonly inputs: (() => void)[] = []
  private readonly deeds: (() => void)[] = []
  private busy = false

  /** Takes something in, now or in its turn. */
  run(input: () => void): void {
    this.inputs.push(input)
    if (this.busy) return
    this.busy = true
    try {
      for (let next = this.next(); next !== undefined; next = this.next()) next()
    } finally {
      this.busy = false
    }
  }

  /** Something is to be done when all is decided. */
  later(deed: () => void): void {
    this.deeds.push(deed)
  }

  private next(): (() => void) | undefined {
    return this.deeds.shift() ?? this.inputs.shift()
  }
}
