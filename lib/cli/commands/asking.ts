/**
 * What all commands that talk to a running host have in common: whom they ask, how they print, and what they do with doubt.
 */
import type { Command } from 'commander'
import type { Doubt } from '../../gossip/coherence.js'
import { Client, type Whom } from '../client.js'
import { exits, Failure } from '../failure.js'
import { flag } from '../flags.js'
import { Terminal } from '../terminal.js'
import { plain } from '../text.js'

export type AskFlags = Whom & { json?: boolean; requireCoherent?: boolean }

/** Adds the flags of a command that asks a host. */
export function asks(command: Command): Command {
  return command
    .addOption(flag('--host <name>', 'the host that runs here under that name'))
    .addOption(flag('--socket <path>', 'the Unix socket of the host'))
    .addOption(flag('--url <url>', 'the host over HTTP, like http://127.0.0.1:8080'))
    .addOption(flag('--token <token>', 'the bearer token for --url; best given as its variable'))
    .addOption(flag('--json', 'answers as JSON, one line each'))
}

/** Adds the flag of a command that reads what may not be whole. */
export function reads(command: Command): Command {
  return asks(command).addOption(flag('--require-coherent', 'fail with exit code 3 unless every expected host was heard from'))
}

/** A command's host and terminal. */
export async function begin(flags: AskFlags): Promise<{ client: Client; terminal: Terminal }> {
  return { client: await Client.find(flags), terminal: new Terminal(flags.json === true) }
}

/** An answer that says whether it is whole. */
export type Coherent = { coherent: boolean; doubts?: readonly Doubt[] }

/** Prints an answer, and whom it may lack. */
export function tell<A extends Coherent>(terminal: Terminal, flags: AskFlags, answer: A, text: (answer: A) => string): void {
  terminal.answer(answer, () => text(answer))
  if (answer.coherent) return
  const doubts = answer.doubts ?? []
  const who = doubts.map(({ host, why }) => `${plain(host)} ${why}`).join(', ')
  if (!terminal.json || flags.requireCoherent === true) terminal.note(`not coherent${who === '' ? '' : `: ${who}`}`)
  if (flags.requireCoherent === true) process.exitCode = exits.incoherent
}

/** A part of a path. */
export const part = encodeURIComponent

/** What a JSON text on the command line is. */
export function jsonArgument(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Failure(`"${text}" is no JSON; a text needs its quotes, as in '"text"', or --text.`, exits.usage)
  }
}
