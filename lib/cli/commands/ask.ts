/**
 * `pull-gossip names|peers|stats|explain`: what a host knows.
 */
import type { Command } from 'commander'
import type { NodePeer } from '../../node/node.js'
import type { Explanation } from '../../store/explanation.js'
import { rowsMax } from '../bounds.js'
import { exits } from '../failure.js'
import { flag } from '../flags.js'
import type { Row } from '../server/facts.js'
import { bytes, figure, moment, plain, shownValue, table } from '../text.js'
import { asks, begin, part, reads, tell, type AskFlags, type Coherent } from './asking.js'

/** Adds the commands. */
export function askCommands(program: Command): void {
  reads(program.command('names [text]')).summary('the names, with their values').description('The names that have a text in them, or all, sorted, with their values.')
    .addOption(flag('--kind <kind>', 'counter, counter:bigint, register or set'))
    .addHelpText('after', '\nExamples:\n  $ pull-gossip names\n  $ pull-gossip names calls/ --kind counter --json')
    .action(names)
  reads(program.command('peers')).summary('the hosts that it is connected to, or misses').description('The hosts that it is connected to, keeps or expects: state, lag in changes, round trip, traffic.')
    .addHelpText('after', '\nExample:\n  $ pull-gossip peers')
    .action(peers)
  asks(program.command('stats')).summary('figures of the host').description('Traffic since the host started, and what it holds.')
    .addHelpText('after', '\nExample:\n  $ pull-gossip stats --json')
    .action(stats)
  asks(program.command('health')).summary('whether it is coherent').description('Whether every expected host was heard from, why not, and since when. Exit code 3 where it is not coherent.')
    .addHelpText('after', '\nExample:\n  $ pull-gossip health || echo look after it')
    .action(health)
  asks(program.command('explain <name>')).summary('who holds what of a name, and why not').description('Who wrote what of a name, until when it lives, which connected hosts hold it, which lack it, and what was refused.')
    .addHelpText('after', '\nExample:\n  $ pull-gossip explain calls')
    .action(explain)
}

async function names(text: string | undefined, flags: AskFlags & { kind?: string }): Promise<void> {
  const { client, terminal } = await begin(flags)
  const query = new URLSearchParams({ ...(text === undefined ? {} : { search: text }), ...(flags.kind === undefined ? {} : { kind: flags.kind }), limit: String(rowsMax) })
  let coherent = true
  for (let offset = 0, found = 1; offset < found; offset += rowsMax) {
    const answer = await client.get(`/names?${query}&offset=${offset}`) as { found: number; rows: Row[]; coherent: boolean }
    found = answer.found
    coherent = answer.coherent
    for (const { kind, name, value, elements } of answer.rows) {
      const more = elements === undefined ? '' : `  (${figure(elements)})`
      await terminal.item({ kind, name, value, ...(elements === undefined ? {} : { elements }) }, () => `${terminal.paint('gray', kind.padEnd(14))}  ${plain(name)}  ${terminal.paint('bold', plain(value))}${more}`)
    }
  }
  if (coherent) return
  if (!terminal.json || flags.requireCoherent === true) terminal.note('not coherent')
  if (flags.requireCoherent === true) process.exitCode = exits.incoherent
}

async function peers(flags: AskFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get('/peers') as Coherent & { value: NodePeer[]; name: string }
  tell(terminal, flags, answer, ({ value }) => {
    if (value.length === 0) return 'nobody'
    const state = ({ connected, silent, synced }: NodePeer): string => (!connected ? 'away' : silent ? 'silent' : synced ? 'in step' : 'catching up')
    const rows = value.map((peer) => [
      plain(peer.host), state(peer), figure(peer.lag), peer.rttMs === null ? '–' : `${peer.rttMs.toFixed(1)} ms`,
      `${figure(peer.changesIn)} / ${figure(peer.changesOut)}`, `${bytes(peer.bytesIn)} / ${bytes(peer.bytesOut)}`, plain(peer.uri ?? '')
    ])
    return table([['host', 'state', 'lag', 'round trip', 'changes in / out', 'bytes in / out', 'address'], ...rows])
  })
}

async function stats(flags: AskFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get('/stats') as Record<string, string | number>
  terminal.answer(answer, () => table(Object.entries(answer).map(([key, value]) => [key, typeof value === 'number' ? figure(value) : plain(value)])))
}

async function health(flags: AskFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get('/health', [503]) as Required<Coherent> & { since: number; host: string }
  terminal.answer(answer, () => {
    const doubts = answer.doubts.map(({ host, why, since }) => `\n  ${plain(host)}: ${why} since ${moment(since)}`)
    const said = answer.coherent ? terminal.paint('green', 'coherent') : terminal.paint('red', 'not coherent')
    return `${plain(answer.host)} is ${said} since ${moment(answer.since)}${doubts.join('')}`
  })
  if (!answer.coherent) process.exitCode = exits.incoherent
}

async function explain(name: string, flags: AskFlags): Promise<void> {
  const { client, terminal } = await begin(flags)
  const answer = await client.get(`/explain/${part(name)}`) as Coherent & { value: Explanation[] }
  tell(terminal, flags, answer, ({ value }) => (value.length === 0 ? 'nothing is known of that name here' : value.map(explained).join('\n')))
  if (answer.value.length === 0) process.exitCode = exits.failed
}

/** One name of one kind, for people. */
function explained({ kind, name, phase, expire, cells, refused }: Explanation): string {
  const list = (hosts: readonly string[]): string => (hosts.length === 0 ? 'nobody' : hosts.map(plain).join(', '))
  return [
    `${kind} "${plain(name)}" is ${phase}; it ends: ${moment(expire)}`,
    ...cells.flatMap((cell) => [
      `  ${plain(cell.author)} wrote ${shownValue(cell.body)}${cell.part === '' ? '' : ` at ${plain(cell.part)}`} (its change ${figure(cell.seq)}, ends: ${moment(cell.expire)})`,
      `    held by ${list(cell.heldBy)}; ${cell.lackedBy.length === 0 ? 'no connected host lacks it' : `not yet by ${list(cell.lackedBy)}`}`
    ]),
    ...refused.map(({ author, seq, code, peer }) => `  REFUSED change ${figure(seq)} of ${plain(author)} from ${plain(peer ?? 'somebody')}: ${code}`)
  ].join('\n')
}
