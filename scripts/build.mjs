/**
 * Builds the package: plain tsc twice, dist/esm and dist/cjs, each with the package.json that says which of the two it is; and the
 * program, dist/cli, which needs neither.
 *
 * The old dist goes first, and a failed build leaves none behind, so that nothing half-built can be packed.
 */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildProgram } from './program.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = 'node_modules/typescript-7/bin/tsc'

// The second is of the same sources, whose types the first has checked.
const builds = [
  { config: 'tsconfig.build.json', folder: 'dist/esm', type: 'module', more: [] },
  { config: 'tsconfig.cjs.json', folder: 'dist/cjs', type: 'commonjs', more: ['--noCheck'] }
]

function clean() {
  rmSync(`${root}/dist`, { recursive: true, force: true })
}

clean()
for (const { config, folder, type, more } of builds) {
  const { status, error } = spawnSync(process.execPath, [compiler, '-p', config, ...more], { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    clean()
    console.error(`${config}: ${error ? error.message : 'tsc failed'}; there is no dist now.`)
    process.exit(1)
  }
  writeFileSync(`${root}/${folder}/package.json`, `${JSON.stringify({ type })}\n`)
}
buildProgram()
