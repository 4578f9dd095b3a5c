/**
 * The program as it is installed, built once for all files of tests, or for one that runs alone; and its commands, run as processes of their own.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import test, { type Test } from 'tape'
import { Client } from '../lib/cli/client.js'
import { Program } from './program.js'

// By its address: what is compiled elsewhere does not have it beside itself.
const { buildProgram } = await import(new URL('../scripts/program.mjs', import.meta.url).href) as typeof import('../scripts/program.mjs')

const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url))
const deadlineMs = 30_000

/** How a command ended, and what it wrote. */
export type Ran = { code: number | null; signal: NodeJS.Signals | null; out: string; err: string }

/** Where sockets go: a folder of these tests alone. Short, as sockets' paths must be. */
const runtime = mkdtempSync(join(tmpdir(), 'pg-'))
test.onFinish(() => rmSync(runtime, { recursive: true, force: true }))

/** The program's file. */
export const program = process.env.PROGRAM ?? built()

function built(): string {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'pull-gossip-'))
  test.onFinish(() => rmSync(folder, { recursive: true, force: true }))
  return buildProgram(folder)
}

/** The environment of the tests' programs: what the machine's user set for the program must not steer them. */
export const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PULL_GOSSIP_'))), XDG_RUNTIME_DIR: runtime
}

/** Runs a command to its end. */
export function run(args: readonly string[], { input = '', more = {} }: { input?: string | Buffer; more?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
  const child = spawn(process.execPath, [program, ...args], { env: { ...env, ...more }, stdio: 'pipe' })
  const ran: Ran = { code: null, signal: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => { ran.out += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { ran.err += text })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the deadline passed before ${args.join(' ')} ended; it wrote:\n${ran.out}${ran.err}`))
    }, deadlineMs)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ ...ran, code, signal })
    })
  })
}

Program.env = env

/** Runs a host until the test is over; gives it once its socket is there. */
export async function hosted(t: Test, name: string, ...flags: string[]): Promise<Program> {
  const host = new Program(t, program, 'host', '--host', name, ...flags)
  await host.says(/its socket is /)
  return host
}

/** Runs a host that listens, and gives its address. */
export async function listening(t: Test, name: string, ...flags: string[]): Promise<{ host: Program; uri: string }> {
  const host = await hosted(t, name, '--listen', 'tcp://127.0.0.1:0', ...flags)
  const [, uri = ''] = await host.says(/ listens at (tcp:\S+)/)
  return { host, uri }
}

/** What a command wrote, if it ended well. */
export async function says(t: Test, args: string[], input = ''): Promise<string> {
  const { code, out, err } = await run(args, { input })
  t.equal(code, 0, `${args.join(' ')}: ${err}`)
  return out.trimEnd()
}

/** Waits until a host holds that, asking its socket: a process for each question would take longer than what is waited for. */
export async function holds(t: Test, host: string, path: string, value: unknown): Promise<void> {
  const client = await Client.find({ socket: join(runtime, 'pull-gossip', `${host}.sock`) })
  let last: unknown
  for (let i = 0; i < 600; i += 1) {
    // One that is just starting again does not answer yet.
    last = (await client.get(path).catch(() => ({ value: null })) as { value: unknown }).value
    if (typeof value === 'function' ? (value as (last: unknown) => boolean)(last) : isDeepStrictEqual(last, value)) return t.pass(`${host} comes to hold ${path}`)
    await wait(50)
  }
  t.fail(`${host} never held ${path}, but ${JSON.stringify(last)}`)
}

/** A folder for files of a test's own. */
export function folderOf(t: Test): string {
  const files = mkdtempSync(join(tmpdir(), 'pg-files-'))
  t.teardown(() => rmSync(files, { recursive: true, force: true }))
  return files
}
