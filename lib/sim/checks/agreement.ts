/**
 * At rest all running hosts that hear of each other agree: on every cell, and on what their users read.
 *
 * Left out are names at an edge of their life, where clocks that differ make hosts differ for a while.
 */
import { bigint } from '../../kinds/numbers.js'
import type { Json } from '../../json.js'
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'
import { cellsOf, Ends, few, groupsOf, keyOf, none } from './check.js'
import type { Cell, Check, Place, Sparing } from './check.js'

/** All running hosts that are connected hold the same cells and read the same values. */
export function agreement(network: Network, spares: Sparing = none): Check {
  return { faults: () => few(groupsOf(network).flatMap((group) => differences(group, spares))) }
}

function differences(group: readonly SimHost[], spares: Sparing): string[] {
  const ends = new Ends(group)
  const all = group.map(({ store }) => cellsOf(store))
  // What is read is made of all cells of a name.
  const spared = new Set(all.flatMap((cells) => [...cells.values()].filter(spares).map(nameOf)))
  const held = all.map((cells) => new Map([...cells].filter(([, cell]) => !ends.drops(cell) && !spares(cell))))
  const read = group.map(({ store }) => readBy(store, (place) => ends.reads(place) || ends.drops(place) || spared.has(nameOf(place)) || spares(place)))
  const [first, ...others] = group as [SimHost, ...SimHost[]]
  return others.flatMap((host, i) => [
    ...compared(first, host, held[0] as Map<string, Cell>, held[i + 1] as Map<string, Cell>, cellTold),
    ...compared(first, host, read[0] as Map<string, Json>, read[i + 1] as Map<string, Json>, valueTold)
  ])
}

function compared<Seen>(a: SimHost, b: SimHost, here: Map<string, Seen>, there: Map<string, Seen>, tell: (seen: Seen | undefined) => string): string[] {
  const faults: string[] = []
  for (const key of new Set([...here.keys(), ...there.keys()])) {
    const [mine, theirs] = [tell(here.get(key)), tell(there.get(key))]
    if (mine !== theirs) faults.push(`${a.name} holds ${mine} at ${key}, ${b.name} ${theirs}`)
  }
  return faults
}

function cellTold(cell: Cell | undefined): string {
  return cell === undefined ? 'nothing' : `${JSON.stringify(cell.body)} of seq ${cell.seq}`
}

function readBy(store: Store, leaves: (place: Place) => boolean): Map<string, Json> {
  const read = new Map<string, Json>()
  for (const { kind, name } of store.names()) {
    const place: Place = { author: '', kind, name }
    if (!leaves(place)) read.set(keyOf({ ...place, part: 'as read' }), valueOf(store, kind, name))
  }
  return read
}

function nameOf({ kind, name }: Place): string {
  return JSON.stringify([kind, name])
}

function valueTold(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

/** What a user reads; of kinds that are read otherwise, or by nobody here, nothing. */
export function valueOf(store: Store, kind: string, name: string): Json {
  if (kind === 'counter') return store.counter(name).value
  if (kind === 'counter:bigint') return store.counter(name, bigint).value.toString()
  if (kind === 'register') return store.register(name).value ?? null
  return kind === 'set' ? store.set(name).values().sort() : null
}
