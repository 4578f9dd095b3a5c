/**
 * A host's journal: what it goes on from, what waits for it, and what it cannot take.
 */
import { GossipError } from '../errors.js'
import type { Gossip } from '../gossip/gossip.js'
import type { Journal } from '../gossip/journal.js'
import { remember } from '../gossip/memory.js'
import { Rebirth } from '../gossip/rebirth.js'
import { Recorder } from '../gossip/recorder.js'
import type { Time } from '../stream/time.js'

/** Who is told of what happens to a journal. */
type Ears = { unwritable(error: Error): void; writable(): void; life(life: { author: string; before: string }): void }

export class Upkeep {
  constructor(private readonly gossip: Gossip) {}

  /** Goes on from what a journal holds, and keeps it up; `life` gives a life that never was. */
  begin(journal: Journal, time: Time, life: () => string, { unwritable, writable, life: begun }: Ears): void {
    const { gossip } = this
    const stale = remember(gossip, journal, (from) => new Rebirth(from, life, ({ id: before }, { id: author }) => begun({ author, before })))
    gossip.recorder = new Recorder(gossip, journal, {
      after: (ms, run) => time.after(ms, run, true), onTurn: (failure) => (failure === null ? writable() : unwritable(failure))
    }, gossip.rebirth?.was.size ?? 0, stale ?? [])
    if (stale === null) gossip.recorder.renew()
    gossip.topics.end()
  }

  /** Resolves once all is kept that is held now. */
  kept(): Promise<void> {
    const { recorder, own: { host } } = this.gossip
    if (recorder === null) throw new GossipError('ERR_OPTION', `"${host}" has no journal; give it one, createStore({ journal }).`)
    return new Promise((resolve, reject) => recorder.flush((error) => (error === null ? resolve() : reject(error))))
  }

  /** Puts the journal away; rejects if that fails: the next start will take it for a crash. */
  end(): Promise<void> {
    const { recorder } = this.gossip
    return new Promise((resolve, reject) => {
      if (recorder === null) resolve()
      else recorder.close((error) => (error === null ? resolve() : reject(error)))
    })
  }

  /** @throws GossipError `ERR_DISK` while the journal cannot be written. */
  check(): void {
    const { host } = this.gossip.own
    const cause = this.gossip.recorder?.failure ?? null
    if (cause === null) return
    throw new GossipError('ERR_DISK', `the journal of "${host}" cannot be written at present; nothing was changed.`, { cause })
  }
}
