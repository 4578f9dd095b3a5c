/**
 * CRC-32 (IEEE 802.3): finds every flipped bit, and all bursts of up to 32.
 */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let i = 0; i < 8; i += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return crc
})

/** The checksum of `bytes` from `from` up to, not including, `to`, as an unsigned number of 32 bits. */
export function crc32(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1
  for (let i = from; i < to; i += 1) crc = (table[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}
