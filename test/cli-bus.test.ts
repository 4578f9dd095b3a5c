/**
 * The bus from the command line: real processes emit at one host and listen at another, through restarts, broken pipes and refusals.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test, { type Test } from 'tape'
import { heardCharsMax, heardMax } from '../lib/cli/bounds.js'
import { env, hosted, listening, program, run } from './built.js'
import { Program } from './program.js'

/** A listener that the host has taken in. */
async function ear(t: Test, ...args: string[]): Promise<Program> {
  const one = new Program(t, program, 'listen', '--json', ...args)
  await one.says(/^\{"event":"host"/)
  return one
}

/** What a listener heard: names and arguments, with whose they were. */
function heard({ out }: Program): unknown[] {
  const told = out.trim().split('\n').map((line) => JSON.parse(line) as { event: string; name: string; args: unknown; host: string })
  return told.filter(({ event }) => event === 'heard').map(({ name, args, host }) => [name, args, host])
}

test('what is emitted at one host is heard at all, also by one that was killed and came back', async (t) => {
  const { host: alpha, uri } = await listening(t, 'alpha')
  const beta = await hosted(t, 'beta', '--connect', uri)
  await alpha.says(/connected to beta/)
  const [here, there, few] = await Promise.all([ear(t, '--host', 'alpha'), ear(t, '--host', 'beta'), ear(t, 'dep*', '--host', 'beta', '--count', '2')])
  const settled = await run(['emit', 'deploy', '"v1"', '{"by":"alice"}', '--host', 'alpha', '--settle', '10s'])
  t.deepEqual(settled, { code: 0, signal: null, out: '1 host is connected\n', err: '' })
  t.equal((await run(['emit', 'other', '--host', 'alpha'])).code, 0)
  const json = await run(['emit', 'depart', 'any text', '--text', '--host', 'beta', '--json'])
  t.deepEqual(JSON.parse(json.out), { name: 'depart', connected: 1, drained: true, settled: null, coherent: true })
  t.deepEqual(await few.end, { code: 0, signal: null }, 'so many events end it')
  await here.says(/depart/)
  await there.says(/depart/)
  const all = [['deploy', ['v1', { by: 'alice' }], 'alpha'], ['other', [], 'alpha'], ['depart', ['any text'], 'beta']]
  t.deepEqual([heard(here), heard(there), heard(few)], [all, all, [all[0], all[2]]])

  beta.signal('SIGKILL')
  t.deepEqual(await there.end, { code: 4, signal: null }, 'who listens there is told that it is gone')
  t.match(there.err, /the host at .* is gone/)
  await alpha.says(/lost beta/)
  const alone = await run(['emit', 'meanwhile', '--host', 'alpha'])
  t.deepEqual([alone.code, alone.out, /nobody is connected/.test(alone.err)], [0, '', true])
  const late = await run(['emit', 'never', '--host', 'alpha', '--settle', '100ms'])
  t.deepEqual([late.code, /not acknowledged by all hosts in time; the event was emitted/.test(late.err)], [1, true])

  await hosted(t, 'beta', '--connect', uri)
  await alpha.says(/connected to beta again|connected to beta[^]*lost beta[^]*connected to beta/)
  const back = await ear(t, 'again', '--host', 'beta', '--count', '1')
  await run(['emit', 'again', '1', '--host', 'alpha'])
  await back.end
  t.deepEqual(heard(back), [['again', [1], 'alpha']])
  here.signal('SIGINT')
  t.deepEqual(await here.end, { code: 130, signal: null })
  const old = await run(['listen', '--old', '--count', '6', '--host', 'alpha'])
  t.equal(old.out, 'deploy "v1" {"by":"alice"}  (alpha)\nother  (alpha)\ndepart "any text"  (beta)\nmeanwhile  (alpha)\nnever  (alpha)\nagain 1  (alpha)\n')
  t.equal(old.err, 'listening at alpha\n')
})

test('what is no JSON, too large, too much or not allowed is refused with the reason, and steers no terminal', async (t) => {
  const host = await hosted(t, 'strict', '--http', '0', '--limit', 'bufferBytesMax=2000')
  const [, url = ''] = await host.says(/its page is (\S+)/)
  const wrong: [string[], number, RegExp][] = [
    [['emit'], 2, /missing required argument 'event'/],
    [['emit', 'x', '{a:1}'], 2, /"\{a:1\}" is no JSON/],
    [['emit', 'x', '1', 'text'], 2, /"text" is no JSON; a text needs its quotes/],
    [['emit', 'x', '--settle', 'soon'], 2, /It takes a span like/],
    [['emit', 'x', '--settle', '1h'], 1, /settleMs must be a whole number from 1 to/],
    [['emit', ''], 1, /an event has a name/],
    [['emit', 'x', JSON.stringify('y'.repeat(20_000))], 1, /events carry JSON of at most 16384 bytes/],
    [['emit', 'x', JSON.stringify('y'.repeat(3_000))], 1, /bufferBytesMax 2000 allows no more; nothing was emitted/],
    [['emit', 'x', '--url', url], 1, /writes are off here/],
    [['emit', 'x', '--socket', '/nowhere'], 4, /no host answers/],
    [['listen', '--socket', '/nowhere'], 4, /no host answers/],
    [['listen', '--count', '0'], 2, /a whole number of 1 at least/],
    [['listen', '*'.repeat(300)], 1, /a pattern has at most/]
  ]
  const ran = await Promise.all(wrong.map(([args]) => run(args)))
  wrong.forEach(([args, code, pattern], i) => {
    t.deepEqual([ran[i]?.code, ran[i]?.out], [code, ''], args.join(' ').slice(0, 60))
    t.match(ran[i]?.err ?? '', pattern)
    t.notOk(ran[i]?.err.includes('    at '), 'without a stack')
  })
  await run(['emit', '\u001b[2Jwiped\u202e', '"\\u001b]0;title\\u0007\u2028data: {"'])
  const { out } = await run(['listen', '--old', '--count', '1', '--url', url])
  t.equal(out, '\\u001b[2Jwiped\\u202e "\\u001b]0;title\\u0007\\u2028data: {"  (strict)\n')
})

test('a reader that goes away ends a listener silently', async (t) => {
  await hosted(t, 'piped')
  const shell = spawn('bash', ['-c', `${process.execPath} ${program} listen | head -1; echo "\${PIPESTATUS[0]}"`], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [text, err] = ['', '']
  shell.stdout.on('data', (chunk) => { text += String(chunk) })
  shell.stderr.on('data', (chunk) => { err += String(chunk) })
  await new Promise((resolve) => shell.stderr.once('data', resolve))
  const ended = new Promise((resolve) => shell.on('close', resolve))
  // The first is read; the pipe breaks at a later one.
  for (const tick of ['0', '1', '2']) await run(['emit', 'tick', tick])
  await ended
  t.equal(text, 'tick 0  (piped)\n0\n')
  t.equal(err, 'listening at piped\n')
})

test('docs/bus.md says what its commands print, and names all that is told', async (t) => {
  const page = readFileSync(new URL('../docs/bus.md', import.meta.url), 'utf8')
  const [listen, ...emits] = (/```sh\n([^]*?)```/.exec(page)?.[1] ?? '').trimEnd().split('\n')
  const { host: alpha, uri } = await listening(t, 'alpha')
  await hosted(t, 'beta', '--connect', uri)
  await alpha.says(/connected to beta/)
  const shell = spawn('bash', ['-c', `pull-gossip() { '${process.execPath}' '${program}' "$@"; }\n${listen ?? ''}\nread\n${emits.join('\n')}\nwait`], { env, stdio: 'pipe' })
  let [text, err] = ['', '']
  shell.stdout.on('data', (chunk) => { text += String(chunk) })
  // The listener is there: the shell may go on.
  shell.stderr.on('data', (chunk) => { err += String(chunk) }).once('data', () => shell.stdin.end('\n'))
  await new Promise((resolve) => shell.on('close', resolve))
  const deploy = 'deploy "v1.2.3" {"by":"alice"}  (alpha)'
  t.deepEqual(text.trimEnd().split('\n').sort(), ['1 host is connected', '1 host is connected', deploy, deploy, 'say "any text"  (alpha)'])
  t.equal(err, 'listening at beta\nlistening at alpha\n')
  const { args } = JSON.parse((await run(['listen', '--json', '--old', '--count', '1', '--host', 'alpha'])).out.split('\n')[1] ?? '') as { args: unknown }
  t.deepEqual(args, ['v1.2.3', { by: 'alice' }])
  t.ok(page.includes(heardMax.toLocaleString('en')) && page.includes(`${heardCharsMax >> 20} MiB`), 'and the bounds')
})
