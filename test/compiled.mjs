/**
 * All our TypeScript as JavaScript, in a folder of its own: compiled once, so that each of a hundred processes starts without a compiler, and in few
 * files, since each of them costs at every start. tape, of a hundred files, is one too, in a folder by which it tells its own frames from a test's.
 *
 * A file of the tests or the library still has the `import.meta.url` of its source: what it names stands beside that.
 */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** What tests start beside themselves. */
const started = ['test/flood/peer.ts', 'test/heap.ts', 'test/leaks.ts', 'test/network/host.ts', 'test/network/lost.ts', 'test/network/wire.ts', 'test/sim/run.ts']

/** Compiles all of it; gives the folder. */
export async function compile(root) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pull-gossip-compiled-')))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  const shared = { absWorkingDir: root, bundle: true, platform: 'node', target: 'es2022', logLevel: 'warning' }
  const ours = { ...shared, outdir: folder, outbase: '.', splitting: true, format: 'esm', packages: 'external', sourcemap: true, sourcesContent: false }
  const tape = join(folder, 'tape/index.cjs')
  await build({ ...shared, stdin: { contents: "module.exports = require('tape')", resolveDir: root }, outfile: tape })
  const tests = readdirSync(join(root, 'test'), { recursive: true }).filter((path) => path.endsWith('.test.ts')).map((path) => join('test', path))
  await build({ ...ours, entryPoints: [...tests, ...started], chunkNames: 'part-[hash]', define: { 'import.meta.url': 'sourceUrl' }, plugins: [placed(tape)] })
  // Examples name each other as they are run. Of errors a test loads a second copy.
  const examples = readdirSync(join(root, 'example')).filter((path) => path.endsWith('.ts')).map((path) => join('example', path))
  await build({ ...ours, entryPoints: [...examples, 'lib/errors.ts'], chunkNames: 'example/part-[hash]' })
  return folder
}

export function remove(folder) {
  rmSync(folder, { recursive: true, force: true })
}

/** Tells each file where its source is, and all of them where tape is. */
function placed(tape) {
  return {
    name: 'placed',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^tape$/ }, () => ({ path: pathToFileURL(tape).href, external: true }))
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        return { loader: 'ts', contents: `const sourceUrl = ${JSON.stringify(pathToFileURL(path).href)};${readFileSync(path, 'utf8')}` }
      })
    }
  }
}

/** What a program wrote, with places in sources where it names places in what was compiled of them. */
export function traced(folder, text) {
  const maps = new Map()
  const mapOf = (file) => {
    if (!maps.has(file)) maps.set(file, new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))))
    return maps.get(file)
  }
  const escaped = folder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return text.replace(new RegExp(`(?:file://)?(${escaped}[^\\s:()]*\\.js):(\\d+):(\\d+)`, 'g'), (place, file, line, column) => {
    try {
      const { originalSource, originalLine, originalColumn } = mapOf(file).findEntry(line - 1, column - 1)
      return originalSource === undefined ? place : `${join(dirname(file), originalSource)}:${originalLine + 1}:${originalColumn + 1}`
    } catch {
      return place
    }
  })
}
