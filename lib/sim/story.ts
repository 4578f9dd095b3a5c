/**
 * Stories: what happens to a network, told as a list of sentences, so that a test of a scenario reads as its own documentation.
 *
 *     const { host, link, cut, write, wait, expect } = story({ seed: 7 })
 *     host('α', 'β')
 *     link('α', 'β', { latencyMs: 50 })
 *     write('α', (store) => store.counter('calls').increment(2))
 *     wait(500)
 *     expect('β', (store) => store.counter('calls').value, 2)
 */
import { GossipError, shown } from '../errors.js'
import type { Json } from '../json.js'
import type { Store } from '../store/store.js'
import type { HostOptions, SimHost } from './host.js'
import type { LinkOptions, Notice, SimLink } from './link.js'
import { Network } from './network.js'
import type { NetworkOptions } from './network.js'

/** The verbs of a story. They need no object in front of them. */
export type Story = {
  /** The network in which it happens, for what has no verb. */
  network: Network
  /** Hosts come to be: several, or one of its own sort. */
  host(...names: string[] | [name: string, options: HostOptions]): void
  /** Two hosts are linked. */
  link(first: string, second: string, options?: LinkOptions): void
  /** The links between two hosts are lost and not made again; who is told of that is told at once. */
  cut(first: string, second: string, notice?: Notice): void
  /** What one host says no longer comes to the other, though their links stay. */
  silence(from: string, to: string): void
  /** The links between two hosts, or all of one, or all there are, are made again and let everything through. */
  heal(first?: string, second?: string): void
  /** A host is gone, with all that it knew. */
  crash(name: string): void
  /** A host starts without memory. */
  restart(name: string): void
  /** A host does nothing for so long, as if its machine slept. */
  pause(name: string, ms: number): void
  /** A host does something with its store; gives what that gave. */
  write<Result>(name: string, what: (store: Store) => Result): Result
  /** Virtual time passes. */
  wait(ms: number): void
  /** What a host, or `everyone` who runs, reads must be that; throws a sentence if it is not. */
  expect(who: string, read: (store: Store) => unknown, expected: Json | undefined): void
}

/** Begins a story. The same seed and the same sentences make the same story. */
export function story(options: NetworkOptions = {}): Story {
  const network = new Network(options)
  return {
    network,
    ...makers(network),
    ...strokes(network),
    wait: (ms) => network.run(ms),
    write: (name, what) => what(alive(network, name, 'do anything').store),
    expect: (who, read, expected) => {
      const hosts = who === 'everyone' ? network.running : [alive(network, who, 'be asked')]
      const when = `at ${Math.round(network.clock.now())} ms, with seed ${options.seed ?? 1}`
      for (const { name, store } of hosts) {
        const [there, isAnswer] = answerOf(store, read)
        if (isAnswer && isSame(there, expected)) continue
        throw new Error(`${name} was expected to give ${told(expected)} and ${isAnswer ? 'gave' : 'failed:'} ${told(there)} (${when}).`)
      }
    }
  }
}

type Makers = Pick<Story, 'host' | 'link'>

function makers(network: Network): Makers {
  return {
    host: (...given) => {
      const [first, options] = given
      if (typeof options === 'object') network.add(first, options)
      else for (const name of given as string[]) network.add(name)
    },
    link: (first, second, options) => {
      network.link(first, second, options)
    }
  }
}

type Strokes = Pick<Story, 'cut' | 'silence' | 'heal' | 'crash' | 'restart' | 'pause'>

function strokes(network: Network): Strokes {
  const silent = new Map<SimLink, [boolean, boolean]>()
  return {
    cut: (first, second, notice) => {
      for (const link of between(network, first, second)) link.cut(notice)
    },
    silence: (from, to) => {
      for (const link of between(network, from, to)) {
        const forward = link.hosts[0] === network.host(from)
        const [there, back] = silent.get(link) ?? [false, false]
        silent.set(link, [forward || there, !forward || back])
        link.silence(forward || there, !forward || back)
      }
    },
    heal: (first, second) => {
      const healed = first === undefined ? network.links : between(network, first, second)
      for (const link of healed) {
        silent.delete(link)
        link.heal()
      }
    },
    crash: (name) => network.crash(name),
    restart: (name) => network.restart(name),
    pause: (name, ms) => alive(network, name, 'be paused').pause(ms)
  }
}

/** A sentence about a link that is not there would change nothing, silently. */
function between(network: Network, first: string, second?: string): SimLink[] {
  const links = network.between(first, second)
  if (links.length > 0) return links
  throw new GossipError('ERR_OPTION', `${first} has no link${second === undefined ? '' : ` with ${second}`} in this story.`)
}

function alive(network: Network, name: string, what: string): SimHost {
  const host = network.host(name)
  if (!host.running) throw new GossipError('ERR_OPTION', `${name} does not run and cannot ${what}.`)
  return host
}

function answerOf(store: Store, read: (store: Store) => unknown): [answer: unknown, isAnswer: boolean] {
  try {
    return [read(store), true]
  } catch (error) {
    return [error instanceof Error ? error.message : error, false]
  }
}

/** As JSON: the order of keys counts, and nothing else that JSON cannot show. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function told(value: unknown): string {
  return typeof value === 'string' ? shown(value) : JSON.stringify(value) ?? 'nothing'
}
