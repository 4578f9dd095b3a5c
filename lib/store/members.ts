/**
 * Which elements are in the sets that somebody reads: worked out once for a name, and kept up with every change of it.
 */
import type { SetKind } from '../kinds/set.js'
import { clearPart } from '../kinds/set.js'
import type { Change } from '../log/change.js'
import type { Name } from '../log/name.js'

const none: ReadonlySet<string> = new Set()

export class Members {
  private readonly known = new WeakMap<Name, Set<string>>()

  constructor(private readonly kind: SetKind) {}

  /** The elements of a set; nobody may change what this gives. */
  of(name: Name | undefined): ReadonlySet<string> {
    if (name === undefined) return none
    const known = this.known.get(name)
    if (known !== undefined) return known
    const elements = new Set(this.kind.elements(name))
    this.known.set(name, elements)
    return elements
  }

  /** A change of a set was kept. */
  take({ name, part }: Change): void {
    if (part === clearPart) this.known.delete(name)
    const elements = this.known.get(name)
    if (elements === undefined) return
    const element = part.slice(1)
    if (this.kind.has(name, element)) elements.add(element)
    else elements.delete(element)
  }
}
