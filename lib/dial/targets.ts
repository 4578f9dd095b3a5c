/**
 * All hosts and addresses that a node keeps: who is known to be where.
 */
import type { Limits } from '../limits.js'
import { Backoff } from './backoff.js'
import { Target } from './target.js'

/** Who is told whom `coherent` waits for. */
export interface Waiting {
  /** `coherent` waits for a host, or for whoever is met at an address; or no longer. */
  expect(whom: string): void
  forget(whom: string): void
}

export class Targets {
  private readonly all = new Set<Target>()
  private readonly byHost = new Map<string, Target>()

  constructor(
    private readonly limits: Limits,
    private readonly random: () => number,
    private readonly waiting: Waiting
  ) {}

  get size(): number {
    return this.all.size
  }

  values(): Iterable<Target> {
    return this.all
  }

  hosts(): Iterable<string> {
    return this.byHost.keys()
  }

  of(host: string): Target | undefined {
    return this.byHost.get(host)
  }

  /** The target that has one of these addresses. */
  at(uris: readonly string[]): Target | undefined {
    return [...this.all].find(({ addresses }) => addresses.some((uri) => uris.includes(uri)))
  }

  /** The host of that name, or the address where nobody was met yet. */
  called(whom: string): Target | undefined {
    return this.byHost.get(whom) ?? [...this.all].find(({ host, uris }) => host === null && uris.has(whom))
  }

  add(host: string | null, uris: readonly string[], now: number): Target {
    const target = new Target(host, uris, new Backoff(this.limits, this.random), now)
    this.all.add(target)
    if (host !== null) this.byHost.set(host, target)
    this.waiting.expect(target.name)
    return target
  }

  delete(target: Target): void {
    this.all.delete(target)
    if (target.host !== null) this.byHost.delete(target.host)
    this.waiting.forget(target.name)
  }

  /** An address led to a host: now it is known who is there. False if somebody else is there than was. */
  meet(target: Target, uri: string, host: string, now: number): boolean {
    if (target.host === host) return true
    if (target.host !== null) {
      this.move(target, uri, host, now)
      return false
    }
    const { name } = target
    const known = this.byHost.get(host)
    if (known !== undefined) {
      for (const one of target.uris) known.uris.add(one)
      this.all.delete(target)
    } else {
      target.host = host
      this.byHost.set(host, target)
      this.waiting.expect(host)
    }
    this.waiting.forget(name)
    return true
  }

  /** An address turned out to be our own; it has others. */
  shun(target: Target, uri: string): void {
    const { name } = target
    target.forget(uri)
    if (target.name === name) return
    this.waiting.expect(target.name)
    this.waiting.forget(name)
  }

  /** The user keeps whoever is at an address: it is no longer the one's, but the other's. */
  private move(from: Target, uri: string, host: string, now: number): void {
    if (!from.forget(uri)) return
    const to = this.byHost.get(host)
    if (to === undefined) this.add(host, [uri], now)
    else to.uris.add(uri)
  }
}
