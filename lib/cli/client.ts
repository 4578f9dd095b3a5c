/**
 * Talks to a running host: the same requests over its Unix socket or over HTTP.
 */
import { request, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { exits, Failure, messageOf } from './failure.js'
import { socketFolder, socketPath, socketPaths } from './socket.js'

/** How the command line says which host is meant. */
export type Whom = { host?: string | undefined; socket?: string | undefined; url?: string | undefined; token?: string | undefined }

/** A server-sent event. */
export type Told = { event: string; data: unknown }

const answerBytesMax = 256 << 20
const answerMs = 30_000

export class Client {
  private constructor(
    private readonly where: string,
    private readonly options: { socketPath: string } | { url: URL },
    private readonly token: string | undefined
  ) {}

  /**
   * Finds the host that is meant; without a word, the only one that runs here.
   *
   * @throws Failure if there is none, or more than one.
   */
  static async find({ host, socket, url, token }: Whom): Promise<Client> {
    if (url !== undefined) return new Client(url, { url: urlOf(url) }, token)
    const at = (path: string): Client => new Client(path, { socketPath: path }, undefined)
    if (socket !== undefined) return at(socket)
    if (host !== undefined) return at(socketPath(host))
    const running: Client[] = []
    for (const path of socketPaths()) if (await at(path).answers()) running.push(at(path))
    const [only] = running
    if (only === undefined) throw new Failure(`no host runs here (${socketFolder()}); start one with \`pull-gossip host\`, or say --url or --socket.`, exits.unreachable)
    if (running.length > 1) throw new Failure(`${running.length} hosts run here; say --host which of them: ${running.map(({ where }) => where).join(', ')}.`, exits.usage)
    return only
  }

  /** What a path holds. */
  async get(path: string, allowed: readonly number[] = []): Promise<unknown> {
    return this.json(await this.send('GET', path), allowed)
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return this.json(await this.send('POST', path, JSON.stringify(body)), [])
  }

  /** What is told, as long as it is; ends when the host does. */
  async *events(path: string, signal: AbortSignal): AsyncGenerator<Told> {
    const response = await this.send('GET', path, undefined, signal)
    if (response.statusCode !== 200) await this.json(response, [])
    response.setEncoding('utf8')
    let rest = ''
    try {
      for await (const chunk of response) {
        const blocks = (rest + String(chunk)).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1]
          // JSON may hold U+2028, which a dot takes for the end of a line.
          const data = /^data: ([^\n]*)/m.exec(block)?.[1]
          if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown }
        }
      }
    } catch (error) {
      if (!signal.aborted) throw new Failure(`the host at ${this.where} is gone (${messageOf(error)}).`, exits.unreachable)
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await this.send('GET', '/health')).resume().statusCode !== undefined
    } catch {
      return false
    }
  }

  private async json(response: IncomingMessage, allowed: readonly number[]): Promise<unknown> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > answerBytesMax) throw new Failure(`the answer of ${this.where} is larger than ${answerBytesMax} bytes.`)
      chunks.push(chunk)
    }
    const text = Buffer.concat(chunks).toString()
    const status = response.statusCode ?? 0
    const answer: unknown = textAsJson(text)
    if (answer === undefined) throw new Failure(`${this.where} answered ${status} and no JSON; is that a pull-gossip host?`)
    if (status === 200 || allowed.includes(status)) return answer
    const { message = `status ${status}`, code = '' } = answer as { message?: string; code?: string }
    throw new Failure(`the host refused: ${message}`, exits.failed, code)
  }

  private send(method: string, path: string, body?: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const { token, options } = this
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    }
    return new Promise((resolve, reject) => {
      const common = { method, headers, ...(signal === undefined ? {} : { signal }) }
      const secure = 'url' in options && options.url.protocol === 'https:'
      const sent = 'url' in options ? (secure ? secureRequest : request)(new URL(path, options.url), common) : request({ ...common, ...options, path })
      if (signal === undefined) sent.setTimeout(answerMs, () => sent.destroy(new Error('nothing was answered in time')))
      sent.on('response', resolve)
      sent.on('error', (error) => reject(new Failure(`no host answers at ${this.where} (${messageOf(error)}).`, exits.unreachable)))
      sent.end(body)
    })
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new Failure(`--url takes an address like http://127.0.0.1:8080, not "${text}".`, exits.usage)
}

function textAsJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
