/**
 * The program as its users run it: real processes, real sockets, every command; what it says when something is wrong, and how it ends.
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import test from 'tape'
import { programOf } from '../lib/cli/program.js'
import { env, folderOf, hosted, holds, listening, program, run, says } from './built.js'
import { Program } from './program.js'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The help of a command. */
function helpOf(leaf: string): string {
  let [command, text]: [Command, string] = [programOf(), '']
  for (const word of leaf.split(' ')) command = command.commands.find((one) => one.name() === word) ?? command
  command.configureOutput({ writeOut: (more) => { text += more } }).outputHelp()
  return text
}

test('every command has help with an example, and the program names all of them and its exit codes', async (t) => {
  const help = await says(t, ['--help'])
  const commands = 'host counter register set names peers stats health explain watch emit listen count journal demo sim bench decode'.split(' ')
  for (const command of commands) t.match(help, new RegExp(`^  ${command} `, 'm'), command)
  for (const code of [0, 1, 2, 3, 4]) t.match(help, new RegExp(`^  ${code}  `, 'm'), `exit code ${code}`)
  t.notOk(help.includes('demo-host'), 'what is for itself is not shown')
  const below = ['counter incr', 'counter decr', 'counter get', 'register set', 'register clear', 'register get', 'set add', 'set rm', 'set clear', 'set has', 'set ls', 'journal check', 'journal export', 'journal import']
  const leaves = [...commands.filter((command) => !['counter', 'register', 'set', 'journal'].includes(command)), ...below]
  t.deepEqual(leaves.filter((leaf) => !/Examples?:\n  \$ pull-gossip|Examples?:\n  \$ tail|Examples?:\n  \$ tcpflow/.test(helpOf(leaf))), [], 'all have examples')
  const { code, out, err } = await run(['counter', 'get', '--help'])
  t.deepEqual([code, out, err], [0, helpOf('counter get'), ''], 'help is no error')
  t.equal(await says(t, ['--version']), manifest.version)
})

test('what is misspelt is refused with the nearest right word, and exit code 2', async (t) => {
  const wrong: [string[], NodeJS.ProcessEnv, RegExp][] = [
    [['conter'], {}, /Did you mean counter\?/],
    [['host', '--lisen', 'x'], {}, /Did you mean --listen\?/],
    [['counter', 'get'], {}, /missing required argument 'name'/],
    [['names'], { PULL_GOSSIP_SOCKETT: 'x' }, /there is no variable PULL_GOSSIP_SOCKETT; did you mean PULL_GOSSIP_SOCKET\?/],
    [['host'], { PULL_GOSSIP_HTTP_WRITE: 'perhaps' }, /PULL_GOSSIP_HTTP_WRITE takes 1 or 0/],
    [['host', '--http', 'example.org:80'], {}, /--http takes a port/],
    [['host', '--http', '0.0.0.0:0', '--http-write'], {}, /whoever reaches 0\.0\.0\.0 could write; say --http-token/],
    [['host', '--host', 'a~b'], {}, /host must be 1–64 bytes/],
    [['host', '--limit', 'cells=1'], {}, /there is no limit "cells"/],
    [['counter', 'incr', 'a', '--expire', 'soon'], {}, /It takes a span like/],
    [['register', 'set', 'a', 'text', '--socket', '/nowhere'], {}, /is no JSON; a text needs its quotes/],
    [['host', '--durable', 'sync'], {}, /--durable means nothing without --journal/],
    [['host', '--journal', '/nowhere', '--durable', 'often'], {}, /Allowed choices are batch, sync/],
    [['count', '--follow', '--socket', '/nowhere'], {}, /--follow needs a file/],
    [['sim', '--topology', 'knot'], {}, /there is no topology "knot"/],
    [['demo-host', '{}'], {}, /demo-host is started by demo/]
  ]
  const ran = await Promise.all(wrong.map(([args, more]) => run(args, { more })))
  wrong.forEach(([args, , pattern], i) => {
    t.deepEqual([ran[i]?.code, ran[i]?.out], [2, ''], args.join(' '))
    t.match(ran[i]?.err ?? '', pattern)
    t.notOk(ran[i]?.err.includes('    at '), 'without a stack')
  })
})

test('two hosts replicate, and every command asks either', async (t) => {
  const { host: alpha, uri } = await listening(t, 'alpha')
  // All that gamma is told, it is told by its environment.
  const twins = { PULL_GOSSIP_HOST: 'gamma', PULL_GOSSIP_CONNECT: uri, PULL_GOSSIP_HTTP_WRITE: '0' }
  const gamma = spawn(process.execPath, [program, 'host'], { env: { ...env, ...twins }, stdio: 'ignore' })
  t.teardown(() => gamma.kill('SIGKILL'))
  await alpha.says(/connected to gamma/)

  const [at, there] = [['--host', 'alpha'], ['--host', 'gamma']]
  t.equal(await says(t, ['counter', 'incr', 'calls', '5', ...at]), '5')
  t.equal(await says(t, ['counter', 'decr', 'calls', ...there]), '4')
  await holds(t, 'alpha', '/counters/calls', 4)
  t.deepEqual(JSON.parse(await says(t, ['counter', 'get', 'calls', '--json', ...there])), { name: 'calls', value: 4, coherent: true })
  t.equal(await says(t, ['counter', 'incr', 'big', '99999999999999999999', '--bigint', '--expire', '1h', ...at]), '99999999999999999999')
  t.equal(await says(t, ['register', 'set', 'level', '{"debug":true}', ...at]), '')
  await holds(t, 'gamma', '/registers/level', { debug: true })
  t.equal(await says(t, ['register', 'set', 'motto', 'any text', '--text', ...at]), '')
  t.equal(await says(t, ['register', 'get', 'motto', ...at]), 'any text')
  t.equal(await says(t, ['register', 'clear', 'motto', ...at]), '')
  t.equal((await run(['register', 'get', 'motto', ...at])).code, 1, 'a register that was never written, or cleared')
  t.equal(await says(t, ['set', 'add', 'online', 'alice', 'bob', ...at]), '2')
  t.equal(await says(t, ['set', 'rm', 'online', 'bob', 'eve', ...at]), '1')
  t.equal(await says(t, ['set', 'has', 'online', 'alice', ...at]), 'yes')
  t.deepEqual(await run(['set', 'has', 'online', 'bob', ...at]), { code: 1, signal: null, out: 'no\n', err: '' })
  t.equal(await says(t, ['set', 'ls', 'online', ...at]), 'alice')
  t.equal(await says(t, ['set', 'clear', 'online', ...at]), '1')

  t.match(await says(t, ['names', ...at]), /^counter +calls  4\n/m)
  t.deepEqual(JSON.parse(await says(t, ['names', 'cal', '--kind', 'counter', '--json', ...at])), { kind: 'counter', name: 'calls', value: '4' })
  t.match(await says(t, ['peers', ...at]), /^gamma +in step/m)
  t.match(await says(t, ['stats', ...at]), /^peers +1$/m)
  t.match(await says(t, ['health', ...there]), /^gamma is coherent since /)
  t.match(await says(t, ['explain', 'calls', ...at]), /^counter "calls" is live.*\n  (alpha|gamma)~\w+ wrote \[/)
  t.equal((await run(['explain', 'nothing', ...at])).code, 1)

  const watch = new Program(t, program, 'watch', 'c*s', '--old', '--json', ...at)
  await watch.says(/"name":"calls","part":"".*"value":"4"/)
  await says(t, ['counter', 'incr', 'calls', ...there])
  await watch.says(/"name":"calls".*"value":"5"/)
  t.notOk(watch.out.includes('online'), 'of the names that match only')
  watch.signal('SIGINT')
  t.deepEqual(await watch.end, { code: 130, signal: null })
})

test('a read that is not whole says so, and fails where that was asked for', async (t) => {
  await hosted(t, 'alone', '--expect', 'away')
  const { code, out, err } = await run(['counter', 'get', 'calls'])
  t.deepEqual([code, out, err], [0, '0\n', 'not coherent: away disconnected\n'])
  const strict = await run(['counter', 'get', 'calls', '--require-coherent', '--json'])
  t.equal(strict.code, 3)
  t.equal((JSON.parse(strict.out) as { coherent: boolean }).coherent, false)
  for (const command of [['names'], ['register', 'get', 'r']]) {
    t.equal((await run([...command, '--require-coherent'])).code, 3, command.join(' '))
  }
  const health = await run(['health'])
  t.deepEqual([health.code, /away: disconnected since 2/.test(health.out)], [3, true])
})

test('hosts are found by socket, by name and by address, and a command says so when there is none or more than one', async (t) => {
  const none = await run(['names'])
  t.equal(none.code, 4)
  t.match(none.err, /no host runs here .* start one with `pull-gossip host`/)
  t.equal((await run(['names', '--url', 'http://127.0.0.1:1'])).code, 4)
  const one = await hosted(t, 'one', '--http', '0', '--http-token', 'secret')
  const [, url = ''] = await one.says(/its page is (\S+)/)
  t.equal(await says(t, ['counter', 'get', 'calls']), '0')
  const refused = await run(['counter', 'get', 'calls', '--url', url])
  t.deepEqual([refused.code, /a bearer token is needed/.test(refused.err)], [1, true])
  t.equal((await run(['counter', 'get', 'calls', '--url', url], { more: { PULL_GOSSIP_TOKEN: 'secret' } })).out, '0\n')
  t.match((await run(['counter', 'incr', 'calls', '--url', url, '--token', 'secret'])).err, /writes are off here/)
  await hosted(t, 'two/with ~slash'.replace('~', ''))
  const many = await run(['names'])
  t.equal(many.code, 2)
  t.match(many.err, /2 hosts run here; say --host which/)
  t.equal(await says(t, ['counter', 'incr', 'x', '--host', 'two/with slash']), '1')
  const twice = await run(['host', '--host', 'one'])
  t.deepEqual([twice.code, /a host listens at .* already/.test(twice.err)], [1, true])
})

test('a host stops cleanly on a signal, leaves no socket, and finds what one that was killed left', async (t) => {
  const sockets = join(env['XDG_RUNTIME_DIR'] ?? '', 'pull-gossip')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const host = await hosted(t, 'mortal')
    t.equal(statSync(join(sockets, 'mortal.sock')).mode & 0o777, 0o600, 'its socket is its user\'s alone')
    t.equal(statSync(sockets).mode & 0o777, 0o700, 'and so is the folder')
    host.signal(signal)
    t.deepEqual(await host.end, { code: 0, signal: null })
    t.equal(host.err, '')
    t.notOk(existsSync(join(sockets, 'mortal.sock')))
  }
  const killed = await hosted(t, 'mortal')
  killed.signal('SIGKILL')
  await killed.end
  t.ok(existsSync(join(sockets, 'mortal.sock')), 'one that was killed leaves its socket')
  const again = await hosted(t, 'mortal')
  t.equal(await says(t, ['counter', 'get', 'x']), '0')
  again.signal('SIGTERM')
  await again.end
  writeFileSync(join(sockets, 'file.sock'), 'precious')
  t.match((await run(['host', '--host', 'file'])).err, /is there and is no socket; it was left/)
  rmSync(join(sockets, 'file.sock'))
  chmodSync(sockets, 0o755)
  const open = await run(['host', '--host', 'mortal'])
  chmodSync(sockets, 0o700)
  t.match(open.err, /is open to other users, so no socket is made there/)
  t.deepEqual(readdirSync(sockets).filter((name) => name.startsWith('mortal')), [])
})

test('what others wrote cannot steer a terminal, and a reader that goes away ends the program silently', async (t) => {
  await hosted(t, 'bold')
  await says(t, ['counter', 'incr', '\u001b[2Jwiped\u202eout'])
  await says(t, ['register', 'set', 'r', '"\\u001b]0;title\\u0007"'])
  const out = await says(t, ['names'])
  t.ok(out.includes('\\u001b[2Jwiped\\u202eout'), out)
  t.notOk(/[\u001b\u202e]/.test(out + await says(t, ['register', 'get', 'r']) + await says(t, ['explain', '\u001b[2Jwiped\u202eout'])))
  await says(t, ['count', '--by', '1', '--name', 'many'], Array.from({ length: 8_000 }, (_, i) => `word${i}\n`).join(''))
  const shell = spawn('bash', ['-c', `${process.execPath} ${program} names | head -1; echo "\${PIPESTATUS[0]}"`], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [text, err] = ['', '']
  shell.stdout.on('data', (chunk) => { text += String(chunk) })
  shell.stderr.on('data', (chunk) => { err += String(chunk) })
  await new Promise((resolve) => shell.on('close', resolve))
  t.match(text, /\n0\n$/)
  t.equal(err, '')
})

const access = (i: number): string => `10.0.0.${i % 7} - - [10/Oct/2026:13:55:36 +0000] "GET /page/${i % 3} HTTP/1.1" ${i % 10 === 0 ? 404 : 200} 2326 "-" "curl"\n`
const log = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => access(from + i)).join('')

test('lines are counted by fields of access logs, columns and JSON, and each once', async (t) => {
  await hosted(t, 'counting')
  const file = join(folderOf(t), 'access.log')
  writeFileSync(file, log(0, 1_000))
  t.equal(await says(t, ['count', file, '--by', 'status']), '1,000 lines')
  t.equal(await says(t, ['count', file, '--by', 'status']), '0 lines', 'a file that was counted')
  t.match(await says(t, ['names', 'lines/']), /lines\/200  900\n.*lines\/404  100$/)
  writeFileSync(file, log(1_000, 1_100) + 'no line of a log', { flag: 'a' })
  t.equal(await says(t, ['count', file, '--by', 'status']), '101 lines', 'what was added, and the last line without its end')
  t.equal(await says(t, ['counter', 'get', 'lines/(none)']), '1')
  t.equal(await says(t, ['count', '--by', 'a.b', '--name', 'json', '--json'], '{"a":{"b":"x"}}\n{"a":{"b":"x"}}\n{"a":1}\n[1]\n{\n'), '{"lines":5}')
  t.match(await says(t, ['names', 'json/']), /json\/\(none\)  3\n.*json\/x  2$/)
  t.equal(await says(t, ['count', '--name', 'all'], 'a\r\nb\n\nc'), '4 lines')
  t.equal((await run(['count', '/nowhere'])).code, 2)
})

test('a count that is killed goes on where it was, through rotation and truncation, and two of them count each line once', async (t) => {
  await hosted(t, 'counting')
  const folder = folderOf(t)
  const file = join(folder, 'access.log')
  writeFileSync(file, log(0, 30_000))
  const args = ['count', file, '--follow', '--name', 'n']
  const first = new Program(t, program, ...args)
  await holds(t, 'counting', '/counters/n', (n: unknown) => Number(n) > 0)
  first.signal('SIGKILL')
  await first.end
  const [second, third] = [new Program(t, program, ...args), new Program(t, program, ...args)]
  await holds(t, 'counting', '/counters/n', 30000)
  writeFileSync(file, log(0, 5), { flag: 'a' })
  await holds(t, 'counting', '/counters/n', 30005)
  third.signal('SIGTERM')
  t.deepEqual(await third.end, { code: 143, signal: null })

  second.signal('SIGKILL')
  await second.end
  writeFileSync(file, log(0, 10), { flag: 'a' })
  renameSync(file, `${file}.1`)
  writeFileSync(file, log(0, 7))
  const fourth = new Program(t, program, ...args)
  await holds(t, 'counting', '/counters/n', 30022)
  writeFileSync(file, log(0, 3))
  await holds(t, 'counting', '/counters/n', 30025)
  fourth.signal('SIGINT')
  t.deepEqual(await fourth.end, { code: 130, signal: null })
  t.equal(await says(t, ['counter', 'get', 'n']), '30025', 'none is missing, none was counted twice')
})

test('captured frames are made readable, and what is no capture is told with exit code 2', async (t) => {
  const lines = readFileSync(new URL('golden/session-1.ndjson', import.meta.url), 'utf8').trim().split('\n')
  const frames = lines.map((line) => JSON.parse(line) as { from: string; text: string }).filter(({ from }) => from === 'α').map(({ text }) => text)
  const out = await says(t, ['decode'], frames.join('\n\n') + '\n\n')
  t.match(out, /^ +1  hello   α~\w+, version 1, digest \w+/)
  t.match(out, /^ +\d+  change  α~\w+ 2: counter minutes 30$/m)
  t.match(out, /^ +\d+  have    claims /m)
  const json = (await says(t, ['decode', '--json'], frames.join('\n\n') + '\n\n')).split('\n').map((line) => JSON.parse(line) as { type: string })
  t.equal(json[0]?.type, 'hello')
  const bad = await run(['decode'], { input: `${frames[0]}\n\nno json\n\n` })
  t.equal(bad.code, 2)
  t.match(bad.out, /hello/)
  t.match(bad.err, /frame 2 is none/)
})

test('a simulation ends with a report, and a measurement with figures', async (t) => {
  const report = JSON.parse(await says(t, ['sim', '--hosts', '4', '--seconds', '2', '--json'])) as { missed: number }
  t.equal(report.missed, 0)
  const figures = JSON.parse(await says(t, ['bench', '--changes', '500', '--json'])) as Record<string, { value: number }>
  t.ok(Object.values(figures).length === 5 && Object.values(figures).every(({ value }) => value > 0))
})
