/**
 * TCP on the loopback, for systems that leave the connection to their user.
 */
import { once } from 'node:events'
import net from 'node:net'

/** Listens on a free port and hands over every connection. */
export async function listen(join: (socket: net.Socket) => void, noDelay = true): Promise<number> {
  return portOf(net.createServer({ noDelay }, join))
}

/** A port on which nobody listens now. */
export async function freePort(): Promise<number> {
  const server = net.createServer()
  const port = await portOf(server)
  server.close()
  return port
}

async function portOf(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as net.AddressInfo).port
}

/** Gives a connection once it is made. */
export async function dial(port: number, noDelay = true): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay })
  await once(socket, 'connect')
  return socket
}
