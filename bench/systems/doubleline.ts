/**
 * pull-stream, stream-to-pull-stream and pull-json-doubleline: what a pull-stream user pipes today, one object a message.
 */
import type net from 'node:net'
import json from 'pull-json-doubleline'
import pull from 'pull-stream'
import toPull from 'stream-to-pull-stream'
import { dial, listen } from '../loopback.js'
import { Messages, type Message } from '../message.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

type Callback = pull.SourceCallback<Message>

/** Messages that may wait to be pulled. */
const waitingMax = 1_000

class Doubleline extends Tally implements System {
  private readonly messages: Messages
  private queue: Message[] = []
  private at = 0
  private asking: Callback | null = null
  private tellDrained: (() => void) | null = null

  constructor(host: string) {
    super()
    this.messages = new Messages(host)
  }

  listen(): Promise<number> {
    return listen((socket) => this.join(socket), false)
  }

  async connect(port: number): Promise<void> {
    this.join(await dial(port, false))
  }

  add(name: string, n: number): void {
    this.queue.push(this.messages.next(name, n))
    this.give()
  }

  drained(): Promise<unknown> | null {
    if (this.queue.length - this.at < waitingMax) return null
    return new Promise<void>((resolve) => { this.tellDrained = resolve })
  }

  private give(): void {
    const cb = this.asking
    if (cb === null || this.at === this.queue.length) return
    this.asking = null
    const message = this.queue[this.at] as Message
    this.at += 1
    if (this.at === this.queue.length) {
      this.queue = []
      this.at = 0
      this.tellDrained?.()
    }
    cb(null, message)
  }

  private join(socket: net.Socket): void {
    const stream = toPull.duplex(socket)
    this.welcome()
    const source = (end: pull.Abort, cb: Callback): void => {
      if (end !== null && end !== false) return cb(end)
      this.asking = cb
      this.give()
    }
    pull(source, json.stringify(), stream)
    pull(stream, json.parse(), pull.drain(({ name, plus }: Message) => this.take(name, plus), () => {}))
  }
}

export const make: Make = (host) => Promise.resolve(new Doubleline(host))
