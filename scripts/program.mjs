/**
 * Builds the program: lib/cli with all that it draws in, in parts that commands load as they need them; its page; and the licences of what is
 * bundled. So the package has no dependencies, and who installs it for the store alone gets none.
 *
 *     node scripts/program.mjs [folder]        dist/cli unless told
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = 'lib/cli/page'
const common = { absWorkingDir: root, bundle: true, format: 'esm', metafile: true, legalComments: 'none', logLevel: 'warning' }

/** Builds into a folder. */
export function buildProgram(folder = join(root, 'dist/cli')) {
  const file = join(folder, 'pull-gossip.js')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'page'), { recursive: true })
  const program = buildSync({
    ...common, entryPoints: { 'pull-gossip': 'lib/cli/main.ts' }, outdir: folder, splitting: true, chunkNames: 'part-[hash]', platform: 'node', target: 'node20.19',
    // Names stay, so that what fails can be read; what is CommonJS asks for parts of Node by require.
    minifyWhitespace: true, minifySyntax: true,
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" }
  })
  writeFileSync(file, `#!/usr/bin/env node\n${readFileSync(file, 'utf8')}`)
  chmodSync(file, 0o755)
  const script = buildSync({
    ...common, entryPoints: [`${page}/page.tsx`], outfile: join(folder, 'page/page.js'), platform: 'browser', target: 'es2022', minify: true,
    jsx: 'automatic', jsxImportSource: 'preact', tsconfig: `${page}/tsconfig.json`
  })
  buildSync({ ...common, entryPoints: [`${page}/page.css`], outfile: join(folder, 'page/page.css'), minify: true })
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(root, page, name), join(folder, 'page', name))
  writeFileSync(join(folder, 'LICENSES.txt'), licences([program, script]))
  return file
}

/** The licences of the packages that are in the bundles. */
function licences(builds) {
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  const folders = new Set(inputs.map((path) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean))
  return [...folders].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
    const text = ['LICENSE', 'LICENSE.md', 'license', 'LICENCE'].map((file) => read(join(root, path, file))).find((found) => found !== null)
    return `${name} ${version} (${license})\n\n${text ?? ''}`
  }).join(`\n${'-'.repeat(80)}\n\n`)
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildProgram(process.argv[2])
