/**
 * A host process as its parent sees it: what it is told, what it tells, and its end.
 */
import { fork, type ChildProcess } from 'node:child_process'
import type { Order, Progress, Report, Told } from './orders.js'
import type { WorkerOptions } from './worker.js'

type Of<Type extends Told['type']> = Extract<Told, { type: Type }>

/** Who is told of a child's life. */
export type Ears = {
  onNote: (text: string) => void
  /** It ended unasked. */
  onLoss: (error: Error) => void
}

export class Child {
  progress: Progress = { files: 0, words: 0, done: false, lag: 0, coherent: false, total: 0, peers: [] }
  port = 0
  private readonly ears = new Set<(told: Told) => void>()
  private readonly process: ChildProcess
  private readonly ended: Promise<unknown>
  private ending = false

  private constructor(readonly name: string, options: WorkerOptions, { onNote, onLoss }: Ears) {
    const child = fork(process.argv[1] as string, ['demo-host', JSON.stringify(options)])
    this.process = child
    this.ended = child.pid === undefined ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve))
    this.process.on('error', onLoss)
    this.process.on('exit', (code, signal) => {
      if (!this.ending || (code !== 0 && signal !== 'SIGKILL')) onLoss(new Error(`${name} ended unasked (${signal ?? `exit code ${code}`}).`))
    })
    this.process.on('message', (told: Told) => {
      if (told.type === 'progress') this.progress = told.progress
      if (told.type === 'note' && !this.ending) onNote(told.text)
      for (const hear of this.ears) hear(told)
    })
  }

  /** Resolves when the host listens; `known` is told at once, so that it can be ended whatever happens. */
  static async start(options: WorkerOptions, ears: Ears, known: (child: Child) => void): Promise<Child> {
    const child = new Child(options.name, options, ears)
    known(child)
    const { port } = await child.next('listening')
    child.port = port
    return child
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  /** Keeps a link to a neighbour. */
  dial(port: number): void {
    this.tell({ type: 'dial', port })
  }

  count(folder: string, files: string[], forever = false): void {
    this.tell({ type: 'count', folder, files, forever })
  }

  hold(on: boolean): void {
    this.tell({ type: 'hold', on })
  }

  cut(port: number): void {
    this.tell({ type: 'cut', port })
  }

  heal(port: number): void {
    this.tell({ type: 'heal', port })
  }

  pause(): Promise<Of<'paused'>> {
    return this.ask({ type: 'pause' }, 'paused')
  }

  rest(): Promise<Of<'rested'>> {
    return this.ask({ type: 'rest' }, 'rested')
  }

  async report(): Promise<Report> {
    return (await this.ask({ type: 'report' }, 'report')).report
  }

  /** Resolves when the host is that far. */
  async until(isSo: (progress: Progress) => boolean): Promise<void> {
    while (!isSo(this.progress)) await this.next('progress')
  }

  /** Lets the host say good-bye and end by itself. */
  async close(): Promise<void> {
    this.ending = true
    this.tell({ type: 'close' })
    await this.ended
  }

  /** Ends the host as a power cut would. */
  async kill(): Promise<void> {
    this.ending = true
    this.process.kill('SIGKILL')
    await this.ended
  }

  private tell(order: Order): void {
    // One that just died is told by its exit.
    if (this.process.connected) this.process.send(order, () => {})
  }

  private ask<Type extends Told['type']>(order: Order, type: Type): Promise<Of<Type>> {
    const answer = this.next(type)
    this.tell(order)
    return answer
  }

  private next<Type extends Told['type']>(type: Type): Promise<Of<Type>> {
    return new Promise((resolve) => {
      const hear = (told: Told): void => {
        if (told.type !== type) return
        this.ears.delete(hear)
        resolve(told as Of<Type>)
      }
      this.ears.add(hear)
    })
  }
}
