/**
 * Where a command prints: answers on stdout, for people or as JSON; notes on stderr; colours and progress on a terminal only.
 */
import { coloured, colourful, type Colour } from './text.js'

/** What is written to, and whether it takes more at once. */
type Out = NodeJS.WriteStream

const eraseLine = '\r\u001b[2K'

export class Terminal {
  private rewritten = false

  constructor(
    /** Whether answers are JSON, one line each. */
    readonly json: boolean,
    private readonly out: Out = process.stdout,
    private readonly err: Out = process.stderr,
    private readonly env: NodeJS.ProcessEnv = process.env
  ) {}

  /** One answer: its JSON, or what people read; nothing where that is empty. */
  answer(value: unknown, text: () => string): void {
    const line = this.json ? JSON.stringify(value) : text()
    if (line !== '') this.out.write(`${line}\n`)
  }

  /** One of many: resolves when there is room for more. */
  async item(value: unknown, text: () => string): Promise<void> {
    const line = this.json ? JSON.stringify(value) : text()
    if (line === '' || this.out.write(`${line}\n`)) return
    await new Promise<void>((resolve) => this.out.once('drain', resolve))
  }

  /** For people, beside the answer. */
  note(text: string): void {
    this.clear()
    this.err.write(`${text}\n`)
  }

  /** What is rewritten in place; nothing where there is no terminal. */
  progress(text: string): void {
    if (this.err.isTTY !== true) return
    this.err.write(`${eraseLine}${text.slice(0, Math.max(20, this.err.columns - 1))}`)
    this.rewritten = true
  }

  /** Takes the progress away. */
  clear(): void {
    if (this.rewritten) this.err.write(eraseLine)
    this.rewritten = false
  }

  /** A piece of an answer, in a colour where there are any. */
  paint(colour: Colour, text: string): string {
    return !this.json && colourful(this.out, this.env) ? coloured(colour, text) : text
  }
}
