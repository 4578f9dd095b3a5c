/**
 * axon, over which blue-rings ran: a push socket to a pull socket. It heeds no back-pressure by itself; the writer here does, so that it
 * is measured and not its queue.
 */
import axon from 'axon'
import { Messages, type Message } from '../message.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

class Axon extends Tally implements System {
  private readonly messages: Messages
  private readonly out = axon.socket('push')

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
    this.out.on('connect', () => this.welcome())
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.out.bind(0, '127.0.0.1', () => resolve(this.out.server.address().port))
    })
  }

  connect(port: number): Promise<void> {
    const socket = axon.socket('pull')
    socket.on('message', ({ name, plus }: Message) => this.take(name, plus))
    return new Promise((resolve) => {
      socket.connect(port, '127.0.0.1', () => resolve())
    })
  }

  add(name: string, n: number): void {
    this.out.send(this.messages.next(name, n))
  }

  drained(): Promise<unknown> | null {
    return drained()
  }
}

export const make: Make = (host) => Promise.resolve(new Axon(host))
