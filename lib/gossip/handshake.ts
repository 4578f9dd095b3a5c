/**
 * How the two ends of a session show each other that they know the network's key, before either tells or takes anything.
 *
 * Each hello carries a nonce. A proof is an HMAC under the key over both hellos, the prover's first: so none can be used again, in another
 * session, in another network, or against whoever made it. The key itself is never said. What follows the proofs is not covered: who sits
 * between the two can change it, unless the stream is protected by TLS (docs/protocol.md, "The network key").
 */
import { hmac, isSameCode } from '../log/hmac.js'
import { bytesOf } from '../log/text.js'

/** What a hello says, all of it. */
export type Greeting = {
  version: number; host: string; life: string; net: string | null; digest: string; features: ReadonlySet<string>; nonce: string | null
}

/** What a keyed network is locked with. */
export type Lock = {
  /** The key; or two, while one takes the place of the other: then either will do. */
  keys: readonly Uint8Array[]
  /** 128 bits, in hexadecimal digits, that were never given before and that nobody can foresee. */
  nonce(): string
}

/** What a proof is of: no other use of the key may make one. */
const purpose = 'pull-gossip key 1'

const encoder = new TextEncoder()

export class Handshake {
  readonly nonce: string
  private readonly keys: readonly Uint8Array[]
  private ours: Greeting | null = null
  private theirs: Greeting | null = null
  private said = false

  constructor(lock: Lock) {
    this.keys = lock.keys
    this.nonce = lock.nonce()
  }

  /** Our hello goes out. */
  say(ours: Greeting): void {
    this.ours = ours
  }

  /** The peer's came in. */
  hear(theirs: Greeting): void {
    this.theirs = theirs
  }

  /** Who the peer says it is; null before its hello. */
  get claimed(): Greeting | null {
    return this.theirs
  }

  /** Whether our proof is still to be said. Until then nothing else is, and nothing before both hellos are known. */
  get open(): boolean {
    return !this.said
  }

  /** Our proofs, one for each key; null while they cannot be made. */
  prove(): string[] | null {
    const { ours, theirs } = this
    if (ours === null || theirs === null) return null
    this.said = true
    return this.codes(ours, theirs)
  }

  /** Whether the peer knows a key of ours. All are compared with all, whatever matches. */
  accepts(proofs: readonly string[]): boolean {
    const { ours, theirs } = this
    if (ours === null || theirs === null) return false
    const codes = this.codes(theirs, ours)
    const matches = codes.flatMap((code) => proofs.map((proof) => isSameCode(proof, code)))
    return matches.includes(true)
  }

  private codes(prover: Greeting, verifier: Greeting): string[] {
    const bytes = encoder.encode(written([purpose, ...fieldsOf(prover), ...fieldsOf(verifier)]))
    return this.keys.map((key) => hmac(key, bytes))
  }
}

function fieldsOf({ version, host, life, net, digest, features, nonce }: Greeting): string[] {
  return [String(version), host, life, net ?? '', digest, written([...features]), nonce ?? '']
}

/** As netstrings: where one ends is said before it begins, whatever is in it. */
function written(fields: readonly string[]): string {
  return fields.map((field) => `${bytesOf(field)}:${field},`).join('')
}
