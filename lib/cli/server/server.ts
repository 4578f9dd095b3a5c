/**
 * The one door for requests, over HTTP or over a Unix socket: bounded in what it reads, how long it waits, and how many it serves.
 */
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import { connectionsMax, requestMs } from '../bounds.js'
import { answerTo, readBody, Refusal, type Answer, type Request, type Route } from './answer.js'
import { Guard, type GuardOptions } from './guard.js'

export type DoorOptions = {
  routes: readonly Route[]
  /** Whether requests may write. */
  writer: boolean
  /** Who may ask; null where the way in is guard enough: a socket's mode. */
  guard: GuardOptions | null
  /** What anybody may see without the token. */
  open?: (path: readonly string[]) => boolean
  /** How long a request may take to arrive; `requestMs` unless told. */
  patienceMs?: number
}

/** The page draws from its own host and nowhere else, runs no script but its own, and is framed by nobody. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

export class Door {
  readonly server: HttpServer
  private readonly guard: Guard | null

  constructor(private readonly options: DoorOptions) {
    this.guard = options.guard === null ? null : new Guard(options.guard)
    const { patienceMs = requestMs } = options
    const patience = { requestTimeout: patienceMs, headersTimeout: patienceMs, keepAliveTimeout: patienceMs, connectionsCheckingInterval: Math.min(1_000, patienceMs / 4) }
    this.server = createServer(patience, (request, response) => void this.serve(request, response))
    this.server.maxConnections = connectionsMax
    // One whose request is no HTTP is answered by Node's own 400; a socket that breaks there is nobody's.
    this.server.on('clientError', (_, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    })
  }

  /** Listens at an address of the loopback, or of others. Gives the port. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, address, () => {
        const at = this.server.address()
        resolve(typeof at === 'object' && at !== null ? at.port : port)
      })
    })
  }

  /** Ends all that is under way. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  private async serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    // A reader that goes away in the middle is no fault of ours.
    response.on('error', () => {})
    let answer: Answer
    try {
      answer = await this.answer(raw)
    } catch (error) {
      answer = answerTo(error)
      // What was not read of it must not be taken for the next request.
      if (!raw.complete) response.setHeader('connection', 'close')
    }
    this.send(answer, raw, response)
  }

  private async answer(raw: IncomingMessage): Promise<Answer> {
    const { method = 'GET', url = '/' } = raw
    const at = url.indexOf('?')
    const path = pathOf(at < 0 ? url : url.slice(0, at))
    this.guard?.check(raw, (method === 'GET' || method === 'HEAD') && this.options.open?.(path) === true)
    const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
    const request: Request = { method, path, query, writer: this.options.writer, raw, body: () => readBody(raw) }
    for (const route of this.options.routes) {
      const answer = await route(request)
      if (answer !== null) return answer
    }
    throw new Refusal(404, 'there is no such page.')
  }

  private send(answer: Answer, { method }: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if ('stream' in answer) return answer.stream(response)
    const [type, text] = 'json' in answer ? ['application/json; charset=utf-8', `${JSON.stringify(answer.json)}\n`] : [answer.type, answer.text]
    const more = 'headers' in answer ? answer.headers : {}
    response.writeHead(answer.status ?? 200, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...more })
    response.end(method === 'HEAD' ? undefined : text)
  }
}

/** The parts of a path; an improper one is none. */
function pathOf(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    throw new Refusal(400, 'the path is not properly encoded.')
  }
}
