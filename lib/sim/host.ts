/**
 * A simulated host: a real store, and a bus on the same log, in one life after another, with a clock of its own, that can crash, pause and start again.
 */
import { createBus } from '../bus/bus.js'
import type { Bus } from '../bus/bus.js'
import { createGossip } from '../core/core.js'
import type { Core } from '../core/core.js'
import { createStore } from '../store/store.js'
import type { Store } from '../store/store.js'
import type { CoreOptions } from '../core/options.js'
import type { NameOptions } from '../store/options.js'
import type { Time } from '../stream/time.js'
import type { Chance } from './chance.js'
import type { VirtualClock } from './clock.js'
import { Shelf } from './journal.js'
import type { ShelfOptions } from './journal.js'

/** What a simulated host's store is made with; its clock, time and chance are the simulator's. */
export type HostOptions = Omit<CoreOptions & NameOptions, 'host' | 'now' | 'time' | 'random' | 'journal'> & {
  /** How it keeps a journal. Default: it keeps none. */
  journal?: ShelfOptions | undefined
  /** By how much its clock is ahead of the true time, in milliseconds; negative if it is behind. */
  aheadMs?: number
}

export class SimHost {
  core: Core
  store: Store
  bus: Bus
  /** By how much its clock is ahead. */
  aheadMs: number
  /** False between a crash or a stop and the next start. */
  running = true
  /** How many lives it had. */
  lives = 0
  /** Errors told by its stores. */
  readonly errors: unknown[] = []
  /** Called with the store of every life, before anything happens to it. */
  onStart: (() => void) | null = null
  /** What its journals keep; null if it has none. */
  readonly shelf: Shelf | null
  private time: HostTime

  constructor(
    readonly name: string,
    /** Its place among the hosts. */
    readonly place: number,
    private readonly clock: VirtualClock,
    private readonly chance: Chance,
    private readonly options: HostOptions = {}
  ) {
    this.aheadMs = options.aheadMs ?? 0
    this.shelf = options.journal === undefined ? null : new Shelf(chance, options.journal)
    this.time = new HostTime(clock)
    ;[this.core, this.store, this.bus] = this.begin()
  }

  /** The time by its own clock, in milliseconds since 1970. */
  get now(): number {
    return this.clock.date() + this.aheadMs
  }

  /** Gone at once, with all that it did not keep. */
  crash(): void {
    this.running = false
    this.shelf?.crash()
    this.time.kill()
  }

  /** Says bye and ends; with `leave` it is not expected back. */
  async stop(leave = false): Promise<void> {
    this.running = false
    await this.core.close({ leave })
    this.shelf?.crash()
    this.time.kill()
  }

  /** Starts, with what its journal keeps; without one without memory, in a new life. */
  start(): void {
    if (this.running) return
    this.time = new HostTime(this.clock)
    this.running = true
    ;[this.core, this.store, this.bus] = this.begin()
    this.onStart?.()
  }

  /** Does nothing for a while, as a process does whose machine sleeps; then does all at once. */
  pause(ms: number): void {
    this.time.pause(ms)
  }

  /** Runs something as this host: later, if it is paused; never, if it has crashed by then. */
  soon(run: () => void): void {
    this.time.soon(run)
  }

  /** The same, but at once if it is not paused. */
  act(run: () => void): void {
    this.time.act(run)
  }

  private begin(): [Core, Store, Bus] {
    this.lives += 1
    const { aheadMs: _, journal: __, expireDefault, ...options } = this.options
    const journal = this.shelf?.open(this.time)
    const core = createGossip({ ...options, journal, host: this.name, time: this.time, now: () => this.now, random: () => this.chance.next() })
    const [store, bus] = [createStore({ gossip: core, expireDefault }), createBus({ gossip: core })]
    store.on('error', (error) => this.errors.push(error))
    bus.stream.on('error', (error) => this.errors.push(error))
    return [core, store, bus]
  }
}

/** The time of one life of a host: it stands still while the host is paused, and ends with it. */
class HostTime implements Time {
  private alive = true
  private pausedUntil = 0
  private asleep = false
  private waiting: (() => void)[] = []

  constructor(private readonly clock: VirtualClock) {}

  now(): number {
    return this.clock.now()
  }

  soon(run: () => void): void {
    this.clock.soon(() => this.act(run))
  }

  after(ms: number, run: () => void): () => void {
    let wanted = true
    const cancel = this.clock.after(ms, () => this.act(() => {
      if (wanted) run()
    }))
    return () => {
      wanted = false
      cancel()
    }
  }

  kill(): void {
    this.alive = false
    this.waiting = []
  }

  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms)
    this.asleep = true
    this.clock.after(ms, () => this.wake())
  }

  act(run: () => void): void {
    if (!this.alive) return
    // What comes in the moment in which it wakes comes after all that it slept through.
    if (this.asleep) this.waiting.push(run)
    else run()
  }

  private wake(): void {
    if (this.clock.now() < this.pausedUntil) return
    this.asleep = false
    for (const run of this.waiting.splice(0)) this.act(run)
  }
}
