/**
 * A frame as it comes out of a line of JSON: what the receiver gets is all its own, and says what the text would, and how long that is.
 *
 * Simulated sessions say millions of frames, nearly all of them a few numbers and hashes: to write and parse each of them was a fifth of a history.
 */

/** What a frame is once it was sent, and how many UTF-16 units its JSON has. */
export type Sent = { frame: unknown; length: number }

/** What JSON writes in other ways than it stands there. */
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

/** Sends a frame: as `JSON.parse(JSON.stringify(frame))` would. */
export function sent(frame: object): Sent {
  const meter = { length: 0 }
  return { frame: copied(frame, meter), length: meter.length }
}

function copied(value: unknown, meter: { length: number }): unknown {
  if (typeof value === 'number') return copiedNumber(value, meter)
  if (typeof value === 'string') {
    meter.length += escaped.test(value) ? JSON.stringify(value).length : value.length + 2
    return value
  }
  if (typeof value === 'object' && value !== null && !('toJSON' in value)) return Array.isArray(value) ? copiedList(value, meter) : copiedObject(value, meter)
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new Error('a frame has what JSON does not know')
  meter.length += text.length
  return JSON.parse(text)
}

function copiedNumber(value: number, meter: { length: number }): number | null {
  if (Number.isInteger(value) && value >= 0 && value < 1e15) {
    let digits = 1
    for (let above = 10; above <= value; above *= 10) digits += 1
    meter.length += digits
    return value + 0
  }
  const text = JSON.stringify(value)
  meter.length += text.length
  return JSON.parse(text) as number | null
}

function copiedList(list: readonly unknown[], meter: { length: number }): unknown[] {
  const copy: unknown[] = []
  meter.length += list.length === 0 ? 2 : 1 + list.length
  for (const value of list) copy.push(copied(value === undefined ? null : value, meter))
  return copy
}

function copiedObject(value: object, meter: { length: number }): object {
  const copy: Record<string, unknown> = {}
  let count = 0
  for (const key of Object.keys(value)) {
    const part = (value as Record<string, unknown>)[key]
    if (part === undefined) continue
    count += 1
    meter.length += (escaped.test(key) ? JSON.stringify(key).length : key.length + 2) + 1
    const own = copied(part, meter)
    if (key === '__proto__') Object.defineProperty(copy, key, { value: own, enumerable: true, configurable: true, writable: true })
    else copy[key] = own
  }
  meter.length += count === 0 ? 2 : 1 + count
  return copy
}
