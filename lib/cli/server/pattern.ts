/**
 * Patterns of names: `*` is any text, `?` any one character. Never slower than their length times the name's.
 */
export function matches(pattern: string, name: string): boolean {
  const [signs, text] = [[...pattern], [...name]]
  let [i, j, star, mark] = [0, 0, -1, 0]
  while (j < text.length) {
    if (i < signs.length && signs[i] === '*') {
      star = i
      mark = j
      i += 1
    } else if (i < signs.length && (signs[i] === '?' || signs[i] === text[j])) {
      i += 1
      j += 1
    } else if (star >= 0) {
      // The last star takes one more.
      i = star + 1
      mark += 1
      j = mark
    } else {
      return false
    }
  }
  while (signs[i] === '*') i += 1
  return i === signs.length
}
