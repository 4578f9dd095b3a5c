/**
 * How many links others may dial to us: in all, without a hello, and from one address; and from which address none, for a while.
 */
import type { Limits } from '../limits.js'
import type { Link } from './link.js'

/** The bound that keeps a link out. */
export type Bound = 'inboundMax' | 'inboundAddressMax' | 'pendingMax' | 'pendingAddressMax' | 'faultsMax'

/** What is known of an address: its links, those that did not say hello yet, and the faults of a span that began at some moment. */
type Place = { links: number; pending: number; faults: number; since: number }

/** Addresses that are remembered for their faults alone. Beyond it the oldest is forgotten, which lets it in again. */
const placesMax = 1_000

export class Bounds {
  private readonly links = new Set<Link>()
  private readonly places = new Map<string, Place>()
  private pending = 0

  constructor(private readonly limits: Pick<Limits, Bound | 'shunMs'>) {}

  /** The bound that one more link from an address would pass, if any. */
  refusal(address: string | null, now: number): Bound | null {
    const { inboundMax, inboundAddressMax, pendingMax, pendingAddressMax } = this.limits
    const place = address === null ? undefined : this.places.get(address)
    if (place !== undefined && this.isShunned(place, now)) return 'faultsMax'
    if (this.links.size >= inboundMax) return 'inboundMax'
    if (place !== undefined && place.links >= inboundAddressMax) return 'inboundAddressMax'
    if (this.pending >= pendingMax) return 'pendingMax'
    return place !== undefined && place.pending >= pendingAddressMax ? 'pendingAddressMax' : null
  }

  open(link: Link): void {
    this.links.add(link)
    this.count(link, 1, 1)
  }

  /** Is called before `met` of the link is set. */
  meet(link: Link): void {
    if (link.met === null && this.links.has(link)) this.count(link, 0, -1)
  }

  close(link: Link): void {
    if (this.links.delete(link)) this.count(link, -1, link.met === null ? -1 : 0)
  }

  /** A session from an address ended by a fault of the peer's. */
  blame(address: string | null, now: number): void {
    if (address === null) return
    const place = this.placeOf(address)
    if (now >= place.since + this.limits.shunMs) Object.assign(place, { faults: 0, since: now })
    place.faults += 1
    // Shunned from now on, not from the first of its faults on.
    if (place.faults > this.limits.faultsMax) place.since = now
    this.places.delete(address)
    this.places.set(address, place)
    if (this.places.size > placesMax) this.forget()
  }

  private isShunned({ faults, since }: Place, now: number): boolean {
    return faults > this.limits.faultsMax && now < since + this.limits.shunMs
  }

  private count({ address }: Link, links: number, pending: number): void {
    this.pending += pending
    if (address === null) return
    const place = this.placeOf(address)
    place.links += links
    place.pending += pending
    if (place.links === 0 && place.faults === 0) this.places.delete(address)
    else this.places.set(address, place)
  }

  private placeOf(address: string): Place {
    return this.places.get(address) ?? { links: 0, pending: 0, faults: 0, since: -Infinity }
  }

  /** Lets go of the address whose last fault is the longest ago, and that has no link. */
  private forget(): void {
    for (const [address, { links }] of this.places) {
      if (links > 0) continue
      this.places.delete(address)
      return
    }
  }
}
