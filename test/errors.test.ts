/**
 * The one error type: what it carries, how it is told from others, and that its codes are only ever added.
 */
import test from 'tape'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { GossipError, isGossipError } from '../lib/errors.js'

/** The codes in the order they were given. One may be appended here with each that is appended there; none may go. */
const codes = [
  'ERR_OPTION', 'ERR_RANGE', 'ERR_FULL', 'ERR_CLOSED', 'ERR_FRAME', 'ERR_SIZE', 'ERR_CUT', 'ERR_VERSION', 'ERR_NET', 'ERR_SELF',
  'ERR_HELLO', 'ERR_TIMEOUT', 'ERR_LOST', 'ERR_BYE', 'ERR_BUSY', 'ERR_RESET', 'ERR_PEERS'
]

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

test('codes are only ever appended, and each is explained', (t) => {
  const source = readFileSync(new URL('../lib/errors.ts', import.meta.url), 'utf8')
  const listed = [...source.matchAll(/^ {2}\| '(ERR_[A-Z]+)'$/gm)].map((match) => match[1])
  const explained = [...source.matchAll(/^ \* \| `(ERR_[A-Z]+)` \| \S/gm)].map((match) => match[1])
  t.deepEqual(listed.slice(0, codes.length), codes, 'none was removed or moved')
  t.equal(new Set(listed).size, listed.length, 'none is there twice')
  t.deepEqual(explained, listed, 'the table has them all, in the same order')
  t.end()
})
