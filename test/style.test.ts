/**
 * What no linter of ours looks at: no statement ends in a semicolon.
 */
import test from 'tape'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folders = ['lib', 'test', 'example', 'bench', 'scripts']

/** The lines of code that end in a semicolon, but for loops without a body, each as `file:line`. */
function endings(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => (/;\s*$/.test(line) && !/^\s*(\*|\/\*|\/\/)/.test(line) && !/\bwhile \(.*\);$/.test(line) ? [`${file}:${i + 1}`] : []))
}

function sources(folder: string): string[] {
  const paths = readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, String(path)))
  return paths.filter((path) => /\.(ts|tsx|mjs|js)$/.test(path) && !path.includes('node_modules'))
}

test('a semicolon at the end of a line is found, not one in a comment or a loop without a body', (t) => {
  t.deepEqual(endings('a.ts', 'const a = 1;\nb()\n  return a; '), ['a.ts:1', 'a.ts:3'])
  t.deepEqual(endings('a.ts', '// it is;\n * so;\nwhile (next());\n;[1].map(f)'), [])
  t.end()
})

test('no statement ends in a semicolon', (t) => {
  const files = ['index.ts', ...folders.flatMap(sources)]
  t.ok(files.length > 200, `${files.length} files were looked at`)
  t.deepEqual(files.flatMap((file) => endings(file, readFileSync(join(root, file), 'utf8'))), [])
  t.end()
})
