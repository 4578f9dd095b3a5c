/**
 * Virtual time: a clock that moves only when a test says so.
 *
 * What is to run `soon` runs before time moves on; timers run in the order of when they are due, those of one moment in the order
 * they were made. So a test that passes once passes always.
 */
import type { Time } from '../lib/stream/time.js'

type Timer = { at: number; order: number; run: () => void }

/** What runs in one turn of a test before we say that it never ends. */
const turnsMax = 5_000_000

export class Clock implements Time {
  /** Milliseconds since 1970 when the clock began; `date` counts from there. */
  readonly epoch = 1_700_000_000_000
  private at: number
  private made = 0
  private readonly turn: (() => void)[] = []
  private readonly timers = new Set<Timer>()

  constructor(startMs = 0) {
    this.at = startMs
  }

  now(): number {
    return this.at
  }

  /** The system's clock of a host that shares this time; pass it as a store's `now`. */
  readonly date = (): number => this.epoch + this.at

  soon(run: () => void): void {
    this.turn.push(run)
  }

  after(ms: number, run: () => void): () => void {
    if (!(ms >= 0)) throw new Error(`a timer of ${ms} ms was made`)
    this.made += 1
    const timer = { at: this.at + ms, order: this.made, run }
    this.timers.add(timer)
    return () => { this.timers.delete(timer) }
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.timers.size
  }

  /** Runs what is to run now, time standing still. */
  settle(): void {
    for (let turns = 0; this.turn.length > 0; turns += 1) {
      if (turns > turnsMax) throw new Error('what is to run soon never ends')
      const runs = this.turn.splice(0)
      for (const run of runs) run()
    }
  }

  /** Runs everything that is due until time stands at `at`. */
  runUntil(at: number): void {
    this.settle()
    for (let turns = 0; ; turns += 1) {
      if (turns > turnsMax) throw new Error('timers follow each other without time moving on')
      const next = this.next()
      if (next === null || next.at > at) break
      this.timers.delete(next)
      this.at = Math.max(this.at, next.at)
      next.run()
      this.settle()
    }
    this.at = Math.max(this.at, at)
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    this.runUntil(this.at + ms)
  }

  private next(): Timer | null {
    let next: Timer | null = null
    for (const timer of this.timers) {
      if (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    }
    return next
  }
}
