/**
 * What two peers ask each other of single names: what the other holds of it, as a hash.
 */
import type { Audit as Word } from '../wire/message.js'
import type { Gossip } from './gossip.js'
import { proofOf } from './proof.js'

/** Told whether the peer held what we held when its answer came, or null if none will. */
type Done = (equal: boolean | null) => void

export class Questions {
  private readonly open = new Map<number, { text: string; kinds: readonly string[]; done: Done }>()
  private asked = 0

  constructor(private readonly gossip: Gossip) {}

  ask(text: string, kinds: readonly string[], done: Done): () => Word {
    this.asked += 1
    const number = this.asked
    this.open.set(number, { text, kinds, done })
    return () => ({ g: [0, number], r: [text, [...kinds]] })
  }

  /** What is held is hashed when it is said, behind all of it. */
  answer(number: number, { name, kinds }: { name: string; kinds: string[] }): () => Word {
    return () => ({ g: [0, number], h: proofOf(this.gossip, name, kinds) })
  }

  hear(number: number, held: string): void {
    const question = this.open.get(number)
    this.open.delete(number)
    question?.done(proofOf(this.gossip, question.text, question.kinds) === held)
  }

  /** Nothing will be answered any more. */
  close(): void {
    for (const { done } of this.open.values()) done(null)
    this.open.clear()
  }
}
