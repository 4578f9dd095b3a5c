/**
 * A host as the parent sees it: a process that does what it is told, and is gone when it is let go.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Deeds } from './child.js'

type Answer<Deed extends keyof Deeds> = Awaited<ReturnType<Deeds[Deed]>>

type Waiting = { resolve: (value: never) => void; reject: (error: Error) => void }

const file = fileURLToPath(new URL('child.ts', import.meta.url))
const deadlineMs = 60_000

export class Host {
  private readonly waiting = new Map<number, Waiting>()
  private asked = 0

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess
  ) {
    child.on('message', ({ id, value, error }: { id: number; value: never; error?: string }) => {
      const waiting = this.waiting.get(id)
      this.waiting.delete(id)
      if (error === undefined) waiting?.resolve(value)
      else waiting?.reject(new Error(error))
    })
    child.on('exit', (code, signal) => this.fail(`the host ${name} ended by ${signal ?? `exit code ${String(code)}`}`))
  }

  /** Starts one; `more` are flags of node's. */
  static async start(system: string, name: string, more: string[] = []): Promise<Host> {
    const child = fork(file, [system, name], { execArgv: ['--import', 'tsx', '--expose-gc', '--no-warnings', ...more], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    if (typeof first !== 'object') throw new Error(`a host of ${system} did not start`)
    return new Host(name, child)
  }

  do<Deed extends keyof Deeds>(deed: Deed, ...args: Parameters<Deeds[Deed]>): Promise<Answer<Deed>> {
    this.asked += 1
    const id = this.asked
    this.child.send({ id, deed, args })
    return new Promise<Answer<Deed>>((resolve, reject) => {
      const late = setTimeout(() => this.fail(`the host ${this.name} did not come to the end of "${deed}" within ${deadlineMs / 1_000} s`), deadlineMs)
      const over = <T>(tell: (told: T) => void) => (told: T): void => { clearTimeout(late); tell(told) }
      this.waiting.set(id, { resolve: over(resolve), reject: over(reject) })
    })
  }

  /** Stops it, as a debugger does or a machine that swaps; and lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal)
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }

  private fail(why: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(why))
    this.waiting.clear()
  }
}
