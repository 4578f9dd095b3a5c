/**
 * One process a folder: a file that names the process that has it open.
 *
 * A lock whose process is gone is taken over. A process is known by its number, and where the system tells, by when it began: numbers are given
 * again. Two that take over one old lock at the same moment are told apart by what the file says then.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GossipError } from '../errors.js'

const triesMax = 8

export class Lock {
  private constructor(private readonly path: string, private readonly text: string) {}

  /** @throws GossipError `ERR_LOCKED` if a living process has it. What the system throws is thrown. */
  static take(folder: string): Lock {
    const path = join(folder, 'lock')
    const text = `${process.pid} ${startOf(process.pid) ?? '-'} ${Math.random().toString(36).slice(2)}\n`
    for (let i = 0; i < triesMax; i += 1) {
      const holder = create(path, text)
      if (holder === null) return new Lock(path, text)
      if (isAlive(holder)) break
      clear(path, holder)
    }
    throw lockedBy(folder, read(path)?.split(' ')[0] ?? 'another')
  }

  free(): void {
    if (read(this.path) === this.text) rmSync(this.path, { force: true })
  }
}

export function lockedBy(folder: string, holder: number | string): GossipError {
  return new GossipError('ERR_LOCKED', `the journal in ${folder} is open in process ${holder}; it was left as it is. One process at a time may use it.`)
}

/** The living process that has a folder open; null for none. */
export function holderOf(folder: string): number | null {
  const holder = read(join(folder, 'lock'))
  return holder !== null && isAlive(holder) ? parseInt(holder) : null
}

/** Makes the file, with its text from the first moment on; or tells what is in the one that is there. */
function create(path: string, text: string): string | null {
  const own = `${path}.${process.pid}`
  writeFileSync(own, text)
  try {
    linkSync(own, path)
    return null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return read(path) ?? ''
  } finally {
    rmSync(own, { force: true })
  }
}

/** Takes an old lock away, unless another one stands there by now. */
function clear(path: string, holder: string): void {
  const aside = `${path}.old.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    if (read(aside) !== holder) linkSync(aside, path)
  } finally {
    rmSync(aside, { force: true })
  }
}

function isAlive(holder: string): boolean {
  const [pid = '', start = '-'] = holder.trim().split(' ')
  if (!/^[1-9][0-9]*$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startOf(Number(pid))
  return start === '-' || now === null || now === start
}

/** When a process began, in ticks since the system did; null where that is not told. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`)
  // The name of the program, in parentheses, may hold blanks.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
