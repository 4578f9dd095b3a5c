/**
 * `pull-gossip register set|get|clear NAME`.
 */
import type { Command } from 'commander'
import { Failure } from '../failure.js'
import { ending, flag } from '../flags.js'
import { shownValue } from '../text.js'
import { asks, begin, jsonArgument, part, reads, tell, type AskFlags, type Coherent } from './asking.js'

type RegisterFlags = AskFlags & { expire?: number | 'never'; text?: boolean }
type Answer = Coherent & { name: string; value: unknown; written: boolean }

const endingFlag = (): ReturnType<typeof flag> => flag('--expire <when>', 'until when the name lives: a span like 2h, a moment, or never').argParser(ending)

/** Adds the command. */
export function registerCommand(program: Command): void {
  const register = program.command('register').summary('hold one JSON value').description('Registers: one JSON value; the later write holds.')
  asks(register.command('set <name> <value>')).description('Writes a JSON value.')
    .addOption(endingFlag())
    .addOption(flag('--text', 'the value is text, not JSON'))
    .addHelpText('after', `\nExamples:\n  $ pull-gossip register set level '{"debug":true}'\n  $ pull-gossip register set motto 'any text' --text`)
    .action((name: string, value: string, flags: RegisterFlags) => write(name, { value: flags.text === true ? value : jsonArgument(value) }, flags))
  asks(register.command('clear <name>')).description('Clears it: it reads as never written.').addOption(endingFlag())
    .addHelpText('after', '\nExample:\n  $ pull-gossip register clear level')
    .action((name: string, flags: RegisterFlags) => write(name, { clear: true }, flags))
  reads(register.command('get <name>')).description('Prints the value: text as it is, all else as JSON. Exit code 1 where none was written.')
    .addHelpText('after', '\nExamples:\n  $ pull-gossip register get level\n  $ pull-gossip register get level --json')
    .action(get)
}

async function write(name: string, what: object, flags: RegisterFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.post(`/registers/${part(name)}`, { ...what, expire: flags.expire ?? null })
  tell(terminal, flags, answer as Answer, () => '')
}

async function get(name: string, flags: RegisterFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get(`/registers/${part(name)}`) as Answer
  tell(terminal, flags, answer, ({ value, written }) => (written ? shownValue(value) : ''))
  if (!answer.written && process.exitCode === undefined) throw new Failure(`nothing was written to register "${name}".`)
}
