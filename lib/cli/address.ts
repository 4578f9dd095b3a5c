/**
 * Where HTTP is served.
 */
import { isIP } from 'node:net'
import { exits, Failure } from './failure.js'

/** `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:80`, or a port alone. */
export function httpAddress(text: string): { address: string; port: number } {
  const [, six, four, digits] = /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text) ?? []
  const address = six ?? (four === undefined || four === 'localhost' ? '127.0.0.1' : four)
  if (digits === undefined || Number(digits) > 65_535 || isIP(address) === 0) throw new Failure(`--http takes a port, or an address like 127.0.0.1:8080, not "${text}".`, exits.usage)
  return { address, port: Number(digits) }
}
