/**
 * What is known here of one name: who wrote what, until when it lives, who holds it, who was refused.
 */
import type { Gossip } from '../gossip/gossip.js'
import type { Phase } from '../gossip/expiry.js'
import type { RefusalCode } from '../gossip/refusals.js'
import type { Json } from '../json.js'
import { shownExpire } from '../log/expire.js'
import type { Change } from '../log/change.js'

/** One name of one kind, as it is at the moment of asking. */
export type Explanation = {
  kind: string
  name: string
  /** `live`; past its end `absent` (a later `expire` revives it), `dying`, `resting`; `new` if only refused changes of it were seen. */
  phase: Phase
  /** Until when it lives, as far as anybody said. */
  expire: number | 'never' | null
  cells: CellView[]
  /** Changes of it that we refused in sessions still open, and do not hold. */
  refused: { author: string; seq: number; part: string; code: RefusalCode; peer: string | null }[]
}

export type CellView = {
  /** `host~life` */
  author: string
  seq: number
  part: string
  /** As this author said. */
  expire: number | 'never' | null
  body: Json
  /** Connected hosts that said or showed that they hold it, or what took its place. */
  heldBy: string[]
  /** Connected hosts that did not. */
  lackedBy: string[]
}

/** All that is known of a name, by kind. */
export function explain(gossip: Gossip, text: string): Explanation[] {
  const refused = refusedOf(gossip, text)
  const kinds = new Set([...gossip.log.everyKind()].filter((kind) => gossip.log.find(kind, text) !== undefined))
  for (const kind of refused.keys()) kinds.add(kind)
  return [...kinds].map((kind) => {
    const name = gossip.log.find(kind, text)
    const cells = [...(name?.cells() ?? [])].map((change) => cellOf(gossip, change))
    const expire = shownExpire(name?.term?.expire ?? null)
    return { kind, name: text, phase: gossip.expiry.phase(name), expire, cells, refused: refused.get(kind) ?? [] }
  })
}

function cellOf(gossip: Gossip, { author, seq, part, expire, name, body }: Change): CellView {
  const heldBy = new Set<string>()
  const lackedBy = new Set<string>()
  for (const { peer } of gossip.sessions) if (peer !== null) (peer.covers(author, seq) ? heldBy : lackedBy).add(peer.host)
  for (const host of heldBy) lackedBy.delete(host)
  const given = gossip.kind(name.kind).give(body, part)
  return { author: author.id, seq, part, expire: shownExpire(expire), body: given, heldBy: [...heldBy], lackedBy: [...lackedBy] }
}

/** What was refused of a name, by kind. */
function refusedOf(gossip: Gossip, text: string): Map<string, Explanation['refused']> {
  const refused = new Map<string, Explanation['refused']>()
  for (const { refusals, peer } of gossip.sessions) {
    for (const { author, kind, seq, part, code } of refusals.of(text)) {
      const known = refused.get(kind) ?? []
      known.push({ author, seq, part, code, peer: peer?.host ?? null })
      refused.set(kind, known)
    }
  }
  return refused
}
