/**
 * How deep JSON is nested, seen before it is parsed: arrays and objects that are open at once, outside of strings.
 */

const [quote, backslash] = [34, 92]

/** What a byte adds to the depth: `[` and `{` one, `]` and `}` take one away. */
const steps = new Int8Array(256)
for (const open of [91, 123]) steps[open] = 1
for (const close of [93, 125]) steps[close] = -1

/** Whether some JSON is nested deeper than so many levels. Each level takes two bytes: what is short enough is not looked at. */
export function isDeeper(bytes: Uint8Array, levels: number): boolean {
  const { length } = bytes
  if (length < 2 * levels) return false
  let depth = 0
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[i] as number
    if (byte === quote) i = endOfString(bytes, i + 1)
    else depth += steps[byte] as number
    if (depth > levels) return true
  }
  return false
}

function endOfString(bytes: Uint8Array, from: number): number {
  let i = from
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1
  return i
}
