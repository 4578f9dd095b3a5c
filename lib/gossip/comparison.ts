/**
 * Where to look for what differs, by what a word of an audit says of sums: nowhere that is touched of late at either end.
 */
import type { Limits } from '../limits.js'
import type { ParsedAudit } from '../wire/parse.js'
import { differingSpans, differs, isStill, moves, parts, rotated } from './reply.js'
import type { Tally } from './tally.js'

/** Addresses to look at, and parts of one digit to be told apart further; and of how many parts of two digits how many differ. */
export type Comparison = { wanted: Set<string>; plain: string[]; compared: number; differing: number }

export function comparison(word: ParsedAudit, tally: Tally, still: number, limits: Limits): Comparison {
  const { salt } = word
  const wanted = new Set<string>()
  const plain: string[] = []
  let room = limits.auditPlacesMax
  let [compared, differing] = [0, 0]
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
      if (address.length === 0) plain.push(digit)
      else want(address + digit, mine.cells)
    }
  }
  for (const index of differingSpans(word, tally, still)) want(`${index}.`, tally.span(index).cells)
  for (const [address] of word.lists) want(address, 0)
  return { wanted, plain, compared, differing }
}
