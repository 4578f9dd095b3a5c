/**
 * Whole numbers as digits of base 64, those of base64url (RFC 4648): short in JSON, and of a length that is known.
 */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const values = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i += 1) values[alphabet.charCodeAt(i)] = i

/** Two digits at a time. */
const pairs = Array.from({ length: 4096 }, (_, n) => (alphabet[n >>> 6] as string) + (alphabet[n & 63] as string))

/** The last `count` digits of a number below 2^32, at most five. */
export function digitsOf(n: number, count: number): string {
  let text = count % 2 === 1 ? alphabet[(n >>> (6 * (count - 1))) & 63] as string : ''
  for (let shift = 12 * ((count >> 1) - 1); shift >= 0; shift -= 12) text += pairs[(n >>> shift) & 4095] as string
  return text
}

/** The number that `count` digits of a text make, from the one at `at` on. */
export function numberIn(text: string, at: number, count: number): number {
  let n = 0
  for (let i = at; i < at + count; i += 1) n = (n << 6) | (values[text.charCodeAt(i)] as number)
  return n
}

/** Whether a text is digits and nothing else. */
export function areDigits(text: string): boolean {
  return /^[A-Za-z0-9_-]*$/.test(text)
}

/** How many digits of a place an address has: those behind the dot, if there is one. */
export function depthOf(address: string): number {
  return address.length - address.indexOf('.') - 1
}
