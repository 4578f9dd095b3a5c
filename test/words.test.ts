/**
 * The main job on a small corpus: it is right through every fault, and says so; and where something is wrong, it says that.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type Test } from 'tape'
import type { Report } from '../lib/cli/demo/orders.js'
import { differencesOf, linesOf, verdictOf } from '../lib/cli/demo/report.js'
import { deal, elementOf, isFind, longer, straightAnswer, textFiles, wordsOf, type Find, type Straight } from '../lib/cli/demo/words.js'
import { limits } from '../index.js'
import { program } from './built.js'
import { lives, Program } from './program.js'

const once = ['demo', '--once']
const pace = ['--pace', '2000']
const hosts = ['α', 'β', 'γ', 'δ', 'ε']
const filesMax = 45
const wordsPerFile = 120

/** A folder for one test. */
function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'pull-gossip-words-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function write(base: string, path: string, text: string): string {
  const file = join(base, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** A folder of a few packages, each with its README or LICENSE: common words, rare ones, and such as are not ASCII; and three files without. */
function corpus(t: Test): string {
  const base = folder(t)
  for (let i = 0; i < filesMax; i += 1) {
    const word = (j: number): string => (j % 3 === 0 ? 'The' : j % 7 === 0 ? `größe${j}` : `word${(i * j) % 50}`)
    const words = Array.from({ length: wordsPerFile }, (_, j) => word(j))
    write(base, `package${i}/${i % 2 === 0 ? 'README.md' : 'LICENSE'}`, words.join(' '))
  }
  for (const i of [7, 8, 9]) write(base, `package${i}/empty/README`, '- - -')
  return base
}

/** The processes of the job, as it told them. */
function pids(out: string): number[] {
  return [...out.matchAll(/ is process (\d+) /g)].map(([, pid]) => Number(pid))
}

test('five processes count alike to the last word, through a cut link and a killed host', async (t) => {
  const job = new Program(t, program, ...once, '--corpus', corpus(t), ...pace)
  t.deepEqual(await job.end, { code: 0, signal: null }, 'it ended well')
  t.equal(job.err, '', 'nothing went to stderr')
  const story = ['the ring is closed', 'CUT', 'all of it claimed by', 'KILLED γ', 'RESTARTED γ', 'HEALED', 'all hosts hold', 'EQUAL: ']
  const places = story.map((what) => job.out.indexOf(what))
  t.ok(places.every((place, i) => place > (places[i - 1] ?? -1)), 'everything happened, one after the other')
  const total = (filesMax * wordsPerFile).toLocaleString('en')
  for (const host of hosts) t.match(job.out, new RegExp(`^${host}  ${total} words, \\d+ distinct, coherent$`, 'm'))
  t.equal(job.out.match(/top: the 1,800,/g)?.length, 5, 'each host says what occurs most')
  t.equal(job.out.match(new RegExp(`^ +${filesMax} files, the last of them package\\d+/`, 'gm'))?.length, 5, 'which files have words, and which came last')
  t.equal(job.out.match(/^ +longest: größe112 \(8 in package0\/README\.md\)$/gm)?.length, 5, 'and what is longest')
  t.match(job.out, new RegExp(`^EQUAL: every counter .*, and so are the set of ${filesMax} files and the longest words\\.$`, 'm'))
  const twice = /link to ., 2 connections: in [\d,]+ bytes, [\d,]+ changes, out [\d,]+ bytes/g
  t.equal(job.out.match(twice)?.length, 4, 'links that broke say so')
  t.match(job.out, /s  α [\d,]+ words, lag [\d,]+/, 'it told how far it was')
  t.equal(new Set(pids(job.out)).size, 6, 'the host that was killed came back as another process')
  t.deepEqual(pids(job.out).filter(lives), [], 'no process is left')
})

test('text that grew while it was counted makes the job fail and name the word', async (t) => {
  const base = corpus(t)
  const [first = ''] = textFiles(base)
  const job = new Program(t, program, ...once, '--corpus', base, ...pace)
  await job.says(/CUT the link/)
  // By now it was read, and the straight count comes last.
  appendFileSync(first, ' planted')
  t.deepEqual(await job.end, { code: 1, signal: null })
  t.match(job.out, /^DIFFERENT:$/m)
  for (const host of hosts) t.ok(job.out.includes(`${host} counted "planted" 0 times, the straight count says 1.`), host)
  t.notOk(job.out.includes('EQUAL'))
})

test('a host that dies unasked makes the job fail, and nobody is left behind', async (t) => {
  const job = new Program(t, program, ...once, '--corpus', corpus(t), ...pace)
  const [, pid] = await job.says(/β is process (\d+) /)
  await job.says(/the ring is closed/)
  process.kill(Number(pid), 'SIGKILL')
  t.deepEqual(await job.end, { code: 1, signal: null })
  t.match(job.out, /FAILED: β ended unasked \(SIGKILL\)/)
  t.deepEqual(pids(job.out).filter(lives), [])
})

test('an interrupted job ends its hosts and fails', async (t) => {
  const job = new Program(t, program, ...once, '--corpus', corpus(t), ...pace)
  await job.says(/KILLED γ/)
  job.signal('SIGINT')
  t.deepEqual(await job.end, { code: 1, signal: null })
  t.match(job.out, /FAILED: ended by SIGINT/)
  t.deepEqual(pids(job.out).filter(lives), [])
})

test('a job that is killed takes its hosts with it', async (t) => {
  const job = new Program(t, program, ...once, '--corpus', corpus(t), ...pace)
  await job.says(/the ring is closed/)
  job.signal('SIGKILL')
  // Its hosts write to the same pipe, which closes when the last of them is gone.
  t.deepEqual(await job.end, { code: null, signal: 'SIGKILL' })
})

test('a folder without text is told, not counted', async (t) => {
  const job = new Program(t, program, ...once, '--corpus', folder(t))
  t.deepEqual(await job.end, { code: 1, signal: null })
  t.match(job.out, /FAILED: there is no README or LICENSE/)
})

test('an option that makes no sense makes the job fail before it begins', async (t) => {
  const job = new Program(t, program, ...once, '--pace', 'fast')
  t.deepEqual(await job.end, { code: 2, signal: null })
  t.match(job.err, /argument 'fast' is invalid\. It takes a whole number of 1 at least/)
})

const find: Find = { word: 'constructor', file: 'a/README' }
const straight: Straight = {
  counts: new Map([['the', 3], ['of', 2], ['constructor', 1]]), files: new Set(['a/README', 'LICENSE']), longest: new Map([['α', find]])
}
const right: [string, number][] = [['of', 2], ['constructor', 1], ['the', 3]]

function report(counts: [string, number][], more: Partial<Report> = {}): Report {
  const files = ['LICENSE', 'a/README']
  const total = counts.reduce((sum, [, count]) => sum + count, 0)
  return { host: 'α', coherent: true, counts, total, files, todo: [], longest: [['α', find]], last: 'LICENSE', links: [], ...more }
}

test('every kind of difference from the straight count is found', (t) => {
  t.deepEqual(differencesOf(report(right), straight), [])
  t.deepEqual(differencesOf(report([['the', 4], ['of', 1], ['more', 1]]), straight), [
    'α counted "the" 4 times, the straight count says 3.',
    'α counted "of" 1 times, the straight count says 2.',
    'α counted "constructor" 0 times, the straight count says 1.',
    'α counted "more" 1 times, the straight count says 0.'
  ])
  t.deepEqual(differencesOf(report(right, { total: 7 }), straight), ['α counted 7 words in all, the straight count says 6.'])
  t.ok(verdictOf([report(right), report(right)], straight).equal)
  t.notOk(verdictOf([report(right), report([...right, ['', 0]])], straight).equal, 'a counter too many, though it is zero')
  t.notOk(verdictOf([report(right, { coherent: false })], straight).equal, 'a host that is not coherent')
  const many = verdictOf([report([])], { ...straight, counts: new Map(Array.from({ length: 25 }, (_, i) => [`word${i}`, 1])) })
  t.equal(many.lines.at(-1), '… and 16 more.')
  t.match(linesOf(report([['b', 2], ['a', 2], ['c', 3]])).join('\n'), /top: c 3, a 2, b 2$/m)
  t.end()
})

test('every kind of difference in sets and registers is found', (t) => {
  const told = (more: Partial<Report>): string[] => differencesOf(report(right, more), straight)
  t.deepEqual(told({ files: ['LICENSE', 'b/README'] }), [
    'α lacks "a/README" among the files counted.', 'α has "b/README" among the files counted, and it has no words.'
  ])
  t.deepEqual(told({ todo: ['LICENSE'] }), ['α holds that "LICENSE" is still to be counted.'])
  t.deepEqual(told({ longest: [['α', { word: 'of', file: 'LICENSE' }], ['β', find]] }), [
    'α holds of (2 in LICENSE) as the longest word of α, not constructor (11 in a/README).',
    'α holds constructor (11 in a/README) as the longest word of β, not nothing.'
  ])
  t.deepEqual(told({ longest: [] }), ['α holds nothing as the longest word of α, not constructor (11 in a/README).'])
  t.deepEqual(told({ last: undefined }), ['α holds nothing as the file counted last, which is none of them.'])
  const { lines } = verdictOf([report(right), report(right, { host: 'β', last: 'a/README' })], straight)
  t.deepEqual(lines, ['', 'DIFFERENT:', 'The hosts hold different files as the one counted last: LICENSE, a/README.'])
  t.end()
})

test('the longest word of some files is the same, in whatever order they are read', (t) => {
  const finds = [{ word: 'ab', file: 'x' }, { word: 'ab', file: 'y' }, { word: 'ac', file: 'a' }, { word: 'z', file: 'a' }]
  for (const turned of [finds, finds.toReversed()]) t.deepEqual(turned.reduce<Find | undefined>(longer, undefined), finds[0])
  t.ok(isFind({ word: '', file: '' }))
  for (const value of [null, 1, 'word', [], {}, { word: 'x' }, { word: 'x', file: 1 }]) t.notOk(isFind(value), JSON.stringify(value))
  t.end()
})

test('the corpus is every README and LICENSE, in one order, dealt out to the last file', (t) => {
  const base = folder(t)
  const paths = ['LICENCE', 'a/README', 'a/license-MIT.txt', 'b/Readme.rst', 'b/c/readme.markdown'].map((path) => write(base, path, 'x'))
  for (const path of ['a/index.js', 'b/not-a-README', 'readme.d/other']) write(base, path, 'x')
  t.deepEqual(textFiles(base), paths)
  const hands = deal(paths, 3)
  t.deepEqual(hands, [[paths[0], paths[3]], [paths[1], paths[4]], [paths[2]]])
  t.end()
})

test('words are runs of letters and digits in lower case, and fit into a name', (t) => {
  const base = folder(t)
  const { nameBytesMax } = limits
  const file = write(base, 'README', `Don't PANIC: größe_42 日本語 ${'é'.repeat(nameBytesMax)} ${'x' + '𝒳'.repeat(nameBytesMax)}`)
  const cut = ['é'.repeat(nameBytesMax / 2), 'x' + '𝒳'.repeat(Math.floor((nameBytesMax - 1) / 4))]
  t.deepEqual(wordsOf(file), ['don', 't', 'panic', 'größe', '42', '日本語', ...cut])
  const empty = write(base, 'LICENSE', '')
  const { counts, files, longest } = straightAnswer(base, new Map([['α', [file, empty]], ['β', [file]], ['γ', [empty]]]))
  t.equal(counts.get('42'), 2)
  t.deepEqual([...files], ['README'])
  t.deepEqual([...longest.keys()], ['α', 'β'])
  t.end()
})

test('a file is named as far as it fits into an element of a set', (t) => {
  t.equal(elementOf(join('some', 'folder'), join('some', 'folder', 'a', 'README')), 'a/README')
  t.equal(elementOf('.', 'é'.repeat(200)), 'é'.repeat(Math.floor((limits.partBytesMax - 1) / 2)))
  t.end()
})
