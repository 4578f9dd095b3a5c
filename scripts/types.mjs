/**
 * Checks types with three compilers: the sources, and the page, which knows a browser's names instead of Node's.
 */
import { spawnSync } from 'node:child_process'

for (const compiler of ['typescript', 'typescript-5', 'typescript-7']) {
  for (const project of ['tsconfig.json', 'lib/cli/page']) {
    const { status } = spawnSync(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', project], { stdio: 'inherit' })
    if (status !== 0) process.exit(1)
  }
}
