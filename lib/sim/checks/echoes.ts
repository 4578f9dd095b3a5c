/**
 * Nothing is sent back over the session that brought it.
 *
 * Two that are sent the same change by a third may send it to each other at once: that is no echo. So only what a host first took in over a
 * connection, was brought by no other since, and then sent over that same one, counts. It may go back if the other end asked for it, or looks for
 * it in an audit (excuses.ts), each time once; and if it tells of an end of its name that is later than any by which whoever brought it may have
 * dropped it meanwhile.
 */
import { latest, momentOf } from '../../log/expire.js'
import type { Expire } from '../../log/expire.js'
import type { ChangeView } from '../../store/reader.js'
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { SimLink } from '../link.js'
import type { Network } from '../network.js'
import { few, gossipOf, none } from './check.js'
import type { Check, Sparing } from './check.js'
import { Excuses, knownOf } from './excuses.js'
import { Hearing, messagesIn } from './frames.js'
import type { Carried } from './frames.js'

/** What came to one end of a link in its present connection, and what of it was new: with the end of its name that came with it. */
class End {
  readonly hearing = new Hearing()
  readonly came = new Map<string, Expire>()
  readonly brought = new Map<string, Expire>()
  readonly excuses = new Excuses()

  constructor(readonly connection: number) {}
}

class Echoes {
  readonly faults: string[] = []
  /** What hosts took in, in their present lives. */
  private readonly had = new WeakMap<Store, Set<string>>()
  private readonly ends = new Map<SimLink, Map<SimHost, End>>()

  constructor(
    private readonly network: Network,
    private readonly spares: Sparing
  ) {}

  hear(link: SimLink, to: SimHost, bytes: Uint8Array): void {
    const from = link.hosts[0] === to ? link.hosts[1] : link.hosts[0]
    const [here, there] = [this.endOf(link, to), this.endOf(link, from)]
    for (const message of messagesIn(bytes)) {
      // What is asked of a host that is paused it hears when it wakes.
      if ('w' in message) to.act(() => here.excuses.ask(message, (key) => here.hearing.author(key)))
      if ('g' in message && !('t' in message)) {
        to.act(() => here.excuses.hear(message, gossipOf(to.store).limits.skewMsMax, here.brought))
        there.excuses.say(message, there.brought)
      }
      for (const change of here.hearing.changes(message)) {
        this.judge(there, change, from, to)
        here.came.set(keyOf(change), knownOf(change.expire))
      }
    }
  }

  /** What a host had before, of its own or from another, may have gone out before it was brought: and what another brings since is that one's. */
  take(host: SimHost, change: ChangeView, from: string | null): void {
    const key = keyOf(change)
    const had = this.had.get(host.store) ?? new Set<string>()
    this.had.set(host.store, had)
    for (const link of this.network.links) {
      if (!link.hosts.includes(host)) continue
      const { came, brought } = this.endOf(link, host)
      const expire = came.get(key)
      const isNew = expire !== undefined && link.hosts.some(({ name }) => name === from) && (!had.has(key) || brought.has(key))
      if (isNew) brought.set(key, expire)
      else brought.delete(key)
    }
    had.add(key)
  }

  private judge(end: End, change: Carried, from: SimHost, to: SimHost): void {
    const expire = end.brought.get(keyOf(change))
    if (expire === undefined || this.spares(change) || isLater(expire, change, from) || end.excuses.take(change)) return
    this.faults.push(`${from.name} sent seq ${change.seq} of ${change.author} back to ${to.name}, which had brought it`)
  }

  private endOf(link: SimLink, host: SimHost): End {
    const ends = this.ends.get(link) ?? new Map<SimHost, End>()
    this.ends.set(link, ends)
    const known = ends.get(host)
    if (known?.connection === link.connections) return known
    const made = new End(link.connections)
    ends.set(host, made)
    return made
  }
}

/** Whether a change goes back with a later end than it came with, where that was so long ago that it may have been dropped. */
function isLater(expire: Expire, change: Carried, { now, store }: SimHost): boolean {
  const known = knownOf(change.expire)
  const isOld = expire === null || now >= momentOf(expire) + gossipOf(store).limits.graceMs
  return isOld && known !== expire && latest(known, expire) === known
}

function keyOf({ author, seq }: { author: string; seq: number }): string {
  return `${author} ${seq}`
}

/** Nothing is sent back over the session it came by. Looks at what happens from now on. */
export function echoes(network: Network, spares: Sparing = none): Check {
  const all = new Echoes(network, spares)
  network.watch({ chunk: (link, to, bytes) => all.hear(link, to, bytes), change: (host, change, from) => all.take(host, change, from) })
  return { faults: () => few(all.faults) }
}
