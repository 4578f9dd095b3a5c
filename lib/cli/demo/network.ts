/**
 * The demo's network: five hosts in processes of their own, a ring of cables with a chord. Each cable is dialled by its first end.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.js'

export const names = ['α', 'β', 'γ', 'δ', 'ε'] as const
export type Name = (typeof names)[number]

/** The cables. No host is further from another than two of them. */
export const cables: readonly (readonly [Name, Name])[] = [['α', 'β'], ['β', 'γ'], ['γ', 'δ'], ['δ', 'ε'], ['ε', 'α'], ['β', 'ε']]

export type NetworkOptions = {
  /** Words a second that each host counts. */
  pace: number
  onNote: (text: string) => void
  /** A host ended unasked. */
  onLoss: (name: Name, error: Error) => void
}

export class Network {
  private readonly children = new Map<Name, Child>()
  private readonly ports = new Map<Name, number>()
  private readonly down = new Set<string>()
  private readonly folder = mkdtempSync(join(tmpdir(), 'pull-gossip-demo-'))
  private over = false

  constructor(private readonly options: NetworkOptions) {}

  /** A host that runs, if it does. */
  child(name: Name): Child | undefined {
    return this.children.get(name)
  }

  get running(): Child[] {
    return names.flatMap((name) => this.children.get(name) ?? [])
  }

  /** The Unix socket of a host. */
  socket(name: Name): string {
    return join(this.folder, `${names.indexOf(name)}.sock`)
  }

  /** Starts all hosts, and lays the cables. */
  async open(): Promise<void> {
    await Promise.all(names.map((name) => this.start(name)))
    for (const name of names) this.plug(name)
  }

  /** Starts a host: without memory, and where it was before. */
  async start(name: Name): Promise<Child> {
    if (this.over) throw new Error('no host is started any more.')
    const { pace, onNote, onLoss } = this.options
    const expect = cables.flatMap(([a, b]) => (a === name ? [b] : b === name ? [a] : []))
    const options = { name, hosts: names, expect, pace, port: this.ports.get(name) ?? 0, socket: this.socket(name) }
    const lost = (error: Error): void => {
      this.children.delete(name)
      onLoss(name, error)
    }
    const child = await Child.start(options, { onNote, onLoss: lost }, (child) => this.children.set(name, child))
    this.ports.set(name, child.port)
    onNote(`${name} is process ${child.pid} and listens on port ${child.port}`)
    return child
  }

  /** Dials what a host has to dial. Those that have to dial it do so by themselves. */
  plug(name: Name): void {
    for (const [a, b] of cables) {
      if (a !== name) continue
      if (this.isCut(a, b)) this.children.get(a)?.cut(this.port(b))
      this.children.get(a)?.dial(this.port(b))
    }
  }

  isCut(a: Name, b: Name): boolean {
    return this.down.has(a + b)
  }

  cut(a: Name, b: Name): void {
    this.down.add(a + b)
    this.children.get(a)?.cut(this.port(b))
  }

  heal(a: Name, b: Name): void {
    this.down.delete(a + b)
    this.children.get(a)?.heal(this.port(b))
  }

  async kill(name: Name): Promise<void> {
    const child = this.children.get(name)
    this.children.delete(name)
    await child?.kill()
  }

  /** Resolves when all hosts hold what all others do, given that nobody writes: each round brings all that there is a cable further. */
  async rest(): Promise<void> {
    for (let round = 1; round < names.length; round += 1) await Promise.all(this.running.map((child) => child.rest()))
  }

  /** Lets all hosts say good-bye. */
  async close(): Promise<void> {
    const { running } = this
    this.children.clear()
    await Promise.all(running.map((child) => child.close()))
  }

  /** Ends all that still runs, and clears up. */
  async end(): Promise<void> {
    this.over = true
    await Promise.all(this.running.map((child) => child.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  private port(name: Name): number {
    return this.ports.get(name) ?? 0
  }
}
