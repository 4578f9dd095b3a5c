/**
 * Who may ask over HTTP: no page of another origin, no name that was pointed here (DNS rebinding), and nobody without the token, if there is one.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Refusal } from './answer.js'

export type GuardOptions = {
  /** Names by which the host may be called, beside addresses and `localhost`. */
  names?: readonly string[] | undefined
  token?: string | undefined
}

/** Another port of this machine is another origin, though of the same site. */
const foreign: ReadonlySet<string> = new Set(['cross-site', 'same-site'])

export class Guard {
  private readonly names: ReadonlySet<string>
  private readonly token: Buffer | null

  constructor({ names = [], token }: GuardOptions) {
    this.names = new Set(['localhost', ...names.map((name) => name.toLowerCase())])
    this.token = token === undefined ? null : digest(token)
  }

  /**
   * Checks by whom a request was sent; `open` is what anybody may see: the page itself, without data.
   *
   * @throws Refusal
   */
  check({ headers }: IncomingMessage, open: boolean): void {
    const { host, origin, authorization = '' } = headers
    if (host === undefined || !this.knows(host)) throw new Refusal(421, 'this host is not known by that name; say --http-name to add one.')
    // A browser says where a script comes from whenever it could do harm; what is no browser says nothing.
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) throw new Refusal(403, 'pages of other origins have no access.')
    if (foreign.has(String(headers['sec-fetch-site'])) && !open) throw new Refusal(403, 'pages of other origins have no access.')
    if (this.token === null || open) return
    const [, given = ''] = /^Bearer (.+)$/i.exec(authorization) ?? []
    if (!timingSafeEqual(digest(given), this.token)) throw new Refusal(401, 'a bearer token is needed.', 'token')
  }

  /** An address cannot have been pointed here by a name; a name must be one of ours. */
  private knows(host: string): boolean {
    const [, bracketed, name = ''] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(host) ?? []
    return isIP(bracketed ?? name) !== 0 || this.names.has(name.toLowerCase())
  }
}

/** Of one length for all, so that they can be compared in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
