/**
 * Where the Unix sockets of running hosts are: one for each host, in a folder that is its user's alone.
 *
 * A socket may be written to by whoever can open it, so the folder is 0700, the socket 0600, and a folder of somebody else is refused.
 */
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { Failure, messageOf } from './failure.js'

const suffix = '.sock'

/** The system's bound on the path of a Unix socket, less its ending zero. The least of all systems'. */
const pathBytesMax = 103

/** The folder of this user's sockets. */
export function socketFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_RUNTIME_DIR: runtime } = env
  return runtime ? join(runtime, 'pull-gossip') : join(tmpdir(), `pull-gossip-${userInfo().uid}`)
}

/** The socket of a host: by its name, or, where that makes no short file name, by its hash. */
export function socketPath(host: string, env?: NodeJS.ProcessEnv): string {
  const name = encodeURIComponent(host)
  const short = name.length <= 40 ? name : createHash('sha256').update(host).digest('hex').slice(0, 24)
  return join(socketFolder(env), `${short}${suffix}`)
}

/** The sockets that are there; their hosts may be gone. */
export function socketPaths(env?: NodeJS.ProcessEnv): string[] {
  const folder = socketFolder(env)
  try {
    if (trouble(folder) !== null) return []
    return readdirSync(folder).filter((name) => name.endsWith(suffix)).sort().map((name) => join(folder, name))
  } catch {
    // No folder: no host.
    return []
  }
}

/**
 * Listens at a path, for this user alone; what a host that died left there is taken away.
 *
 * @throws Failure if a host listens there, or it is no place for a socket.
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > pathBytesMax) throw new Failure(`a socket's path has ${pathBytesMax} bytes at most, not ${path}; say --socket PATH, or --no-socket.`)
  const folder = dirname(path)
  if (folder === socketFolder()) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const why = trouble(folder)
    if (why !== null) throw new Failure(`${folder} ${why}, so no socket is made there; say --socket PATH, or --no-socket.`)
  }
  if (await answers(path)) throw new Failure(`a host listens at ${path} already; give this one another --host, or another --socket.`)
  removeStale(path)
  // There is no moment at which another user could open it: it is made with its mode.
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new Failure(`cannot listen at ${path}: ${messageOf(error)}.`)))
      server.listen({ path }, resolve)
    })
  } finally {
    process.umask(mask)
  }
}

/** Whether anybody listens there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Failure(`${path} is there and is no socket; it was left as it is.`)
  unlinkSync(path)
}

/** Why a folder is not to be trusted; null if it is. */
function trouble(folder: string): string | null {
  const { mode, uid } = lstatSync(folder)
  if ((mode & 0o170000) !== 0o040000) return 'is no folder'
  if (uid !== userInfo().uid) return 'belongs to another user'
  return (mode & 0o077) === 0 ? null : 'is open to other users'
}
