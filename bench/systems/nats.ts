/**
 * NATS: a broker of its own process between the two hosts, one JSON text a message. The writer waits for a round trip after each turn, as
 * its docs have it for who publishes much.
 */
import { connect, type NatsConnection } from 'nats'
import { startBroker } from '../broker.js'
import { Messages, type Message } from '../message.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

const subject = 'changes'

class Nats extends Tally implements System {
  private readonly messages: Messages
  private connection: NatsConnection | null = null

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
  }

  async listen(): Promise<number> {
    const port = await startBroker('nats-server', (free) => ['--addr', '127.0.0.1', '--port', String(free)])
    this.connection = await connect({ servers: `127.0.0.1:${port}` })
    return port
  }

  async connect(port: number): Promise<void> {
    const connection = await connect({ servers: `127.0.0.1:${port}` })
    connection.subscribe(subject, {
      callback: (_, message) => {
        const { name, plus } = JSON.parse(message.string()) as Message
        this.take(name, plus)
      }
    })
    await connection.flush()
  }

  /** Who connected has subscribed. */
  override joined(): Promise<void> {
    return Promise.resolve()
  }

  add(name: string, n: number): void {
    this.connection?.publish(subject, JSON.stringify(this.messages.next(name, n)))
  }

  drained(): Promise<unknown> | null {
    return this.connection?.flush() ?? null
  }
}

export const make: Make = (host) => Promise.resolve(new Nats(host))
