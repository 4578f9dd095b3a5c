/**
 * One journal file that is written to its end.
 */
import type { DiskFile } from './disk.js'
import type { Records } from './records.js'

export class Appender {
  /** Bytes written since the last sync. */
  unsynced = 0
  /** Records with a key and a value that were written, and their bytes: what one of them takes on an average. */
  private puts = 0
  private putBytes = 0
  private pending = 0
  private closed = false

  constructor(
    private readonly file: DiskFile,
    /** Where the next record goes. */
    public size: number
  ) {}

  get identity(): string {
    return this.file.identity
  }

  /** About how many bytes an entry takes. */
  get entryBytes(): number {
    return this.puts === 0 ? 0 : this.putBytes / this.puts
  }

  count(puts: number, putBytes: number): void {
    this.puts += puts
    this.putBytes += putBytes
  }

  /** Writes records behind the last ones. If that fails, the place stays where it was. */
  async append(records: Records): Promise<void> {
    const { puts, putBytes } = records
    const bytes = records.take()
    const at = this.size
    this.size += bytes.length
    this.unsynced += bytes.length
    try {
      await this.run(() => this.file.write(bytes, at))
    } catch (error) {
      this.size = at
      throw error
    }
    this.count(puts, putBytes)
  }

  async sync(): Promise<void> {
    this.unsynced = 0
    await this.run(() => this.file.sync())
  }

  /** Cuts off what stands behind the last whole record. */
  cut(): void {
    this.file.truncate(this.size)
  }

  /** Closes the file once nothing is under way in it: the system may give its number to another. */
  close(): void {
    if (this.closed) return
    this.closed = true
    if (this.pending === 0) this.file.close()
  }

  private async run(work: () => Promise<void>): Promise<void> {
    if (this.closed) throw new Error('the file was given up')
    this.pending += 1
    try {
      await work()
    } finally {
      this.pending -= 1
      if (this.closed && this.pending === 0) this.file.close()
    }
  }
}
