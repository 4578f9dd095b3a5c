/**
 * Two hosts of one process, joined in memory.
 */
import type { Duplex } from '../pull.js'
import type { Frame } from '../wire/message.js'
import type { StreamOptions } from './options.js'

/** A host, by whatever it makes streams: a store, a flood, a bus, or the core that they share. */
export type Linkable = { readonly host: string; createStream(options: StreamOptions): Duplex<Frame, unknown> }

/** Joins two hosts; what it gives back cuts the link. Each expects the other from now on. */
export function link(a: Linkable, b: Linkable): () => void {
  const left = a.createStream({ host: b.host, id: b.host })
  const right = other(left, () => b.createStream({ host: a.host, id: a.host }))
  left.sink(right.source)
  right.sink(left.source)
  return () => {
    left.source(true, () => {})
  }
}

/** The other stream; where there is none, the one has no end to wait for. */
function other(stream: Duplex<Frame, unknown>, make: () => Duplex<Frame, unknown>): Duplex<Frame, unknown> {
  try {
    return make()
  } catch (error) {
    stream.source(true, () => {})
    throw error
  }
}
