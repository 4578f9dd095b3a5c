/**
 * Writes docs/errors.md: the errors from the table in lib/errors.ts, the refusals from that in docs/protocol.md with what to do about
 * each from here. It fails where a code of either union has no row.
 *
 *     node scripts/errors-doc.mjs                  writes it
 *     node scripts/errors-doc.mjs --check [FILE]   fails if FILE (docs/errors.md) holds anything else
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What to do about a refusal; the protocol says only what it means. */
const remedies = {
  name: 'have its author use another name, or raise `nameBytesMax` where it was refused',
  part: 'have its author use a shorter part, which is the element of a set, or raise `partBytesMax` where it was refused',
  body: 'update the older host; where limits are not the defaults, set the same ones at every host',
  room: 'raise `cellsMax` or `bytesMax` where it was refused; once there is room it is asked for again',
  unknown: 'update the host that refused it, or raise `unknownBytesMax` there; once there is room it is asked for again',
  authors: 'raise `authorsMax` where it was refused, and connect again',
  impostor: 'find out who forges, or who else uses the name of the host that refused it, and give one of the two another',
  skew: 'set the clocks right; once its time has come it is asked for again',
  elements: 'take elements out, or raise `elementsMax` where it was refused; once there is room it is asked for again',
  disk: 'make room on the disk of the host that refused it, or mend it; once its journal can be written the session begins anew',
  right: 'let `authorize` there give that right; once it does, and `reauthorize()` was called, the change is asked for',
  share: 'find out why one host writes so much; or raise `authorBytesMax` where it was refused; once there is room it is asked for again'
}

function read(path) {
  return readFileSync(root + path, 'utf8')
}

/** What a pattern catches, which must be there. */
function found(text, pattern, what) {
  const [, caught] = pattern.exec(text) ?? []
  if (caught === undefined) throw new Error(`there is no ${what}.`)
  return caught
}

/** The codes of a union of strings. */
function codesOf(source, type) {
  const union = found(source, new RegExp(`export type ${type} =((?:\\s*\\|?\\s*'\\w+')+)`), `union ${type}`)
  return [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
}

/** The rows of a table by their codes, in the order of `codes`. */
function rowsOf(table, codes, where) {
  const rows = new Map([...table.matchAll(/^\| `(\w+)` \| .*\|$/gm)].map(([row, code]) => [code, row]))
  return codes.map((code) => {
    const row = rows.get(code)
    if (row === undefined) throw new Error(`${where} has no row for \`${code}\`.`)
    return row
  })
}

/** The doc comment over the codes of errors, without its stars: a table, and what is said below it. */
function errors() {
  const source = read('lib/errors.ts')
  const starred = found(source, /\/\*\*\n((?: \*.*\n)+?) \*\/\nexport type GossipErrorCode/, 'comment over GossipErrorCode')
  const comment = starred.replace(/^ \* ?/gm, '')
  const head = found(comment, /^(\| code .*\|\n\|[-|]+\|)$/m, 'head of the table in lib/errors.ts')
  const rows = rowsOf(comment, codesOf(source, 'GossipErrorCode'), 'the table in lib/errors.ts')
  const below = found(comment, /\|\n\n(.*)$/s, 'paragraph below the table in lib/errors.ts').trim()
  return { rows: [head, ...rows], below }
}

function refusals() {
  const section = found(read('docs/protocol.md'), /^## What is refused\n(.*?)^## /ms, 'section "What is refused" in docs/protocol.md')
  const codes = codesOf(read('lib/gossip/refusals.ts'), 'RefusalCode')
  return rowsOf(section, codes, 'the table of refusals in docs/protocol.md').map((row, i) => {
    const remedy = remedies[codes[i]]
    if (remedy === undefined) throw new Error(`scripts/errors-doc.mjs does not say what to do about \`${codes[i]}\`.`)
    return `${row} ${remedy} |`
  })
}

function page() {
  const { rows, below } = errors()
  return `# Errors and refusals

<!-- written by scripts/errors-doc.mjs -->

Every error of this module is a \`GossipError\` with a \`code\`. Ask \`isGossipError(e)\`, not \`instanceof\`: both builds may be loaded in one
process. Codes are only ever added, those of errors as well as those of refusals.

## Errors

${rows.join('\n')}

${below}

## Refusals

What is wrong inside one change ends no session: that change is refused, and whatever else comes is taken. Both ends are told by the event
\`refused\`, \`{ peer, code, count, by }\`: at the host that refused, \`by\` is \`'us'\`, and at the one that had sent the change, \`'peer'\`.
Until it is held after all, or the session ends, an expected peer is in \`doubts()\` at both as \`refused\`.

| code | meaning | what to do |
|---|---|---|
${refusals().join('\n')}
`
}

function main([mode, file = `${root}docs/errors.md`]) {
  if (mode === undefined) return writeFileSync(file, page())
  if (mode !== '--check') throw new Error(`there is no option ${mode}; there is --check.`)
  if (readFileSync(file, 'utf8') === page()) return
  console.error(`${file} is not what lib/errors.ts and docs/protocol.md say; run: node scripts/errors-doc.mjs`)
  process.exitCode = 1
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
