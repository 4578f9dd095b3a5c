/**
 * At rest everything that was written by whoever still runs, or acknowledged to whoever crashed, is held by every connected host, or is
 * superseded there.
 *
 * Of a set less may be held: what removed all that a change said takes its place, then at its author's too.
 */
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { cellsOf, Ends, few, gossipOf, groupsOf, keyOf, none } from './check.js'
import type { Cell, Check, Sparing } from './check.js'
import type { Entry, Ledger } from './ledger.js'

/** No settled change is lost. */
export function kept(network: Network, ledger: Ledger, spares: Sparing = none): Check {
  return { faults: () => few(groupsOf(network).flatMap((group) => lost(group, ledger, spares))) }
}

function lost(group: readonly SimHost[], ledger: Ledger, spares: Sparing): string[] {
  const ends = new Ends(group)
  const held = new Map(group.map((host) => [host, cellsOf(host.store)]))
  const authors = new Set(group.map(({ store }) => gossipOf(store).own.id))
  const owed = [
    ...[...authors].flatMap((author) => ledger.latest(author).map((entry) => ({ entry, by: author }))),
    ...ledger.receipts.filter(({ by }) => authors.has(by))
  ]
  const faults = new Set<string>()
  for (const { entry, by } of owed) {
    if (spares(entry) || (ledger.isMortal(entry) && (ends.pass(entry) || isGone(entry, held)))) continue
    for (const [{ name }, cells] of held) {
      const there = cells.get(keyOf(entry))
      if (there !== undefined ? there.seq >= entry.seq : entry.kind === 'set' && isGone(entry, held)) continue
      faults.add(`${by} holds seq ${entry.seq} of ${entry.author} at ${entry.name}, and ${name} ${there === undefined ? 'nothing' : `seq ${there.seq}`}`)
    }
  }
  return [...faults]
}

/** Whether nobody holds a cell any more. */
function isGone(entry: Entry, held: Map<SimHost, Map<string, Cell>>): boolean {
  return [...held.values()].every((cells) => !cells.has(keyOf(entry)))
}
