/**
 * The demo to watch: the hosts count on and on, and the page cuts cables, kills hosts, and looks through any of them.
 */
import { request } from 'node:http'
import { viewMs } from '../bounds.js'
import { fields, Refusal, writing, type Answer, type Request, type Route } from '../server/answer.js'
import { assetRoute, isAsset } from '../server/assets.js'
import { EventStream } from '../server/events.js'
import { Door } from '../server/server.js'
import { cables, names, Network, type Name } from './network.js'
import type { Screen } from './report.js'
import type { DemoHost, DemoView } from './shapes.js'
import { deal, textFiles } from './words.js'

export type LiveOptions = { corpus: string; pace: number; address: string; port: number; onOpen: (url: string) => void }

export class Live {
  private readonly network: Network
  private readonly door: Door
  private readonly shares: string[][]
  /** How many files each host counted in all its lives: where it goes on. */
  private readonly counted = new Map<Name, number>()
  private working = true

  constructor(private readonly screen: Screen, private readonly options: LiveOptions) {
    const files = textFiles(options.corpus)
    if (files.length === 0) throw new Error(`there is no README or LICENSE under ${options.corpus}.`)
    this.shares = deal(files, names.length)
    this.network = new Network({
      pace: options.pace, onNote: (text) => screen.say(text), onLoss: (_, error) => screen.say(error.message)
    })
    this.door = new Door({ routes: this.routes(), writer: true, guard: {}, open: isAsset })
  }

  async open(): Promise<void> {
    await this.network.open()
    for (const name of names) this.count(name)
    const port = await this.door.listen(this.options.address, this.options.port)
    this.options.onOpen(`http://${this.options.address}:${port}`)
  }

  async close(): Promise<void> {
    await this.door.close()
    await this.network.end()
  }

  private routes(): Route[] {
    return [
      ({ path }) => (path.length === 1 && path[0] === 'mode' ? { json: { demo: true, hosts: names } } : null),
      ({ path }) => (path.length === 2 && path[0] === 'demo' && path[1] === 'view' ? { stream: (response) => this.watch(new EventStream(response, () => {}, () => {})) } : null),
      (request) => (request.path.length === 2 && request.path[0] === 'demo' ? this.order(request) : null),
      (request) => (request.path[0] === 'hosts' ? this.pass(request) : null),
      assetRoute()
    ]
  }

  private watch(stream: EventStream): void {
    const tell = (): void => {
      if (stream.ended) clearInterval(ticking)
      else if (stream.room) stream.tell('view', this.view())
    }
    const ticking = setInterval(tell, viewMs)
    tell()
  }

  private view(): DemoView {
    const hosts = names.map((name): DemoHost => {
      const child = this.network.child(name)
      if (child === undefined) return { name, pid: null, coherent: false, lag: 0, words: 0, total: 0, peers: [] }
      const { coherent, lag, words, total, peers } = child.progress
      return { name, pid: child.pid, coherent, lag, words, total, peers }
    })
    return { hosts, cables: cables.map(([a, b]) => ({ a, b, cut: this.network.isCut(a, b) })), working: this.working }
  }

  private async order(request: Request): Promise<Answer> {
    if (!writing(request)) throw new Refusal(405, 'an order is posted.')
    const given = await fields(request, ['a', 'b', 'host', 'on'])
    const [, deed] = request.path
    if (deed === 'cut' || deed === 'heal') {
      const cable = cables.find(([a, b]) => a === given.get('a') && b === given.get('b'))
      if (cable === undefined) throw new Refusal(400, 'there is no such cable.')
      this.network[deed](...cable)
      this.screen.say(`${deed === 'cut' ? 'CUT' : 'HEALED'} the link from ${cable[0]} to ${cable[1]}`)
    } else if (deed === 'kill' || deed === 'restart') {
      const name = names.find((one) => one === given.get('host'))
      if (name === undefined) throw new Refusal(400, 'there is no such host.')
      await this[deed](name)
    } else if (deed === 'work') {
      this.working = given.get('on') === true
      for (const child of this.network.running) child.hold(!this.working)
    } else {
      throw new Refusal(404, 'there is no such order.')
    }
    return { json: this.view() }
  }

  private async kill(name: Name): Promise<void> {
    this.counted.set(name, (this.counted.get(name) ?? 0) + (this.network.child(name)?.progress.files ?? 0))
    this.screen.say(`KILLED ${name}`)
    await this.network.kill(name)
  }

  private async restart(name: Name): Promise<void> {
    if (this.network.child(name) !== undefined) throw new Refusal(409, `${name} runs.`)
    const child = await this.network.start(name)
    this.network.plug(name)
    this.screen.say(`RESTARTED ${name} without memory`)
    // Its register waits, lest what it finds now overrides what it found before.
    await child.until(({ peers }) => peers.some(({ synced }) => synced))
    this.count(name)
  }

  private count(name: Name): void {
    const share = this.shares[names.indexOf(name)] ?? []
    const from = (this.counted.get(name) ?? 0) % Math.max(1, share.length)
    const child = this.network.child(name)
    child?.hold(!this.working)
    child?.count(this.options.corpus, [...share.slice(from), ...share.slice(0, from)], true)
  }

  /** Passes a request on to a host's own socket, as it is, and the answer back, no faster than it is read. */
  private pass({ path, raw }: Request): Answer {
    const name = names.find((one) => one === path[1])
    if (name === undefined || this.network.child(name) === undefined) throw new Refusal(503, 'this host is down.')
    const socketPath = this.network.socket(name)
    return {
      stream: (response) => {
        const { url = '/', method, headers: { 'content-type': type, 'content-length': length } } = raw
        const at = url.split('/').slice(3).join('/')
        const headers = { ...(type === undefined ? {} : { 'content-type': type }), ...(length === undefined ? {} : { 'content-length': length }) }
        const passed = request({ socketPath, path: `/${at}`, method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'text/plain' })
          response.flushHeaders()
          answer.pipe(response)
          answer.on('error', () => response.destroy())
        })
        passed.on('error', () => {
          if (response.headersSent) response.destroy()
          else response.writeHead(503, { 'content-type': 'application/json' }).end('{"code":"refused","message":"this host is down."}')
        })
        response.on('close', () => passed.destroy())
        raw.pipe(passed)
      }
    }
  }
}
