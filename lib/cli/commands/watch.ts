/**
 * `pull-gossip watch [PATTERN]`: what happens at a host, as it happens.
 */
import type { Command } from 'commander'
import type { ChangeView } from '../../store/reader.js'
import { flag } from '../flags.js'
import { plain, shownValue } from '../text.js'
import { asks, begin, type AskFlags } from './asking.js'

type WatchFlags = AskFlags & { kind?: string; old?: boolean; count?: number }

/** Adds the command. */
export function watchCommand(program: Command): void {
  asks(program.command('watch [pattern]')).summary('what happens, as it happens')
    .description('Changes of the names that match a pattern (* is any text, ? any one character), and hosts that come and go. Who reads slowly\nis shown the newest of each name, and misses what was superseded.')
    .addOption(flag('--kind <kind>', 'changes of one kind only'))
    .addOption(flag('--old', 'begin with what is held'))
    .addHelpText('after', "\nExamples:\n  $ pull-gossip watch\n  $ pull-gossip watch 'calls/*' --kind counter --json | jq .value")
    .action(watch)
}

async function watch(pattern: string | undefined, flags: WatchFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const query = new URLSearchParams()
  if (pattern !== undefined) query.set('names', pattern)
  if (flags.kind !== undefined) query.set('kind', flags.kind)
  if (flags.old === true) query.set('old', '1')
  const signal = interrupted()
  for await (const { event, data } of client.events(`/events?${query}`, signal)) {
    await terminal.item({ event, ...(data as object) }, () => (event === 'change' ? changed(data as ChangeView & { value: string }) : `${event} ${shownValue(data)}`))
  }
}

function changed({ host, kind, name, part, value, body }: ChangeView & { value: string }): string {
  const at = part === '' ? '' : ` at ${plain(part)}`
  return `${kind} ${plain(name)}${at} = ${plain(value)}  (${plain(host)} ${shownValue(body)})`
}

/** Aborts at the first signal; the program then ends as one that was ended by it. */
export function interrupted(): AbortSignal {
  const abort = new AbortController()
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    process.once(signal, () => {
      process.exitCode = code
      abort.abort()
    })
  }
  return abort.signal
}
