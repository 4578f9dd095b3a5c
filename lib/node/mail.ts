/**
 * The packets of a node, by host: taken as long as there is room, encoded once however many hosts they go to.
 */
import { Outbox, type Letter } from '../dial/outbox.js'
import { GossipError, shown } from '../errors.js'
import { textOf, type Json } from '../json.js'
import type { Limits } from '../limits.js'
import { bytesOf } from '../log/text.js'

export class Mail {
  private readonly outboxes = new Map<string, Outbox>()

  constructor(private readonly limits: Limits) {}

  /** The packets for a host, if there ever were any since it was last connected or kept. */
  outbox(host: string): Outbox | null {
    return this.outboxes.get(host) ?? null
  }

  /**
   * A packet as it was when it was given.
   *
   * @throws GossipError `ERR_OPTION` if it is no JSON, nested too deep, or larger than `packetBytesMax`.
   */
  letter(packet: unknown): Letter {
    const { packetBytesMax, depthMax } = this.limits
    const text = textOf(packet, packetBytesMax, depthMax)
    if (text === undefined) {
      throw new GossipError('ERR_OPTION', `a packet must be JSON of at most ${packetBytesMax} bytes and ${depthMax} levels, not ${shown(packet)}; nothing was sent.`)
    }
    const kept = JSON.parse(text) as Json
    return { packet: kept, frame: { m: kept }, bytes: bytesOf(text) }
  }

  /** Takes a packet for a host, if there is room. */
  put(host: string, letter: Letter): boolean {
    const outbox = this.outboxes.get(host) ?? new Outbox(this.limits)
    this.outboxes.set(host, outbox)
    return outbox.put(letter)
  }

  /** A host is neither connected nor kept: what waited for it is lost. */
  drop(host: string): Letter[] {
    const letters = this.outboxes.get(host)?.clear() ?? []
    this.outboxes.delete(host)
    return letters
  }
}
