/**
 * What a receiver counts and sums, and who waits for the sum: the delivery check of every rival.
 */
import { nowNs } from './system.js'

export class Tally {
  onNews: ((name: string) => void) | null = null
  private count = 0
  private sum = 0
  private target = Infinity
  private tell: ((ns: number) => void) | null = null

  private meet: () => void = () => {}
  private readonly met = new Promise<void>((resolve) => { this.meet = resolve })

  /** Another host is there: what is written from now on reaches it. */
  protected welcome(): void {
    this.meet()
  }

  joined(): Promise<void> {
    return this.met
  }

  /** A message or a change came in and adds `n` to what was held. */
  protected take(name: string, n: number): void {
    this.count += 1
    this.sum += n
    this.onNews?.(name)
    if (this.sum === this.target) this.tell?.(nowNs())
  }

  /** A copy came in of something held already. */
  protected copy(): void {
    this.count += 1
  }

  received(): number {
    return this.count
  }

  /** One sum is waited for at a time. */
  reach(sum: number): Promise<number> {
    if (this.sum === sum) return Promise.resolve(nowNs())
    this.target = sum
    return new Promise((resolve) => {
      this.tell = resolve
    })
  }
}

/** For stores that tell a name's new value, where the value only rises: what it rose by. */
export class Values {
  private readonly held = new Map<string, number>()

  /** How far the name rose; 0 if it did not. */
  rise(name: string, value: number): number {
    const before = this.held.get(name) ?? 0
    if (value <= before) return 0
    this.held.set(name, value)
    return value - before
  }

  /** The name's value after `n` more. */
  add(name: string, n: number): number {
    const value = (this.held.get(name) ?? 0) + n
    this.held.set(name, value)
    return value
  }
}
