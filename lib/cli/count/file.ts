/**
 * A file that is read on from where it was left, through rotation: by rename, as `tail -F` does, and by truncation.
 */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Where in which file: a file is known by its inode and its first bytes, since inodes are given anew. */
export type Mark = { dev: number; ino: number; offset: number; head: string; headBytes: number }

/** A piece of a file, or that it ends here for now. */
export type Piece = { chunk: Buffer } | 'end'

const headMax = 256
const chunkBytes = 65_536
const pollMs = 250

export class Tail {
  private readonly fd: number
  private readonly dev: number
  private readonly ino: number
  private head = ''
  private headBytes = 0
  private at: number
  /** How far it went when it was last read. */
  private seen: number
  private readonly buffer = Buffer.allocUnsafe(chunkBytes)

  private constructor(readonly path: string, offset: number) {
    this.fd = openSync(path, 'r')
    const { dev, ino } = fstatSync(this.fd)
    this.dev = dev
    this.ino = ino
    this.at = offset
    this.seen = offset
  }

  /** Opens a file where it was left: under its name, or, if that is another file by now, under the name it was given. */
  static open(path: string, mark: Mark | null): Tail {
    if (mark === null) return new Tail(path, 0)
    const folder = dirname(path)
    const others = readdirSync(folder).filter((name) => name.startsWith(basename(path))).map((name) => join(folder, name))
    const found = [path, ...others].find((one) => fits(one, mark))
    return found === undefined ? new Tail(path, 0) : new Tail(found, mark.offset)
  }

  get offset(): number {
    return this.at
  }

  /** What is to be remembered when all up to `offset` was counted. */
  mark(offset: number): Mark {
    // The head of a file that grew is that of its first bytes when it was long enough.
    const bytes = Math.min(headMax, offset)
    if (bytes > this.headBytes) [this.head, this.headBytes] = [headOf(this.fd, bytes), bytes]
    return { dev: this.dev, ino: this.ino, offset, head: this.head, headBytes: this.headBytes }
  }

  /** Reads on from there again: what was behind it was no whole line. */
  rewind(offset: number): void {
    this.at = offset
  }

  /** What comes next of it. */
  read(): Piece {
    const length = readSync(this.fd, this.buffer, 0, chunkBytes, this.at)
    if (length === 0) return 'end'
    this.at += length
    this.seen = this.at
    return { chunk: this.buffer.subarray(0, length) }
  }

  /** Waits until there is more, or another file under the name; says which. */
  async more(path: string, signal: AbortSignal): Promise<'more' | 'another' | 'stop'> {
    for (;;) {
      const { size } = fstatSync(this.fd)
      if (size > this.seen) return 'more'
      // Emptied and written anew: the same file from its beginning.
      if (size < this.seen) return 'another'
      const now = statSync(path, { throwIfNoEntry: false })
      if (now !== undefined && (now.ino !== this.ino || now.dev !== this.dev)) return 'another'
      if (signal.aborted) return 'stop'
      await wait(pollMs, undefined, { signal }).catch(() => {})
    }
  }

  close(): void {
    closeSync(this.fd)
  }
}

/** Whether a file is the one of a mark, and has not been emptied since. */
function fits(path: string, { dev, ino, offset, head, headBytes }: Mark): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.dev !== dev || found.ino !== ino || found.size < offset) return false
  const fd = openSync(path, 'r')
  try {
    return headOf(fd, headBytes) === head
  } finally {
    closeSync(fd)
  }
}

function headOf(fd: number, bytes: number): string {
  const buffer = Buffer.alloc(bytes)
  const length = readSync(fd, buffer, 0, bytes, 0)
  return createHash('sha256').update(buffer.subarray(0, length)).digest('hex').slice(0, 16)
}
