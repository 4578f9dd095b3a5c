/**
 * A program run as a user runs it: a process of its own, whose output and end a test waits for, never longer than a deadline.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test } from 'tape'

const root = fileURLToPath(new URL('..', import.meta.url))
const deadlineMs = 30_000

/** How a program ended. */
export type End = { code: number | null; signal: NodeJS.Signals | null }

/** What tells Node to run a TypeScript file of ours: what `npm test` compiled of it (test/compiled.mjs), or its source through a compiler. */
export function argsOf(file: string): string[] {
  const { COMPILED: folder } = process.env
  if (folder === undefined) return ['--import', import.meta.resolve('tsx'), join(root, file)]
  return [join(folder, file.replace(/\.ts$/, '.js'))]
}

export class Program {
  /** What programs are told by their environment. */
  static env: NodeJS.ProcessEnv = process.env
  /** What it wrote so far. */
  out = ''
  err = ''
  private readonly child: ChildProcess
  private readonly ears = new Set<() => void>()
  private over: End | null = null

  constructor(t: Test, file: string, ...args: string[]) {
    const isExample = file.endsWith('.ts')
    const runs = isExample ? argsOf(file) : file.endsWith('.js') ? [file] : ['--import', 'tsx', file]
    // Examples may be typed to; the program's commands find their input at its end.
    this.child = spawn(process.execPath, [...runs, ...args], { cwd: root, env: Program.env, stdio: [isExample ? 'pipe' : 'ignore', 'pipe', 'pipe'] })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => { this.out += text; this.tell() })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.err += text })
    this.child.on('close', (code, signal) => { this.over = { code, signal }; this.tell() })
    t.teardown(() => { if (this.over === null) this.child.kill('SIGKILL') })
  }

  /** Its end, or its failure to come to one from when this is asked. */
  get end(): Promise<End> {
    return this.until('its end', () => this.over ?? undefined)
  }

  /** Resolves when it wrote what matches, with the match. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(String(pattern), () => pattern.exec(this.out) ?? undefined)
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Writes to its standard input; null ends that. */
  write(text: string | null): void {
    if (text === null) this.child.stdin?.end()
    else this.child.stdin?.write(text)
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  private until<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (why: string): void => {
        this.ears.delete(hear)
        clearTimeout(timer)
        reject(new Error(`${why} before ${what}; it wrote:\n${this.out}${this.err}`))
      }
      const timer = setTimeout(() => stop('the deadline passed'), deadlineMs)
      const hear = (): void => {
        const found = look()
        if (found === undefined) return this.over === null ? undefined : stop('the program ended')
        this.ears.delete(hear)
        clearTimeout(timer)
        resolve(found)
      }
      this.ears.add(hear)
      hear()
    })
  }

  private tell(): void {
    for (const hear of this.ears) hear()
  }
}

/** Whether a process is there. */
export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
