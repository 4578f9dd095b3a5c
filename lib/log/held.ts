/**
 * What somebody holds of one author, as a set of intervals.
 *
 * `have` is a prefix: every change up to it is held, or a change that supersedes it. The dots are ranges of seqs received above the
 * prefix. One that touches the prefix raises it; nothing else does, but a claim (docs/protocol.md, "Claiming").
 */

/** A change's place in its author's sequence: 1, 2, 3… */
export type Seq = number

const none: number[] = []

export class Held {
  /** All changes up to this seq are held, or superseded by one that is. */
  have: Seq = 0
  /** The highest seq that anybody ever sent us: no claim is believed beyond it. */
  seen: Seq = 0
  private dots: number[] = none

  /** Notes that one change was received, whether or not it was then kept; says whether that was news. */
  note(seq: Seq, rangesMax: number): boolean {
    if (seq > this.seen) this.seen = seq
    if (seq === this.have + 1 && this.dots === none) {
      this.have = seq
      return true
    }
    return this.take(seq, seq, rangesMax)
  }

  /** Whether a change is covered: by the prefix, or by a dot. */
  covers(seq: Seq): boolean {
    return seq <= this.have || this.dotted(seq, seq)
  }

  /** Whether all of a range is covered, or it is empty. */
  holds(from: Seq, to: Seq): boolean {
    return to < from || to <= this.have || this.dotted(from, to)
  }

  /** Raises the prefix; says whether that was news. */
  raise(have: Seq): boolean {
    if (have <= this.have) return false
    this.have = have
    this.absorb()
    return true
  }

  /** Takes a whole range; beyond `rangesMax` of them the lowest are forgotten. Says whether anything was news. */
  take(from: Seq, to: Seq, rangesMax: number): boolean {
    if (to <= this.have) return false
    if (from <= this.have + 1) return this.raise(to)
    if (this.dotted(from, to)) return false
    this.insert(from, to)
    const excess = this.dots.length - 2 * rangesMax
    if (excess > 0) this.dots.splice(0, excess)
    return true
  }

  /** The highest seq that is held. */
  get top(): Seq {
    return this.dots.at(-1) ?? this.have
  }

  /** Nothing is held any more, though it was seen. */
  forget(): void {
    this.have = 0
    this.dots = none
  }

  /** The dots as pairs, cut at `max`: `[[from, to], …]`, ascending. */
  ranges(max: Seq = Infinity): [Seq, Seq][] {
    const pairs: [Seq, Seq][] = []
    for (let i = 0; i < this.dots.length; i += 2) {
      const from = this.dots[i] as Seq
      if (from > max) break
      pairs.push([from, Math.min(this.dots[i + 1] as Seq, max)])
    }
    return pairs
  }

  /** How many seqs up to `max` are held here that `other` does not hold. */
  missing(other: Held = nothing, max = Infinity): number {
    let count = 0
    let j = -2
    for (let i = -2; i < this.dots.length && this.at(i) <= max; i += 2) {
      const [from, to] = [this.at(i), Math.min(this.at(i + 1), max)]
      count += to - from + 1
      for (; j < other.dots.length && other.at(j) <= to; j += 2) {
        count -= Math.max(0, Math.min(to, other.at(j + 1)) - Math.max(from, other.at(j)) + 1)
        if (other.at(j + 1) > to) break
      }
    }
    return count
  }

  /** The bounds of all ranges; the prefix is the one at -2. */
  private at(i: number): Seq {
    if (i >= 0) return this.dots[i] as Seq
    return i === -2 ? 1 : this.have
  }

  /** The same, held by somebody else from now on. */
  copy(): Held {
    const copy = new Held()
    copy.have = this.have
    copy.seen = this.seen
    if (this.dots !== none) copy.dots = this.dots.slice()
    return copy
  }

  /** Whether one range holds all of `from … to`. */
  private dotted(from: Seq, to: Seq): boolean {
    const { dots } = this
    for (let i = dots.length - 2; i >= 0; i -= 2) {
      if (from >= (dots[i] as Seq)) return to <= (dots[i + 1] as Seq)
    }
    return false
  }

  private insert(from: Seq, to: Seq): void {
    if (this.dots === none) this.dots = []
    const { dots } = this
    let end = dots.length
    while (end > 0 && (dots[end - 2] as Seq) > to + 1) end -= 2
    let start = end
    while (start > 0 && (dots[start - 1] as Seq) >= from - 1) start -= 2
    const low = start < end ? Math.min(from, dots[start] as Seq) : from
    const high = start < end ? Math.max(to, dots[end - 1] as Seq) : to
    dots.splice(start, end - start, low, high)
  }

  private absorb(): void {
    const { dots } = this
    let gone = 0
    while (gone < dots.length && (dots[gone] as Seq) <= this.have + 1) {
      this.have = Math.max(this.have, dots[gone + 1] as Seq)
      gone += 2
    }
    if (gone === dots.length) this.dots = none
    else if (gone > 0) dots.splice(0, gone)
  }
}

/** What somebody holds of an author of whom nothing was ever heard. */
const nothing = new Held()
