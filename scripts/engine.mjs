/**
 * How Node runs what computes for seconds and ends: tests and compilers.
 *
 * V8 is made for programs that run for hours: it compiles much of a short one again and again, in threads of their own, and that is a third of
 * what tests cost. These options change when it compiles and cleans up, and nothing else.
 */

/** Code is optimized once it has run three times as long; no threads are woken to collect little garbage, nor often. */
export const engine = ['--interrupt-budget=200000', '--single-threaded-gc', '--min-semi-space-size=16']
