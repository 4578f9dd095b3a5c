/**
 * SHA-256 (FIPS 180-4), synchronous and without a platform.
 *
 * Two hosts compare a digest of their vectors before they say more. The names in a vector are foreign, so that only a hash for which
 * nobody can make two inputs meet will do; `node:crypto` is not in browsers, and their `crypto.subtle` answers too late for a hello.
 */

const primes = firstPrimes(64)
const start = Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)))
const rounds = Uint32Array.from(primes, (p) => fraction(Math.cbrt(p)))

/** The hash of some bytes, as 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return Array.from(hashed(bytes), (word) => word.toString(16).padStart(8, '0')).join('')
}

/** The hash of some bytes, as 32 bytes. */
export function sha256Bytes(bytes: Uint8Array): Uint8Array {
  const hash = new DataView(new ArrayBuffer(32))
  hashed(bytes).forEach((word, i) => hash.setUint32(4 * i, word))
  return new Uint8Array(hash.buffer)
}

function hashed(bytes: Uint8Array): Uint32Array {
  const hash = start.slice()
  const data = padded(bytes)
  const words = new Uint32Array(64)
  for (let at = 0; at < data.byteLength; at += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = data.getUint32(at + 4 * i)
    compress(hash, words)
  }
  return hash
}

function compress(hash: Uint32Array, w: Uint32Array): void {
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3)
    const s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10)
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (rounds[i] as number) + (w[i] as number)) | 0
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  const sums = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i += 1) hash[i] = (hash[i] as number) + (sums[i] as number)
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

function padded(bytes: Uint8Array): DataView {
  const data = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6)
  data.set(bytes)
  data[bytes.length] = 0x80
  const view = new DataView(data.buffer)
  view.setUint32(data.length - 8, Math.floor(bytes.length / 0x20000000))
  view.setUint32(data.length - 4, (bytes.length << 3) >>> 0)
  return view
}

/** The first 32 bits after the point. */
function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 0x100000000)
}

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n += 1) if (found.every((p) => n % p !== 0)) found.push(n)
  return found
}
