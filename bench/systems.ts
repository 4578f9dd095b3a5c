/**
 * All systems by name, and how each is loaded: a rival that is not installed is missing, and no fault.
 */
import { existsSync } from 'node:fs'
import { programAt } from './broker.js'
import type { Make } from './system.js'
import { Raw } from './systems/raw.js'

type Entry = {
  /** The packages it is made of; none for ours and for node's own. */
  needs: string[]
  /** A program of the machine's that it talks to. */
  program?: string
  load: () => Promise<Make>
}

const raw = (batchBytes: number, noDelay: boolean): Entry => ({
  needs: [], load: () => Promise.resolve((host) => Promise.resolve(new Raw(host, batchBytes, noDelay)))
})

const libp2p = ['libp2p', '@libp2p/gossipsub', '@libp2p/tcp', '@libp2p/plaintext', '@libp2p/noise', '@libp2p/yamux', '@libp2p/identify', '@multiformats/multiaddr']

const systems = {
  'ours': { needs: [], load: async () => (await import('./systems/ours.js')).make },
  'raw JSON in 16 KiB batches': raw(16_384, true),
  'raw JSON with Nagle': raw(0, false),
  'raw JSON': raw(0, true),
  'msgpackr': { needs: ['msgpackr', 'cbor-x'], load: async () => (await import('./systems/packed.js')).msgpackr },
  'cbor-x': { needs: ['msgpackr', 'cbor-x'], load: async () => (await import('./systems/packed.js')).cborX },
  'doubleline': {
    needs: ['pull-stream', 'pull-json-doubleline', 'stream-to-pull-stream'], load: async () => (await import('./systems/doubleline.js')).make
  },
  'axon': { needs: ['axon'], load: async () => (await import('./systems/axon.js')).make },
  'masterless': { needs: ['masterless'], load: async () => (await import('./systems/masterless.js')).make },
  'ws': { needs: ['ws'], load: async () => (await import('./systems/ws.js')).make },
  'zeromq': { needs: ['zeromq'], load: async () => (await import('./systems/zeromq.js')).make },
  'NATS': { needs: ['nats'], program: 'nats-server', load: async () => (await import('./systems/nats.js')).make },
  'Redis': { needs: ['redis'], program: 'redis-server', load: async () => (await import('./systems/redis.js')).make },
  'gossipsub': { needs: libp2p, load: async () => (await import('./systems/gossipsub.js')).signed },
  'gossipsub unsigned': { needs: libp2p, load: async () => (await import('./systems/gossipsub.js')).plain },
  'scuttlebutt': { needs: ['scuttlebutt'], load: async () => (await import('./systems/scuttlebutt.js')).make },
  'EBT': { needs: ['epidemic-broadcast-trees'], load: async () => (await import('./systems/ebt.js')).make },
  'yjs': { needs: ['yjs'], load: async () => (await import('./systems/yjs.js')).make },
  'automerge': { needs: ['@automerge/automerge'], load: async () => (await import('./systems/automerge.js')).make }
} satisfies Record<string, Entry>

export type SystemName = keyof typeof systems

export const systemNames = Object.keys(systems) as SystemName[]

/** The packages that a system needs and that bench/ has not installed, and its program if the machine has not got it. */
export function missingFor(name: SystemName): string[] {
  const { needs, program }: Entry = systems[name]
  // One that the project's own tests use is found above, but may be of another version: only what lies here counts.
  const packages = needs.filter((one) => !existsSync(new URL(`node_modules/${one}/package.json`, import.meta.url)))
  return program === undefined || programAt(program) !== null ? packages : [...packages, program]
}

export function makerOf(name: string): Promise<Make> {
  if (!Object.hasOwn(systems, name)) throw new Error(`there is no system "${name}"; there are ${Object.keys(systems).join(', ')}.`)
  return systems[name as SystemName].load()
}
