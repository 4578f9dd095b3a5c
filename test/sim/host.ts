/**
 * A simulated host: the real gossip, in one life after another, counting on counters.
 */
import { Gossip } from '../../lib/gossip/gossip.js'
import type { Observer } from '../../lib/gossip/gossip.js'
import { CounterKind } from '../../lib/kinds/counter.js'
import { integer } from '../../lib/kinds/numbers.js'
import { withLimits } from '../../lib/limits.js'
import type { Limits } from '../../lib/limits.js'
import type { Change } from '../../lib/log/change.js'
import type { Clockwork } from './clockwork.js'

const counter = new CounterKind(integer)

const silence: Observer = {
  change: () => {}, connect: () => {}, sync: () => {}, disconnect: () => {}, refused: () => {}, impostor: () => {},
  acknowledge: () => {}, review: () => {},
  fault: (error) => { throw error }
}

/** One cell, as hosts are compared: who, which name, which seq, how much. */
export type Cell = { author: string; name: string; seq: number; plus: number }

export class Host {
  gossip: Gossip
  /** Whether it is still part of the network. */
  alive = true
  /** What each of its lives wrote, by name. */
  readonly written = new Map<string, Map<string, number>>()
  /** Errors with which sessions ended. */
  readonly errors: string[] = []
  /** Cells of lost lives that somebody had acknowledged: author, name, seq, and who held them. */
  readonly lives: string[] = []

  constructor(
    readonly name: string,
    private readonly clock: Clockwork,
    private readonly limits: Partial<Limits>
  ) {
    this.gossip = this.begin()
  }

  get id(): string {
    return this.gossip.own.id
  }

  /** Starts anew, without memory. */
  restart(): void {
    this.gossip = this.begin()
  }

  increment(name: string, by: number): void {
    const { gossip } = this
    const mine = gossip.log.find('counter', name)?.find(gossip.own, '')
    if (mine === undefined && gossip.log.size >= gossip.limits.cellsMax) return
    const plus = (mine === undefined ? 0 : counter.plusOf(mine.body)) + by
    gossip.write(counter, name, '', null, counter.keep(plus, 0))
    const written = this.written.get(this.id) as Map<string, number>
    written.set(name, plus)
  }

  /** Room for any number of cells again: what was refused is asked for. */
  makeRoom(): void {
    this.gossip.limits.cellsMax = 1_000_000
    this.gossip.retry()
  }

  /** All cells, by author and name. */
  cells(): Map<string, Cell> {
    const cells = new Map<string, Cell>()
    for (const change of this.gossip.log.cells()) cells.set(`${change.author.id} ${change.name.text}`, cellOf(change))
    return cells
  }

  private observer(): Observer {
    return { ...silence, disconnect: (_, error) => { if (error !== null) this.errors.push(error.message) } }
  }

  private begin(): Gossip {
    const life = `l${this.lives.length}`
    this.lives.push(life)
    const { clock } = this
    const gossip = new Gossip({
      host: this.name, life, net: null, limits: withLimits(this.limits), kinds: [counter], observer: this.observer(), soon: (wake) => clock.soon(wake)
    })
    this.written.set(gossip.own.id, new Map())
    return gossip
  }
}

export function cellOf({ author, name, seq, body }: Change): Cell {
  return { author: author.id, name: name.text, seq, plus: counter.plusOf(body) }
}
