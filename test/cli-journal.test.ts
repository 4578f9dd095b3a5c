/**
 * The program with a journal: a host that is killed goes on where it was; and its journal is looked at, written out as lines, and filled, without it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'tape'
import { Records } from '../lib/journal/records.js'
import { folderOf, holds, hosted, listening, program, run, says } from './built.js'
import { Program } from './program.js'

/** What `journal check --json` says, as far as these tests ask. */
type Found = { state: string; host: string; life: string; pid: number | null; closed: boolean; durable: string; kinds: Record<string, number> }

test('a host with a journal that is killed goes on where it was, as the same author', async (t) => {
  const data = join(folderOf(t), 'data')
  const first = await hosted(t, 'kept', '--journal', data, '--durable', 'sync')
  const at = ['--host', 'kept']
  await says(t, ['counter', 'incr', 'calls', '5', ...at])
  await says(t, ['set', 'add', 'online', 'alice', ...at])
  first.signal('SIGKILL')
  await first.end
  const second = await hosted(t, 'kept', '--journal', data)
  t.equal(await says(t, ['counter', 'incr', 'calls', '2', ...at]), '7')
  t.equal(await says(t, ['set', 'ls', 'online', ...at]), 'alice')
  t.equal((await says(t, ['explain', 'calls', ...at])).match(/kept~\w+ wrote/g)?.length, 1)

  const found = JSON.parse(await says(t, ['journal', 'check', data, '--json'])) as Found
  t.deepEqual([found.state, found.host, found.pid, found.kinds], ['whole', 'kept', second.pid, { counter: 1, set: 1 }], 'it is looked at while it is used')
  for (const args of [['export', data], ['import', data], ['import', data, '--host', 'other']]) {
    const { code, out, err } = await run(['journal', ...args])
    t.deepEqual([code, out], [1, ''], args.join(' '))
    t.match(err, new RegExp(`ERR_LOCKED: the journal in .* is open in process ${second.pid}; it was left as it is`))
  }
  const twice = await run(['host', '--host', 'kept', '--journal', data, '--no-socket'])
  t.deepEqual([twice.code, /ERR_LOCKED/.test(twice.err), /    at /.test(twice.err)], [1, true, false])
  second.signal('SIGTERM')
  t.deepEqual(await second.end, { code: 0, signal: null })
  t.match(await says(t, ['journal', 'check', data]), /^state +whole\nhost +kept\nlife +\w+\nsize .*\ncells +1 counter, 1 set\nwritten +in batches, and closed$/)
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
  const head = '{"pullGossip":"changes","version":1,"host":"x"}\n'
  const lines = Array.from({ length: 4_500 }, (_, i) => `{"author":"x~1","seq":${i + 1},"kind":"counter","name":"n${i}","body":[1,0]}\n`).join('')
  const child = new Program(t, program, 'bogus-command-to-see-it-run').end.catch(() => null)
  await child
  const { spawn } = await import('node:child_process')
  const { env } = await import('./built.js')
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
  const head = '{"pullGossip":"changes","version":1,"host":"x"}\n'
  const lines = Array.from({ length: 50 }, (_, i) => `{"author":"x~1","seq":${i + 1},"kind":"counter","name":"n${i}","body":[1,0]}\n`).join('')
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
  for (const args of [['check', data], ['export', data], ['import', data, '--host', 'y']]) {
    const newer = await run(['journal', ...args])
    t.deepEqual([newer.code, /ERR_JOURNAL: the journal is of format 9/.test(newer.err), newer.out], [1, true, ''], args[0])
  }
})

test('what is no export, and lines that are none, are told with exit codes', async (t) => {
  const folder = folderOf(t)
  const data = join(folder, 'data')
  const head = '{"pullGossip":"changes","version":1,"host":"x"}\n'
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
  const total = 400_000
  writeFileSync(file, Array.from({ length: total }, (_, i) => `${i % 4_000}\n`).join(''))
  const start = (): Promise<Program> => hosted(t, 'dies', '--connect', uri, '--journal', join(folder, 'data'))
  const first = await start()
  const counting = new Program(t, program, 'count', file, '--name', 'n', '--host', 'dies', '--json')
  await holds(t, 'dies', '/counters/n', (n: unknown) => Number(n) > 0)
  first.signal('SIGKILL')
  await first.end
  await start()
  t.deepEqual(await counting.end, { code: 0, signal: null })
  const counted = Number(await says(t, ['counter', 'get', 'n', '--host', 'dies']))
  t.ok(counted >= total && counted < 1.5 * total, `${counted} of ${total}`)
  await holds(t, 'peer', '/counters/n', counted)
})
