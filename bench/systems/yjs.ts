/**
 * yjs: one Y.Map of the totals of each host and name; its own updates, 200 adds to a transaction, each behind its length.
 */
import type net from 'node:net'
import * as Y from 'yjs'
import { dial, listen } from '../loopback.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally, Values } from '../tally.js'

const transaction = 200

/** What is sent: where one is, or what the other lacks. */
const [vector, update] = [0, 1]

class Yjs extends Tally implements System {
  private readonly doc = new Y.Doc()
  private readonly totals = this.doc.getMap<number>('totals')
  private readonly own = new Values()
  private readonly theirs = new Values()
  private readonly sockets = new Set<net.Socket>()
  private held: [name: string, n: number][] = []

  constructor() {
    super()
    this.totals.observe((event, { local }) => {
      if (local) return
      for (const name of event.keysChanged) if (name !== null) this.take(name, this.theirs.rise(name, this.totals.get(name) ?? 0))
    })
    this.doc.on('update', (bytes: Uint8Array, from: unknown) => {
      for (const socket of this.sockets) if (socket !== from) send(socket, update, bytes)
    })
  }

  listen(): Promise<number> {
    return listen((socket) => { void this.join(socket) })
  }

  async connect(port: number): Promise<void> {
    await this.join(await dial(port))
  }

  add(name: string, n: number): void {
    this.held.push([name, n])
    if (this.held.length >= transaction) this.flush()
  }

  flush(): void {
    this.doc.transact(() => {
      for (const [name, n] of this.held) this.totals.set(name, this.own.add(name, n))
    })
    this.held = []
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  /** Both say where they are and answer with what the other lacks; resolves once that came. */
  private join(socket: net.Socket): Promise<void> {
    this.sockets.add(socket)
    this.welcome()
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    send(socket, vector, Y.encodeStateVector(this.doc))
    return new Promise((resolve) => {
      let rest: Buffer = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
        while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
          const end = 5 + rest.readUInt32BE(1)
          const body = rest.subarray(5, end)
          if (rest[0] === vector) send(socket, update, Y.encodeStateAsUpdate(this.doc, body))
          else {
            Y.applyUpdate(this.doc, body, socket)
            resolve()
          }
          rest = rest.subarray(end)
        }
      })
    })
  }
}

function send(socket: net.Socket, what: number, bytes: Uint8Array): void {
  const head = Buffer.alloc(5)
  head.writeUInt8(what)
  head.writeUInt32BE(bytes.length, 1)
  socket.cork()
  socket.write(head)
  socket.write(bytes)
  socket.uncork()
}

export const make: Make = () => Promise.resolve(new Yjs())
