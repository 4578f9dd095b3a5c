/**
 * Whether the package works for those who install it: builds it, packs it, has publint and attw judge the tarball, and installs
 * it, offline, into an empty ESM and an empty CommonJS project that load every entry and must see the same names. In one process with
 * both builds each knows the errors of the other.
 *
 * Nothing is left behind but dist.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engine } from '../scripts/engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.keys(packageJson.exports).filter((entry) => entry !== './package.json')
// An npm started by npm would take its settings for this project as its own.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_')))

/** Runs a command line and gives its output; what it wrote is in the error when it fails. */
function sh(command, cwd = root) {
  const { status, stdout, stderr } = spawnSync(command, { cwd, env, shell: true, encoding: 'utf8', timeout: 120_000 })
  assert.equal(status, 0, `${command}\n${stdout}${stderr}`)
  return stdout
}

/** Runs a tool of ours, without an npm around it. */
function tool(path, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...engine, join(root, 'node_modules', path), ...args], { cwd: root, env, encoding: 'utf8', timeout: 120_000 })
  assert.equal(status, 0, `${path}\n${stdout}${stderr}`)
}

function pack(folder) {
  sh('node scripts/build.mjs')
  const [packed] = JSON.parse(sh(`npm pack --ignore-scripts --json --pack-destination ${JSON.stringify(folder)}`))
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) }
}

function checkFiles(files) {
  const allowed = /^(dist\/(esm|cjs)\/(lib\/(?!cli\/)|index\.|package\.json$)|dist\/cli\/(pull-gossip\.js|part-[0-9A-Z]+\.js|LICENSES\.txt|page\/(index\.html|page\.js|page\.css|icon\.svg))$|docs\/|(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$)/
  assert.deepEqual(files.filter((path) => !allowed.test(path) || path.includes('.test.')), [], 'the tarball holds what it should not')
  for (const path of ['LICENSE', 'dist/esm/package.json', 'dist/cjs/package.json']) {
    assert.ok(files.includes(path), `the tarball lacks ${path}`)
  }
}

/** Users install one folder and run nothing: no dependency comes along, no script runs. */
function checkManifest(manifest) {
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies', 'bundledDependencies']) {
    assert.deepEqual(Object.keys(manifest[field] ?? {}), [], `package.json has ${field}`)
  }
  for (const script of ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']) {
    assert.equal(manifest.scripts?.[script], undefined, `package.json has the script ${script}`)
  }
}

const programs = {
  module: (specifiers) => `
    const names = {}
    for (const specifier of ${specifiers}) {
      names[specifier] = { file: import.meta.resolve(specifier), names: Object.keys(await import(specifier)).sort() }
    }
    console.log(JSON.stringify(names))`,
  commonjs: (specifiers) => `
    const names = {}
    for (const specifier of ${specifiers}) {
      names[specifier] = { file: require.resolve(specifier), names: Object.keys(require(specifier)).sort() }
    }
    console.log(JSON.stringify(names))`
}

/** Loads both builds as one process may, and prints whether each knows the other's errors, by `isGossipError` and by `instanceof`. */
const bothBuilds = `
    import { createRequire } from 'node:module'
    import * as esm from 'pull-gossip'
    const cjs = createRequire(import.meta.url)('pull-gossip')
    const errorOf = ({ createStore }) => { try { createStore({ host: '' }) } catch (error) { return error } }
    const known = [[esm, cjs], [cjs, esm]].map(([one, other]) => [one.isGossipError(errorOf(other)), errorOf(other) instanceof one.GossipError])
    console.log(JSON.stringify(known))`

function checkErrors(folder) {
  writeFileSync(join(folder, 'both.js'), bothBuilds)
  assert.deepEqual(JSON.parse(sh('node both.js', folder)), [[true, false], [true, false]], 'one build does not know the errors of the other')
}

/** Installs the tarball into an empty project of this type; gives what each entry resolved to and exports. */
function install(tarball, type, folder) {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type }))
  sh(`npm install --offline --no-audit --no-fund ${JSON.stringify(tarball)}`, folder)
  const installed = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'))
  assert.deepEqual(Object.keys(installed.packages), ['node_modules/pull-gossip'], 'more was installed than this package')
  const specifiers = entries.map((entry) => `pull-gossip${entry.slice(1)}`)
  writeFileSync(join(folder, 'main.js'), programs[type](JSON.stringify(specifiers)))
  return JSON.parse(sh('node main.js', folder))
}

function checkNames(esm, cjs) {
  for (const [specifier, { file, names }] of Object.entries(esm)) {
    console.log(`${specifier}: ${names.join(' ')}`)
    assert.match(file, /\/dist\/esm\//, `${specifier}: import does not get the ESM build`)
    assert.match(cjs[specifier].file.replaceAll('\\', '/'), /\/dist\/cjs\//, `${specifier}: require does not get the CommonJS build`)
    assert.ok(names.length > 0, `${specifier} exports nothing`)
    assert.ok(!names.includes('default'), `${specifier} has a default export`)
    assert.deepEqual(cjs[specifier].names, names, `${specifier} exports other names to require than to import`)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'pull-gossip-'))
try {
  checkManifest(packageJson)
  const { tarball, files } = pack(folder)
  checkFiles(files)
  tool('publint/src/cli.js', 'run', '--strict', tarball)
  // node16 leaves out only resolution by old tools that know no exports map; those get the main entry alone.
  tool('@arethetypeswrong/cli/dist/index.js', '--profile', 'node16', '--no-definitely-typed', '--no-emoji', '--no-color', tarball)
  checkNames(install(tarball, 'module', join(folder, 'esm')), install(tarball, 'commonjs', join(folder, 'cjs')))
  checkErrors(join(folder, 'esm'))
  console.log(`packaging is sound: ${files.length} files`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
