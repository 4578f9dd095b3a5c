/**
 * Checks types: what users compile against, and all that tests it, with three compilers; the page, which knows a browser's names instead of
 * Node's and whose types nobody else sees, with one.
 */
import { spawnSync } from 'node:child_process'

const checks = [
  ['typescript-7', 'tsconfig.json'], ['typescript-7', 'lib/cli/page'], ['typescript', 'tsconfig.json'], ['typescript-5', 'tsconfig.json']
]

for (const [compiler, project] of checks) {
  const { status } = spawnSync(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', project], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
