/**
 * What a check is, and what all of them need: which hosts hear of each other, what each holds, and which names are at an edge.
 */
import type { Gossip } from '../../gossip/gossip.js'
import { eventKind } from '../../kinds/event.js'
import type { Json } from '../../json.js'
import type { Change } from '../../log/change.js'
import { latest, momentOf } from '../../log/expire.js'
import type { Expire } from '../../log/expire.js'
import type { Store } from '../../store/store.js'
import type { SimHost } from '../host.js'
import type { Network } from '../network.js'

/** Something that must hold. */
export interface Check {
  /** What does not hold, in words; empty if all does. */
  faults(): string[]
}

/** Where a change stands, as far as checks tell changes apart. */
export type Place = { author: string; kind: string; name: string }

/** What a check does not judge, because of what somebody did to it on purpose; the rule must be stated where it is made. */
export type Sparing = (place: Place) => boolean

/** One cell of a host; `until` is the end of its name, as far as that host knows. */
export type Cell = Place & { part: string; seq: number; body: Json; expire: Expire; until: Expire }

/** What is spared where nothing is said: nothing. */
export const none: Sparing = () => false

/** The gossip of a store. No store shows it; but a check must see what no user needs to: ranges, sessions, and what peers are known to hold. */
export function gossipOf(store: Store): Gossip {
  return store['gossip']
}

/** A cell among all cells of a store. */
export function keyOf({ author, kind, name, part }: Place & { part: string }): string {
  return JSON.stringify([author, kind, name, part])
}

/** All cells of a store, by their keys; but for events, which every host keeps for as long as its peers and bounds make it. */
export function cellsOf(store: Store): Map<string, Cell> {
  const gossip = gossipOf(store)
  const cells = new Map<string, Cell>()
  for (const change of gossip.log.cells()) {
    if (change.name.kind === eventKind) continue
    const cell = cellOf(gossip, change)
    cells.set(keyOf(cell), cell)
  }
  return cells
}

function cellOf(gossip: Gossip, { author, name, part, seq, body, expire }: Change): Cell {
  return { author: author.id, kind: name.kind, name: name.text, part, seq, expire, until: name.term?.expire ?? null, body: gossip.kind(name.kind).give(body, part) }
}

/** Running hosts, in groups of those who hear of each other: by links that are up, and through which changes flow both ways. */
export function groupsOf(network: Network): SimHost[][] {
  const group = new Map(network.running.map((host) => [host, new Set([host])]))
  for (const { hosts: [first, second], up } of network.links) {
    const [left, right] = [group.get(first), group.get(second)]
    if (!up || left === undefined || right === undefined || left === right || !flows(first, second)) continue
    for (const host of right) group.set(host, left.add(host))
  }
  return [...new Set(group.values())].map((hosts) => [...hosts])
}

function flows(first: SimHost, second: SimHost): boolean {
  for (const { peer, claims, takes } of gossipOf(first.store).sessions) if (peer?.host === second.name && claims && takes) return true
  return false
}

/** When names end, as far as anybody of a group knows, by kind and name. */
export class Ends {
  private readonly until = new Map<string, Expire>()

  constructor(private readonly hosts: readonly SimHost[]) {
    for (const { store } of hosts) {
      const { log } = gossipOf(store)
      for (const kind of log.everyKind()) {
        for (const { text, term } of log.names(kind)?.values() ?? []) {
          const key = JSON.stringify([kind, text])
          if (term !== null) this.until.set(key, latest(this.until.get(key) ?? null, term.expire))
        }
      }
    }
  }

  /** Whether a name is about to end or has, by some clock of the group. */
  pass(place: Place): boolean {
    return this.oldest(place) > -slackMs
  }

  /** Whether a name reads as live at some hosts and as absent at others, because their clocks differ. */
  reads(place: Place): boolean {
    return this.oldest(place) > -slackMs && this.youngest(place) < slackMs
  }

  /** Whether some host may have dropped a name, or let others make it anew, and another not. */
  drops(place: Place): boolean {
    const { graceMs, skewMsMax } = this.limits
    const keptMs = 2 * graceMs + skewMsMax
    return this.oldest(place) > keptMs - slackMs && this.youngest(place) < keptMs + 2 * skewMsMax + slackMs
  }

  private get limits(): { graceMs: number; skewMsMax: number } {
    return gossipOf((this.hosts[0] as SimHost).store).limits
  }

  private oldest(place: Place): number {
    return Math.max(...this.hosts.map(({ now }) => now)) - this.endOf(place)
  }

  private youngest(place: Place): number {
    return Math.min(...this.hosts.map(({ now }) => now)) - this.endOf(place)
  }

  private endOf({ kind, name }: Place): number {
    return momentOf(this.until.get(JSON.stringify([kind, name])) ?? null)
  }
}

/** Names are swept a little late, and a word about an end may be under way. */
const slackMs = 100

/** So many faults are told one by one. */
const toldMax = 10

/** Not more faults than somebody reads. */
export function few(faults: readonly string[]): string[] {
  return faults.length <= toldMax ? [...faults] : [...faults.slice(0, toldMax), `and ${faults.length - toldMax} more like these`]
}
