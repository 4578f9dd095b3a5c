/**
 * A host of a dial simulation: the real dial decisions, on wires that take time, break on one side only, and cross.
 *
 * A wire stands for connection and session together: hello, words, signs of life and bye, in order each way. When it dies, each end
 * learns of it in a time of its own.
 */
import { Dial, type Ending, type Hands } from '../../lib/dial/dial.js'
import type { Link, Word } from '../../lib/dial/link.js'
import type { Call } from '../../lib/dial/target.js'
import { Turns } from '../../lib/dial/turns.js'
import { limits, type Limits } from '../../lib/limits.js'
import type { VirtualClock } from '../../lib/sim/clock.js'

/** Something of chance: from 0 up to below 1. */
export type Random = () => number

type Said = { hello: { host: string; life: string } } | { word: Word } | { ask: true } | { echo: true } | { bye: string }

/** What all hosts of a simulation share. */
export class World {
  readonly listeners = new Map<string, Party>()
  readonly wires = new Set<Wire>()
  /** Addresses that nobody can reach for the time being. */
  readonly cut = new Set<Party>()
  dials = 0
  readonly dialledAt: number[] = []

  constructor(
    readonly clock: VirtualClock,
    readonly random: Random,
    /** The longest time that a message takes. */
    readonly delayMs = 50
  ) {}
}

/** One end of a wire. */
export class End {
  link: Link | null = null
  ended = false
  peer: End | null = null
  /** When the last message sent from here arrives: none overtakes another. */
  private lastAt = 0
  private said = false

  constructor(
    readonly party: Party,
    readonly wire: Wire
  ) {}

  begin(link: Link): void {
    this.link = link
    this.party.ends.set(link, this)
    this.send({ hello: { host: this.party.host, life: this.party.life } })
  }

  send(what: Said): void {
    const { world } = this.party
    const { peer, wire } = this
    if (peer === null || this.said) return
    this.said = 'bye' in what
    if (wire.dead) return
    const at = Math.max(this.lastAt, world.clock.now() + Math.ceil(world.random() * wire.delayMs))
    this.lastAt = at
    world.clock.after(at - world.clock.now(), () => {
      if (!wire.dead || wire.drains) peer.take(what)
    })
  }

  /** Over at this end. */
  end(ending: Partial<Ending> = {}): void {
    if (this.ended) return
    this.ended = true
    const { link, party } = this
    if (link === null) return
    party.ends.delete(link)
    party.run(() => party.dial.ended(link, { error: null, left: false, mirrored: false, ...ending }, party.now))
  }

  private take(what: Said): void {
    const { link, party } = this
    if (this.ended || link === null) return
    if ('hello' in what) this.hello(what.hello)
    else if ('word' in what) party.run(() => party.dial.hear(link, what.word, party.now))
    else if ('ask' in what) this.send({ echo: true })
    else if ('echo' in what) party.run(() => party.dial.answered(link, party.now))
    else this.end({ error: what.bye === 'close' || what.bye === 'leave' ? null : new Error(what.bye), left: what.bye === 'leave' })
  }

  private hello({ host, life }: { host: string; life: string }): void {
    const { link, party } = this
    if (link === null) return
    if (host === party.host) {
      this.send({ bye: 'self' })
      this.end({ mirrored: life === party.life, error: new Error('self') })
    } else {
      party.run(() => party.dial.met(link, { host, life, node: true }, party.now))
    }
  }
}

/** A connection between two parties. */
export class Wire {
  dead = false
  /** What was under way when it died arrives all the same. */
  drains = false
  /** Wires are not alike: a word on one may be overtaken by one on another. */
  readonly delayMs: number
  readonly left: End
  readonly right: End

  constructor(
    readonly world: World,
    dialler: Party,
    other: Party
  ) {
    this.delayMs = world.delayMs * world.random()
    this.left = new End(dialler, this)
    this.right = new End(other, this)
    this.left.peer = this.right
    this.right.peer = this.left
    world.wires.add(this)
  }

  /** Nothing passes any more; the ends learn of it within these times. */
  die(leftMs: number, rightMs: number): void {
    if (this.dead) return
    this.dead = true
    this.drains = this.world.random() < 0.5
    this.world.wires.delete(this)
    for (const [end, ms] of [[this.left, leftMs], [this.right, rightMs]] as const) {
      this.world.clock.after(ms, () => end.end({ error: new Error('broken') }))
    }
  }
}

/** A host, in one of its lives. */
export class Party {
  readonly dial: Dial
  readonly ends = new Map<Link, End>()
  readonly events: string[] = []
  readonly expected = new Set<string>()
  gone = false
  private readonly turns = new Turns()
  private readonly hungUp = new Set<Call>()
  private timer: (() => void) | null = null
  private readonly limits: Limits

  constructor(
    readonly world: World,
    readonly host: string,
    readonly life: string,
    readonly uri: string | null,
    bounds: Partial<Limits> = {}
  ) {
    this.limits = { ...limits, ...bounds }
    this.dial = new Dial({ host, limits: this.limits, random: world.random, hands: this.hands() })
    if (uri === null) return
    this.dial.uris = [uri]
    world.listeners.set(uri, this)
  }

  get now(): number {
    return this.world.clock.now()
  }

  run(input: () => void): void {
    if (this.gone) return
    this.turns.run(input)
    this.timer?.()
    this.timer = null
    const at = this.dial.deadlineAt
    if (at < Infinity) this.timer = this.world.clock.after(Math.max(1, Math.ceil(at - this.now)), () => this.run(() => this.dial.tick(this.now)))
  }

  /** The process is gone, without a word; others learn of it within `ms`. */
  crash(ms: number): void {
    this.gone = true
    this.timer?.()
    if (this.uri !== null && this.world.listeners.get(this.uri) === this) this.world.listeners.delete(this.uri)
    for (const { wire } of [...this.ends.values()]) wire.die(Math.ceil(ms * this.world.random()), Math.ceil(ms * this.world.random()))
  }

  private hands(): Hands {
    const later = (deed: () => void): void => this.turns.later(deed)
    return {
      dial: (call) => later(() => this.call(call)),
      hangUp: (call) => { this.hungUp.add(call) },
      say: (link, word) => later(() => this.ends.get(link)?.send({ word })),
      probe: (link) => later(() => this.ends.get(link)?.send({ ask: true })),
      close: (link, reason) => later(() => {
        const end = this.ends.get(link)
        end?.send({ bye: reason })
        end?.end()
      }),
      expect: (whom) => { this.expected.add(whom) },
      forget: (whom) => { this.expected.delete(whom) },
      connect: (host, _, how) => {
        if (how !== 'moved') this.events.push(`${how === 'new' ? 'connect' : 'reconnect'} ${host}`)
      },
      disconnect: (host) => { this.events.push(`disconnect ${host}`) },
      backoff: (whom) => { this.events.push(`backoff ${whom}`) }
    }
  }

  private call(call: Call): void {
    const { world } = this
    world.dials += 1
    world.dialledAt.push(this.now)
    world.clock.after(Math.ceil(world.random() * world.delayMs), () => {
      if (this.gone || this.hungUp.has(call)) return
      const other = world.listeners.get(call.uri)
      // Who is cut off is not even refused: the dial hangs until its deadline.
      if (world.cut.has(this) !== (other !== undefined && world.cut.has(other))) return
      if (other === undefined) return this.run(() => this.dial.failed(call, new Error('nobody'), this.now))
      this.meet(call, other)
    })
  }

  private meet(call: Call, other: Party): void {
    const link = this.dial.dialled(call)
    if (link === null) return
    const wire = new Wire(this.world, this, other)
    wire.left.begin(link)
    const accepted = other.dial.accept(this.host, 0)
    if (typeof accepted !== 'string') return wire.right.begin(accepted)
    wire.right.send({ bye: 'full' })
    wire.right.ended = true
  }
}

/** Who says that it is another host that runs: its choices are later than any, and it has an address of its own to be dialled at. */
export class Spoofer extends Party {
  constructor(...args: ConstructorParameters<typeof Party>) {
    super(...args)
    this.dial.uris = ['m:spoofer']
    ;(this.dial as unknown as { choices: number }).choices = 1e9
  }

  /** Goes, and says in its host's name that it will not come back. */
  leave(): void {
    for (const end of [...this.ends.values()]) {
      end.send({ bye: 'leave' })
      end.end()
    }
    this.gone = true
  }
}
