/**
 * pull-gossip as its users get it: the compiled package, its own codec, its own TCP.
 *
 * The sum is read from the counters; nothing is asked of the store while changes come in but how many cells it holds.
 */
import type * as Main from '../../index.js'
import type * as Codec from '../../lib/wire/codec.js'
import type * as Tcp from '../../lib/transport/tcp.js'
import { nowNs, type System } from '../system.js'

const dist = new URL('../../dist/esm/', import.meta.url)
const main = (await import(new URL('index.js', dist).href)) as typeof Main
export const { createStore } = main
export const { doubleline } = (await import(new URL('lib/wire/codec.js', dist).href)) as typeof Codec
const tcp = (await import(new URL('lib/transport/tcp.js', dist).href)) as typeof Tcp

/** How often what is held is looked at. */
const lookMs = 5

/** Names are summed only so long after all are held: going through them would hold up the word that they are, for which the writer waits. */
const restMs = 250

export class Ours implements System {
  readonly store: Main.Store
  onHeld: (() => void) | null = null
  private added = 0

  constructor(readonly host: string) {
    this.store = main.createStore({ host })
  }

  /** Only who listens has changes told one by one. */
  set onNews(tell: (name: string) => void) {
    this.store.on('change', ({ name }, from) => { if (from !== null) tell(name) })
  }

  listen(): Promise<number> {
    const server = tcp.createServer((connection) => this.join(connection))
    return new Promise((resolve, reject) => {
      server.listen(0, '127.0.0.1', (error) => (error === null ? resolve(server.address()?.port ?? 0) : reject(error)))
    })
  }

  connect(port: number): Promise<void> {
    return new Promise((resolve) => {
      this.store.once('sync', () => resolve())
      this.join(tcp.connect(port, '127.0.0.1'))
    })
  }

  /** Who writes before anybody is there loses nothing. */
  joined(): Promise<void> {
    return Promise.resolve()
  }

  add(name: string, n: number): void {
    this.added += n
    this.store.counter(name).increment(n)
  }

  /** A store owns no queue: there is nothing to wait for but its turn. */
  drained(): null {
    return null
  }

  async reach(sum: number, names: number): Promise<number> {
    let at = await this.look(() => this.store.statistics().cells >= names)
    this.onHeld?.()
    await new Promise((resolve) => setTimeout(resolve, restMs))
    if (this.sum() !== sum) at = await this.look(() => this.sum() === sum)
    return at
  }

  settled(): Promise<unknown> {
    return this.store.settled()
  }

  received(): number {
    return this.store.statistics().recvChanges
  }

  /** Resolves, with the moment, when something is so. */
  private async look(isSo: () => boolean): Promise<number> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, lookMs))
    return nowNs()
  }

  /** What all counters come to, but for what was added here. */
  private sum(): number {
    let sum = -this.added
    for (const { name } of this.store.names()) sum += this.store.counter(name).value
    return sum
  }

  private join(connection: Tcp.Connection): void {
    const stream = this.store.createStream()
    connection.sink(doubleline.stringify()(stream.source))
    stream.sink(doubleline.parse()(connection.source))
  }
}

export const make = (host: string): Promise<System> => Promise.resolve(new Ours(host))
