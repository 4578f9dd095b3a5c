/**
 * Time as streams need it: the one place where a real timer is made. The simulator puts its own in its place.
 *
 * An open stream has a timer, and keeps a process alive as an open socket does; a closed one has none.
 */

export interface Time {
  /** Milliseconds since some moment; never goes back, whatever happens to the system's clock. */
  now(): number
  /** Runs a function after the present turn. */
  soon(run: () => void): void
  /** Runs a function after `ms`; what it gives back prevents that. An `idle` one need not keep the process alive. */
  after(ms: number, run: () => void, idle?: boolean): () => void
}

/** A timer takes no longer span than this: 2³¹ − 1 ms. */
const spanMsMax = 0x7fffffff

/**
 * Node has a turn for what is to come after all that the sockets had: what several peers sent is then answered at once, in fewer frames,
 * and is not sent to those that sent it too. Elsewhere there are microtasks.
 */
const { setImmediate: afterSockets = queueMicrotask } = globalThis as { setImmediate?: (run: () => void) => unknown }

export const realTime: Time = {
  now: () => performance.now(),
  soon: (run) => {
    afterSockets(run)
  },
  after: (ms, run, idle = false) => {
    let cancel: () => void
    const timer: unknown = setTimeout(() => {
      if (ms > spanMsMax) cancel = realTime.after(ms - spanMsMax, run, idle)
      else run()
    }, Math.min(ms, spanMsMax))
    // A browser's timer is a number, and keeps nothing alive.
    if (idle) (timer as { unref?: () => void }).unref?.()
    cancel = () => clearTimeout(timer as number)
    return () => cancel()
  }
}
