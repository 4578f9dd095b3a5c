/**
 * HalfSipHash-1-3 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012) of a text's UTF-16 code units: 32 bits that nobody can
 * foresee who does not know the key.
 *
 * Names are foreign: where a hash can be foreseen, a peer chooses names that all meet, and every look at one of them takes as long as there
 * are of them.
 */

/** 64 bits of chance that are told to nobody. */
export type HashKey = readonly [number, number]

/** The hash of a text, as a signed integer of 32 bits. */
export function hashOf(text: string, key: HashKey): number {
  let v0 = key[0] | 0
  let v1 = key[1] | 0
  let v2 = v0 ^ 0x6c796765
  let v3 = v1 ^ 0x74656462
  const { length } = text
  // Two units a word; behind them the last one, if it is alone, and the length; then three rounds without one, of which the first is marked.
  const words = (length >> 1) + 1
  for (let i = 0; i < words + 3; i += 1) {
    const at = i << 1
    const word = i >= words ? 0
      : i < words - 1 ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
        : (length << 25) | (at < length ? text.charCodeAt(at) : 0)
    if (i === words) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
