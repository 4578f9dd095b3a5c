/**
 * The names of one kind, by their text.
 *
 * A Map of a million entries stops everything for tens of milliseconds whenever it grows or shrinks; so they are dealt to many small
 * ones, each made when there is a name for it: a stranger may name many kinds. In what order they are told is of no meaning, but updates
 * do not alter it.
 */
import type { Name } from './name.js'

/** A power of two: a million names then lie in Maps of some 16,000, which are moved within a millisecond. */
const shardsMax = 64

/** So many characters of a text are looked at. */
const samples = 8

export class Names {
  /** How many there are. */
  size = 0
  private readonly shards: (Map<string, Name> | undefined)[] = []
  /** What was looked for last: a write looks for one name several times, and a new one was looked for before it is put in. */
  private text = ''
  private index = indexOf('')
  private name: Name | undefined = undefined

  get(text: string): Name | undefined {
    if (text !== this.text) {
      this.index = indexOf(text)
      this.name = this.shards[this.index]?.get(text)
      this.text = text
    }
    return this.name
  }

  set(name: Name): void {
    if (this.get(name.text) === undefined) this.size += 1
    const shard = (this.shards[this.index] ??= new Map<string, Name>())
    shard.set(name.text, name)
    this.name = name
  }

  delete(text: string): void {
    if (this.get(text) === undefined) return
    this.shards[this.index]?.delete(text)
    this.size -= 1
    this.name = undefined
  }

  *values(): Generator<Name, void, undefined> {
    for (const shard of this.shards) if (shard !== undefined) yield* shard.values()
  }
}

/** Which shard a name is dealt to. */
function indexOf(text: string): number {
  const step = Math.ceil(text.length / samples)
  let hash = text.length
  for (let i = text.length - 1; i >= 0; i -= step) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (shardsMax - 1)
}
