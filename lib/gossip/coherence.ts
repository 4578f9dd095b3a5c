/**
 * Whether this host hears from everyone it expects: the flag that comes with every answer.
 *
 * A host is expected if the user named it, or if it was met on a stream of which the user expects that. It is in doubt while it is
 * disconnected, silent, not yet in step since it connected (first claims), while something is refused between us, while it was found to
 * hold something else than we do, and, where both audit, while nothing moves and it is not shown to hold the same.
 */
import type { Session } from './session.js'

/** Why a host is in doubt. ONLY APPEND TO THIS LIST. */
export type DoubtReason = 'disconnected' | 'silent' | 'unclaimed' | 'refused' | 'differs' | 'unproven'

/** A host in doubt, why, and since when (milliseconds since 1970); where it `differs`, in how many places, 0 while that is not found out. */
export type Doubt = { host: string; why: DoubtReason; since: number; count?: number }

const order: readonly DoubtReason[] = ['disconnected', 'silent', 'unclaimed', 'refused', 'differs', 'unproven']

export class Coherence {
  /** Whether no expected host is in doubt. */
  coherent = true
  private readonly expected = new Set<string>()
  private doubts = new Map<string, Doubt>()

  expect(host: string): void {
    this.expected.add(host)
  }

  forget(host: string): boolean {
    return this.expected.delete(host)
  }

  /** Somebody left for good and said to be that host: anybody may, while another session with it is there. */
  leave(host: string, sessions: Iterable<Session>): void {
    for (const { peer, pulse } of sessions) if (peer?.host === host && !pulse.silent) return
    this.expected.delete(host)
  }

  expects(host: string): boolean {
    return this.expected.has(host)
  }

  hosts(): string[] {
    return [...this.expected]
  }

  list(): Doubt[] {
    return [...this.doubts.values()].map((doubt) => ({ ...doubt }))
  }

  /** Looks at all sessions anew; says whether `coherent` changed. */
  review(sessions: Iterable<Session>, now: number): boolean {
    const best = new Map<string, DoubtReason | null>()
    const differing = new Map<string, number>()
    for (const session of sessions) {
      const host = session.peer?.host
      if (host === undefined || !this.expected.has(host)) continue
      const why = doubtOf(session)
      const before = best.get(host)
      if (before === undefined || rank(why) > rank(before)) best.set(host, why)
      if (why === 'differs') differing.set(host, session.differing ?? 0)
    }
    const doubts = new Map<string, Doubt>()
    for (const host of this.expected) {
      const why = best.has(host) ? (best.get(host) as DoubtReason | null) : 'disconnected'
      if (why === null) continue
      const before = this.doubts.get(host)
      const doubt: Doubt = before?.why === why ? before : { host, why, since: now }
      if (why === 'differs') doubt.count = differing.get(host) ?? 0
      doubts.set(host, doubt)
    }
    this.doubts = doubts
    const was = this.coherent
    this.coherent = doubts.size === 0
    return was !== this.coherent
  }
}

function doubtOf(session: Session): DoubtReason | null {
  if (session.pulse.silent) return 'silent'
  if (!session.synced) return 'unclaimed'
  if (session.refused) return 'refused'
  if (session.differing !== null) return 'differs'
  return session.unproven ? 'unproven' : null
}

function rank(why: DoubtReason | null): number {
  return why === null ? order.length : order.indexOf(why)
}
