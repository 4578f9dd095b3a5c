/**
 * What the bench uses of rivals, so that it is checked whether or not they are installed.
 */

declare module 'msgpackr' {
  export class Packr {
    encode(value: unknown): Uint8Array
    decode(bytes: Uint8Array): unknown
  }
}

declare module 'cbor-x' {
  export class Encoder {
    encode(value: unknown): Uint8Array
    decode(bytes: Uint8Array): unknown
  }
}

declare module 'axon' {
  type Socket = {
    server: { address(): { port: number } }
    bind(port: number, host: string, cb: () => void): void
    connect(port: number, host: string, cb: () => void): void
    send(message: unknown): void
    on(event: 'message' | 'connect', tell: (message: never) => void): void
  }
  const axon: { socket(type: 'push' | 'pull'): Socket }
  export = axon
}

declare module 'masterless' {
  import { type EventEmitter } from 'node:events'
  class Server extends EventEmitter {
    constructor(id: string)
    info(): string
    connect(uri: string): void
    keep(id: string): void
    send(id: string, packet: unknown): void
  }
  export = Server
}

declare module 'scuttlebutt/model.js' {
  import type { EventEmitter } from 'node:events'
  class Model extends EventEmitter {
    constructor(id: string)
    set(key: string, value: unknown): void
    createStream(): NodeJS.ReadWriteStream
  }
  export = Model
}

declare module 'epidemic-broadcast-trees' {
  type Message<Content> = { author: string; sequence: number; content: Content }
  type Sink = { paused: boolean; ended: boolean; write(frame: unknown): void; end(): void }
  type Stream = { ended: boolean; write(frame: unknown): void; end(): void; resume(): void; pipe(sink: Sink): void }
  type Ebt<Content> = {
    request(id: string, follows: boolean): void
    onAppend(message: Message<Content>): void
    createStream(other: string, version: 3, client: boolean): Stream
  }
  type Options<Content> = {
    id: string
    getClock(id: string, cb: (error: Error | null, clock?: Record<string, number>) => void): void
    setClock(id: string, clock: Record<string, number>): void
    getAt(at: { id: string; sequence: number }, cb: (error: Error | null, message?: Message<Content>) => void): void
    append(message: Message<Content>, cb: (error: Error | null) => void): void
  }
  function create<Content>(options: Options<Content>): Ebt<Content>
  export = create
}

declare module 'yjs' {
  type Transaction = { local: boolean }
  export class Map<Value> {
    get(key: string): Value | undefined
    set(key: string, value: Value): void
    observe(tell: (event: { keysChanged: Set<string | null> }, transaction: Transaction) => void): void
  }
  export class Doc {
    getMap<Value>(name: string): Map<Value>
    transact(run: () => void): void
    on(event: 'update', tell: (bytes: Uint8Array, from: unknown) => void): void
  }
  export function encodeStateVector(doc: Doc): Uint8Array
  export function encodeStateAsUpdate(doc: Doc, vector: Uint8Array): Uint8Array
  export function applyUpdate(doc: Doc, bytes: Uint8Array, from: unknown): void
}

declare module 'zeromq' {
  export class Push {
    readonly lastEndpoint: string | null
    bind(address: string): Promise<void>
    send(message: string): Promise<void>
  }
  export class Pull implements AsyncIterable<Uint8Array[]> {
    connect(address: string): void
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array[]>
  }
}

declare module '@automerge/automerge' {
  export class Counter {
    constructor(n: number)
    readonly value: number
    increment(n: number): void
  }
  export type SyncState = { readonly sync: unique symbol }
  type Patch = { path: (string | number)[] }
  export function init<Doc>(): Doc
  export function change<Doc>(doc: Doc, change: (doc: Doc) => void): Doc
  export function initSyncState(): SyncState
  export function generateSyncMessage<Doc>(doc: Doc, state: SyncState): [SyncState, Uint8Array | null]
  export function receiveSyncMessage<Doc>(
    doc: Doc, state: SyncState, message: Uint8Array, options: { patchCallback(patches: Patch[]): void }
  ): [Doc, SyncState, null]
}

declare module 'nats' {
  export type NatsConnection = {
    publish(subject: string, payload: string): void
    subscribe(subject: string, options: { callback: (error: Error | null, message: { string(): string }) => void }): unknown
    flush(): Promise<void>
  }
  export function connect(options: { servers: string }): Promise<NatsConnection>
}

declare module 'redis' {
  type Client = {
    on(event: 'error', tell: (error: Error) => void): Client
    connect(): Promise<unknown>
    publish(channel: string, message: string): Promise<number>
    subscribe(channel: string, hear: (message: string) => void): Promise<void>
  }
  export function createClient(options: { url: string }): Client
}

declare module '@libp2p/gossipsub' {
  export const StrictNoSign: 'StrictNoSign'
  export function gossipsub(options: { globalSignaturePolicy?: 'StrictNoSign'; msgIdFn?: (message: { data: Uint8Array }) => Uint8Array }): unknown
}

declare module '@libp2p/identify' {
  export function identify(): unknown
}

declare module '@libp2p/noise' {
  export function noise(): unknown
}

declare module '@libp2p/plaintext' {
  export function plaintext(): unknown
}

declare module '@libp2p/tcp' {
  export function tcp(): unknown
}

declare module '@libp2p/yamux' {
  export function yamux(): unknown
}

declare module '@multiformats/multiaddr' {
  export type Multiaddr = { toString(): string }
  export function multiaddr(text: string): Multiaddr
}

declare module 'libp2p' {
  import type { Multiaddr } from '@multiformats/multiaddr'
  type PubSub = {
    addEventListener(event: 'message', tell: (event: { detail: { data: Uint8Array } }) => void): void
    subscribe(topic: string): void
    getSubscribers(topic: string): unknown[]
    publish(topic: string, data: Uint8Array): Promise<unknown>
  }
  export type Node = { services: { pubsub: PubSub }; getMultiaddrs(): Multiaddr[]; dial(to: Multiaddr): Promise<unknown> }
  export function createLibp2p(options: object): Promise<Node>
}
