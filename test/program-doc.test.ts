/**
 * docs/program.md and the opening of README.md say what is so: their commands are run by a shell, line by line, and print what they say.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { env, program } from './built.js'
import { programOf } from '../lib/cli/program.js'

const bin = mkdtempSync(join(tmpdir(), 'pg-bin-'))
test.onFinish(() => rmSync(bin, { recursive: true, force: true }))

const root = new URL('../', import.meta.url)
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const blocksOf = (path: string): string[] => [...text(path).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block).filter((block) => block.includes('pull-gossip '))

/** A port that is free, as a page's own may not be. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs lines in one shell; after each that runs in the background its host is waited for. Gives what each of the others printed. */
async function shell(lines: readonly string[]): Promise<{ printed: string[]; err: string }> {
  const [tcp, http] = [await freePort(), await freePort()]
  const script = lines.map((line) => {
    const command = line.replace(/ # prints: .*$/, '').replaceAll(':4000', `:${tcp}`).replaceAll(':8080', `:${http}`)
    if (!command.endsWith('&')) return `${command}; echo '---'`
    const [, host = ''] = /--host (\S+)/.exec(command) ?? []
    return `${command.replace(/&$/, '> /dev/null &')}\nuntil pull-gossip health --host ${host} > /dev/null 2>&1; do sleep 0.1; done`
  })
  // As it lies in a PATH; what runs in the background is then the host itself, which can be ended.
  writeFileSync(join(bin, 'pull-gossip'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 })
  const setup = 'trap \'kill $(jobs -p); wait\' EXIT\n'
  const more = { PATH: `${bin}:${env['PATH'] ?? ''}` }
  const child = spawn('bash', ['-c', setup + script.join('\n')], { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.stderr.on('data', (chunk) => { err += String(chunk) })
  await new Promise((resolve) => child.on('close', resolve))
  return { printed: out.split('---\n').slice(0, -1).map((one) => one.trimEnd()), err }
}

for (const path of ['docs/program.md', 'README.md']) {
  test(`the commands of ${path} print what they say`, async (t) => {
    const lines = blocksOf(path).flatMap((block) => block.trimEnd().split('\n'))
    t.ok(lines.length > 3, `${lines.length} commands`)
    const { printed, err } = await shell(lines)
    t.equal(err, '')
    t.deepEqual(printed, lines.filter((line) => !line.endsWith('&')).map((line) => / # prints: (.*)$/.exec(line)?.[1] ?? ''))
  })
}

test('the page names every command, flag and exit code that there is, and no other', (t) => {
  const page = text('docs/program.md')
  const known = new Set(programOf().commands.flatMap((command) => [command, ...command.commands]).flatMap(({ options }) => options.map(({ long }) => long)))
  for (const command of programOf().commands) if (!command.name().startsWith('demo-')) t.ok(new RegExp(`\\b${command.name()}\\b`).test(page), command.name())
  const named = [...page.matchAll(/(?<![-\w])--[a-z][a-z-]+/g)].map(([flag]) => flag)
  t.deepEqual(named.filter((flag) => !known.has(flag) && flag !== '--help'), [], 'all flags that are named')
  t.end()
})
