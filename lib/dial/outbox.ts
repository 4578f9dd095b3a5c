/**
 * Packets to one host: those that wait for a link, and how many are on their way.
 *
 * A packet is handed to one link, once. What is not confirmed when that link is gone is lost, as far as we know; it is never sent again.
 */
import type { Json } from '../json.js'
import type { Limits } from '../limits.js'
import type { Packet } from '../wire/message.js'

/** A packet, and what it takes. The frame is one for all hosts that it goes to, so that it is encoded once. */
export type Letter = { packet: Json; frame: Packet; bytes: number }

export class Outbox {
  private readonly waiting = new Set<{ letter: Letter }>()
  private count = 0
  private bytes = 0

  constructor(private readonly limits: Pick<Limits, 'packetsMax' | 'packetBytesMax'>) {}

  /** How many wait for a link, or for their confirmation. */
  get size(): number {
    return this.count
  }

  /** Whether none waits for a link. */
  get empty(): boolean {
    return this.waiting.size === 0
  }

  /** Takes a packet, if there is room. */
  put(letter: Letter): boolean {
    if (this.count >= this.limits.packetsMax || this.bytes + letter.bytes > this.limits.packetBytesMax) return false
    this.count += 1
    this.bytes += letter.bytes
    this.waiting.add({ letter })
    return true
  }

  /** The next packet to send. It counts until it is `settled`. */
  take(): Letter | null {
    for (const one of this.waiting) {
      this.waiting.delete(one)
      return one.letter
    }
    return null
  }

  /** A packet arrived, or is lost. */
  settle({ bytes }: Letter): void {
    this.count -= 1
    this.bytes -= bytes
  }

  /** All that wait: they are taken out. */
  clear(): Letter[] {
    const letters = [...this.waiting].map(({ letter }) => letter)
    this.waiting.clear()
    for (const letter of letters) this.settle(letter)
    return letters
  }
}
