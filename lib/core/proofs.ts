/**
 * Who holds the same of one name: asked of every peer, and for reads asked again until enough of them do.
 */
import { GossipError, shown } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import { proofOf } from '../gossip/proof.js'
import type { Session } from '../gossip/session.js'
import type { Time } from '../stream/time.js'

/** What a peer showed to hold of a name: the same as we, or not, at that moment (milliseconds since 1970, by our clock). */
export type Proof = { host: string; equal: boolean; at: number }

/** How many peers must hold the same, and for how long to wait for that. */
export type ConfirmOptions = { peers: number | 'all'; timeoutMs?: number | undefined }

type Ears = {
  /** The hosts that `all` means now. */
  everyone: () => ReadonlySet<string>
  isClosed: () => boolean
}

export class Proofs {
  constructor(
    private readonly gossip: Gossip,
    private readonly time: Time,
    private readonly ears: Ears
  ) {}

  /** Asks every peer that audits, once; resolves when all have answered, or after `timeoutMs` with those that have. */
  prove(text: string, kinds: readonly string[] | null, timeoutMs: number): Promise<Proof[]> {
    const { gossip } = this
    const proofs: Proof[] = []
    const sessions = new Map<string, Session>()
    for (const session of gossip.sessions) if (session.peer !== null && session.synced && session.audit.active) sessions.set(session.peer.host, session)
    return new Promise((resolve) => {
      let left = sessions.size
      const cancel = this.time.after(timeoutMs, () => resolve(proofs))
      const done = (): void => {
        if (left > 0) return
        cancel()
        resolve(proofs)
      }
      for (const [host, { audit }] of sessions) {
        audit.ask(text, kinds ?? audit.kinds, (equal) => {
          left -= 1
          if (equal !== null) proofs.push({ host, equal, at: gossip.clock() })
          done()
        })
      }
      done()
    })
  }

  /** Resolves with the hosts that hold the same of a name, once they are enough; asks again until then. */
  async confirm(text: string, kind: string, { peers, timeoutMs }: ConfirmOptions): Promise<string[]> {
    if (peers !== 'all' && (!Number.isSafeInteger(peers) || peers < 1)) throw new GossipError('ERR_OPTION', `peers must be 'all' or a whole number above zero, not ${shown(peers)}.`)
    if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs >= 0)) throw new GossipError('ERR_OPTION', `timeoutMs must be a number of milliseconds, not ${shown(timeoutMs)}.`)
    const { gossip, time, ears } = this
    const until = timeoutMs === undefined ? Infinity : time.now() + timeoutMs
    for (;;) {
      const left = until - time.now()
      const before = proofOf(gossip, text, [kind])
      const proofs = await this.prove(text, [kind], Math.min(left, gossip.limits.timeoutMs))
      const hosts = proofs.filter(({ equal }) => equal).map(({ host }) => host)
      if (before === proofOf(gossip, text, [kind]) && this.isEnough(hosts, peers)) return hosts
      if (ears.isClosed()) throw new GossipError('ERR_CLOSED', 'this host was closed before enough peers had confirmed what was read.')
      if (time.now() >= until) throw new GossipError('ERR_TIMEOUT', `${hosts.length} peers confirmed within ${timeoutMs} ms; read without peers to see what is known here.`)
      await new Promise<void>((resolve) => { time.after(Math.min(gossip.limits.haveMs, until - time.now()), resolve) })
    }
  }

  private isEnough(hosts: readonly string[], peers: number | 'all'): boolean {
    if (peers !== 'all') return hosts.length >= peers
    for (const host of this.ears.everyone()) if (!hosts.includes(host)) return false
    return hosts.length > 0
  }
}
