/**
 * The names of one kind, by their text.
 *
 * A Map of a million entries stops everything for tens of milliseconds whenever it grows or shrinks; so they are dealt to many small
 * ones. In what order they are told is of no meaning, but updates do not alter it.
 */
import type { Name } from './name.js'

/** A power of two: a million names then lie in Maps of some 16,000, which are moved within a millisecond. */
const shardsMax = 64

/** So many characters of a text are looked at. */
const samples = 8

export class Names {
  /** How many there are. */
  size = 0
  private readonly shards: Map<string, Name>[] = Array.from({ length: shardsMax }, () => new Map<string, Name>())
  /** What was looked for last: a write looks for one name several times, and a new one was looked for before it is put in. */
  private text = ''
  private name: Name | undefined = undefined
  private shard: Map<string, Name>

  constructor() {
    this.shard = this.shardOf(this.text)
  }

  get(text: string): Name | undefined {
    if (text !== this.text) {
      this.shard = this.shardOf(text)
      this.name = this.shard.get(text)
      this.text = text
    }
    return this.name
  }

  set(name: Name): void {
    if (this.get(name.text) === undefined) this.size += 1
    this.shard.set(name.text, name)
    this.name = name
  }

  delete(text: string): void {
    if (this.get(text) === undefined) return
    this.shard.delete(text)
    this.size -= 1
    this.name = undefined
  }

  *values(): Generator<Name, void, undefined> {
    for (const shard of this.shards) yield* shard.values()
  }

  private shardOf(text: string): Map<string, Name> {
    const step = Math.ceil(text.length / samples)
    let hash = text.length
    for (let i = text.length - 1; i >= 0; i -= step) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
    return this.shards[(hash ^ (hash >>> 8) ^ (hash >>> 16)) & (shardsMax - 1)] as Map<string, Name>
  }
}
