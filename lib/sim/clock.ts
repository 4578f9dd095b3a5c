/**
 * Virtual time: a clock that moves only when somebody lets it.
 *
 * What is to run `soon` runs before time moves on; timers run in the order of when they are due, those of one moment in the order in
 * which they were made. So what happens once happens always.
 */
import { Deadlines } from '../log/deadlines.js'
import type { Due } from '../log/deadlines.js'
import type { Time } from '../stream/time.js'

type Timer = Due & { order: number; run: () => void }

/** What may run without time moving on before we say that it never ends. */
const turnsMax = 5_000_000

export class VirtualClock implements Time {
  /** Milliseconds since 1970 when the clock began; `date` counts from there. */
  readonly epoch = 1_700_000_000_000
  private made = 0
  private turn: (() => void)[] = []
  private readonly timers = new Deadlines<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order))
  private waiting = 0

  constructor(private moment = 0) {}

  now(): number {
    return this.moment
  }

  /** The time of day, for those who share this time; pass it as a store's `now`. */
  readonly date = (): number => this.epoch + this.moment

  soon(run: () => void): void {
    this.turn.push(run)
  }

  after(ms: number, run: () => void): () => void {
    if (!(ms >= 0)) throw new Error(`a timer of ${ms} ms was made`)
    this.made += 1
    const timer: Timer = { at: 0, place: -1, order: this.made, run }
    this.timers.set(timer, this.moment + ms)
    this.waiting += 1
    return () => {
      if (timer.place >= 0) this.waiting -= 1
      this.timers.remove(timer)
    }
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.waiting
  }

  /** Runs what is to run now, time standing still. */
  settle(): void {
    for (let turns = 0; this.turn.length > 0; ) {
      const { turn } = this
      this.turn = []
      for (const run of turn) run()
      turns += turn.length
      if (turns > turnsMax) throw new Error('what is to run soon never ends')
    }
  }

  /** Runs everything that is due until time stands at `at`. */
  runUntil(at: number): void {
    this.settle()
    let stood = this.moment
    for (let turns = 0, next = this.timers.first; next !== undefined && next.at <= at; next = this.timers.first) {
      this.timers.remove(next)
      this.waiting -= 1
      this.moment = Math.max(this.moment, next.at)
      next.run()
      this.settle()
      turns = this.moment > stood ? 0 : turns + 1
      stood = this.moment
      if (turns > turnsMax) throw new Error('timers follow each other without time moving on')
    }
    this.moment = Math.max(this.moment, at)
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    this.runUntil(this.moment + ms)
  }

  /** When the next timer is due; `Infinity` if there is none. */
  get nextAt(): number {
    return this.timers.first?.at ?? Infinity
  }
}
