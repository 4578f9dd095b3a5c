/**
 * How many links others may dial to us: in all, without a hello, and from one address.
 */
import type { Limits } from '../limits.js'
import type { Link } from './link.js'

/** The bound that keeps a link out. */
export type Bound = 'inboundMax' | 'inboundAddressMax' | 'pendingMax'

export class Bounds {
  private readonly links = new Set<Link>()
  private readonly byAddress = new Map<string, number>()
  private pending = 0

  constructor(private readonly limits: Pick<Limits, Bound>) {}

  /** The bound that one more link from an address would pass, if any. */
  refusal(address: string | null): Bound | null {
    if (this.links.size >= this.limits.inboundMax) return 'inboundMax'
    if (address !== null && (this.byAddress.get(address) ?? 0) >= this.limits.inboundAddressMax) return 'inboundAddressMax'
    return this.pending >= this.limits.pendingMax ? 'pendingMax' : null
  }

  open(link: Link): void {
    this.links.add(link)
    this.pending += 1
    this.count(link, 1)
  }

  /** Is called before `met` of the link is set. */
  meet(link: Link): void {
    if (link.met === null && this.links.has(link)) this.pending -= 1
  }

  close(link: Link): void {
    if (!this.links.delete(link)) return
    if (link.met === null) this.pending -= 1
    this.count(link, -1)
  }

  private count({ address }: Link, more: number): void {
    if (address === null) return
    const count = (this.byAddress.get(address) ?? 0) + more
    if (count > 0) this.byAddress.set(address, count)
    else this.byAddress.delete(address)
  }
}
