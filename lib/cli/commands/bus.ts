/**
 * `pull-gossip emit EVENT JSON…` and `pull-gossip listen [PATTERN]`: the event bus, of which every host is a part.
 */
import type { Command } from 'commander'
import type { Gap } from '../../core/station.js'
import type { Json } from '../../json.js'
import { exits } from '../failure.js'
import { flag, numberFlag, span } from '../flags.js'
import type { EmitAnswer } from '../server/bus.js'
import type { Terminal } from '../terminal.js'
import { figure, plain } from '../text.js'
import { asks, begin, jsonArgument, part, tell, type AskFlags } from './asking.js'
import { interrupted } from './watch.js'

type EmitFlags = AskFlags & { text?: boolean; settle?: number }
type ListenFlags = AskFlags & { old?: boolean; count?: number }
type Told = { host: string; name: string; args: readonly Json[]; events: number } & Gap

/** Adds the commands. */
export function busCommands(program: Command): void {
  asks(program.command('emit <event> [json...]')).summary('emit an event, which all hosts hear')
    .description('Emits an event with JSON arguments: whoever listens at any host hears it, once, in the order in which its host emitted it. A host that is away\nhears it when it is back, if it has run on and neither bufferMax events nor bufferMs have passed. A number below zero goes after --.')
    .addOption(flag('--text', 'the arguments are text, not JSON'))
    .addOption(flag('--settle <span>', 'wait until all hosts acknowledged it, at most so long; exit code 1 if they did not').argParser(span))
    .addHelpText('after', `\nExamples:\n  $ pull-gossip emit deploy '"v1.2.3"' '{"by":"alice"}'\n  $ pull-gossip emit say 'any text' --text --settle 5s`)
    .action(emit)
  asks(program.command('listen [pattern]')).summary('the events that are emitted, as they are heard')
    .description('Events whose names match a pattern (* is any text, ? any one character), and gaps: events that nobody keeps any more. Who reads slowly\nloses the oldest, and is told how many.')
    .addOption(flag('--old', 'begin with the newest that the host has heard already'))
    .addOption(numberFlag('--count <n>', 'end after so many events'))
    .addHelpText('after', "\nExamples:\n  $ pull-gossip listen\n  $ pull-gossip listen deploy --count 1 && ./restart\n  $ pull-gossip listen 'call*' --json | jq .args[0]")
    .action(listen)
}

async function emit(event: string, given: readonly string[], flags: EmitFlags): Promise<void> {
  const args = flags.text === true ? given : given.map(jsonArgument)
  const { client, terminal } = await begin(flags)
  const answer = await client.post(`/bus/${part(event)}`, { args, settleMs: flags.settle ?? null }) as EmitAnswer
  tell(terminal, flags, answer, ({ connected }) => (connected === 0 ? '' : `${figure(connected)} ${connected === 1 ? 'host is' : 'hosts are'} connected`))
  if (!terminal.json) cautions(terminal, answer)
  if (answer.settled === false) process.exitCode = exits.failed
}

/** What may become of an event that was emitted. */
function cautions(terminal: Terminal, { connected, drained, settled }: EmitAnswer): void {
  if (connected === 0) terminal.note('nobody is connected: the event is kept for hosts that come back')
  if (!drained) terminal.note('as many events wait as are kept for hosts that are away: the oldest will be let go of')
  if (settled === false) terminal.note('not acknowledged by all hosts in time; the event was emitted')
}

async function listen(pattern: string | undefined, flags: ListenFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const query = new URLSearchParams({ ...(pattern === undefined ? {} : { names: pattern }), ...(flags.old === true ? { old: '1' } : {}) })
  let left = flags.count ?? Infinity
  for await (const { event, data } of client.events(`/bus?${query}`, interrupted())) {
    if (terminal.json || event === 'heard') await terminal.item({ event, ...(data as object) }, () => heard(data as Told))
    else terminal.note(noted(event, data as Told))
    if (event === 'heard') left -= 1
    if (left === 0) return
  }
}

function heard({ name, args, host }: Told): string {
  return `${plain([name, ...args.map((arg) => JSON.stringify(arg))].join(' '))}  (${plain(host)})`
}

/** What is no event, on stderr. */
function noted(event: string, { host, events, from, to }: Told): string {
  if (event === 'host') return `listening at ${plain(host)}`
  if (event === 'skipped') return `${figure(events)} events were skipped: they were read too slowly`
  return `gap: ${figure(to - from + 1)} events of ${plain(host)} were let go of before they came here`
}
