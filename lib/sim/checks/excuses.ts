/**
 * What may be sent back over the session that brought it, because the other end asked for it: what an `ask` names, and where a word of an audit
 * looks. Each cell may come back once for each such word, and none that the word does not mean.
 */
import { latest, momentOf } from '../../log/expire.js'
import type { Expire } from '../../log/expire.js'
import { digitsOf } from '../../log/digits.js'
import { placesOf } from '../../gossip/reply.js'
import type { Ask, Audit } from '../../wire/message.js'
import type { Carried } from './frames.js'

/** Where as many differ, and it is not said which, all is served. */
const hugeMin = 32

/** Whether a word means a change. */
type Meant = (change: Carried) => boolean

export class Excuses {
  private readonly words: { meant: Meant; used: Set<string> }[] = []

  /** The peer asks for authors above a vector, and for names. */
  ask({ w, d = {}, n = [] }: Ask, authorOf: (key: string) => string): void {
    const asked = new Map(Object.entries(w).map(([key, have]) => [authorOf(key), { have, ranges: d[key] ?? [] }]))
    const names = new Set(n.map(([kind, name]) => JSON.stringify([kind, name])))
    this.add(({ author, seq, kind, name }) => {
      const from = asked.get(author)
      if (from !== undefined && seq > from.have && !from.ranges.some(([first, last]) => seq >= first && seq <= last)) return true
      return names.has(JSON.stringify([kind, name]))
    })
  }

  /** The peer says a word of an audit; `brought` is all that it brought by then. */
  hear(word: Audit, spanMs: number, brought: ReadonlyMap<string, unknown>): void {
    const { p = [], q = [], x } = word
    for (const [address] of p) this.add((change) => standsAt(address, change, spanMs))
    for (const [address, places] of q) {
      const digits = 5 - digitsIn(address).length
      const wanted = new Set(Array.from({ length: places.length / digits }, (_, i) => digitsIn(address) + places.slice(i * digits, (i + 1) * digits)))
      this.add((change) => placesIn(change).some((place) => wanted.has(place)))
    }
    if (x === 'all') this.all(brought)
    if (x === 'ends') this.add(({ expire }) => momentOf(knownOf(expire)) !== Infinity)
  }

  /** A word of an audit was said to the peer: that half of all differs, and so all is served. */
  say({ d = 0, n, p, q, x }: Audit, brought: ReadonlyMap<string, unknown>): void {
    if (d >= hugeMin && n === undefined && p === undefined && q === undefined && x === undefined) this.all(brought)
  }

  /** Whether a change may come back; then that word means it no more. */
  take(change: Carried): boolean {
    const key = `${change.author} ${change.seq}`
    const word = this.words.find(({ meant, used }) => !used.has(key) && meant(change))
    word?.used.add(key)
    return word !== undefined
  }

  private all(brought: ReadonlyMap<string, unknown>): void {
    const keys = new Set(brought.keys())
    this.add(({ author, seq }) => keys.has(`${author} ${seq}`))
  }

  private add(meant: Meant): void {
    this.words.push({ meant, used: new Set() })
  }
}

/** The latest end of a name that travels with a change of it. */
export function knownOf(expire: Carried['expire']): Expire {
  return Array.isArray(expire) ? latest(expire[0], expire[1]) : expire
}

/** Whether a change stands at an address: what ends by the place of its name in a span of time, all else by its own. */
function standsAt(address: string, change: Carried, spanMs: number): boolean {
  const end = momentOf(knownOf(change.expire))
  const span = address.includes('.') ? Number(address.slice(0, address.indexOf('.'))) : null
  if (span !== (end === Infinity ? null : Math.floor(end / spanMs))) return false
  return placesIn(change).some((place) => place.startsWith(digitsIn(address)))
}

function placesIn({ kind, name, part }: Carried): string[] {
  return placesOf(kind, name, part).map((place) => digitsOf(place, 5))
}

/** The digits of places that an address has. */
function digitsIn(address: string): string {
  return address.slice(address.indexOf('.') + 1)
}
