/**
 * The program with a journal: a host that is killed goes on where it was; and its journal is looked at, written out as lines, and filled, without it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'tape'
import { Records } from '../lib/journal/records.js'
import { env, folderOf, holds, hosted, listening, program, run, says } from './built.js'
import { Program } from './program.js'

/** What `journal check --json` says, as far as these tests ask. */
type Found = { state: string; host: string; life: string; pid: number | null; closed: boolean; durable: string; kinds: Record<string, number> }

const head = '{"pullGossip":"changes","version":1,"host":"x"}\n'

/** An export's lines, but for the first, of so many counters. */
function linesOf(count: number): string {
  return Array.from({ length: count }, (_, i) => `{"author":"x~1","seq":${i + 1},"kind":"counter","name":"n${i}","body":[1,0]}\n`).join('')
}

test('a host with a journal that is killed goes on where it was, as the same author', async (t) => {
  const data = join(folderOf(t), 'data')
  const first = await hosted(t, 'kept', '--journal', data, '--durable', 'sync')
  const at = ['--host', 'kept']
  await says(t, ['counter', 'incr', 'calls', '5', ...at])
  first.signal('SIGKILL')
  await first.end
  const second = await hosted(t, 'kept', '--journal', data)
  t.equal(await says(t, ['counter', 'incr', 'calls', '2', ...at]), '7')
  t.equal((await says(t, ['explain', 'calls', ...at])).match(/kept~\w+ wrote/g)?.length, 1)

  const found = JSON.parse(await says(t, ['journal', 'check', data, '--json'])) as Found
  t.deepEqual([found.state, found.host, found.pid, found.kinds], ['whole', 'kept', second.pid, { counter: 1 }], 'it is looked at while it is used')
  for (const args of [['journal', 'export', data], ['journal', 'import', data], ['host', '--host', 'kept', '--journal', data, '--no-socket']]) {
    const { code, out, err } = await run(args)
    t.deepEqual([code, out, /    at /.test(err)], [1, '', false], args.join(' '))
    t.match(err, new RegExp(`ERR_LOCKED: the journal in .* is open in process ${second.pid}; it was left as it is`))
  }
  second.signal('SIGTERM')
  t.deepEqual(await second.end, { code: 0, signal: null })
  t.match(await says(t, ['journal', 'check', data]), /^state +whole\nhost +kept\nlife +\w+\nsize .*\ncells +1 counter\nwritten +in batches, and closed$/)
  const other = await run(['host', '--host', 'other', '--journal', data, '--no-socket'])
  t.deepEqual([other.code, /the journal is that of the host "kept", and this is "other"; it was left as it is/.test(other.err)], [1, true])
  t.notOk(existsSync(join(data, 'lock')), 'who was refused leaves no lock')
})

test('what a journal holds is written out as lines, and taken into another one, once', async (t) => {
  const folder = folderOf(t)
  const [data, copy, file] = [join(folder, 'data'), join(folder, 'copy'), join(folder, 'lines.ndjson')]
  const host = await hosted(t, 'full', '--journal', data)
  await says(t, ['count', '--by', '1', '--name', 'n', '--host', 'full'], Array.from({ length: 3_000 }, (_, i) => `${i % 1_500}\n`).join(''))
  host.signal('SIGTERM')
  await host.end
  const before = readdirSync(data).map((name) => [name, readFileSync(join(data, name))])
  const lines = await says(t, ['journal', 'export', data])
  t.equal(lines.split('\n').length, 1_501)
  const { code, out, err } = await run(['journal', 'export', data, '--output', file])
  t.deepEqual([code, out, err, readFileSync(file, 'utf8').trimEnd() === lines, readdirSync(folder)], [0, '', '1,500 changes\n', true, ['data', 'lines.ndjson']])
  t.deepEqual(readdirSync(data).map((name) => [name, readFileSync(join(data, name))]), before, 'the journal is as it was')

  t.match((await run(['journal', 'import', copy, file])).err, /does not say whose it is; say --host NAME/)
  t.equal(await says(t, ['journal', 'import', copy, '--host', 'full'], `${lines.split('\n').slice(0, 500).join('\n')}\n`), '500 lines: 499 new, 0 known')
  t.equal(await says(t, ['journal', 'import', copy, file, '--after', '400']), '1,501 lines: 1,001 new, 100 known')
  t.deepEqual(JSON.parse(await says(t, ['journal', 'import', copy, file, '--json', '--durable', 'sync'])), { lines: 1_501, kept: 0, duplicates: 1_500, past: 0, refused: {} })
  await hosted(t, 'full', '--journal', copy)
  t.equal(await says(t, ['counter', 'incr', 'n/7', '--host', 'full']), '3', 'a host goes on from it')
})

test('an import that is stopped keeps what it read, says where to go on, and ends as one that was stopped', async (t) => {
  const data = join(folderOf(t), 'data')
  const lines = linesOf(4_500)
  const importing = spawn(process.execPath, [program, 'journal', 'import', data, '--host', 'y'], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  t.teardown(() => importing.kill('SIGKILL'))
  let err = ''
  importing.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
  const end = new Promise<number | null>((resolve) => importing.on('close', resolve))
  importing.stdin.write(head + lines)
  // Its journal is there once something was taken in.
  while (!existsSync(join(data, 'journal'))) await new Promise((resolve) => setTimeout(resolve, 20))
  importing.kill('SIGINT')
  t.equal(await end, 130)
  const [, after = ''] = /stopped; go on with --after (\d+)/.exec(err) ?? []
  t.ok(Number(after) >= 1_000, err)
  t.match(await says(t, ['journal', 'import', data, '--after', after], head + lines), /^4,501 lines: /)
  t.match(await says(t, ['journal', 'check', data]), /cells +4,500 counter/)
})

test('a journal that is torn is sound, one that is damaged is told, and what stands before the damage is written out', async (t) => {
  const folder = folderOf(t)
  const data = join(folder, 'data')
  const lines = linesOf(50)
  await says(t, ['journal', 'import', data, '--host', 'y'], head + lines)
  const path = join(data, 'journal')
  const bytes = readFileSync(path)
  truncateSync(path, bytes.length - 5)
  t.match(await says(t, ['journal', 'check', data]), /^state +torn within its last record, as a crash leaves it: \d+ B are cut off/)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 300) ^ 1, bytes.length - 300)
  writeFileSync(path, bytes)
  const damaged = await run(['journal', 'check', data])
  t.deepEqual([damaged.code, /^state +damaged at byte [\d,]+: what stands before it is kept/.test(damaged.out)], [1, true])
  const part = await run(['journal', 'export', data])
  t.deepEqual([part.code, /is damaged at byte \d+: only what stands before it was exported/.test(part.err)], [1, true])
  const written = part.out.trimEnd().split('\n').slice(1)
  t.ok(written.length > 30 && written.every((line) => lines.includes(line)), `${written.length} lines`)

  mkdirSync(join(folder, 'empty'))
  for (const command of ['check', 'export']) {
    const none = await run(['journal', command, join(folder, 'empty')])
    t.deepEqual([none.code, /there is no journal in/.test(none.err)], [1, true], command)
  }
  writeFileSync(path, new Records().add('h', JSON.stringify({ version: 9, file: 'x' })).take())
  for (const args of [['export', data], ['import', data, '--host', 'y']]) {
    const newer = await run(['journal', ...args])
    t.deepEqual([newer.code, /ERR_JOURNAL: the journal is of format 9/.test(newer.err), newer.out], [1, true, ''], args[0])
  }
})

test('what is no export, and lines that are none, are told with exit codes', async (t) => {
  const folder = folderOf(t)
  const data = join(folder, 'data')
  for (const [input, pattern] of [['hello\n', /ERR_IMPORT: line 1 says that this is no export/], ['', /nothing came/], ['{"pullGossip":"changes","version":2}', /export of version 2/]] as const) {
    const { code, err } = await run(['journal', 'import', data, '--host', 'y'], { input })
    t.deepEqual([code, pattern.test(err)], [2, true], err)
  }
  t.equal((await run(['journal', 'import', data, join(folder, 'nothing'), '--host', 'y'])).code, 2)
  const mixed = await run(['journal', 'import', data, '--host', 'y'], { input: `${head}nonsense\n{"author":"x~1","seq":1,"kind":"counter","name":"n","body":[1,0]}\n${'{}\n'.repeat(40)}` })
  t.deepEqual([mixed.code, mixed.out], [1, '43 lines: 1 new, 0 known, 41 refused as line\n'])
  t.match(mixed.err, /^line 2 was refused: line\n/)
  t.deepEqual([mixed.err.trimEnd().split('\n').length, /further ones are counted/.test(mixed.err)], [21, true])
  t.equal((await run(['journal', 'export', data, '--output', join(folder, 'no', 'such')])).code, 1)
  t.match((await run(['host', '--host', 'z', '--journal', join(data, 'journal')])).err, /ERR_DISK: the journal in .* cannot be opened/)
})

test('when the host dies under a count no line is missing, and those of its last batches alone may count twice', async (t) => {
  const { uri } = await listening(t, 'peer')
  const folder = folderOf(t)
  const file = join(folder, 'lines')
  const lines = (count: number): string => Array.from({ length: count }, (_, i) => `line ${i} of some\n`).join('')
  writeFileSync(file, lines(300_000))
  const start = (): Promise<Program> => hosted(t, 'dies', '--connect', uri, '--journal', join(folder, 'data'))
  const first = await start()
  const counting = new Program(t, program, 'count', file, '--follow', '--name', 'n', '--host', 'dies')
  await holds(t, 'dies', '/counters/n', (n: unknown) => Number(n) > 0)
  first.signal('SIGKILL')
  await first.end
  writeFileSync(file, lines(1_000), { flag: 'a' })
  await start()
  await holds(t, 'dies', '/counters/n', (n: unknown) => Number(n) >= 301_000)
  counting.signal('SIGINT')
  t.deepEqual(await counting.end, { code: 130, signal: null })
  const counted = Number(await says(t, ['counter', 'get', 'n', '--host', 'dies']))
  t.ok(counted < 330_000, `${counted} of 301,000`)
  await holds(t, 'peer', '/counters/n', counted)
})

test('a host whose disk is full says so, refuses writes with a code, serves what it has, and goes on when there is room', async (t) => {
  let data = ''
  // Before the folder is taken away.
  t.teardown(() => { spawnSync('umount', ['-l', data]) })
  data = folderOf(t)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', data], { encoding: 'utf8' })
  if (mounted.status !== 0) return t.pass(`SKIP: no file system can be mounted here: ${(mounted.error?.message ?? mounted.stderr).trim()}`)
  const host = await hosted(t, 'tight', '--journal', data, '--http', '0', '--http-write', '--limit', 'diskRetryMs=100')
  const [, url = ''] = await host.says(/its page is (\S+)/)
  const write = async (name: string, value: string): Promise<[number, string]> => {
    const answer = await fetch(`${url}/registers/${name}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ value }) })
    return [answer.status, (await answer.json() as { code?: string }).code ?? '']
  }
  t.deepEqual(await write('first', 'kept'), [200, ''])
  await holds(t, 'tight', '/registers/first', 'kept')
  writeFileSync(join(data, 'filler'), new Uint8Array(60_000))
  let refused: [number, string] = [200, '']
  for (let i = 0; refused[0] === 200 && i < 200; i += 1) refused = await write(`r${i}`, 'x'.repeat(5_000))
  t.deepEqual(refused, [503, 'ERR_DISK'])
  await host.says(/nothing more is taken in: ERR_DISK.*no space left/)
  t.equal(await says(t, ['register', 'get', 'first', '--host', 'tight']), 'kept')
  rmSync(join(data, 'filler'))
  await host.says(/the journal can be written again/)
  t.deepEqual(await write('last', 'kept'), [200, ''])
  host.signal('SIGTERM')
  t.deepEqual(await host.end, { code: 0, signal: null })
})
