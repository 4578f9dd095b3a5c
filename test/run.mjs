/**
 * Runs everything that can fail: types, lint, packaging, and each test file in a process of its own. What they run, the
 * program too, is compiled once for all of them.
 *
 *     npm test                      all of it
 *     npm test -- codec types       only the steps and files whose name has one of these words
 *     npm test -- --only-tests      no types, lint or packaging
 *
 * Output is held back and shown only where something failed. A file that ran no assertion, broke off before its summary, or
 * outlived its deadline has failed. The last line sums it up: tape's assertions, and one for each step.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engine } from '../scripts/engine.mjs'
import { buildProgram } from '../scripts/program.mjs'
import { compile, remove, traced } from './compiled.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const deadlineMs = 240_000
/** One more than CI's processors: some jobs wait for timers and sockets. */
const jobsMax = 3
/**
 * Those that take longest begin first, in that order: whichever is left over in the end runs alone, while the other processors rest. Those that
 * mostly wait stand among the first for the same reason. A file that is not named takes a few seconds at most.
 */
const firstFiles = [
  'sim', 'network', 'forged', 'words', 'leaks', 'cli', 'readme', 'journaled', 'checks', 'bugs', 'foe', 'simulation', 'fuzz', 'page', 'cli-journal', 'model',
  'conformance', 'program-doc', 'cli-bus', 'set', 'browser', 'browser-level', 'heap', 'attack/honest', 'attack/sybils', 'bodies', 'journal', 'http'
].map((name) => `test/${name}.test.ts`)
// What npm tells its scripts must not steer the programs that the tests start, other npms among them.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_')))
const children = new Set()
const sum = { passed: 0, failed: 0, skipped: 0 }

/** A step is one command; it passes or fails as a whole. */
function step(name) {
  return { name, command: `npm run --silent ${name}`, args: [], shell: true, read: readStep }
}

/** A file is a tape program, run as it was compiled; its assertions are counted. */
function file(name) {
  return { name, command: process.execPath, args: [...engine, join(env.COMPILED, name.replace(/\.ts$/, '.js'))], shell: false, read: readTap }
}

function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name.split(sep).join('/')}`)
    .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
}

function placeOf(name) {
  const place = firstFiles.indexOf(name)
  return place < 0 ? firstFiles.length : place
}

function readStep(output, code) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0, why: '' } : { passed: 0, failed: 1, skipped: 0, why: `exit code ${code}` }
}

/** Counts by tape's own summary; where a file broke off before it, by the lines that were written, and one for the breaking off. */
function readTap(output, code) {
  const last = (what) => [...output.matchAll(new RegExp(`^# ${what} +(\\d+)$`, 'gm'))].at(-1)?.[1]
  const lines = (pattern) => output.match(pattern)?.length ?? 0
  const whole = last('tests') !== undefined
  const failed = whole ? Number(last('fail') ?? 0) : lines(/^not ok /gm)
  const skippedHere = lines(/^ok .*# SKIP/gm)
  const passed = (whole ? Number(last('pass') ?? 0) : lines(/^ok /gm)) - skippedHere
  const why = whyFailed({ passed, failed, whole, code })
  return { passed, failed: failed === 0 && why !== '' ? 1 : failed, skipped: skippedHere + lines(/^# SKIP /gm), why }
}

/** What is wrong with a file that counted so; nothing, when all is well. */
function whyFailed({ passed, failed, whole, code }) {
  if (failed > 0) return `${failed} failed`
  if (code !== 0) return `exit code ${code}`
  if (passed === 0) return 'no assertion'
  return whole ? '' : 'no summary'
}

/** Ends a process together with all that it started. */
function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

function run(job) {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const child = spawn(job.command, job.args, { cwd: root, env, shell: job.shell, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks = []
    let late = false
    children.add(child)
    const timer = setTimeout(() => {
      late = true
      kill(child)
    }, deadlineMs)
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)))
    child.on('close', (code) => {
      clearTimeout(timer)
      children.delete(child)
      resolve({ output: Buffer.concat(chunks).toString(), code, late, ms: Math.round(performance.now() - startedAt) })
    })
  })
}

function tell(job, { output, late, ms }, counts) {
  const bad = counts.failed > 0
  const figures = job.read === readStep ? '' : `${counts.passed} passed`
  const skips = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  const why = late ? `, killed after ${deadlineMs / 1000} s` : bad ? `, ${counts.why}` : ''
  if (bad) console.log(`\n--- ${job.name}\n${traced(env.COMPILED, output.trimEnd())}\n---`)
  console.log(`${bad ? 'FAIL' : 'ok  '} ${job.name.padEnd(32)} ${figures.padStart(14)} ${String(ms).padStart(7)} ms${skips}${why}`)
}

async function worker(queue) {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    const result = await run(job)
    const counts = job.read(result.output, result.code)
    tell(job, result, counts)
    for (const key of Object.keys(sum)) sum[key] += counts[key]
  }
}

async function main(args) {
  const words = args.filter((arg) => !arg.startsWith('--'))
  const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--only-tests')
  if (unknown !== undefined) throw new Error(`there is no option ${unknown}; there is --only-tests.`)
  env.COMPILED = await compile(root)
  // It tells the version of the package that it finds above itself.
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  env.PROGRAM = buildProgram(mkdtempSync(join(cache, 'pull-gossip-')))
  process.on('exit', () => [env.COMPILED, dirname(env.PROGRAM)].forEach(remove))
  const onlyTests = args.includes('--only-tests')
  const wanted = (job) => (!onlyTests || job.read === readTap) && (words.length === 0 || words.some((word) => job.name.includes(word)))

  const files = testFiles()
  const gone = firstFiles.find((name) => !files.includes(name))
  if (gone !== undefined) throw new Error(`there is no ${gone}, which was to begin among the first.`)
  const queue = [...['types', 'lint', 'packaging'].map(step), ...files.map(file)].filter(wanted)
  if (queue.length === 0) throw new Error('nothing to run: no step and no file under test/ has such a name.')
  await Promise.all(Array.from({ length: jobsMax }, () => worker(queue)))

  console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`)
  process.exitCode = sum.failed > 0 ? 1 : 0
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of children) kill(child)
    process.exit(1)
  })
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
