/**
 * Of which authors bodies say something: such a one is not forgotten, though nothing of its own is held.
 */
import type { Kind } from '../kinds/kind.js'
import type { Author } from '../log/author.js'

export class Mentions {
  /** How many bodies say something of an author, by its id. */
  private readonly counts = new Map<string, number>()

  has(author: Author): boolean {
    return this.counts.has(author.id)
  }

  /** A body is held from now on, in the place of another if that is given. */
  take(kind: Kind, body: unknown, before: unknown): void {
    this.count(kind, body, 1)
    if (before !== undefined) this.count(kind, before, -1)
  }

  /** A body is let go of. */
  drop(kind: Kind, body: unknown): void {
    this.count(kind, body, -1)
  }

  private count(kind: Kind, body: unknown, more: number): void {
    for (const id of kind.mentions?.(body) ?? []) {
      const count = (this.counts.get(id) ?? 0) + more
      if (count > 0) this.counts.set(id, count)
      else this.counts.delete(id)
    }
  }
}
