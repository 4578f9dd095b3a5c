/**
 * `pull-gossip demo`: five hosts on the loopback, to watch, or to their end.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { exits, Failure, messageOf } from '../failure.js'
import { flag, numberFlag } from '../flags.js'
import { httpAddress } from '../address.js'
import type { Screen } from './report.js'
import type { WorkerOptions } from './worker.js'

type DemoFlags = { once?: boolean; corpus?: string; pace?: number; http: string }

/** Adds the command, and the hidden one that its hosts are. */
export function demoCommand(program: Command): void {
  program.command('demo').summary('five hosts to watch, to cut apart and to kill')
    .description('Five hosts in processes of their own count the words of every README and LICENSE under a folder, in a ring with a chord, and\nshow it on a page, which cuts links and kills hosts. With --once it does so by itself, compares every counter, set and register at\nevery host with a straight count in one process, and ends with exit code 0 if they are equal, else 1.')
    .addOption(flag('--once', 'to the end, unattended, and compare'))
    .addOption(flag('--corpus <folder>', 'whose READMEs and LICENSEs are counted; node_modules where there is one'))
    .addOption(numberFlag('--pace <n>', 'words a second that each host counts; 10, with --once 25,000'))
    .addOption(flag('--http <address>', 'where the page is').default('127.0.0.1:8080'))
    .addHelpText('after', '\nExamples:\n  $ pull-gossip demo\n  $ pull-gossip demo --http 0 --pace 500\n  $ pull-gossip demo --once --corpus ~/src')
    .action(demo)
  program.command('demo-host <options>', { hidden: true }).action(async (options: string) => {
    if (process.send === undefined) throw new Failure('demo-host is started by demo.', exits.usage)
    const { Worker } = await import('./worker.js')
    new Worker(JSON.parse(options) as WorkerOptions)
  })
}

async function demo({ once, corpus = corpusOf(), pace, http }: DemoFlags): Promise<void> {
  const { Screen } = await import('./report.js')
  const screen = new Screen()
  try {
    if (once === true) {
      const { tellStory } = await import('./story.js')
      process.exitCode = (await tellStory(screen, corpus, pace ?? 25_000)) ? 0 : exits.failed
      screen.say(`took ${screen.seconds} s`)
    } else {
      await live(screen, corpus, pace ?? 10, http)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    screen.say(`FAILED: ${messageOf(error)}`)
    process.exitCode = exits.failed
  }
}

async function live(screen: Screen, corpus: string, pace: number, http: string): Promise<void> {
  const { address, port } = httpAddress(http)
  const { Live } = await import('./live.js')
  const network = new Live(screen, { corpus, pace, address, port, onOpen: (url) => screen.say(`the page is ${url}`) })
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  try {
    await Promise.race([network.open().then(() => stopped), stopped])
  } finally {
    await network.close()
  }
}

/** Text that is there on any machine: the packages of this folder, or those beside this one, or its own. */
function corpusOf(): string {
  const beside = fileURLToPath(new URL('../..', import.meta.url))
  const all = [join(process.cwd(), 'node_modules'), join(beside, 'node_modules'), join(beside, '..', '..', 'node_modules')]
  return all.find((folder) => existsSync(folder)) ?? beside
}
