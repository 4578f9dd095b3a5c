/**
 * epidemic-broadcast-trees: append-only logs by author, sent eagerly along a tree and asked for along the other links. The log is in
 * memory; the wire is newline JSON, as in the module's own tests nothing is said of one.
 */
import type net from 'node:net'
import createEbt from 'epidemic-broadcast-trees'
import { dial, listen } from '../loopback.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

type Content = { name: string; plus: number }

type Entry = { author: string; sequence: number; content: Content }

class Broadcast extends Tally implements System {
  private readonly ebt: ReturnType<typeof createEbt<Content>>
  private readonly logs = new Map<string, Entry[]>()
  private readonly clocks = new Map<string, Record<string, number>>()

  constructor(private readonly host: string) {
    super()
    this.ebt = createEbt<Content>({
      id: host,
      getClock: (id, cb) => cb(null, this.clocks.get(id) ?? {}),
      setClock: (id, clock) => { this.clocks.set(id, clock) },
      getAt: ({ id, sequence }, cb) => {
        const message = this.logs.get(id)?.[sequence - 1]
        if (message === undefined) cb(new Error('not found'))
        else cb(null, message)
      },
      append: (message, cb) => cb(this.append(message))
    })
    for (const id of hosts) this.ebt.request(id, true)
  }

  listen(): Promise<number> {
    return listen((socket) => { void this.join(socket, false) })
  }

  async connect(port: number): Promise<void> {
    await this.join(await dial(port), true)
  }

  add(name: string, plus: number): void {
    this.append({ author: this.host, sequence: (this.logs.get(this.host)?.length ?? 0) + 1, content: { name, plus } })
  }

  drained(): Promise<unknown> | null {
    return drained()
  }

  private append(message: Entry): Error | null {
    const log = this.logs.get(message.author) ?? []
    this.logs.set(message.author, log)
    if (message.sequence !== log.length + 1) return new Error('out of order')
    log.push(message)
    this.ebt.onAppend(message)
    if (message.author !== this.host) this.take(message.content.name, message.content.plus)
    return null
  }

  /** Each end says its name in the first line; the streams begin then. */
  private join(socket: net.Socket, client: boolean): Promise<void> {
    socket.on('error', () => {})
    socket.write(`${JSON.stringify(this.host)}\n`)
    return new Promise((resolve) => {
      let write: ((frame: unknown) => void) | null = null
      let rest = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const frame = JSON.parse(line) as unknown
          if (write !== null) {
            if (isMessage(frame) && frame.sequence <= (this.logs.get(frame.author)?.length ?? 0)) this.copy()
            write(frame)
          } else {
            write = this.open(socket, String(frame), client)
            this.welcome()
            resolve()
          }
        }
      })
    })
  }

  private open(socket: net.Socket, other: string, client: boolean): (frame: unknown) => void {
    const stream = this.ebt.createStream(other, 3, client)
    const sink = {
      paused: false,
      ended: false,
      write: (frame: unknown) => { sink.paused = !socket.write(`${JSON.stringify(frame)}\n`) },
      end: () => { socket.end() }
    }
    socket.on('drain', () => {
      sink.paused = false
      stream.resume()
    })
    socket.on('close', () => { if (!stream.ended) stream.end() })
    stream.pipe(sink)
    return (frame) => stream.write(frame)
  }
}

/** Whom every host of the bench follows: logs are replicated on request only. */
const hosts = ['alpha', 'beta', ...Array.from({ length: 64 }, (_, i) => `h${i}`)]

function isMessage(frame: unknown): frame is Entry {
  return typeof (frame as { author?: unknown }).author === 'string'
}

export const make: Make = (host) => Promise.resolve(new Broadcast(host))
