/**
 * `/bus`: events of the network's bus. POST emits one; GET gives those that come from now on, as server-sent events.
 *
 * A reader that is slow is kept the newest, some of them, and told how many it missed: events are not superseded, so something has to give.
 */
import type { ServerResponse } from 'node:http'
import type { Json } from '../../json.js'
import type { GossipNode } from '../../node/node.js'
import { heardMax } from '../bounds.js'
import { fields, Refusal, writing, type Request, type Route } from './answer.js'
import { EventStream } from './events.js'

type Heard = { event: string; args: Json[] }

export function busRoutes(node: GossipNode, enter: () => () => void): Route[] {
  const ears = new Set<(heard: Heard) => void>()
  let open = false
  // The bus hears from when it is first asked for.
  const listen = (): void => {
    if (open) return
    open = true
    node.bus.onAny((event, ...args) => { for (const ear of ears) ear({ event, args }) })
  }
  return [
    (request) => {
      if (request.path.length !== 1 || request.path[0] !== 'bus') return null
      if (writing(request)) return emit(node, request, ears)
      const leave = enter()
      listen()
      return { stream: (response) => follow(response, request.query.get('event'), ears, leave) }
    }
  ]
}

async function emit(node: GossipNode, request: Request, ears: ReadonlySet<(heard: Heard) => void>): Promise<{ json: unknown }> {
  const given = await fields(request, ['event', 'args'])
  const [event, args] = [given.get('event'), given.get('args') ?? []]
  if (typeof event !== 'string' || event === '') throw new Refusal(400, 'an event has a name.')
  if (!Array.isArray(args)) throw new Refusal(400, 'the arguments of an event come in an array.')
  const more = node.bus.emit(event, ...args as Json[])
  // A bus does not hear itself; who listens at this host does not care which host it was.
  for (const ear of ears) ear({ event, args: args as Json[] })
  return { json: { emitted: true, full: !more, coherent: node.bus.coherent } }
}

function follow(response: ServerResponse, wanted: string | null, ears: Set<(heard: Heard) => void>, leave: () => void): void {
  const waiting: Heard[] = []
  let skipped = 0
  const go = (): void => {
    while (stream.room && (skipped > 0 || waiting.length > 0)) {
      const next = skipped > 0 ? null : waiting.shift()
      if (next === null || next === undefined) stream.tell('skipped', { events: skipped })
      else stream.tell('event', next)
      if (next === null) skipped = 0
    }
  }
  const ear = (heard: Heard): void => {
    if (wanted !== null && heard.event !== wanted) return
    waiting.push(heard)
    if (waiting.length > heardMax) {
      waiting.shift()
      skipped += 1
    }
    go()
  }
  const stream = new EventStream(response, go, () => {
    ears.delete(ear)
    leave()
  })
  ears.add(ear)
  stream.tell('listening', {})
}
