/**
 * `pull-gossip sim`: a network in one thread, in virtual time, with faults.
 */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { isGossipError } from '../../errors.js'
import type { Report } from '../../sim/index.js'
import { exits, Failure } from '../failure.js'
import { flag, limitFlag, limitsOf, numberFlag } from '../flags.js'
import { Terminal } from '../terminal.js'

type SimFlags = {
  hosts: number; topology?: string; seed?: number; seconds?: number; writers?: number; rate?: number; faults?: boolean; limit?: string[]
  svg?: string; json?: boolean
}

/** Adds the command. */
export function simCommand(program: Command): void {
  program.command('sim').summary('simulate a network')
    .description('Simulates a network of stores whose hosts write at random, in virtual time, and says what it cost. The same seed gives the same\nrun. Exit code 1 if a change was missed or a count is wrong at the end.')
    .addOption(numberFlag('--hosts <n>', 'how many hosts').default(5))
    .addOption(flag('--topology <shape>', 'line, ring, star, mesh, sites, random:k or world:k; random:8'))
    .addOption(numberFlag('--seed <n>', 'chance; 1', 0))
    .addOption(numberFlag('--seconds <n>', 'how long they write; 10'))
    .addOption(numberFlag('--writers <n>', 'how many write; 10, or all'))
    .addOption(numberFlag('--rate <n>', 'writes a second, by all together; 20'))
    .addOption(flag('--faults', 'with faults of all kinds'))
    .addOption(limitFlag())
    .addOption(flag('--svg <file>', 'draw the change that reached furthest'))
    .addOption(flag('--json', 'the report as JSON'))
    .addHelpText('after', '\nExamples:\n  $ pull-gossip sim --hosts 100 --topology random:8\n  $ pull-gossip sim --hosts 10 --topology ring --faults --seed 7 --json')
    .action(simulate)
}

async function simulate({ topology, limit, svg, json, ...options }: SimFlags): Promise<void> {
  const { drawing, Simulation, text, topologyOf } = await import('../../sim/index.js')
  const limits = limitsOf(limit)
  let simulation
  try {
    simulation = new Simulation({ ...options, topology: topology === undefined ? undefined : topologyOf(topology), limits })
  } catch (error) {
    if (isGossipError(error)) throw new Failure(error.message, exits.usage)
    throw error
  }
  const report: Report = simulation.run()
  if (svg !== undefined) writeFileSync(svg, drawing(simulation.network, report, simulation.reporter.spreads.widest))
  new Terminal(json === true).answer(report, () => text(report))
  if (report.missed > 0 || (report.miscounted ?? 0) > 0) process.exitCode = exits.failed
}
