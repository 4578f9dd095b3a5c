/**
 * Many more hostile sessions than honest hosts, in virtual time, in the four ways that GossipSub v1.1's evaluation made known (Vyzovitis and
 * others, 2020): what honest hosts write must reach all honest hosts while these are connected among themselves, as fast as without sybils.
 *
 * Sybils speak the protocol well: they answer pings, tell positions and claims, so that nobody parts from them. What differs is what they
 * do with changes. Frames go to them and from them as they are, since bytes are not what is tried here.
 */
import { gossipOf } from '../../lib/sim/checks/check.js'
import { entriesIn } from '../../lib/sim/checks/bounds.js'
import { sessions as fairSessions } from '../../lib/sim/checks.js'
import { Network, pairsOf } from '../../lib/sim/index.js'
import type { SimHost } from '../../lib/sim/index.js'
import type { Source, SourceCallback } from '../../lib/pull.js'
import type { Changes, Frame, Message } from '../../lib/wire/message.js'

/** What sybils do. */
export const behaviours = {
  /** They take all and pass nothing on, and claim that their peers hold all. */
  silent: 'silent',
  /** They pass on one change in ten, late, and claim all. */
  degrading: 'degrading',
  /** They are there before any honest link is, and silent. */
  coldBoot: 'cold boot',
  /** They pass on everything as honest hosts do, until they all fall silent at once, and say what they heard again and again. */
  covertFlash: 'covert flash'
} as const

export type Behaviour = keyof typeof behaviours

export type SiegeOptions = { behaviour: Behaviour | null; hosts: number; sessions: number; seconds?: number; rate?: number; seed?: number }

export type Verdict = {
  /** Pairs of a change and an honest host that it reached, and did not. */
  delivered: number
  missed: number
  /** How long they took, in milliseconds. */
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** At the honest host that has most of it. */
  cells: number
  authors: number
  /** Of all sessions of an honest host together. */
  entries: number
  /** Sessions of sybils that are still open. */
  open: number
  /** What else is wrong. */
  faults: string[]
}

/** An honest link, and one with a sybil, takes so long on an average. */
const latencyMs = 100
/** By so much claims are overstated. */
const beyond = 1_000
const degradedShare = 0.1
const degradedMs = 2_000

/** One session of a sybil with an honest host. */
class Mouth {
  private readonly waiting: Frame[] = []
  private asking: SourceCallback<unknown> | null = null
  private readonly authors = new Map<number, string>()
  private said = 0
  /** Numbers that we gave authors. */
  private readonly numbers = new Map<string, number>()
  over = false

  constructor(
    private readonly siege: Siege,
    readonly sybil: Sybil,
    host: SimHost
  ) {
    const stream = host.store.createStream({ id: sybil.name, expected: false })
    stream.sink(this.source)
    this.hear(stream.source)
    this.say({ v: 1, h: sybil.name, i: '1', x: 'none' })
    this.say({ a: {}, u: 0 })
  }

  /** Says a frame; it is under way for a while, behind what was said before. */
  say(frame: Frame): void {
    this.siege.network.clock.after(latencyMs / 2, () => {
      this.waiting.push(frame)
      this.answer()
    })
  }

  /** Passes changes on. */
  pass(changes: Changes, author: string): void {
    const number = this.numbers.get(author) ?? this.numbers.size + 1
    this.numbers.set(author, number)
    this.said += changes.q.length
    this.say({ ...changes, s: [number, author] })
  }

  /** Claims that the other end holds all that it ever spoke of, and more than there is. */
  claim(vector: ReadonlyMap<string, number>): void {
    this.say({ a: Object.fromEntries([...vector].map(([author, have]) => [author, have + beyond])), u: this.said, y: true })
  }

  private readonly source: Source<unknown> = (abort, cb) => {
    if (abort) {
      this.over = true
      return cb(abort)
    }
    this.asking = cb
    this.answer()
  }

  private answer(): void {
    const { asking } = this
    if (asking === null || this.waiting.length === 0) return
    this.asking = null
    asking(null, this.waiting.shift())
  }

  private hear(read: Source<Frame>): void {
    read(null, (end, frame) => {
      if (end) {
        this.over = true
        return
      }
      for (const message of (Array.isArray(frame) ? frame : [frame]) as Message[]) this.take(message)
      this.siege.network.clock.after(latencyMs / 2, () => this.hear(read))
    })
  }

  private take(message: Message): void {
    if ('t' in message) {
      const [sentAt, echo] = message.t
      if (echo === 0 || sentAt > 0) this.say({ t: [Math.round(this.siege.network.clock.now()) + 1, sentAt, 0] })
    } else if ('a' in message) {
      for (const [key, have] of Object.entries(message.a)) {
        const [number, ...id] = key.split('~')
        if (id.length === 2) this.authors.set(Number(number), id.join('~'))
        this.sybil.note(this.authors.get(Number(number)) ?? '', have)
      }
    } else if ('c' in message) {
      if (Array.isArray(message.s)) this.authors.set(...message.s)
      const author = Array.isArray(message.s) ? message.s[1] : this.authors.get(message.s) ?? ''
      this.sybil.hear(message, author, this)
    }
  }
}

/** One who has sessions with many honest hosts. */
class Sybil {
  readonly mouths: Mouth[] = []
  /** How far authors are, as honest hosts say. */
  private readonly vector = new Map<string, number>()
  private readonly passed = new Set<string>()
  private readonly tape: [Changes, string][] = []

  constructor(
    private readonly siege: Siege,
    readonly name: string
  ) {}

  note(author: string, have: number): void {
    if (author !== '') this.vector.set(author, Math.max(have, this.vector.get(author) ?? 0))
  }

  hear(changes: Changes, author: string, by: Mouth): void {
    const { siege } = this
    this.note(author, changes.q.reduce((sum, step) => sum + step, 0))
    const id = `${author} ${changes.q[0] ?? 0}`
    if (!siege.passing || this.passed.has(id)) return
    this.passed.add(id)
    const relay = (): void => {
      for (const mouth of this.mouths) if (mouth !== by && !mouth.over) mouth.pass(changes, author)
    }
    if (siege.covert) {
      this.tape.push([changes, author])
      relay()
    } else if (siege.network.chance.odds(degradedShare)) {
      siege.network.clock.after(degradedMs, relay)
    }
  }

  /** What it does every second. */
  act(): void {
    const { siege } = this
    if (siege.covert && siege.passing) return
    for (const mouth of this.mouths) {
      if (mouth.over) continue
      mouth.claim(this.vector)
      if (siege.covert && this.tape.length > 0) mouth.pass(...siege.network.chance.pick(this.tape))
    }
  }
}

class Siege {
  readonly network: Network
  /** Whether sybils pass changes on. */
  passing: boolean
  readonly covert: boolean
  private readonly sybils: Sybil[] = []
  private readonly writtenAt = new Map<string, number>()
  private readonly arrivals = new Map<string, number[]>()

  constructor(private readonly options: SiegeOptions) {
    const { behaviour, hosts, seed = 1 } = options
    this.network = new Network({ seed, hosts: { limits: { peersMax: 10_000 } }, links: { latencyMs: { mean: latencyMs }, streams: [{ expected: true }, { expected: true }] } })
    this.covert = behaviour === 'covertFlash'
    this.passing = this.covert || behaviour === 'degrading'
    this.network.watch({
      change: (_, { name }, from) => {
        const now = this.network.clock.now()
        if (from === null) this.writtenAt.set(name, now)
        else this.arrivals.set(name, [...this.arrivals.get(name) ?? [], now])
      }
    })
    for (let i = 0; i < hosts; i += 1) this.network.add(`h${i}`)
  }

  run(): Verdict {
    const { behaviour, seconds = 10, hosts, rate = 10 } = this.options
    const { network } = this
    const fair = fairSessions(network)
    if (behaviour === 'coldBoot') {
      this.connect()
      network.run(5_000)
      this.link()
    } else {
      this.link()
      if (behaviour !== null) this.connect()
    }
    network.run(5_000)
    for (const end = network.clock.now() + seconds * 1_000, half = end - seconds * 500; network.clock.now() < end;) {
      if (network.clock.now() >= half && this.covert) this.passing = false
      const { store } = network.chance.pick(network.hosts)
      store.counter(`n${this.writtenAt.size}`).increment()
      network.run(network.chance.span(1_000 / rate))
    }
    network.run(20_000)
    return this.verdict(hosts, fair.faults())
  }

  /** Links of honest hosts. */
  private link(): void {
    for (const [a, b] of pairsOf('random:8', this.options.hosts, this.network.chance)) this.network.link(`h${a}`, `h${b}`)
  }

  /** Each sybil has a session with a tenth of all honest hosts; all honest hosts have as many. */
  private connect(): void {
    const { hosts, sessions } = this.options
    const each = Math.max(2, Math.floor(hosts / 10))
    let place = 0
    for (let left = sessions; left > 0; left -= each) {
      const sybil = new Sybil(this, `sybil ${this.sybils.length}`)
      this.sybils.push(sybil)
      for (let i = 0; i < Math.min(each, left); i += 1, place += 1) {
        sybil.mouths.push(new Mouth(this, sybil, this.network.hosts[(place * 7) % hosts] as SimHost))
      }
      const act = (): void => {
        sybil.act()
        this.network.clock.after(1_000, act)
      }
      this.network.clock.after(this.network.chance.span(1_000), act)
    }
  }

  private verdict(hosts: number, faults: string[]): Verdict {
    const { network, writtenAt, arrivals } = this
    const times = [...writtenAt].flatMap(([name, at]) => (arrivals.get(name) ?? []).map((then) => then - at)).sort((a, b) => a - b)
    const at = (share: number): number => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)
    const most = (of: (host: SimHost) => number): number => Math.max(...network.hosts.map(of))
    const delivered = network.hosts.reduce((sum, { store }) => sum + [...writtenAt.keys()].filter((name) => store.counter(name).value === 1).length, 0) - writtenAt.size
    return {
      delivered, missed: writtenAt.size * (hosts - 1) - delivered, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1),
      cells: most(({ store }) => store.statistics().cells), authors: most(({ store }) => store.statistics().authors),
      entries: most(({ store }) => [...gossipOf(store).sessions].reduce((sum, session) => sum + entriesIn(session), 0)),
      open: this.sybils.reduce((sum, { mouths }) => sum + mouths.filter(({ over }) => !over).length, 0), faults
    }
  }
}

/** Besieges a network; with no behaviour nobody does. */
export function siegeOf(options: SiegeOptions): Verdict {
  return new Siege(options).run()
}
