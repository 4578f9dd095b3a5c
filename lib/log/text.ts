/**
 * Strings as the wire and the bounds see them: in bytes of UTF-8.
 */

const encoder = new TextEncoder()

/** Bytes of UTF-8 that a string takes. */
export function bytesOf(text: string): number {
  return text.length === 0 ? 0 : encoder.encode(text).length
}

/** Whether a string takes more than `bytesMax`; cheap for the short ones, which most are. */
export function exceeds(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false
  return text.length > bytesMax || bytesOf(text) > bytesMax
}

/** Whether UTF-8 can carry a string and give it back: no half of a surrogate pair stands alone. */
export function isWellFormed(text: string): boolean {
  const known = (text as { isWellFormed?: () => boolean }).isWellFormed?.()
  return known ?? looksWellFormed(text)
}

/** Where the platform is older than the question. */
function looksWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}

/** Order of UTF-8 bytes: that of code points, where UTF-16 puts the halves of pairs too low. */
export function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return lifted(x) - lifted(y)
  }
  return a.length - b.length
}

function lifted(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit
}
