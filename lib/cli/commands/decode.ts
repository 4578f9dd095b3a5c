/**
 * `pull-gossip decode`.
 */
import type { Command } from 'commander'
import type { DecodeFlags } from '../decode.js'
import { flag } from '../flags.js'

/** Adds the command. */
export function decodeCommand(program: Command): void {
  program.command('decode').summary('make captured frames readable')
    .description('Reads what went over one direction of a connection from stdin, and prints what each message says. Authors are named, as long as the\ncapture begins with the session. Exit code 2 where it is no such stream; what came before is printed.')
    .addOption(flag('--json', 'messages as JSON, one line each'))
    .addHelpText('after', `
Examples:
  $ tcpflow -r capture.pcap -C -B 'src port 4000' | pull-gossip decode
  $ pull-gossip decode < frames | less -R`)
    .action(async (flags: DecodeFlags) => (await import('../decode.js')).decode(flags))
}
