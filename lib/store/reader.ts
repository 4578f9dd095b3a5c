/**
 * The log as a pull-stream: what a user reads changes from, with the same kind of cursor as a session's.
 *
 * There is no queue behind it: a slow reader gets the newest of each cell, and costs nothing while it waits.
 */
import { GossipError } from '../errors.js'
import type { Json } from '../json.js'
import { eventKind } from '../kinds/event.js'
import type { Change } from '../log/change.js'
import type { Log } from '../log/log.js'
import type { Abort, Source, SourceCallback } from '../pull.js'

/** One change, as readers are shown it. */
export type ChangeView = {
  /** `host~life` of who made it. */
  author: string
  host: string
  /** Its place among the author's changes. */
  seq: number
  kind: string
  name: string
  /** What of the name; empty for counters. */
  part: string
  /** Until when the name lives, in milliseconds since 1970; null where the author said nothing. */
  expire: number | 'never' | null
  /** As its kind carries it: `[plus, minus]` of that author for a counter. */
  body: Json
}

type View = (change: Change) => ChangeView

/** A change that was looked up; one that has arrived anew by now is told later. */
type Found = { change: Change; arrival: number }

/** Reads the log from the beginning (`old`), and on and on (`live`); all but events, which are for floods and buses. */
export class Reader {
  private cursor: number
  private waiting: SourceCallback<ChangeView> | null = null
  private ended: Abort = null
  private buffer: Found[] = []
  private at = 0

  constructor(
    private readonly log: Log,
    private readonly view: View,
    old: boolean,
    private readonly live: () => boolean,
    /** Those that wait: they are woken when something arrives. */
    private readonly waiters: Set<Reader>
  ) {
    this.cursor = old ? 0 : log.end
  }

  readonly source: Source<ChangeView> = (abort, cb) => {
    if (abort) {
      this.end(abort)
      return cb(abort)
    }
    if (this.waiting !== null) return cb(new GossipError('ERR_BUSY', 'a second read came while one was open; the first goes on.'))
    this.waiting = cb
    this.waiters.add(this)
    this.wake()
  }

  /** There may be more to read. */
  wake(): void {
    if (this.waiting === null) return
    const change = this.ended === null ? this.next() : null
    if (change === null && this.ended === null && this.live()) return
    const cb = this.waiting
    this.waiting = null
    this.waiters.delete(this)
    if (change === null) {
      this.end(true)
      cb(this.ended)
    } else {
      cb(null, this.view(change))
    }
  }

  end(reason: Exclude<Abort, null | false>): void {
    if (this.ended !== null) return
    this.ended = reason
    this.buffer = []
    const cb = this.waiting
    this.waiting = null
    this.waiters.delete(this)
    cb?.(reason)
  }

  /** The next change still live; a few are looked up at a time. */
  private next(): Change | null {
    for (;;) {
      for (; this.at < this.buffer.length; ) {
        const { change, arrival } = this.buffer[this.at] as Found
        this.at += 1
        this.cursor = arrival
        if (change.live && change.arrival === arrival && change.name.kind !== eventKind) return change
      }
      this.buffer = []
      this.at = 0
      this.log.arrivals.after(this.cursor, (change) => this.buffer.push({ change, arrival: change.arrival }) < 64)
      if (this.buffer.length === 0) return null
    }
  }
}
