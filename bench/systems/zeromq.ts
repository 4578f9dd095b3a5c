/**
 * zeromq: a push socket to a pull socket, one JSON text a message. `send` is awaited, as its docs say; its own high water mark holds the
 * writer back.
 */
import { Pull, Push } from 'zeromq'
import { Messages, type Message } from '../message.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

class Zeromq extends Tally implements System {
  private readonly messages: Messages
  private readonly out = new Push()
  private sending: Promise<void> | null = null
  private readonly queue: string[] = []

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
  }

  async listen(): Promise<number> {
    await this.out.bind('tcp://127.0.0.1:*')
    return Number(this.out.lastEndpoint?.split(':').at(-1))
  }

  connect(port: number): Promise<void> {
    const socket = new Pull()
    socket.connect(`tcp://127.0.0.1:${port}`)
    void (async () => {
      for await (const [text] of socket) {
        const { name, plus } = JSON.parse(String(text)) as Message
        this.take(name, plus)
      }
    })()
    return Promise.resolve()
  }

  /** A push socket waits for its peers by itself. */
  override joined(): Promise<void> {
    return Promise.resolve()
  }

  add(name: string, n: number): void {
    this.queue.push(JSON.stringify(this.messages.next(name, n)))
  }

  flush(): void {
    this.sending ??= this.send()
  }

  drained(): Promise<unknown> | null {
    return this.sending
  }

  private async send(): Promise<void> {
    for (const text of this.queue) await this.out.send(text)
    this.queue.length = 0
    this.sending = null
  }
}

export const make: Make = (host) => Promise.resolve(new Zeromq(host))
