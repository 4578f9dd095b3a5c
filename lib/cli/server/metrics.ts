/**
 * `/metrics`: the host's figures in Prometheus' text format, read from the store at each scrape.
 */
import type { Registry } from 'prom-client'
import type { Route } from './answer.js'
import type { Watch } from './watch.js'

/** What is read once a scrape. */
type Reading = { labels: Record<string, string>; value: number }

/** Adds one metric. */
type Add = (name: string, help: string, labelNames: readonly string[], read: () => Reading[]) => void

/** The route of `/metrics`. */
export function metricsRoute(watch: Watch): Route {
  let made: Promise<Registry> | null = null
  return ({ path }) => {
    if (path.length !== 1 || path[0] !== 'metrics') return null
    made ??= metricsOf(watch)
    return made.then(async (registry) => ({ type: registry.contentType, text: await registry.metrics() }))
  }
}

/** Metrics with their readers; the client is loaded by the first scrape, since no other command needs it. */
async function metricsOf(watch: Watch): Promise<Registry> {
  const { collectDefaultMetrics, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const add = adder(registry, Gauge)
  registry.setDefaultLabels({ host: watch.node.host })
  collectDefaultMetrics({ register: registry })
  hostMetrics(add, watch)
  peerMetrics(add, watch)
  return registry
}

/** What only rises is a counter to Prometheus; the client's own cannot be set, so a gauge is told by its name and type. */
function adder(registry: Registry, Gauge: typeof import('prom-client').Gauge): Add {
  return (name, help, labelNames, read) => {
    const metric = new Gauge({
      name: `pull_gossip_${name}`, help, labelNames: [...labelNames], registers: [registry],
      collect() {
        this.reset()
        for (const { labels, value } of read()) this.set(labels, value)
      }
    })
    if (name.endsWith('_total')) (metric as unknown as { type: string }).type = 'counter'
  }
}

function hostMetrics(add: Add, watch: Watch): void {
  const { store } = watch.node
  const one = (value: number): Reading[] => [{ labels: {}, value }]
  add('coherent', '1 while every expected host was heard from.', [], () => one(store.coherent ? 1 : 0))
  add('coherent_since_seconds', 'When coherent last changed.', [], () => one(watch.since / 1_000))
  add('doubt', 'Expected hosts in doubt, and why.', ['peer', 'why'], () => store.doubts().map(({ host, why }) => ({ labels: { peer: host, why }, value: 1 })))
  add('names', 'Names that are live.', ['kind'], () => [...watch.directory.byKind()].map(([kind, value]) => ({ labels: { kind }, value })))
  add('cells', 'Changes in the log: its size.', [], () => one(store.statistics().cells))
  add('held_bytes', 'Bytes of memory that these are counted as, against bytesMax.', [], () => one(store.statistics().bytes))
  add('authors', 'Lives of hosts that are remembered.', [], () => one(store.statistics().authors))
  add('peers', 'Open streams.', [], () => one(store.statistics().peers))
  const { heard, linksRefused } = watch
  add('links_refused_total', 'Links that others dialled and that were refused, by the bound that one more would have passed.', ['bound'], () => {
    return [...linksRefused].map(([bound, value]) => ({ labels: { bound }, value }))
  })
  add('bus_emitted_events_total', 'Events emitted through this host.', [], () => one(heard.emitted))
  add('bus_heard_events_total', 'Events heard by this host, those emitted through it among them.', [], () => one(heard.heard))
  add('bus_missed_events_total', 'Events that were let go of before they came here.', [], () => one(heard.missed))
  add('bus_dropped_events_total', 'Events let go of here that a host which is away had not got.', [], () => one(heard.dropped))
  const totals = {
    recvBytes: 'received_bytes_total', sentBytes: 'sent_bytes_total', recvChanges: 'received_changes_total', sentChanges: 'sent_changes_total',
    recv: 'received_frames_total', sent: 'sent_frames_total', duplicates: 'duplicates_total', refused: 'refused_changes_total',
    unknown: 'unknown_messages_total', misled: 'misled_total'
  } as const
  for (const [key, name] of Object.entries(totals) as [keyof typeof totals, string][]) {
    add(name, `Over all streams since the start: ${name.replaceAll('_', ' ').replace(' total', '')}.`, [], () => one(store.statistics()[key]))
  }
}

function peerMetrics(add: Add, watch: Watch): void {
  const peers = (name: string, help: string, value: (peer: ReturnType<typeof watch.node.peers>[number]) => number | null): void => {
    add(`peer_${name}`, help, ['peer'], () => watch.node.peers().flatMap((peer) => {
      const read = value(peer)
      return read === null ? [] : [{ labels: { peer: peer.host }, value: read }]
    }))
  }
  peers('connected', '1 while there is a link.', ({ connected }) => (connected ? 1 : 0))
  peers('silent', '1 while nothing is heard.', ({ silent }) => (silent ? 1 : 0))
  peers('lag_changes', 'Changes held here that the peer has not acknowledged.', ({ lag }) => lag)
  peers('round_trip_seconds', 'The last round trip.', ({ rttMs }) => (rttMs === null ? null : rttMs / 1_000))
  peers('received_bytes_total', 'Bytes of the present stream.', ({ bytesIn }) => bytesIn)
  peers('sent_bytes_total', 'Bytes of the present stream.', ({ bytesOut }) => bytesOut)
  peers('received_changes_total', 'Changes of the present stream.', ({ changesIn }) => changesIn)
  peers('sent_changes_total', 'Changes of the present stream.', ({ changesOut }) => changesOut)
  peers('duplicates_total', 'Changes of the peer that were held already.', ({ duplicates }) => duplicates)
  peers('waiting_packets', 'Packets that wait for the peer.', ({ packets }) => packets)
  add('peer_refused_changes_total', 'Changes that were refused between this host and the peer, by code and by whom.', ['peer', 'code', 'by'], () => {
    return watch.node.peers().flatMap(({ host, refused, refusedByPeer }) => [
      ...Object.entries(refused).map(([code, value]) => ({ labels: { peer: host, code, by: 'us' }, value })),
      ...Object.entries(refusedByPeer).map(([code, value]) => ({ labels: { peer: host, code, by: 'peer' }, value }))
    ])
  })
}
