/**
 * Where to look for what differs, by what a word of an audit says of sums: nowhere that is touched of late at either end.
 */
import type { Limits } from '../limits.js'
import type { ParsedAudit } from '../wire/parse.js'
import { brief, differingSpans, differs, isStill, moves, parts, rotated } from './reply.js'
import type { Tallied, Tally } from './tally.js'

/**
 * Addresses to look at, and parts of one digit to be told apart further; how many parts of two digits differ, and whether that is so much that
 * everything is to be served. Where half of all parts are empty at one end and not at the other, that one is `lacking`, and `differing` is how many
 * places are known to be missing there.
 */
export type Comparison = { wanted: Set<string>; plain: string[]; differing: number; isHuge: boolean; lacking: 'we' | 'peer' | null }

/** Where so many parts were compared and half of them differ, everything is served again. */
const hugeMin = 256

/** So many parts of one digit are half of all. */
const halfOfParts = 32

export function comparison(word: ParsedAudit, tally: Tally, still: number, limits: Limits): Comparison {
  const { salt } = word
  const wanted = new Set<string>()
  let room = limits.auditPlacesMax
  let [compared, differing] = [0, 0]
  const none = brief({ low: 0, high: 0 }, salt)
  const top = new Top()
  const want = (address: string, cells: number): void => {
    if (wanted.size >= limits.auditEntriesMax || (room < cells && wanted.size > 0)) return
    room -= cells
    wanted.add(address)
  }
  for (const [address, sums] of word.nodes) {
    if (address.includes('.') || address.length > 1) {
      want(address, 0)
      continue
    }
    for (let turn = 0; turn < 64; turn += 1) {
      const i = rotated(turn, salt)
      const digit = parts[i] as string
      const mine = tally.lasting(address + digit)
      if (moves(sums, i) || (address.length === 1 && !isStill(mine, still))) continue
      compared += address.length
      if (!differs(sums, i, mine, salt)) continue
      differing += address.length
      if (address.length === 0) {
        top.note(digit, mine, isStill(mine, still), sums.startsWith(none, 5 * i))
      } else want(address + digit, mine.cells)
    }
  }
  for (const index of differingSpans(word, tally, still)) want(`${index}.`, tally.span(index).cells)
  for (const [address] of word.lists) want(address, 0)
  const { lacking } = top
  if (lacking !== null) return { wanted, plain: [], isHuge: true, differing: top.differing, lacking }
  return { wanted, plain: top.plain, isHuge: compared >= hugeMin && 2 * differing >= compared, differing, lacking }
}

/** What is found in the parts of one digit that differ. */
class Top {
  private readonly filled: string[] = []
  private readonly emptied: string[] = []
  private emptyHere = 0
  private emptyThere = 0
  private missing = 0

  note(digit: string, { cells }: Tallied, stands: boolean, isEmptyThere: boolean): void {
    if (stands || cells > 0) this.filled.push(digit)
    else this.emptied.push(digit)
    if (!stands) return
    if (cells === 0) this.emptyHere += 1
    else if (isEmptyThere) {
      this.emptyThere += 1
      this.missing += cells
    }
  }

  /** Those to be told apart. Where half was emptied a moment ago that is too much: it is seen when it stands still. */
  get plain(): string[] {
    return this.emptied.length < halfOfParts ? [...this.filled, ...this.emptied] : this.filled
  }

  get lacking(): Comparison['lacking'] {
    if (this.emptyThere >= halfOfParts) return 'peer'
    return this.emptyHere >= halfOfParts ? 'we' : null
  }

  get differing(): number {
    return this.lacking === 'peer' ? this.missing : this.emptyHere
  }
}
