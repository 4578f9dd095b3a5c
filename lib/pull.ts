/**
 * The shapes of pull-streams, as types of our own.
 *
 * Structural, and assignable both ways to those of @types/pull-stream, so that neither we nor our users depend on that package.
 * The rules behind the shapes are pull-stream's `docs/spec.md`: ask only when the last question was answered, abort at any time,
 * and nothing after an end.
 */

/** `null`: go on. `true`: end, or abort. An error: end, or abort, because of it. */
export type Abort = Error | boolean | null

/** Answers one read: with data when `end` is falsy, without otherwise. */
export type SourceCallback<T> = (end: Abort, data?: T) => void

/** Is asked for one item at a time, or aborted. */
export type Source<T> = (abort: Abort, cb: SourceCallback<T>) => void

/** Takes a source and reads it. */
export type Sink<T> = (read: Source<T>) => void

/** A source made from a source. */
export type Through<In, Out> = (read: Source<In>) => Source<Out>

/** Both directions of one stream: what it gives (`source`) and what it takes (`sink`). */
export type Duplex<Out, In> = { source: Source<Out>; sink: Sink<In> }
