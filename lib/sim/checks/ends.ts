/**
 * Names end when they were said to: none reads as live past its end, by the clock of whoever reads it; none is held for much longer than
 * it may be revived; and none that was dropped comes back by what was written before.
 *
 * Looks at what happens from now on, and at all names every so often.
 */
import { latest, momentOf } from '../../log/expire.js'
import type { Expire } from '../../log/expire.js'
import type { Name } from '../../log/name.js'
import type { ChangeView } from '../../store/reader.js'
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { few, gossipOf, none } from './check.js'
import type { Check, Sparing } from './check.js'

/** How often names are looked at, and by how much a sweep may be late; one for which a clock that jumped ahead did not wait is later by that. */
const lookMs = 500
const lateMs = 200

/** What was said of a name since it was last made anew: its latest end that is known, and how often it was made. */
type Said = { until: Expire; generation: number }

/** An end that nobody but its author knows so far: if that host forgets it, nobody does. */
type Untold = { until: Expire; by: SimHost; store: Store }

/** What a life of a store held of a name: which one, and whether somebody told it of an end. */
type Held = { name: Name | undefined; generation: number; mortal: boolean }

class Mortality {
  readonly faults = new Set<string>()
  private readonly said = new Map<string, Said>()
  private readonly untold = new Map<string, Map<string, Untold>>()
  private readonly written = new Map<string, number>()
  private readonly held = new WeakMap<object, Map<string, Held>>()

  constructor(
    private readonly network: Network,
    private readonly spares: Sparing
  ) {}

  take(host: SimHost, change: ChangeView, from: string | null): void {
    const key = JSON.stringify([change.kind, change.name])
    if (from === null) this.write(host, change, key)
    const known = this.heldBy(host)
    const before = known.get(key)
    const name = gossipOf(host.store).log.find(change.kind, change.name)
    if (from !== null) this.hear(host, key, name?.term?.expire ?? null)
    const { generation } = this.saidOf(key)
    const mortal = change.expire !== null || (before?.name === name && before?.mortal === true)
    known.set(key, { name, generation, mortal })
    if (from !== null && before !== undefined && before.name !== name) this.rise(host, change, key, before)
  }

  look(): void {
    for (const host of this.network.running) {
      for (const { kind, name } of host.store.names()) if (!this.spares({ author: '', kind, name })) this.read(host, kind, name)
      this.drop(host)
    }
  }

  /** A name is written to. Where all that it was is dropped by now, it is another name from now on. */
  private write(host: SimHost, { author, seq, expire }: ChangeView, key: string): void {
    const until = expire === 'never' ? 0 : expire
    const { until: told, generation } = this.saidOf(key)
    const anew = host.now >= momentOf(this.untilOf(key)) + this.keptMs(host)
    const untold = this.untold.get(key) ?? new Map<string, Untold>()
    this.untold.set(key, untold.set(`${author} ${seq}`, { until, by: host, store: host.store }))
    this.said.set(key, anew ? { until: null, generation: generation + 1 } : { until: told, generation })
    this.written.set(`${author} ${seq}`, this.saidOf(key).generation)
  }

  /** A host knows of ends up to that one now: by the change that said so, or as what a peer knows of the name, be it with what it held already. */
  private hear({ store }: SimHost, key: string, known: Expire): void {
    const untold = this.untold.get(key) ?? new Map<string, Untold>()
    for (const [change, { until, store: by }] of untold) {
      if (by === store || latest(until, known) !== known) continue
      const said = this.saidOf(key)
      this.said.set(key, { until: latest(said.until, until), generation: said.generation })
      untold.delete(change)
    }
  }

  private saidOf(key: string): Said {
    return this.said.get(key) ?? { until: null, generation: 0 }
  }

  /** The latest end of a name that anybody knows of. */
  private untilOf(key: string): Expire {
    const untold = [...(this.untold.get(key)?.values() ?? [])].filter(({ by, store }) => (by.running && by.store === store) || by.shelf !== null)
    return untold.reduce<Expire>((until, one) => latest(until, one.until), this.saidOf(key).until)
  }

  /** A name is there again that was dropped: something written since must have made it. */
  private rise(host: SimHost, { author, seq, kind, name }: ChangeView, key: string, before: Held): void {
    const made = this.written.get(`${author} ${seq}`)
    const over = this.saidOf(key).generation > before.generation || host.now >= momentOf(this.untilOf(key)) + this.keptMs(host)
    if (made === undefined || !over || made > before.generation || this.spares({ author, kind, name })) return
    this.faults.add(`${host.name} dropped ${kind} ${name}, and it came back by seq ${seq} of ${author}, which was written before`)
  }

  private read(host: SimHost, kind: string, name: string): void {
    const key = JSON.stringify([kind, name])
    this.hear(host, key, gossipOf(host.store).log.find(kind, name)?.term?.expire ?? null)
    const pastMs = host.now - momentOf(this.untilOf(key))
    if (pastMs < 0 || this.heldBy(host).get(key)?.mortal !== true) return
    this.faults.add(`${kind} ${name} ended, and reads as live at ${host.name}`)
  }

  private drop(host: SimHost): void {
    const { log } = gossipOf(host.store)
    for (const kind of log.everyKind()) {
      for (const { text, term, size } of log.names(kind)?.values() ?? []) {
        if (size === 0 || this.spares({ author: '', kind, name: text })) continue
        const lateFor = host.now - momentOf(term?.expire ?? null) - this.keptMs(host)
        if (lateFor > lateMs + gossipOf(host.store).limits.skewMsMax && isAwake(host)) this.faults.add(`${host.name} still holds ${kind} ${text}, long after it ended`)
      }
    }
  }

  private heldBy({ store }: SimHost): Map<string, Held> {
    const known = this.held.get(store) ?? new Map<string, Held>()
    this.held.set(store, known)
    return known
  }

  private keptMs({ store }: SimHost): number {
    const { graceMs, skewMsMax } = gossipOf(store).limits
    return 2 * graceMs + skewMsMax
  }
}

/** Names end when they were said to, and stay ended. */
export function ends(network: Network, spares: Sparing = none): Check {
  const mortality = new Mortality(network, spares)
  network.watch({ change: (host, change, from) => mortality.take(host, change, from) })
  const look = (): void => {
    mortality.look()
    network.clock.after(lookMs, look)
  }
  network.clock.after(lookMs, look)
  return {
    faults: () => {
      mortality.look()
      return few([...mortality.faults])
    }
  }
}

/** Whether a host does what it is told now. */
export function isAwake(host: SimHost): boolean {
  let awake = false
  host.act(() => {
    awake = true
  })
  return awake
}
