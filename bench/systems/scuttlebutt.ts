/**
 * scuttlebutt's model: names and values, the later write of a name wins, flooded to every peer. What was added here is written as the
 * total of this host, under a name of its own, so that values only rise.
 */
import { once } from 'node:events'
import type net from 'node:net'
import Model from 'scuttlebutt/model.js'
import { dial, listen } from '../loopback.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally, Values } from '../tally.js'

type Update = [change: [key: string, value: number], stamp: number, source: string]

class Scuttlebutt extends Tally implements System {
  private readonly model: Model
  private readonly own = new Values()
  private readonly theirs = new Values()

  constructor(host: string) {
    super()
    this.model = new Model(host)
    this.model.on('update', ([key, value]: Update[0], _stamp: number, source: string) => {
      if (source !== host) this.take(key, this.theirs.rise(key, value))
    })
    this.model.on('old_data', (update: Update) => { if (update[2] !== host) this.copy() })
  }

  listen(): Promise<number> {
    return listen((socket) => this.join(socket))
  }

  async connect(port: number): Promise<void> {
    await once(this.join(await dial(port)), 'sync')
  }

  add(name: string, n: number): void {
    this.model.set(name, this.own.add(name, n))
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  private join(socket: net.Socket): NodeJS.ReadWriteStream {
    const stream = this.model.createStream()
    this.welcome()
    socket.on('error', () => {})
    stream.on('error', () => {})
    socket.pipe(stream).pipe(socket)
    return stream
  }
}

export const make: Make = (host) => Promise.resolve(new Scuttlebutt(host))
