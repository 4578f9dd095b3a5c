/**
 * The one error type: what it carries, how it is told from others, that its codes are only ever added, and that docs/errors.md tells
 * them all.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import test from 'tape'
import { GossipError, isGossipError } from '../lib/errors.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The codes in the order they were given. One may be appended here with each that is appended there; none may go. */
const codes = [
  'ERR_OPTION', 'ERR_RANGE', 'ERR_FULL', 'ERR_CLOSED', 'ERR_FRAME', 'ERR_SIZE', 'ERR_CUT', 'ERR_VERSION', 'ERR_NET', 'ERR_SELF',
  'ERR_HELLO', 'ERR_TIMEOUT', 'ERR_LOST', 'ERR_BYE', 'ERR_BUSY', 'ERR_RESET', 'ERR_PEERS', 'ERR_EXPIRED',
  'ERR_DISK', 'ERR_JOURNAL', 'ERR_LOCKED'
]

/** What docs/errors.md is made from, and by what. */
const inputs = ['lib/errors.ts', 'lib/gossip/refusals.ts', 'docs/protocol.md', 'docs/errors.md', 'scripts/errors-doc.mjs']

/** A file of this repository. */
function text(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** All that a pattern catches in some text. */
function caught(pattern: RegExp, from: string): string[] {
  return [...from.matchAll(pattern)].map(([, code = '']) => code)
}

/** The codes of the union. */
function listed(): string[] {
  return caught(/^ {2}\| '(ERR_[A-Z]+)'$/gm, text('lib/errors.ts'))
}

/** Whether docs/errors.md is what it should be, if one of the files of a copy is altered; says what the script says. */
function check(altered?: { path: string; from: string; to: string }): { status: number | null; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pull-gossip-errors-'))
  try {
    for (const path of inputs) cpSync(join(root, path), join(folder, path))
    if (altered !== undefined) writeFileSync(join(folder, altered.path), text(altered.path).replace(altered.from, altered.to))
    const { status, stderr } = spawnSync(process.execPath, ['scripts/errors-doc.mjs', '--check'], { cwd: folder, encoding: 'utf8' })
    return { status, stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Loads the module once more, as a process does that holds both the ESM and the CommonJS build. */
async function secondCopy(): Promise<typeof import('../lib/errors.js')> {
  const specifier = '../lib/errors.js?second'
  return await import(specifier) as typeof import('../lib/errors.js')
}

test('an error carries its code, a sentence that begins with it, and its cause', (t) => {
  const cause = new Error('the cable')
  const error = new GossipError('ERR_RESET', 'the connection broke.', { cause })
  t.ok(error instanceof Error)
  t.equal(error.name, 'GossipError')
  t.equal(error.code, 'ERR_RESET')
  t.equal(error.message, 'ERR_RESET: the connection broke.')
  t.equal(error.cause, cause)
  t.ok(error.stack?.includes('errors.test'), 'and a stack that leads here')
  t.end()
})

test('an error without a cause has none, rather than one that is undefined', (t) => {
  t.notOk('cause' in new GossipError('ERR_BYE', 'the peer left.'))
  t.ok('cause' in new GossipError('ERR_BYE', 'the peer left.', { cause: undefined }), 'while one that was given is kept')
  t.end()
})

test('an error shows its name and code when it is printed', (t) => {
  const shown = inspect(new GossipError('ERR_FULL', 'no room.'))
  t.match(shown, /GossipError: ERR_FULL: no room\./)
  t.match(shown, /code: 'ERR_FULL'/)
  t.equal(String(new GossipError('ERR_FULL', 'no room.')), 'GossipError: ERR_FULL: no room.')
  t.end()
})

test('isGossipError knows the errors of another copy of the module', async (t) => {
  const second = await secondCopy()
  const ours = new GossipError('ERR_CUT', 'cut.')
  const theirs = new second.GossipError('ERR_CUT', 'cut.')
  t.notEqual(second.GossipError, GossipError, 'there are two classes')
  t.notOk(theirs instanceof GossipError, 'instanceof would miss it')
  t.ok(isGossipError(theirs))
  t.ok(second.isGossipError(ours))
  t.ok(isGossipError(ours))
  t.ok(isGossipError(new (class extends GossipError {})('ERR_CUT', 'cut.')), 'and those of a subclass')
})

test('isGossipError takes nothing else for one', (t) => {
  const lookalikes: [string, unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['a code', 'ERR_CUT'],
    ['a number', 1],
    ['true, which ends a pull-stream', true],
    ['a symbol', Symbol.for('pull-gossip.error')],
    ['an empty object', {}],
    ['a function', () => undefined],
    ['another error', new Error('ERR_CUT: cut.')],
    ['another error with a code', Object.assign(new Error('ERR_CUT: cut.'), { code: 'ERR_CUT', name: 'GossipError' })],
    ['what is left of one after JSON', JSON.parse(JSON.stringify(new GossipError('ERR_CUT', 'cut.')))],
    ['an error caused by one', new Error('outer', { cause: new GossipError('ERR_CUT', 'cut.') })],
    ['the class itself', GossipError],
    ['its prototype', GossipError.prototype]
  ]
  for (const [name, value] of lookalikes) t.equal(isGossipError(value), false, name)
  t.end()
})

test('codes are only ever appended, and each is explained in every column', (t) => {
  const explained = caught(/^ \* \| `(ERR_[A-Z]+)` \| [^ |][^|]* \| [^ |][^|]* \| [^ |][^|]* \|$/gm, text('lib/errors.ts'))
  t.deepEqual(listed().slice(0, codes.length), codes, 'none was removed or moved')
  t.equal(new Set(listed()).size, listed().length, 'none is there twice')
  t.deepEqual(explained, listed(), 'the table has them all, in the same order')
  t.end()
})

test('docs/errors.md has a row for every code, of errors and of refusals', (t) => {
  const rows = caught(/^\| `(\w+)` \|/gm, text('docs/errors.md'))
  const refusals = caught(/'(\w+)'/g, /export type RefusalCode =([\s|]+'\w+')+/.exec(text('lib/gossip/refusals.ts'))?.[0] ?? '')
  t.ok(refusals.length >= 7, `${listed().length} errors and ${refusals.length} refusals`)
  t.deepEqual(rows, [...listed(), ...refusals])
  t.end()
})

test('docs/errors.md is what its sources say; one that is not, and a code of which they say nothing, are found', (t) => {
  t.deepEqual(check(), { status: 0, stderr: '' })
  const cases: [path: string, from: string, to: string, complaint: RegExp][] = [
    ['docs/errors.md', '| `ERR_CUT` |', '| `ERR_CUT`|', /errors\.md is not what .* say; run: node scripts\/errors-doc\.mjs/],
    ['lib/errors.ts', "| 'ERR_CUT'", "| 'ERR_CUT'\n  | 'ERR_NEW'", /lib\/errors\.ts has no row for `ERR_NEW`/],
    ['lib/gossip/refusals.ts', "| 'room'", "| 'room' | 'newcomer'", /docs\/protocol\.md has no row for `newcomer`/],
    ['docs/protocol.md', '| `room` |', '| `rooms` |', /docs\/protocol\.md has no row for `room`/],
    ['scripts/errors-doc.mjs', '  room: ', '  rooms: ', /does not say what to do about `room`/]
  ]
  for (const [path, from, to, complaint] of cases) {
    const { status, stderr } = check({ path, from, to })
    t.equal(status, 1, `${path} with ${to}`)
    t.match(stderr, complaint)
  }
  t.end()
})

test('every code is made somewhere in lib, and those that may have a cause are the ones of which that is said', (t) => {
  const paths = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const source = paths.map((path) => text(join('lib', path))).join('\n')
  const made = new Set(caught(/new GossipError\(\s*'(\w+)'/g, source))
  for (const code of listed()) t.ok(made.has(code), `${code} is made`)
  const caused = new Set(caught(/new GossipError\(\s*'(\w+)',[^\n]*\{ cause \}/g, source))
  const said = caught(/`(ERR_[A-Z]+)`/g, /^`cause` carries .*?\n\n/ms.exec(text('docs/errors.md'))?.[0] ?? '')
  t.deepEqual([...caused].sort(), said.sort(), 'with a cause')
  t.end()
})
