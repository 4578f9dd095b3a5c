/**
 * Whom a node dials, when and where, and which links it keeps: all of it decided without IO, clock or chance of its own.
 *
 * What happens is told (`met`, `ended`, `failed`, …), each with the time; what is to be done comes back through `Hands`, at once.
 */
import { GossipError, isGossipError } from '../errors.js'
import type { GossipErrorCode } from '../errors.js'
import type { Limits } from '../limits.js'
import { Bounds } from './bounds.js'
import type { Bound } from './bounds.js'
import { Link } from './link.js'
import type { Met, Reason, Word } from './link.js'
import { Pair } from './pair.js'
import type { Call, Target } from './target.js'
import { Targets } from './targets.js'
import type { Waiting } from './targets.js'

/** Does what is decided, and tells what came of it. None of these may throw. */
export interface Hands extends Waiting {
  /** Dials `call.uri`; then `dialled` or `failed` is told. */
  dial(call: Call): void
  /** Gives a dial up. */
  hangUp(call: Call): void
  say(link: Link, word: Word): void
  /** Asks for a sign of life on a link; then `answered` is told. */
  probe(link: Link): void
  /** Closes a link; in the end `ended` is told of it. */
  close(link: Link, reason: Reason): void
  /** A host has a link: a new one, the same host again after it was away, or another one in the place of what it had. */
  connect(host: string, link: Link, how: 'new' | 'again' | 'moved'): void
  /** A host has none, and none is dialled here. */
  disconnect(host: string, error: Error | null): void
  /** A dial failed, or a link to a kept host broke: it is dialled in `waitMs`, for the so manieth time. */
  backoff(whom: string, waitMs: number, failures: number, error: Error | null): void
}

export type DialOptions = {
  host: string
  limits: Limits
  random: () => number
  hands: Hands
}

/** How a link ended: `left` if the peer will not come back, `mirrored` if it was ourselves. */
export type Ending = { error: Error | null; left: boolean; mirrored: boolean }

/** Ends that only a peer brings about that is no host of ours, or a broken one. */
const faults: ReadonlySet<GossipErrorCode> = new Set(['ERR_FRAME', 'ERR_SIZE', 'ERR_HELLO', 'ERR_KEY', 'ERR_REPEAT'])

export class Dial {
  /** Where we listen, as others are told. */
  uris: readonly string[] = []
  private readonly host: string
  private readonly limits: Limits
  private readonly hands: Hands
  private readonly bounds: Bounds
  private readonly pairs = new Map<string, Pair>()
  private readonly targets: Targets
  private readonly byLink = new Map<Link, Target>()
  private readonly calls = new Set<Call>()
  /** The hosts of which a connect was told and no disconnect since; null while such a one is away. */
  private readonly told = new Map<string, Link | null>()
  private links = 0
  private choices = 0

  constructor({ host, limits, random, hands }: DialOptions) {
    this.host = host
    this.limits = limits
    this.hands = hands
    this.targets = new Targets(limits, random, hands)
    this.bounds = new Bounds(limits)
  }

  /** Whether no more hosts or addresses can be kept. */
  get full(): boolean {
    return this.targets.size >= this.limits.outboundMax
  }

  /** Whether one of these addresses is kept already. */
  aims(uris: readonly string[]): boolean {
    return this.targets.at(uris) !== undefined
  }

  /** Whether a host is kept here. */
  keeps(host: string): boolean {
    return this.targets.of(host) !== undefined
  }

  /** Where a kept host is dialled; none if it is not kept, or has to come by itself. */
  addresses(host: string): string[] {
    return this.targets.of(host)?.addresses ?? []
  }

  /** The one link to a host. */
  link(host: string): Link | null {
    return this.pairs.get(host)?.chosen ?? null
  }

  /** The hosts that are connected or kept. */
  hosts(): string[] {
    return [...new Set([...this.told.keys(), ...this.targets.hosts()])]
  }

  /** Keeps whoever is met at one of these addresses, which are one host's. */
  connect(uris: readonly string[], now: number): void {
    const known = this.targets.at(uris)
    if (known === undefined) {
      this.targets.add(null, uris, now)
    } else {
      for (const uri of uris) known.uris.add(uri)
      known.backoff.reset()
      known.dialAt = now
    }
    this.pump(now)
  }

  /** Keeps a host by its name, or no longer; an open link stays while either end keeps it. */
  keep(host: string, yes: boolean, now: number): void {
    const known = this.targets.of(host)
    if (yes) {
      const target = known ?? this.targets.add(host, [], now)
      target.named = true
      const link = this.link(host)
      if (link !== null) target.told = [...(link.uri === null ? [] : [link.uri]), ...(link.word?.uris ?? [])]
    } else if (known !== undefined) {
      this.release(known)
    }
    const pair = this.pairs.get(host)
    pair?.repeat()
    if (pair !== undefined) this.review(pair, null, now)
    this.pump(now)
  }

  /** Keeps a host, or an address, no longer, and closes its link. */
  disconnect(whom: string, now: number): void {
    const target = this.targets.called(whom)
    if (target !== undefined) this.release(target)
    const pair = this.pairs.get(whom)
    pair?.close('close')
    if (pair !== undefined) this.review(pair, null, now)
    this.pump(now)
  }

  /** Somebody dialled us: a link, or the bound that forbids it. */
  accept(address: string | null, now: number): Link | Bound {
    const bound = this.bounds.refusal(address, now)
    if (bound !== null) return bound
    const link = this.made(null, address)
    this.bounds.open(link)
    return link
  }

  /** A dial came through: its link, or null if it was given up. */
  dialled(call: Call): Link | null {
    if (!this.calls.delete(call)) return null
    const link = this.made(call.uri, null)
    call.target.call = null
    call.target.link = link
    this.byLink.set(link, call.target)
    return link
  }

  /** A dial did not. */
  failed(call: Call, error: Error | null, now: number): void {
    if (!this.calls.delete(call)) return
    call.target.call = null
    this.fail(call.target, error, now)
    this.pump(now)
  }

  /** The other end of a link said hello. */
  met(link: Link, met: Met, now: number): void {
    this.bounds.meet(link)
    link.met = met
    const target = this.byLink.get(link)
    this.byLink.delete(link)
    if (target !== undefined) {
      target.link = null
      const same = this.targets.meet(target, link.uri ?? '', met.host, now)
      if (!same && target.pointless) this.release(target)
      else if (!same) this.fail(target, null, now)
    }
    const pair = this.pairs.get(met.host) ?? new Pair(this.host, met.host, this.limits, this.acts)
    this.pairs.set(met.host, pair)
    pair.join(link, now)
    this.review(pair, null, now)
    this.pump(now)
  }

  /** The other end said a word about a link. */
  hear(link: Link, word: Word, now: number): void {
    if (link.met === null) return
    const pair = this.pairs.get(link.met.host)
    if (pair?.links.has(link) !== true) return
    pair.hear(link, word, now)
    this.review(pair, null, now)
    this.pump(now)
  }

  /** The sign of life that was asked for came. */
  answered(link: Link, now: number): void {
    const pair = this.pairs.get(link.met?.host ?? '')
    pair?.answered(link, now)
  }

  /** A link is over. */
  ended(link: Link, { error, left, mirrored }: Ending, now: number): void {
    this.bounds.close(link)
    if (isGossipError(error) && faults.has(error.code)) this.bounds.blame(link.address, now)
    const target = this.byLink.get(link)
    this.byLink.delete(link)
    if (target !== undefined) {
      target.link = null
      if (mirrored) this.shun(target, link.uri ?? '', now)
      else this.fail(target, error, now)
    }
    if (link.met !== null) this.parted(link, link.met.host, left, error, now)
    this.pump(now)
  }

  /** Time went on. */
  tick(now: number): void {
    for (const pair of [...this.pairs.values()]) {
      pair.tick(now)
      this.review(pair, null, now)
    }
    for (const call of [...this.calls]) {
      if (now < call.at) continue
      this.hands.hangUp(call)
      const error = new GossipError('ERR_TIMEOUT', `nobody answered at ${call.uri} for dialMs ${this.limits.dialMs} ms; the dial was given up.`)
      this.failed(call, error, now)
    }
    this.pump(now)
  }

  /** When `tick` will have something to do. */
  get deadlineAt(): number {
    let at = Infinity
    for (const pair of this.pairs.values()) at = Math.min(at, pair.deadlineAt)
    for (const call of this.calls) at = Math.min(at, call.at)
    if (this.calls.size >= this.limits.dialsMax) return at
    for (const target of this.targets.values()) if (this.lacks(target)) at = Math.min(at, target.dialAt)
    return at
  }

  /** Keeps nobody any longer and dials no more; open links go on. */
  close(): void {
    for (const target of [...this.targets.values()]) this.release(target)
  }

  private readonly acts = {
    count: (): number => (this.choices += 1),
    say: (link: Link, choice: number): void => {
      this.hands.say(link, { choice, keeps: this.keeps(link.met?.host ?? ''), uris: this.uris })
    },
    probe: (link: Link): void => this.hands.probe(link),
    close: (link: Link, reason: Reason): void => this.hands.close(link, reason)
  }

  private made(uri: string | null, address: string | null): Link {
    this.links += 1
    return new Link(this.links, uri, address)
  }

  private release(target: Target): void {
    const { host, call, link } = target
    this.targets.delete(target)
    if (call !== null) {
      this.calls.delete(call)
      this.hands.hangUp(call)
    }
    if (link !== null) {
      this.byLink.delete(link)
      this.hands.close(link, 'close')
    }
    if (host !== null && this.told.get(host) === null) this.leave(host, null)
  }

  private shun(target: Target, uri: string, now: number): void {
    if (!target.named && target.uris.size === 1 && target.uris.has(uri)) return this.release(target)
    this.targets.shun(target, uri)
    target.dialAt = now
  }

  private fail(target: Target, error: Error | null, now: number): void {
    const waitMs = target.wait(now)
    this.hands.backoff(target.name, waitMs, target.backoff.failures, error)
  }

  /** A link on which a host had been met is over. */
  private parted(link: Link, host: string, left: boolean, error: Error | null, now: number): void {
    const pair = this.pairs.get(host)
    const was = pair?.chosen === link
    // While another stands, who says in its host's name that it leaves may be anybody.
    const leaves = left && (was || pair?.chosen == null)
    pair?.leave(link, now)
    const target = this.targets.of(host)
    if (leaves && target !== undefined) this.release(target)
    if (was && now >= link.chosenAt + this.limits.stableMs) target?.backoff.reset()
    if (pair !== undefined) this.review(pair, error, now)
  }

  /** Tells what became of a pair, lets go of a link that neither end keeps, and dials for one that is kept and has none. */
  private review(pair: Pair, error: Error | null, now: number): void {
    const { host, chosen } = pair
    const before = this.told.get(host)
    const target = this.targets.of(host)
    if (target !== undefined && chosen?.word != null) target.told = chosen.word.uris
    // Not before its first word, which says where the host is and whether it keeps us.
    if (pair.chosen !== null && pair.chosen.kept !== null && before !== pair.chosen) {
      this.told.set(host, pair.chosen)
      this.hands.connect(host, pair.chosen, before === undefined ? 'new' : before === null ? 'again' : 'moved')
    }
    if (pair.chosen?.kept === false && !this.keeps(host)) pair.close('unkept')
    if (pair.chosen === null && this.told.get(host) !== undefined) {
      if (target === undefined) this.leave(host, error)
      else this.told.set(host, null)
    }
    if (pair.links.size > 0) return
    if (this.pairs.get(host) === pair) this.pairs.delete(host)
    if (target?.idle === true && target.dialAt <= now) this.fail(target, error, now)
  }

  private leave(host: string, error: Error | null): void {
    this.told.delete(host)
    this.hands.disconnect(host, error)
  }

  /** Whether a target wants a link that nothing under way may become. */
  private lacks(target: Target): boolean {
    return target.idle && (target.host === null || !this.pairs.has(target.host))
  }

  private pump(now: number): void {
    for (const target of this.targets.values()) {
      if (this.calls.size >= this.limits.dialsMax) return
      if (!this.lacks(target) || now < target.dialAt) continue
      const uri = target.next()
      if (uri === undefined) continue
      const call = { target, uri, at: now + this.limits.dialMs }
      target.call = call
      this.calls.add(call)
      this.hands.dial(call)
    }
  }
}
