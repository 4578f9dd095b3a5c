/**
 * The digest of a vector: two hosts whose digests are equal need not tell each other their vectors.
 *
 * One line an author of whom something is live, `id have from-to from-to…`, cut at the author's highest live seq, each line ended by
 * a newline, the lines in the order of their bytes; of that SHA-256, the first 22 digits of base64 (RFC 4648): 132 bits, which nobody can
 * make two vectors meet in, and ten bytes less in every hello than as many in hexadecimal digits.
 */
import type { Author } from '../log/author.js'
import type { Log } from '../log/log.js'
import { sha256Bytes } from '../log/sha256.js'
import { byBytes } from '../log/text.js'

const encoder = new TextEncoder()

/** The digest of what a host holds, made anew only when that moved. */
export class Digested {
  private made: { text: string; moves: number; drops: number } | null = null

  constructor(private readonly log: Log) {}

  get text(): string {
    const { log: { moves, drops }, made } = this
    if (made?.moves === moves && made.drops === drops) return made.text
    this.made = { text: digestOf(this.log), moves, drops }
    return this.made.text
  }
}

/** The digest of what a host holds now. */
export function digestOf(log: Log): string {
  const lines: string[] = []
  for (const author of log.everyAuthor()) {
    if (author.series.size > 0) lines.push(lineOf(author))
  }
  lines.sort(byBytes)
  return btoa(String.fromCharCode(...sha256Bytes(encoder.encode(lines.join(''))))).slice(0, 22)
}

function lineOf(author: Author): string {
  const max = author.highest
  const ranges = author.held.ranges(max).map(([from, to]) => ` ${from}-${to}`)
  return `${author.id} ${Math.min(author.held.have, max)}${ranges.join('')}\n`
}
