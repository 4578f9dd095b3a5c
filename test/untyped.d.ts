// Minimal typings for published modules that have none. Tests only.
declare module 'pull-json-doubleline' {
  import type { Through } from 'pull-stream'
  const doubleline: {
    parse(): Through<string | Uint8Array, unknown>
    stringify(): Through<unknown, string>
  }
  export = doubleline
}

declare module 'stream-to-pull-stream' {
  import type { Duplex as NodeDuplex } from 'node:stream'
  import type { Sink, Source } from 'pull-stream'
  const toPull: {
    duplex(stream: NodeDuplex, cb?: (error: Error | null) => void): { source: Source<Uint8Array>; sink: Sink<Uint8Array | string> }
    sink(stream: NodeDuplex, cb?: (error: Error | null) => void): Sink<Uint8Array | string>
  }
  export = toPull
}

declare module 'pull-stream-protocol-checker' {
  interface Probe {
    <T>(read: (abort: Error | boolean | null, cb: (end: Error | boolean | null, data?: T) => void) => void):
      (abort: Error | boolean | null, cb: (end: Error | boolean | null, data?: T) => void) => void
    terminate(): Error[]
  }
  function checker(forbidExtraRequests?: boolean, enforceStreamTermination?: boolean, notifyEagerly?: boolean): Probe
  export = checker
}
