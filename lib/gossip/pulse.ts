/**
 * Whether the peer lives, and how far away it is.
 *
 * A ping carries its sender's time and echoes the last one heard, with how long that was held: both ends learn the round trip. A ping
 * that does not answer ours is answered at once, so that each side may ping at its own interval; any frame counts as life.
 */
import { silentPings } from '../limits.js'
import type { Limits } from '../limits.js'
import type { Ping } from '../wire/message.js'

export class Pulse {
  /** Nothing was heard for too long; the link may come back. */
  silent = false
  /** The last round trip measured, in milliseconds; null before the first. */
  rttMs: number | null = null
  /** When the next ping is due. */
  pingAt: number
  private heardAt: number
  /** The time that our last ping carried, and those of our oldest and latest open questions; 0 if there is none. */
  private sentAt = 0
  private asked = 0
  private askedLast = 0
  private owed = false
  /** A question is wanted at `pingAt`, even if an answer goes out first. */
  private wanted = false
  private theirs = { sentAt: 0, heardAt: 0 }

  constructor(
    private readonly limits: Limits,
    now: number
  ) {
    this.heardAt = now
    this.pingAt = now + limits.pingMs
  }

  /** A frame came in; says whether the peer had been silent. */
  hear(now: number): boolean {
    const was = this.silent
    this.heardAt = now
    this.silent = false
    return was
  }

  take({ sentAt, echo, held }: { sentAt: number; echo: number; held: number }, now: number): void {
    this.theirs = { sentAt, heardAt: now }
    const answers = this.asked !== 0 && echo >= this.asked
    if (answers || (echo !== 0 && echo === this.sentAt)) this.rttMs = Math.max(0, now - echo - Math.max(0, held))
    if (answers) this.asked = echo >= this.askedLast ? 0 : echo + 1
    else this.owed = true
  }

  /** Wants a question sent at `at`, or earlier. */
  ask(at: number): void {
    this.wanted = true
    this.pingAt = Math.min(this.pingAt, at)
  }

  /** Whether a ping is due, of our own or in answer. */
  due(now: number): boolean {
    return this.owed || now >= this.pingAt
  }

  /** A ping that echoes nothing, and so is answered at once, whatever the peer asked. */
  question(now: number): Ping {
    const sentAt = Math.max(this.sentAt + 1, Math.round(now))
    this.sentAt = sentAt
    if (this.asked === 0) this.asked = sentAt
    this.askedLast = sentAt
    return { t: [sentAt, 0, 0] }
  }

  ping(now: number): Ping {
    const sentAt = Math.max(this.sentAt + 1, Math.round(now))
    const { sentAt: echo, heardAt } = this.theirs
    this.sentAt = sentAt
    if (!this.owed) {
      if (this.asked === 0) this.asked = sentAt
      this.askedLast = sentAt
    }
    if (!this.owed || !this.wanted) {
      this.wanted = false
      this.pingAt = now + this.limits.pingMs
    }
    this.owed = false
    return { t: [sentAt, echo, echo === 0 ? 0 : Math.max(0, Math.round(now - heardAt))] }
  }

  /** Says once that the peer fell silent. */
  listen(now: number): boolean {
    if (this.silent || now < this.heardAt + silentPings * this.limits.pingMs) return false
    this.silent = true
    return true
  }

  /** Whether the link is to be given up. */
  dead(now: number): boolean {
    return now >= this.heardAt + this.limits.timeoutMs
  }

  /** When the peer falls silent, or is given up. */
  get deadlineAt(): number {
    const { pingMs, timeoutMs } = this.limits
    const deadAt = this.heardAt + timeoutMs
    return this.silent ? deadAt : Math.min(deadAt, this.heardAt + silentPings * pingMs)
  }
}
