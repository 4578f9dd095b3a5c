/**
 * A host process as the story sees it: what it is told, what it tells, and its end.
 *
 * Every wait has a deadline, and one for a process that ended unasked fails at once.
 */
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as ms } from 'node:timers/promises'
import { type Order, type Report, type State, type Told } from './orders.js'

type Of<Type extends Told['type']> = Extract<Told, { type: Type }>

const deadlineMs = 30_000
const lookMs = 100

export class Child {
  constructor(readonly host: string, private readonly process: ChildProcess) {}

  listening(): Promise<unknown> {
    return this.next('listening')
  }

  /** Goes through its work, from that change on. */
  write(from = 0): void {
    this.process.send({ type: 'write', from } satisfies Order)
  }

  /** Writes no more; resolves when a peer has claimed all that was written. */
  pause(): Promise<Of<'paused'>> {
    return this.ask({ type: 'pause' }, 'paused')
  }

  async state(): Promise<State> {
    return (await this.ask({ type: 'state' }, 'state')).state
  }

  async report(): Promise<Report> {
    return (await this.ask({ type: 'report' }, 'report')).report
  }

  /** Resolves when the host is so. */
  async until(what: string, isSo: (state: State) => boolean): Promise<void> {
    for (const endAt = Date.now() + deadlineMs; ; await ms(lookMs)) {
      const state = await this.state()
      if (isSo(state)) return
      if (Date.now() > endAt) throw new Error(`the deadline passed before ${this.host} ${what}: ${JSON.stringify(state)}`)
    }
  }

  /** Ends the host as a power cut would. */
  async kill(): Promise<void> {
    if (this.isOver) return
    const exit = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await exit
  }

  private get isOver(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  private ask<Type extends Told['type']>(order: Order, type: Type): Promise<Of<Type>> {
    const answer = this.next(type)
    if (!this.isOver) this.process.send(order)
    return answer
  }

  private next<Type extends Told['type']>(type: Type): Promise<Of<Type>> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        this.process.off('message', hear).off('exit', lost)
      }
      const fail = (why: string): void => {
        stop()
        reject(new Error(`${this.host} ${why} before it was "${type}".`))
      }
      const lost = (): void => fail('ended')
      const hear = (told: Told): void => {
        if (told.type !== type) return
        stop()
        resolve(told as Of<Type>)
      }
      const timer = setTimeout(() => fail('said nothing for too long'), deadlineMs)
      this.process.on('message', hear).on('exit', lost)
      if (this.isOver) lost()
    })
  }
}
