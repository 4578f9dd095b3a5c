/**
 * `/events`: what happens, as server-sent events.
 *
 * A reader owns no queue of changes. It is a position in the log, as a session is: while it is slow nothing is read for it, and what
 * was superseded meanwhile it never sees. `names` is a pattern, `kind` a kind, `old` says what is held first.
 */
import type { ServerResponse } from 'node:http'
import type { PeerView } from '../../core/view.js'
import type { ChangeView } from '../../store/reader.js'
import { heartbeatMs, newsMax, sliceChanges } from '../bounds.js'
import type { Request, Route } from './answer.js'
import { rowOf } from './facts.js'
import { matches } from './pattern.js'
import type { Watch } from './watch.js'

/** A stream of server-sent events. */
export class EventStream {
  ended = false
  private beat: NodeJS.Timeout

  constructor(
    private readonly response: ServerResponse,
    onRoom: () => void,
    onEnd: () => void
  ) {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    response.flushHeaders()
    response.on('drain', onRoom)
    this.beat = setInterval(() => { if (this.room) response.write(':\n\n') }, heartbeatMs).unref()
    response.on('close', () => {
      this.ended = true
      clearInterval(this.beat)
      onEnd()
    })
  }

  /** Whether the reader keeps up: what is written without is held in memory. */
  get room(): boolean {
    return !this.ended && !this.response.writableNeedDrain
  }

  /** Tells one event. */
  tell(event: string, data: unknown): void {
    this.write(event, JSON.stringify(data))
  }

  /** Tells one event, which is JSON text already. JSON has no line break of its own. */
  write(event: string, json: string): void {
    if (!this.ended) this.response.write(`event: ${event}\ndata: ${json}\n\n`)
  }
}

/** The route of `/events`; `enter` counts those who watch, and may refuse one more. */
export function eventRoute(watch: Watch, enter: () => () => void): Route {
  return (request) => {
    if (request.path.length !== 1 || request.path[0] !== 'events') return null
    const leave = enter()
    return { stream: (response) => void new Follower(watch, request, response, leave) }
  }
}

type News = { event: string; data: unknown }

/** One reader of `/events`. */
class Follower {
  private readonly stream: EventStream
  private readonly news: News[] = []
  private skipped = 0
  private reading = false
  private over = false
  private readonly off: () => void
  private readonly source

  constructor(
    private readonly watch: Watch,
    private readonly request: Request,
    response: ServerResponse,
    leave: () => void
  ) {
    const { store } = watch.node
    this.source = store.changes({ old: request.query.get('old') === '1', live: true })
    this.stream = new EventStream(response, () => this.go(), () => {
      this.off()
      leave()
      this.over = true
      this.source(true, () => {})
    })
    this.off = this.listen()
    this.tell('host', { host: watch.node.host, coherent: store.coherent, since: watch.since, doubts: store.doubts() })
    this.go()
  }

  private listen(): () => void {
    const { store } = this.watch.node
    const peer = (event: string) => ({ host }: PeerView): void => this.tell(event, { host })
    const [connect, sync, disconnect] = [peer('connect'), peer('sync'), peer('disconnect')]
    const coherent = (): void => this.tell('coherent', {})
    const incoherent = (doubts: unknown): void => this.tell('incoherent', { doubts })
    const refused = ({ peer: { host }, code, count, by }: { peer: PeerView; code: string; count: number; by: string }): void => {
      this.tell('refused', { host, code, count, by })
    }
    const expire = (name: unknown): void => this.tell('expire', name)
    store.on('connect', connect).on('sync', sync).on('disconnect', disconnect).on('coherent', coherent).on('incoherent', incoherent)
    store.on('refused', refused).on('expire', expire)
    return () => {
      store.off('connect', connect).off('sync', sync).off('disconnect', disconnect).off('coherent', coherent).off('incoherent', incoherent)
      store.off('refused', refused).off('expire', expire)
    }
  }

  /** News wait while the reader is slow, the newest of them. */
  private tell(event: string, data: unknown): void {
    this.news.push({ event, data })
    if (this.news.length > newsMax) {
      this.news.shift()
      this.skipped += 1
    }
    this.go()
  }

  private go(): void {
    while (this.stream.room && (this.skipped > 0 || this.news.length > 0)) {
      if (this.skipped > 0) {
        this.stream.tell('skipped', { news: this.skipped })
        this.skipped = 0
      }
      const next = this.news.shift()
      if (next !== undefined) this.stream.tell(next.event, next.data)
    }
    this.read()
  }

  /** Reads on while the reader keeps up and something is there, a slice at a time. */
  private read(): void {
    for (let i = 0; !this.reading && !this.over && this.stream.room; i += 1) {
      if (i === sliceChanges) return void setImmediate(() => this.read())
      this.reading = true
      let [open, atOnce] = [true, true]
      this.source(null, (end, change) => {
        this.reading = false
        open = !end
        if (end) return
        if (change !== undefined) this.give(change)
        if (!atOnce) this.read()
      })
      atOnce = false
      if (!open) return
    }
  }

  private give(change: ChangeView): void {
    const { query } = this.request
    const [pattern, kind] = [query.get('names'), query.get('kind')]
    if ((kind !== null && kind !== change.kind) || (pattern !== null && !matches(pattern, change.name))) return
    this.stream.tell('change', { ...change, value: rowOf(this.watch.node.store, change).value })
  }
}
