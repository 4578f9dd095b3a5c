/**
 * What sessions cost, counted: bytes and changes, in compact doubleline JSON.
 */
import { VirtualClock } from '../../lib/sim/clock.js'
import { Host } from './host.js'
import { Link } from './link.js'

const fast = { latencyMs: 1, bytesPerMs: 100_000 }

/** Two hosts that know `lives` authors, in step: what does it take to connect again after `writes` changes on one side? */
export function reconnect(lives: number, writes: number): { bytes: number; changes: number; bytesEachWay: [number, number] } {
  const clock = new VirtualClock()
  const [left, right] = [new Host('left', clock, {}), new Host('right', clock, {})]
  for (let i = 0; i < lives - 2; i += 1) {
    left.restart()
    left.increment(`name-of-16-bytes${i % 10}`.slice(-16), 1)
    const link = new Link(clock, left, right, fast)
    clock.run(300)
    link.cut([0, 0])
  }
  for (const host of [left, right]) host.increment('name-of-16-bytes', 1)
  const before = new Link(clock, left, right, fast)
  clock.run(1_000)
  before.cut([0, 0])
  clock.run(10)
  for (let i = 0; i < writes; i += 1) left.increment(`name-of-16-byt-${i}`.slice(0, 16), 1)
  const again = new Link(clock, left, right, fast)
  clock.run(1_000)
  const [a, b] = again.ends
  return { bytes: a.bytesOut + b.bytesOut, changes: a.changesOut + b.changesOut, bytesEachWay: [a.bytesOut, b.bytesOut] }
}

/** Bytes that one frame of `writes` changes takes, in a session that has introduced its author. */
export function frame(writes: number): { bytes: number; bytesEach: number } {
  const clock = new VirtualClock()
  const [left, right] = [new Host('left', clock, {}), new Host('right', clock, {})]
  left.increment('first', 1)
  const link = new Link(clock, left, right, fast)
  clock.run(1_000)
  const sent: number[] = []
  const { stringify } = JSON
  const end = link.ends[0]
  const pull = end.session.pull.bind(end.session)
  end.session.pull = (now) => {
    const pulled = pull(now)
    if (Array.isArray(pulled)) sent.push(stringify(pulled).length + 2)
    return pulled
  }
  for (let i = 0; i < writes; i += 1) left.increment(`name-${String(i).padStart(11, '0')}`, 1)
  clock.run(2_000)
  const bytes = sent.reduce((sum, size) => sum + size, 0)
  return { bytes, bytesEach: bytes / writes }
}

/** Eight hosts in a ring, each linked to the third on too: how often is one write sent, of all hosts writing in turn, apart or at once? */
export function flood(together: boolean): { perWrite: number; most: number } {
  const clock = new VirtualClock()
  // Without audits, whose words would make one link slower than another for a moment.
  const hosts = Array.from({ length: 8 }, (_, i) => new Host(`h${i}`, clock, {}, false))
  const links = hosts.flatMap((host, i) => [1, 3].map((step) => new Link(clock, host, hosts[(i + step) % 8] as Host, { latencyMs: 5, bytesPerMs: 1_000 })))
  clock.run(2_000)
  const writes = 160
  for (let i = 0; i < writes; i += 1) {
    ;(hosts[i % 8] as Host).increment(`name${i}`, 1)
    if (!together) clock.run(200)
  }
  clock.run(2_000)
  const sent = links.flatMap(({ ends }) => ends).reduce((sum, { changesOut }) => sum + changesOut, 0)
  return { perWrite: sent / writes, most: 2 * links.length - (hosts.length - 1) }
}
