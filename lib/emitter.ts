/**
 * Typed events, for Node and browsers alike.
 *
 * A listener that throws harms nobody: what it threw is told as `error`, and where nobody listens for that, it is thrown again in a
 * microtask, so that it is never lost and never lands in the middle of our own work.
 */

/** Names of events with the arguments of their listeners. */
export type Events = { error: [error: unknown] }

export type Listener<Self, Arguments extends unknown[]> = (this: Self, ...args: Arguments) => void

export class Emitter<E extends Events & { [K in keyof E]: unknown[] }> {
  private readonly listeners = new Map<keyof E, readonly { call: (...args: never[]) => void; once: boolean }[]>()

  /** Calls `listener` at every `event`, with this object as `this`. */
  on<K extends keyof E>(event: K, listener: Listener<this, E[K]>): this {
    return this.add(event, listener, false)
  }

  /** Calls `listener` at the next `event` only. */
  once<K extends keyof E>(event: K, listener: Listener<this, E[K]>): this {
    return this.add(event, listener, true)
  }

  /** Calls `listener` no more. */
  off<K extends keyof E>(event: K, listener: Listener<this, E[K]>): this {
    const kept = (this.listeners.get(event) ?? []).filter(({ call }) => call !== (listener as unknown))
    this.listeners.set(event, kept)
    return this
  }

  /** Whether anybody listens for `event`. */
  protected hears(event: keyof E): boolean {
    return (this.listeners.get(event)?.length ?? 0) > 0
  }

  /** Runs a function of the user's: what it throws is told like what a listener throws. */
  protected call(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.complain(error, false)
    }
  }

  protected emit<K extends keyof E>(event: K, ...args: E[K]): void {
    for (const listener of this.listeners.get(event) ?? []) {
      if (listener.once) this.off(event, listener.call as unknown as Listener<this, E[K]>)
      try {
        listener.call.apply(this, args as unknown as never[])
      } catch (error) {
        this.complain(error, event === 'error')
      }
    }
  }

  private complain(error: unknown, alone: boolean): void {
    if (!alone && this.hears('error')) this.emit('error', ...([error] as E["error"]))
    else queueMicrotask(() => { throw error })
  }

  private add<K extends keyof E>(event: K, listener: Listener<this, E[K]>, once: boolean): this {
    const call = listener as unknown as (...args: never[]) => void
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), { call, once }])
    return this
  }
}
