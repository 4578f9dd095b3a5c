/**
 * A simulated link between two hosts: a connection that is made again whenever it is lost, unless it was cut.
 */
import { GossipError } from '../errors.js'
import type { Source } from '../pull.js'
import type { StreamOptions } from '../core/options.js'
import { doubleline } from '../wire/codec.js'
import type { Chance } from './chance.js'
import type { VirtualClock } from './clock.js'
import type { SimHost } from './host.js'
import { Pipe } from './pipe.js'
import type { Road } from './pipe.js'

/** How a link is; spans in milliseconds. */
export type LinkOptions = {
  /** How long bytes are under way: always so long, or exponentially around a mean. Default 10. */
  latencyMs?: number | { mean: number } | undefined
  /** Default 1,000: a megabyte a second. */
  bytesPerMs?: number | undefined
  /** Bytes on their way or unread. Default 256 kB. */
  windowBytes?: number | undefined
  /** How long it takes until a lost connection is dialled again, on an average. Default 200. */
  redialMs?: number | undefined
  /** How the first and the second host make their streams. */
  streams?: [StreamOptions, StreamOptions] | undefined
}

/** What is told of a link. */
export type LinkWatch = {
  /** Bytes came out at the end of `to`. */
  chunk(link: SimLink, to: SimHost, bytes: Uint8Array): void
}

/** How a connection is lost: both are told, or neither, or only the first or the second host. */
export type Notice = 'both' | 'none' | 'first' | 'second'

export class SimLink {
  /** Whether it is to be connected. */
  wanted = true
  /** Connections made so far. */
  connections = 0
  /** Bytes and frames of connections that are gone, in both directions. */
  private past = { bytes: 0, frames: 0 }
  private pipes: [Pipe, Pipe] | null = null
  private silent: [boolean, boolean] = [false, false]
  private readonly road: Road

  constructor(
    readonly hosts: readonly [SimHost, SimHost],
    private readonly clock: VirtualClock,
    private readonly chance: Chance,
    private readonly options: LinkOptions,
    private readonly watch: LinkWatch
  ) {
    const { latencyMs = 10, bytesPerMs = 1_000, windowBytes = 1 << 18 } = options
    const draw = typeof latencyMs === 'number' ? () => latencyMs : () => chance.span(latencyMs.mean)
    this.road = { latencyMs: draw, bytesPerMs, windowBytes }
    this.connect()
  }

  get up(): boolean {
    return this.pipes !== null
  }

  get bytes(): number {
    return this.past.bytes + sum(this.pipes, ({ bytes }) => bytes)
  }

  /** Frames, as far as chunks are frames. */
  get frames(): number {
    return this.past.frames + sum(this.pipes, ({ chunks }) => chunks)
  }

  /** Bytes on their way or unread. */
  get load(): number {
    return sum(this.pipes, ({ load }) => load)
  }

  joins(a: SimHost, b: SimHost): boolean {
    return this.hosts.includes(a) && this.hosts.includes(b)
  }

  /** Loses the connection, and makes no other until it is healed. `partial` lets half a frame through. */
  cut(notice: Notice = 'both', partial = false): void {
    this.wanted = false
    this.lose(notice, partial)
  }

  /** Connects again, and lets everything through. */
  heal(): void {
    this.silence(false, false)
    this.wanted = true
    this.connect()
  }

  /** Whether bytes to the second host, and those to the first, vanish from sight; they come when that is over, if the connection lasts. */
  silence(first: boolean, second: boolean): void {
    this.silent = [first, second]
    this.pipes?.forEach((pipe, i) => {
      if (this.silent[i] === true) pipe.silent = true
      else if (pipe.silent) pipe.speak()
    })
  }

  /** Loses the connection; it is dialled again if it is wanted. */
  lose(notice: Notice = 'both', partial = false): void {
    const { pipes } = this
    if (pipes === null) return
    this.forget(pipes)
    const reason = new GossipError('ERR_RESET', 'the simulated connection broke.')
    const [there, back] = pipes
    there.break(partial)
    back.break(partial)
    if (notice === 'both' || notice === 'first') this.tell(back, there, reason)
    if (notice === 'both' || notice === 'second') this.tell(there, back, reason)
    this.redial()
  }

  /** Tells one host, to which `into` leads. */
  private tell(into: Pipe, out: Pipe, reason: GossipError): void {
    into.end(reason)
    out.abort(reason)
  }

  /** A host is gone: the other end is told, sooner or later or never. */
  abandon(host: SimHost): void {
    const notices: Notice[] = ['both', host === this.hosts[0] ? 'second' : 'first']
    this.lose(this.chance.pick(notices))
  }

  connect(): void {
    const [first, second] = this.hosts
    if (this.pipes !== null || !this.wanted) return
    if (!first.running || !second.running) return this.redial()
    const { clock, road, watch, options } = this
    this.connections += 1
    const left = first.store.createStream({ id: second.name, expected: false, ...options.streams?.[0] })
    const right = second.store.createStream({ id: first.name, expected: false, ...options.streams?.[1] })
    const pipes: [Pipe, Pipe] = [
      new Pipe(clock, road, doubleline.stringify()(asked(first, left.source)), (chunk) => watch.chunk(this, second, chunk)),
      new Pipe(clock, road, doubleline.stringify()(asked(second, right.source)), (chunk) => watch.chunk(this, first, chunk))
    ]
    this.pipes = pipes
    this.silence(...this.silent)
    right.sink(doubleline.parse()(this.watched(pipes, pipes[0], second)))
    left.sink(doubleline.parse()(this.watched(pipes, pipes[1], first)))
  }

  /** What an end reads, unless it is paused; when that ends, the connection is gone. */
  private watched(pipes: [Pipe, Pipe], pipe: Pipe, host: SimHost): Pipe['source'] {
    return (abort, cb) => {
      pipe.source(abort, (end, chunk) => {
        if (end && this.pipes === pipes) {
          this.forget(pipes)
          this.redial()
        }
        host.act(() => cb(end, chunk))
      })
    }
  }

  private forget(pipes: [Pipe, Pipe]): void {
    this.past = { bytes: this.past.bytes + sum(pipes, ({ bytes }) => bytes), frames: this.past.frames + sum(pipes, ({ chunks }) => chunks) }
    this.pipes = null
  }

  private redial(): void {
    if (this.wanted) this.clock.after(this.chance.span(this.options.redialMs ?? 200), () => this.connect())
  }
}

/** What a host says when it is asked, unless it is paused. */
export function asked<T>(host: SimHost, source: Source<T>): Source<T> {
  return (abort, cb) => host.act(() => source(abort, cb))
}

function sum(pipes: readonly Pipe[] | null, of: (pipe: Pipe) => number): number {
  return (pipes ?? []).reduce((total, pipe) => total + of(pipe), 0)
}
