/**
 * Virtual time: what is to happen happens in order of its time, and between two things no time passes.
 */

type Due = { at: number; order: number; run: () => void }

export class Clockwork {
  now = 0
  private readonly heap: Due[] = []
  private ordered = 0

  /** Runs a function after the present turn. */
  soon(run: () => void): void {
    this.at(this.now, run)
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run)
  }

  at(at: number, run: () => void): void {
    this.ordered += 1
    const due = { at: Math.max(at, this.now), order: this.ordered, run }
    let i = this.heap.push(due) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(due, this.heap[parent] as Due)) break
      this.heap[i] = this.heap[parent] as Due
      i = parent
    }
    this.heap[i] = due
  }

  /** Lets time go on until `until`. */
  run(until: number): void {
    for (let due = this.heap[0]; due !== undefined && due.at <= until; due = this.heap[0]) {
      this.pop()
      this.now = due.at
      due.run()
    }
    this.now = until
  }

  private pop(): void {
    const last = this.heap.pop() as Due
    if (this.heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= this.heap.length) break
      if (child + 1 < this.heap.length && isBefore(this.heap[child + 1] as Due, this.heap[child] as Due)) child += 1
      if (!isBefore(this.heap[child] as Due, last)) break
      this.heap[i] = this.heap[child] as Due
      i = child
    }
    this.heap[i] = last
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
