/**
 * Who is linked to whom: the shapes in which gossip is usually tried, as pairs of places.
 */
import { GossipError, shown } from '../errors.js'
import type { Chance } from './chance.js'

/** Two places that are linked. */
export type Pair = readonly [number, number]

/** `line`, `ring`, `star`, `mesh`, `random:k` (a host has k links, hardly any fewer), `world:k` (a small world: a ring to the k nearest, some of them moved), `sites` (two meshes, one bridge). */
export type Topology = 'line' | 'ring' | 'star' | 'mesh' | 'sites' | `random:${number}` | `world:${number}`

/** How many links of a small world lead elsewhere (Watts and Strogatz, 1998). */
const movedShare = 0.1

/** The links of `count` hosts. All are connected with each other, by some way. */
export function pairsOf(topology: Topology, count: number, chance: Chance): Pair[] {
  const [shape, degree] = read(topology)
  if (shape === 'line') return range(count - 1).map((i) => [i, i + 1])
  if (shape === 'ring') return ring(count, 1)
  if (shape === 'star') return range(count - 1).map((i) => [0, i + 1])
  if (shape === 'mesh') return mesh(0, count)
  if (shape === 'sites') return sites(count)
  if (degree >= count) return mesh(0, count)
  return shape === 'random' ? regular(count, degree, chance) : smallWorld(count, degree, chance)
}

/** The text of a topology, checked. */
export function topologyOf(text: string): Topology {
  read(text)
  return text as Topology
}

function read(text: string): [shape: string, degree: number] {
  const [shape, degree] = text.split(':') as [string, string | undefined]
  const plain = ['line', 'ring', 'star', 'mesh', 'sites'].includes(shape) && degree === undefined
  const counted = ['random', 'world'].includes(shape) && Number.isSafeInteger(Number(degree)) && Number(degree) >= 2
  if (plain || counted) return [shape, Number(degree ?? 0)]
  throw new GossipError('ERR_OPTION', `there is no topology ${shown(text)}; there are line, ring, star, mesh, sites, random:k and world:k, k at least 2.`)
}

function ring(count: number, reach: number): Pair[] {
  const pairs = new Map<string, Pair>()
  for (let i = 0; i < count; i += 1) for (let d = 1; d <= reach; d += 1) put(pairs, i, (i + d) % count)
  return [...pairs.values()]
}

function mesh(from: number, to: number): Pair[] {
  const pairs: Pair[] = []
  for (let i = from; i < to; i += 1) for (let j = i + 1; j < to; j += 1) pairs.push([i, j])
  return pairs
}

function sites(count: number): Pair[] {
  const half = count >> 1
  return count < 2 ? [] : [...mesh(0, half), ...mesh(half, count), [0, half]]
}

/** A random regular graph: rings through all hosts, each in an order of its own; the last is a matching where the degree is odd. */
function regular(count: number, degree: number, chance: Chance): Pair[] {
  const pairs = new Map<string, Pair>()
  for (let left = degree; left > 0; left -= 2) {
    const order = chance.shuffled(range(count))
    const step = left === 1 ? 2 : 1
    for (let i = 0; i < count; i += step) put(pairs, order[i] as number, order[(i + 1) % count] as number)
  }
  complete(pairs, count, degree, chance)
  return [...pairs.values()]
}

/** Two rings may give the same link: those who lack one for that are linked among themselves, as far as they can be. */
function complete(pairs: Map<string, Pair>, count: number, degree: number, chance: Chance): void {
  const left = new Map(range(count).map((i) => [i, degree]))
  const use = (i: number): void => void left.set(i, (left.get(i) ?? 0) - 1)
  const lacks = (i: number): boolean => (left.get(i) ?? 0) > 0
  for (const pair of pairs.values()) pair.forEach(use)
  const lacking = chance.shuffled(range(count).filter(lacks))
  for (const i of lacking) for (const j of lacking) if (lacks(i) && lacks(j) && put(pairs, i, j)) [i, j].forEach(use)
}

function smallWorld(count: number, degree: number, chance: Chance): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const [i, j] of ring(count, Math.max(1, degree >> 1))) {
    // The ring itself stays, so that nobody is cut off.
    const near = j === (i + 1) % count || i === (j + 1) % count
    put(pairs, i, !near && chance.odds(movedShare) ? chance.whole(0, count - 1) : j)
  }
  return [...pairs.values()]
}

/** Puts a pair in, once, and says whether it is new; nobody is linked to itself. */
function put(pairs: Map<string, Pair>, i: number, j: number): boolean {
  const pair: Pair = [Math.min(i, j), Math.max(i, j)]
  if (i === j || pairs.has(pair.join('-'))) return false
  pairs.set(pair.join('-'), pair)
  return true
}

function range(count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, i) => i)
}
