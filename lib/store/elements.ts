/**
 * A set of strings as users hold it.
 */
import { shown } from '../errors.js'
import { clearPart, partOf } from '../kinds/set.js'
import type { SetKind } from '../kinds/set.js'
import { exceeds, isWellFormed } from '../log/text.js'
import { Handle } from './handle.js'
import type { ConfirmOptions } from '../core/proofs.js'
import type { ConfirmedReading, Home, Reading, WriteOptions } from './handle.js'
import type { Members } from './members.js'

/**
 * A handle on one set of strings. Making one writes nothing.
 *
 * An element that one host adds while another, which has not seen that, removes it, stays in. What was removed can be added again.
 */
export class Elements extends Handle<SetKind> {
  constructor(
    name: string,
    kind: SetKind,
    home: Home,
    private readonly members: Members,
    options: WriteOptions | undefined
  ) {
    super(name, kind, home, options)
  }

  /** How many elements are in. */
  get size(): number {
    return this.members.of(this.found()).size
  }

  has(element: string): boolean {
    return this.members.of(this.found()).has(element)
  }

  /** The elements, in the order in which they came in here. */
  values(): string[] {
    return [...this.members.of(this.found())]
  }

  /** The elements with the coherence of the store; with `peers`, once so many hold the same of this name, and with who they are. Rejects with `ERR_TIMEOUT` after `timeoutMs`. */
  read(options: ConfirmOptions): Promise<ConfirmedReading<string[]>>
  read(): Reading<string[]>
  read(options?: ConfirmOptions): Reading<string[]> | Promise<ConfirmedReading<string[]>> {
    if (options !== undefined) return this.confirmed(() => this.read(), options)
    return this.reading(this.values())
  }

  /**
   * Puts an element in; says whether it was not in. Adding one that another host added makes it this host's too: it then survives the
   * removal by a third that has seen only the first. Adding one that this host added already, and that is in, writes nothing: who has seen the
   * first add may still take it out.
   *
   * @throws GossipError `ERR_OPTION` if it is no string of at most `partBytesMax` - 1 bytes of UTF-8; `ERR_FULL`, `ERR_EXPIRED`, `ERR_CLOSED`.
   */
  add(element: string, options?: WriteOptions): boolean {
    const part = this.checked(element)
    const isNew = !this.has(element)
    const name = this.found()
    const { gossip } = this.home
    const mine = this.mine(part)?.body
    const stands = name !== undefined && this.kind.standing(name, part).some(({ author }) => author === gossip.own)
    if (stands && !this.lengthens(options)) this.check(options)
    else this.put(part, stands ? mine : this.kind.add(mine, gossip.nextSeq), options)
    return isNew
  }

  /**
   * Takes an element out: every add of it that was seen here. Says whether it was in. Throws as `add` does.
   *
   * Of a set that is then empty nothing but that is remembered, as after `clear`.
   */
  delete(element: string, options?: WriteOptions): boolean {
    const part = this.checked(element)
    this.check(options)
    const name = this.found()
    if (name === undefined || !this.has(element)) return false
    if (this.size === 1 && this.fold(options)) return true
    const own = this.home.gossip.own.id
    this.take(part, this.kind.remove(this.mine(part)?.body, this.kind.standing(name, part), own), options)
    return true
  }

  /** Takes every element out that was seen here, in one change. Throws as `add` does. */
  clear(options?: WriteOptions): void {
    this.check(options)
    const name = this.found()
    if (name === undefined || (name.size === 1 && this.mine(clearPart) !== undefined)) return
    if (!this.fold(options)) throw this.full(`its clear would take more than removedBytesMax ${this.home.gossip.limits.removedBytesMax} bytes`)
  }

  /** Clears, if one change can carry that. */
  private fold(options: WriteOptions | undefined): boolean {
    const { gossip } = this.home
    const name = this.found()
    if (name === undefined) return false
    const body = this.kind.clear(name, (author) => gossip.log.author(author)?.held.have ?? 0)
    if (!this.kind.fits(body)) return false
    this.take(clearPart, body, options)
    return true
  }

  /** What removes says as late an end as what it removes, which may then be forgotten. */
  private take(part: string, body: unknown, options: WriteOptions | undefined): void {
    if (!this.kind.fits(body)) throw this.full(`it was added to by more hosts and lives than removedBytesMax ${this.home.gossip.limits.removedBytesMax} has room for`)
    this.put(part, body, this.lengthens(options) ? options : { expire: this.expire ?? undefined })
  }

  private checked(element: string): string {
    const { partBytesMax } = this.home.gossip.limits
    if (typeof element === 'string' && !exceeds(partOf(element), partBytesMax) && isWellFormed(element)) return partOf(element)
    throw this.misuse(`takes strings of at most ${partBytesMax - 1} bytes of UTF-8, not ${shown(element)}; nothing was changed.`)
  }
}
