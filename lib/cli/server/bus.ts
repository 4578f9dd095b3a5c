/**
 * `/bus`: the events that a host hears, as server-sent events. `/bus/EVENT`: emits one, by POST.
 *
 * `names` is a pattern of events' names, `old` says what is still held first. Who reads slowly loses the oldest, and is told how many.
 */
import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { isGossipError } from '../../errors.js'
import type { Doubt } from '../../gossip/coherence.js'
import type { Json } from '../../json.js'
import { argsMax, drainMs, patternMax, settleMsMax } from '../bounds.js'
import { fields, Refusal, writing, type Answer, type Request, type Route } from './answer.js'
import { EventStream } from './events.js'
import type { Heard } from './heard.js'
import { matches } from './pattern.js'
import type { Watch } from './watch.js'

/** The routes of a host's bus; `enter` counts those who listen with all who watch, and may refuse one more. */
export function busRoutes(watch: Watch, enter: () => () => void): Route[] {
  return [
    (request) => (request.path.length === 1 && request.path[0] === 'bus' ? listen(watch, request, enter) : null),
    (request) => (request.path.length === 2 && request.path[0] === 'bus' ? emit(watch, request.path[1] as string, request) : null)
  ]
}

function listen({ heard }: Watch, { method, query }: Request, enter: () => () => void): Answer {
  if (method !== 'GET') throw new Refusal(405, 'events are heard at /bus by GET, and posted to /bus/EVENT.')
  const pattern = query.get('names')
  if (pattern !== null && pattern.length > patternMax) throw new Refusal(400, `a pattern has at most ${patternMax} characters.`)
  const leave = enter()
  return { stream: (response) => void new Listening(heard, pattern, query.get('old') === '1', response, leave) }
}

/** One who listens. */
class Listening {
  private readonly stream: EventStream
  private at: number
  private lost = 0

  constructor(
    private readonly heard: Heard,
    private readonly pattern: string | null,
    old: boolean,
    response: ServerResponse,
    leave: () => void
  ) {
    this.at = old ? heard.start : heard.count
    const part = heard.join({ wake: () => this.go(), lose: ({ number, name }) => this.lose(number, name) })
    this.stream = new EventStream(response, () => this.go(), () => {
      part()
      leave()
    })
    this.stream.tell('host', { host: heard.bus.host })
    this.go()
  }

  /** A gap is for all: nobody knows the names of what is missing. */
  private wants(name: string | null): boolean {
    return name === null || this.pattern === null || matches(this.pattern, name)
  }

  private lose(number: number, name: string | null): void {
    if (number < this.at) return
    this.at = number + 1
    if (this.wants(name)) this.lost += 1
  }

  private go(): void {
    while (this.stream.room && this.at < this.heard.count) {
      if (this.lost > 0) this.stream.tell('skipped', { events: this.lost })
      this.lost = 0
      const item = this.heard.item(this.at)
      this.at += 1
      if (item !== undefined && this.wants(item.name)) this.stream.write(item.name === null ? 'gap' : 'heard', item.json)
    }
  }
}

/** What is answered to an event that was emitted. */
export type EmitAnswer = {
  name: string
  /** How many hosts are connected. */
  connected: number
  /** Whether those who emit may go on: false while as many events wait as are kept for somebody who is away, or slow. */
  drained: boolean
  /** Whether all hosts acknowledged it in time; null where that was not asked for. */
  settled: boolean | null
  coherent: boolean
  doubts?: Doubt[]
}

async function emit({ heard, node }: Watch, name: string, request: Request): Promise<{ json: EmitAnswer }> {
  if (!writing(request)) throw new Refusal(405, 'an event is posted to /bus/EVENT, and heard at /bus.')
  if (name === '') throw new Refusal(400, 'an event has a name.')
  const given = await fields(request, ['args', 'settleMs'])
  const args = given.get('args') ?? []
  if (!Array.isArray(args) || args.length > argsMax) throw new Refusal(400, `args are an array of at most ${argsMax}.`)
  const settleMs = settleOf(given.get('settleMs'))
  const more = heard.emit(name, args as Json[])
  const connected = node.peers().filter((peer) => peer.connected).length
  const drained = more || (connected > 0 && await Promise.race([heard.drained().then(() => true), wait(drainMs, false, { ref: false })]))
  const settled = settleMs === null ? null : await acknowledged(heard, settleMs)
  const { coherent } = node.store
  return { json: { name, connected, drained, settled, coherent, ...(coherent ? {} : { doubts: node.store.doubts() }) } }
}

function settleOf(given: unknown): number | null {
  if (given === undefined || given === null) return null
  if (Number.isSafeInteger(given) && (given as number) > 0 && (given as number) <= settleMsMax) return given as number
  throw new Refusal(400, `settleMs must be a whole number from 1 to ${settleMsMax}.`)
}

/** Whether all hosts acknowledged all that was emitted, in so many milliseconds. */
async function acknowledged({ bus }: Heard, timeoutMs: number): Promise<boolean> {
  try {
    await bus.settled({ timeoutMs })
    return true
  } catch (error) {
    if (isGossipError(error) && error.code === 'ERR_TIMEOUT') return false
    throw error
  }
}
