/**
 * masterless: a node that is neither client nor server. Its queues have no bound; the writer here heeds the socket's.
 *
 * A connection that nobody named to be kept is dropped at once; and on Node 20 the heartbeat of an end that never sent anything throws.
 * So both ends keep each other, and greet.
 */
import { once } from 'node:events'
import Server from 'masterless'
import { Messages, type Message } from '../message.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

class Masterless extends Tally implements System {
  private readonly messages: Messages
  private readonly node: Server
  private readonly listening: Promise<unknown>
  private readonly others: string[] = []

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
    this.node = new Server(host)
    this.listening = once(this.node, 'listening')
    for (const id of ['alpha', 'beta']) if (id !== host) this.node.keep(id)
    this.node.on('connect', (id: string) => {
      this.others.push(id)
      this.node.send(id, { name: '', plus: 0 })
      this.welcome()
    })
    this.node.on('message', (_sender: string, { name, plus }: Message) => { if (plus > 0) this.take(name, plus) })
  }

  async listen(): Promise<number> {
    await this.listening
    return Number(this.node.info().split(':').at(-1))
  }

  async connect(port: number): Promise<void> {
    await this.listening
    const connected = once(this.node, 'connect')
    this.node.connect(`tcp://127.0.0.1:${port}`)
    await connected
  }

  add(name: string, n: number): void {
    const message = this.messages.next(name, n)
    for (const id of this.others) this.node.send(id, message)
  }

  drained(): Promise<unknown> | null {
    return drained()
  }
}

export const make: Make = (host) => Promise.resolve(new Masterless(host))
