/**
 * The commands, and the help that all of them share.
 */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { benchCommand } from './commands/bench.js'
import { busCommands } from './commands/bus.js'
import { countCommand } from './commands/count.js'
import { counterCommand } from './commands/counter.js'
import { askCommands } from './commands/ask.js'
import { registerCommand } from './commands/register.js'
import { decodeCommand } from './commands/decode.js'
import { setCommand } from './commands/set.js'
import { simCommand } from './commands/sim.js'
import { watchCommand } from './commands/watch.js'
import { demoCommand } from './demo/demo.js'
import { hostCommand } from './commands/host.js'
import { journalCommand } from './commands/journal.js'

/** The version of the package, from the nearest package.json that has its name. */
function version(): string {
  for (const above of ['../../package.json', '../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(above, import.meta.url), 'utf8')) as { name?: string; version: string }
      if (manifest.name === 'pull-gossip') return manifest.version
    } catch {
      // Not there: the next one up.
    }
  }
  return 'unknown'
}

/** The whole program. */
export function programOf(): Command {
  const program = new Command('pull-gossip')
    .description('A replicated store of counters, registers and sets: run a host, ask it, watch it.')
    .version(version(), '-V, --version')
    .helpCommand('help [command]', 'help for a command')
    .showHelpAfterError('(pull-gossip --help lists the commands)')
    .exitOverride()
    .addHelpText('after', `
Every flag has a twin in the environment: --http-write is PULL_GOSSIP_HTTP_WRITE=1.

Exit codes:
  0  done
  1  it failed, the host refused, or the answer is no (\`set has\`)
  2  the command line, or what was given on stdin, is not what it must be
  3  --require-coherent, and some expected host was not heard from
  4  no running host answers
  130, 143  ended by SIGINT, SIGTERM; a host then stops cleanly, with 0

A network in two terminals:
  $ pull-gossip host --host alpha --listen tcp://127.0.0.1:4000 --http 8080
  $ pull-gossip host --host beta --connect tcp://127.0.0.1:4000
and from a third
  $ pull-gossip counter incr calls 5 --host alpha
  $ pull-gossip counter get calls --host beta`)
  hostCommand(program)
  counterCommand(program)
  registerCommand(program)
  setCommand(program)
  askCommands(program)
  watchCommand(program)
  busCommands(program)
  countCommand(program)
  journalCommand(program)
  demoCommand(program)
  simCommand(program)
  benchCommand(program)
  decodeCommand(program)
  for (const command of program.commands) inherit(command, program)
  return program
}

/** Subcommands of subcommands end and complain as the program does. */
function inherit(command: Command, program: Command): void {
  command.copyInheritedSettings(program)
  for (const below of command.commands) inherit(below, program)
}
