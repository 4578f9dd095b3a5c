/**
 * A host process as its parent sees it: what it is told, what it tells, and its end.
 *
 * A child that ends unasked fails everything that waits for it, and `onLoss` is told.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import { type Order, type Progress, type Report, type Told } from './orders.js'

type Of<Type extends Told['type']> = Extract<Told, { type: Type }>

/** How a child is started. */
export type Start = {
  name: string
  /** The hosts that it expects. */
  expect: readonly string[]
  /** Words a second that it counts. */
  pace: number
  /** Where it listens; 0 is any free port. */
  port: number
  onNote: (text: string) => void
  onLoss: (error: Error) => void
}

export class Child {
  progress: Progress = { files: 0, words: 0, done: false, lag: 0, coherent: false }
  port = 0
  private readonly ears = new Set<(told: Told) => void>()
  private readonly process: ChildProcess
  private readonly ended: Promise<unknown>
  private ending = false

  private constructor(readonly name: string, { expect, pace, port, onNote, onLoss }: Start) {
    const child = fork(new URL(`./host${extname(import.meta.url)}`, import.meta.url), [name, String(pace), String(port), ...expect])
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
  static async start(start: Start, known: (child: Child) => void): Promise<Child> {
    const child = new Child(start.name, start)
    known(child)
    const { port } = await child.next('listening')
    child.port = port
    return child
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  /** Keeps a link to the right neighbour. */
  dial(neighbour: Child): void {
    this.tell({ type: 'dial', port: neighbour.port })
  }

  count(folder: string, files: string[]): void {
    this.tell({ type: 'count', folder, files })
  }

  cut(): void {
    this.tell({ type: 'cut' })
  }

  heal(): void {
    this.tell({ type: 'heal' })
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
    if (this.process.connected) this.process.send(order)
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
