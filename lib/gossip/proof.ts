/**
 * What is held of one name, as a hash of all of it: two hosts whose hashes are equal hold the same cells, bodies and all, and the same end.
 */
import { canonical } from '../kinds/body.js'
import { sha256 } from '../log/sha256.js'
import { byBytes } from '../log/text.js'
import type { Gossip } from './gossip.js'

const encoder = new TextEncoder()

/**
 * The hash of the names of that text, of these kinds: one line for each cell, and one for each end, as JSON; in the order of their bytes,
 * joined by newlines; of that SHA-256, the first 32 hexadecimal digits.
 */
export function proofOf(gossip: Gossip, text: string, kinds: readonly string[]): string {
  const lines: string[] = []
  for (const kind of new Set(kinds)) {
    const name = gossip.log.find(kind, text)
    if (name === undefined || name.size === 0) continue
    name.each(({ part, author, seq, expire, body }) => {
      lines.push(canonical([kind, part, author.id, seq, expire, gossip.kind(kind).give(body, part)]))
    })
    lines.push(JSON.stringify([kind, name.term?.expire ?? null]))
  }
  return sha256(encoder.encode(lines.sort(byBytes).join('\n'))).slice(0, 32)
}
