/**
 * What a foe has in hand: its name, its chance, what is known of the network, and words to make frames of.
 */
import type { Json } from '../../json.js'
import type { Message } from '../../wire/message.js'
import type { Chance } from '../chance.js'
import type { Network } from '../network.js'
import type { Deeds } from './deeds.js'
import type { Line } from './line.js'

/** One kind of foe. */
export type Mischief = {
  /** What it says when a connection is made; a proper hello and a position, if nothing else. */
  open?(line: Line): void
  /** What it does about what it hears; nothing. */
  hear?(line: Line, message: Message): void
  /** What it does every now and then. */
  act(line: Line): void
  /** Whether it reads what hosts say; it does. */
  reads?: boolean
}

/** A row of a message of changes. */
export type Row = { seq: number; name: unknown; body: unknown; part?: unknown; expire?: unknown }

const kinds = ['counter', 'register', 'set']

export class Scene {
  readonly life: string
  /** Seqs of its own author given so far. */
  private seq = 0
  private readonly numbers = new Map<string, number>()

  constructor(
    readonly name: string,
    readonly network: Network,
    readonly chance: Chance,
    readonly deeds: Deeds
  ) {
    this.life = `x${chance.whole(0, 1e9).toString(36)}`
  }

  /** Its own author. */
  get author(): string {
    return `${this.name}~${this.life}`
  }

  get nextSeq(): number {
    this.seq += 1
    return this.seq
  }

  hello(line: Line, host = this.name, life = this.life): void {
    line.say({ v: 1, h: host, i: life, x: 'nothing' })
    line.say({ a: {}, u: 0 })
  }

  /** A message of changes in somebody's name; rows are put in order. */
  changes(author: string, kind: string, rows: readonly Row[]): object {
    const sorted = [...rows].sort((a, b) => a.seq - b.seq)
    const number = this.numbers.get(author) ?? this.numbers.size + 1
    this.numbers.set(author, number)
    return {
      s: [number, author], k: kind, q: sorted.map(({ seq }, i) => seq - (sorted[i - 1]?.seq ?? 0)), n: sorted.map(({ name }) => name),
      p: sorted.map(({ part }) => part ?? ''), e: sorted.map(({ expire }) => expire ?? null), c: sorted.map(({ body }) => body)
    }
  }

  /** An author that hosts spoke of; of none yet, its own. */
  anyAuthor(): string {
    return this.chance.pick([...this.deeds.authors.keys(), this.author])
  }

  /** A kind and name that hosts spoke of, or one of its own. */
  anyName(): { kind: string; name: string; part: string } {
    const { cells } = this.deeds
    if (cells.length > 0 && this.chance.odds(0.9)) return this.chance.pick(cells)
    return { kind: this.chance.pick(kinds), name: `${this.name}${this.chance.whole(0, 9)}`, part: '' }
  }

  /** A body such as a kind takes. */
  bodyOf(kind: string, part: string, seq: number): Json {
    const { chance } = this
    if (kind === 'counter') return [chance.pick([0, 1, 1_000, Number.MAX_SAFE_INTEGER]), chance.pick([0, 1, Number.MAX_SAFE_INTEGER])]
    if (kind === 'register') return [this.stamp(chance.whole(-60_000, 60_000)), `of ${this.name}`]
    if (kind === 'set') return part === '' ? [0, { [this.anyAuthor()]: chance.whole(1, 99) }, {}] : [chance.pick([0, seq]), {}]
    return { of: this.name }
  }

  /** A register's stamp so far ahead of the true time. */
  stamp(aheadMs: number): number {
    return Math.floor(this.network.clock.date() + aheadMs) * 1_024
  }
}
