/**
 * Every TCP socket of this process, whichever library opened it: bytes are counted, and writers held back, alike for all systems.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const sockets = new Set<Socket>()
const past = { read: 0, written: 0 }

function note(message: unknown): void {
  const { socket } = message as { socket: Socket }
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    past.read += socket.bytesRead
    past.written += socket.bytesWritten
  })
}

subscribe('net.client.socket', note)
subscribe('net.server.socket', note)

/** Bytes of all sockets until now, as the kernel was given them. */
export function traffic(): { read: number; written: number } {
  const sum = { ...past }
  for (const socket of sockets) {
    sum.read += socket.bytesRead
    sum.written += socket.bytesWritten
  }
  return sum
}

/** A promise where some socket has more to write than it likes; null where none has. */
export function drained(): Promise<unknown> | null {
  for (const socket of sockets) if (socket.writableNeedDrain && !socket.destroyed) return taken(socket)
  return null
}

function taken(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

/** Cuts every connection, as a cable does. */
export function cut(): void {
  for (const socket of sockets) socket.destroy()
}
