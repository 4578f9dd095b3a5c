/**
 * A register as users hold it: one JSON value, of which the latest written holds everywhere.
 */
import { shown } from '../errors.js'
import type { Json } from '../json.js'
import { Written } from '../kinds/register.js'
import type { RegisterKind } from '../kinds/register.js'
import { Handle } from './handle.js'
import { checkKeys } from '../core/options.js'
import type { ConfirmOptions } from '../core/proofs.js'
import type { ConfirmedReading, Home, Reading, WriteOptions } from './handle.js'

/** Whether a value, which is JSON, is of a register's type. Written as a method, so that guards of narrower parameters fit. */
export type Check<T> = { check(value: unknown): value is T }['check']

export type RegisterOptions<T> = WriteOptions & { check?: Check<T> | undefined }

/**
 * A handle on one register. Making one writes nothing.
 *
 * Later writes win, by hybrid logical clocks: a write made after reading another is later, whatever the clocks of the two hosts. Of
 * two that knew nothing of each other, the one of the later clock holds, at every host the same.
 */
export class Register<T = Json> extends Handle<RegisterKind> {
  private readonly guard: Check<T> | undefined

  constructor(name: string, kind: RegisterKind, home: Home, options: RegisterOptions<T> = {}) {
    checkKeys(options, ['expire', 'check'], `register "${name}"`)
    super(name, kind, home, { expire: options.expire })
    if (options.check !== undefined && typeof options.check !== 'function') {
      throw this.misuse(`takes a function as its check, not ${shown(options.check)}.`)
    }
    this.guard = options.check
  }

  /**
   * The latest value; undefined if there is none, it was cleared, or `check` does not take it. A copy each time.
   *
   * What `check` throws is thrown.
   */
  get value(): T | undefined {
    const text = this.kind.latest(this.found())?.text ?? null
    if (text === null) return undefined
    const value = JSON.parse(text) as Json
    if (this.guard === undefined) return value as T
    return this.guard(value) ? value : undefined
  }

  /** The value with the coherence of the store; with `peers`, once so many hold the same of this name, and with who they are. Rejects with `ERR_TIMEOUT` after `timeoutMs`. */
  read(options: ConfirmOptions): Promise<ConfirmedReading<T | undefined>>
  read(): Reading<T | undefined>
  read(options?: ConfirmOptions): Reading<T | undefined> | Promise<ConfirmedReading<T | undefined>> {
    if (options !== undefined) return this.confirmed(() => this.read(), options)
    return this.reading(this.value)
  }

  /**
   * Writes a value: JSON of at most `bodyBytesMax` bytes, nested at most `depthMax` deep.
   *
   * @throws GossipError `ERR_OPTION` if it is no such value, or `check` does not take it; `ERR_EXPIRED`, `ERR_FULL`, `ERR_CLOSED`.
   */
  write(value: T, options?: WriteOptions): Reading<T | undefined> {
    if (this.guard?.(value) === false) throw this.misuse(`cannot hold ${shown(value)}: its check does not take it; nothing was written.`)
    this.set(this.textOf(value), options)
    return this.read()
  }

  /** Takes the value away, for all who have not written a later one. Nothing is written where there is none. Throws as `write` does. */
  clear(options?: WriteOptions): Reading<T | undefined> {
    this.check(options)
    if ((this.kind.latest(this.found())?.text ?? null) !== null) this.set(null, options)
    return this.read()
  }

  private set(text: string | null, options: WriteOptions | undefined): void {
    this.put('', new Written(this.kind.issue(this.known(), this.home.gossip.own, this.home.gossip.clock()), text), options)
  }

  private textOf(value: T): string {
    const { bodyBytesMax, depthMax } = this.home.gossip.limits
    const text = this.kind.textOf(value)
    if (text !== undefined) return text
    throw this.misuse(`holds JSON of at most ${bodyBytesMax} bytes and ${depthMax} levels, without undefined, holes and classes, not ${shown(value)}; nothing was written.`)
  }
}
