/**
 * The clock of a host, as its user gives it.
 */

/** A clock that is the user's: what is no time at all is taken for the last one told, or it would spoil every stamp to come. */
export function steady(now: () => number): () => number {
  let last = 0
  return () => {
    const told = now()
    if (Number.isFinite(told)) last = told
    return last
  }
}
