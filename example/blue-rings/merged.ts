/**
 * What several hosts of one ring said, merged as the ring itself merged it.
 *
 * Of the totals of one host and direction the greatest holds; of the values of a register the one of the latest stamp, though stamps
 * of different machines are not of one clock; an element that anybody removed is out for good; the latest end of a name holds. Packets
 * that had ended when they came are left out, as there.
 */
import type { Json } from '../../index.js'
import type { Element, Fact, Packet } from './wire.js'

/** A counter: what each host added and took away, or single increments, of rings before 1.1. */
export type Counts = { up: Map<string, bigint>; down: Map<string, bigint>; tickets: Map<string, bigint> }

/** What was written to a register last; nothing was ever written at stamp 0. */
export type Written = { value: Json; stamp: bigint }

/** A name, as each type that somebody said it is: a ring had one type a name and host, and hosts could disagree. */
export type Named = {
  name: string
  expire: number | null
  counter: Counts | null
  register: Written | null
  elements: { added: Set<Element>; removed: Set<Element> } | null
  unread: string[]
}

export class Merged {
  /** Names by themselves: foreign text is no key of an object. */
  readonly names = new Map<string, Named>()
  /** Names of which a packet came that had ended. */
  readonly ended = new Set<string>()

  /** Takes one packet; says whether it brought anything new. */
  take({ name, expire, facts, unread }: Packet, now: number): boolean {
    if (expire !== null && expire < now) {
      this.ended.add(name)
      return false
    }
    const known = this.names.get(name)
    const named = known ?? { name, expire: null, counter: null, register: null, elements: null, unread: [] }
    let isNew = known === undefined
    if (expire !== null && expire > (named.expire ?? 0)) {
      named.expire = expire
      isNew = true
    }
    this.names.set(name, named)
    for (const fact of facts) isNew = merge(named, fact) || isNew
    for (const what of unread) if (!named.unread.includes(what) && named.unread.length < 10) named.unread.push(what)
    return isNew
  }
}

/** What a counter comes to: all that was added, and all that was taken away. */
export function sumsOf({ up, down, tickets }: Counts): { plus: bigint; minus: bigint } {
  const sums = { plus: 0n, minus: 0n }
  for (const total of up.values()) sums.plus += total
  for (const total of down.values()) sums.minus += total
  for (const amount of tickets.values()) {
    if (amount > 0n) sums.plus += amount
    else sums.minus -= amount
  }
  return sums
}

/** Says whether anything changed. */
function merge(named: Named, fact: Fact): boolean {
  switch (fact.kind) {
    case 'counter': {
      named.counter ??= { up: new Map(), down: new Map(), tickets: new Map() }
      return raise(named.counter[fact.way], fact.host, fact.total)
    }
    case 'ticket': {
      named.counter ??= { up: new Map(), down: new Map(), tickets: new Map() }
      const { tickets } = named.counter
      const isNew = !tickets.has(fact.ticket)
      if (isNew) tickets.set(fact.ticket, fact.amount)
      return isNew
    }
    case 'register': {
      const isLater = fact.stamp > (named.register?.stamp ?? 0n)
      if (isLater) named.register = { value: fact.value, stamp: fact.stamp }
      return isLater
    }
    case 'set': {
      named.elements ??= { added: new Set(), removed: new Set() }
      const side = fact.removed ? named.elements.removed : named.elements.added
      const isNew = !side.has(fact.element)
      side.add(fact.element)
      return isNew
    }
  }
}

function raise(totals: Map<string, bigint>, host: string, total: bigint): boolean {
  const before = totals.get(host)
  if (before !== undefined && before >= total) return false
  totals.set(host, total)
  return true
}
