/**
 * ws: WebSockets, one JSON text a message, without compression, as it comes.
 */
import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import type { AddressInfo } from 'node:net'
import { Messages, type Message } from '../message.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

class Ws extends Tally implements System {
  private readonly messages: Messages
  private readonly others = new Set<WebSocket>()

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
  }

  async listen(): Promise<number> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket: WebSocket) => this.join(socket))
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  async connect(port: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(socket, 'open')
    this.join(socket)
  }

  add(name: string, n: number): void {
    const text = JSON.stringify(this.messages.next(name, n))
    for (const socket of this.others) socket.send(text)
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  private join(socket: WebSocket): void {
    this.others.add(socket)
    this.welcome()
    socket.on('message', (data: Buffer) => {
      const { name, plus } = JSON.parse(data.toString()) as Message
      this.take(name, plus)
    })
    socket.on('error', () => {})
    socket.on('close', () => this.others.delete(socket))
  }
}

export const make: Make = (host) => Promise.resolve(new Ws(host))
