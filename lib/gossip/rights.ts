/**
 * What a peer may do here: which changes it is shown, which of its own are taken, and for whom it may pass changes on.
 *
 * A session that keeps anything back makes no claims: it says that what may be shown was served, and no more. What is refused by right is not
 * held, and told like any refusal; it is asked for once there is a right to it.
 */
import type { Change } from '../log/change.js'
import type { Author } from '../log/author.js'

/** Where a change belongs. */
export type Place = { kind: string; name: string }

/** What a peer may do; what is left out is allowed. */
export type Rights = {
  /** What it is shown: all, nothing, or the names of some kinds. */
  read?: boolean | ((place: Place) => boolean) | undefined
  /** What is taken from it. */
  write?: boolean | ((place: Place) => boolean) | undefined
  /** For which hosts beside itself it may pass changes on: all, none, or some. */
  relay?: boolean | readonly string[] | ((host: string) => boolean) | undefined
}

/** Rights as a session asks for them. None of these may throw. */
export class Permit {
  /** Whether something may be kept back. */
  readonly partial: boolean

  constructor(
    /** Whose they are. */
    private readonly host: string,
    private readonly rights: Rights
  ) {
    this.partial = (rights.read ?? true) !== true
  }

  /** Whether a change may be shown. */
  shows({ name: { kind, text } }: Change): boolean {
    return isAllowed(this.rights.read, kind, text)
  }

  /** Whether a change of an author to a name is taken from the peer. */
  takes(author: Author, kind: string, text: string): boolean {
    return (author.host === this.host || this.relays(author.host)) && isAllowed(this.rights.write, kind, text)
  }

  private relays(host: string): boolean {
    const { relay = true } = this.rights
    if (typeof relay === 'boolean') return relay
    return typeof relay === 'function' ? relay(host) : relay.includes(host)
  }
}

function isAllowed(right: Rights['read'], kind: string, name: string): boolean {
  return typeof right === 'function' ? right({ kind, name }) : right ?? true
}
