/**
 * `pull-gossip bench`.
 */
import type { Command } from 'commander'
import type { BenchFlags } from '../bench.js'
import { flag, numberFlag } from '../flags.js'

/** Adds the command. */
export function benchCommand(program: Command): void {
  program.command('bench').summary('measure this machine')
    .description('Measures writes into a store, changes between two nodes over TCP on the loopback, both in this process, and the time one change\ntakes from its write to the listener at the other node.')
    .addOption(numberFlag('--changes <n>', 'how many of each').default(100_000))
    .addOption(flag('--json', 'the figures as JSON'))
    .addHelpText('after', '\nExample:\n  $ pull-gossip bench --changes 20000')
    .action(async (flags: BenchFlags) => (await import('../bench.js')).bench(flags))
}
