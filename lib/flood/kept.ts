/**
 * The messages of a flood that are kept, by the time of their receipt.
 */
import type { Json } from '../json.js'
import type { Change } from '../log/change.js'

export class Kept {
  /** As users see it. */
  readonly data: Readonly<Record<string, Json>>
  private readonly messages = Object.create(null) as Record<string, Json>
  /** The keys and ids of messages, by author and seq. */
  private readonly keys = new Map<string, { key: string; id: string | null }>()
  private readonly ids = new Set<string>()
  private last = 0
  private count = 0

  constructor(private readonly clock: () => number) {
    const refuse = (): boolean => false
    this.data = new Proxy(this.messages, { set: refuse, defineProperty: refuse, deleteProperty: refuse, setPrototypeOf: refuse, preventExtensions: refuse })
  }

  has(id: string): boolean {
    return this.ids.has(id)
  }

  add(event: Change, message: Json, id: string | null): void {
    const key = this.nextKey()
    this.messages[key] = frozen(message)
    this.keys.set(placeOf(event), { key, id })
    if (id !== null) this.ids.add(id)
  }

  /** A message is another event from now on. */
  move(event: Change, now: Change): void {
    const known = this.keys.get(placeOf(event))
    if (known === undefined) return
    this.keys.delete(placeOf(event))
    this.keys.set(placeOf(now), known)
  }

  /** Says whether it was there. */
  remove(event: Change): boolean {
    const place = placeOf(event)
    const known = this.keys.get(place)
    if (known === undefined) return false
    this.keys.delete(place)
    delete this.messages[known.key]
    if (known.id !== null) this.ids.delete(known.id)
    return true
  }

  /** The time in milliseconds, which never goes back, and behind a point the how manieth it is of its millisecond, from the second on. */
  private nextKey(): string {
    const now = Math.max(this.last, Math.floor(this.clock()))
    this.count = now === this.last ? this.count + 1 : 0
    this.last = now
    return this.count === 0 ? String(now) : `${now}.${String(this.count).padStart(6, '0')}`
  }
}

function placeOf({ author, seq }: Change): string {
  return `${author.number} ${seq}`
}

/** A message that its receivers share: nobody can change it. */
function frozen(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  for (const item of Object.values(value)) frozen(item)
  return Object.freeze(value)
}
