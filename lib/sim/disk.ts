/**
 * A model of a disk on which everything goes wrong that can: writes are torn by a crash, syncs lie or fail, bits flip, it is full, or may not be
 * written to.
 *
 * What the system has survives a crash of the process. A loss of power leaves of each file what was synced, and of what was written since a part,
 * in which whole blocks may be missing.
 */
import type { Disk, DiskFile } from '../journal/disk.js'
import type { Chance } from './chance.js'

const blockBytes = 512

/** What fails. */
export type DiskFaults = {
  /** Bytes that there is room for. Default: any number. */
  room: number
  /** Whether nothing may be written. */
  readOnly: boolean
  /** Whether syncs say that all is well, and do nothing. */
  lies: boolean
  /** How likely a write is to fail when a part of it is done, and a sync. */
  writeOdds: number
  syncOdds: number
}

/** A file, whatever its name. */
type Inode = { number: number; bytes: Uint8Array; size: number; synced: Uint8Array }

export class FaultyDisk implements Disk {
  readonly faults: DiskFaults = { room: Infinity, readOnly: false, lies: false, writeOdds: 0, syncOdds: 0 }
  /** What was called. */
  readonly calls = { write: 0, sync: 0, rename: 0, folder: 0 }
  private names = new Map<string, Inode>()
  private syncedNames = new Map<string, Inode>()
  private inodes = 0
  private age = 0

  constructor(private readonly chance: Chance) {}

  /** All bytes of all files. */
  get size(): number {
    return [...new Set(this.names.values())].reduce((sum, { size }) => sum + size, 0)
  }

  read(name: string): Uint8Array | null {
    const inode = this.names.get(name)
    return inode === undefined ? null : inode.bytes.slice(0, inode.size)
  }

  /** Puts bytes into a file, behind everybody's back: the same file, or a new one in its place. */
  plant(name: string, bytes: Uint8Array, copied = false): void {
    const inode = (copied ? undefined : this.names.get(name)) ?? this.inode()
    inode.bytes = bytes.slice()
    inode.size = bytes.length
    inode.synced = bytes.slice()
    this.names.set(name, inode)
    this.syncedNames.set(name, inode)
  }

  open(name: string, fresh: boolean): DiskFile {
    const known = this.names.get(name)
    if (this.faults.readOnly) throw failure('EROFS', 'read-only file system')
    if (known === undefined && !fresh) throw failure('ENOENT', 'no such file')
    const inode = known ?? this.inode()
    if (fresh) inode.size = 0
    this.names.set(name, inode)
    return new FaultyFile(this, inode, this.age)
  }

  rename(from: string, to: string): void {
    this.calls.rename += 1
    const inode = this.names.get(from)
    if (this.faults.readOnly || inode === undefined) throw failure('EROFS', 'read-only file system')
    this.names.set(to, inode)
    this.names.delete(from)
  }

  link(from: string, to: string): void {
    const inode = this.names.get(from)
    if (this.faults.readOnly || inode === undefined) throw failure('EROFS', 'read-only file system')
    this.names.set(to, inode)
  }

  remove(name: string): void {
    if (this.faults.readOnly && this.names.has(name)) throw failure('EROFS', 'read-only file system')
    this.names.delete(name)
  }

  async sync(): Promise<void> {
    await turn()
    this.calls.folder += 1
    if (this.chance.odds(this.faults.syncOdds)) throw failure('EIO', 'i/o error')
    if (!this.faults.lies) this.syncedNames = new Map(this.names)
  }

  /** The process is gone: what it has open is of no use any more. */
  crash(): void {
    this.age += 1
  }

  /** The power is gone: of what was not synced a part is left, as it comes. */
  blackout(): void {
    this.crash()
    this.names = this.chance.odds(0.5) ? new Map(this.syncedNames) : this.names
    for (const inode of new Set(this.names.values())) this.spoil(inode)
    this.syncedNames = new Map(this.names)
  }

  /** @internal */
  async write(inode: Inode, bytes: Uint8Array, at: number, age: number): Promise<void> {
    this.calls.write += 1
    const fails = this.chance.odds(this.faults.writeOdds)
    const room = Math.max(0, this.faults.room - this.size + Math.max(0, inode.size - at))
    const whole = !fails && !this.faults.readOnly && bytes.length <= room
    const left = this.faults.readOnly ? 0 : whole ? bytes.length : Math.min(room, this.chance.whole(0, bytes.length))
    for (let done = 0; done < left; ) {
      const step = Math.min(left - done, this.chance.whole(1, bytes.length))
      await turn()
      if (this.age !== age) return new Promise(() => {})
      put(inode, bytes.subarray(done, done + step), at + done)
      done += step
    }
    if (left === 0) await turn()
    if (!whole) throw this.faults.readOnly ? failure('EROFS', 'read-only file system') : fails ? failure('EIO', 'i/o error') : failure('ENOSPC', 'no space left on device')
  }

  /** @internal */
  async syncFile(inode: Inode, age: number): Promise<void> {
    this.calls.sync += 1
    const before = inode.bytes.slice(0, inode.size)
    await turn()
    if (this.age !== age) return new Promise(() => {})
    if (this.chance.odds(this.faults.syncOdds)) {
      // What could not be written is forgotten, as Linux does.
      this.spoil(inode)
      throw failure('EIO', 'i/o error')
    }
    if (!this.faults.lies) inode.synced = before
  }

  private spoil(inode: Inode): void {
    const { synced, size, bytes } = inode
    const left = this.chance.whole(Math.min(synced.length, size), Math.max(synced.length, size))
    const after = new Uint8Array(left)
    after.set(synced.subarray(0, left))
    for (let at = 0; at < left; at += blockBytes) {
      const end = Math.min(at + blockBytes, left, size)
      if (at < end && this.chance.odds(0.7)) after.set(bytes.subarray(at, end), at)
    }
    inode.bytes = after
    inode.size = left
    inode.synced = after.slice()
  }

  private inode(): Inode {
    this.inodes += 1
    return { number: this.inodes, bytes: new Uint8Array(0), size: 0, synced: new Uint8Array(0) }
  }
}

class FaultyFile implements DiskFile {
  constructor(private readonly disk: FaultyDisk, private readonly inode: Inode, private readonly age: number) {}

  get identity(): string {
    return `1:${this.inode.number}`
  }

  write(bytes: Uint8Array, at: number): Promise<void> {
    return this.disk.write(this.inode, bytes, at, this.age)
  }

  sync(): Promise<void> {
    return this.disk.syncFile(this.inode, this.age)
  }

  truncate(size: number): void {
    if (this.disk.faults.readOnly) throw failure('EROFS', 'read-only file system')
    this.inode.size = size
  }

  close(): void {}
}

function put(inode: Inode, bytes: Uint8Array, at: number): void {
  const end = at + bytes.length
  if (end > inode.bytes.length) {
    const larger = new Uint8Array(Math.max(end, 2 * inode.bytes.length))
    larger.set(inode.bytes.subarray(0, inode.size))
    inode.bytes = larger
  }
  if (at > inode.size) inode.bytes.fill(0, inode.size, at)
  inode.bytes.set(bytes, at)
  inode.size = Math.max(inode.size, end)
}

function turn(): Promise<void> {
  return Promise.resolve()
}

/** An error as systems give them. */
function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
