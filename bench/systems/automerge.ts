/**
 * automerge: a document of its own counters, by its sync protocol; a change for each run of adds.
 */
import type net from 'node:net'
import * as Automerge from '@automerge/automerge'
import { dial, listen } from '../loopback.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally, Values } from '../tally.js'

type Doc = { [name: string]: Automerge.Counter }

class AutomergeHost extends Tally implements System {
  private doc = Automerge.init<Doc>()
  private readonly theirs = new Values()
  private readonly peers = new Map<net.Socket, Automerge.SyncState>()
  private held = new Map<string, number>()

  listen(): Promise<number> {
    return listen((socket) => this.join(socket))
  }

  async connect(port: number): Promise<void> {
    this.join(await dial(port))
  }

  add(name: string, n: number): void {
    this.held.set(name, (this.held.get(name) ?? 0) + n)
  }

  flush(): void {
    this.doc = Automerge.change(this.doc, (doc) => {
      for (const [name, n] of this.held) {
        const counter = doc[name]
        if (counter === undefined) doc[name] = new Automerge.Counter(n)
        else counter.increment(n)
      }
    })
    this.held = new Map()
    this.sync()
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  private sync(): void {
    for (const [socket, state] of this.peers) {
      const [next, message] = Automerge.generateSyncMessage(this.doc, state)
      this.peers.set(socket, next)
      if (message === null) continue
      const head = Buffer.alloc(4)
      head.writeUInt32BE(message.length)
      socket.cork()
      socket.write(head)
      socket.write(message)
      socket.uncork()
    }
  }

  private join(socket: net.Socket): void {
    this.peers.set(socket, Automerge.initSyncState())
    this.welcome()
    socket.on('error', () => {})
    socket.on('close', () => this.peers.delete(socket))
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
        const end = 4 + rest.readUInt32BE(0)
        this.hear(socket, rest.subarray(4, end))
        rest = rest.subarray(end)
      }
    })
    this.sync()
  }

  private hear(socket: net.Socket, message: Uint8Array): void {
    const state = this.peers.get(socket)
    if (state === undefined) return
    const changed = new Set<string>()
    const [doc, next] = Automerge.receiveSyncMessage(this.doc, state, message, {
      patchCallback: (patches) => { for (const { path } of patches) changed.add(String(path[0])) }
    })
    this.doc = doc
    this.peers.set(socket, next)
    for (const name of changed) this.take(name, this.theirs.rise(name, Number(doc[name]?.value ?? 0)))
    this.sync()
  }
}

export const make: Make = () => Promise.resolve(new AutomergeHost())
