/**
 * A server of a rival that has one: the machine's own, in memory, on a free port of the loopback, gone with the process that began it.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import net from 'node:net'
import { delimiter, join } from 'node:path'
import { freePort } from './loopback.js'

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']

/** Where a program is installed, or null. */
export function programAt(name: string): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => mayRun(path)) ?? null
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Starts one; resolves with its port once it takes connections. */
export async function startBroker(name: string, argsOf: (port: number) => string[]): Promise<number> {
  const program = programAt(name)
  if (program === null) throw new Error(`${name} is not installed`)
  const port = await freePort()
  // Hosts are killed, so that the kernel has to take the server along.
  spawn('setpriv', ['--pdeathsig', 'KILL', program, ...argsOf(port)], { stdio: 'ignore' })
  for (let tries = 0; tries < 500; tries += 1) {
    if (await answers(port)) return port
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${name} did not listen within 5 s`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => { socket.destroy(); resolve(true) }).on('error', () => resolve(false))
  })
}
