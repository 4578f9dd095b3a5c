/**
 * What the bench asks of a system: hosts that are joined, add to names, and come to hold what the others added.
 *
 * A store holds the names; a message system only delivers, and its receiver counts and sums what comes in. Both are judged by the sum.
 */

export interface System {
  /** Listens on a free port of the loopback. */
  listen(): Promise<number>
  /** Joins the host that listens there; resolves once words go both ways. */
  connect(port: number): Promise<void>
  /** Resolves when another host is there, and what is written from now on reaches it. */
  joined(): Promise<void>
  /** Adds `n` to a name here, and owes that to the others. */
  add(name: string, n: number): void
  /** Called after a run of adds: what is held back to be sent together goes out now. */
  flush?(): void
  /** A promise where the system would rather have the writer wait. */
  drained(): Promise<unknown> | null
  /** Resolves, with the moment, when what the others added comes to `sum`; there are `names` in all then, those added here too. */
  reach(sum: number, names: number): Promise<number>
  /** Resolves when the others have confirmed what was added here; most systems cannot tell. */
  settled?(): Promise<unknown>
  /** Changes or messages that came in from others, each copy counted. */
  received(): number
  /** Called when all names are held of which something is to be reached, before they are summed: going through them takes long. */
  onHeld?: (() => void) | null
  /** Called for each change that was not known before. */
  onNews: ((name: string) => void) | null
}

/** Makes a host of that name. */
export type Make = (host: string) => Promise<System>

/** Nanoseconds on the clock that all processes of a machine share. */
export function nowNs(): number {
  return Number(process.hrtime.bigint())
}
