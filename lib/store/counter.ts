/**
 * A counter as users hold it: a name and how to count, no state of its own.
 */
import { GossipError, shown } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import type { CounterKind } from '../kinds/counter.js'
import type { Change } from '../log/change.js'

/** An answer: the value as known here, and whether all expected hosts were heard from. */
export type Reading<Value> = { coherent: boolean; value: Value }

/** What a counter needs of its store. */
export type CounterHome = {
  gossip: Gossip
  /** Throws if the store is closed, or has no room for a new cell. */
  admit(isNew: boolean): void
  coherent(): boolean
}

/**
 * A handle on one counter. Making one writes nothing, and any number of them may be held.
 *
 * Every host counts for itself and all counts are added up, so increments are never lost and never counted twice, whoever
 * makes them when, connected or not. The value may go below zero.
 */
export class Counter<N> {
  constructor(
    readonly name: string,
    private readonly kind: CounterKind<N>,
    private readonly home: CounterHome
  ) {}

  /** What all hosts counted, as far as known here. Never throws; a sum beyond the safe integers is the nearest number. */
  get value(): N {
    const differences: N[] = []
    this.home.gossip.log.find(this.kind.kind, this.name)?.each((change) => differences.push(this.kind.differenceOf(change.body)))
    return this.kind.numbers.sum(differences)
  }

  /** The value with the coherence of the store. */
  read(): Reading<N> {
    return { coherent: this.home.coherent(), value: this.value }
  }

  /**
   * Adds `n`, 1 if left out; a negative `n` takes away.
   *
   * Only this host's share is judged: what others counted, rightly or not, keeps nobody from counting.
   *
   * @throws GossipError `ERR_OPTION` if `n` is no number of this counter's, `ERR_RANGE` if what this host added or took away in all would
   * leave the numbers, `ERR_FULL`, `ERR_CLOSED`. Nothing is changed then.
   */
  increment(n: N = this.kind.numbers.one): Reading<N> {
    return this.add(this.checked(n))
  }

  /** Takes `n` away, 1 if left out. Throws as `increment` does. */
  decrement(n: N = this.kind.numbers.one): Reading<N> {
    const { numbers } = this.kind
    return this.add(numbers.subtract(numbers.zero, this.checked(n)))
  }

  private add(n: N): Reading<N> {
    const { kind, home } = this
    const { numbers } = kind
    const mine = this.mine()
    const up = numbers.compare(n, numbers.zero)
    home.admit(mine === undefined && up !== 0)
    if (up === 0) return this.read()
    const before = mine?.body ?? numbers.zero
    const plus = up > 0 ? numbers.add(kind.plusOf(before), n) : kind.plusOf(before)
    const minus = up < 0 ? numbers.subtract(kind.minusOf(before), n) : kind.minusOf(before)
    const body = kind.keep(plus, minus)
    if (!numbers.fits(plus)) throw this.outOfRange(plus, 'what this host added')
    if (!numbers.fits(minus)) throw this.outOfRange(minus, 'what this host took away')
    home.gossip.write(kind, this.name, '', null, body)
    return this.read()
  }

  /** Our own cell's change. */
  private mine(): Change | undefined {
    const { log, own } = this.home.gossip
    return log.find(this.kind.kind, this.name)?.find(own, '')
  }

  private checked(n: N): N {
    if (this.kind.numbers.accepts(n)) return n
    throw new GossipError('ERR_OPTION', `counter "${this.name}" cannot count ${shown(n)}; nothing was changed. Use ${this.kind.numbers.hint}.`)
  }

  private outOfRange(n: N, what: string): GossipError {
    const { range, remedy } = this.kind.numbers
    return new GossipError('ERR_RANGE', `counter "${this.name}": ${what} would leave ${range} at ${shown(n)}; nothing was changed.${remedy}`)
  }
}
