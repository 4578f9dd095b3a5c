/**
 * The floors of the house: the checker (floors.ts) is first shown to find each kind of fault in planted sources, and to let pass
 * what only looks like one; then it is run over what is really there.
 */
import test, { type Test } from 'tape'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { faults, type Rule } from './floors.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The rules that these files break, each once. */
function broken(files: Record<string, string>): Rule[] {
  return [...new Set(faults(new Map(Object.entries(files))).map((fault) => fault.rule))].sort()
}

function each(t: Test, expected: Rule[], cases: Record<string, Record<string, string>>): void {
  for (const [name, files] of Object.entries(cases)) t.deepEqual(broken(files), expected, name)
}

/** A pure file with this text, and one it may import from. */
function vector(text: string): Record<string, string> {
  return { 'lib/log/vector.ts': text, 'lib/limits.ts': 'export const limits = 1' }
}

test('imports that go down pass, whatever their form', (t) => {
  each(t, [], {
    'a floor down': { 'lib/kinds/set.ts': "import { put } from '../log/log.js'\nput()", 'lib/log/log.ts': 'export const put = () => 1' },
    'several floors down': { 'lib/store.ts': "export * from './errors.js'", 'lib/errors.ts': 'export {}' },
    'within a folder': { 'lib/log/log.ts': "import { a } from './vector.js'\na()", 'lib/log/vector.ts': 'export const a = () => 1' },
    'a file and the folder of its name': { 'lib/store.ts': "export * from './store/names.js'", 'lib/store/names.ts': 'export {}' },
    'side by side on the ground': { 'lib/limits.ts': "import './errors.js'", 'lib/errors.ts': 'export {}' },
    'from the top': { 'index.ts': "export { limits } from './lib/limits.js'", 'lib/limits.ts': 'export const limits = 1' },
    'Node where it belongs': { 'lib/transport/tcp.ts': "import net from 'node:net'\nnet.connect(1)" }
  })
  t.end()
})

test('an import that goes up is a fault, whatever its form', (t) => {
  const up = (text: string) => ({ 'lib/log/log.ts': text, 'lib/gossip/session.ts': 'export type Session = 1\nexport const session = 1' })
  each(t, ['up'], {
    'a value': up("import { session } from '../gossip/session.js'\nsession"),
    'a type': up("import type { Session } from '../gossip/session.js'\nexport type A = Session"),
    'a type in place': up("export type A = import('../gossip/session.js').Session"),
    'an export': up("export { session } from '../gossip/session.js'"),
    'an export of everything': up("export * from '../gossip/session.js'"),
    'for its effect alone': up("import '../gossip/session.js'"),
    'when it runs': up("export const a = () => import('../gossip/session.js')"),
    'the old way': up("import a = require('../gossip/session.js')\na"),
    'the main entry': { 'lib/cli/page.ts': "import '../../index.js'", 'index.ts': 'export {}' }
  })
  t.end()
})

test('things that share a floor may not import each other', (t) => {
  each(t, ['sibling'], {
    'kinds from wire': { 'lib/kinds/set.ts': "import '../wire/parse.js'", 'lib/wire/parse.ts': 'export {}' },
    'wire from kinds': { 'lib/wire/parse.ts': "import '../kinds/set.js'", 'lib/kinds/set.ts': 'export {}' },
    'store from transport': { 'lib/store.ts': "import './transport/tcp.js'", 'lib/transport/tcp.ts': 'export {}' }
  })
  t.end()
})

test('what stands on no floor, is not there or lies outside is a fault', (t) => {
  each(t, ['place'], { 'a file': { 'lib/utils.ts': 'export {}' }, 'a folder': { 'lib/helpers/a.ts': 'export {}' } })
  each(t, ['missing'], {
    'a file that is not there': { 'lib/store.ts': "import './gone.js'" },
    'a path without its ending': { 'lib/store.ts': "import './errors'", 'lib/errors.ts': 'export {}' },
    'what is only known when it runs': { 'lib/store.ts': 'export const load = (name: string) => import(name)' }
  })
  each(t, ['outside'], {
    'a package': { 'lib/store.ts': "import pull from 'pull-stream'\npull()" },
    'a type of a package': { 'lib/store.ts': "import type pull from 'pull-stream'\nexport type A = pull.Source<1>" },
    'a test': { 'lib/store.ts': "import '../test/floors.js'" }
  })
  t.end()
})

test('files that import each other in a circle are a fault, unless only types do so within one folder', (t) => {
  const pair = (a: string, b: string) => ({ 'lib/log/a.ts': a, 'lib/log/b.ts': b })
  each(t, ['cycle'], {
    'two': pair("import { b } from './b.js'\nexport const a = () => b", "import { a } from './a.js'\nexport const b = () => a"),
    'itself': { 'lib/log/a.ts': "import * as a from './a.js'\nexport const b = () => a" },
    'three': {
      ...pair("import './b.js'", "import './c.js'"),
      'lib/log/c.ts': "import './a.js'"
    },
    'types of two folders': {
      'lib/store/a.ts': "import type { B } from '../store.js'\nexport type A = B",
      'lib/store.ts': "import type { A } from './store/a.js'\nexport type B = A | 1"
    }
  })
  each(t, [], {
    'types of one folder': pair(
      "import type { B } from './b.js'\nexport type A = B[]",
      "import { type A } from './a.js'\nexport type B = A | 1"
    ),
    'a type one way, a value the other': pair(
      "import type { B } from './b.js'\nexport const a = (b: B) => b",
      "import { a } from './a.js'\nexport type B = 1\nexport const b = a(1)"
    )
  })
  t.end()
})

test('Node is imported by transport, node, journal and cli alone', (t) => {
  each(t, ['node'], {
    'in the log': vector("import { hrtime } from 'node:process'\nhrtime()"),
    'without its prefix': vector("import fs from 'fs'\nfs.readFileSync('x')"),
    'as a type': vector("import type { Socket } from 'node:net'\nexport type A = Socket"),
    'in a stream': { 'lib/stream/duplex.ts': "import 'node:timers'" },
    'in the simulator': { 'lib/sim/clock.ts': "import 'node:timers'" }
  })
  t.end()
})

test('time, chance and surroundings below the streams are a fault, in every disguise', (t) => {
  const names = 'Date setTimeout setInterval setImmediate queueMicrotask process performance crypto console'.split(' ')
  each(t, ['impure'], Object.fromEntries(names.map((name) => [name, vector(`export const a = () => ${name}`)])))
  each(t, ['impure'], {
    'Math.random': vector('export const a = Math.random()'),
    'Math.random in brackets': vector("export const a = Math['random']()"),
    'Math.random taken apart': vector('export const { random } = Math'),
    'Math under another name': vector('const m = Math\nexport const a = m'),
    'a call': vector('export const a = Date.now()'),
    'an instance': vector('export const a = new Date()'),
    'a subclass': vector('export class A extends Date {}'),
    'typeof': vector("export const a = typeof process === 'undefined'"),
    'a short property': vector('export const a = { process }'),
    'the value of a property': vector('export const a = { clock: Date }'),
    'a default': vector('export function a(now = Date.now) { return now }'),
    'a default taken apart': vector('export function a({ now = Date }: { now?: unknown }) { return now }'),
    'a member': vector('export class A { now = Date }'),
    'through globalThis': vector('export const a = globalThis.setTimeout'),
    'vouched for by declare': vector('declare const process: { env: object }\nexport const a = process.env'),
    'a namesake in another scope': vector('export function a(process: string) { return process }\nexport const b = () => process'),
    'in gossip': { 'lib/gossip/session.ts': 'export const a = setTimeout(() => 1, 1)' },
    'in a dial': { 'lib/dial/link.ts': 'export const a = setTimeout(() => 1, 1)' }
  })
  t.end()
})

test('what only looks like time, chance or surroundings passes', (t) => {
  each(t, [], {
    'a comment': vector('// Date.now() and process\nexport const a = 1'),
    'a string': vector("export const a = 'Date.now()'"),
    'a property': vector('export const a = (b: { process: { console: number } }) => b.process.console'),
    'the name of a property': vector('export const a = { process: 1, console() { return 1 } }'),
    'a member of a class': vector('export class A { process = 1\n  crypto() { return this.process }\n  get console() { return 1 } }'),
    'a property taken apart': vector('export const a = ({ process: b }: { process: number }) => b'),
    'a parameter': vector('export const a = (self: number, process = 1) => self + process'),
    'a local': vector('export function a() { const process = 1\n  return { process } }'),
    'an import': vector("import { limits as process } from '../limits.js'\nexport const a = process"),
    'a type': vector('export type A = Date\nexport interface B extends Date { process: typeof process }'),
    'a promise of a type': vector('export class A implements Console { declare b: Date }\ninterface Console { b: Date }'),
    'the rest of Math': vector('export const a = Math.max(Math.PI, 1)'),
    'a timer in a stream': { 'lib/stream/duplex.ts': 'export const a = () => setTimeout(() => Date.now(), 1)' }
  })
  t.end()
})

test('the main entry draws in nothing that a browser lacks', (t) => {
  const top = "export { a } from './lib/store.js'"
  each(t, ['browser'], {
    'Node, far down': {
      'index.ts': top,
      'lib/store.ts': "export { a } from './stream/duplex.js'",
      'lib/stream/duplex.ts': 'export const a = () => Buffer.alloc(1)'
    },
    'the types of a transport': {
      'index.ts': "export type { A } from './lib/transport/tcp.js'",
      'lib/transport/tcp.ts': "import type { A } from 'node:net'\nexport type { A }"
    },
    'process': { 'index.ts': top, 'lib/store.ts': 'export const a = () => process.pid' }
  })
  each(t, [], {
    'what it does not draw in': { 'index.ts': 'export {}', 'lib/transport/tcp.ts': "import 'node:net'\nexport const a = Buffer" },
    'a timer': { 'index.ts': top, 'lib/store.ts': 'export const a = () => setTimeout(() => 1, 1)' }
  })
  t.end()
})

test('the house keeps its floors', (t) => {
  const paths = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `lib/${path.split(sep).join('/')}`)
  if (existsSync(join(root, 'index.ts'))) paths.push('index.ts')
  t.ok(paths.includes('lib/limits.ts') && paths.includes('lib/pull.ts'), `${paths.length} files were read`)
  for (const { rule, file, what } of faults(new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')])))) {
    t.fail(`${rule}: ${file} ${what}`)
  }
  t.end()
})
