/**
 * `pull-gossip host`.
 */
import { hostname } from 'node:os'
import type { Command } from 'commander'
import type { HostFlags } from '../host.js'
import { durableFlag, flag, limitFlag, listFlag, numberFlag, span } from '../flags.js'

/** Adds the command. */
export function hostCommand(program: Command): void {
  program.command('host')
    .summary('run a host until it is stopped')
    .description('Runs a host of the network until SIGINT or SIGTERM, on which it says good-bye to its peers. Without --journal the store is in memory: what\nno peer has confirmed dies with it; all else comes back from its peers when it starts again.')
    .addOption(flag('--host <name>', 'its name, unique in the network').default(hostname()))
    .addOption(listFlag('--listen <address>', 'where others reach it, like tcp://0.0.0.0:4000'))
    .addOption(listFlag('--connect <address>', 'whom to keep a link to, like tcp://b:4000; several addresses of one host with | between them'))
    .addOption(listFlag('--expect <host>', 'a host without which no answer is coherent, beside those that it connects to'))
    .addOption(flag('--net <name>', 'the name of the network: others are refused'))
    .addOption(flag('--key-file <path>', "a file with the network's key in a line, or two while one takes the place of the other"))
    .addOption(flag('--journal <folder>', 'where it is remembered, on the disk; made if it is not there'))
    .addOption(durableFlag())
    .addOption(flag('--http <address>', 'where to serve HTTP and the page, like 127.0.0.1:8080; a port alone is of the loopback'))
    .addOption(flag('--http-write', 'let requests over HTTP write'))
    .addOption(flag('--http-token <token>', 'a bearer token that requests over HTTP must bear; best given as its variable'))
    .addOption(listFlag('--http-name <name>', 'a name by which it is called over HTTP, beside localhost and addresses'))
    .addOption(flag('--socket <path>', 'the Unix socket that the other commands use').default(true, 'in a folder of this user'))
    .addOption(flag('--no-socket', 'without one'))
    .addOption(flag('--expire-default <span>', 'how long a new name lives if nothing is said').argParser(span))
    .addOption(numberFlag('--ping-ms <ms>', 'time between pings'))
    .addOption(limitFlag())
    .addOption(flag('--json', 'say what happens as lines of JSON'))
    .addOption(flag('--quiet', 'say nothing of links that come and go'))
    .addHelpText('after', `
Examples:
  $ pull-gossip host --host alpha --listen tcp://0.0.0.0:4000 --http 8080
  $ pull-gossip host --host beta --connect tcp://alpha.lan:4000 --journal /var/lib/pull-gossip/beta
  $ PULL_GOSSIP_HOST=gamma PULL_GOSSIP_CONNECT=tcp://a:4000,tcp://b:4000 pull-gossip host

Without --key-file anybody who reaches a listening address can join and write. With it nothing is hidden from who listens in: that is TLS's.`)
    .action(async (flags: HostFlags) => (await import('../host.js')).runHost(flags))
}
