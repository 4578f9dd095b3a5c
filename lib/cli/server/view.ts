/**
 * `/view`: all that the page shows of a host, some times a second, as server-sent events; nothing while its reader is slow, then what is so.
 */
import type { Doubt } from '../../gossip/coherence.js'
import type { NodePeer } from '../../node/node.js'
import type { Statistics } from '../../core/view.js'
import { hostsMax, shownMax, viewMs } from '../bounds.js'
import type { Route } from './answer.js'
import { EventStream } from './events.js'
import type { HeardItem } from './heard.js'
import type { Noted, Watch } from './watch.js'

/** One change, or one event of the bus, whose kind is `event`; short. Each has its number among its like. */
export type TailLine = { number: number; at: number; host: string; from: string | null; kind: string; name: string; text: string }

/** A host, as its page shows it. */
export type View = {
  host: string
  at: number
  coherent: boolean
  since: number
  doubts: Doubt[]
  /** Those in doubt first; at most so many, and how many there are. */
  peers: NodePeer[]
  peersCount: number
  /** Hosts whose changes are held here, and that have no link with it. */
  others: string[]
  statistics: Statistics
  names: number
  /** Rises whenever a name comes or goes. */
  namesVersion: number
  /** Rises with every change. */
  changes: number
  tail: TailLine[]
  writable: boolean
}

/** How many changes and events a page was shown or spared. */
type Above = { changes: number; events: number }

/** What of a host a page shows now, with the changes and the events above their numbers. */
function viewOf(watch: Watch, above: Above, writable: boolean): View {
  const { node, directory } = watch
  const { store } = node
  const doubts = store.doubts()
  const doubted = new Set(doubts.map(({ host }) => host))
  const all = node.peers()
  const there = new Set(all.map(({ host }) => host))
  const peers = all.length <= hostsMax ? all : [...all].sort((a, b) => Number(doubted.has(b.host)) - Number(doubted.has(a.host))).slice(0, hostsMax)
  return {
    host: node.host, at: Date.now(), coherent: store.coherent, since: watch.since, doubts: doubts.slice(0, hostsMax), peers, peersCount: all.length,
    others: [...watch.hosts].filter((host) => host !== node.host && !there.has(host)), statistics: store.statistics(),
    names: directory.size, namesVersion: directory.version, changes: watch.count, writable,
    tail: [...watch.tail(above.changes).map(changeLine), ...watch.heard.tail(above.events).map(eventLine)].sort((a, b) => a.at - b.at)
  }
}

function changeLine({ number, at, change: { host, kind, name, body }, from }: Noted): TailLine {
  return { number, at, host, from, kind, name, text: (JSON.stringify(body) ?? '').slice(0, shownMax) }
}

function eventLine({ number, at, host, name, json }: HeardItem): TailLine {
  const { args } = JSON.parse(json) as { args: unknown }
  return { number, at, host, from: null, kind: 'event', name: name.slice(0, shownMax), text: JSON.stringify(args).slice(0, shownMax) }
}

/** The route of `/view`. */
export function viewRoute(watch: Watch, enter: () => () => void): Route {
  return ({ path, writer }) => {
    if (path.length !== 1 || path[0] !== 'view') return null
    const leave = enter()
    return {
      stream: (response) => {
        const here = (): Above => ({ changes: watch.count, events: watch.heard.count })
        let above = here()
        const tell = (): void => {
          if (!stream.room) return
          stream.tell('view', viewOf(watch, above, writer))
          above = here()
        }
        const ticking = setInterval(tell, viewMs)
        const stream = new EventStream(response, () => {}, () => {
          clearInterval(ticking)
          leave()
        })
        tell()
      }
    }
  }
}
