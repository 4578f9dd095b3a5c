/**
 * Two stores of one process, joined in memory.
 */
import type { Store } from './store.js'

/** Joins two stores; what it gives back cuts the link. Each expects the other from now on. */
export function link(a: Store, b: Store): () => void {
  const left = a.createStream({ host: b.host, id: b.host })
  const right = b.createStream({ host: a.host, id: a.host })
  left.sink(right.source)
  right.sink(left.source)
  return () => {
    left.source(true, () => {})
  }
}
