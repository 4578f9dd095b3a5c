/**
 * `pull-gossip emit EVENT JSON…` and `listen [EVENT]`: the network's bus.
 */
import type { Command } from 'commander'
import { flag, numberFlag } from '../flags.js'
import { plain, shownValue } from '../text.js'
import { asks, begin, jsonArgument, type AskFlags } from './asking.js'
import { interrupted } from './watch.js'

type EmitFlags = AskFlags & { text?: boolean }
type ListenFlags = AskFlags & { count?: number }

/** Adds the commands. */
export function busCommands(program: Command): void {
  asks(program.command('emit <event> [json...]')).summary('tell all hosts of an event')
    .description('Emits an event with its arguments: whoever listens at any host hears it once; a host that is away hears it when it is back, as far\nas events are kept.')
    .addOption(flag('--text', 'the arguments are text, not JSON'))
    .addHelpText('after', '\nExamples:\n  $ pull-gossip emit deploy \'{"version":"1.2"}\' true\n  $ pull-gossip emit say hello --text')
    .action(emit)
  asks(program.command('listen [event]')).summary('hear events of all hosts')
    .description('Prints events of one name, or all, from now on: those of one host in the order in which it emitted them. Who reads too slowly is told\nhow many it missed.')
    .addOption(numberFlag('--count <n>', 'end after so many events'))
    .addHelpText('after', '\nExamples:\n  $ pull-gossip listen\n  $ pull-gossip listen deploy --count 1 --json && ./restart.sh')
    .action(listen)
}

async function emit(event: string, args: string[], flags: EmitFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.post('/bus', { event, args: flags.text === true ? args : args.map(jsonArgument) })
  terminal.answer(answer, () => '')
}

async function listen(event: string | undefined, flags: ListenFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const path = event === undefined ? '/bus' : `/bus?${new URLSearchParams({ event })}`
  let left = flags.count ?? Infinity
  for await (const told of client.events(path, interrupted())) {
    if (told.event === 'skipped') {
      terminal.note(`${(told.data as { events: number }).events} events were missed: they came faster than they were read`)
    } else if (told.event === 'event') {
      const heard = told.data as { event: string; args: unknown[] }
      await terminal.item(heard, () => [plain(heard.event), ...heard.args.map((arg) => (typeof arg === 'string' ? shownValue(JSON.stringify(arg)) : shownValue(arg)))].join(' '))
      left -= 1
      if (left === 0) return
    }
  }
}
