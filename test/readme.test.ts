/**
 * README.md, docs/choosing.md and docs/simulation.md say what is so: their code compiles and prints what they say, each block in a process
 * of its own that ends by itself; commands, links, figures and limits are those of this folder.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import test from 'tape'
import { flood, frame } from './sim/cost.js'

type Block = { language: string; text: string; heading: string }
type Page = { path: string; text: string; blocks: Block[] }
type End = { code: number; stdout: string; stderr: string }
type Manifest = { version: string; scripts: Record<string, string>; exports: Record<string, string | { import: { default: string } }> }

const root = fileURLToPath(new URL('..', import.meta.url)).replaceAll('\\', '/')
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest
const deadlineMs = 60_000

const pages = ['README.md', 'docs/choosing.md', 'docs/simulation.md'].map((path): Page => {
  const text = readFileSync(root + path, 'utf8')
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }): Block => {
    return { language, text: code, heading: /.*^#+ ([^\n]+)/ms.exec(text.slice(0, index))?.[1] ?? '' }
  })
  return { path, text, blocks }
})
const [readme] = pages as [Page, ...Page[]]
const blocks = pages.flatMap((page) => page.blocks)
const programs = blocks.filter(({ language }) => language === 'ts')

/** What each entry of the package is built from. */
function sources(): Record<string, string[]> {
  return Object.fromEntries(Object.entries(manifest.exports).flatMap(([entry, target]) => {
    if (typeof target === 'string') return []
    return [[`pull-gossip${entry.slice(1)}`, [root + target.import.default.replace('./dist/esm/', '').replace(/\.js$/, '.ts')]]]
  }))
}

/** One wrong line for each entry: the compiler must see through to its types. */
const planted = `
import { createStore } from 'pull-gossip'
import { doubleline } from 'pull-gossip/codec'
import { connect } from 'pull-gossip/tcp'
import { createNode } from 'pull-gossip/node'
createStore({ host: 1 })
doubleline.parse({ frameBytesMax: '1' })
connect('port')
createNode({ host: 'a', listen: 4000 })
`

/** A folder like that of a user who installed the package, but that its names lead to the sources. */
function userFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pull-gossip-readme-'))
  const config = { extends: `${root}tsconfig.json`, compilerOptions: { moduleDetection: 'force', paths: sources() }, include: ['*.ts'] }
  symlinkSync(`${root}node_modules`, join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'planted.ts'), planted)
  const files = programs.map((_, i) => join(folder, `block-${i}.ts`))
  programs.forEach(({ text }, i) => writeFileSync(files[i] as string, text))
  // CommonJS that requires parts of Node is loaded as it is.
  const external = ['memory-level']
  buildSync({ entryPoints: files, outdir: folder, bundle: true, splitting: true, format: 'esm', platform: 'node', external })
  return folder
}

const folder = userFolder()
test.onFinish(() => rmSync(folder, { recursive: true, force: true }))

/** Runs Node to its end, or to the deadline, which is a failure of its own. */
function node(cwd: string, ...args: string[]): Promise<End> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: deadlineMs }, (error, stdout, stderr) => {
      const late = error?.killed === true ? 'the deadline passed\n' : ''
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr: late + stderr })
    })
  })
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '')
}

/** A heading as links name it. */
function anchors(path: string): string[] {
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) => heading.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-'))
}

test('all that is shown is code that is run, a command, or a picture', (t) => {
  t.deepEqual([...new Set(blocks.map(({ language }) => language))].sort(), ['sh', 'text', 'ts'])
  for (const page of pages) t.equal(page.text.match(/^ *```/gm)?.length, 2 * page.blocks.length, `no block of ${page.path} was overlooked`)
  for (const { text, heading } of programs) t.match(text, /\/\/ prints: ./, `the code under "${heading}" says what it prints`)
  t.end()
})

test('the code compiles as written by a user, and a wrong line beside it does not', async (t) => {
  const { stdout } = await node(folder, `${root}node_modules/typescript-7/bin/tsc`, '-p', folder, '--pretty', 'false')
  const complaints = stdout.trim().split('\n').filter((line) => /^\S/.test(line)).map((line) => line.replace(/: .*/, ''))
  t.deepEqual(complaints, ['planted.ts(6,15)', 'planted.ts(7,20)', 'planted.ts(8,9)', 'planted.ts(9,25)'], stdout)
})

programs.forEach(({ text, heading }, i) => {
  test(`the code under "${heading}" prints what it says, and ends by itself`, async (t) => {
    const said = [...text.matchAll(/\/\/ prints: (.*)$/gm)].map(([, line = '']) => line)
    const { code, stdout, stderr } = await node(folder, `block-${i}.js`)
    t.equal(code, 0)
    t.equal(stderr, '')
    t.deepEqual(stdout.trimEnd().split('\n'), said)
  })
})

test('the two commands of a newcomer are named', (t) => {
  const commands = readme.blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n'))
  // Those of the program are run by test/program-doc.test.ts.
  t.deepEqual(commands.filter((command) => !command.startsWith('pull-gossip ')), ['npm ci && npm run demo', 'npm ci && npm start', 'npm ci && npm test'])
  t.ok(manifest.scripts['demo'] !== undefined && manifest.scripts['start'] !== undefined && manifest.scripts['test'] !== undefined, 'and are there')
  t.end()
})

test('every script, program, file and heading that a page names is there', (t) => {
  for (const { path: from, text } of [...pages, { path: 'docs/protocol.md', text: readFileSync(`${root}docs/protocol.md`, 'utf8') }]) {
    for (const [, name = ''] of text.matchAll(/npm run (\w+)/g)) t.ok(manifest.scripts[name] !== undefined, `npm run ${name}`)
    for (const [, path = ''] of text.matchAll(/`node [^`]*?([\w/]+\.m?[jt]s)/g)) t.ok(existsSync(root + path), path)
    for (const [, path = '', anchor] of withoutCode(text).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
      const target = path === '' ? root + from : join(root, dirname(from), path)
      if (!existsSync(target)) t.fail(`${path}, which ${from} names, is not there`)
      else t.ok(anchor === undefined || anchors(target).includes(anchor), `${path}#${anchor}`)
    }
  }
  t.ok(readme.text.includes(`pull-gossip-${manifest.version}.tgz`), 'the tarball has the version of the package')
  t.end()
})

test('the table of limits is that of lib/limits.ts, and one that differs is found', async (t) => {
  const check = (file: string): Promise<End> => node(root, '--import', 'tsx', 'scripts/limits-table.mjs', '--check', file)
  t.deepEqual(await check(`${root}README.md`), { code: 0, stdout: '', stderr: '' })
  const other = join(folder, 'README.md')
  writeFileSync(other, readme.text.replace('| `pingMs` | 5,000 |', '| `pingMs` | 4,000 |'))
  const { code, stderr } = await check(other)
  t.equal(code, 1)
  t.match(stderr, /is not that of lib\/limits\.ts/)
})

test('the figures of changes and floods are those that the simulation counts', (t) => {
  const { perWrite, most } = flood(false)
  t.ok(readme.text.includes(`| ${frame(1).bytes} bytes |`), `${frame(1).bytes} bytes for one change`)
  t.ok(readme.text.includes(`| ${Math.round(frame(1_000).bytesEach)} bytes a change |`), `${frame(1_000).bytesEach} bytes in a batch`)
  t.ok(readme.text.includes(`sent ${perWrite} times, bound 2E − (N − 1) = ${most} |`), `${perWrite} of ${most}`)
  t.end()
})
