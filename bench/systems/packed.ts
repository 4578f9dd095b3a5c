/**
 * node:net with a binary codec: arrays of messages of some 64 KiB, each behind its length. The codecs as their own docs recommend for it.
 */
import type net from 'node:net'
import { Encoder } from 'cbor-x'
import { Packr } from 'msgpackr'
import { dial, listen } from '../loopback.js'
import { Messages, type Message } from '../message.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

type Codec = { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown }

/** Messages in one array: some 64 KiB of them. */
const batch = 600

class Packed extends Tally implements System {
  private readonly messages: Messages
  private readonly sockets = new Set<net.Socket>()
  private held: Message[] = []

  constructor(host: string, private readonly codec: Codec) {
    super()
    this.messages = new Messages(host)
  }

  listen(): Promise<number> {
    return listen((socket) => this.join(socket))
  }

  async connect(port: number): Promise<void> {
    this.join(await dial(port))
  }

  add(name: string, n: number): void {
    this.held.push(this.messages.next(name, n))
    if (this.held.length >= batch) this.flush()
  }

  flush(): void {
    if (this.held.length === 0) return
    const body = this.codec.encode(this.held)
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    for (const socket of this.sockets) {
      socket.cork()
      socket.write(head)
      // The codec's own buffer is used again for the next.
      socket.write(Buffer.from(body))
      socket.uncork()
    }
    this.held = []
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  private join(socket: net.Socket): void {
    this.sockets.add(socket)
    this.welcome()
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
        const end = 4 + rest.readUInt32BE(0)
        for (const { name, plus } of this.codec.decode(rest.subarray(4, end)) as Message[]) this.take(name, plus)
        rest = rest.subarray(end)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
  }
}

export const msgpackr: Make = (host) => Promise.resolve(new Packed(host, new Packr()))
export const cborX: Make = (host) => Promise.resolve(new Packed(host, new Encoder()))
