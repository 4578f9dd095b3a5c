/**
 * The floors of the house, as a checker over sources in memory: which file may import which, and what may not be touched where.
 *
 * Imports go down only (docs: "The house"). Files of one folder, or both on the ground floor, may import each other, though never in
 * a circle; two things that share a floor may not. Below the streams there is no time, no chance and no IO; what the main entry
 * draws in runs in a browser. Imports are read from the syntax tree and names are looked up by TypeScript's own scopes, so a
 * comment, a string, a property called `process` or a local called `self` is no fault.
 */
import ts from 'typescript'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'

/** Sources by path from the root of the repository, with slashes. */
export type Sources = ReadonlyMap<string, string>

export type Rule =
  | 'place' // the file stands on no floor
  | 'missing' // it imports a file that is not there, or cannot be known
  | 'outside' // it imports a package, or a file outside the house
  | 'up' // it imports from a higher floor
  | 'sibling' // it imports from something else on its own floor
  | 'cycle' // files import each other in a circle
  | 'node' // a part of Node is imported where none may be
  | 'impure' // time, chance or the surroundings are used below the streams
  | 'browser' // what the main entry draws in would not run in a browser

export interface Fault {
  rule: Rule
  file: string
  what: string
}

interface Import {
  to: string | null
  typeOnly: boolean
}

interface File {
  path: string
  imports: Import[]
  globals: string[]
}

/** Floor by floor, from the ground. A name is a file of lib, or a folder, or both. */
const floors: readonly (readonly string[])[] = [
  ['limits', 'errors', 'pull', 'json'],
  ['log'],
  ['kinds', 'wire'],
  ['gossip', 'dial'],
  ['stream', 'emitter'],
  ['core'],
  ['store', 'flood', 'bus', 'transport'],
  ['journal'],
  ['node', 'sim'],
  ['cli']
]

const streamFloor = floors.findIndex((floor) => floor.includes('stream'))
const main = 'index.ts'

const nodeAllowed = new Set(['transport', 'node', 'journal', 'cli'])

/** Packages that are bundled into the program; all else draws in nothing. */
const bundled: Readonly<Record<string, readonly string[]>> = { cli: ['commander', 'fastest-levenshtein', 'prom-client'] }
const impure = new Set(
  ('Date Math.random setTimeout setInterval setImmediate queueMicrotask process performance crypto console ' +
    'globalThis global window self require').split(' ')
)
const nodeOnly = new Set('process Buffer setImmediate global require __dirname __filename'.split(' '))
const watched = new Set([...impure, ...nodeOnly, 'Math'])

/** All that is wrong with these sources; an empty list if nothing is. */
export function faults(sources: Sources): Fault[] {
  const files = read(sources)
  return [
    ...[...files.values()].flatMap((file) => [...placeFaults(file), ...importFaults(file, files), ...purityFaults(file)]),
    ...cycleFaults(files),
    ...browserFaults(files)
  ]
}

/** The thing a file belongs to: `lib/log/vector.ts` to `log`, `lib/store.ts` to `store`. */
function thing(path: string): string {
  return path === main ? main : (path.split('/')[1] ?? '').replace(/\.ts$/, '')
}

function floor(path: string): number {
  return path === main ? floors.length : floors.findIndex((things) => things.includes(thing(path)))
}

function placeFaults({ path }: File): Fault[] {
  return floor(path) < 0 ? [{ rule: 'place', file: path, what: `${thing(path)} stands on no floor` }] : []
}

function importFaults({ path, imports }: File, files: ReadonlyMap<string, File>): Fault[] {
  return imports.flatMap(({ to }) => {
    const rule = to === null ? 'missing' : importRule(path, to, files)
    return rule === null ? [] : [{ rule, file: path, what: `imports ${to ?? 'what is only known when it runs'}` }]
  })
}

function importRule(from: string, to: string, files: ReadonlyMap<string, File>): Rule | null {
  if (isBuiltin(to)) return nodeAllowed.has(thing(from)) ? null : 'node'
  if (bundled[thing(from)]?.includes(to) === true) return null
  if (to !== main && !to.startsWith('lib/')) return 'outside'
  if (!files.has(to)) return 'missing'
  if (floor(to) > floor(from)) return 'up'
  const neighbours = floor(to) === floor(from) && thing(to) !== thing(from)
  return neighbours && floor(from) > 0 ? 'sibling' : null
}

function purityFaults({ path, globals }: File): Fault[] {
  if (floor(path) >= streamFloor) return []
  return globals.filter((name) => impure.has(name)).map((name) => ({ rule: 'impure', file: path, what: `uses ${name}` }))
}

/** A circle of values is a fault anywhere; one that only types close is let pass inside one folder, where files are read together. */
function cycleFaults(files: ReadonlyMap<string, File>): Fault[] {
  const faultOf = (circle: string[]): Fault => ({ rule: 'cycle', file: circle[0] ?? '', what: circle.join(' → ') })
  const ofValues = circles(files, (edge) => !edge.typeOnly)
  const ofAll = circles(files, () => true).filter((circle) => new Set(circle.map((path) => posix.dirname(path))).size > 1)
  const known = new Set(ofValues.map((circle) => circle.join()))
  return [...ofValues, ...ofAll.filter((circle) => !known.has(circle.join()))].map(faultOf)
}

/** For each file that can reach itself, the shortest way round, unless a file on it was told of already. */
function circles(files: ReadonlyMap<string, File>, follow: (edge: Import) => boolean): string[][] {
  const found: string[][] = []
  const told = new Set<string>()
  for (const start of files.keys()) {
    const way = told.has(start) ? null : wayRound(start, files, follow)
    if (way === null) continue
    found.push(way)
    for (const path of way) told.add(path)
  }
  return found
}

function wayRound(start: string, files: ReadonlyMap<string, File>, follow: (edge: Import) => boolean): string[] | null {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const edge of files.get(path)?.imports ?? []) {
      if (edge.to === null || !follow(edge) || cameFrom.has(edge.to)) continue
      cameFrom.set(edge.to, path)
      if (edge.to === start) return trail(start, cameFrom)
      queue.push(edge.to)
    }
  }
  return null
}

function trail(start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [start]
  for (let path = cameFrom.get(start); path !== undefined && path !== start; path = cameFrom.get(path)) way.unshift(path)
  return [start, ...way]
}

function browserFaults(files: ReadonlyMap<string, File>): Fault[] {
  const reached = new Set([main])
  for (const path of reached) for (const { to } of files.get(path)?.imports ?? []) if (to !== null) reached.add(to)
  return [...reached].flatMap((path): Fault[] => {
    if (isBuiltin(path)) return [{ rule: 'browser', file: main, what: `draws in ${path}` }]
    const globals = (files.get(path)?.globals ?? []).filter((name) => nodeOnly.has(name))
    return globals.map((name) => ({ rule: 'browser', file: path, what: `uses ${name}, and ${main} draws it in` }))
  })
}

/** Parses and binds the sources, each as a module that knows no globals at all: what is then not in scope is one. */
function read(sources: Sources): Map<string, File> {
  const parsed = new Map([...sources].map(([path, text]) => [path, ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)]))
  const host: ts.CompilerHost = {
    getSourceFile: (path) => parsed.get(path),
    fileExists: (path) => parsed.has(path),
    readFile: (path) => sources.get(path),
    getDefaultLibFileName: () => '',
    getCurrentDirectory: () => '',
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => undefined
  }
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [], moduleDetection: ts.ModuleDetectionKind.Force }
  const checker = ts.createProgram({ rootNames: [...sources.keys()], options, host }).getTypeChecker()
  return new Map([...parsed].map(([path, source]) => [path, readFile(path, source, checker)]))
}

function readFile(path: string, source: ts.SourceFile, checker: ts.TypeChecker): File {
  const file: File = { path, imports: [], globals: [] }
  const visit = (node: ts.Node): void => {
    const found = readImport(node, path)
    if (found !== null) file.imports.push(found)
    const name = ts.isIdentifier(node) && watched.has(node.text) && isGlobal(node, checker) ? globalName(node) : null
    if (name !== null && !file.globals.includes(name)) file.globals.push(name)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return file
}

function readImport(node: ts.Node, from: string): Import | null {
  if (ts.isImportDeclaration(node)) return { to: resolve(node.moduleSpecifier, from), typeOnly: importsTypes(node.importClause) }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { to: resolve(node.moduleSpecifier, from), typeOnly: exportsTypes(node) }
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { to: resolve(node.moduleReference.expression, from), typeOnly: node.isTypeOnly }
  }
  if (ts.isImportTypeNode(node)) {
    return { to: ts.isLiteralTypeNode(node.argument) ? resolve(node.argument.literal, from) : null, typeOnly: true }
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { to: resolve(node.arguments[0], from), typeOnly: false }
  }
  return null
}

function importsTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const bindings = clause.namedBindings
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly)
}

function exportsTypes(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true
  const clause = node.exportClause
  return clause !== undefined && ts.isNamedExports(clause) && clause.elements.length > 0 && clause.elements.every((e) => e.isTypeOnly)
}

/** The path of what is imported (`./x.js` is the file `x.ts`), a bare specifier as it stands, or null where it is not a literal. */
function resolve(specifier: ts.Node | undefined, from: string): string | null {
  if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return null
  if (!specifier.text.startsWith('.')) return specifier.text
  return posix.join(posix.dirname(from), specifier.text.replace(/\.js$/, '.ts'))
}

/** Whether a name is used as a value that no scope of its file declares. `declare` declares nothing: it vouches for a global. */
function isGlobal(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  if (!isValue(node)) return false
  const local = checker.getSymbolsInScope(node, ts.SymbolFlags.Value | ts.SymbolFlags.Alias).find((symbol) => symbol.name === node.text)
  const declarations = local?.declarations ?? []
  return !declarations.some((declaration) => (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient) === 0)
}

function isValue(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isPropertyAssignment(parent) || ts.isEnumMember(parent)) {
    return parent.initializer === node
  }
  if (ts.isPropertyDeclaration(parent) || ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isImportOrExportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false
  if (ts.isBreakOrContinueStatement(parent) || ts.isLabeledStatement(parent)) return false
  if (ts.isExpressionWithTypeArguments(parent)) return !isTypeHeritage(parent.parent)
  return !ts.isTypeNode(parent) && !ts.isTypeElement(parent) && !ts.isQualifiedName(parent) && !isDeclarationName(node)
}

function isTypeHeritage(node: ts.Node): boolean {
  return ts.isHeritageClause(node) && (node.token === ts.SyntaxKind.ImplementsKeyword || ts.isInterfaceDeclaration(node.parent))
}

function isDeclarationName(node: ts.Identifier): boolean {
  const parent = node.parent
  return (ts.isFunctionLike(parent) || ts.isClassLike(parent) || ts.isTypeParameterDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) || ts.isInterfaceDeclaration(parent) || ts.isEnumDeclaration(parent) ||
    ts.isModuleDeclaration(parent)) && parent.name === node
}

/** `Math` is fine as long as it is plain `Math.max` and not `random`; any other use of it may hide that. */
function globalName(node: ts.Identifier): string | null {
  if (node.text !== 'Math') return node.text
  const parent = node.parent
  return ts.isPropertyAccessExpression(parent) && parent.name.text !== 'random' ? null : 'Math.random'
}
