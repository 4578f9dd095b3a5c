/**
 * What the handles of all kinds have in common: a name, how it is looked up, and how it is written to.
 *
 * A handle has no state of its own: making one writes nothing, and any number of them may be held.
 */
import { GossipError, shown } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import type { Kind } from '../kinds/kind.js'
import type { Change } from '../log/change.js'
import { latest, shownExpire } from '../log/expire.js'
import type { Expire } from '../log/expire.js'
import type { Name } from '../log/name.js'
import { checkKeys } from '../core/options.js'
import type { ConfirmOptions } from '../core/proofs.js'

/** An answer: the value as known here, and whether all expected hosts were heard from. */
export type Reading<Value> = { coherent: boolean; value: Value }

/** An answer that peers confirmed: they held the same of that name. */
export type ConfirmedReading<Value> = Reading<Value> & { confirmed: string[] }

/** Until when a name lives: milliseconds since 1970, or for ever. */
export type Until = number | 'never'

/** Said with a write, or with every write of a handle. */
export type WriteOptions = { expire?: Until | undefined }

/** What a handle needs of its store. */
export type Home = {
  gossip: Gossip
  /** How long a new name lives if nothing is said; null for ever. */
  expireDefault: number | null
  /** Throws if the store is closed. */
  checkOpen(): void
  coherent(): boolean
  /** Resolves with the hosts that hold the same of a name. */
  confirm(name: string, kind: string, options: ConfirmOptions): Promise<string[]>
}

export abstract class Handle<K extends Kind> {
  private readonly said: Until | undefined

  constructor(
    readonly name: string,
    protected readonly kind: K,
    protected readonly home: Home,
    options?: WriteOptions
  ) {
    this.said = this.saidIn(options)
  }

  /** Until when the name lives, as far as anybody said: milliseconds since 1970; null if nobody did, or it is not held here. */
  get expire(): Until | null {
    const expire = this.found()?.term?.expire ?? null
    return shownExpire(expire === null || expire === 0 ? expire : Math.min(expire, this.horizonAt))
  }

  /**
   * Lets the name live until `at`, if that is later than what was said before; an end is never brought nearer. A name that was never
   * written to begins with it.
   *
   * @throws GossipError `ERR_EXPIRED` if `at` has passed, or the name's end is more than `graceMs` ago; `ERR_OPTION`, `ERR_FULL`, `ERR_CLOSED`.
   */
  extend(at: Until): void {
    const options = { expire: at }
    if (this.saidIn(options) === undefined) throw this.misuse(`is extended until a moment, not ${shown(at)}; nothing was changed.`)
    if (at !== 'never') this.checkAhead(at)
    this.stay(options)
  }

  /** Writes nothing new; but where a later end is said, our own cell says that too. */
  protected stay(options: WriteOptions | undefined): void {
    this.check(options)
    if (this.lengthens(options)) this.put('', this.mine('')?.body ?? this.kind.empty, options)
  }

  /** Whether a write could be, had it anything to write. */
  protected check(options: WriteOptions | undefined): void {
    this.saidIn(options)
    this.home.checkOpen()
  }

  /** The name, unless it is absent: never written to, or past its end. */
  protected found(): Name | undefined {
    const { gossip } = this.home
    const name = this.known()
    return name !== undefined && name.size > 0 && gossip.expiry.phase(name) === 'live' ? name : undefined
  }

  /** Our own cell's change, also of a name that is past its end but can be revived. */
  protected mine(part: string): Change | undefined {
    return this.known()?.find(this.home.gossip.own, part)
  }

  /** The name, in whatever phase of its life. */
  protected known(): Name | undefined {
    const { gossip } = this.home
    const name = gossip.log.find(this.kind.kind, this.name)
    return gossip.expiry.phase(name) === 'new' ? undefined : name
  }

  /** Writes our own cell. Nothing is changed when it throws. */
  protected put(part: string, body: unknown, options: WriteOptions | undefined, name = this.known()): void {
    const { gossip } = this.home
    const until = this.until(this.saidIn(options) ?? this.said, name)
    this.checkRoom(part, body, name)
    gossip.write(this.kind, this.name, part, until, body)
  }

  /** Whether a write would bring the name a later end than it has. */
  protected lengthens(options: WriteOptions | undefined): boolean {
    const said = this.saidIn(options) ?? this.said
    if (said === undefined) return false
    const until = said === 'never' ? 0 : said
    const known = this.found()?.term?.expire ?? null
    return latest(known, until) !== known
  }

  protected reading<Value>(value: Value): Reading<Value> {
    return { coherent: this.home.coherent(), value }
  }

  /** Reads once enough peers hold the same. Rejects with `ERR_TIMEOUT`, `ERR_CLOSED`, `ERR_OPTION`. */
  protected async confirmed<Value>(read: () => Reading<Value>, options: ConfirmOptions): Promise<ConfirmedReading<Value>> {
    checkKeys(options, ['peers', 'timeoutMs'], `the read of ${this.kind.kind} "${this.name}"`)
    const confirmed = await this.home.confirm(this.name, this.kind.kind, options)
    return { ...read(), confirmed }
  }

  /** @throws GossipError `ERR_OPTION` */
  protected misuse(what: string): GossipError {
    return new GossipError('ERR_OPTION', `${this.kind.kind} "${this.name}" ${what}`)
  }

  protected full(what: string): GossipError {
    return new GossipError('ERR_FULL', `${what}; nothing was written to ${this.kind.kind} "${this.name}".`)
  }

  private get horizonAt(): number {
    return this.home.gossip.clock() + this.home.gossip.limits.horizonMs
  }

  /** What a write says of the name's end. */
  private until(said: Until | undefined, name: Name | undefined): Expire {
    const { gossip, expireDefault } = this.home
    this.home.checkOpen()
    const phase = gossip.expiry.phase(name)
    if (phase === 'dying' || phase === 'resting') {
      const at = new Date(gossip.expiry.newAt(name as Name)).toISOString()
      throw this.expired(`has ended and can be made anew from ${at} on`)
    }
    if (said === 'never') return 0
    if (said !== undefined) return this.checkAhead(said)
    if (phase === 'live') return null
    if (expireDefault !== null) return Math.floor(Math.min(gossip.clock() + expireDefault, this.horizonAt))
    if (phase === 'absent') throw this.expired('has ended; say a later expire, or extend it, to revive it')
    return null
  }

  private checkAhead(until: number): Expire {
    const whole = Math.floor(Math.min(until, this.horizonAt))
    if (whole <= this.home.gossip.clock()) throw this.expired(`cannot be given an end that has passed, ${until}`)
    return whole
  }

  private expired(what: string): GossipError {
    return new GossipError('ERR_EXPIRED', `${this.kind.kind} "${this.name}" ${what}; nothing was changed.`)
  }

  /** Whether there is room for what our own cell is to hold. */
  private checkRoom(part: string, body: unknown, name: Name | undefined): void {
    const { gossip } = this.home
    const { limits } = gossip
    const mine = name?.find(gossip.own, part)
    const passed = gossip.room.passed(this.kind, gossip.own, this.name, part, body, mine)
    if (passed !== null) throw this.full(`this store would hold more than ${passed} ${limits[passed]}`)
    if (mine === undefined && this.kind.crowds?.(name, part, body) === true) {
      throw this.full(`it holds elementsMax ${limits.elementsMax} cells, those of removed elements counted`)
    }
  }

  /** What a user said of the name's end. A misspelt option would be as good as left out, silently. */
  private saidIn(options: WriteOptions | undefined): Until | undefined {
    if (options === undefined) return undefined
    checkKeys(options, ['expire'], `${this.kind.kind} "${this.name}"`)
    const until: unknown = options.expire
    if (until === undefined || until === 'never') return until
    if (typeof until === 'number' && until >= 1 && until <= Number.MAX_SAFE_INTEGER) return until
    throw this.misuse(`ends at a moment in milliseconds since 1970 or 'never', not ${shown(until)}; nothing was changed.`)
  }
}
