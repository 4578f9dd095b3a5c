/**
 * A foe's connection with a host: made as links are, through the host's own streams, and made again when it is lost; but what goes in at
 * one end is whatever the foe says.
 */
import { GossipError } from '../../errors.js'
import type { Duplex, Source, SourceCallback } from '../../pull.js'
import { doubleline } from '../../wire/codec.js'
import type { Frame, Message } from '../../wire/message.js'
import type { Chance } from '../chance.js'
import { Hearing, messagesIn } from '../checks/frames.js'
import type { VirtualClock } from '../clock.js'
import type { SimHost } from '../host.js'
import { asked } from '../link.js'
import { Pipe } from '../pipe.js'
import type { Road } from '../pipe.js'
import { framesMax } from './deeds.js'
import type { Deeds } from './deeds.js'

/** What connections are made over, and when again. */
export type Way = { clock: VirtualClock; chance: Chance; road: Road; redialMs: number }

/** What a foe is told of its connections. */
export type Ears = {
  open(line: Line): void
  hear(line: Line, message: Message): void
  /** False: it lets what the host says pile up. */
  reads: boolean
}

/** Frames that wait to be said; a foe that is not read throws the rest away. */
const waitingMax = 200

const encoder = new TextEncoder()

export class Line {
  /** Connections made so far. */
  connections = 0
  /** How many changes were said in this one, as a `have` tells. */
  said = 0
  /** Whom the host calls by which number, in this connection. */
  hearing = new Hearing()
  private speech = new Hearing()
  private pipes: [there: Pipe, back: Pipe] | null = null
  private tape: Message[][] = []
  private waiting: Uint8Array[] = []
  private asking: SourceCallback<Uint8Array> | null = null
  private stopped = false

  constructor(
    readonly host: SimHost,
    private readonly foe: string,
    private readonly way: Way,
    private readonly deeds: Deeds,
    private readonly ears: Ears
  ) {}

  get up(): boolean {
    return this.pipes !== null
  }

  /** Bytes on their way or unread. */
  get load(): number {
    return (this.pipes ?? []).reduce((sum, { load }) => sum + load, 0)
  }

  /** Says a frame, of whatever shape. */
  say(frame: unknown): void {
    const text = JSON.stringify(frame) as string | undefined
    if (text === undefined) return
    this.deeds.say(frame, this.speech)
    for (const message of Array.isArray(frame) ? (frame as unknown[]) : [frame]) this.said += lengthOf(message)
    this.sayBytes(encoder.encode(`${text}\n\n`))
  }

  /** Says bytes, of whatever kind. */
  sayBytes(bytes: Uint8Array): void {
    if (this.waiting.length >= waitingMax) return
    this.waiting.push(bytes)
    this.answer()
  }

  connect(): void {
    const { host } = this
    const { clock, road } = this.way
    if (this.pipes !== null || this.stopped) return
    if (!host.running) return this.redial()
    const stream = this.streamOf(host)
    if (stream === null) return this.redial()
    const pipes: [Pipe, Pipe] = [
      new Pipe(clock, road, this.mouthOf(), () => {}), new Pipe(clock, road, doubleline.stringify()(asked(host, stream.source)), () => {})
    ]
    this.connections += 1
    this.begin(pipes)
    const heard: Source<Uint8Array> = (abort, cb) => pipes[0].source(abort, (end, bytes) => {
      if (end) this.forget(pipes)
      host.act(() => cb(end, bytes))
    })
    stream.sink(doubleline.parse()(heard))
    this.ears.open(this)
    this.read(pipes)
  }

  /** Loses the connection, of which the host is told or not; a next one is made after a while. */
  drop(told = true): void {
    const { pipes } = this
    if (pipes === null) return
    const [there, back] = pipes
    this.forget(pipes)
    there.break(this.way.chance.odds(0.5))
    back.break(false)
    if (!told) return
    const reason = new GossipError('ERR_RESET', 'the foe dropped the connection.')
    there.end(reason)
    back.abort(reason)
  }

  /** Drops the connection and makes no other. */
  stop(): void {
    this.stopped = true
    this.drop()
  }

  /** A stream of the host's; null if it has no more to give. */
  private streamOf({ store }: SimHost): Duplex<Frame, unknown> | null {
    try {
      return store.createStream({ id: this.foe, expected: false })
    } catch {
      return null
    }
  }

  private begin(pipes: [Pipe, Pipe]): void {
    this.pipes = pipes
    this.said = 0
    this.hearing = new Hearing()
    this.speech = new Hearing()
    this.tape = this.deeds.record(this.host.name)
    this.waiting = []
    this.asking = null
  }

  /** What the host reads of us. Of a connection that is over, nothing. */
  private mouthOf(): Source<Uint8Array> {
    const connection = this.connections + 1
    return (abort, cb) => {
      if (abort || connection !== this.connections) return cb(abort || true)
      this.asking = cb
      this.answer()
    }
  }

  private answer(): void {
    const { asking } = this
    if (asking === null || this.waiting.length === 0) return
    this.asking = null
    asking(null, this.waiting.shift())
  }

  private read(pipes: [Pipe, Pipe]): void {
    pipes[1].source(null, (end, bytes) => {
      if (end) return this.forget(pipes)
      if (this.pipes !== pipes) return
      const messages = messagesIn(bytes as Uint8Array)
      if (this.tape.length < framesMax) this.tape.push(messages)
      for (const message of messages) {
        this.deeds.hear(message, this.hearing)
        if (this.pipes === pipes) this.ears.hear(this, message)
      }
      if (this.ears.reads && this.pipes === pipes) this.read(pipes)
    })
  }

  private forget(pipes: [Pipe, Pipe]): void {
    if (this.pipes !== pipes) return
    this.pipes = null
    this.redial()
  }

  private redial(): void {
    const { clock, chance, redialMs } = this.way
    if (!this.stopped) clock.after(chance.span(redialMs), () => this.connect())
  }
}

/** How many changes a message carries, if it is one of changes. */
function lengthOf(message: unknown): number {
  const { q } = (message ?? {}) as { q?: unknown }
  return Array.isArray(q) ? q.length : 0
}
