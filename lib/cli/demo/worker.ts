/**
 * One host of the demo, a process of its own: counts words into its store, and gossips with its neighbours meanwhile.
 *
 * Beside a counter a word, and one of all, the store holds the set of files still to be counted and that of those counted, a register of the
 * longest word for each host, and one for all hosts of the file that was counted last. Started by child.ts, and told by it what to do.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Json } from '../../json.js'
import { createNode, type GossipNode } from '../../node/node.js'
import type { Register } from '../../store/register.js'
import type { PeerView } from '../../core/view.js'
import { Host } from '../host.js'
import { Cables } from './cable.js'
import type { Order, Progress, Report, Told, Traffic } from './orders.js'
import { elementOf, isFind, longer, wordsOf, type Find } from './words.js'

const turnMs = 20
const progressMs = 100

/** Words have no such sign: this counter is none of a word. */
const totalName = 'words/counted'

/** How a worker is started. */
export type WorkerOptions = { name: string; hosts: readonly string[]; expect: readonly string[]; pace: number; port: number; socket: string }

export class Worker {
  private readonly cables = new Cables()
  private readonly node: GossipNode
  private readonly host: Host
  private readonly past = new Map<string, Traffic>()
  private readonly counted = { files: 0, words: 0, done: false }
  private pausing = false
  private held = false
  private counting: Promise<void> = Promise.resolve()
  private readonly ticking: NodeJS.Timeout

  constructor(private readonly options: WorkerOptions) {
    const { name, expect, port } = options
    this.node = createNode({ host: name, expect, listen: `tcp://127.0.0.1:${port}`, transports: { tcp: this.cables } })
    this.host = new Host(this.node)
    this.node.on('listening', (uri) => void this.listening(Number(uri.split(':')[2])))
    this.node.on('error', (error) => { throw error })
    this.tellLinks()
    this.ticking = setInterval(() => this.tellProgress(), progressMs)
    process.on('message', (order: Order) => void this.obey(order))
    // Without its parent a host has nothing to live for.
    process.on('disconnect', () => process.exit(1))
    // A terminal tells the whole group; the parent ends us.
    process.on('SIGINT', () => {})
  }

  private get store(): GossipNode['store'] {
    return this.node.store
  }

  private async listening(port: number): Promise<void> {
    await this.host.open({ socket: this.options.socket, http: null }, null)
    this.tell({ type: 'listening', port })
  }

  private async obey(order: Order): Promise<void> {
    switch (order.type) {
      case 'dial': return this.node.connect(addressOf(order.port))
      case 'count': this.counting = this.count(order.folder, order.files, order.forever); return this.counting
      case 'hold': this.held = order.on; return
      case 'pause': return this.pause()
      case 'cut': return this.cables.cut(addressOf(order.port))
      case 'heal': return this.cables.heal(addressOf(order.port))
      case 'rest': return this.rest()
      case 'report': return this.tell({ type: 'report', report: this.report() })
      case 'close': return this.close()
    }
  }

  /** Counts file by file. */
  private async count(folder: string, paths: readonly string[], forever: boolean): Promise<void> {
    const [todo, files] = [this.store.set('todo'), this.store.set('files')]
    const last = this.store.register('last')
    for (let rounds = forever ? Infinity : 1; rounds > 0; rounds -= 1) {
      for (const path of paths) todo.add(elementOf(folder, path))
      for (const path of paths) {
        if (this.pausing) return
        const file = elementOf(folder, path)
        files.add(file)
        if (await this.countWords(wordsOf(path), file)) last.write(file)
        else files.delete(file)
        todo.delete(file)
        this.counted.files += 1
      }
    }
    this.counted.done = true
    this.tellProgress()
  }

  /** Counts word by word, with a turn for the network every few of them. Says whether there was any. */
  private async countWords(words: readonly string[], file: string): Promise<boolean> {
    const { name, pace } = this.options
    const wordsPerTurn = Math.max(1, Math.round((pace * turnMs) / 1_000))
    const turn = Math.max(turnMs, 1_000 / pace)
    const register = this.longestOf(name)
    const total = this.store.counter(totalName)
    let longest = register.value
    for (const word of words) {
      this.store.counter(word).increment()
      const found = longer(longest, { word, file })
      if (found !== longest) register.write(found)
      longest = found
      total.increment()
      this.counted.words += 1
      if (this.counted.words % wordsPerTurn === 0) await wait(turn)
      while (this.held) await wait(turnMs)
    }
    return words.length > 0
  }

  /** Where a host keeps its longest word: one register for all would hold the latest found, not the longest. */
  private longestOf(host: string): Register<Find> {
    return this.store.register(`longest/${host}`, { check: isFind })
  }

  /** From its answer on nothing is written here, and all that was written is safe with a peer. */
  private async pause(): Promise<void> {
    this.pausing = true
    await this.counting
    this.tell({ type: 'paused', counted: this.counted.files, claimedBy: await this.store.settled({ peers: 1 }) })
  }

  private async rest(): Promise<void> {
    await this.store.settled()
    while (!this.store.coherent || this.lag() > 0) await wait(turnMs)
    this.tellProgress()
    this.tell({ type: 'rested' })
  }

  private lag(): number {
    return Math.max(0, ...this.store.peers().map((peer) => peer.lag))
  }

  private progress(): Progress {
    const peers = this.store.peers().map(({ host, connected, silent, synced, lag, rttMs, changesIn, changesOut, bytesIn, bytesOut }) => {
      return { host, connected, silent, synced, lag, rttMs, changesIn, changesOut, bytesIn, bytesOut }
    })
    return { ...this.counted, lag: this.lag(), coherent: this.store.coherent, total: this.store.counter(totalName).value, peers }
  }

  private report(): Report {
    const { store } = this
    const counters = store.names().filter(({ kind, name }) => kind === 'counter' && name !== totalName)
    const longest = this.options.hosts.flatMap((host): [string, Find][] => {
      const find = this.longestOf(host).value
      return find === undefined ? [] : [[host, find]]
    })
    const links = new Map(this.past)
    for (const peer of store.peers()) if (peer.connected) links.set(peer.host, add(links.get(peer.host), peer))
    return {
      host: this.options.name, coherent: store.coherent, counts: counters.map(({ name }): [string, number] => [name, store.counter(name).value]),
      total: store.counter(totalName).value, files: store.set('files').values(), todo: store.set('todo').values(), longest,
      last: store.register('last', { check: isString }).value, links: [...links.values()]
    }
  }

  private tellLinks(): void {
    const { name } = this.options
    this.store.on('disconnect', (peer, error) => {
      this.past.set(peer.host, add(this.past.get(peer.host), peer))
      this.tell({ type: 'note', text: `${name} lost ${peer.host} (${error?.message ?? 'its connection ended'})` })
    })
    this.store.on('sync', (peer) => this.tell({ type: 'note', text: `${name} is in step with ${peer.host}` }))
    this.store.on('refused', ({ peer, code, count, by }) => {
      this.tell({ type: 'note', text: `${count} changes were refused between ${name} and ${peer.host}: ${code}, by ${by}` })
    })
  }

  private tellProgress(): void {
    this.tell({ type: 'progress', progress: this.progress() })
  }

  private tell(told: Told): void {
    process.send?.(told)
  }

  private async close(): Promise<void> {
    clearInterval(this.ticking)
    await this.host.close()
    process.removeAllListeners('disconnect')
    process.disconnect()
  }
}

function addressOf(port: number): string {
  return `tcp://127.0.0.1:${port}`
}

function isString(value: Json): value is string {
  return typeof value === 'string'
}

/** Adds what went over one connection to what went over those before it. */
function add(sum: Traffic | undefined, peer: PeerView): Traffic {
  return {
    peer: peer.host,
    connections: (sum?.connections ?? 0) + 1,
    bytesIn: (sum?.bytesIn ?? 0) + peer.bytesIn,
    bytesOut: (sum?.bytesOut ?? 0) + peer.bytesOut,
    changesIn: (sum?.changesIn ?? 0) + peer.changesIn,
    changesOut: (sum?.changesOut ?? 0) + peer.changesOut,
    duplicates: (sum?.duplicates ?? 0) + peer.duplicates
  }
}
