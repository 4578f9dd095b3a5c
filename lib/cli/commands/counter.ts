/**
 * `pull-gossip counter incr|decr|get NAME`.
 */
import type { Command } from 'commander'
import { ending, flag } from '../flags.js'
import { asks, begin, part, reads, tell, type AskFlags, type Coherent } from './asking.js'

type CounterFlags = AskFlags & { bigint?: boolean; expire?: number | 'never' }
type Answer = Coherent & { name: string; value: number | string }

const bigintFlag = (): ReturnType<typeof flag> => flag('--bigint', 'the counter of numbers of any size under that name')

/** Adds the command. */
export function counterCommand(program: Command): void {
  const counter = program.command('counter').summary('count').description('Counters: every host counts for itself, and all counts are added up.')
  for (const [word, key] of [['incr', 'increment'], ['decr', 'decrement']] as const) {
    asks(counter.command(`${word} <name> [n]`)).description(`${word === 'incr' ? 'Adds' : 'Takes away'} n, 1 if left out, and prints the value.`)
      .addOption(bigintFlag())
      .addOption(flag('--expire <when>', 'until when the name lives: a span like 2h, a moment, or never').argParser(ending))
      .addHelpText('after', `\nExamples:\n  $ pull-gossip counter ${word} calls\n  $ pull-gossip counter ${word} cents 250 --bigint --expire 30d`)
      .action((name: string, n: string | undefined, flags: CounterFlags) => write(name, key, n ?? '1', flags))
  }
  reads(counter.command('get <name>')).description('Prints the value; on stderr, whom it may lack.')
    .addOption(bigintFlag())
    .addHelpText('after', '\nExamples:\n  $ pull-gossip counter get calls\n  $ pull-gossip counter get calls --require-coherent --json')
    .action(get)
}

function path(name: string, { bigint }: CounterFlags): string {
  return `/counters/${part(name)}${bigint === true ? '?numbers=bigint' : ''}`
}

async function write(name: string, key: string, n: string, flags: CounterFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const by = flags.bigint === true ? n : Number(n)
  const answer = await client.post(path(name, flags), { [key]: Number.isNaN(by) ? n : by, expire: flags.expire ?? null })
  tell(terminal, flags, answer as Answer, ({ value }) => String(value))
}

async function get(name: string, flags: CounterFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  tell(terminal, flags, await client.get(path(name, flags)) as Answer, ({ value }) => String(value))
}
