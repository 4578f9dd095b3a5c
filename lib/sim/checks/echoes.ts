/**
 * Nothing is sent back over the session that brought it.
 *
 * Two that are sent the same change by a third may send it to each other at once: that is no echo. So only what a host took in over a
 * connection, and then sent over that same one, counts; and nothing does any more once it was asked for, or audited.
 */
import type { ChangeView } from '../../store/reader.js'
import type { SimHost } from '../host.js'
import type { SimLink } from '../link.js'
import type { Network } from '../network.js'
import { few, none } from './check.js'
import type { Check, Sparing } from './check.js'
import { Hearing, messagesIn } from './frames.js'

/** What came to one end of a link, in its present connection. */
type End = { connection: number; hearing: Hearing; came: Set<string>; brought: Set<string>; asked: boolean }

/** Nothing is sent back over the session it came by. Looks at what happens from now on. */
export function echoes(network: Network, spares: Sparing = none): Check {
  const ends = new Map<SimLink, Map<SimHost, End>>()
  const faults: string[] = []
  const endOf = (link: SimLink, host: SimHost): End => {
    const known = ends.get(link) ?? new Map<SimHost, End>()
    ends.set(link, known)
    const end = known.get(host)
    if (end?.connection === link.connections) return end
    const made = { connection: link.connections, hearing: new Hearing(), came: new Set<string>(), brought: new Set<string>(), asked: false }
    known.set(host, made)
    return made
  }
  const hear = (link: SimLink, to: SimHost, bytes: Uint8Array): void => {
    const from = link.hosts[0] === to ? link.hosts[1] : link.hosts[0]
    const [here, there] = [endOf(link, to), endOf(link, from)]
    for (const message of messagesIn(bytes)) {
      if ('w' in message) here.asked = true
      // What an audit finds, or asks for, is served both ways.
      if ('g' in message && ('d' in message || 'x' in message || 'q' in message)) here.asked = there.asked = true
      for (const change of here.hearing.changes(message)) {
        const { author, seq } = change
        here.came.add(`${author} ${seq}`)
        if (there.brought.has(`${author} ${seq}`) && !there.asked && !spares(change)) faults.push(`${from.name} sent seq ${seq} of ${author} back to ${to.name}, which had brought it`)
      }
    }
  }
  const take = (host: SimHost, { author, seq }: ChangeView, from: string | null): void => {
    if (from === null) return
    for (const link of network.links) {
      if (!link.hosts.includes(host) || !link.hosts.some(({ name }) => name === from)) continue
      const { came, brought } = endOf(link, host)
      if (came.has(`${author} ${seq}`)) brought.add(`${author} ${seq}`)
    }
  }
  network.watch({ chunk: hear, change: take })
  return { faults: () => few(faults) }
}
