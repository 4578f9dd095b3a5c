/**
 * What hosts with journals hear of each other's events, through crashes: what was acknowledged as kept, or heard by anybody, is heard by all, in
 * order; it is heard again only after a crash, and only where its mark was not kept; no gap is told of what was heard.
 *
 * Events carry their host and the how manieth of it they are.
 */
import type { Json } from '../../lib/json.js'
import { gossipOf } from '../../lib/sim/checks/check.js'
import type { Network, SimHost } from '../../lib/sim/index.js'

/** What one host heard of a life of another: the last in this process, the last that is kept as heard, and all that it ever heard or was told it will not. */
type Heard = { last: number; marked: number; ever: Set<number> }

export class Heards {
  readonly faults = new Set<string>()
  private readonly emitted = new Map<SimHost, number>()
  private readonly sure = new Map<SimHost, Set<number>>()
  /** What an event's number in its life is the number of, by author. */
  private readonly numbers = new Map<string, number>()
  /** The life in which an event was emitted. */
  private readonly lives = new Map<string, string>()
  private readonly heard = new Map<string, Heard>()

  constructor(private readonly network: Network, private readonly options: { tight?: boolean | undefined; brief?: boolean | undefined; power?: boolean | undefined }) {
    network.watch({ hear: (host, _, args) => this.hear(host, args), gap: (host, { author, from, to }) => this.gap(host, author, from, to) })
  }

  /** Some events of a host, and whether the last of them is kept. */
  emit(host: SimHost, count: number): void {
    const { bus, store } = host
    for (let i = 0; i < count; i += 1) {
      const next = (this.emitted.get(host) ?? 0) + 1
      bus.emit('work', host.name, next)
      this.emitted.set(host, next)
      const { topics, own, recorder } = gossipOf(store)
      const number = topics.recall('bus').number
      this.numbers.set(`${own.id} ${number}`, next)
      this.lives.set(`${host.name} ${next}`, own.id)
      recorder?.flush((error) => {
        if (error === null) this.setOf(this.sure, host).add(next)
      })
    }
  }

  /** A host is gone; what it heard and is not marked may be heard again. */
  crash(host: SimHost, isClean: boolean): void {
    for (const [key, heard] of this.heard) {
      if (!key.startsWith(`${host.name} `)) continue
      if (!isClean) heard.last = this.options.power === true ? 0 : Math.min(heard.last, heard.marked)
    }
  }

  /** All that is wrong, at rest. */
  judge(): string[] {
    // Who heard an event may have crashed before it was kept, and who emitted it have lost it with the power.
    if (this.options.power !== true) for (const [author] of this.emitted) for (const host of this.network.hosts) {
      if (host === author) continue
      const ever = this.everOf(host, author)
      const due = new Set(this.setOf(this.sure, author))
      for (const other of this.network.hosts) if (other !== author) for (const one of this.everOf(other, author)) due.add(one)
      // What ends before anything comes after it is missed by nobody's account.
      const last = this.options.brief === true ? Math.max(0, ...ever) : Infinity
      const missed = [...due].filter((one) => one < last && !ever.has(one))
      if (missed.length > 0) this.faults.add(`events: ${host.name} never heard ${missed.slice(0, 5).join()} of ${author.name}`)
    }
    return [...this.faults]
  }

  private hear(host: SimHost, [from, number]: readonly Json[]): void {
    if (typeof from !== 'string' || typeof number !== 'number') return
    const heard = this.of(host, this.lives.get(`${from} ${number}`) ?? from)
    if (number <= heard.last) this.faults.add(`events: ${host.name} heard ${number} of ${from} after ${heard.last}`)
    heard.last = number
    heard.ever.add(number)
    // The mark is made when the listeners have returned.
    host.soon(() => gossipOf(host.store).recorder?.flush((error) => {
      if (error === null) heard.marked = Math.max(heard.marked, number)
    }))
  }

  private gap(host: SimHost, author: string, from: number, to: number): void {
    const name = author.slice(0, author.indexOf('~'))
    if (this.options.tight !== true && this.options.brief !== true) this.faults.add(`events: ${host.name} was told of a gap from ${from} to ${to} of ${author}`)
    for (let i = from; i <= to; i += 1) {
      const number = this.numbers.get(`${author} ${i}`)
      const heard = this.of(host, author)
      if (number === undefined) this.faults.add(`events: ${host.name} was told of a gap at ${i} of ${author}, which was never emitted`)
      else if (number <= heard.marked) this.faults.add(`events: ${host.name} was told that it will not hear ${number} of ${name}, which it had`)
      else {
        heard.last = Math.max(heard.last, number)
        heard.ever.add(number)
      }
    }
  }

  /** All that a host heard of another. */
  private everOf(host: SimHost, { name }: SimHost): Set<number> {
    return new Set([...this.heard].flatMap(([key, { ever }]) => (key.startsWith(`${host.name} ${name}~`) ? [...ever] : [])))
  }

  private of(host: SimHost, author: string): Heard {
    const key = `${host.name} ${author}`
    const known = this.heard.get(key) ?? { last: 0, marked: 0, ever: new Set() }
    this.heard.set(key, known)
    return known
  }

  private setOf(map: Map<SimHost, Set<number>>, host: SimHost): Set<number> {
    const known = map.get(host) ?? new Set()
    map.set(host, known)
    return known
  }
}
