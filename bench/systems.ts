/**
 * All systems by name, and how each is loaded: a rival that is not installed is missing, and no fault.
 */
import { existsSync } from 'node:fs'
import type { Make } from './system.js'
import { Raw } from './systems/raw.js'

type Entry = {
  /** The packages it is made of; none for ours and for node's own. */
  needs: string[]
  load: () => Promise<Make>
}

const raw = (batchBytes: number, noDelay: boolean): Entry => ({
  needs: [], load: () => Promise.resolve((host) => Promise.resolve(new Raw(host, batchBytes, noDelay)))
})

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
  'scuttlebutt': { needs: ['scuttlebutt'], load: async () => (await import('./systems/scuttlebutt.js')).make },
  'EBT': { needs: ['epidemic-broadcast-trees'], load: async () => (await import('./systems/ebt.js')).make },
  'yjs': { needs: ['yjs'], load: async () => (await import('./systems/yjs.js')).make },
  'automerge': { needs: ['@automerge/automerge'], load: async () => (await import('./systems/automerge.js')).make }
} satisfies Record<string, Entry>

export type SystemName = keyof typeof systems

export const systemNames = Object.keys(systems) as SystemName[]

/** The packages that a system needs and that bench/ has not installed. */
export function missingFor(name: SystemName): string[] {
  return systems[name].needs.filter((one) => {
    // One that the project's own tests use is found above, but may be of another version: only what lies here counts.
    return !existsSync(new URL(`node_modules/${one}/package.json`, import.meta.url))
  })
}

export function makerOf(name: string): Promise<Make> {
  if (!Object.hasOwn(systems, name)) throw new Error(`there is no system "${name}"; there are ${Object.keys(systems).join(', ')}.`)
  return systems[name as SystemName].load()
}
