/**
 * A wire in place of netem, for kernels that have none: a process through which frames of Ethernet go, in datagrams of VXLAN (RFC 7348).
 *
 * The two ends of a wire are VXLAN devices whose numbers differ in the last bit. What comes from one goes to the other, after what the
 * shape of its way says. Started as `wire.ts <WireStart as JSON>`; asked for its figures by any message.
 */
import { createSocket } from 'node:dgram'
import { type Shape } from './shape.js'

export type WireStart = {
  address: string
  port: number
  /** Where both ends of every wire are. */
  ends: string
  /** By the number of the end where a frame comes in. */
  shapes: Record<number, Shape>
}

export type WireFigures = { frames: number; held: number; lost: number; overtaking: number }

export type WireTold = { type: 'ready' } | { type: 'figures'; figures: WireFigures }

const headerBytes = 8
const macBytes = 14
const ipv4 = 0x0800
const tcp = 6
const tcpChecksumAt = 16

const { address, port, ends, shapes } = JSON.parse(process.argv[2] ?? '') as WireStart
const figures: WireFigures = { frames: 0, held: 0, lost: 0, overtaking: 0 }
const socket = createSocket('udp4')

/** One frame from one end, as it came. */
function carry(datagram: Buffer): void {
  const from = datagram.readUIntBE(4, 3)
  datagram.writeUIntBE(from ^ 1, 4, 3)
  sum(datagram.subarray(headerBytes))
  const { delayMs = 0, jitterMs = 0, lossPercent = 0, reorderPercent = 0 } = shapes[from] ?? {}
  figures.frames += 1
  if (chance(lossPercent)) {
    figures.lost += 1
  } else if (delayMs === 0) {
    send(datagram)
  } else if (chance(reorderPercent)) {
    figures.overtaking += 1
    send(datagram)
  } else {
    figures.held += 1
    setTimeout(() => send(datagram), delayMs + (2 * Math.random() - 1) * jitterMs)
  }
}

function chance(percent: number): boolean {
  return Math.random() * 100 < percent
}

function send(datagram: Buffer): void {
  socket.send(datagram, port, ends)
}

/** Fills in the checksum of TCP, which the kernel leaves to a network card that is not there. */
function sum(frame: Buffer): void {
  if (frame.readUInt16BE(macBytes - 2) !== ipv4) return
  const packet = frame.subarray(macBytes)
  if (packet[9] !== tcp) return
  const headBytes = (packet.readUInt8(0) & 0x0f) * 4
  const segment = packet.subarray(headBytes, packet.readUInt16BE(2))
  segment.writeUInt16BE(0, tcpChecksumAt)
  let total = tcp + segment.length
  for (let at = 12; at < 20; at += 2) total += packet.readUInt16BE(at)
  for (let at = 0; at + 1 < segment.length; at += 2) total += segment.readUInt16BE(at)
  if (segment.length % 2 === 1) total += segment.readUInt8(segment.length - 1) << 8
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  segment.writeUInt16BE(~total & 0xffff, tcpChecksumAt)
}

function tell(told: WireTold): void {
  process.send?.(told)
}

socket.on('message', carry)
process.on('message', () => tell({ type: 'figures', figures }))
// Without its parent a wire has nothing to carry.
process.on('disconnect', () => process.exit(0))
socket.bind(port, address, () => tell({ type: 'ready' }))
