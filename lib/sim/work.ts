/**
 * What a simulated network is made to do: some of its hosts write at random, and it is kept count of what counters must then hold.
 *
 * Counters, registers and sets live for ever, a few of each, the first of them hot. Beside them are names that end, are extended around
 * their end and around the grace, and are made anew; and names that are born, die and never come back.
 */
import { GossipError, isGossipError, shown } from '../errors.js'
import { limits } from '../limits.js'
import type { Until, WriteOptions } from '../store/handle.js'
import { checkKeys } from '../core/options.js'
import { gossipOf } from './checks/check.js'
import type { Chance } from './chance.js'
import type { SimHost } from './host.js'
import type { Network } from './network.js'

/** How often hosts do what, each in proportion to the sum of all. */
export type Weights = {
  /** Count in a counter, mostly up. */
  count: number
  /** Write a register. */
  write: number
  /** Add to a set, delete from it, clear it. */
  add: number
  delete: number
  clear: number
  /** Write to a name that ends, with or without a new end. */
  mortal: number
  /** Write to a name that is new and ends soon. */
  brief: number
  /** Emit events, a few at once. */
  emit: number
}

export type WorkOptions = {
  /** How many hosts write. Default: ten, or all. */
  writers?: number | undefined
  /** Writes a second, by all together. Default 20. */
  rate?: number | undefined
  weights?: Partial<Weights> | undefined
  /** Names of each kind. Default 8. */
  names?: number | undefined
  /** The share of writes that go to the first of them. Default 0.5. */
  hot?: number | undefined
  /** As hosts' limits have it. */
  graceMs?: number | undefined
}

const usual: Weights = { count: 8, write: 3, add: 3, delete: 1, clear: 0.1, mortal: 3, brief: 1, emit: 0 }

/** Elements of each set. */
const elements = 12

/** Of all counting, what goes down. */
const downShare = 0.2

/** What one life of a host counted, by name: up and down. */
type Account = { author: string | null; counted: Map<string, [plus: number, minus: number]> }

type Kind = 'counter' | 'register' | 'set'

const kinds: readonly Kind[] = ['counter', 'register', 'set']

export class Work {
  /** Who writes. */
  readonly writers: readonly SimHost[]
  /** Writes that were refused, by code. */
  readonly refused = new Map<string, number>()
  private readonly chance: Chance
  private readonly rate: number
  private readonly names: number
  private readonly hot: number
  private readonly graceMs: number
  private readonly acts: [keyof Weights, number][]
  private working = false
  /** How often it was started: what an earlier start set going ends. */
  private shift = 0
  private born = 0
  /** Those of present lives, and of all by their author. */
  private readonly accounts = new Map<SimHost, Account>()
  private readonly authors = new Map<string, Account>()
  /** How many events each author emitted. */
  readonly emitted = new Map<string, number>()
  /** Hosts that started again and may not be in step yet. */
  private readonly fresh = new Set<SimHost>()

  /** @throws GossipError `ERR_OPTION` for an option that is none, or not what it must be. */
  constructor(private readonly network: Network, options: WorkOptions = {}) {
    checkKeys(options, ['writers', 'rate', 'weights', 'names', 'hot', 'graceMs'], 'Work')
    const { hosts, chance } = network
    const { writers = Math.min(10, hosts.length), rate = 20, weights = {}, names = 8, hot = 0.5, graceMs = limits.graceMs } = options
    checkKeys(weights, Object.keys(usual), 'weights')
    this.acts = Object.entries({ ...usual, ...weights }) as [keyof Weights, number][]
    for (const [act, weight] of this.acts) checkNumber(act, weight, 0, 1e6)
    this.chance = chance
    this.writers = chance.shuffled(hosts).slice(0, checkNumber('writers', writers, 0, hosts.length, true))
    this.rate = checkNumber('rate', rate, 0, 1e6)
    this.names = checkNumber('names', names, 1, 1e6, true)
    this.hot = checkNumber('hot', hot, 0, 1)
    this.graceMs = checkNumber('graceMs', graceMs, 1, Number.MAX_SAFE_INTEGER, true)
    network.watch({
      change: (host, { author }, from) => {
        if (from !== null || this.authors.has(author)) return
        const account = this.account(host)
        account.author = author
        this.authors.set(author, account)
      },
      start: (host) => {
        this.accounts.delete(host)
        this.fresh.add(host)
      }
    })
  }

  start(): void {
    if (this.working) return
    this.working = true
    this.shift += 1
    this.next(this.shift)
  }

  stop(): void {
    this.working = false
  }

  /** All hosts are in step by now: those that started again may write to names that end, of which they know again. */
  welcome(): void {
    this.fresh.clear()
  }

  /**
   * How many counters, at each running host, do not hold what was counted: all of it by lives that go on, and no more than it by those
   * that are gone.
   */
  miscounted(): number {
    const { running } = this.network
    const names = new Set([...this.authors.values()].flatMap(({ counted }) => [...counted.keys()]))
    const lasting = new Set(running.map((host) => this.account(host)))
    let wrong = 0
    for (const host of running) for (const name of names) if (!this.holds(host, name, lasting)) wrong += 1
    return wrong
  }

  private holds(host: SimHost, name: string, lasting: ReadonlySet<Account>): boolean {
    const held = new Map(host.store.explain(name).find(({ kind }) => kind === 'counter')?.cells.map(({ author, body }) => [author, body as [number, number]]))
    let sum = 0
    for (const [author, [plus, minus]] of held) {
      const [up, down] = this.authors.get(author)?.counted.get(name) ?? [0, 0]
      if (plus > up || minus > down) return false
      sum += plus - minus
    }
    for (const account of lasting) {
      const counted = account.counted.get(name)
      if (counted === undefined) continue
      const [plus, minus] = held.get(account.author ?? '') ?? [0, 0]
      if (plus !== counted[0] || minus !== counted[1]) return false
    }
    return host.store.counter(name).value === sum
  }

  private next(shift: number): void {
    if (this.rate === 0 || this.writers.length === 0) return
    this.network.clock.after(this.chance.span(1_000 / this.rate), () => {
      if (!this.working || this.shift !== shift) return
      this.as(this.chance.pick(this.writers), (host) => this.act(host))
      this.next(shift)
    })
  }

  /** Does something as a host, unless it is gone; what is refused is counted. */
  private as(host: SimHost, act: (host: SimHost) => void): void {
    if (!host.running) return
    host.soon(() => {
      try {
        act(host)
      } catch (error) {
        if (!isGossipError(error) || (error.code !== 'ERR_EXPIRED' && error.code !== 'ERR_FULL')) throw error
        this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1)
      }
    })
  }

  private act(host: SimHost): void {
    const { chance } = this
    const { store } = host
    const act = this.drawn()
    if (act === 'count') this.count(host, `calls-${this.some()}`)
    else if (act === 'write') store.register(`flag-${this.some()}`).write({ by: host.name, n: chance.whole(0, 999) })
    else if (act === 'add') store.set(`members-${this.some()}`).add(`e${chance.whole(1, elements)}`)
    else if (act === 'delete') store.set(`members-${this.some()}`).delete(`e${chance.whole(1, elements)}`)
    else if (act === 'clear') store.set(`members-${this.some()}`).clear()
    else if (act === 'emit') this.emit(host)
    else if (act === 'mortal') this.mortal(host, this.some())
    else this.brief(host)
  }

  private drawn(): keyof Weights {
    const sum = this.acts.reduce((all, [, weight]) => all + weight, 0)
    let left = this.chance.next() * sum
    for (const [act, weight] of this.acts) {
      if (left < weight) return act
      left -= weight
    }
    return 'count'
  }

  /** The number of a name; the first is hot. */
  private some(): number {
    return this.chance.odds(this.hot) ? 1 : this.chance.whole(1, this.names)
  }

  private account(host: SimHost): Account {
    const known = this.accounts.get(host)
    if (known !== undefined) return known
    const account: Account = { author: null, counted: new Map() }
    this.accounts.set(host, account)
    return account
  }

  private count(host: SimHost, name: string): void {
    const n = this.chance.whole(1, 9)
    const down = this.chance.odds(downShare)
    const counter = host.store.counter(name)
    if (down) counter.decrement(n)
    else counter.increment(n)
    const { counted } = this.account(host)
    const [plus, minus] = counted.get(name) ?? [0, 0]
    counted.set(name, down ? [plus, minus + n] : [plus + n, minus])
  }

  /** Events say who emitted them in which life, and how many that one had emitted with it. */
  private emit({ store, bus }: SimHost): void {
    const author = gossipOf(store).own.id
    for (let left = this.chance.whole(1, 4); left > 0; left -= 1) {
      const number = (this.emitted.get(author) ?? 0) + 1
      bus.emit('work', author, number)
      this.emitted.set(author, number)
    }
  }

  /** Writes to a name that ends. Its end is often said, and then another host often extends it around that end, or around the grace. */
  private mortal(host: SimHost, number: number): void {
    // Known: one that does not know a name of which others hold an end makes it anew, and until names are compared by content they differ.
    if (this.fresh.has(host)) return
    const { chance, graceMs } = this
    const [kind, name] = [kinds[number % kinds.length] as Kind, `lease-${number}`]
    const spans = [1, 50, 300, 1_000, graceMs, 2 * graceMs]
    const expire = chance.odds(0.5) ? host.now + chance.pick(spans) : undefined
    this.put(host, kind, name, { expire })
    if (expire === undefined || chance.odds(0.5)) return
    const moments = [expire, expire + graceMs].flatMap((end) => [-50, -1, 0, 1, 50].map((ms) => end + ms))
    const at = chance.pick(moments) - host.now
    this.network.clock.after(Math.max(0, at), () => {
      if (this.working) this.as(chance.pick(this.writers), (other) => this.extend(other, kind, name, other.now + chance.pick(spans)))
    })
  }

  private extend(host: SimHost, kind: Kind, name: string, until: Until): void {
    if (this.fresh.has(host)) return
    if (kind === 'counter') host.store.counter(name).extend(until)
    else if (kind === 'register') host.store.register(name).extend(until)
    else host.store.set(name).extend(until)
  }

  private brief(host: SimHost): void {
    this.born += 1
    this.put(host, this.chance.pick(kinds), `call-${this.born}`, { expire: host.now + this.chance.span(5_000) + 1 })
  }

  private put({ name: by, store }: SimHost, kind: Kind, name: string, options: WriteOptions): void {
    const { chance } = this
    if (kind === 'counter') store.counter(name).increment(chance.whole(1, 9), options)
    else if (kind === 'register') store.register(name).write(`${by} ${chance.whole(0, 999)}`, options)
    else store.set(name).add(`e${chance.whole(1, elements)}`, options)
  }
}

/** Checks a number of an option. */
export function checkNumber(name: string, value: unknown, low: number, high: number, whole = false): number {
  if (typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value))) return value
  throw new GossipError('ERR_OPTION', `${name} must be a ${whole ? 'whole ' : ''}number from ${low} to ${high}, not ${shown(value)}.`)
}
