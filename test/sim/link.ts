/**
 * A simulated connection between two sessions: frames take time, one after the other, and are lost together when it is cut.
 *
 * Each end may notice the cut much later than the other: until then its session lingers.
 */
import { Session } from '../../lib/gossip/session.js'
import type { SessionOptions } from '../../lib/gossip/session.js'
import type { Held } from '../../lib/log/held.js'
import type { Changes, Frame, Message } from '../../lib/wire/message.js'
import type { VirtualClock } from '../../lib/sim/clock.js'
import type { Host } from './host.js'
import { sent } from './sent.js'

export type LinkOptions = { latencyMs: number; bytesPerMs: number; left?: Partial<SessionOptions>; right?: Partial<SessionOptions> }

const plain: SessionOptions = { id: null, host: null, expected: false, send: true, receive: true, delayMs: 0 }

/** One direction's end: its session, and what went through. */
export class End {
  readonly session: Session
  busy = false
  alarmAt = Infinity
  /** Changes that came in here, as `author seq`. */
  readonly came = new Set<string>()
  changesOut = 0
  bytesOut = 0
  /** What it held when it said hello. */
  greeted: ReadonlyMap<string, Held> | null = null
  /** Whom it calls by which number. */
  readonly authors = new Map<number, string>()

  constructor(readonly host: Host, options: Partial<SessionOptions> | undefined, now: number) {
    this.session = new Session(host.gossip, { ...plain, ...options }, now)
  }
}

export class Link {
  up = true
  readonly ends: readonly [End, End]
  /** Changes sent back over the link that brought them. */
  echoes = 0
  /** Changes sent to a host whose hello had said that it holds them. */
  needless = 0
  /** Whether an end asked to be served again, whatever it sent itself. */
  private asked = false

  constructor(
    private readonly clock: VirtualClock,
    left: Host,
    right: Host,
    private readonly options: LinkOptions
  ) {
    this.ends = [new End(left, options.left, clock.now()), new End(right, options.right, clock.now())]
    for (const end of this.ends) {
      end.session.onWake = () => clock.soon(() => this.pump(end))
      clock.soon(() => this.pump(end))
    }
  }

  joins(a: Host, b: Host): boolean {
    return this.ends.some((end) => end.host === a) && this.ends.some((end) => end.host === b)
  }

  /** Frames under way are lost; each end notices after its own time. */
  cut(noticeMs: readonly [number, number]): void {
    if (!this.up) return
    this.up = false
    this.ends.forEach((end, i) => this.clock.after(noticeMs[i] as number, () => end.session.end(null)))
  }

  /** Takes the next frame of one end, if the line is free and there is one. */
  private pump(end: End): void {
    if (end.busy || end.session.state === 'closed' || !end.host.alive) return
    const { clock } = this
    const frame = end.session.pull(clock.now())
    if (frame === 'ended') return
    end.greeted ??= new Map([...end.session.gossip.log.everyAuthor()].map(({ id, held }) => [id, held.copy()]))
    if (frame === null) return this.alarm(end)
    const { frame: copy, length } = sent(frame)
    end.busy = true
    end.bytesOut += length
    if ('w' in frame) this.asked = true
    const changes = changesOf(frame, end)
    this.count(end, changes)
    const sendMs = length / this.options.bytesPerMs
    clock.after(sendMs, () => {
      end.busy = false
      this.pump(end)
    })
    if (this.up) clock.after(sendMs + this.options.latencyMs, () => this.deliver(end, copy, changes))
  }

  private deliver(from: End, frame: unknown, changes: Carried[]): void {
    const to = this.other(from)
    if (!this.up || !to.host.alive) return
    for (const change of changes) this.arrive(to, change)
    to.session.receive(frame, this.clock.now())
  }

  private arrive(to: End, { author, seq, kind }: Carried): void {
    to.came.add(`${author} ${seq}`)
    // Who let go of what was removed from a set tells less than it held, and may get that once more.
    if (!this.asked && kind !== 'set' && to.greeted?.get(author)?.covers(seq) === true) this.needless += 1
  }

  private other(end: End): End {
    return end === this.ends[0] ? this.ends[1] : this.ends[0]
  }

  private count(end: End, changes: Carried[]): void {
    end.changesOut += changes.length
    for (const { author, seq } of changes) if (end.came.has(`${author} ${seq}`) && !this.asked) this.echoes += 1
  }

  /** Wakes an end when its session has something to do though nothing happens. */
  private alarm(end: End): void {
    const { session } = end
    const at = Math.max(Math.min(session.deadlineAt, session.wordAt), this.clock.now() + 1)
    if (at === Infinity || (end.alarmAt <= at && end.alarmAt > this.clock.now())) return
    end.alarmAt = at
    this.clock.after(at - this.clock.now(), () => {
      if (session.state === 'closed' || end.alarmAt !== at) return
      end.alarmAt = Infinity
      session.tick(this.clock.now())
      this.pump(end)
    })
  }
}

/** A change in a frame. */
type Carried = { author: string; seq: number; kind: string }

function changesOf(frame: Frame, { authors }: End): Carried[] {
  const changes: Carried[] = []
  for (const message of Array.isArray(frame) ? frame : [frame]) {
    if ('a' in message) for (const key of Object.keys(message.a)) meet(key, authors)
    if (!isChanges(message)) continue
    if (Array.isArray(message.s)) authors.set(message.s[0], message.s[1])
    const author = authors.get(Array.isArray(message.s) ? message.s[0] : message.s) as string
    let seq = 0
    for (const step of message.q) changes.push({ author, seq: (seq += step), kind: message.k })
  }
  return changes
}

function meet(key: string, authors: Map<number, string>): void {
  const mark = key.indexOf('~')
  if (mark > 0 && key.includes('~', mark + 1)) authors.set(Number(key.slice(0, mark)), key.slice(mark + 1))
}

function isChanges(message: Message): message is Changes {
  return 'c' in message
}
