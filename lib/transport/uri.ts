/**
 * Addresses of TCP: `tcp://host:port`, with a name, an IPv4 address, or an IPv6 address in brackets. Without a port: 4000.
 */
import { isIP, isIPv6 } from 'node:net'
import { GossipError, shown } from '../errors.js'

/** Where none is said. */
export const portDefault = 4_000

/**
 * The parts of an address.
 *
 * @throws GossipError `ERR_OPTION` if it is none.
 */
export function readTcp(uri: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/?#@[\]]+))(?::(\d{1,5}))?\/?$/.exec(uri) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? portDefault : Number(digits)
  if (host === undefined || port > 65_535 || (bracketed !== undefined && !isIPv6(bracketed.replace(/%.*$/, '')))) {
    throw new GossipError('ERR_OPTION', `an address must be like tcp://10.0.0.7:4000 or tcp://[::1]:4000, not ${shown(uri)}; nothing was changed.`)
  }
  return { host, port }
}

/** An address from its parts. */
export function writeTcp(host: string, port: number): string {
  return `tcp://${isIP(host) === 6 || host.includes(':') ? `[${host}]` : host}:${port}`
}
