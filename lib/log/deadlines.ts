/**
 * What is to be looked at, and when: a binary heap that knows where each of its things stands, so that one can be moved.
 */

/** Something to be looked at; it is in one heap at most. */
export type Due = {
  /** The moment, in milliseconds since 1970. */
  at: number
  /** Where it stands in the heap; -1 if it is in none. */
  place: number
}

export class Deadlines<D extends Due> {
  private readonly heap: D[] = []

  /** `isBefore` orders things of one moment too, where that is of meaning. */
  constructor(private readonly isBefore: (a: D, b: D) => boolean = (a, b) => a.at < b.at) {}

  /** The earliest, if there is any. */
  get first(): D | undefined {
    return this.heap[0]
  }

  /** Puts a thing in, or moves it, to be looked at `at` that moment. */
  set(due: D, at: number): void {
    due.at = at
    if (due.place < 0) {
      due.place = this.heap.length
      this.heap.push(due)
    }
    this.settle(due)
  }

  /** Takes a thing out, if it is in. */
  remove(due: D): void {
    if (due.place < 0) return
    const last = this.heap.pop() as D
    if (last !== due) {
      this.put(last, due.place)
      this.settle(last)
    }
    due.place = -1
  }

  private settle(due: D): void {
    let i = due.place
    for (let parent = (i - 1) >> 1; i > 0 && this.isBefore(due, this.heap[parent] as D); parent = (i - 1) >> 1) {
      this.put(this.heap[parent] as D, i)
      i = parent
    }
    for (let child = this.lesserChild(i); child !== null && this.isBefore(child, due); child = this.lesserChild(i)) {
      const place = child.place
      this.put(child, i)
      i = place
    }
    this.put(due, i)
  }

  private lesserChild(i: number): D | null {
    const left = this.heap[2 * i + 1]
    if (left === undefined) return null
    const right = this.heap[2 * i + 2]
    return right !== undefined && this.isBefore(right, left) ? right : left
  }

  private put(due: D, place: number): void {
    this.heap[place] = due
    due.place = place
  }
}
