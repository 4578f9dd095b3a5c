/**
 * One request and its answer, as routes see them: no socket, no header that they need not know.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isGossipError, type GossipErrorCode } from '../../errors.js'
import { isDeeper } from '../../wire/depth.js'
import { requestBytesMax, requestDepthMax } from '../bounds.js'

export type Request = {
  method: string
  /** The path between its slashes, decoded. */
  path: readonly string[]
  query: URLSearchParams
  /** Whether writes are allowed where it came in. */
  writer: boolean
  /** Its body, parsed. */
  body(): Promise<unknown>
  raw: IncomingMessage
}

/** An answer: a value as JSON, text of a type of its own, or whatever takes the response over. */
export type Answer =
  | { status?: number; json: unknown }
  | { status?: number; type: string; text: string | Uint8Array; headers?: Record<string, string> }
  | { stream: (response: ServerResponse) => void }

/** Answers a request, or says with null that it is none of its own. */
export type Route = (request: Request) => Answer | Promise<Answer> | null

/** Refuses a request with a status and a sentence. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = 'refused'
  ) {
    super(message)
  }
}

const statuses: Partial<Record<GossipErrorCode, number>> = { ERR_CLOSED: 503, ERR_DISK: 503, ERR_EXPIRED: 409, ERR_FULL: 507, ERR_RANGE: 409, ERR_TIMEOUT: 504 }

/** What is answered to a request that failed: refusals and misuse say why, what we did not foresee does not. */
export function answerTo(error: unknown): Answer {
  if (error instanceof Refusal) return { status: error.status, json: { code: error.code, message: error.message } }
  if (isGossipError(error)) return { status: statuses[error.code] ?? 400, json: { code: error.code, message: error.message } }
  return { status: 500, json: { code: 'failed', message: 'the request failed; the host goes on.' } }
}

/** Only GET, and POST where it is asked for: with write access. */
export function writing(request: Request): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false
  if (request.method !== 'POST') throw new Refusal(405, 'there are GET and POST.')
  if (!request.writer) throw new Refusal(403, 'writes are off here; start the host with --http-write, or write through its socket.', 'read-only')
  return true
}

/** A body of JSON, no longer than it may be. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw new Refusal(415, 'a body is application/json.')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > requestBytesMax) throw new Refusal(413, `a body has at most ${requestBytesMax} bytes.`)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (isDeeper(bytes, requestDepthMax)) throw new Refusal(413, `a body has at most ${requestDepthMax} levels.`)
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    throw new Refusal(400, 'the body is no JSON.')
  }
}

/** A body's fields, of which none may be unknown: a misspelt one would be as good as left out. */
export async function fields(request: Request, known: readonly string[]): Promise<Map<string, unknown>> {
  const body = await request.body()
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal(400, 'the body must be an object.')
  const given = new Map(Object.entries(body))
  for (const key of given.keys()) if (!known.includes(key)) throw new Refusal(400, `there is no field ${JSON.stringify(key)}; there are ${known.join(', ')}.`)
  return given
}

/** A whole number of the query, within bounds. */
export function whole(query: URLSearchParams, key: string, unless: number, max: number): number {
  const text = query.get(key)
  if (text === null) return unless
  const n = Number(text)
  if (/^\d{1,15}$/.test(text) && n <= max) return n
  throw new Refusal(400, `${key} must be a whole number up to ${max}.`)
}
