/**
 * Network namespaces that nobody else sees and nobody has to remove: their names are in a mount namespace of their own, kept by one
 * process that ends when its parent does, however that ends. The last process inside takes everything with it.
 *
 * Who is not root is root inside, where the kernel lets users have namespaces.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { argsOf } from '../program.js'

const user = process.getuid?.() !== 0
const keep = 'mount -t tmpfs tmpfs /run && echo ready && exec cat'

export class Namespaces {
  private constructor(private readonly keeper: ChildProcess) {}

  /** Fails, with a reason in words, where the machine does not let us. */
  static async open(): Promise<Namespaces> {
    const flags = ['--net', '--mount', ...(user ? ['--map-root-user'] : [])]
    const keeper = spawn('unshare', [...flags, 'sh', '-c', keep], { stdio: ['pipe', 'pipe', 'pipe'] })
    let complaint = ''
    keeper.stderr.setEncoding('utf8').on('data', (text: string) => { complaint += text })
    const ended = new Promise<never>((_, reject) => {
      keeper.once('error', reject)
      keeper.once('close', () => reject(new Error(`there are no namespaces to be had: ${complaint.trim()}`)))
    })
    ended.catch(() => {})
    keeper.stdin.on('error', () => {})
    await Promise.race([once(keeper.stdout, 'data'), ended])
    return new Namespaces(keeper)
  }

  /** Commands of `ip`, one a line, in one of the namespaces; without a name, around them. */
  ip(name: string | null, ...lines: string[]): void {
    this.run(['ip', ...(name === null ? [] : ['-n', name]), '-batch', '-'], lines.join('\n'))
  }

  /** Commands of `tc`. */
  tc(name: string, ...lines: string[]): void {
    this.run(['tc', '-n', name, '-batch', '-'], lines.join('\n'))
  }

  /** A file beside this one that runs as a process in one of the namespaces and talks to this one by messages. */
  start(name: string, module: string, start: unknown): ChildProcess {
    const program = [process.execPath, ...argsOf(`test/network/${module}.ts`), JSON.stringify(start)]
    const [file, ...args] = this.inside(['ip', 'netns', 'exec', name, ...program])
    // What it prints is not the test's.
    return spawn(file, args, { stdio: ['ignore', 2, 2, 'ipc'] })
  }

  /** The process that keeps them. */
  get pid(): number | undefined {
    return this.keeper.pid
  }

  async close(): Promise<void> {
    if (this.keeper.exitCode !== null || this.keeper.signalCode !== null) return
    const closed = once(this.keeper, 'close')
    this.keeper.stdin?.end()
    await closed
  }

  private inside(command: string[]): [string, ...string[]] {
    const flags = ['--net', '--mount', ...(user ? ['--user', '--preserve-credentials'] : [])]
    return ['nsenter', `--target=${this.keeper.pid}`, ...flags, ...command]
  }

  private run(command: string[], input: string): void {
    const [file, ...args] = this.inside(command)
    const { status, stderr, error } = spawnSync(file, args, { input: `${input}\n`, encoding: 'utf8' })
    if (status === 0) return
    const why = stderr?.trim() || error?.message
    throw new Error(`"${command.join(' ')}" failed (${why}), told: ${input.replaceAll('\n', '; ')}`)
  }
}
