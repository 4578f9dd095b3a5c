/**
 * What of a line is counted by: a field of a JSON object, a column, or a field of an access log.
 */
import { limits } from '../../limits.js'
import { cut } from '../text.js'

/** What stands for a line that has no such field. */
export const none = '(none)'

/** The common log format, and the combined one, which goes on after it. */
const accessLog = /^(?<remote>\S+) (?<ident>\S+) (?<user>\S+) \[(?<time>[^\]]*)\] "(?<method>[A-Z]+) (?<path>\S*)[^"]*" (?<status>\d{3}) (?<bytes>\d+|-)/

/** The counter that a line counts up. */
export function counterOf(prefix: string, by: string | null, line: string): string {
  if (by === null) return cut(prefix, limits.nameBytesMax)
  // Half of a surrogate pair, which JSON can name, is no text that can travel.
  const field = Buffer.from(fieldOf(line, by) ?? none).toString()
  return cut(`${prefix}/${field}`, limits.nameBytesMax)
}

/** A field of a line; null if it has none. */
export function fieldOf(line: string, by: string): string | null {
  if (line.startsWith('{')) return jsonField(line, by)
  if (/^\d+$/.test(by)) return line.trim().split(/\s+/)[Number(by) - 1] ?? null
  const groups = accessLog.exec(line)?.groups
  return groups !== undefined && Object.hasOwn(groups, by) ? groups[by] ?? null : null
}

function jsonField(line: string, by: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  for (const key of by.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null
    value = (value as Record<string, unknown>)[key]
  }
  return typeof value === 'object' ? null : String(value)
}
