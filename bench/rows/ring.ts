/**
 * Eight hosts, a ring and a chord from each to the third after it: 16 links. Each message is a change of a name of its own, which says
 * when it was written; every other host notes when it came.
 */
import type { Bench } from '../bench.js'
import { median, quantile, ratio, verdict, type Outcome } from '../figures.js'
import type { Host } from '../host.js'
import type { SystemName } from '../systems.js'

const hostsMax = 8
const networks: SystemName[] = ['ours', 'scuttlebutt', 'EBT', 'gossipsub unsigned']

/** Joined hosts: a ring, and from each a chord. */
export async function ringOf(bench: Bench, system: SystemName, size = hostsMax, chord = 3): Promise<Host[]> {
  const hosts = await Promise.all(Array.from({ length: size }, (_, i) => bench.start(system, `h${i}`)))
  const ports = await Promise.all(hosts.map((host) => host.do('listen')))
  for (const [i, host] of hosts.entries()) {
    await host.do('connect', ports[(i + 1) % size] ?? 0)
    if (size > 2 * chord) await host.do('connect', ports[(i + chord) % size] ?? 0)
  }
  await Promise.all(hosts.map((host) => host.do('joined')))
  return hosts
}

/** Every host writes `each` at that rate, where it had written `before`, until all hold all. */
async function spread(hosts: readonly Host[], rate: number, prefix: string, each: number, before: number): Promise<void> {
  const all = before + each
  const reached = hosts.map((host) => host.do('reach', all * (hosts.length - 1), all * hosts.length))
  await Promise.all(hosts.map((host, i) => host.do('offer', { count: each, prefix: `${prefix}${i}.`, rate: rate / hosts.length, timed: true })))
  await Promise.all(reached)
}

type Seen = { copies: number; p50: number; p99: number; bytes: number; lost: number; cpuUs: number }

async function offered(hosts: readonly Host[], rate: number, seconds: number, warmSeconds: number): Promise<Seen> {
  const [warm, each] = [warmSeconds, seconds].map((span) => Math.floor((rate * span) / hosts.length)) as [number, number]
  await Promise.all(hosts.map((host) => host.do('listenToNews')))
  // What is measured is no compiler: each host is as warm as one that has run for a while.
  await spread(hosts, rate, 'warm', warm, 0)
  await Promise.all(hosts.map((host) => host.do('arrivals')))
  const before = await Promise.all(hosts.map((host) => host.do('usage')))
  await spread(hosts, rate, '', each, warm)
  const after = await Promise.all(hosts.map((host) => host.do('usage')))
  const last = new Map<string, { at: number; hosts: number }>()
  for (const arrivals of await Promise.all(hosts.map((host) => host.do('arrivals')))) {
    for (const [name, ns] of arrivals) {
      const known = last.get(name)
      last.set(name, { at: Math.max(ns, known?.at ?? 0), hosts: (known?.hosts ?? 0) + 1 })
    }
  }
  const delays = [...last].map(([name, { at }]) => at / 1e6 - Number(name.split(':')[1]) / 1e3)
  const grown = (what: 'received' | 'read' | 'cpuMs'): number => after.reduce((all, one, i) => all + one[what] - (before[i]?.[what] ?? 0), 0)
  const messages = each * hosts.length
  return {
    copies: grown('received') / messages, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), bytes: grown('read') / messages / hosts.length,
    cpuUs: (grown('cpuMs') * 1e3) / messages / hosts.length,
    lost: messages - [...last.values()].filter((one) => one.hosts === hosts.length - 1).length
  }
}

/** At 1,000 messages a second: copies, delay to the last host, bytes. */
export async function ring(bench: Bench): Promise<Outcome> {
  const subjects = bench.present(networks)
  const [seconds, warmSeconds] = [bench.size(10, 3), bench.size(5, 3)]
  const { figures, notes } = await bench.interleaved(subjects, 'ms', async (system) => {
    const { copies, p50, p99, bytes, lost, cpuUs } = await offered(await ringOf(bench, system), 1_000, seconds, warmSeconds)
    return { 'p50, ms': p50, 'p99, ms': p99, 'copies a message': copies, 'bytes a message and host': bytes, 'CPU a message and host, µs': cpuUs, 'not seen by all': lost }
  })
  const of = (subject: string, part: string) => figures.get(`${subject}: ${part}`)
  const best = subjects.slice(1).map((name) => of(name, 'p99, ms')).filter((figure) => figure !== undefined)
    .sort((a, b) => median(a.runs) - median(b.runs))[0]
  const copies = of('ours', 'copies a message')
  return {
    row: 'ring', title: '8 hosts, 16 links, 1,000 changes/s: to the last host', figures: [...figures.values()], notes,
    verdicts: [
      ...(copies === undefined ? [] : [verdict('copies a change of ours', copies.runs, { sense: '<=', at: 25 })]),
      ...ratio(`p99 of ours / ${best?.subject ?? 'best rival'}`, of('ours', 'p99, ms'), best, { sense: '<=', at: 1 })
    ]
  }
}

/** Every host writes `each` as fast as it may, where it had written `before`, until all hold all; says how many were published a second. */
async function flood(hosts: readonly Host[], prefix: string, each: number, before: number): Promise<number> {
  const all = before + each
  const reached = hosts.map((host) => host.do('reach', all * (hosts.length - 1), all * hosts.length))
  const offers = await Promise.all(hosts.map((host, i) => host.do('offer', { count: each, prefix: `${prefix}${i}.`, turn: 100 })))
  const ends = await Promise.all(reached)
  return (each * hosts.length) / ((Math.max(...ends) - Math.min(...offers.map(({ from }) => from))) / 1e9)
}

/**
 * As many as the network takes: published messages a second until every host holds all. Each system has so many to take that it is busy for some
 * five seconds, and is as warm as half of that makes it: in less, compilers are measured.
 */
export async function saturated(bench: Bench): Promise<Outcome> {
  const subjects = bench.present(networks)
  const count = bench.size(320_000, 8_000)
  const fewer: Partial<Record<SystemName, number>> = { 'scuttlebutt': 0.1, 'EBT': 0.05, 'gossipsub unsigned': 0.02 }
  const { figures, notes } = await bench.interleaved(subjects, 'published/s', async (system) => {
    const hosts = await ringOf(bench, system)
    const each = Math.floor((count * (fewer[system] ?? 1)) / hosts.length)
    const warm = Math.floor(each / 2)
    await flood(hosts, 'warm', warm, 0)
    return flood(hosts, '', each, warm)
  })
  return {
    row: 'saturated', title: '8 hosts, 16 links, saturated', figures: [...figures.values()], notes,
    verdicts: ratio('ours / scuttlebutt, the flooding rival', figures.get('ours'), figures.get('scuttlebutt'), { sense: '>=', at: 10 })
  }
}
