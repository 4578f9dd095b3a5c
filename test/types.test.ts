/**
 * Our pull-stream shapes (lib/pull.ts) are those of @types/pull-stream: each is assignable to the other, both ways.
 *
 * The proofs are types; the compilers check them with everything else (`npm run types`). What runs here shows that such a proof can
 * fail: the compiler is given right and wrong lines under this project's own options, and must refuse the wrong ones.
 */
import pull from 'pull-stream'
import test from 'tape'
import ts from 'typescript'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Abort, type Duplex, type Sink, type Source, type SourceCallback, type Through } from '../lib/pull.js'

type Expect<Holds extends true> = Holds
type Assignable<From, To> = [From] extends [To] ? true : false
type BothWays<A, B> = [Assignable<A, B>, Assignable<B, A>] extends [true, true] ? true : false
type Not<Holds extends boolean> = Holds extends true ? false : true
type IsAny<T> = 0 extends 1 & T ? true : false

interface Frame {
  v: number
}

/** Each line is a compile error when it does not hold. */
export type Proofs = [
  Expect<BothWays<Abort, pull.Abort>>,
  Expect<BothWays<SourceCallback<Frame>, pull.SourceCallback<Frame>>>,
  Expect<BothWays<Source<Frame>, pull.Source<Frame>>>,
  Expect<BothWays<Sink<Frame>, pull.Sink<Frame>>>,
  Expect<BothWays<Through<Frame, string>, pull.Through<Frame, string>>>,
  Expect<BothWays<Duplex<Frame, string>, pull.Duplex<Frame, string>>>,

  // An `any` is assignable both ways to everything and would prove nothing.
  Expect<Not<IsAny<pull.Source<Frame>>>>,
  Expect<Not<IsAny<pull.Sink<Frame>>>>,
  Expect<Not<IsAny<pull.Through<Frame, string>>>>,
  Expect<Not<IsAny<pull.Duplex<Frame, string>>>>,

  Expect<Not<Assignable<Source<Frame>, pull.Source<string>>>>,
  Expect<Not<Assignable<pull.Sink<Frame>, Sink<string>>>>,
  Expect<Not<Assignable<Through<Frame, string>, pull.Through<string, Frame>>>>,
  Expect<Not<Assignable<pull.Duplex<Frame, string>, Duplex<string, Frame>>>>
]

/** Ours pass through the published `pull()` and keep their items' type. */
export function piped(duplex: Duplex<Frame, string>, text: Through<Frame, string>): Source<string> {
  pull(duplex, text, duplex)
  pull(duplex.source, text, duplex.sink)
  return pull(duplex.source, text)
}

/** Compiles lines after imports of both packages, and gives what the compiler has against them. */
function complaints(...lines: string[]): string[] {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: unknown }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const path = join(root, 'test', 'planted.ts')
  const text = ["import type pull from 'pull-stream'", "import type * as ours from '../lib/pull.js'", ...lines].join('\n')
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, languageVersion, ...rest) =>
    name === path ? ts.createSourceFile(name, text, languageVersion) : getSourceFile.call(host, name, languageVersion, ...rest)
  host.getCurrentDirectory = () => dirname(path)
  const program = ts.createProgram({ rootNames: [path], options, host })
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

test('the compiler takes our pull-streams for the published ones, and theirs for ours', (t) => {
  const found = complaints(
    'export const a = (theirs: pull.Duplex<string, number>): ours.Duplex<string, number> => theirs',
    'export const b = (mine: ours.Duplex<string, number>): pull.Duplex<string, number> => mine'
  )
  t.deepEqual(found, [])
  t.end()
})

test('the compiler refuses a pull-stream of something else, so the proofs above can fail', (t) => {
  const [first, ...more] = complaints(
    'export const a = (theirs: pull.Source<string>): ours.Source<string> => theirs',
    'export const b = (theirs: pull.Source<string>): ours.Source<number> => theirs'
  )
  t.match(first ?? 'no complaint', /^Type 'Source<string>' is not assignable to type 'Source<number>'/)
  t.deepEqual(more, [], 'and has nothing against the right line beside it')
  const proof = complaints(
    'type Expect<Holds extends true> = Holds',
    'export type Wrong = Expect<[ours.Sink<string>] extends [pull.Sink<number>] ? true : false>'
  )
  t.match(proof.join('\n'), /^Type 'false' does not satisfy the constraint 'true'/, 'a proof of this very form is refused too')
  t.end()
})
