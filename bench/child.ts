/**
 * One host in a process of its own. The parent tells it what to do over IPC, and is told what came of it; what is measured travels by TCP.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Offer, type OfferOptions } from './offer.js'
import { audits, type Names } from './audits.js'
import { fan } from './fan.js'
import { cut, traffic } from './sockets.js'
import { nowNs, type System } from './system.js'
import { makerOf } from './systems.js'

export type Usage = {
  /** CPU of the process since it began, user and system. */
  cpuMs: number
  heapBytes: number
  /** Buffers and strings that the heap only points to. */
  outsideBytes: number
  rssBytes: number
  read: number
  written: number
  received: number
  ns: number
}

const [system = '', host = ''] = process.argv.slice(2)
const hosted: System = await (await makerOf(system))(host)
const offer = new Offer(hosted)
const arrivals: [name: string, ns: number][] = []
const delay = monitorEventLoopDelay({ resolution: 5 })

/** What the parent may ask for. */
const deeds = {
  listen: () => hosted.listen(),
  connect: (port: number) => hosted.connect(port),
  joined: () => hosted.joined(),
  cut: () => cut(),
  offer: (options: OfferOptions) => offer.run(options),
  /** The moment at which the others had confirmed all; null from a system that cannot tell. */
  settled: async () => {
    if (hosted.settled === undefined) return null
    await hosted.settled()
    return nowNs()
  },
  reach: (sum: number, names: number) => hosted.reach(sum, names),
  received: () => hosted.received(),
  /** Only ours: what a change takes a hub of so many peers, in µs. */
  fan: (peers: number, rounds: number) => fan(hosted, peers, rounds),
  /** Only ours: what a change takes both ends, with audits and without, in µs. */
  audits: (names: Names, turns: number, size: number) => audits(names, turns, size),
  /** From now on the moment of each arrival is noted. */
  listenToNews: () => { hosted.onNews = (name) => arrivals.push([name, nowNs()]) },
  arrivals: () => arrivals.splice(0),
  /** Until all names are held. */
  watchTurns: () => {
    delay.enable()
    hosted.onHeld = () => { delay.disable() }
  },
  /** The longest that the event loop was held up, in ms. */
  turnMsMax: () => delay.max / 1e6,
  /** CPU since it began, as it is: `usage` tidies up first. */
  cpuMs: (): number => {
    const { user, system: kernel } = process.cpuUsage()
    return (user + kernel) / 1_000
  },
  usage: (): Usage => {
    globalThis.gc?.()
    const cpuMs = deeds.cpuMs()
    const { heapUsed, rss, external } = process.memoryUsage()
    return { cpuMs, heapBytes: heapUsed, outsideBytes: external, rssBytes: rss, ...traffic(), received: hosted.received(), ns: nowNs() }
  }
}

export type Deeds = typeof deeds

process.on('message', ({ id, deed, args }: { id: number; deed: keyof Deeds; args: unknown[] }) => {
  const answer = (more: object): void => { process.send?.({ id, ...more }) }
  Promise.resolve()
    .then(() => (deeds[deed] as (...given: unknown[]) => unknown)(...args))
    .then((value) => answer({ value }), (error: unknown) => answer({ error: error instanceof Error ? error.stack : String(error) }))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })
