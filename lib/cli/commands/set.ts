/**
 * `pull-gossip set add|rm|has|ls|clear NAME`.
 */
import type { Command } from 'commander'
import { exits } from '../failure.js'
import { ending, flag } from '../flags.js'
import { plain } from '../text.js'
import { asks, begin, part, reads, tell, type AskFlags, type Coherent } from './asking.js'

type SetFlags = AskFlags & { expire?: number | 'never' }
type Written = Coherent & { name: string; value: number; changed: number }

const endingFlag = (): ReturnType<typeof flag> => flag('--expire <when>', 'until when the name lives: a span like 2h, a moment, or never').argParser(ending)

/** Adds the command. */
export function setCommand(program: Command): void {
  const set = program.command('set').summary('hold a set of strings').description('Sets of strings: what one host adds while another removes it stays in.')
  const example = (text: string): string => `\nExample:\n  $ pull-gossip set ${text}`
  asks(set.command('add <name> <element...>')).description('Puts elements in; prints how many were not in.').addOption(endingFlag())
    .addHelpText('after', example('add online alice bob --expire 1h'))
    .action((name: string, elements: string[], flags: SetFlags) => write(name, { add: elements }, flags))
  asks(set.command('rm <name> <element...>')).description('Takes elements out; prints how many were in.').addOption(endingFlag())
    .addHelpText('after', example('rm online bob'))
    .action((name: string, elements: string[], flags: SetFlags) => write(name, { delete: elements }, flags))
  asks(set.command('clear <name>')).description('Takes every element out that was seen by the host.').addOption(endingFlag())
    .addHelpText('after', example('clear online'))
    .action((name: string, flags: SetFlags) => write(name, { clear: true }, flags))
  reads(set.command('has <name> <element>')).description('Prints yes or no; exit code 1 for no.')
    .addHelpText('after', example("has online alice && echo 'she is in'"))
    .action(has)
  reads(set.command('ls <name>')).description('Prints the elements, one a line.')
    .addHelpText('after', example('ls online --json'))
    .action(ls)
}

async function write(name: string, what: object, flags: SetFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.post(`/sets/${part(name)}`, { ...what, expire: flags.expire ?? null })
  tell(terminal, flags, answer as Written, ({ changed }) => String(changed))
}

async function has(name: string, element: string, flags: SetFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get(`/sets/${part(name)}?has=${part(element)}`) as Coherent & { value: boolean }
  tell(terminal, flags, answer, ({ value }) => (value ? 'yes' : 'no'))
  if (!answer.value) process.exitCode ??= exits.failed
}

async function ls(name: string, flags: SetFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get(`/sets/${part(name)}`) as Coherent & { value: string[] }
  tell(terminal, flags, answer, ({ value }) => value.map(plain).join('\n'))
}
