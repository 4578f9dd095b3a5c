/**
 * `/view`: all that the page shows of a host, some times a second, as server-sent events; nothing while its reader is slow, then what is so.
 */
import type { Doubt } from '../../gossip/coherence.js'
import type { Json } from '../../json.js'
import { eventKind } from '../../kinds/event.js'
import type { NodePeer } from '../../node/node.js'
import type { Statistics } from '../../core/view.js'
import { hostsMax, shownMax, viewMs } from '../bounds.js'
import type { Route } from './answer.js'
import { EventStream } from './events.js'
import type { Watch } from './watch.js'

/** One change, short. */
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

/** What of a host a page shows now, with the changes above a number. */
export function viewOf(watch: Watch, above: number, writable: boolean): View {
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
    tail: watch.tail(above).map(({ number, at, change, from }) => {
      // An event is better known by its own name than by that of its bus.
      const [name, body] = change.kind === eventKind && Array.isArray(change.body) ? [String(change.body[0]), change.body.slice(1) as Json[]] : [change.name, change.body]
      return { number, at, host: change.host, from, kind: change.kind, name, text: (JSON.stringify(body) ?? '').slice(0, shownMax) }
    })
  }
}

/** The route of `/view`. */
export function viewRoute(watch: Watch, enter: () => () => void): Route {
  return ({ path, writer }) => {
    if (path.length !== 1 || path[0] !== 'view') return null
    const leave = enter()
    return {
      stream: (response) => {
        let above = watch.count
        const tell = (): void => {
          if (!stream.room) return
          stream.tell('view', viewOf(watch, above, writer))
          above = watch.count
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
