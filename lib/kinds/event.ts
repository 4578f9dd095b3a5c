/**
 * Events: changes that nothing supersedes. Each is told once, at every host, in the order in which its author emitted it.
 *
 * An author numbers the events of each topic 1, 2, 3…: seqs have holes where other kinds are written too. The number is the part, so that
 * every event is a cell of its own. The name is `topic:until`, the moment in base 36 at which the event ends: events that end together
 * share a name, so that hosts that know nothing of events forget them by the rules for names that end.
 */
import { textOf } from '../json.js'
import type { Json } from '../json.js'
import { bytesOf } from '../log/text.js'
import type { Kind } from './kind.js'

/** The kind of all events on the wire. */
export const eventKind = 'event'

const numberPattern = /^[1-9][0-9]{0,15}$/

export class EventKind implements Kind {
  readonly kind = eventKind
  readonly fleeting = true
  readonly empty = '[]'

  constructor(private readonly limits: { bodyBytesMax: number; depthMax: number }) {}

  take(body: unknown, part: string): unknown {
    if (!Array.isArray(body) || numberOf(part) === null) return undefined
    return textOf(body, this.limits.bodyBytesMax, this.limits.depthMax)
  }

  give(kept: unknown): Json {
    return argsOf(kept)
  }

  bytes(kept: unknown): number {
    return bytesOf(kept as string)
  }

  weight(kept: unknown): number {
    return 2 * (kept as string).length
  }
}

/** What an event carries; a copy each time. */
export function argsOf(kept: unknown): Json[] {
  return JSON.parse(kept as string) as Json[]
}

/** An event's number, or null if a part is none. */
export function numberOf(part: string): number | null {
  const number = numberPattern.test(part) ? Number(part) : 0
  return number > 0 && Number.isSafeInteger(number) ? number : null
}

/** The name under which events of a topic stand that end at that moment. */
export function eventName(topic: string, until: number): string {
  return `${topic}:${until.toString(36)}`
}

/** The topic of an event's name. */
export function topicOf(text: string): string {
  const mark = text.lastIndexOf(':')
  return mark < 0 ? text : text.slice(0, mark)
}
