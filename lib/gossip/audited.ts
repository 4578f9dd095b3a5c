/**
 * Which kinds are audited, and how hosts say that they audit them.
 *
 * The four that everybody knows go by one feature; users' own numbers each by the name of their kind. Events are let go of by each host as its
 * own bounds have it, and kinds that a host does not know are kept by some only: of these nothing is compared.
 */
import { hashSaid } from '../kinds/body.js'
import type { Kind } from '../kinds/kind.js'
import type { Change } from '../log/change.js'
import { Digest } from '../log/digest.js'
import type { Log } from '../log/log.js'

/** The feature of those who audit: the key of their words. An idle reconnect is to take 100 bytes. */
export const auditFeature = 'g'

const common: ReadonlySet<string> = new Set(['counter', 'counter:bigint', 'register', 'set'])

/** So many of users' own kinds are named: features are 64 at most. */
const ownMax = 32

/** Digests of an empty log, by the features that name their kinds. */
export function digestsOf(log: Log, kinds: readonly Kind[], spanMs: number): Map<string, Digest> {
  const known = new Map(kinds.map((kind) => [kind.kind, kind]))
  const said = (change: Change): number => hashSaid(known.get(change.name.kind) as Kind, change)
  const digests = new Map<string, Digest>([[auditFeature, new Digest(spanMs, said)]])
  for (const { kind, fleeting } of kinds) {
    const feature = common.has(kind) ? auditFeature : kind
    if (fleeting === true || (!digests.has(feature) && digests.size > ownMax)) continue
    const digest = digests.get(feature) ?? new Digest(spanMs, said)
    digests.set(feature, digest)
    log.digest(kind, digest)
  }
  return digests
}
