/**
 * Waiting for what others wrote, in a page as in Node.
 */
import type { Store } from '../index.js'

/** Resolves once something holds that a change to this store, or its coherence, brings about. */
export function until(store: Store, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return
      store.off('change', look).off('coherent', look)
      resolve()
    }
    store.on('change', look).on('coherent', look)
    look()
  })
}
