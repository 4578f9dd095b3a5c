/**
 * The heap as it is when nothing is left to be let go, in a process with `--expose-gc`.
 */

/** Bytes in use after two full collections: the second takes what the first finalised. */
export function heapAfterGc(): number {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('run with --expose-gc')
  gc()
  gc()
  return process.memoryUsage().heapUsed
}
