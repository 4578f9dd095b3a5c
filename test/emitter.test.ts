/**
 * Events: who is called, in which order, and what becomes of what a listener throws.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'tape'
import { Emitter, type Events } from '../lib/emitter.js'

type Told = Events & { word: [word: string, count: number]; silence: [] }

class Speaker extends Emitter<Told> {
  say(word: string, count = 1): void {
    this.emit('word', word, count)
  }

  fail(error: unknown): void {
    this.emit('error', error)
  }

  pause(): void {
    this.emit('silence')
  }

  run(user: () => void): void {
    this.call(user)
  }

  listened(): boolean {
    return this.hears('word')
  }
}

test('listeners are called in order, with the arguments and the speaker as this', (t) => {
  const speaker = new Speaker()
  const told: unknown[] = []
  const chained = speaker
    .on('word', function (word, count) { told.push([1, this === speaker, word, count]) })
    .on('word', (word) => told.push([2, word]))
    .on('silence', function (...args) { told.push([3, this === speaker, args]) })
  t.equal(chained, speaker, 'on gives the speaker back')
  speaker.say('a', 7)
  speaker.pause()
  t.deepEqual(told, [[1, true, 'a', 7], [2, 'a'], [3, true, []]])
  t.end()
})

test('once hears one event, off none any more, and hears knows', (t) => {
  const speaker = new Speaker()
  const told: string[] = []
  const listener = (word: string): void => { told.push(word) }
  t.notOk(speaker.listened())
  speaker.once('word', listener)
  t.ok(speaker.listened())
  speaker.say('a')
  speaker.say('b')
  t.deepEqual(told, ['a'])
  t.notOk(speaker.listened())
  speaker.on('word', listener)
  speaker.say('c')
  t.equal(speaker.off('word', listener), speaker)
  speaker.say('d')
  t.deepEqual(told, ['a', 'c'])
  speaker.off('word', () => {})
  speaker.off('silence', () => {})
  t.pass('and to take off what is not there harms nothing')
  t.end()
})

test('a listener that speaks in a once is not called again by it', (t) => {
  const speaker = new Speaker()
  let calls = 0
  speaker.once('word', () => {
    calls += 1
    speaker.say('again')
  })
  speaker.say('a')
  t.equal(calls, 1)
  t.end()
})

test('who comes or goes during an event does not disturb it', (t) => {
  const speaker = new Speaker()
  const told: string[] = []
  const late = (): void => { told.push('late') }
  speaker.on('word', function first() {
    told.push('first')
    speaker.off('word', first)
    speaker.on('word', late)
  })
  speaker.on('word', () => { told.push('second') })
  speaker.say('a')
  t.deepEqual(told, ['first', 'second'])
  speaker.say('b')
  t.deepEqual(told, ['first', 'second', 'second', 'late'])
  t.end()
})

test('what a listener throws is told as error, and the others are called', (t) => {
  const speaker = new Speaker()
  const thrown = new Error('mine')
  const told: unknown[] = []
  speaker.on('word', () => { throw thrown })
  speaker.on('word', (word) => told.push(word))
  speaker.on('error', function (error) { told.push(this === speaker, error) })
  speaker.say('a')
  t.deepEqual(told, [true, thrown, 'a'])
  t.equal(told[1], thrown)
  t.end()
})

test('what a function of the user throws is told like what a listener throws', (t) => {
  const speaker = new Speaker()
  const told: unknown[] = []
  speaker.on('error', (error) => told.push(error))
  speaker.run(() => { throw new Error('mine') })
  t.deepEqual(told.map(String), ['Error: mine'])
  t.end()
})

/** What a program that uses an emitter prints to its error output before it dies, or to its output if it does not. */
async function fate(program: string): Promise<string> {
  const source = `
    import { Emitter } from './lib/emitter.ts'
    class Speaker extends Emitter { say(...args) { this.emit(...args) } }
    const speaker = new Speaker()
    process.on('uncaughtException', (error) => console.log('uncaught ' + error.message))
    ${program}
    console.log('went on')
  `
  const args = ['--import', 'tsx', '--input-type=module', '--eval', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: new URL('..', import.meta.url), timeout: 30_000 })
  return stdout.trim()
}

test('where nobody listens for error, what a listener throws is thrown in a microtask of its own', async (t) => {
  t.equal(await fate(`
    speaker.on('word', () => { throw new Error('mine') })
    speaker.on('word', () => console.log('second'))
    speaker.say('word')
  `), 'second\nwent on\nuncaught mine')
})

test('what a listener for error throws is thrown, and not told to itself', async (t) => {
  t.equal(await fate(`
    speaker.on('error', () => { throw new Error('mine') })
    speaker.say('error', new Error('theirs'))
  `), 'went on\nuncaught mine')
})

test('an error of ours that nobody listens for is not thrown', async (t) => {
  t.equal(await fate("speaker.say('error', new Error('ours'))"), 'went on', 'only what users throw is')
})
