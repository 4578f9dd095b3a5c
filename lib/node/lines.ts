/**
 * The open links of a node: each a connection, a codec, and a session of the host.
 */
import type { Core } from '../core/core.js'
import type { Ending } from '../dial/dial.js'
import type { Link } from '../dial/link.js'
import type { Session } from '../gossip/session.js'
import type { Limits } from '../limits.js'
import type { Source } from '../pull.js'
import type { Connection } from '../transport/socket.js'
import { doubleline } from '../wire/codec.js'
import { LinkPort, type Ear } from './port.js'

/** An open link; one that is leaving hands out what waits for its host before it goes. */
export type Line = { link: Link; connection: Connection; port: LinkPort; session: Session; leaving: boolean }

/** Who is told how links end. */
export interface Ends {
  /** The session is over. */
  ended(link: Link, ending: Ending): void
  /** Nothing of the link is held any longer. */
  done(line: Line): void
}

export class Lines {
  private readonly open = new Map<Link, Line>()
  /** How many are open to a host, those that are about to close counted too. */
  private readonly byHost = new Map<string, number>()

  constructor(
    private readonly core: Core,
    private readonly limits: Limits,
    private readonly ear: Ear,
    private readonly ends: Ends
  ) {}

  get(link: Link): Line | undefined {
    return this.open.get(link)
  }

  /** Whether a link to a host is open, or about to close. */
  lead(host: string): boolean {
    return this.byHost.has(host)
  }

  /**
   * Begins a session on a connection.
   *
   * @throws GossipError as `createStream` does; the connection is as it was.
   */
  begin(link: Link, connection: Connection): void {
    link.proven = connection.host !== undefined
    const port = new LinkPort(link, this.ear)
    const options = { id: link.uri ?? link.address, host: connection.host ?? null, expected: false, send: true, receive: true, delayMs: 0, port }
    const { session, stream } = this.core.open(options, {
      onEnd: (error) => this.ends.ended(link, { error, left: session.left, mirrored: session.mirrored }),
      onDone: () => this.finish(link)
    })
    const { frameBytesMax, frameDepthMax } = this.limits
    port.session = session
    this.open.set(link, { link, connection, port, session, leaving: false })
    stream.sink(doubleline.parse({ frameBytesMax, frameDepthMax })(connection.source))
    connection.sink(doubleline.stringify()(stream.source))
  }

  /** The other end of a link said who it is. */
  meet(host: string): void {
    this.byHost.set(host, (this.byHost.get(host) ?? 0) + 1)
  }

  /** All are about to go: what waits for their hosts goes before them. */
  leave(): void {
    for (const line of this.open.values()) line.leaving = true
  }

  /** Drops all connections at once. */
  destroy(): void {
    for (const { connection } of this.open.values()) connection.destroy()
  }

  private finish(link: Link): void {
    const line = this.open.get(link)
    if (line === undefined) return
    this.open.delete(link)
    const host = link.met?.host
    if (host !== undefined) {
      const count = (this.byHost.get(host) ?? 0) - 1
      if (count > 0) this.byHost.set(host, count)
      else this.byHost.delete(host)
    }
    this.ends.done(line)
  }
}

/** Tells who dialled that there is no room for it, and ends the connection. */
export function turnAway(connection: Connection): void {
  let said = false
  const source: Source<string> = (abort, cb) => {
    if (abort || said) return cb(abort || true)
    said = true
    cb(null, '{"b":"full"}\n\n')
  }
  connection.sink(source)
  connection.source(true, () => {})
}
