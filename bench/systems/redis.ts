/**
 * Redis: publish and subscribe through a broker of its own process, one JSON text a message; what is published in one turn is one pipeline,
 * which is awaited, as its docs have it.
 */
import { createClient } from 'redis'
import { startBroker } from '../broker.js'
import { Messages, type Message } from '../message.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

const channel = 'changes'

type Client = ReturnType<typeof createClient>

class Redis extends Tally implements System {
  private readonly messages: Messages
  private client: Client | null = null
  private published: Promise<unknown>[] = []

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
  }

  async listen(): Promise<number> {
    const port = await startBroker('redis-server', (free) => ['--bind', '127.0.0.1', '--port', String(free), '--save', '', '--appendonly', 'no'])
    this.client = await join(port)
    return port
  }

  async connect(port: number): Promise<void> {
    const client = await join(port)
    await client.subscribe(channel, (text) => {
      const { name, plus } = JSON.parse(text) as Message
      this.take(name, plus)
    })
  }

  /** Who connected has subscribed. */
  override joined(): Promise<void> {
    return Promise.resolve()
  }

  add(name: string, n: number): void {
    if (this.client !== null) this.published.push(this.client.publish(channel, JSON.stringify(this.messages.next(name, n))))
  }

  drained(): Promise<unknown> | null {
    return Promise.all(this.published.splice(0))
  }
}

async function join(port: number): Promise<Client> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  client.on('error', () => {})
  await client.connect()
  return client
}

export const make: Make = (host) => Promise.resolve(new Redis(host))
