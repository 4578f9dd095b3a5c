/**
 * A folder of the system, by node:fs.
 *
 * What is done once, at the start or at a rename, is done at once; what is written and synced while a host works is not waited for.
 */
import {
  closeSync, fdatasync, fstatSync, fsync, ftruncateSync, linkSync, openSync, readFileSync, renameSync, rmSync, write
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Disk, DiskFile } from './disk.js'

const [dataSync, fullSync] = [promisify(fdatasync), promisify(fsync)]

export class Folder implements Disk {
  constructor(private readonly path: string) {}

  read(name: string): Uint8Array | null {
    try {
      return readFileSync(this.in(name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  open(name: string, fresh: boolean): DiskFile {
    return new FolderFile(openSync(this.in(name), fresh ? 'w' : 'r+'))
  }

  rename(from: string, to: string): void {
    renameSync(this.in(from), this.in(to))
  }

  link(from: string, to: string): void {
    this.remove(to)
    linkSync(this.in(from), this.in(to))
  }

  remove(name: string): void {
    rmSync(this.in(name), { force: true })
  }

  async sync(): Promise<void> {
    // Windows keeps names by itself, and opens no folders.
    if (process.platform === 'win32') return
    const folder = openSync(this.path, 'r')
    try {
      await fullSync(folder)
    } finally {
      closeSync(folder)
    }
  }

  private in(name: string): string {
    return join(this.path, name)
  }
}

class FolderFile implements DiskFile {
  readonly identity: string

  constructor(private readonly fd: number) {
    // The number of a file that is gone is given to the next.
    const { dev, ino, birthtimeNs } = fstatSync(fd, { bigint: true })
    this.identity = `${dev}:${ino}:${birthtimeNs}`
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += await new Promise<number>((resolve, reject) => {
        write(this.fd, bytes, done, bytes.length - done, at + done, (error, written) => (error === null ? resolve(written) : reject(error)))
      })
    }
  }

  sync(): Promise<void> {
    return dataSync(this.fd)
  }

  truncate(size: number): void {
    ftruncateSync(this.fd, size)
  }

  close(): void {
    closeSync(this.fd)
  }
}
