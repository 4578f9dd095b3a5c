/**
 * Waiting until peers hold what was written here: an acknowledgement is a peer's own `have`.
 */
import { GossipError, shown } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import type { Seq } from '../log/held.js'
import type { Time } from '../stream/time.js'

type Wait = {
  seq: Seq
  peers: number | 'all'
  confirmed: Set<string>
  resolve: (hosts: string[]) => void
  reject: (error: Error) => void
  cancel: () => void
}

/** What to wait for: that peers confirm, so many or all; that it is on the disk. */
export type SettledOptions = { peers?: number | 'all' | undefined; timeoutMs?: number | undefined; disk?: boolean | undefined }

export class Settlement {
  private readonly waits = new Set<Wait>()

  constructor(
    private readonly gossip: Gossip,
    private readonly time: Time,
    /** The hosts that `all` means now. */
    private readonly everyone: () => Iterable<string>
  ) {}

  wait(peers: number | 'all', timeoutMs: number | undefined): Promise<string[]> {
    if (peers !== 'all' && (!Number.isSafeInteger(peers) || peers < 1)) {
      return Promise.reject(new GossipError('ERR_OPTION', `peers must be 'all' or a whole number above zero, not ${shown(peers)}.`))
    }
    if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs >= 0)) {
      return Promise.reject(new GossipError('ERR_OPTION', `timeoutMs must be a number of milliseconds, not ${shown(timeoutMs)}.`))
    }
    return new Promise((resolve, reject) => {
      const wait: Wait = { seq: this.gossip.own.held.have, peers, confirmed: new Set(), resolve, reject, cancel: () => {} }
      this.waits.add(wait)
      if (timeoutMs !== undefined) wait.cancel = this.time.after(timeoutMs, () => this.expire(wait, timeoutMs))
      this.look(wait)
    })
  }

  /** Some peer's vector, or who is expected, moved. */
  review(): void {
    for (const wait of this.waits) this.look(wait)
  }

  private look(wait: Wait): void {
    const { own } = this.gossip
    // Nobody tells more of an author than what is live of it: what names took with them counts as held.
    const seq = Math.min(wait.seq, own.told)
    for (const { peer, synced } of this.gossip.sessions) {
      if (peer === null || (seq === 0 && !synced)) continue
      if ((peer.vector.get(own)?.have ?? 0) >= seq) wait.confirmed.add(peer.host)
    }
    if (this.isSettled(wait)) this.end(wait).resolve([...wait.confirmed])
  }

  close(): void {
    for (const wait of [...this.waits]) {
      this.end(wait).reject(new GossipError('ERR_CLOSED', 'this host was closed before what it wrote was settled; it stays written here.'))
    }
  }

  private isSettled({ peers, confirmed, seq }: Wait): boolean {
    if (seq === 0) return true
    if (peers !== 'all') return confirmed.size >= peers
    for (const host of this.everyone()) if (!confirmed.has(host)) return false
    return confirmed.size > 0
  }

  private expire(wait: Wait, timeoutMs: number): void {
    const { confirmed, peers } = this.end(wait)
    wait.reject(new GossipError('ERR_TIMEOUT', `${confirmed.size} of ${peers === 'all' ? this.waited(confirmed) : peers} peers confirmed within ${timeoutMs} ms; what was written stays written.`))
  }

  private waited(confirmed: Set<string>): number {
    return Math.max(1, new Set([...confirmed, ...this.everyone()]).size)
  }

  private end(wait: Wait): Wait {
    this.waits.delete(wait)
    wait.cancel()
    return wait
  }
}
