/**
 * A peer that overstates what it holds: it connects, claims everything for every author that its victim knows, and is gone.
 */
import { Session } from '../../lib/gossip/session.js'
import type { Host } from './host.js'

export function lie(victim: Host, now: number): void {
  const session = new Session(victim.gossip, { id: null, host: null, expected: false, send: true, receive: true, delayMs: 0 }, now)
  session.pull(now)
  const a = Object.fromEntries([...victim.gossip.log.everyAuthor()].map(({ id }) => [id, 2 ** 40]))
  session.receive({ v: 1, h: 'liar', i: 'x', x: 'none' }, now)
  session.receive({ a, u: 0, y: true }, now)
  session.end(null)
}
