/**
 * How the program ends: its exit codes, and the error that carries one.
 */

/** Exit codes, as `pull-gossip --help` tells them. ONLY APPEND TO THIS LIST. */
export const exits = {
  /** Something went wrong, the host refused, or the answer is no. */
  failed: 1,
  /** The command line, or what was given on stdin, is not what it must be. */
  usage: 2,
  /** `--require-coherent`, and the host has not heard from everyone it expects. */
  incoherent: 3,
  /** No running host answers. */
  unreachable: 4
} as const

/** Ends the program with a sentence on stderr and an exit code. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number = exits.failed,
    /** What the host said was wrong, for programs; empty where it was not the host. */
    readonly code = ''
  ) {
    super(message)
  }
}

/** What any thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
