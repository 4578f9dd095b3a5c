/**
 * A counter as users hold it: a name and how to count, no state of its own.
 */
import { GossipError, shown } from '../errors.js'
import type { CounterKind } from '../kinds/counter.js'
import { Handle } from './handle.js'
import type { ConfirmOptions } from '../core/proofs.js'
import type { ConfirmedReading, Reading, WriteOptions } from './handle.js'

/**
 * A handle on one counter. Making one writes nothing, and any number of them may be held.
 *
 * Every host counts for itself and all counts are added up, so increments are never lost and never counted twice, whoever
 * makes them when, connected or not. The value may go below zero.
 */
export class Counter<N> extends Handle<CounterKind<N>> {
  /** What all hosts counted, as far as known here. Never throws; a sum beyond the safe integers is the nearest number. */
  get value(): N {
    const { kind } = this
    const name = this.found()
    if (name === undefined) return kind.numbers.zero
    const sole = name.sole
    if (sole !== null) return kind.sum([kind.differenceOf(sole.body)])
    const differences: N[] = []
    name.each((change) => differences.push(kind.differenceOf(change.body)))
    return kind.sum(differences)
  }

  /** The value with the coherence of the store; with `peers`, once so many hold the same of this name, and with who they are. Rejects with `ERR_TIMEOUT` after `timeoutMs`. */
  read(options: ConfirmOptions): Promise<ConfirmedReading<N>>
  read(): Reading<N>
  read(options?: ConfirmOptions): Reading<N> | Promise<ConfirmedReading<N>> {
    if (options !== undefined) return this.confirmed(() => this.read(), options)
    return this.reading(this.value)
  }

  /**
   * Adds `n`, 1 if left out; a negative `n` takes away.
   *
   * Only this host's share is judged: what others counted, rightly or not, keeps nobody from counting.
   *
   * @throws GossipError `ERR_OPTION` if `n` is no number of this counter's, `ERR_RANGE` if what this host added or took away in all would
   * leave the numbers, `ERR_EXPIRED`, `ERR_FULL`, `ERR_CLOSED`. Nothing is changed then.
   */
  increment(n?: N, options?: WriteOptions): Reading<N> {
    return this.add(this.checked(n), options)
  }

  /** Takes `n` away, 1 if left out. Throws as `increment` does. */
  decrement(n?: N, options?: WriteOptions): Reading<N> {
    const { numbers } = this.kind
    return this.add(numbers.subtract(numbers.zero, this.checked(n)), options)
  }

  private add(n: N, options: WriteOptions | undefined): Reading<N> {
    const { kind } = this
    const { numbers } = kind
    const up = numbers.compare(n, numbers.zero)
    if (up === 0) {
      this.stay(options)
      return this.read()
    }
    this.home.checkOpen()
    const name = this.known()
    const before = name?.find(this.home.gossip.own, '')?.body ?? numbers.zero
    const plus = up > 0 ? numbers.add(kind.plusOf(before), n) : kind.plusOf(before)
    const minus = up < 0 ? numbers.subtract(kind.minusOf(before), n) : kind.minusOf(before)
    if (!kind.fits(plus)) throw this.outOfRange(plus, 'what this host added')
    if (!kind.fits(minus)) throw this.outOfRange(minus, 'what this host took away')
    this.put('', kind.keep(plus, minus), options, name)
    return this.read()
  }

  private checked(n: N | undefined): N {
    const { numbers } = this.kind
    const given = n === undefined ? numbers.one : n
    if (given !== undefined && this.kind.accepts(given)) return given
    throw this.misuse(`cannot count ${shown(n)}; nothing was changed. Use ${numbers.hint ?? `numbers of "${numbers.name}"`}.`)
  }

  private outOfRange(n: N, what: string): GossipError {
    const { range, remedy, name } = this.kind.numbers
    const why = `${what} would leave ${range ?? `the numbers of "${name}"`} at ${shown(n)}`
    return new GossipError('ERR_RANGE', `counter "${this.name}": ${why}; nothing was changed.${remedy ?? ''}`)
  }
}
