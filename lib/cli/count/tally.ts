/**
 * Counts that are on their way to a host: gathered in a batch, sent with the position up to which they count, taken once.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { batchNamesMax } from '../bounds.js'
import type { Client } from '../client.js'
import { exits, Failure } from '../failure.js'
import type { Mark } from './file.js'

const retryMs = 500

export class Tally {
  lines = 0
  private readonly counts = new Map<string, number>()

  constructor(private readonly client: Client) {}

  get empty(): boolean {
    return this.counts.size === 0
  }

  /** Counts a name up; says whether the batch is full. */
  add(name: string): boolean {
    this.lines += 1
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    return this.counts.size >= batchNamesMax
  }

  /** Sends what was counted, with the position after it, where there is one. */
  async send(position: { name: string; before: Mark | null; after: Mark } | null): Promise<void> {
    if (this.counts.size === 0) return
    await this.client.post('/batch', { counts: [...this.counts], position })
    this.counts.clear()
  }

  /** Sends what was counted, again and again while no host answers. */
  async deliver(onWait: () => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.send(null)
      } catch (error) {
        if (!isAway(error) || signal.aborted) throw error
        onWait()
        await wait(retryMs)
      }
    }
  }

  /** Forgets what was counted and not taken. */
  drop(): void {
    for (const n of this.counts.values()) this.lines -= n
    this.counts.clear()
  }
}

/** Whether the host is not there. */
export function isAway(error: unknown): boolean {
  return error instanceof Failure && error.exitCode === exits.unreachable
}

/** Waits until the host answers, and, unless told otherwise, has heard from everyone it expects. */
export async function ready(client: Client, evenSo: boolean, onWait: (why: string) => void, signal: AbortSignal): Promise<{ host: string }> {
  for (;;) {
    try {
      const { coherent, host } = await client.get('/health', [503]) as { coherent: boolean; host: string }
      if (coherent || evenSo) return { host }
      onWait('the host has not heard from everyone it expects; --even-so does not wait')
    } catch (error) {
      if (!isAway(error)) throw error
      onWait('the host does not answer')
    }
    if (signal.aborted) throw new Failure('stopped before it began.', 130)
    await wait(retryMs)
  }
}
