/**
 * Five hosts in a ring with two chords, and what befalls them, as verbs.
 */
import { setTimeout as ms } from 'node:timers/promises'
import { type Test } from 'tape'
import { Child } from './child.js'
import { Network, type Layout, type Shaping } from './network.js'
import { type Report, type Start, type State } from './orders.js'
import { type Shape } from './shape.js'
import { changesMax, planOf, type Change } from './work.js'

export const hosts = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'] as const
export type Host = (typeof hosts)[number]

/** Who dials whom. */
const dials: Record<Host, Host[]> = {
  alpha: ['beta', 'gamma'], beta: ['gamma', 'delta'], gamma: ['delta'], delta: ['epsilon'], epsilon: ['alpha']
}

/** The ways of three of them are spoilt. */
export const layout: Layout = new Map<Host, Shape | null>([
  ['alpha', { delayMs: 20, reorderPercent: 25 }],
  ['beta', { delayMs: 200, jitterMs: 20 }],
  ['gamma', null],
  ['delta', null],
  ['epsilon', { lossPercent: 2 }]
])

export const plans: Change[][] = hosts.map((host, i) => planOf(host, i))

const lookMs = 200

/** The neighbours of a host, among these. */
function neighbours(host: Host, among: readonly Host[] = hosts): Host[] {
  return among.filter((other) => dials[host].includes(other) || dials[other].includes(host)).sort()
}

export class Story {
  private readonly children = new Map<Host, Child>()
  private startedAt = Date.now()

  private constructor(private readonly t: Test, private readonly network: Network) {}

  /** Whatever it comes to, nothing of it is left when the test is over. */
  static async begin(t: Test, shaping: Shaping): Promise<Story> {
    const story = new Story(t, await Network.open(layout, shaping))
    t.teardown(() => story.end())
    await Promise.all(hosts.map((host) => story.start(host)))
    return story
  }

  async start(host: Host): Promise<void> {
    const start: Start = {
      host, address: this.network.addressOf(host), expect: neighbours(host), plan: hosts.indexOf(host),
      dials: dials[host].map((other) => this.network.addressOf(other))
    }
    const child = new Child(host, this.network.start(host, 'host', start))
    this.children.set(host, child)
    await child.listening()
  }

  /** Goes through its work, from that change on. */
  write(host: Host, from = 0): void {
    this.child(host).write(from)
  }

  allWrite(): void {
    for (const host of hosts) this.write(host)
  }

  /** Resolves when these have made so many changes of their work. */
  async wrote(among: readonly Host[], changes: number): Promise<void> {
    await Promise.all(among.map((host) => this.child(host).until(`made ${changes} changes`, ({ done }) => done >= changes)))
  }

  /** Resolves when each of these is in step with those of them that it has a link to, and with nobody else. */
  async inStep(among: readonly Host[]): Promise<void> {
    await Promise.all(among.map((host) => {
      const peers = String(neighbours(host, among))
      return this.child(host).until(`was in step with ${peers} alone`, (state) => String(state.peers) === peers)
    }))
  }

  /** From here on nothing passes between these and the others, and nobody is told. */
  split(...away: Host[]): void {
    this.network.split(...away)
    this.startedAt = Date.now()
  }

  /** Resolves when the split is so old. */
  async lasted(splitMs: number): Promise<void> {
    await ms(Math.max(0, this.startedAt + splitMs - Date.now()))
    const done = (await this.states()).map((state) => state.done)
    this.tell(`the hosts have made ${done.join(', ')} of ${changesMax} changes`)
  }

  heal(): void {
    this.network.heal()
    this.startedAt = Date.now()
    this.inStep(hosts).then(() => this.tell('all links are in step again'), () => {})
  }

  /** Says what happened, and how long after the split or its healing that was. */
  tell(what: string): void {
    this.t.comment(`after ${Date.now() - this.startedAt} ms ${what}`)
  }

  /** Ends a host once its share so far has been claimed; says how far that is, and by whom. */
  async killOnceClaimed(host: Host): Promise<{ done: number; claimedBy: string[] }> {
    const { done, claimedBy } = await this.child(host).pause()
    await this.child(host).kill()
    return { done, claimedBy }
  }

  /** Resolves when all have made all changes and hold the same, or with false when that takes too long. */
  async same(deadlineMs: number): Promise<boolean> {
    for (const endAt = Date.now() + deadlineMs; Date.now() < endAt; await ms(lookMs)) {
      const states = await this.states()
      if (states.every(({ done, digest }) => done === changesMax && digest === states[0]?.digest)) return true
    }
    return false
  }

  /** Resolves when all know that it is so: they hear from everyone whom they expect, and each has acknowledged all. */
  async atRest(): Promise<void> {
    await Promise.all(hosts.map((host) => {
      return this.child(host).until('was coherent and owed nothing', ({ coherent, lag }) => coherent && lag === 0)
    }))
  }

  /** What all hold, and, said, what it cost. */
  async reports(): Promise<Report[]> {
    const reports = await Promise.all(hosts.map((host) => this.child(host).report()))
    for (const report of reports) this.t.comment(costOf(report))
    const { frames, lost, held, overtaking } = await this.network.figures() ?? {}
    if (frames !== undefined) this.t.comment(`of ${frames} frames on wires ${lost} were lost, ${held} held back, ${overtaking} overtook those`)
    return reports
  }

  private states(): Promise<State[]> {
    return Promise.all(hosts.map((host) => this.child(host).state()))
  }

  private child(host: Host): Child {
    const child = this.children.get(host)
    if (child === undefined) throw new Error(`${host} was not started.`)
    return child
  }

  private async end(): Promise<void> {
    await Promise.all([...this.children.values()].map((child) => child.kill()))
    await this.network.close()
  }
}

/** What a host's life cost, in words. */
function costOf({ host, traffic, rttMs }: Report): string {
  const { bytesOut, changesIn, duplicates, refused, connections, cpuMs } = traffic
  const trips = Object.entries(rttMs).map(([peer, rtt]) => `${peer} ${rtt} ms`).join(', ')
  return `${host} sent ${bytesOut} bytes, received ${changesIn} changes, ${duplicates} of them again, and refused ${refused}; ` +
    `${connections} connections, ${cpuMs} ms of CPU; last round trips: ${trips}`
}
