/**
 * The program's entry: runs a command, and ends as it says.
 *
 * A reader that went away (`pull-gossip names | head -1`) is no error: the program ends, silently.
 */
import { CommanderError } from 'commander'
import { isGossipError } from '../errors.js'
import { exits, Failure, messageOf } from './failure.js'
import { checkEnvironment } from './flags.js'
import { programOf } from './program.js'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

try {
  const program = programOf()
  checkEnvironment(program, process.env)
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what was wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? 0 : exits.usage
  } else {
    process.stderr.write(`pull-gossip: ${messageOf(error)}\n`)
    if (!(error instanceof Failure) && !isGossipError(error)) process.stderr.write(`${error instanceof Error ? error.stack ?? '' : ''}\n`)
    process.exitCode = error instanceof Failure ? error.exitCode : isGossipError(error) && error.code === 'ERR_OPTION' ? exits.usage : exits.failed
  }
}
