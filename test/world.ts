/**
 * Hosts, links and a clock for tests of sessions as machines: no IO, no timers, no chance.
 *
 * A link moves frames between two sessions and takes each through JSON on the way, as a wire would. `run` lets virtual time pass
 * and moves everything that has something to say; a session that promises a word and then has none is told as an error.
 */
import { Coherence, type Doubt } from '../lib/gossip/coherence.js'
import { Gossip, type Observer } from '../lib/gossip/gossip.js'
import { openDoor } from '../lib/gossip/door.js'
import type { Lock } from '../lib/gossip/handshake.js'
import { Session, type SessionOptions } from '../lib/gossip/session.js'
import { CounterKind } from '../lib/kinds/counter.js'
import { bigint, integer } from '../lib/kinds/numbers.js'
import { isGossipError } from '../lib/errors.js'
import { withLimits, type Limits } from '../lib/limits.js'
import type { Frame } from '../lib/wire/message.js'

export const counter = new CounterKind(integer)
export const big = new CounterKind(bigint)

/** One frame on its way. */
export type Sent = { from: string; text: string }

type Told =
  | { what: 'change' | 'connect' | 'sync' | 'acknowledge' }
  | { what: 'disconnect'; error: Error | null }
  | { what: 'refused'; code: string; count: number; by: 'us' | 'peer' }
  | { what: 'impostor'; author: string; seq: number }

export type HostOptions = { life?: string; net?: string; lock?: Lock; limits?: Partial<Limits> }

const plain: SessionOptions = { id: null, host: null, expected: true, send: true, receive: true, delayMs: 0 }

/** A replica, and what its observer was told. */
export class Host {
  readonly gossip: Gossip
  readonly told: Told[] = []
  private readonly coherence = new Coherence()
  private late: (() => void)[] = []

  constructor(readonly name: string, world: World, { life = '1', net, lock, limits }: HostOptions) {
    const observer: Observer = {
      change: () => this.told.push({ what: 'change' }),
      connect: (session) => {
        this.told.push({ what: 'connect' })
        if (session.options.expected && session.peer !== null) this.coherence.expect(session.peer.host)
      },
      sync: () => this.told.push({ what: 'sync' }),
      expire: () => {},
      disconnect: (_, error) => this.told.push({ what: 'disconnect', error }),
      refused: (_, code, count, by) => this.told.push({ what: 'refused', code, count, by }),
      impostor: (_, author, seq) => this.told.push({ what: 'impostor', author, seq }),
      acknowledge: () => {},
      differ: () => {},
      fault: (error) => { throw error },
      review: () => this.coherence.review(this.gossip.sessions, world.now)
    }
    this.gossip = new Gossip({
      host: name, life, net: net ?? null, door: { ...openDoor, lock: lock ?? null }, limits: withLimits(limits), kinds: [counter, big], observer,
      clock: () => world.now, hashKey: [0, 0], soon: (wake) => this.late.push(wake)
    })
  }

  /** Does what was put off. */
  turn(): void {
    const { late } = this
    this.late = []
    for (const wake of late) wake()
  }

  /** Counts `n` up in one of its counters. */
  add(name: string, n = 1): void {
    const old = this.gossip.log.find('counter', name)?.find(this.gossip.own, '')
    this.gossip.write(counter, name, '', null, counter.keep((old === undefined ? 0 : counter.plusOf(old.body)) + n, 0))
  }

  /** What a counter comes to here. */
  read(name: string): number {
    const cells = [...(this.gossip.log.find('counter', name)?.cells() ?? [])]
    return cells.reduce((sum, { body }) => sum + counter.differenceOf(body), 0)
  }

  /** How far what is held of an author reaches without a gap, 0 if it is not known. */
  have(id: string): number {
    return this.gossip.log.author(id)?.held.have ?? 0
  }

  doubts(): Doubt[] {
    return this.coherence.list()
  }

  /** The codes that were refused, with who refused them. */
  get refused(): [code: string, count: number, by: 'us' | 'peer'][] {
    return this.told.flatMap((told) => (told.what === 'refused' ? [[told.code, told.count, told.by]] : []))
  }

  /** With what each session ended: a code, or `null`. */
  get ends(): (string | null)[] {
    return this.told.flatMap((told) => (told.what === 'disconnect' ? [codeOf(told.error)] : []))
  }
}

/** Two sessions and what passed between them. */
export class Link {
  readonly sent: Sent[] = []
  /** Whether frames are moved by `run`, in both directions, or by `pass` alone. */
  free = true

  constructor(private readonly world: World, readonly left: Session, readonly right: Session) {}

  /** Moves the next frame of one end; says whether there was any. */
  pass(from: Session): Frame | null {
    const frame = from.pull(this.world.now)
    const to = from === this.left ? this.right : this.left
    if (frame === 'ended') to.end(null)
    if (frame === null || frame === 'ended') return null
    const text = JSON.stringify(frame)
    this.sent.push({ from: from.gossip.own.host, text })
    to.receive(JSON.parse(text) as unknown, this.world.now)
    return frame
  }

  /** The connection breaks. */
  cut(): void {
    this.left.end(null)
    this.right.end(null)
    this.world.run()
  }

  /** The messages of one host, or of both, parsed. */
  messages(from?: Host): Record<string, unknown>[] {
    return this.sent.filter((one) => from === undefined || one.from === from.name).flatMap(({ text }) => flat(JSON.parse(text)))
  }

  /** How many changes a host sent. */
  changes(from?: Host): number {
    return countChanges(this.messages(from))
  }
}

/** A session whose other end is the test. */
export class Probe {
  constructor(private readonly world: World, readonly session: Session) {}

  /** Says one frame after the other. */
  say(...frames: unknown[]): this {
    for (const frame of frames) this.session.receive(JSON.parse(JSON.stringify(frame)), this.world.now)
    return this
  }

  /** All messages that the session has to say now. */
  hear(): Record<string, unknown>[] {
    const heard: Record<string, unknown>[] = []
    for (;;) {
      this.world.turn()
      const frame = this.session.pull(this.world.now)
      if (frame === null || frame === 'ended') return heard
      heard.push(...flat(JSON.parse(JSON.stringify(frame))))
    }
  }
}

export class World {
  now = 1_700_000_000_000
  private readonly hosts: Host[] = []
  private links: Link[] = []

  host(name: string, options: HostOptions = {}): Host {
    const host = new Host(name, this, options)
    this.hosts.push(host)
    return host
  }

  session(host: Host, options: Partial<SessionOptions> = {}): Session {
    return new Session(host.gossip, { ...plain, ...options }, this.now)
  }

  link(left: Host, right: Host, leftOptions: Partial<SessionOptions> = {}, rightOptions: Partial<SessionOptions> = {}): Link {
    const link = new Link(this, this.session(left, leftOptions), this.session(right, rightOptions))
    this.links.push(link)
    return link
  }

  probe(host: Host, options: Partial<SessionOptions> = {}): Probe {
    return new Probe(this, this.session(host, options))
  }

  turn(): void {
    for (const host of this.hosts) host.turn()
  }

  /** Lets time pass, and everything be said that is to be said meanwhile. */
  run(ms = 0): this {
    const until = this.now + ms
    for (;;) {
      this.settle()
      const at = Math.min(...this.ends().map((end) => Math.min(end.deadlineAt, end.wordAt)))
      if (at > until) break
      if (at <= this.now) throw new Error('a session promised a word and had none')
      this.now = at
      for (const end of this.ends()) end.tick(this.now)
    }
    this.now = until
    return this
  }

  private ends(): Session[] {
    return this.links.filter(({ free }) => free).flatMap(({ left, right }) => [left, right])
  }

  private settle(): void {
    let busy = true
    while (busy) {
      busy = false
      this.turn()
      for (const link of this.links) {
        if (!link.free) continue
        for (const end of [link.left, link.right]) if (link.pass(end) !== null) busy = true
      }
      this.turn()
    }
    this.links = this.links.filter(({ left, right }) => left.state !== 'closed' || right.state !== 'closed')
  }
}

/** The hello of a peer that is made up. Its digest is like none, unless it is told. */
export function hello(h: string, x = 'other', more: object = {}): object {
  return { v: 1, h, i: '1', x, ...more }
}

/** Changes of a peer that is made up: the seqs themselves, not their differences. */
export function made(s: unknown, seqs: number[], names: string[], bodies: unknown[] = seqs.map(() => [1, 0]), k = 'counter'): object {
  return { s, k, q: seqs.map((seq, i) => seq - (seqs[i - 1] ?? 0)), n: names, c: bodies }
}

/** Two hosts in step, and the link between them. */
export function together(world: World): { a: Host; b: Host; link: Link } {
  const [a, b] = [world.host('a'), world.host('b')]
  const link = world.link(a, b)
  world.run(100)
  return { a, b, link }
}

/** A host `b` under some limits, and a made-up peer `a` of its that said hello. */
export function met(limits: Partial<Limits> = {}): { world: World; b: Host; probe: Probe } {
  const world = new World()
  const b = world.host('b', { limits })
  const probe = world.probe(b).say(hello('a'))
  probe.hear()
  return { world, b, probe }
}

/** One change of that peer's own. */
export function one(seq: number, name: string, body: unknown = [1, 0], more: object = {}): object {
  return { ...made([1, 'a~1'], [seq], [name], [body]), ...more }
}

/** The digest of a host that holds nothing. */
export const nothing = '47DEQpj8HBSa+/TImW+5JC'

/** The code of an error of ours, null for none, else what it says. */
export function codeOf(error: unknown): string | null {
  return error === null ? null : isGossipError(error) ? error.code : String(error)
}

export function countChanges(messages: Record<string, unknown>[]): number {
  return messages.reduce((sum, { q }) => sum + (Array.isArray(q) ? q.length : 0), 0)
}

/** What was thrown, by code; `null` if nothing was. */
export function thrown(run: () => unknown): string | null {
  try {
    run()
    return null
  } catch (error) {
    return codeOf(error)
  }
}

function flat(frame: unknown): Record<string, unknown>[] {
  return (Array.isArray(frame) ? frame : [frame]) as Record<string, unknown>[]
}
