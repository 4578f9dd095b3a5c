/**
 * All our TypeScript as JavaScript, in a folder of its own: compiled once, so that each of a hundred processes starts without a compiler.
 *
 * A file of the tests or the library still has the `import.meta.url` of its source: what it names stands beside that.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'

const folders = ['lib', 'test', 'example', 'bench']

/** Compiles all of it; gives the folder. */
export function compile(root) {
  const folder = mkdtempSync(join(tmpdir(), 'pull-gossip-compiled-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  for (const path of ['index.ts', ...folders.flatMap((name) => sources(root, name))]) compileFile(root, folder, path)
  return folder
}

export function remove(folder) {
  rmSync(folder, { recursive: true, force: true })
}

function sources(root, folder) {
  const paths = readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path))
  return paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.includes('node_modules'))
}

function compileFile(root, folder, path) {
  const source = join(root, path)
  const here = path.startsWith('example') ? {} : { banner: `const sourceUrl = ${JSON.stringify(pathToFileURL(source).href)};`, define: { 'import.meta.url': 'sourceUrl' } }
  const { code } = transformSync(readFileSync(source, 'utf8'), { loader: 'ts', target: 'es2022', sourcefile: source, sourcemap: 'inline', ...here })
  const target = join(folder, path.replace(/\.ts$/, '.js'))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, code)
}
