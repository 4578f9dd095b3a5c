/**
 * What foes heard, and what they did: so that they can lie about what there is, and so that nobody is judged by what was forged.
 *
 * Whatever a foe says goes through here. A change that no host ever said is a forgery in its author's name; an end that comes with one is
 * a forged end of the name.
 */
import type { Message } from '../../wire/message.js'
import { type Hearing } from '../checks/frames.js'
import type { Carried } from '../checks/frames.js'
import type { Place } from '../checks/check.js'

/** So many changes, and so many frames of so many connections, are remembered, to be said again. */
const cellsMax = 2_000
export const framesMax = 200
const tapesMax = 20

/** All that a host said in one connection, from its hello on. */
export type Tape = { host: string; frames: Message[][] }

export class Deeds {
  /** Authors that hosts spoke of, with the highest seq they stated or sent. */
  readonly authors = new Map<string, number>()
  /** Changes that hosts sent, the last ones. */
  readonly cells: Carried[] = []
  /** The last connections. */
  readonly tapes: Tape[] = []
  /** In whose names foes sent what these had never said. */
  readonly forged = new Set<string>()
  /** Names of which foes said an end, or what is in them, that nobody else had said. */
  readonly touched = new Set<string>()
  /** Of whom foes said what they hold. */
  readonly stated = new Set<string>()
  private readonly genuine = new Set<string>()

  /** Notes what a host said. */
  hear(message: Message, hearing: Hearing): void {
    if ('v' in message) this.authors.set(`${message.h}~${message.i}`, this.authors.get(`${message.h}~${message.i}`) ?? 0)
    if ('a' in message) for (const [key, have] of Object.entries(message.a)) this.meet(hearing.author(key), have)
    for (const change of hearing.changes(message)) {
      this.genuine.add(marked(change))
      this.meet(change.author, change.seq)
      this.cells[this.cells.length < cellsMax ? this.cells.length : change.seq % cellsMax] = change
    }
  }

  /** Begins a tape. */
  record(host: string): Message[][] {
    const frames: Message[][] = []
    if (this.tapes.push({ host, frames }) > tapesMax) this.tapes.shift()
    return frames
  }

  /** Notes what a foe says, whatever that is. */
  say(frame: unknown, hearing: Hearing): void {
    for (const message of Array.isArray(frame) ? frame : [frame]) {
      try {
        this.note(message as Message, hearing)
      } catch {
        // It is no message, and no host can make anything of it either.
      }
    }
  }

  /** Whether something was forged that a change may stand in the way of, or be made of. */
  taints({ author, kind, name }: Place): boolean {
    return this.forged.has(author) || this.touched.has(`${kind} ${name}`)
  }

  private note(message: Message, hearing: Hearing): void {
    if ('a' in message) for (const key of Object.keys(message.a)) this.stated.add(hearing.author(key))
    for (const change of hearing.changes(message)) {
      if (this.genuine.has(marked(change))) continue
      this.forged.add(change.author)
      this.touched.add(`${change.kind} ${change.name}`)
    }
  }

  private meet(author: string, seq: number): void {
    this.authors.set(author, Math.max(seq, this.authors.get(author) ?? 0))
  }
}

function marked({ author, seq, kind, name, part, expire, body }: Carried): string {
  return JSON.stringify([author, seq, kind, name, part, expire, body])
}
