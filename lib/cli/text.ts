/**
 * Text of others, and figures, as people are shown them.
 */
import { styleText } from 'node:util'

/** What would steer a terminal, or turn the direction of what follows. */
const steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Foreign text made harmless: what a terminal would obey is written out. */
export function plain(text: string): string {
  return text.replace(steering, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A JSON value in one line. */
export function shownValue(value: unknown): string {
  return plain(typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value))
}

/** A table with columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n')
}

/** A whole number with separators. */
export const figure = (n: number): string => n.toLocaleString('en')

/** A number of bytes. */
export function bytes(n: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(steps.length - 1, n < 1_000 ? 0 : Math.floor(Math.log10(n) / 3))
  return step === 0 ? `${n} B` : `${(n / 1_000 ** step).toFixed(1)} ${steps[step]}`
}

/** A moment in milliseconds since 1970, or never, as people read it. */
export function moment(at: number | 'never' | null): string {
  return at === null ? 'unsaid' : at === 'never' ? 'never' : new Date(at).toISOString()
}

/** Whether colours may be written to a stream. */
export function colourful(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

export type Colour = 'red' | 'green' | 'yellow' | 'gray' | 'bold' | 'cyan'

/** Text in a colour. */
export function coloured(colour: Colour, text: string): string {
  return styleText(colour, text)
}

const encoder = new TextEncoder()

/** As many whole characters of a text as fit into so many bytes. */
export function cut(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(bytesMax)).read)
}
