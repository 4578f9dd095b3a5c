/**
 * `pull-gossip journal check|export|import FOLDER`.
 */
import type { Command } from 'commander'
import { durableFlag, flag, limitFlag, numberFlag } from '../flags.js'
import type { ExportFlags, ImportFlags } from '../journal.js'

/** Adds the commands. */
export function journalCommand(program: Command): void {
  const journal = program.command('journal').summary('look at the journal of a host, copy what it holds, fill one')
    .description('The folder that `pull-gossip host --journal FOLDER` remembers a host in.')
  journal.command('check <folder>').summary('whether it is whole, whose it is, what it holds')
    .description('Reads the journal in a folder, also while a host uses it, and says how it is. Nothing is changed. Exit code 1 if it is damaged, or if\nthere is none.')
    .addOption(flag('--json', 'as JSON'))
    .addHelpText('after', `
A journal that is torn ends within its last record, as a crash leaves it: that was never acknowledged to anybody, and is cut off at the next
start. Of one that is damaged all is kept that stands before the damage; the host starts with that, and peers give back what they have.

Example:
  $ pull-gossip journal check /var/lib/pull-gossip/beta`)
    .action(async (folder: string, flags: { json?: boolean }) => (await import('../journal.js')).checkJournal(folder, flags))
  journal.command('export <folder>').summary('write what it holds as lines of JSON')
    .description('Writes the changes that a journal holds as NDJSON, one a line, to stdout or a file. The journal is not changed. Exit code 1 if it is\ndamaged: what stands before the damage is written.')
    .addOption(flag('--output <file>', 'write to this file, which takes its name when all is in it'))
    .addOption(limitFlag())
    .addHelpText('after', `
Events are not exported, nor are names that are over.

Examples:
  $ pull-gossip journal export data | gzip > alpha.ndjson.gz
  $ pull-gossip journal export data --output alpha.ndjson`)
    .action(async (folder: string, flags: ExportFlags) => (await import('../journal.js')).exportJournal(folder, flags))
  journal.command('import <folder> [file]').summary('take in what an export wrote')
    .description('Takes the lines of an export, from a file or stdin, into the journal in a folder, which is made if it is not there. What is known already\nchanges nothing: an import that was stopped is run again. Exit code 1 if a line was refused.')
    .addOption(flag('--host <name>', 'whose journal it is to be, where it does not say'))
    .addOption(durableFlag())
    .addOption(numberFlag('--after <lines>', 'pass over so many lines, which an import that was stopped has read', 0))
    .addOption(limitFlag())
    .addOption(flag('--json', 'the result as JSON'))
    .addHelpText('after', `
Examples:
  $ pull-gossip journal import data alpha.ndjson --host alpha
  $ zcat alpha.ndjson.gz | pull-gossip journal import data`)
    .action(async (folder: string, file: string | undefined, flags: ImportFlags) => (await import('../journal.js')).importJournal(folder, file, flags))
}
