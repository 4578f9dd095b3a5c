/**
 * What a journal needs of a folder on a disk. Beside Node's there is a model of a bad one (lib/sim/disk.ts).
 *
 * What throws or rejects does so with the error of the system.
 */
export interface Disk {
  /** The bytes of a file; null if there is none. */
  read(name: string): Uint8Array | null
  /** A file to write to; with `fresh` empty, and made if there is none. */
  open(name: string, fresh: boolean): DiskFile
  /** Gives a file another name, in the place of what had it. */
  rename(from: string, to: string): void
  /** Gives a file a second name, in the place of what had it. */
  link(from: string, to: string): void
  /** Takes a file away, if there is one. */
  remove(name: string): void
  /** Resolves when names are on the disk. */
  sync(): Promise<void>
}

export interface DiskFile {
  /** What the system knows the file by, whatever its name: a copy has another. */
  readonly identity: string
  /** Writes at a place in the file; resolves when the system has all of it. */
  write(bytes: Uint8Array, at: number): Promise<void>
  /** Resolves when what was written is on the disk. */
  sync(): Promise<void>
  truncate(size: number): void
  close(): void
}
