/**
 * Checks types: all there is, with the newest compiler; what users compile against, and what they copy, with the oldest that we support. The page
 * knows a browser's names instead of Node's, and nobody else sees its types.
 */
import { spawnSync } from 'node:child_process'
import { engine } from './engine.mjs'

const checks = [['typescript-7', 'tsconfig.json'], ['typescript-7', 'lib/cli/page'], ['typescript-5', 'tsconfig.oldest.json']]

for (const [compiler, project] of checks) {
  const { status } = spawnSync(process.execPath, [...engine, `node_modules/${compiler}/bin/tsc`, '-p', project], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
