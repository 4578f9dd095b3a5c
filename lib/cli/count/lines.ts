/**
 * Lines out of bytes, and how many bytes they took; no longer than a bound, beyond which the rest of a line is thrown away.
 */
export type Line = { text: string; bytes: number }

const newline = 0x0a

export class Lines {
  private rest: Buffer[] = []
  private kept = 0
  private length = 0

  constructor(private readonly bytesMax: number) {}

  /** The lines that end in this piece. */
  *take(chunk: Buffer): Generator<Line> {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      this.keep(chunk.subarray(from, at))
      this.length += 1
      yield this.line()
      from = at + 1
    }
    this.keep(chunk.subarray(from))
  }

  /** A last line without its end, if there is one. */
  *end(): Generator<Line> {
    if (this.length > 0) yield this.line()
  }

  private keep(piece: Buffer): void {
    this.length += piece.length
    const room = this.bytesMax - this.kept
    if (room <= 0 || piece.length === 0) return
    // Copied: what a file is read into is used again.
    this.rest.push(Buffer.from(piece.subarray(0, room)))
    this.kept += Math.min(piece.length, room)
  }

  private line(): Line {
    const text = Buffer.concat(this.rest).toString().replace(/\r$/, '')
    const bytes = this.length
    this.rest = []
    this.kept = 0
    this.length = 0
    return { text, bytes }
  }
}
