/**
 * One random history of a small network whose hosts keep journals: they write, crash amid writes, start again, find their disks full, and
 * links come and go. What was acknowledged as kept must be there after every crash, whatever of the rest is.
 */
import { agreement, echoes, groupsOf } from '../../lib/sim/checks.js'
import { cellsOf, gossipOf, keyOf, type Cell } from '../../lib/sim/checks/check.js'
import { Network } from '../../lib/sim/index.js'
import type { SimHost } from '../../lib/sim/index.js'
import { isGossipError } from '../../lib/errors.js'
import { heldKey } from '../../lib/gossip/news.js'
import { Heards } from './heard.js'

export type JournaledOptions = {
  /** Whether disks are full now and then. */
  full?: boolean
  /** Whether names end. */
  mortal?: boolean
  /** Whether the power fails, in batches, too. */
  power?: boolean
  /** Whether disks lose cells of their hosts, or how far these were, and nothing tells. */
  lost?: boolean
  /** Whether events are emitted; whether but a few of them are kept, or for a second only. */
  events?: boolean
  tight?: boolean
  brief?: boolean
  /** Whether hosts compare what they hold, and so mend what went wrong. Default true. */
  audit?: boolean
}

/** By name, what a host counted up in all its lives: all of it, and what it was told is kept. */
type Book = { counted: Map<string, number>; sure: Map<string, number> }

export class Journaled {
  readonly network: Network
  readonly faults = new Set<string>()
  private readonly books = new Map<SimHost, Book>()
  private readonly told = new Map<string, string>()
  private readonly heards: Heards
  /** How often a disk lost something, by host; and all cells that any lost, by key, which come back from peers sooner or later. */
  private readonly losses = new Map<string, number>()
  private readonly lost = new Map<string, Cell>()

  constructor(seed: number, private readonly options: JournaledOptions = {}) {
    const limits = { pingMs: 500, timeoutMs: 4_000, helloMs: 2_000, haveMs: 20, roundMs: 150, askMs: 200, diskRetryMs: 50, graceMs: 10_000, skewMsMax: 400, bufferMax: options.tight === true ? 5 : 1_000, bufferMs: options.brief === true ? 1_000 : 900_000 }
    this.network = new Network({ seed, links: { latencyMs: { mean: 8 }, redialMs: 30 } })
    const { chance } = this.network
    const batchBytes = chance.pick([100, 1_000, 65_536])
    const count = chance.whole(2, 4)
    for (let i = 0; i < count; i += 1) {
      const durable = options.power === true ? 'batch' : chance.pick(['sync', 'batch'] as const)
      const host = this.network.add(`h${i}`, { audit: options.audit ?? true, limits: { ...limits, batchBytes }, journal: { durable, writeMs: chance.pick([0.5, 5, 40]), syncMs: 100 } })
      this.books.set(host, { counted: new Map(), sure: new Map() })
    }
    for (let i = 1; i < count; i += 1) this.network.link(`h${chance.whole(0, i - 1)}`, `h${i}`)
    if (chance.odds(0.5)) this.network.link('h0', `h${count - 1}`)
    this.heards = new Heards(this.network, options)
    this.network.watch({ change: (_, { author, seq, kind, name, part, body }, from) => {
      if (from !== null) this.hear(`${author} ${seq}`, JSON.stringify([kind, name, part, body]))
    } })
  }

  run(): string[] {
    const { network } = this
    const { chance } = network
    // Everybody hears everybody from the first on.
    if (this.options.events === true) network.run(1_000)
    for (let i = chance.whole(30, 120); i > 0; i -= 1) {
      this.step()
      network.run(chance.pick([0, 0, 1, 3, 10, 40, 200]))
    }
    this.mend()
    // Names that end are over by then, everywhere.
    network.run(this.options.mortal === true || this.options.brief === true ? 40_000 : 6_000)
    this.judge()
    return [...this.faults]
  }

  private step(): void {
    const { network, options } = this
    const { chance, links, hosts } = network
    const roll = chance.next()
    const host = chance.pick(hosts)
    if (roll < 0.7) this.write(host)
    else if (roll < 0.8) this.restart(host)
    else if (roll < 0.86 && links.length > 0) chance.pick(links).cut(chance.pick(['both', 'none', 'first', 'second']), chance.odds(0.5))
    else if (roll < 0.94 && links.length > 0) chance.pick(links).heal()
    else if (options.full === true && host.shelf !== null) host.shelf.full = !host.shelf.full
  }

  private write(host: SimHost): void {
    const { chance } = this.network
    const { store, now } = host
    try {
      if (this.options.events === true && chance.odds(0.5)) return this.heards.emit(host, chance.pick([1, 1, 3, 8]))
      const roll = chance.next()
      const name = `n${chance.whole(0, 3)}`
      if (roll < 0.6) this.count(host, name, chance.whole(1, 9))
      else if (roll < 0.7) store.register(name).write(chance.whole(0, 99))
      else if (roll < 0.85) store.set(name).add(`e${chance.whole(0, 4)}`)
      else if (roll < 0.95) store.set(name).delete(`e${chance.whole(0, 4)}`)
      else if (this.options.mortal !== true) store.set(name).clear()
      else store.register(`m${chance.whole(0, 2)}`).write(1, { expire: now + chance.pick([100, 1_000, 5_000]) })
    } catch (error) {
      if (!isGossipError(error) || !['ERR_DISK', 'ERR_EXPIRED'].includes(error.code)) throw error
    }
  }

  private count(host: SimHost, name: string, n: number): void {
    const { counted, sure } = this.bookOf(host)
    host.store.counter(name).increment(n)
    counted.set(name, (counted.get(name) ?? 0) + n)
    const now = counted.get(name) as number
    gossipOf(host.store).recorder?.flush((error) => {
      if (error === null) sure.set(name, Math.max(now, sure.get(name) ?? 0))
    })
  }

  private restart(host: SimHost): void {
    const { network } = this
    const { counted, sure } = this.bookOf(host)
    const before = new Map(counted)
    const isClean = this.options.events === true && this.options.power !== true && host.shelf?.full === false && network.chance.odds(0.4)
    if (isClean) {
      for (const link of network.between(host.name)) link.cut()
      network.run(1_000)
    }
    const receipts = this.options.power === true ? [] : this.receipts(host)
    const confirmed = this.options.lost === true ? this.confirmed(host) : []
    if (this.options.power === true && network.chance.odds(0.3)) {
      // What was kept in batches, and not synced, is lost with the power, unless somebody has it.
      network.crash(host.name)
      host.shelf?.blackout()
    } else network.crash(host.name)
    if (confirmed.length > 0 && network.chance.odds(0.5)) this.lose(host, confirmed)
    this.heards.crash(host, isClean)
    network.restart(host.name)
    const cells = cellsOf(host.store)
    for (const { key, seq, by } of receipts) {
      if (this.lost.has(key)) continue
      if ((cells.get(key)?.seq ?? 0) < seq) this.faults.add(`acknowledged: ${host.name} had told ${by} that it holds seq ${seq} of ${key}`)
    }
    for (const [name, most] of before) {
      const held = this.shareOf(host, host.name, name) + this.away(host, name)
      if (this.options.power !== true && held < (sure.get(name) ?? 0)) this.faults.add(`lost: ${host.name} was told that ${sure.get(name)} of ${name} is kept, and starts with ${held}`)
      if (held > most) this.faults.add(`invented: ${host.name} counted ${most} of ${name}, and starts with ${held}`)
      if (this.options.power !== true) counted.set(name, held)
    }
  }

  /** Cells of a host in its life that a peer told it holds: what is told is kept. */
  private confirmed({ store }: SimHost): Cell[] {
    const { sessions, own } = gossipOf(store)
    const peers = [...sessions].flatMap(({ peer }) => peer ?? [])
    return [...cellsOf(store).values()].filter(({ author, seq }) => author === own.id && peers.some((peer) => peer.covers(own, seq)))
  }

  /** A disk loses some of those, or how far its host was. Where a batch was cut short it is not known how many there were. */
  private lose({ name, store, shelf }: SimHost, confirmed: readonly Cell[]): void {
    const { chance } = this.network
    const own = heldKey(gossipOf(store).own.id)
    const noted = JSON.parse(shelf?.copy().get(own) ?? '[]') as unknown[]
    const gone = confirmed.filter(() => chance.odds(0.3))
    if (noted.length < 3 || gone.length === 0) return
    this.losses.set(name, (this.losses.get(name) ?? 0) + 1)
    if (chance.odds(0.2)) return shelf?.lose((key) => key === own)
    for (const cell of gone) this.lost.set(keyOf(cell), cell)
    const keys = new Set(gone.map(({ kind, name: text, part, author }) => `c${JSON.stringify([kind, text, part, author])}`))
    shelf?.lose((key) => keys.has(key))
  }

  /** What a host counted of a name in cells that its disk lost, and that have not come back. */
  private away({ name: host, store }: SimHost, name: string): number {
    const held = cellsOf(store)
    const gone = [...this.lost].filter(([key, { author, kind, name: text }]) => author.startsWith(`${host}~`) && kind === 'counter' && text === name && !held.has(key))
    return gone.reduce((sum, [, { body }]) => sum + (body as [number, number])[0], 0)
  }

  /** Counters that a host told its peers it holds, as far as they know. */
  private receipts(host: SimHost): { key: string; seq: number; by: string }[] {
    return this.network.hosts.filter((other) => other !== host).flatMap(({ name: by, store }) => {
      const peers = [...gossipOf(store).sessions].flatMap(({ peer }) => (peer?.host === host.name ? [peer] : []))
      return [...gossipOf(store).log.cells()].flatMap(({ author, seq, name, part }) => {
        if (name.kind !== 'counter' || !peers.some((peer) => peer.covers(author, seq))) return []
        return [{ key: keyOf({ author: author.id, kind: name.kind, name: name.text, part }), seq, by }]
      })
    })
  }

  /** What a host holds of what another one counted, in all its lives. */
  private shareOf(at: SimHost, host: string, name: string): number {
    let share = 0
    for (const cell of cellsOf(at.store).values()) {
      if (cell.kind === 'counter' && cell.name === name && cell.author.startsWith(`${host}~`)) share += (cell.body as [number, number])[0]
    }
    return share
  }

  private mend(): void {
    for (const { shelf } of this.network.hosts) if (shelf !== null) shelf.full = false
    this.network.heal()
  }

  private judge(): void {
    const { network, faults } = this
    for (const fault of this.heards.judge()) faults.add(fault)
    if (groupsOf(network).length > 1) faults.add('the hosts do not hear of each other')
    for (const fault of [...agreement(network).faults(), ...echoes(network).faults()]) faults.add(fault)
    for (const [host, { counted }] of this.books) {
      for (const [name, sum] of counted) for (const at of network.hosts) {
        const held = this.shareOf(at, host.name, name)
        if (this.options.power === true ? held > sum : held !== sum) faults.add(`sums: ${host.name} counted ${sum} of ${name}, and ${at.name} holds ${held}`)
      }
      const lives = [...gossipOf(host.store).log.everyAuthor()].filter((author) => author.host === host.name).length
      if (this.options.power !== true && lives > 1 + (this.losses.get(host.name) ?? 0)) faults.add(`${host.name} has ${lives} lives`)
    }
    for (const host of network.hosts) for (const error of host.errors) {
      if (!isGossipError(error) || !['ERR_RESET', 'ERR_BYE', 'ERR_HELLO', 'ERR_CUT'].includes(error.code)) faults.add(`error: ${String(error)}`)
    }
  }

  private bookOf(host: SimHost): Book {
    return this.books.get(host) as Book
  }

  private hear(key: string, content: string): void {
    const before = this.told.get(key)
    if (before !== undefined && before !== content) this.faults.add(`twice: ${key} is ${before}, and ${content}`)
    this.told.set(key, content)
  }
}

export function journaled(seed: number, options: JournaledOptions = {}): string[] {
  return new Journaled(seed, options).run()
}
