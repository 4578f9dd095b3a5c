/**
 * node:net and nothing else: JSON with a newline after each message. In batches it is the practical ceiling of any JSON over TCP.
 */
import type net from 'node:net'
import { dial, listen } from '../loopback.js'
import { Messages, type Message } from '../message.js'
import { drained } from '../sockets.js'
import type { System } from '../system.js'
import { Tally } from '../tally.js'

export class Raw extends Tally implements System {
  private readonly messages: Messages
  private readonly sockets = new Set<net.Socket>()
  private held: string[] = []
  private heldBytes = 0

  constructor(
    host: string,
    /** Bytes that are collected before they are written; 0 for a write for each message. */
    private readonly batchBytes: number,
    private readonly noDelay: boolean
  ) {
    super()
    this.messages = new Messages(host)
  }

  listen(): Promise<number> {
    return listen((socket) => this.join(socket), this.noDelay)
  }

  async connect(port: number): Promise<void> {
    this.join(await dial(port, this.noDelay))
  }

  add(name: string, n: number): void {
    const text = `${JSON.stringify(this.messages.next(name, n))}\n`
    if (this.batchBytes === 0) return this.write(text)
    this.held.push(text)
    this.heldBytes += text.length
    if (this.heldBytes >= this.batchBytes) this.flush()
  }

  flush(): void {
    if (this.held.length === 0) return
    this.write(this.held.join(''))
    this.held = []
    this.heldBytes = 0
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  private write(text: string): void {
    for (const socket of this.sockets) socket.write(text)
  }

  private join(socket: net.Socket): void {
    this.sockets.add(socket)
    this.welcome()
    let rest = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { name, plus } = JSON.parse(line) as Message
        this.take(name, plus)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
  }
}
